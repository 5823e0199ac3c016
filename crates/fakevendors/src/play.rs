//! A body that is told at the pace and to the end that the script says.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, Sleep, interval, sleep};

use crate::invoice::{Outcome, Tab};
use crate::script::{At, Ending, Faults, Pace};
use crate::tape::{Mark, Tape};
use crate::wire::Wire;

/// How long what was written has to leave where nobody tells when it has: streams that share a connection.
const TO_LEAVE: Duration = Duration::from_millis(20);

/// The connection broke.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the script ends the connection here")]
pub(crate) struct Broken;

/// How a connection is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// One answer at a time.
    Alone,
    /// Many streams.
    Shared,
}

/// A body on its way.
#[derive(Debug)]
pub(crate) struct Play {
    bytes: Bytes,
    marks: Vec<Mark>,
    /// The piece that comes next.
    next: usize,
    sent: usize,
    /// Where and how it ends before its time.
    ending: Option<(usize, Ending)>,
    end: EndOfPlay,
    pace: Pacing,
    wire: Arc<Wire>,
    sharing: Sharing,
    leaving: Option<Leaving>,
    tab: Option<Tab>,
    is_sized: bool,
}

/// How an answer ends when all of it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndOfPlay {
    /// Well.
    Good,
    /// With a complaint in its middle.
    Complaint,
}

/// Waiting until everything is out.
#[derive(Debug)]
enum Leaving {
    Flush(u64),
    Time(Pin<Box<Sleep>>),
}

/// When the next piece is due.
#[derive(Debug)]
struct Pacing {
    wait: Option<Pin<Box<Sleep>>>,
    beat: Option<Interval>,
    per_beat: Option<Duration>,
    batch: usize,
    pause: Option<(u64, Duration)>,
    trickle: Option<Duration>,
}

impl Pacing {
    fn new(pace: &Pace) -> Self {
        let batch = pace.batch.unwrap_or(1);
        let per_beat = pace.per_second.map(|rate| Duration::from_secs(1) * batch / rate.max(1));
        Self {
            wait: (!pace.first.is_zero()).then(|| Box::pin(sleep(pace.first))),
            beat: None,
            per_beat: per_beat.filter(|beat| !beat.is_zero()),
            batch: usize::try_from(batch).unwrap_or(usize::MAX),
            pause: pace.pause.map(|(after, time)| (after.into(), time)),
            trickle: pace.trickle,
        }
    }

    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        Poll::Ready(())
    }

    /// Waits for the next beat; the first comes at once. What was missed comes at once, too.
    fn poll_beat(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(period) = self.per_beat else { return Poll::Ready(()) };
        let beat = self.beat.get_or_insert_with(|| {
            let mut beat = interval(period);
            beat.set_missed_tick_behavior(MissedTickBehavior::Burst);
            beat
        });
        beat.poll_tick(cx).map(|_| ())
    }
}

impl Play {
    /// A body that is sent as it is and charged to nobody.
    pub(crate) fn plain(bytes: Vec<u8>) -> Self {
        let tape = Tape::whole(bytes, 0, 0);
        Self {
            bytes: tape.bytes.into(),
            marks: tape.marks,
            next: 0,
            sent: 0,
            ending: None,
            end: EndOfPlay::Good,
            pace: Pacing::new(&Pace::default()),
            wire: Arc::default(),
            sharing: Sharing::Alone,
            leaving: None,
            tab: None,
            is_sized: true,
        }
    }

    /// An answer that is charged for.
    pub(crate) fn of(tape: Tape, pace: &Pace, faults: &Faults, end: EndOfPlay, tab: Tab) -> Self {
        let all = tape.bytes.len();
        let ending = faults.ending.map(|(ending, at)| {
            let at = match at {
                At::Byte(at) => usize::try_from(at).unwrap_or(usize::MAX),
                At::Half => tape.half(),
            };
            (at, ending)
        });
        let mut play = Self::plain(tape.bytes);
        play.marks = tape.marks;
        // What is to break off behind the end does not break off.
        play.ending = ending.filter(|(at, _)| *at < all);
        play.end = end;
        play.pace = Pacing::new(pace);
        play.tab = Some(tab);
        play
    }

    /// Told on this connection.
    pub(crate) fn on(self, wire: Arc<Wire>, sharing: Sharing) -> Self {
        let mut play = self;
        play.wire = wire;
        play.sharing = sharing;
        play
    }

    /// Its length is not told ahead.
    pub(crate) fn unsized_(mut self) -> Self {
        self.is_sized = false;
        self
    }

    /// Where its bytes end, whatever happens then.
    fn stop(&self) -> usize {
        self.ending.map_or(self.bytes.len(), |(at, _)| at)
    }

    /// The bytes up to where the next piece goes.
    fn piece(&mut self) -> usize {
        if self.pace.trickle.is_some() {
            return self.sent.saturating_add(1);
        }
        let last = self.next.saturating_add(self.pace.batch).min(self.marks.len());
        let end =
            last.checked_sub(1).and_then(|at| self.marks.get(at)).map_or(self.bytes.len(), |mark| mark.end);
        self.next = last;
        end
    }

    /// Enters what was sent, as soon as its end is certain: whoever has read the last byte finds it in the books.
    fn settle_at(&mut self, sent: usize) {
        let Some(tab) = self.tab.as_mut().filter(|tab| !tab.is_settled()) else { return };
        let outcome = match (self.ending, self.end) {
            (Some(_), _) | (None, EndOfPlay::Complaint) => Outcome::Cut,
            (None, EndOfPlay::Good) => Outcome::Answered,
        };
        settle(tab, &self.marks, sent, outcome);
    }
}

/// A piece that was begun was made; one that was sent whole was told.
fn settle(tab: &mut Tab, marks: &[Mark], sent: usize, outcome: Outcome) {
    let whole = marks.partition_point(|mark| mark.end <= sent);
    let told = whole.checked_sub(1).and_then(|at| marks.get(at)).copied().unwrap_or_default();
    let is_begun = sent > told.end;
    let made = if is_begun { marks.get(whole).copied().unwrap_or(told) } else { told };
    tab.settle(outcome, made.output, made.reasoning, told.output);
}

impl Body for Play {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let play = self.get_mut();
        ready!(play.pace.poll_wait(cx));
        if play.sent >= play.stop() {
            return play.poll_ending(cx);
        }
        let before = play.marks.get(play.next.wrapping_sub(1)).map_or(0, |mark| mark.output);
        if let Some((_, time)) = play.pace.pause.take_if(|(after, _)| before >= *after) {
            play.pace.wait = Some(Box::pin(sleep(time)));
            ready!(play.pace.poll_wait(cx));
        }
        // Pieces without tokens come with those before them.
        let has_tokens = play.marks.get(play.next).is_some_and(|mark| mark.output > before);
        if has_tokens {
            ready!(play.pace.poll_beat(cx));
        }
        let begin = play.sent;
        let end = play.piece().min(play.stop()).max(begin);
        play.sent = end;
        if let Some(time) = play.pace.trickle.filter(|time| !time.is_zero()) {
            play.pace.wait = Some(Box::pin(sleep(time)));
        }
        if end >= play.stop() {
            play.settle_at(end);
        }
        Poll::Ready(Some(Ok(Frame::data(play.bytes.slice(begin..end)))))
    }

    fn is_end_stream(&self) -> bool {
        self.sent >= self.bytes.len() && self.pace.wait.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let is_short = matches!(self.ending, Some((_, Ending::Short)));
        let left = if is_short { self.stop() } else { self.bytes.len() }.saturating_sub(self.sent);
        match u64::try_from(left) {
            Ok(left) if self.is_sized => SizeHint::with_exact(left),
            _ => SizeHint::default(),
        }
    }
}

impl Play {
    fn poll_ending(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.settle_at(self.sent);
        match self.ending {
            None | Some((_, Ending::Short)) => Poll::Ready(None),
            Some((_, Ending::Hang)) => Poll::Pending,
            Some((_, ending @ (Ending::Cut | Ending::Reset))) => {
                ready!(self.poll_left(cx));
                if ending == Ending::Reset {
                    self.wire.reset();
                }
                Poll::Ready(Some(Err(Broken)))
            }
        }
    }

    /// Waits until what was sent has left this process: an error throws away what has not.
    fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.wire.flushes(cx);
        let sharing = self.sharing;
        let leaving = self.leaving.get_or_insert_with(|| match sharing {
            Sharing::Alone => Leaving::Flush(now),
            Sharing::Shared => Leaving::Time(Box::pin(sleep(TO_LEAVE))),
        });
        match leaving {
            Leaving::Flush(before) if now == *before => Poll::Pending,
            Leaving::Flush(_) => Poll::Ready(()),
            Leaving::Time(time) => time.as_mut().poll(cx),
        }
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        if let Some(tab) = self.tab.as_mut().filter(|tab| !tab.is_settled()) {
            settle(tab, &self.marks, self.sent, Outcome::Left);
        }
    }
}

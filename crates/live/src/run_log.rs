//! The events of a live run, in memory: written once, read by any number of followers at their own pace.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;
use wire::Frame;

/// Everything a live run has published. Frames enter only after they are stored, so nobody is shown what a crash
/// could take back.
#[derive(Debug)]
pub struct RunLog {
    frames: Mutex<Vec<Frame>>,
    progress: watch::Sender<Progress>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Progress {
    last_seq: u64,
    closed: bool,
}

impl Default for RunLog {
    fn default() -> Self {
        Self::new()
    }
}

impl RunLog {
    /// Nothing is shown yet.
    pub fn new() -> Self {
        let (progress, _) = watch::channel(Progress { last_seq: 0, closed: false });
        Self { frames: Mutex::default(), progress }
    }

    /// Shows frames to all followers.
    pub fn publish(&self, frames: Vec<Frame>) {
        let Some(last_seq) = frames.last().map(|frame| frame.seq) else { return };
        self.frames.lock().unwrap_or_else(PoisonError::into_inner).extend(frames);
        self.progress.send_modify(|progress| progress.last_seq = last_seq);
    }

    /// Nothing follows.
    pub fn close(&self) {
        self.progress.send_modify(|progress| progress.closed = true);
    }

    /// A reader that begins behind frame `after`.
    pub fn follow(&self, after: u64) -> Follower {
        Follower { after, progress: self.progress.subscribe() }
    }

    fn after(&self, seq: u64) -> Vec<Frame> {
        let frames = self.frames.lock().unwrap_or_else(PoisonError::into_inner);
        // Frames count from 1 without gaps, so the place of a frame is its number less one.
        let from = usize::try_from(seq).unwrap_or(usize::MAX);
        frames.get(from..).map(<[Frame]>::to_vec).unwrap_or_default()
    }
}

/// One reader's place in a log.
#[derive(Debug)]
pub struct Follower {
    after: u64,
    progress: watch::Receiver<Progress>,
}

impl Follower {
    /// Waits for frames not seen yet; empty when the run is over and all were seen.
    pub async fn next(&mut self, log: &RunLog) -> Vec<Frame> {
        loop {
            let progress = *self.progress.borrow_and_update();
            let frames = log.after(self.after);
            if let Some(last) = frames.last() {
                self.after = last.seq;
                return frames;
            }
            if progress.closed || self.progress.changed().await.is_err() {
                return Vec::new();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wire::Event;

    use super::*;

    fn frame(seq: u64) -> Frame {
        Frame { seq, event: Event::TextDelta { text: seq.to_string() } }
    }

    #[tokio::test]
    async fn followers_see_every_frame_once_from_where_they_begin() {
        let log = RunLog::new();
        log.publish(vec![frame(1), frame(2)]);
        let (mut early, mut late) = (log.follow(0), log.follow(1));
        assert_eq!(early.next(&log).await, [frame(1), frame(2)]);
        assert_eq!(late.next(&log).await, [frame(2)]);
        log.publish(vec![frame(3)]);
        log.close();
        assert_eq!(early.next(&log).await, [frame(3)]);
        assert_eq!(early.next(&log).await, []);
        assert_eq!(log.follow(99).next(&log).await, []);
    }

    #[tokio::test]
    async fn a_follower_that_waits_is_woken() {
        let log = std::sync::Arc::new(RunLog::new());
        let reader = tokio::spawn({
            let log = std::sync::Arc::clone(&log);
            async move { log.follow(0).next(&log).await }
        });
        tokio::task::yield_now().await;
        log.publish(vec![frame(1)]);
        assert_eq!(reader.await.unwrap(), [frame(1)]);
    }
}

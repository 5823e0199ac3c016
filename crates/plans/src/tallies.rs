//! Sums of runs that are over for good. The windows of plans and budgets are sums of charges, and those of a month may be
//! many: what will never change again is remembered here, so that an admission reads the short rest only, and the guards of
//! its batch add up no more than that.
//!
//! A run is over for good when it is settled and none can come before it any more. Whoever is being admitted holds a
//! [`Ticket`], whose instant is not before that of anybody who came earlier, until what was admitted is stored or was
//! not: before the first ticket that is held nothing is inserted. All runs of a database begin in one server.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use money::Amount;
use stdx::Timestamp;

use crate::window::{Measure, Use};

/// Runs that are remembered one by one, of all members together, before all are forgotten and read again: 32 bytes each.
const MOST_MARKS: usize = 2_000_000;
/// Budgets that are remembered.
const MOST_BUDGETS: usize = 100_000;
/// How long a write is waited for of which nobody knows whether it is still made: in microseconds.
const DOUBT: i64 = 60_000_000;

/// What is remembered, of members `M` and of whoever has budgets, `B`. Cheap to share.
#[derive(Debug)]
pub struct Tallies<M, B>(Arc<Mutex<Inside<M, B>>>);

#[derive(Debug)]
struct Inside<M, B> {
    /// The latest instant at which anybody was admitted.
    latest: Option<Timestamp>,
    tickets: u64,
    /// Those that are held, and those of which it is in doubt whether their write is still made.
    held: BTreeMap<(Timestamp, u64), State>,
    members: HashMap<M, Marks>,
    /// How many all members have together.
    marks: usize,
    budgets: HashMap<B, Spent>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Held,
    InDoubt,
}

/// What was read of a member.
#[derive(Clone, Copy, Debug)]
pub struct Read<'a> {
    /// What each run used, the oldest first.
    pub uses: &'a [Use],
    /// When the first of these began that go on.
    pub open_since: Option<Timestamp>,
}

/// Somebody who is being admitted.
#[derive(Debug)]
pub struct Ticket<M, B> {
    tallies: Tallies<M, B>,
    at: Timestamp,
    number: u64,
    is_writing: bool,
}

/// The runs of a member that are over for good.
#[derive(Debug)]
struct Marks {
    /// All of them that began after this one are here,
    since: Timestamp,
    /// and not after this one.
    edge: Timestamp,
    /// By when they began.
    list: Vec<Mark>,
}

/// A run, with what it and all before it in the list used.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Timestamp,
    requests: u64,
    credits: u64,
    tokens: u64,
}

/// What was spent of a budget for good: the sum of those that began after one instant and not after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The one instant.
    pub since: Timestamp,
    /// The other.
    pub edge: Timestamp,
    /// Micro-units.
    pub credits: u64,
}

/// A sum that must not pass a limit, as a guard says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// What is counted.
    pub measure: Measure,
    /// Runs that began after this instant count.
    pub since: Timestamp,
    /// The most.
    pub most: u64,
}

/// How a member stands, read from the edge on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standings {
    /// What was used in each window, in as few parts as the windows allow, the oldest first.
    pub uses: Vec<Use>,
    past: Past,
}

/// What a member has used before an instant, for good, by when windows begin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Past {
    edge: Option<Timestamp>,
    used: Vec<(Timestamp, Use)>,
}

impl<M, B> Default for Tallies<M, B> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Inside {
            latest: None,
            tickets: 0,
            held: BTreeMap::new(),
            members: HashMap::new(),
            marks: 0,
            budgets: HashMap::new(),
        })))
    }
}

impl<M, B> Clone for Tallies<M, B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M, B> Tallies<M, B> {
    fn lock(&self) -> MutexGuard<'_, Inside<M, B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<M: Copy + Eq + Hash, B: Copy + Eq + Hash> Tallies<M, B> {
    /// Admits somebody at this instant or, should clocks go backwards, at the latest one so far.
    pub fn ticket(&self, now: Timestamp) -> Ticket<M, B> {
        let mut inside = self.lock();
        let at = inside.latest.map_or(now, |latest| latest.max(now));
        inside.latest = Some(at);
        inside.tickets = inside.tickets.wrapping_add(1);
        let number = inside.tickets;
        inside.held.retain(|(since, _), state| {
            *state == State::Held || since.as_micros().saturating_add(DOUBT) > at.as_micros()
        });
        inside.held.insert((at, number), State::Held);
        drop(inside);
        Ticket { tallies: self.clone(), at, number, is_writing: false }
    }

    /// From when on a member's charges are to be read, when those that began after an instant count.
    pub fn unread(&self, member: M, since: Timestamp) -> Timestamp {
        let inside = self.lock();
        let known = inside.members.get(&member).filter(|marks| marks.since <= since);
        known.map_or(since, |marks| marks.edge.max(since))
    }

    /// How a member stands, and remembers what is over for good. Of the two instants, `read` has what began after the first, and
    /// nobody who began at the second or before was still to come when it was read; `begins` are when the windows begin.
    /// Nothing when what was before has been forgotten meanwhile.
    pub fn standings(
        &self,
        member: M,
        (read_since, closed): (Timestamp, Timestamp),
        read: &Read<'_>,
        begins: &[Timestamp],
    ) -> Option<Standings> {
        let since = begins.iter().min().copied()?;
        let mut inside = self.lock();
        if inside.marks.saturating_add(read.uses.len()) > MOST_MARKS {
            inside.members.clear();
            inside.marks = 0;
        }
        let fresh = || Marks { since, edge: since, list: Vec::new() };
        let mut marks = inside.members.remove(&member).unwrap_or_else(fresh);
        let had = marks.list.len();
        if marks.since > since || marks.edge < read_since {
            marks = fresh();
        }
        let is_whole = marks.edge >= read_since;
        if is_whole {
            let closed = read.open_since.map_or(closed, |open| before(open).min(closed));
            marks.extend(read.uses, closed);
            marks.forget(since);
        }
        let standings = is_whole.then(|| marks.standings(read.uses, begins));
        inside.marks = inside.marks.saturating_sub(had).saturating_add(marks.list.len());
        inside.members.insert(member, marks);
        standings
    }

    /// What is known of a budget whose term began then.
    pub fn spent(&self, counted: B, since: Timestamp) -> Option<Spent> {
        self.lock().budgets.get(&counted).copied().filter(|spent| spent.since == since)
    }

    /// Remembers what was spent of a budget, unless more is known.
    pub fn remember(&self, counted: B, spent: Spent) {
        let mut inside = self.lock();
        if inside.budgets.len() >= MOST_BUDGETS && !inside.budgets.contains_key(&counted) {
            inside.budgets.clear();
        }
        let known = inside.budgets.entry(counted).or_insert(spent);
        if known.since != spent.since || known.edge < spent.edge {
            *known = spent;
        }
    }
}

impl<M, B> Ticket<M, B> {
    /// When it is admitted.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Nobody will be inserted any more that began at this instant or before.
    pub fn closed(&self) -> Timestamp {
        let inside = self.tallies.lock();
        before(inside.held.first_key_value().map_or(self.at, |((first, _), _)| *first))
    }

    /// Waits for a write of what was admitted.
    ///
    /// # Errors
    /// Those of the write. Who goes away meanwhile, and who is told by an error that nobody knows what became of it, leaves
    /// it in doubt.
    pub async fn until<T, E>(
        mut self,
        write: impl Future<Output = Result<T, E>>,
        is_unknown: impl Fn(&E) -> bool,
    ) -> Result<T, E> {
        self.is_writing = true;
        let written = write.await;
        self.is_writing = written.as_ref().is_err_and(is_unknown);
        written
    }
}

impl<M, B> Drop for Ticket<M, B> {
    fn drop(&mut self) {
        let mut inside = self.tallies.lock();
        if self.is_writing {
            inside.held.insert((self.at, self.number), State::InDoubt);
        } else {
            inside.held.remove(&(self.at, self.number));
        }
    }
}

impl Marks {
    /// Takes those that are over for good; `uses` are all that began after the edge, or more.
    fn extend(&mut self, uses: &[Use], closed: Timestamp) {
        for used in uses.iter().filter(|used| used.at > self.edge && used.at <= closed) {
            let last = self.sum();
            self.list.push(Mark {
                at: used.at,
                requests: last.requests.saturating_add(used.requests),
                credits: last.credits.saturating_add(used.credits),
                tokens: last.tokens.saturating_add(used.tokens),
            });
        }
        self.edge = self.edge.max(closed);
    }

    /// Forgets those before an instant, when that is most of them.
    fn forget(&mut self, since: Timestamp) {
        let old = self.list.partition_point(|mark| mark.at <= since);
        // The sums go on from the last that is forgotten.
        if old > 1 && old > self.list.len() / 2 {
            self.list.drain(..old - 1);
            self.since = since;
        }
    }

    fn sum(&self) -> Mark {
        self.list.last().copied().unwrap_or(Mark { at: self.since, requests: 0, credits: 0, tokens: 0 })
    }

    fn standings(&self, uses: &[Use], begins: &[Timestamp]) -> Standings {
        let mut begins = begins.to_vec();
        begins.sort_unstable();
        begins.dedup();
        let ends = begins.iter().skip(1).copied().chain([self.edge]);
        let parts = begins.iter().zip(ends).filter_map(|(since, until)| self.part(*since, until));
        let rest = uses.iter().filter(|used| used.at > self.edge).copied();
        let none = Use { at: self.edge, credits: 0, tokens: 0, requests: 0 };
        let used = begins.iter().map(|since| (*since, self.part(*since, self.edge).unwrap_or(none)));
        Standings {
            uses: parts.chain(rest).collect(),
            past: Past { edge: Some(self.edge), used: used.collect() },
        }
    }

    /// Those that began after one instant and not after another, together, at the instant of the last of them.
    fn part(&self, since: Timestamp, until: Timestamp) -> Option<Use> {
        let before = |instant: Timestamp| {
            let count = self.list.partition_point(|mark| mark.at <= instant);
            count.checked_sub(1).and_then(|last| self.list.get(last)).copied()
        };
        let last = before(until).filter(|last| last.at > since)?;
        let first = before(since);
        let less = |now: u64, then: fn(&Mark) -> u64| now.saturating_sub(first.as_ref().map_or(0, then));
        Some(Use {
            at: last.at,
            requests: less(last.requests, |mark| mark.requests),
            credits: less(last.credits, |mark| mark.credits),
            tokens: less(last.tokens, |mark| mark.tokens),
        })
    }
}

impl Standings {
    /// With nothing remembered: all that was used was read.
    pub fn read(uses: Vec<Use>) -> Self {
        Self { uses, past: Past::default() }
    }

    /// The same limit, with what is remembered taken off on both sides.
    pub fn rest(&self, limit: Guard) -> Guard {
        let Some(edge) = self.past.edge.filter(|edge| *edge > limit.since) else { return limit };
        let used = self.past.used.iter().find(|(since, _)| *since == limit.since);
        let Some((_, used)) = used else { return limit };
        let used = match limit.measure {
            Measure::Credits => used.credits,
            Measure::Tokens => used.tokens,
            Measure::Requests => used.requests,
        };
        // What is remembered fitted when it was looked at; should it not, the database says so.
        limit.most.checked_sub(used).map_or(limit, |most| Guard { since: edge, most, ..limit })
    }
}

impl Spent {
    /// The same limit, with what is remembered taken off on both sides.
    pub fn rest(&self, limit: Guard) -> Guard {
        let most = limit.most.checked_sub(self.credits).filter(|_| self.since == limit.since);
        most.map_or(limit, |most| Guard { since: self.edge.max(limit.since), most, ..limit })
    }

    /// With what is over for good of those that were read from the edge on.
    pub fn with(&self, spent: &[(Timestamp, u64)], closed: Timestamp) -> Self {
        let over = spent.iter().filter(|(at, _)| *at > self.edge && *at <= closed);
        let credits = over.fold(self.credits, |sum, (_, credits)| sum.saturating_add(*credits));
        Self { edge: self.edge.max(closed), credits, ..*self }
    }

    /// With all that were read from the edge on.
    pub fn total(&self, spent: &[(Timestamp, u64)]) -> Amount {
        let rest = spent.iter().filter(|(at, _)| *at > self.edge);
        let micros = rest.fold(self.credits, |sum, (_, credits)| sum.saturating_add(*credits));
        Amount::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
    }
}

/// The instant just before another.
pub fn before(instant: Timestamp) -> Timestamp {
    Timestamp::from_micros(instant.as_micros().saturating_sub(1))
}

#[cfg(test)]
mod tests;

//! What calls to one site share: its lanes and its pace, and which of its models only fail.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog::Limits;
use ports::{Service, Standing};
use tokio::sync::oneshot;

use crate::breaker::{Breaker, BreakerPolicy, Health, Pass, Verdict};
use crate::lanes::{Entry, Lanes, Ticket};
use crate::pace::Pace;
use crate::record::{Lap, Record};
use crate::trouble::Trouble;

/// Models of a site that have a breaker of their own; those beyond share one.
const MOST_BREAKERS: usize = 512;

/// The door of a site.
#[derive(Debug)]
pub(crate) struct Gate {
    inner: Mutex<Inner>,
    policy: BreakerPolicy,
}

#[derive(Debug)]
struct Inner {
    lanes: Lanes,
    bells: HashMap<Ticket, oneshot::Sender<()>>,
    pace: Pace,
    breakers: BTreeMap<String, Breaker>,
    /// Under the names of the breakers.
    records: BTreeMap<String, Record>,
}

/// How many may be asked at a time where the vendor says nothing, and how many may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// At a time.
    pub most: usize,
    /// Behind them.
    pub waiting: usize,
}

impl Default for Crowd {
    fn default() -> Self {
        Self { most: 256, waiting: 1024 }
    }
}

/// A place among those that are asked, or that wait for it. Dropping it makes room.
#[derive(Debug)]
pub(crate) struct Place {
    gate: Arc<Gate>,
    ticket: Ticket,
    bell: Option<oneshot::Receiver<()>>,
}

/// Leave to make one attempt; dropping it without a word is saying nothing.
#[derive(Debug)]
pub(crate) struct Leave {
    gate: Arc<Gate>,
    model: String,
    pass: Option<Pass>,
    /// Tokens that were taken from the pace.
    taken: u64,
}

impl Gate {
    pub(crate) fn new(limits: Limits, crowd: Crowd, policy: BreakerPolicy, now: Duration) -> Self {
        let said = limits.concurrency.and_then(|most| usize::try_from(most.get()).ok());
        let inner = Inner {
            lanes: Lanes::new(said.unwrap_or(crowd.most), crowd.waiting),
            bells: HashMap::new(),
            pace: Pace::new(limits.requests_per_minute, limits.tokens_per_minute, now),
            breakers: BTreeMap::new(),
            records: BTreeMap::new(),
        };
        Self { inner: Mutex::new(inner), policy }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, on somebody's account.
    pub(crate) fn enter(self: &Arc<Self>, scope: Option<&str>) -> Result<Place, Trouble> {
        let mut inner = self.lock();
        let (ticket, bell) = match inner.lanes.enter(scope) {
            Entry::Go(ticket) => (ticket, None),
            Entry::Wait(ticket) => {
                let (ring, bell) = oneshot::channel();
                inner.bells.insert(ticket, ring);
                (ticket, Some(bell))
            }
            Entry::Full => return Err(Trouble::Crowded),
        };
        Ok(Place { gate: Arc::clone(self), ticket, bell })
    }

    /// Leave for one attempt at a model that will take so many tokens.
    pub(crate) fn admit(self: &Arc<Self>, now: Duration, model: &str, tokens: u64) -> Result<Leave, Trouble> {
        let mut inner = self.lock();
        let name = if inner.breakers.len() < MOST_BREAKERS || inner.breakers.contains_key(model) {
            model
        } else {
            ""
        };
        let policy = self.policy;
        // Who may not be asked is not counted as asked: the pace comes before the probe.
        let breaker = inner.breakers.entry(name.to_owned()).or_insert_with(|| Breaker::new(policy));
        if breaker.health(now) == Health::Open {
            let wait = breaker.admit(now).err().unwrap_or_default();
            return Err(Trouble::Rests(wait));
        }
        inner.pace.take(now, tokens).map_err(Trouble::Paced)?;
        let admitted = inner.breakers.get_mut(name).map(|breaker| breaker.admit(now));
        match admitted {
            Some(Ok(pass)) => {
                Ok(Leave { gate: Arc::clone(self), model: name.to_owned(), pass: Some(pass), taken: tokens })
            }
            Some(Err(wait)) => {
                inner.pace.correct(now, tokens, 0);
                Err(Trouble::Rests(wait))
            }
            None => Err(Trouble::Rests(Duration::ZERO)),
        }
    }

    /// How a model stands; nothing when it was never asked.
    pub(crate) fn health(&self, now: Duration, model: &str) -> Option<Health> {
        Some(self.lock().breakers.get(model)?.health(now))
    }

    /// How a model stands, and what it can still take.
    pub(crate) fn standing(&self, now: Duration, model: &str) -> Standing {
        let mut inner = self.lock();
        let (requests_left, tokens_left) = inner.pace.left(now);
        let service = match inner.breakers.get(model).map(|breaker| breaker.health(now)) {
            None | Some(Health::Closed) => Service::Works,
            Some(Health::HalfOpen) => Service::Probed,
            Some(Health::Open) => Service::Rests,
        };
        let record = inner.records.get(model);
        Standing {
            service,
            failed: record.and_then(Record::failed),
            first_token_ms: record.and_then(Record::first_token_ms),
            tokens_per_second: record.and_then(Record::tokens_per_second),
            calls_left: Some(u32::try_from(inner.lanes.free()).unwrap_or(u32::MAX)),
            requests_left,
            tokens_left,
        }
    }

    /// The models that are left in peace, and for how long.
    pub(crate) fn resting(&self, now: Duration) -> Vec<(String, Duration)> {
        let inner = self.lock();
        let resting = |(model, breaker): (&String, &Breaker)| Some((model.clone(), breaker.rests(now)?));
        inner.breakers.iter().filter_map(resting).collect()
    }

    /// Somebody knows that a model works.
    pub(crate) fn vouch_for(&self, model: &str) {
        if let Some(breaker) = self.lock().breakers.get_mut(model) {
            breaker.close();
        }
    }

    /// Calls under way, and those that wait.
    pub(crate) fn counts(&self) -> (usize, usize) {
        self.lock().lanes.counts()
    }
}

impl Place {
    /// How many wait before it; nothing when it need not wait.
    pub(crate) fn position(&self) -> Option<u32> {
        self.bell.as_ref()?;
        self.gate.lock().lanes.position(self.ticket)
    }

    /// Waits for its turn.
    pub(crate) async fn turn(&mut self) {
        if let Some(bell) = &mut self.bell {
            // The gate lives as long as this place does: the bell rings.
            let _ = bell.await;
            self.bell = None;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inner = self.gate.lock();
        inner.bells.remove(&self.ticket);
        if let Some(next) = inner.lanes.leave(self.ticket)
            && let Some(bell) = inner.bells.remove(&next)
        {
            // Whoever has gone meanwhile gives its place back by itself.
            let _ = bell.send(());
        }
    }
}

impl Leave {
    /// Tells what came of the attempt, and how many tokens it took where that is known.
    pub(crate) fn over(mut self, now: Duration, verdict: Verdict, used: Option<u64>, lap: Lap) {
        self.tell(now, verdict, used, lap);
    }

    /// Nobody waited for the end.
    pub(crate) fn left(&mut self, now: Duration) {
        self.tell(now, Verdict::Nothing, None, Lap::default());
    }

    fn tell(&mut self, now: Duration, verdict: Verdict, used: Option<u64>, lap: Lap) {
        let Some(pass) = self.pass.take() else { return };
        let mut inner = self.gate.lock();
        if let Some(breaker) = inner.breakers.get_mut(&self.model) {
            breaker.hear(now, pass, verdict);
        }
        inner.records.entry(self.model.clone()).or_default().add(verdict, lap);
        if let Some(used) = used {
            inner.pace.correct(now, self.taken, used);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::{NonZeroU32, NonZeroU64};

    use super::*;

    const NOW: Duration = Duration::ZERO;
    const LAP: Lap = Lap { first_token: None, took: NOW, output_tokens: None };

    fn gate(limits: Limits) -> Arc<Gate> {
        let crowd = Crowd { most: 1, waiting: 2 };
        let policy = BreakerPolicy { failures: 1, ..BreakerPolicy::default() };
        Arc::new(Gate::new(limits, crowd, policy, NOW))
    }

    #[tokio::test]
    async fn who_waits_is_let_in_when_somebody_goes_and_not_before() {
        let gate = gate(Limits::default());
        let first = gate.enter(None).unwrap();
        let mut second = gate.enter(None).unwrap();
        let third = gate.enter(None).unwrap();
        assert_eq!((first.position(), second.position(), third.position()), (None, Some(0), Some(1)));
        assert_eq!(gate.enter(None).unwrap_err(), Trouble::Crowded);
        drop(first);
        second.turn().await;
        assert_eq!((second.position(), third.position(), gate.counts()), (None, Some(0), (1, 1)));
    }

    #[tokio::test]
    async fn a_place_that_nobody_takes_any_more_goes_to_the_next() {
        let gate = gate(Limits { concurrency: NonZeroU32::new(1), ..Limits::default() });
        let first = gate.enter(None).unwrap();
        let second = gate.enter(None).unwrap();
        let mut third = gate.enter(None).unwrap();
        drop(first);
        drop(second);
        third.turn().await;
        assert_eq!(gate.counts(), (1, 0));
    }

    #[test]
    fn a_model_that_fails_rests_alone() {
        let gate = gate(Limits::default());
        gate.admit(NOW, "weak", 1).unwrap().over(NOW, Verdict::Fails, None, LAP);
        assert!(matches!(gate.admit(NOW, "weak", 1), Err(Trouble::Rests(_))));
        assert!(gate.admit(NOW, "strong", 1).is_ok());
        assert_eq!(gate.health(NOW, "weak"), Some(Health::Open));
        assert_eq!(gate.health(NOW, "other"), None);
        let stands = |model| gate.standing(NOW, model).service;
        assert_eq!((stands("weak"), stands("other")), (Service::Rests, Service::Works));
    }

    #[test]
    fn the_pace_counts_what_was_used_and_not_what_was_refused() {
        let gate = gate(Limits { tokens_per_minute: NonZeroU64::new(100), ..Limits::default() });
        gate.admit(NOW, "m", 90).unwrap().over(NOW, Verdict::Works, Some(10), LAP);
        assert_eq!(gate.standing(NOW, "m").tokens_left, Some(90));
        gate.admit(NOW, "m", 90).unwrap().over(NOW, Verdict::Fails, None, LAP);
        assert!(matches!(gate.admit(NOW, "m", 1), Err(Trouble::Rests(_))));
        assert_eq!(gate.admit(NOW, "n", 10).unwrap_err(), Trouble::Paced(Duration::from_secs(6)));
    }

    #[test]
    fn a_thousand_names_are_not_a_thousand_breakers() {
        let gate = gate(Limits::default());
        for name in 0..2_000 {
            let _ = gate.admit(NOW, &name.to_string(), 1);
        }
        assert!(gate.lock().breakers.len() <= MOST_BREAKERS + 1);
    }
}

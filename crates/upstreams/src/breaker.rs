//! Whether a deployment is asked at all: one that only fails is left in peace for a while, and then tried with one call.
//!
//! ```text
//!          failures in a row            its rest is over
//!  closed ───────────────────▶ open ─────────────────────▶ half open: one probe
//!     ▲                          ▲ it fails: a longer rest │
//!     └──────────────────────────┴─────────────────────────┘ it works
//! ```

use std::time::Duration;

/// When a deployment is given a rest, and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Failures in a row after which it rests; at least one.
    pub failures: u32,
    /// The first rest; each probe that fails doubles it.
    pub first_rest: Duration,
    /// The longest rest.
    pub longest_rest: Duration,
    /// A probe that nothing is heard of for so long makes room for another.
    pub probe: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures: 5,
            first_rest: Duration::from_secs(5),
            longest_rest: Duration::from_secs(120),
            probe: Duration::from_secs(90),
        }
    }
}

/// Leave to make one call. What comes of it is told with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what came of the call is to be told"]
pub struct Pass {
    round: u64,
}

/// What a call says about its deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It works, whether or not it liked the question.
    Works,
    /// It does not.
    Fails,
    /// Nothing: nobody waited for the answer, say.
    Nothing,
}

/// How a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It is asked.
    Closed,
    /// It rests.
    Open,
    /// One call finds out whether it works again.
    HalfOpen,
}

/// Decides whether a deployment is asked. Times are monotonic.
#[derive(Clone, Debug)]
pub struct Breaker {
    policy: BreakerPolicy,
    state: State,
    /// Counts the changes of the state: what a call tells that began before the last one is old.
    round: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Duration, rest: Duration },
    HalfOpen { probe: Option<Duration>, rest: Duration },
}

impl Breaker {
    /// One that is closed.
    pub fn new(policy: BreakerPolicy) -> Self {
        Self { policy, state: State::Closed { failures: 0 }, round: 0 }
    }

    /// Leave for one call.
    ///
    /// # Errors
    /// How long it is worth waiting, when there is none.
    pub fn admit(&mut self, now: Duration) -> Result<Pass, Duration> {
        match self.state {
            State::Closed { .. } => {}
            State::Open { until, .. } if now < until => return Err(until.saturating_sub(now)),
            State::HalfOpen { probe: Some(since), .. } if now < since.saturating_add(self.policy.probe) => {
                return Err(since.saturating_add(self.policy.probe).saturating_sub(now));
            }
            State::Open { rest, .. } | State::HalfOpen { rest, .. } => {
                self.turn(State::HalfOpen { probe: Some(now), rest });
            }
        }
        Ok(Pass { round: self.round })
    }

    /// Takes what a call says.
    pub fn hear(&mut self, now: Duration, pass: Pass, verdict: Verdict) {
        if pass.round != self.round {
            return;
        }
        match (self.state, verdict) {
            (State::Closed { .. }, Verdict::Works) => self.state = State::Closed { failures: 0 },
            (State::Closed { failures }, Verdict::Fails) => {
                let failures = failures.saturating_add(1);
                self.state = State::Closed { failures };
                if failures >= self.policy.failures {
                    self.open(now, self.policy.first_rest);
                }
            }
            (State::HalfOpen { .. }, Verdict::Works) => self.turn(State::Closed { failures: 0 }),
            (State::HalfOpen { rest, .. }, Verdict::Fails) => self.open(now, rest.saturating_mul(2)),
            (State::HalfOpen { rest, .. }, Verdict::Nothing) => {
                self.turn(State::HalfOpen { probe: None, rest });
            }
            (State::Closed { .. }, Verdict::Nothing) | (State::Open { .. }, _) => {}
        }
    }

    /// How it stands.
    pub fn health(&self, now: Duration) -> Health {
        match self.state {
            State::Closed { .. } => Health::Closed,
            State::Open { until, .. } if now < until => Health::Open,
            State::Open { .. } | State::HalfOpen { .. } => Health::HalfOpen,
        }
    }

    /// How long it still rests; nothing when it is asked.
    pub fn rests(&self, now: Duration) -> Option<Duration> {
        match self.state {
            State::Open { until, .. } if now < until => Some(until.saturating_sub(now)),
            State::Open { .. } | State::Closed { .. } | State::HalfOpen { .. } => None,
        }
    }

    /// Somebody knows that it works. What calls say that began before is old.
    pub fn close(&mut self) {
        self.turn(State::Closed { failures: 0 });
    }

    fn open(&mut self, now: Duration, rest: Duration) {
        let rest = rest.min(self.policy.longest_rest);
        self.turn(State::Open { until: now.saturating_add(rest), rest });
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.round = self.round.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: BreakerPolicy = BreakerPolicy {
        failures: 3,
        first_rest: Duration::from_secs(10),
        longest_rest: Duration::from_secs(35),
        probe: Duration::from_secs(60),
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn broken() -> Breaker {
        let mut breaker = Breaker::new(POLICY);
        for _ in 0..3 {
            let pass = breaker.admit(at(0)).unwrap();
            breaker.hear(at(0), pass, Verdict::Fails);
        }
        breaker
    }

    #[test]
    fn failures_in_a_row_bring_a_rest_and_others_do_not() {
        let mut breaker = Breaker::new(POLICY);
        for verdict in [Verdict::Fails, Verdict::Fails, Verdict::Works, Verdict::Fails, Verdict::Fails] {
            let pass = breaker.admit(at(0)).unwrap();
            breaker.hear(at(0), pass, verdict);
        }
        assert_eq!(breaker.health(at(0)), Health::Closed);
        assert_eq!(broken().admit(at(4)), Err(at(6)));
    }

    #[test]
    fn whoever_knows_that_it_works_ends_its_rest() {
        let mut breaker = broken();
        assert_eq!((breaker.rests(at(4)), breaker.rests(at(10))), (Some(at(6)), None));
        breaker.close();
        assert_eq!((breaker.rests(at(4)), breaker.health(at(4))), (None, Health::Closed));
    }

    #[test]
    fn one_probe_decides_and_rests_grow_to_a_limit() {
        let mut breaker = broken();
        let mut now = at(0);
        for rest in [10, 20, 35, 35] {
            assert_eq!(breaker.health(now), Health::Open);
            now += at(rest);
            let probe = breaker.admit(now).unwrap();
            assert_eq!(breaker.admit(now), Err(POLICY.probe), "one at a time");
            breaker.hear(now, probe, Verdict::Fails);
        }
        let probe = breaker.admit(now + at(35)).unwrap();
        breaker.hear(now + at(36), probe, Verdict::Works);
        assert_eq!(breaker.health(now + at(36)), Health::Closed);
    }

    #[test]
    fn a_probe_that_says_nothing_makes_room_for_the_next() {
        let mut breaker = broken();
        let probe = breaker.admit(at(10)).unwrap();
        breaker.hear(at(11), probe, Verdict::Nothing);
        let lost = breaker.admit(at(11)).unwrap();
        let next = breaker.admit(at(71)).unwrap();
        breaker.hear(at(72), lost, Verdict::Works);
        assert_eq!(breaker.health(at(72)), Health::HalfOpen, "what comes late is not heard");
        breaker.hear(at(72), next, Verdict::Works);
        assert_eq!(breaker.health(at(72)), Health::Closed);
    }

    #[test]
    fn what_calls_from_before_say_does_not_count() {
        let mut breaker = Breaker::new(POLICY);
        let early = breaker.admit(at(0)).unwrap();
        let mut rest = broken();
        rest.hear(at(1), early, Verdict::Works);
        assert_eq!(rest.health(at(1)), Health::Open);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Wait(u64),
        Admit,
        Hear(usize, u8),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0_u64..50).prop_map(Step::Wait),
            Just(Step::Admit),
            (0_usize..8, 0_u8..3).prop_map(|(which, verdict)| Step::Hear(which, verdict)),
        ];
        prop::collection::vec(step, 0..120)
    }

    proptest! {
        /// However calls come and end: nobody is admitted during a rest, one at a time while half open, the wait that is
        /// told is enough, and no breaker stays open for ever.
        #[test]
        fn whatever_happens_it_keeps_to_its_rules(steps in steps()) {
            let mut breaker = Breaker::new(POLICY);
            let (mut now, mut out) = (at(0), Vec::new());
            for step in steps {
                match step {
                    Step::Wait(seconds) => now += at(seconds),
                    Step::Admit => {
                        let before = breaker.health(now);
                        match breaker.admit(now) {
                            Ok(pass) => {
                                prop_assert_ne!(before, Health::Open);
                                if before == Health::HalfOpen {
                                    prop_assert!(breaker.clone().admit(now).is_err());
                                }
                                out.push(pass);
                            }
                            Err(wait) => {
                                prop_assert_ne!(before, Health::Closed);
                                prop_assert!(wait <= POLICY.longest_rest.max(POLICY.probe));
                                prop_assert!(breaker.clone().admit(now + wait).is_ok());
                            }
                        }
                    }
                    Step::Hear(which, verdict) if !out.is_empty() => {
                        let pass = out.remove(which % out.len());
                        let verdict = [Verdict::Works, Verdict::Fails, Verdict::Nothing][usize::from(verdict)];
                        breaker.hear(now, pass, verdict);
                    }
                    Step::Hear(..) => {}
                }
            }
        }
    }
}

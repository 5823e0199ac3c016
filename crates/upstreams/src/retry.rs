//! Whether a question is asked once more, and when.

use std::time::Duration;

use dialects::RetryAfter;
use stdx::{Rng, Timestamp};

use crate::trouble::Trouble;

/// How often and how long a question is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// No attempt begins later than this after the first.
    pub total: Duration,
    /// The pause after the first attempt; doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause of our own.
    pub longest_pause: Duration,
    /// The longest pause that a provider may ask for. Who asks for more is not asked again: whoever waits is told so, and
    /// nobody comes before the time.
    pub longest_asked: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            total: Duration::from_secs(45),
            first_pause: Duration::from_millis(400),
            longest_pause: Duration::from_secs(8),
            longest_asked: Duration::from_secs(20),
        }
    }
}

/// Whether anybody has seen a piece of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nobody has.
    Nothing,
    /// What was shown cannot be taken back: another attempt would say something else.
    Something,
}

/// Why a question is not asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A piece of the answer was shown.
    Shown,
    /// It would end in the same way.
    Pointless,
    /// It was asked often enough.
    Attempts,
    /// It was tried for long enough.
    Time,
    /// The provider wants to be left alone for longer than anybody waits.
    Asked(Duration),
}

/// The attempts at one question.
#[derive(Clone, Copy, Debug)]
pub struct RetryPlan {
    policy: RetryPolicy,
    began: Duration,
    made: u32,
}

/// When it is, by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Never goes back.
    pub monotonic: Duration,
    /// For those who name an instant.
    pub wall: Timestamp,
}

impl RetryPlan {
    /// The first attempt begins now.
    pub fn new(policy: RetryPolicy, now: Duration) -> Self {
        Self { policy, began: now, made: 0 }
    }

    /// An attempt failed. How long to pause before the next one.
    ///
    /// # Errors
    /// When there is to be none.
    pub fn next(
        &mut self,
        now: Now,
        trouble: &Trouble,
        shown: Shown,
        rng: &dyn Rng,
    ) -> Result<Duration, Stop> {
        self.made = self.made.saturating_add(1);
        if shown == Shown::Something {
            return Err(Stop::Shown);
        }
        if !trouble.passes() {
            return Err(Stop::Pointless);
        }
        if self.made >= self.policy.attempts {
            return Err(Stop::Attempts);
        }
        let asked = match trouble.retry() {
            None => Duration::ZERO,
            Some(RetryAfter::In(wait)) => wait,
            Some(RetryAfter::At(instant)) => instant.since(now.wall),
        };
        if asked > self.policy.longest_asked {
            return Err(Stop::Asked(asked));
        }
        let pause = asked.saturating_add(self.own_pause(asked, rng));
        let passed = now.monotonic.saturating_sub(self.began);
        if passed.saturating_add(pause) > self.policy.total {
            return Err(Stop::Time);
        }
        Ok(pause)
    }

    /// Attempts that have failed.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Between half of the pause and the whole, so that many do not come back at once. Where the provider named a time, a
    /// little beyond that is enough.
    fn own_pause(&self, asked: Duration, rng: &dyn Rng) -> Duration {
        let doublings = self.made.saturating_sub(1).min(16);
        let pause = self.policy.first_pause.saturating_mul(1 << doublings).min(self.policy.longest_pause);
        let mut byte = [0];
        rng.fill(&mut byte);
        let part = (pause / 2).saturating_mul(u32::from(byte[0])) / 255;
        if asked.is_zero() { pause / 2 + part } else { part / 4 }
    }
}

#[cfg(test)]
mod tests {
    use catalog::Fault;
    use dialects::{Failure, FailureKind};
    use proptest::prelude::*;
    use stdx::SeededRng;

    use super::*;

    const WALL: i64 = 1_795_334_400_000_000;

    fn busy(retry: Option<RetryAfter>) -> Trouble {
        Trouble::Told(Failure { kind: FailureKind::Told(Fault::Busy), retry, reason: None })
    }

    fn now(millis: u64) -> Now {
        let monotonic = Duration::from_millis(millis);
        Now { monotonic, wall: Timestamp::from_micros(WALL).plus(monotonic) }
    }

    fn once(trouble: &Trouble, shown: Shown) -> Result<Duration, Stop> {
        RetryPlan::new(RetryPolicy::default(), Duration::ZERO).next(
            now(0),
            trouble,
            shown,
            &SeededRng::new(1),
        )
    }

    #[test]
    fn what_was_shown_is_never_begun_anew() {
        assert_eq!(once(&busy(None), Shown::Something), Err(Stop::Shown));
        assert!(once(&busy(None), Shown::Nothing).is_ok());
    }

    #[test]
    fn what_would_fail_again_is_not_asked_again() {
        for fault in [Fault::Bad, Fault::Key, Fault::Funds, Fault::Filtered, Fault::TooLong] {
            let failure = Failure { kind: FailureKind::Told(fault), retry: None, reason: None };
            assert_eq!(once(&Trouble::Told(failure), Shown::Nothing), Err(Stop::Pointless), "{fault:?}");
        }
    }

    #[test]
    fn a_wish_is_kept_in_seconds_and_as_a_date_and_nobody_comes_too_early() {
        let wait = Duration::from_secs(7);
        let date = RetryAfter::At(Timestamp::from_micros(WALL).plus(wait));
        for asked in [RetryAfter::In(wait), date] {
            let pause = once(&busy(Some(asked)), Shown::Nothing).unwrap();
            assert!(pause >= wait && pause < wait + Duration::from_secs(1), "{pause:?}");
        }
        let long = Duration::from_secs(3_600);
        assert_eq!(once(&busy(Some(RetryAfter::In(long))), Shown::Nothing), Err(Stop::Asked(long)));
        let past = RetryAfter::At(Timestamp::from_micros(WALL - 9_000_000));
        assert!(once(&busy(Some(past)), Shown::Nothing).unwrap() <= RetryPolicy::default().first_pause);
    }

    #[test]
    fn attempts_and_time_are_limited() {
        let mut plan = RetryPlan::new(RetryPolicy::default(), Duration::ZERO);
        let mut next = |at| plan.next(now(at), &busy(None), Shown::Nothing, &SeededRng::new(1));
        assert!(next(0).is_ok());
        assert!(next(1_000).is_ok());
        assert_eq!(next(2_000), Err(Stop::Attempts));
        let mut late = RetryPlan::new(RetryPolicy::default(), Duration::ZERO);
        let stop = late.next(
            now(45_000),
            &Trouble::Unreached(crate::trouble::Hurdle::Other),
            Shown::Nothing,
            &SeededRng::new(1),
        );
        assert_eq!((stop, late.made()), (Err(Stop::Time), 1));
    }

    proptest! {
        #[test]
        fn it_ends_in_time_whatever_is_asked_for(attempts in 1_u32..20, seed in any::<u64>(), asks in prop::collection::vec(prop::option::of(0_u64..40_000), 25)) {
            let policy = RetryPolicy { attempts, ..RetryPolicy::default() };
            let mut plan = RetryPlan::new(policy, Duration::ZERO);
            let rng = SeededRng::new(seed);
            let (mut at, mut made) = (Duration::ZERO, 1);
            for ask in asks {
                let ask = ask.map(Duration::from_millis);
                let now = Now { monotonic: at, wall: Timestamp::from_micros(WALL).plus(at) };
                match plan.next(now, &busy(ask.map(RetryAfter::In)), Shown::Nothing, &rng) {
                    Ok(pause) => {
                        prop_assert!(pause >= ask.unwrap_or_default());
                        prop_assert!(pause <= ask.unwrap_or_default() + policy.longest_pause);
                        at += pause;
                        made += 1;
                    }
                    Err(stop) => {
                        if let Stop::Asked(asked) = stop {
                            prop_assert!(asked > policy.longest_asked);
                        }
                        break;
                    }
                }
            }
            prop_assert!(made <= attempts && at <= policy.total);
        }
    }
}

//! How much a deployment is asked in a minute: requests and tokens, so that a vendor's limits are met here and not there.

use std::num::NonZeroU64;
use std::time::Duration;

/// A bucket that fills up with so much a minute, and holds as much.
#[derive(Clone, Debug)]
pub struct Bucket {
    per_minute: NonZeroU64,
    /// In units of a piece and microsecond; below zero after more was taken than there was.
    level: i128,
    at: Duration,
}

/// Microseconds.
const MINUTE: i128 = 60_000_000;

impl Bucket {
    /// A full one. Times are monotonic.
    pub fn new(per_minute: NonZeroU64, now: Duration) -> Self {
        let mut bucket = Self { per_minute, level: 0, at: now };
        bucket.level = bucket.full();
        bucket
    }

    /// How long until so much can be taken; zero when it is there. More than the bucket holds waits until it is full.
    pub fn wait(&mut self, now: Duration, amount: u64) -> Duration {
        self.fill(now);
        let missing = weight(amount).min(self.full()).saturating_sub(self.level).max(0);
        let rate = self.rate();
        let micros = missing.saturating_add(rate.saturating_sub(1)).checked_div(rate).unwrap_or(0);
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }

    /// How much can be taken at once.
    pub fn left(&mut self, now: Duration) -> u64 {
        self.fill(now);
        u64::try_from(self.level.max(0).checked_div(MINUTE).unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// Takes so much, also when it is not there: what is missing is filled up first.
    pub fn take(&mut self, now: Duration, amount: u64) {
        self.fill(now);
        self.level = self.level.saturating_sub(weight(amount));
    }

    /// Corrects what was taken for a call to what it used.
    pub fn correct(&mut self, now: Duration, taken: u64, used: u64) {
        self.fill(now);
        let back = weight(taken).saturating_sub(weight(used));
        self.level = self.level.saturating_add(back).min(self.full());
    }

    fn fill(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let micros = i128::try_from(passed.as_micros()).unwrap_or(i128::MAX);
        self.level = self.level.saturating_add(self.rate().saturating_mul(micros)).min(self.full());
    }

    fn rate(&self) -> i128 {
        i128::from(self.per_minute.get())
    }

    fn full(&self) -> i128 {
        self.rate().saturating_mul(MINUTE)
    }
}

fn weight(amount: u64) -> i128 {
    i128::from(amount).saturating_mul(MINUTE)
}

/// Both limits of a deployment; absent ones let everything pass.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

impl Pace {
    /// With full buckets.
    pub fn new(requests: Option<NonZeroU64>, tokens: Option<NonZeroU64>, now: Duration) -> Self {
        let bucket = |per_minute: Option<NonZeroU64>| per_minute.map(|per| Bucket::new(per, now));
        Self { requests: bucket(requests), tokens: bucket(tokens) }
    }

    /// Takes a request of so many tokens from both, or from none.
    ///
    /// # Errors
    /// How long to wait before asking again; others may be faster.
    pub fn take(&mut self, now: Duration, tokens: u64) -> Result<(), Duration> {
        let wait = |bucket: &mut Option<Bucket>, amount| {
            bucket.as_mut().map_or(Duration::ZERO, |bucket| bucket.wait(now, amount))
        };
        let wait = wait(&mut self.requests, 1).max(wait(&mut self.tokens, tokens));
        if !wait.is_zero() {
            return Err(wait);
        }
        if let Some(bucket) = &mut self.requests {
            bucket.take(now, 1);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.take(now, tokens);
        }
        Ok(())
    }

    /// How many requests and tokens can be taken at once; absent where everything passes.
    pub fn left(&mut self, now: Duration) -> (Option<u64>, Option<u64>) {
        let left = |bucket: &mut Option<Bucket>| bucket.as_mut().map(|bucket| bucket.left(now));
        (left(&mut self.requests), left(&mut self.tokens))
    }

    /// Corrects the tokens that were taken to those that were used.
    pub fn correct(&mut self, now: Duration, taken: u64, used: u64) {
        if let Some(bucket) = &mut self.tokens {
            bucket.correct(now, taken, used);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn per(minute: u64) -> NonZeroU64 {
        NonZeroU64::new(minute).unwrap()
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_minute_s_worth_is_there_at_once_and_then_piece_by_piece() {
        let mut bucket = Bucket::new(per(6), at(0));
        bucket.take(at(0), 6);
        assert_eq!((bucket.wait(at(0), 1), bucket.left(at(9))), (at(10), 0));
        assert_eq!(bucket.wait(at(10), 1), at(0));
        assert_eq!(bucket.wait(at(10), 6), at(50));
        assert_eq!(bucket.left(at(21)), 2);
    }

    #[test]
    fn what_is_larger_than_the_bucket_waits_for_a_full_one_and_leaves_a_debt() {
        let mut pace = Pace::new(None, Some(per(60)), at(0));
        assert_eq!(pace.take(at(0), 100), Ok(()));
        assert_eq!(pace.take(at(0), 1), Err(at(41)));
        assert_eq!(pace.take(at(41), 100), Err(at(59)));
        assert_eq!(pace.take(at(100), 100), Ok(()));
    }

    #[test]
    fn what_was_not_used_comes_back_and_what_was_used_beyond_is_owed() {
        let mut pace = Pace::new(None, Some(per(60)), at(0));
        assert_eq!(pace.take(at(0), 60), Ok(()));
        pace.correct(at(0), 60, 10);
        assert_eq!(pace.take(at(0), 50), Ok(()));
        pace.correct(at(0), 50, 80);
        assert_eq!(pace.take(at(0), 1), Err(at(31)));
        pace.correct(at(0), u64::MAX, 0);
        assert_eq!(pace.take(at(0), 61), Ok(()), "never more than it holds");
    }

    #[test]
    fn both_are_taken_or_none() {
        let mut pace = Pace::new(Some(per(2)), Some(per(60)), at(0));
        assert_eq!(pace.take(at(0), 50), Ok(()));
        assert_eq!(pace.take(at(0), 50), Err(at(40)));
        assert_eq!(pace.take(at(0), 10), Ok(()), "the refused one took no request");
        assert_eq!(Pace::default().take(at(0), u64::MAX), Ok(()));
    }

    proptest! {
        #[test]
        fn no_span_has_more_than_its_rate_and_one_bucket(rate in 1_u64..500, asks in prop::collection::vec((0_u64..20_000, 1_u64..300), 1..80)) {
            let mut pace = Pace::new(None, Some(per(rate)), at(0));
            let (mut now, mut taken) = (Duration::ZERO, 0_u64);
            let most = asks.iter().map(|(_, amount)| *amount).max().unwrap();
            for (millis, amount) in asks {
                now += Duration::from_millis(millis);
                match pace.take(now, amount) {
                    Ok(()) => taken += amount,
                    Err(wait) => {
                        prop_assert!(pace.clone().take(now + wait, amount).is_ok(), "the wait that is told is enough");
                        let early = wait.saturating_sub(Duration::from_micros(1));
                        prop_assert!(pace.clone().take(now + early, amount).is_err(), "and no longer than needed");
                    }
                }
                let filled = u128::from(rate) * now.as_micros() / 60_000_000;
                prop_assert!(u128::from(taken) <= u128::from(rate + most) + filled);
            }
        }

        #[test]
        fn a_clock_that_goes_back_and_absurd_figures_break_nothing(rate in 1_u64.., times in prop::collection::vec(any::<u64>(), 1..20), amount in any::<u64>()) {
            let mut bucket = Bucket::new(per(rate), Duration::ZERO);
            for micros in times {
                let now = Duration::from_micros(micros);
                bucket.take(now, amount);
                bucket.correct(now, amount, amount / 2);
                let wait = bucket.wait(now, amount);
                prop_assert!(bucket.wait(now, 0) <= wait);
            }
        }
    }
}

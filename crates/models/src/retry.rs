use std::sync::Arc;
use std::time::Duration;

use stdx::Rng;

/// When and how often a source is asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in a row that bring nothing, before the source is given up.
    pub fruitless: u32,
    /// The same, while no connection was ever made.
    pub unreachable: u32,
    /// The pause after the first failure; doubles with each further one.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// A connection that brings nothing for so long is given up.
    pub idle: Duration,
    /// A connection must be made in so long.
    pub connect: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            fruitless: 5,
            unreachable: 2,
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(15),
            idle: Duration::from_secs(30),
            connect: Duration::from_secs(10),
        }
    }
}

/// What an attempt came to that may be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// No connection.
    Unreachable,
    /// A connection, but nothing new.
    Fruitless,
    /// Some bytes came in.
    Progress,
}

/// Attempts in all, with or without progress; a server that hands out single bytes is no source.
const MOST_ATTEMPTS: u32 = 200;

/// Counts the attempts on one source.
#[derive(Debug)]
pub(crate) struct Attempts {
    policy: RetryPolicy,
    rng: Arc<dyn Rng>,
    connected: bool,
    in_a_row: u32,
    all: u32,
}

impl Attempts {
    pub(crate) fn new(policy: RetryPolicy, rng: Arc<dyn Rng>) -> Self {
        Self { policy, rng, connected: false, in_a_row: 0, all: 0 }
    }

    /// How long to pause before the next attempt; nothing when there shall be none. `asked` is the pause that the
    /// server wishes.
    pub(crate) fn pause(&mut self, outcome: Outcome, asked: Option<Duration>) -> Option<Duration> {
        self.connected |= outcome != Outcome::Unreachable;
        self.all = self.all.saturating_add(1);
        self.in_a_row = if outcome == Outcome::Progress { 1 } else { self.in_a_row.saturating_add(1) };
        let most = if self.connected { self.policy.fruitless } else { self.policy.unreachable };
        if self.all >= MOST_ATTEMPTS || (self.in_a_row >= most && outcome != Outcome::Progress) {
            return None;
        }
        let doublings = self.in_a_row.saturating_sub(1).min(16);
        let pause = self.policy.first_pause.saturating_mul(1 << doublings).min(self.policy.longest_pause);
        Some(asked.unwrap_or_default().min(self.policy.longest_pause).max(self.jittered(pause)))
    }

    /// Between half of the pause and the whole, so that many clients do not come back at once.
    fn jittered(&self, pause: Duration) -> Duration {
        let mut byte = [0];
        self.rng.fill(&mut byte);
        pause / 2 + (pause / 2).saturating_mul(u32::from(byte[0])) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stdx::SeededRng;

    fn attempts(fruitless: u32, unreachable: u32) -> Attempts {
        let policy = RetryPolicy { fruitless, unreachable, ..RetryPolicy::default() };
        Attempts::new(policy, Arc::new(SeededRng::new(1)))
    }

    #[test]
    fn an_unreachable_host_is_given_up_sooner_than_a_shaky_one() {
        let mut host = attempts(5, 2);
        assert!(host.pause(Outcome::Unreachable, None).is_some());
        assert_eq!(host.pause(Outcome::Unreachable, None), None);

        let mut shaky = attempts(5, 2);
        let pauses = (0..5).filter(|_| shaky.pause(Outcome::Fruitless, None).is_some()).count();
        assert_eq!(pauses, 4);
    }

    #[test]
    fn progress_earns_new_attempts_but_not_for_ever() {
        let mut slow = attempts(2, 2);
        let pauses = (0..1_000).filter(|_| slow.pause(Outcome::Progress, None).is_some()).count();
        assert_eq!(pauses, 199);
    }

    #[test]
    fn pauses_double_up_to_a_limit_and_never_undercut_the_server_s_wish() {
        let mut tries = attempts(40, 2);
        let policy = RetryPolicy::default();
        for step in 0..20_u32 {
            let whole = policy.first_pause.saturating_mul(1 << step).min(policy.longest_pause);
            let pause = tries.pause(Outcome::Fruitless, None).unwrap();
            assert!(pause >= whole / 2 && pause <= whole, "{step}: {pause:?}");
        }
        let asked = Some(Duration::from_secs(3_600));
        assert_eq!(attempts(40, 2).pause(Outcome::Fruitless, asked), Some(policy.longest_pause));
    }
}

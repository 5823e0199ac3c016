//! How long is waited for what.

use std::time::Duration;

/// How long a call may take, and its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Until there is a connection.
    pub connect: Duration,
    /// From the question to the first piece of the answer. Signs of life are no pieces.
    pub first_token: Duration,
    /// Between two signs of life, once the answer began.
    pub idle: Duration,
    /// For all of it.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(60),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(30 * 60),
        }
    }
}

impl From<catalog::Patience> for Patience {
    /// What a file does not say is as usual.
    fn from(said: catalog::Patience) -> Self {
        let usual = Self::default();
        let or = |seconds: Option<u32>, usual| seconds.map_or(usual, |s| Duration::from_secs(s.into()));
        Self {
            connect: or(said.connect_seconds, usual.connect),
            first_token: or(said.first_token_seconds, usual.first_token),
            idle: or(said.idle_seconds, usual.idle),
            total: or(said.total_seconds, usual.total),
        }
    }
}

/// What was waited for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// A connection.
    Connect,
    /// The first piece.
    FirstToken,
    /// A sign of life.
    Idle,
    /// The end.
    Total,
}

/// The watch over one call. Times are monotonic.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    patience: Patience,
    began: Duration,
    /// When the answer began, and the last sign of life since.
    answer: Option<(Duration, Duration)>,
}

impl Watch {
    /// Over a call that begins.
    pub fn new(patience: Patience, now: Duration) -> Self {
        Self { patience, began: now, answer: None }
    }

    /// A piece of the answer came.
    pub fn piece(&mut self, now: Duration) {
        self.answer = Some((self.answer.map_or(now, |(first, _)| first), now));
    }

    /// A sign of life came: bytes, though no piece.
    pub fn life(&mut self, now: Duration) {
        self.answer = self.answer.map(|(first, _)| (first, now));
    }

    /// When the first piece came, counted from the question.
    pub fn first_token(&self) -> Option<Duration> {
        self.answer.map(|(first, _)| first.saturating_sub(self.began))
    }

    /// How long it has taken.
    pub fn took(&self, now: Duration) -> Duration {
        now.saturating_sub(self.began)
    }

    /// How long may still be waited for the next bytes, and what is in vain then.
    pub fn left(&self, now: Duration) -> (Duration, Timer) {
        let (since, patience, timer) = match self.answer {
            None => (self.began, self.patience.first_token, Timer::FirstToken),
            Some((_, last)) => (last, self.patience.idle, Timer::Idle),
        };
        let part = since.saturating_add(patience).saturating_sub(now);
        let whole = self.began.saturating_add(self.patience.total).saturating_sub(now);
        if whole <= part { (whole, Timer::Total) } else { (part, timer) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_first_piece_is_waited_for_longer_than_the_others() {
        let mut watch = Watch::new(Patience::default(), at(0));
        watch.life(at(20));
        assert_eq!(watch.left(at(20)), (at(40), Timer::FirstToken), "signs of life are no answer");
        watch.piece(at(50));
        assert_eq!(watch.left(at(60)), (at(20), Timer::Idle));
        watch.life(at(70));
        assert_eq!(watch.left(at(70)), (at(30), Timer::Idle));
        assert_eq!((watch.first_token(), watch.took(at(80))), (Some(at(50)), at(80)));
    }

    #[test]
    fn a_provider_s_file_may_say_otherwise() {
        let said = catalog::Patience { first_token_seconds: Some(300), ..catalog::Patience::default() };
        assert_eq!(Patience::from(said), Patience { first_token: at(300), ..Patience::default() });
    }

    proptest! {
        #[test]
        fn nothing_waits_beyond_the_whole(signs in prop::collection::vec((0_u64..29, any::<bool>()), 0..200)) {
            let patience = Patience { total: at(200), ..Patience::default() };
            let mut watch = Watch::new(patience, at(0));
            let mut now = at(0);
            for (seconds, is_piece) in signs {
                let (left, timer) = watch.left(now);
                prop_assert!(now + left <= at(200));
                prop_assert_eq!(timer == Timer::Total, now + left == at(200));
                now += at(seconds).min(left);
                if is_piece { watch.piece(now) } else { watch.life(now) }
            }
        }
    }
}

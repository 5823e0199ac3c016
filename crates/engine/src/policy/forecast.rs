//! How long somebody will wait: by how long requests have taken lately.

use std::time::Duration;

/// How much of the past counts against the newest request: seven eighths.
const PAST: u32 = 7;

/// What was measured of finished requests.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Forecast {
    typical: Option<Duration>,
}

impl Forecast {
    /// Notes that a request was computed for so long.
    pub(crate) fn observe(&mut self, took: Duration) {
        self.typical = Some(self.typical.map_or(took, |old| (old * PAST + took) / (PAST + 1)));
    }

    /// How long until the one behind `position` others begins, while `running` are computed: one of these ends, on
    /// average, every `typical / running`. Nothing before any was measured.
    pub(crate) fn wait(&self, position: u32, running: usize) -> Option<Duration> {
        let running = u32::try_from(running).unwrap_or(u32::MAX).max(1);
        Some((self.typical? / running).saturating_mul(position.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn nobody_knows_before_anything_was_measured() {
        assert_eq!(Forecast::default().wait(0, 4), None);
    }

    #[test]
    fn who_is_further_behind_waits_longer_and_more_sequences_shorten_it() {
        let mut forecast = Forecast::default();
        forecast.observe(SECOND * 8);
        assert_eq!(forecast.wait(0, 4), Some(SECOND * 2));
        assert_eq!(forecast.wait(2, 4), Some(SECOND * 6));
        assert_eq!(forecast.wait(0, 0), Some(SECOND * 8));
    }

    #[test]
    fn it_follows_what_requests_take_now() {
        let mut forecast = Forecast::default();
        forecast.observe(SECOND * 8);
        for _ in 0..40 {
            forecast.observe(SECOND * 2);
        }
        let wait = forecast.wait(0, 1).unwrap();
        assert!(wait > SECOND * 2 && wait < SECOND * 3, "{wait:?}");
    }
}

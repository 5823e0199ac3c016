//! Why an attempt brought no answer, or no more of it.

use std::time::Duration;

use catalog::Fault;
use dialects::{Failure, FailureKind, RetryAfter};
use ports::{PortError, PortErrorKind};
use wire::ErrorCode;

use crate::breaker::Verdict;
use crate::patience::Timer;

/// Why an attempt brought no answer, or no more of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The provider complains, or what it sent is no answer, or not all of one.
    Told(Failure),
    /// There was no connection.
    Unreached(Hurdle),
    /// It was waited for in vain.
    Late(Timer),
    /// It is left in peace for so long, since it only failed.
    Rests(Duration),
    /// So many wait for it that nobody else does.
    Crowded,
    /// It may not be asked again for so long, by the limits that were set for it.
    Paced(Duration),
}

/// Why there was no connection, as far as that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hurdle {
    /// Its name is not known.
    Name,
    /// Nobody listens there.
    Refused,
    /// There is no TLS, or none that is trusted.
    Tls,
    /// Its name leads where nobody may be asked.
    Forbidden,
    /// Something else.
    Other,
}

impl Trouble {
    /// The answer ended before its end.
    pub(crate) fn cut() -> Self {
        Self::Told(Failure { kind: FailureKind::Cut, retry: None, reason: None })
    }

    /// What came is no answer.
    pub(crate) fn unreadable() -> Self {
        Self::Told(Failure { kind: FailureKind::Unreadable, retry: None, reason: None })
    }

    /// More came than is kept.
    pub(crate) fn too_large() -> Self {
        Self::Told(Failure { kind: FailureKind::TooLarge, retry: None, reason: None })
    }

    /// True when the same question may have an answer a moment later.
    pub fn passes(&self) -> bool {
        match self {
            Self::Told(failure) => match failure.kind {
                FailureKind::Told(fault) => matches!(fault, Fault::Busy | Fault::Down),
                FailureKind::Cut | FailureKind::Unreadable => true,
                FailureKind::TooLarge => false,
            },
            // Whoever waited for the whole time has waited long enough.
            Self::Late(timer) => *timer != Timer::Total,
            Self::Unreached(Hurdle::Forbidden) => false,
            Self::Unreached(_) => true,
            // These were not asked at all, and say themselves how long it will take.
            Self::Rests(_) | Self::Crowded | Self::Paced(_) => false,
        }
    }

    /// When it is worth asking again, in the provider's opinion.
    pub fn retry(&self) -> Option<RetryAfter> {
        match self {
            Self::Told(failure) => failure.retry,
            _ => None,
        }
    }

    /// What it says about the deployment. A complaint about the question is a sign of good health.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Told(failure) => match failure.kind {
                FailureKind::Told(Fault::Down) | FailureKind::Cut | FailureKind::Unreadable => Verdict::Fails,
                // It works, for others: asking less is what helps.
                FailureKind::Told(Fault::Busy) => Verdict::Nothing,
                FailureKind::Told(_) | FailureKind::TooLarge => Verdict::Works,
            },
            Self::Unreached(_) | Self::Late(Timer::Connect | Timer::FirstToken | Timer::Idle) => {
                Verdict::Fails
            }
            Self::Late(Timer::Total) | Self::Rests(_) | Self::Crowded | Self::Paced(_) => Verdict::Nothing,
        }
    }

    /// For whoever waits for the answer. `provider` is a name that may be shown.
    pub fn error(&self, provider: &str) -> PortError {
        let (kind, code, detail) = match self {
            Self::Told(failure) => return failure.error(provider),
            Self::Unreached(hurdle) => {
                let detail = format!("{provider} was not reached{}.", hurdle.words());
                (PortErrorKind::Down, ErrorCode::UpstreamDown, detail)
            }
            Self::Late(Timer::Connect | Timer::FirstToken) => (
                PortErrorKind::Down,
                ErrorCode::UpstreamDown,
                format!("{provider} did not begin to answer in time."),
            ),
            Self::Late(Timer::Idle) => (
                PortErrorKind::Retry,
                ErrorCode::UpstreamCut,
                format!("{provider} fell silent in the middle of the answer."),
            ),
            Self::Late(Timer::Total) => (
                PortErrorKind::Retry,
                ErrorCode::UpstreamCut,
                format!("The answer of {provider} took longer than any may take."),
            ),
            Self::Rests(wait) => (
                PortErrorKind::Down,
                ErrorCode::UpstreamDown,
                format!("{provider} only failed of late. It is asked again in {}.", seconds(*wait)),
            ),
            Self::Crowded => (
                PortErrorKind::Quota,
                ErrorCode::UpstreamBusy,
                format!("As many questions as may wait already wait for {provider}."),
            ),
            Self::Paced(wait) => (
                PortErrorKind::Quota,
                ErrorCode::UpstreamBusy,
                format!(
                    "{provider} may not be asked more in this minute. There is room in {}.",
                    seconds(*wait)
                ),
            ),
        };
        PortError::new(kind, code, detail)
    }
}

impl Hurdle {
    /// Without the address: whoever runs the workspace knows it, and others need not.
    fn words(self) -> &'static str {
        match self {
            Self::Name => ": the name in its address is not known",
            Self::Refused => ": nobody listens at its address",
            Self::Tls => {
                ": there is no TLS at its address, or its certificate is not one that is trusted here"
            }
            Self::Forbidden => ": its address leads where nobody is asked from here",
            Self::Other => "",
        }
    }
}

/// Rounded up: whoever comes then is not too early.
fn seconds(wait: Duration) -> String {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    if seconds == 1 { "1 second".to_owned() } else { format!("{seconds} seconds") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: FailureKind) -> Trouble {
        Trouble::Told(Failure { kind, retry: None, reason: None })
    }

    #[test]
    fn what_helps_is_waiting_or_it_is_not() {
        let passes = [
            told(FailureKind::Told(Fault::Busy)),
            told(FailureKind::Told(Fault::Down)),
            told(FailureKind::Cut),
            told(FailureKind::Unreadable),
            Trouble::Unreached(Hurdle::Refused),
            Trouble::Late(Timer::Connect),
        ];
        assert!(passes.iter().all(Trouble::passes));
        let stays =
            [Fault::Funds, Fault::Key, Fault::Filtered, Fault::TooLong, Fault::UnknownModel, Fault::Bad];
        assert!(!stays.into_iter().any(|fault| told(FailureKind::Told(fault)).passes()));
        assert!(!told(FailureKind::TooLarge).passes() && !Trouble::Late(Timer::Total).passes());
    }

    #[test]
    fn a_complaint_about_the_question_is_a_sign_of_health() {
        assert_eq!(told(FailureKind::Told(Fault::Bad)).verdict(), Verdict::Works);
        assert_eq!(told(FailureKind::Told(Fault::Busy)).verdict(), Verdict::Nothing);
        assert_eq!(told(FailureKind::Cut).verdict(), Verdict::Fails);
        assert_eq!(Trouble::Unreached(Hurdle::Other).verdict(), Verdict::Fails);
    }

    #[test]
    fn waits_are_rounded_up() {
        let error = Trouble::Rests(Duration::from_millis(1_001)).error("Toy");
        assert_eq!(error.detail, "Toy only failed of late. It is asked again in 2 seconds.");
        assert_eq!(error.code, ErrorCode::UpstreamDown);
    }
}

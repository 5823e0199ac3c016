//! Who pays what for which outcome: the settlement table.

use money::{Usage, UsageError};
use serde::{Deserialize, Serialize};

/// How an attempt to answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// With its answer.
    Complete,
    /// The member stopped it. (A member who merely leaves changes nothing: the run goes on.)
    Cancelled,
    /// The provider failed before the first token.
    FailedBeforeFirstToken,
    /// The provider failed after some tokens.
    FailedAfterTokens,
    /// The stream ended without saying what was used.
    EndedWithoutUsage,
    /// This program died; the journal shows what was stored.
    Crashed,
}

/// One call of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// How it ended.
    pub outcome: Outcome,
    /// What the provider reported, if it did.
    pub reported: Option<Usage>,
    /// What was counted here with the model's tokeniser: the input that was sent, and the tokens that were shown or
    /// stored. Words of an error are no tokens of an answer and are never in here.
    pub counted: Usage,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ending", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ending {
    /// By calling providers.
    Called {
        /// The attempts that were given up for another one.
        given_up: Vec<Attempt>,
        /// The last one: what the member saw.
        last: Attempt,
    },
    /// By an answer that was kept from before.
    FromCache {
        /// What the kept answer had used; it is paid at the cache price.
        usage: Usage,
    },
}

/// What a share was measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Nothing is owed.
    Nothing,
    /// The provider's report.
    Reported,
    /// Counted here, exactly what was shown or stored.
    Counted,
    /// Counted here because the report is missing: shown as an estimate.
    Estimated,
    /// A kept answer, at the cache price.
    CachePrice,
}

/// What somebody pays for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// The usage to be priced.
    pub usage: Usage,
    /// What it was measured by.
    pub basis: Basis,
}

/// Who pays for what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// What the member pays for.
    pub member: Share,
    /// What the operator pays the provider for, one for each attempt in their order.
    pub operator: Vec<Share>,
    /// True when the operator's shares are to be compared with the provider's bill, since not all were reported.
    pub reconcile: bool,
}

impl Ending {
    /// Who pays for what: the last attempt alone is the member's, every attempt is the operator's. Drafts that were complete before
    /// it, and that a policy asked for, are no attempts in vain: whoever sorts attempts has them beside these ([`Share::and`]).
    pub fn shares(&self) -> Shares {
        match self {
            Self::FromCache { usage } => Shares {
                member: Share { usage: usage.clone(), basis: Basis::CachePrice },
                operator: Vec::new(),
                reconcile: false,
            },
            Self::Called { given_up, last } => {
                let attempts = || given_up.iter().chain([last]);
                Shares {
                    member: last.members(),
                    operator: attempts().map(Attempt::operators).collect(),
                    reconcile: attempts().any(|attempt| attempt.reported.is_none()),
                }
            }
        }
    }
}

impl Attempt {
    fn members(&self) -> Share {
        match self.outcome {
            Outcome::Complete | Outcome::EndedWithoutUsage => self.reported_or_estimated(),
            Outcome::Cancelled | Outcome::FailedAfterTokens | Outcome::Crashed => {
                Share { usage: self.counted.clone(), basis: Basis::Counted }
            }
            Outcome::FailedBeforeFirstToken => Share::nothing(),
        }
    }

    fn operators(&self) -> Share {
        match (self.outcome, &self.reported) {
            (Outcome::FailedBeforeFirstToken, None) => Share::nothing(),
            _ => self.reported_or_estimated(),
        }
    }

    fn reported_or_estimated(&self) -> Share {
        match &self.reported {
            Some(usage) => Share { usage: usage.clone(), basis: Basis::Reported },
            None => Share { usage: self.counted.clone(), basis: Basis::Estimated },
        }
    }
}

impl Share {
    /// Together with others: all that was used, estimated where any of it is.
    ///
    /// # Errors
    /// When it is more than can be counted.
    pub fn and(&self, others: &[Self]) -> Result<Self, UsageError> {
        others.iter().try_fold(self.clone(), |sum, other| {
            let basis = match (sum.basis, other.basis) {
                (Basis::Nothing, basis) | (_, basis @ Basis::Estimated) => basis,
                (basis, _) => basis,
            };
            Ok(Self { usage: sum.usage.plus(&other.usage)?, basis })
        })
    }

    fn nothing() -> Self {
        Self { usage: Usage::default(), basis: Basis::Nothing }
    }
}

#[cfg(test)]
mod tests {
    use money::Unit;

    use super::*;

    fn used(output: u64) -> Usage {
        Usage::of([(Unit::Input, 100), (Unit::Output, output)]).unwrap()
    }

    fn attempt(outcome: Outcome, reported: Option<u64>) -> Attempt {
        Attempt { outcome, reported: reported.map(used), counted: used(7) }
    }

    fn shares(given_up: Vec<Attempt>, last: Attempt) -> Shares {
        Ending::Called { given_up, last }.shares()
    }

    fn share(output: u64, basis: Basis) -> Share {
        Share { usage: used(output), basis }
    }

    #[test]
    fn the_table_row_by_row() {
        use Basis::{Counted, Estimated, Nothing, Reported};
        let nothing = || (None, Nothing);
        let rows = [
            (Outcome::Complete, Some(9), (Some(9), Reported), (Some(9), Reported)),
            (Outcome::Complete, None, (Some(7), Estimated), (Some(7), Estimated)),
            (Outcome::Cancelled, Some(9), (Some(7), Counted), (Some(9), Reported)),
            (Outcome::Cancelled, None, (Some(7), Counted), (Some(7), Estimated)),
            (Outcome::FailedBeforeFirstToken, Some(0), nothing(), (Some(0), Reported)),
            (Outcome::FailedBeforeFirstToken, None, nothing(), nothing()),
            (Outcome::FailedAfterTokens, Some(9), (Some(7), Counted), (Some(9), Reported)),
            (Outcome::FailedAfterTokens, None, (Some(7), Counted), (Some(7), Estimated)),
            (Outcome::EndedWithoutUsage, None, (Some(7), Estimated), (Some(7), Estimated)),
            (Outcome::Crashed, None, (Some(7), Counted), (Some(7), Estimated)),
            (Outcome::Crashed, Some(9), (Some(7), Counted), (Some(9), Reported)),
        ];
        for (outcome, reported, member, operator) in rows {
            let owed = |(output, basis): (Option<u64>, Basis)| {
                output.map_or_else(Share::nothing, |output| share(output, basis))
            };
            let shares = shares(Vec::new(), attempt(outcome, reported));
            assert_eq!(shares.member, owed(member), "{outcome:?} {reported:?}");
            assert_eq!(shares.operator, [owed(operator)], "{outcome:?} {reported:?}");
            assert_eq!(shares.reconcile, reported.is_none(), "{outcome:?} {reported:?}");
        }
    }

    #[test]
    fn a_fall_back_costs_the_member_the_successful_attempt_and_the_operator_all() {
        let lost = attempt(Outcome::FailedAfterTokens, Some(3));
        let never_began = attempt(Outcome::FailedBeforeFirstToken, None);
        let shares = shares(vec![lost, never_began], attempt(Outcome::Complete, Some(20)));
        assert_eq!(shares.member, share(20, Basis::Reported));
        let operator = [share(3, Basis::Reported), Share::nothing(), share(20, Basis::Reported)];
        assert_eq!(shares.operator, operator);
    }

    #[test]
    fn shares_are_added_up_and_one_estimate_makes_an_estimate_of_all() {
        let answer = share(20, Basis::Reported);
        assert_eq!(answer.and(&[]), Ok(answer.clone()));
        let sum = Usage::of([(Unit::Input, 300), (Unit::Output, 29)]).unwrap();
        let drafts = [share(2, Basis::Estimated), share(7, Basis::Reported)];
        assert_eq!(answer.and(&drafts), Ok(Share { usage: sum, basis: Basis::Estimated }));
        assert_eq!(Share::nothing().and(&drafts[1..]), Ok(share(7, Basis::Reported)));
    }

    #[test]
    fn a_kept_answer_costs_the_operator_nothing() {
        let shares = Ending::FromCache { usage: used(5) }.shares();
        assert_eq!((shares.member, shares.operator), (share(5, Basis::CachePrice), Vec::new()));
    }
}

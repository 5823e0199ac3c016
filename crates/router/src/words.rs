//! Why nobody can answer, in one sentence for each who was left out.

use crate::decision::{Cause, Decision, Excluded};

/// So many of those who were left out are named.
const MOST_NAMED: usize = 4;

/// Why nobody can answer as a policy wants, in English. Money is in the workspace's currency.
pub fn why_nobody(decision: &Decision) -> String {
    let mut detail = format!("Nobody can answer as the policy `{}` wants.", decision.policy);
    if decision.excluded.is_empty() {
        detail.push_str(" There is no model here: no local one is installed, and no provider is set up.");
    }
    for Excluded { deployment, causes } in decision.excluded.iter().take(MOST_NAMED) {
        let causes: Vec<String> = causes.iter().map(cause).collect();
        detail.push_str(&format!(" `{deployment}` {}.", causes.join(", and ")));
    }
    match decision.excluded.len().saturating_sub(MOST_NAMED) {
        0 => {}
        1 => detail.push_str(" One more was left out."),
        more => detail.push_str(&format!(" {more} more were left out.")),
    }
    detail
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::NotInPlan => "is not in the plan".to_owned(),
        Cause::Unpriced { .. } => "has no price".to_owned(),
        Cause::OverBudget { ceiling, left } => {
            format!("may cost {ceiling}, while {left} is left")
        }
        Cause::Cannot { need } => format!("cannot do what is needed ({need:?})").to_lowercase(),
        Cause::ContextTooShort { needs, has } => {
            format!("has room for {has} tokens, while {needs} are needed")
        }
        Cause::AnswerTooLong { needs, has } => {
            format!("writes {has} tokens, while {needs} are wanted")
        }
        Cause::BreakerOpen => "only fails at the moment".to_owned(),
        Cause::Busy => "is busy".to_owned(),
        Cause::RateLimited => "may not be asked more in this minute".to_owned(),
        Cause::NotNamed => "is not named by the policy".to_owned(),
        Cause::NoWeight => "has no weight".to_owned(),
        Cause::BelowFloor { quality, floor } => format!("has quality {quality}, below {floor}"),
        Cause::Unrated => "has no figure of quality".to_owned(),
    }
}

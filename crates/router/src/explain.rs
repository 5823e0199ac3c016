//! A decision in the words of the streamed protocol, to be kept with its run.

use catalog::TaskClass;
use money::Currency;
use wire::{
    Route, RouteCause, RouteChoice, RouteConcern, RouteExclusion, RouteFinding, RouteReason, RouteSaving,
    TaskKind,
};

use crate::check::{Doubt, Proof};
use crate::cost::Cost;
use crate::decision::{Attempt, Cause, Concern, Decision, Reason, Saving};
use crate::features::Need;

/// Of those who were left out, so many are kept with a run.
const MOST_EXCLUDED: usize = 24;

/// What was decided, for people. `reference` is what savings are told against, as `vendor/model`.
pub fn explain(decision: &Decision, currency: Currency, reference: Option<String>) -> Route {
    let exclusion = |excluded: &crate::Excluded| RouteExclusion {
        model: excluded.deployment.0.clone(),
        causes: excluded.causes.iter().map(cause).collect(),
    };
    let more = decision.excluded.len().saturating_sub(MOST_EXCLUDED);
    Route {
        policy: decision.policy.clone(),
        class: kind(decision.class),
        currency: currency.to_string(),
        chosen: decision.first().map(choice),
        runner_up: decision.runner_up().map(choice),
        excluded: decision.excluded.iter().take(MOST_EXCLUDED).map(exclusion).collect(),
        more_excluded: u32::try_from(more).unwrap_or(u32::MAX),
        expected_micros: decision.expected.as_ref().and_then(micros),
        reference,
        saving: saving(&decision.saving),
        ending: None,
    }
}

fn choice(attempt: &Attempt) -> RouteChoice {
    RouteChoice {
        model: attempt.deployment.0.clone(),
        reason: reason(&attempt.reason),
        cost_micros: micros(&attempt.cost),
        quality: attempt.quality.map(|quality| quality.to_string()),
        concerns: attempt.concerns.iter().map(concern).collect(),
    }
}

fn micros(cost: &Cost) -> Option<i64> {
    match cost {
        Cost::Known(amount) => Some(amount.micros()),
        Cost::Unpriced(_) => None,
    }
}

fn kind(class: TaskClass) -> TaskKind {
    match class {
        TaskClass::General => TaskKind::General,
        TaskClass::Knowledge => TaskKind::Knowledge,
        TaskClass::Math => TaskKind::Math,
        TaskClass::Code => TaskKind::Code,
        TaskClass::Tools => TaskKind::Tools,
        TaskClass::Vision => TaskKind::Vision,
    }
}

fn reason(reason: &Reason) -> RouteReason {
    match reason {
        Reason::Named { position } => {
            RouteReason::Named { position: u32::try_from(*position).unwrap_or(u32::MAX) }
        }
        Reason::GoodEnough { floor } => {
            RouteReason::GoodEnough { floor: floor.map(|floor| floor.to_string()) }
        }
        Reason::BestBelow { floor } => RouteReason::BestBelow { floor: floor.to_string() },
        Reason::Unrated => RouteReason::Unrated,
        Reason::TriedFirst { floor, escalations } => {
            RouteReason::TriedFirst { floor: floor.to_string(), escalations: escalations.to_string() }
        }
        Reason::Escalation { floor } => RouteReason::Escalation { floor: floor.to_string() },
        Reason::Drawn { weight, of } => RouteReason::Drawn { weight: *weight, of: *of },
    }
}

fn concern(concern: &Concern) -> RouteConcern {
    match *concern {
        Concern::Probing => RouteConcern::Probing,
        Concern::Errors { share, most } => {
            RouteConcern::Errors { share: share.to_string(), most: most.to_string() }
        }
        Concern::SlowStart { first_token_ms, most_ms } => RouteConcern::SlowStart { first_token_ms, most_ms },
        Concern::SlowWriting { tokens_per_second, least } => {
            RouteConcern::SlowWriting { tokens_per_second, least }
        }
    }
}

fn cause(cause: &Cause) -> RouteCause {
    match *cause {
        Cause::NotInPlan => RouteCause::NotInPlan,
        Cause::Unpriced { .. } => RouteCause::Unpriced,
        Cause::OverBudget { ceiling, left } => {
            RouteCause::OverBudget { ceiling_micros: ceiling.micros(), left_micros: left.micros() }
        }
        Cause::Cannot { need } => RouteCause::Cannot { need: word(need).to_owned() },
        Cause::ContextTooShort { needs, has } => RouteCause::ContextTooShort { needs, has },
        Cause::AnswerTooLong { needs, has } => RouteCause::AnswerTooLong { needs, has },
        Cause::BreakerOpen => RouteCause::Resting,
        Cause::Busy => RouteCause::Busy,
        Cause::RateLimited => RouteCause::RateLimited,
        Cause::NotNamed => RouteCause::NotNamed,
        Cause::NoWeight => RouteCause::NoWeight,
        Cause::BelowFloor { quality, floor } => {
            RouteCause::BelowFloor { quality: quality.to_string(), floor: floor.to_string() }
        }
        Cause::Unrated => RouteCause::Unrated,
    }
}

fn word(need: Need) -> &'static str {
    match need {
        Need::Tools => "tools",
        Need::Vision => "vision",
        Need::Json => "json",
        Need::Reasoning => "reasoning",
    }
}

fn saving(saving: &Saving) -> RouteSaving {
    match saving {
        Saving::Known { reference, saved } => {
            RouteSaving::Known { reference_micros: reference.micros(), saved_micros: saved.micros() }
        }
        Saving::NoReference => RouteSaving::NoReference,
        Saving::ReferenceUnpriced { .. } => RouteSaving::ReferenceUnpriced,
        Saving::ChoiceUnpriced => RouteSaving::ChoiceUnpriced,
        Saving::NothingChosen => RouteSaving::NothingChosen,
    }
}

impl From<Proof> for RouteFinding {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::Agreed { agree, of } => Self::Agreed { agree, of },
            Proof::Confident { mean_logprob } => Self::Confident { mean_logprob },
            Proof::Fits => Self::Fits,
        }
    }
}

impl From<Doubt> for RouteFinding {
    fn from(doubt: Doubt) -> Self {
        match doubt {
            Doubt::Disagree { agree, needs } => Self::Disagree { agree, needs },
            Doubt::Unsure { mean_logprob, least } => Self::Unsure { mean_logprob, least },
            Doubt::NoProbabilities => Self::NoProbabilities,
            Doubt::NoAnswer => Self::NoAnswer,
            Doubt::NotJson => Self::NotJson,
            Doubt::KeyMissing => Self::KeyMissing,
            Doubt::NoNumber => Self::NoNumber,
            Doubt::OutOfBounds => Self::OutOfBounds,
            Doubt::NoMatch => Self::NoMatch,
            Doubt::Unfinished => Self::Unfinished,
            Doubt::WrongShape => Self::WrongShape,
            Doubt::WrongCall => Self::WrongCall,
        }
    }
}

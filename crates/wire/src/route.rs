//! Routes: who was chosen to answer a run, and why.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ErrorCode;

/// The choice that a policy made for a run, with everything that speaks for it and against others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Route {
    /// The policy that was asked for.
    pub policy: String,
    /// What kind of task the question was taken for.
    pub class: TaskKind,
    /// The currency of all amounts here: three letters (ISO 4217).
    pub currency: String,
    /// Who was asked first.
    #[schema(required)]
    pub chosen: Option<RouteChoice>,
    /// Who was to be asked next, should that fail.
    #[schema(required)]
    pub runner_up: Option<RouteChoice>,
    /// Who was left out, with every cause.
    pub excluded: Vec<RouteExclusion>,
    /// How many more were left out than stand here.
    pub more_excluded: u32,
    /// What the choice was expected to cost, in micro-units; absent where it has no price.
    #[schema(required)]
    pub expected_micros: Option<i64>,
    /// What savings are told against: `vendor/model`, as the price files name it.
    #[schema(required)]
    pub reference: Option<String>,
    /// What that was expected to save.
    pub saving: RouteSaving,
    /// What came of it; absent until the end.
    #[serde(default)]
    #[schema(required)]
    pub ending: Option<RouteEnding>,
}

/// What kind of thing is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// Everything that is none of the others.
    #[default]
    General,
    /// Facts of the world.
    Knowledge,
    /// Sums and proofs.
    Math,
    /// Programs, queries, commands.
    Code,
    /// Which tool is called, and how.
    Tools,
    /// What is seen in a picture.
    Vision,
}

/// Somebody who can answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteChoice {
    /// The model's id.
    pub model: String,
    /// Why it stands where it does.
    pub reason: RouteReason,
    /// What it was expected to cost, in micro-units; absent where it has no price.
    #[schema(required)]
    pub cost_micros: Option<i64>,
    /// How well it does such tasks, from `0.000` to `1.000`; absent where there is no figure.
    #[schema(required)]
    pub quality: Option<String>,
    /// What speaks against it.
    pub concerns: Vec<RouteConcern>,
}

/// Why somebody stands where it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum RouteReason {
    /// The policy names it, in this place of its list, counted from 0.
    Named {
        /// The place.
        position: u32,
    },
    /// It is the cheapest of those that are good enough.
    GoodEnough {
        /// What is good enough; absent where the policy asks for nothing.
        #[schema(required)]
        floor: Option<String>,
    },
    /// It is the best there is, and below what the policy asks for.
    BestBelow {
        /// What the policy asks for.
        floor: String,
    },
    /// It has no figure; the policy lets such models come last.
    Unrated,
    /// It is cheap enough to be tried before a better one.
    TriedFirst {
        /// What the better one has to reach.
        floor: String,
        /// How often it is expected to be needed.
        escalations: String,
    },
    /// It is the cheapest that is good enough, for answers that did not pass.
    Escalation {
        /// What is good enough.
        floor: String,
    },
    /// It was drawn.
    Drawn {
        /// Its weight.
        weight: u32,
        /// All weights together.
        of: u64,
    },
    /// What the plan includes is used up, and it goes on with this one.
    PlanFallsBack,
}

/// What speaks against somebody without forbidding it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "concern")]
pub enum RouteConcern {
    /// It only failed of late, and has just begun to be asked again.
    Probing,
    /// More of its calls fail than the policy is patient with.
    Errors {
        /// So many.
        share: String,
        /// The policy's most.
        most: String,
    },
    /// Its first word takes longer.
    SlowStart {
        /// So long.
        first_token_ms: u32,
        /// The policy's most.
        most_ms: u32,
    },
    /// It writes more slowly.
    SlowWriting {
        /// So fast.
        tokens_per_second: u32,
        /// The policy's least.
        least: u32,
    },
}

/// Somebody who was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteExclusion {
    /// The model's id.
    pub model: String,
    /// Every cause, not just the first.
    pub causes: Vec<RouteCause>,
}

/// Why somebody was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum RouteCause {
    /// The plan does not have it.
    NotInPlan,
    /// It has no price, and the plan does not allow such models.
    Unpriced,
    /// The most that it can cost is more than may be spent.
    OverBudget {
        /// The most that it can cost.
        ceiling_micros: i64,
        /// What may be spent.
        left_micros: i64,
    },
    /// It cannot do what the question needs.
    Cannot {
        /// `tools`, `vision`, `json` or `reasoning`.
        need: String,
    },
    /// Question and answer do not fit.
    ContextTooShort {
        /// So many tokens are needed.
        needs: u64,
        /// So many it has.
        has: u64,
    },
    /// Its answers are not that long.
    AnswerTooLong {
        /// So many tokens are wanted.
        needs: u64,
        /// So many it writes.
        has: u64,
    },
    /// It only failed of late, and is left in peace.
    Resting,
    /// It takes no more calls at once.
    Busy,
    /// It takes no more requests for now.
    RateLimited,
    /// The policy does not name it.
    NotNamed,
    /// Its weight is nothing.
    NoWeight,
    /// It is not good enough.
    BelowFloor {
        /// How well it does such tasks.
        quality: String,
        /// What the policy asks for.
        floor: String,
    },
    /// It has no figure for such tasks, and the policy asks for one.
    Unrated,
    /// It was looked at, and cannot be asked this.
    Unsuited {
        /// Why not.
        code: ErrorCode,
    },
}

/// What a choice is expected to save.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "saving")]
pub enum RouteSaving {
    /// So much; below zero it costs more.
    Known {
        /// What the same question would cost at the reference.
        reference_micros: i64,
        /// That, less what is expected here.
        saved_micros: i64,
    },
    /// There is nothing to tell it against.
    NoReference,
    /// The reference has no price now.
    ReferenceUnpriced,
    /// What was chosen has no price, so that nothing can be said to be saved.
    ChoiceUnpriced,
    /// Nobody was chosen.
    NothingChosen,
}

/// What came of a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteEnding {
    /// What was found of a cheap model's answer before anything was shown; absent where none was asked for one, or it had none.
    #[serde(default)]
    #[schema(required)]
    pub draft: Option<RouteDraft>,
    /// Those that failed before anything was shown, in their order.
    pub tried: Vec<RouteTried>,
    /// Who was asked last.
    pub model: String,
    /// What was really used, as far as it was told: the answer at its price, and what attempts before it cost, in
    /// micro-units; absent where something of it has no price, or nobody answered.
    #[schema(required)]
    pub cost_micros: Option<i64>,
    /// What the answer's tokens would have cost at the reference.
    #[schema(required)]
    pub reference_micros: Option<i64>,
    /// That, less `cost_micros`; below zero it cost more.
    #[schema(required)]
    pub saved_micros: Option<i64>,
}

/// Somebody who was asked in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteTried {
    /// The model's id.
    pub model: String,
    /// Why there was no answer.
    pub code: ErrorCode,
}

/// A cheap model's answer, which was looked at before anybody was shown it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteDraft {
    /// The model's id.
    pub model: String,
    /// How many answers it wrote, to be compared.
    pub answers: u32,
    /// Whether it passed and was shown; otherwise a better model was asked.
    pub passed: bool,
    /// What was found.
    pub found: RouteFinding,
    /// What its answers that nobody was shown cost, in micro-units of the workspace's currency: it is paid beside the answer that was
    /// shown. Absent while that is not known.
    #[schema(required)]
    pub cost_micros: Option<i64>,
}

/// What was found of an answer that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "found")]
pub enum RouteFinding {
    /// So many say the same.
    Agreed {
        /// How many.
        agree: u32,
        /// Of so many.
        of: u32,
    },
    /// The model held it probable enough.
    Confident {
        /// The mean of the natural logarithms of its tokens' probabilities, in thousandths.
        mean_logprob: i32,
    },
    /// It is what was asked for.
    Fits,
    /// Too few say the same.
    Disagree {
        /// The most that do.
        agree: u32,
        /// How many had to.
        needs: u32,
    },
    /// The model did not hold it probable enough.
    Unsure {
        /// The mean, in thousandths.
        mean_logprob: i32,
        /// The least.
        least: i32,
    },
    /// The model did not tell its probabilities.
    NoProbabilities,
    /// There was no answer, or an empty one.
    NoAnswer,
    /// It is no JSON.
    NotJson,
    /// It is JSON without a key that is asked for.
    KeyMissing,
    /// It has no number.
    NoNumber,
    /// Its number cannot be right.
    OutOfBounds,
    /// It has not what is looked for.
    NoMatch,
    /// It met its limit before its end.
    Unfinished,
    /// It is JSON that does not match what was asked for.
    WrongShape,
    /// It calls tools in a way that is not right, or none though it must.
    WrongCall,
}

//! What was decided, and why: data, without a word for people.

use catalog::{PerMille, TaskClass};
use money::Amount;
use serde::{Deserialize, Serialize};

use crate::cost::{Cost, Gap};
use crate::facts::DeploymentId;
use crate::features::Need;

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The policy's id.
    pub policy: String,
    /// What kind of task the request was taken for.
    pub class: TaskClass,
    /// Whom to ask, in this order. Nobody, when all were left out.
    pub attempts: Vec<Attempt>,
    /// Who was left out, with every cause.
    pub excluded: Vec<Excluded>,
    /// What the choice is expected to cost. An escalation counts as often as the policy expects it.
    pub expected: Option<Cost>,
    /// What that saves.
    pub saving: Saving,
}

impl Decision {
    /// Whoever is asked first.
    pub fn first(&self) -> Option<&Attempt> {
        self.attempts.first()
    }

    /// Whoever comes next.
    pub fn runner_up(&self) -> Option<&Attempt> {
        self.attempts.get(1)
    }

    /// Whoever would have been asked before is not: this one is, at once, and what is expected is what it costs.
    pub fn begin_with(&mut self, first: &mut Attempt) {
        first.when = When::First;
        if let Reason::Escalation { floor } = first.reason {
            first.reason = Reason::GoodEnough { floor: Some(floor) };
        }
        self.expected = Some(first.cost.clone());
        if let Saving::Known { reference, saved } = &mut self.saving {
            match &first.cost {
                Cost::Known(cost) => *saved = reference.checked_sub(*cost).unwrap_or(*saved),
                Cost::Unpriced(_) => self.saving = Saving::ChoiceUnpriced,
            }
        }
    }

    /// What was chosen: whoever is asked first, and whoever it escalates to. All other attempts are there for failures.
    pub fn chosen(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.when != When::AfterFailure)
    }
}

/// One deployment to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Where.
    pub deployment: DeploymentId,
    /// On which occasion.
    pub when: When,
    /// How many answers to ask for at once.
    pub answers: u32,
    /// Why it stands here.
    pub reason: Reason,
    /// What it is expected to cost by itself.
    pub cost: Cost,
    /// How well its model does such tasks, where there is a figure.
    pub quality: Option<PerMille>,
    /// What speaks against it.
    pub concerns: Vec<Concern>,
}

/// On which occasion a deployment is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// At once.
    First,
    /// When the answer before it did not pass the policy's check, or failed.
    AfterDoubt,
    /// When those before it failed before anything was shown.
    AfterFailure,
}

/// Why a deployment stands where it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum Reason {
    /// The policy names it, in this place of its list, counted from nought.
    Named {
        /// The place.
        position: usize,
    },
    /// It is the cheapest of those that are good enough.
    GoodEnough {
        /// What is good enough; absent where the policy asks for nothing.
        floor: Option<PerMille>,
    },
    /// It is the best there is, and below what the policy asks for.
    BestBelow {
        /// What the policy asks for.
        floor: PerMille,
    },
    /// It has no figure; the policy lets such models come last.
    Unrated,
    /// It is cheap enough to be tried before a better one.
    TriedFirst {
        /// What it escalates to has to reach this.
        floor: PerMille,
        /// How often an escalation is expected.
        escalations: PerMille,
    },
    /// It is the cheapest that is good enough, for answers that did not pass.
    Escalation {
        /// What is good enough.
        floor: PerMille,
    },
    /// It was drawn.
    Drawn {
        /// Its weight.
        weight: u32,
        /// All weights together.
        of: u64,
    },
}

/// What speaks against a deployment without forbidding it: sound ones come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "concern")]
pub enum Concern {
    /// Its breaker has just begun to let a call through.
    Probing,
    /// More of its calls fail than the policy is patient with.
    Errors {
        /// So many.
        share: PerMille,
        /// The policy's most.
        most: PerMille,
    },
    /// Its first token takes longer.
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

/// A deployment that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// Which one.
    pub deployment: DeploymentId,
    /// Every cause, not just the first.
    pub causes: Vec<Cause>,
}

/// Why a deployment was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Cause {
    /// The plan does not have its model.
    NotInPlan,
    /// It has no price, and the plan does not allow such models.
    Unpriced {
        /// What is missing.
        what: Gap,
    },
    /// The most that it can cost is more than may be spent.
    OverBudget {
        /// The most that it can cost.
        ceiling: Amount,
        /// What may be spent.
        left: Amount,
    },
    /// It cannot do what the request needs.
    Cannot {
        /// What that is.
        need: Need,
    },
    /// Prompt and answer do not fit.
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
    /// Its breaker is open.
    BreakerOpen,
    /// It takes no more calls at once.
    Busy,
    /// It takes no more requests, or not so many tokens, for now.
    RateLimited,
    /// The policy does not name it.
    NotNamed,
    /// Its weight is nothing.
    NoWeight,
    /// It is not good enough.
    BelowFloor {
        /// How well it does such tasks.
        quality: PerMille,
        /// What the policy asks for.
        floor: PerMille,
    },
    /// It has no figure for such tasks, and the policy asks for one.
    Unrated,
}

/// What a choice saves. Below zero it costs more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "saving")]
pub enum Saving {
    /// So much, against the reference.
    Known {
        /// What the same request would cost there.
        reference: Amount,
        /// That, less what is expected here.
        saved: Amount,
    },
    /// The policy has no reference.
    NoReference,
    /// The reference has no price now.
    ReferenceUnpriced {
        /// What is missing.
        what: Gap,
    },
    /// What was chosen has no price, so that nothing can be said to be saved.
    ChoiceUnpriced,
    /// Nobody was chosen.
    NothingChosen,
}

//! Who answers where a policy was asked for instead of a model.
//!
//! `choose.rs` and `question.rs` read the facts and let the crate `router` decide; `deployments.rs` says who there is; `admit_chat.rs` holds what
//! the choice may cost; the crate `courses` asks one after another until something can be shown; `book.rs`
//! writes down what that saved; `watch.rs` lets a policy decide that is only looked at. Models that were named go the same way, as
//! a course of one.

mod admit_chat;
mod book;
mod choose;
mod deployments;
mod question;
mod watch;
mod words;

use std::sync::Arc;

use courses::Followed;
use plans::Plan;
use router::Policy;

use crate::{Actor, App, AppError, Role};

pub(crate) use admit_chat::{Asked, Ready};
pub(crate) use book::{Used, ending};
pub(crate) use watch::{Watched, Watching};

/// Whoever asks for this policy gets the one that their plan names, if it does.
const AS_THE_PLAN_SAYS: &str = "auto";

/// What became of asking so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    /// The policy that chose, if one did.
    pub(crate) policy: Option<String>,
    /// Who was asked, and what that came to.
    pub(crate) followed: Followed,
    /// What a watched policy is to look at when somebody has answered.
    pub(crate) watching: Option<Arc<Watching>>,
}

impl Trail {
    /// Of a model that was named.
    pub(crate) fn of(model: &str) -> Self {
        Self { followed: Followed::of(model), ..Self::default() }
    }
}

impl App {
    /// The policies that can be asked for like models.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.offer.routing.policies.iter()
    }

    pub(crate) fn policy(&self, id: &str) -> Option<&Policy> {
        self.offer.routing.policies.get(id)
    }

    /// The policy that whoever has this plan asks for; absent when a model is asked for.
    fn policy_for(&self, plan: &Plan, asked: &str) -> Option<&Policy> {
        let own = plan.policy.as_deref().filter(|_| asked == AS_THE_PLAN_SAYS);
        self.policy(own.unwrap_or(asked))
    }

    /// The policy that serves whoever names neither a model nor an agent with one; absent: the workspace's default model does.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub(crate) async fn usual_policy(&self, actor: Option<&Actor>) -> Result<Option<String>, AppError> {
        if self.tariff.plans.iter().all(|plan| plan.policy.is_none()) {
            return Ok(None);
        }
        let plan = match actor {
            Some(actor) => self.holding(actor).await?.plan,
            None => self.plan_of_role(Role::Owner)?,
        };
        Ok(plan.policy.clone())
    }
}

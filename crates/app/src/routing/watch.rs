//! Lets a watched policy decide on questions that others have answered, long after whoever asked was told.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use money::{Amount, Usage};
use ports::ChatRequest;
use router::Policy;
use store::charges::Charge;
use store::routes::{self, Shadow};
use store::{Batch, Durability};

use super::choose::Bounds;
use super::{Trail, Used};
use crate::billing::Seen;
use crate::{App, AppError};

/// So many answers wait to be looked at; of more nobody is told.
const MOST_WAITING: usize = 1_024;
/// So many shadows are stored at once.
const CHUNK: usize = 256;

/// A question that a watched policy looks at when it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    question: ChatRequest,
    /// What could be spent on it.
    left: Option<Amount>,
}

/// Answers that a watched policy has not looked at.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    waiting: Mutex<Waiting>,
    /// Held while some are looked at, so that a reader who comes meanwhile sees them.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Waiting {
    answers: VecDeque<Answer>,
    lost: u64,
}

#[derive(Debug)]
struct Answer {
    charge: Charge,
    watching: Arc<Watching>,
    /// Who was asked first.
    model: String,
    usage: Usage,
    cost: Option<Amount>,
}

impl Watched {
    /// Somebody answered. Nobody waits for what the watched policy thinks of it.
    pub(crate) fn answered(&self, charge: &Charge, trail: &Trail, used: Used<'_>) {
        let Some(watching) = &trail.watching else { return };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.answers.len() >= MOST_WAITING {
            waiting.lost = waiting.lost.saturating_add(1);
            return;
        }
        waiting.answers.push_back(Answer {
            charge: charge.clone(),
            watching: Arc::clone(watching),
            model: trail.followed.first().to_owned(),
            usage: used.answer.clone(),
            cost: used.total(),
        });
    }

    fn take(&self) -> Vec<Answer> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let lost = mem::take(&mut waiting.lost);
        if lost > 0 {
            tracing::warn!(answers = lost, "the watched policy did not see answers: too many waited");
        }
        let some = waiting.answers.len().min(CHUNK);
        waiting.answers.drain(..some).collect()
    }
}

impl App {
    /// The policy that is watched without being acted on.
    pub(crate) fn watched_policy(&self) -> Option<&Policy> {
        self.offer.routing.watch.as_deref().and_then(|id| self.policy(id))
    }

    /// What a watched policy needs to know of a question later on, unless it is the one that decides.
    pub(super) fn watching(
        &self,
        question: &ChatRequest,
        decides: Option<&Policy>,
        seen: &Seen<'_>,
    ) -> Option<Arc<Watching>> {
        self.watched_policy().filter(|policy| decides.is_none_or(|decides| decides.id != policy.id))?;
        let left = self.left(question, seen, None);
        Some(Arc::new(Watching { question: question.clone(), left }))
    }

    /// Lets the watched policy decide on what was answered, and keeps that. What cannot be stored is given up: it is nobody's
    /// money.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub(crate) async fn store_watched(&self) -> Result<(), AppError> {
        let Some(policy) = self.watched_policy() else { return Ok(()) };
        let watched = &self.noted.watched;
        let _alone = watched.looking.lock().await;
        loop {
            let answers = watched.take();
            if answers.is_empty() {
                return Ok(());
            }
            let deployments = self.deployments().await;
            let mut batch = Batch::new(Durability::Relaxed);
            for answer in answers {
                let Answer { charge, watching, model, usage, cost } = answer;
                let Some(plan) = self.tariff.plans.get(&charge.plan) else { continue };
                let bounds = Bounds {
                    access: &plan.access,
                    left: watching.left,
                    at: charge.began_at,
                    may_draft: true,
                };
                let chosen = self.choose_among(&deployments, policy, &watching.question, bounds);
                let choice = chosen.decision.first().map(|attempt| attempt.deployment.0.clone());
                // Who would have been asked the same way would have come to the same.
                let is_same = choice.as_ref() == Some(&model);
                let would = || {
                    router::would_cost(&self.market(charge.began_at), &chosen.decision, &deployments, &usage)
                };
                let shadow = Shadow {
                    watched: policy.id.clone(),
                    asked: watching.question.model.clone(),
                    model,
                    choice,
                    cost,
                    would_cost: if is_same { cost } else { would() },
                };
                batch.push(routes::insert_shadow(&charge, &shadow));
            }
            self.db.write(batch).await?;
        }
    }
}

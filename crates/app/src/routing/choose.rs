//! Reads the facts about a question and lets the router decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use courses::{Drafting, Judge, Written};
use money::Amount;
use plans::Access;
use ports::ChatRequest;
use router::{
    Cause, Check, Decision, Deployment, DeploymentId, Draft, Facts, Market, Policy, Room, Way, When, explain,
    route, why_nobody,
};
use stdx::Timestamp;
use wire::{ErrorCode, Route, RouteCause, RouteExclusion, RouteFinding};

use super::question;
use crate::{App, AppError, Tariff};

/// So many are asked at most: whoever waits has waited long enough then.
const MOST_ATTEMPTS: usize = 3;

/// What bounds a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds<'a> {
    pub(super) access: &'a Access,
    pub(super) left: Option<Amount>,
    /// When it is.
    pub(super) at: Timestamp,
    /// Whether a cheap model's answer may be looked at first. Several answers are written by one model, and none is a draft.
    pub(super) may_draft: bool,
}

/// Who there is.
pub(super) type Deployments = BTreeMap<DeploymentId, Deployment>;

/// What was chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Whom to ask, in this order. Nobody, when all were left out.
    pub(super) models: Vec<String>,
    /// Whose answer is looked at before any of them is asked.
    pub(super) draft: Option<Drafting>,
    /// What is kept of it.
    pub(super) route: Route,
    /// Who would cost least of those for whom only the money is missing.
    pub(super) too_dear: Option<String>,
    pub(super) decision: Decision,
}

impl Choice {
    /// Why nobody can answer.
    pub(super) fn nobody(&self) -> AppError {
        AppError::new(ErrorCode::NoRoute, why_nobody(&self.decision))
    }
}

impl App {
    /// Whom a policy would have asked this.
    pub(super) async fn choose(&self, policy: &Policy, question: &ChatRequest, bounds: Bounds<'_>) -> Choice {
        let mut deployments = self.deployments().await;
        for (model, warm_tokens) in self.chat.warm(question) {
            deployments.entry(DeploymentId(model)).and_modify(|it| it.prefix.warm_tokens = warm_tokens);
        }
        self.choose_among(&deployments, policy, question, bounds)
    }

    /// Whom of these a policy would have asked this.
    pub(super) fn choose_among(
        &self,
        deployments: &Deployments,
        policy: &Policy,
        question: &ChatRequest,
        bounds: Bounds<'_>,
    ) -> Choice {
        let request = question::read(question, self.longest(question), &self.offer.routing.signs);
        let mut draw = [0; 8];
        self.rng.fill(&mut draw);
        let Bounds { access, left: budget_left, at, may_draft } = bounds;
        let (request, market, draw) = (&request, self.market(at), u64::from_le_bytes(draw));
        let decide =
            |deployments| route(&Facts { request, access, budget_left, market, deployments, draw }, policy);
        let mut decision = decide(deployments);
        if decision.attempts.is_empty() && decision.excluded.iter().any(only_busy) {
            // Nobody else can answer, so it is waited for whoever is busy.
            let mut waited_for = deployments.clone();
            waited_for.values_mut().for_each(|it| it.room = Room::default());
            decision = decide(&waited_for);
        }
        self.seen_to(policy, question, decision, may_draft)
    }

    /// What things cost and are worth at an instant.
    pub(super) fn market(&self, now: Timestamp) -> Market<'_> {
        let Tariff { prices, exchange, currency, .. } = &self.tariff;
        Market { now, prices, exchange, currency: *currency, qualities: &self.offer.routing.qualities }
    }

    /// Takes those out of a decision who cannot be asked this after all, and all who would come too late.
    fn seen_to(
        &self,
        policy: &Policy,
        question: &ChatRequest,
        mut decision: Decision,
        may_draft: bool,
    ) -> Choice {
        let (mut unsuited, mut kept, mut draft) = (Vec::new(), Vec::new(), None);
        let has_escalation = decision.attempts.iter().any(|attempt| attempt.when == When::AfterDoubt);
        for attempt in std::mem::take(&mut decision.attempts) {
            let is_draft = has_escalation && attempt.when == When::First;
            if kept.len() >= MOST_ATTEMPTS || (is_draft && !may_draft) {
                continue;
            }
            let model = attempt.deployment.0.clone();
            let asked = ChatRequest { model: model.clone(), adapters: Vec::new(), ..question.clone() };
            let drafting = is_draft.then(|| self.drafting(policy, asked.clone())).flatten();
            match self.chat.check(drafting.as_ref().map_or(&asked, Drafting::request)) {
                Ok(()) if is_draft => draft = drafting.map(|drafting| (attempt, drafting)),
                Ok(()) => kept.push(attempt),
                Err(error) => {
                    let causes = vec![RouteCause::Unsuited { code: error.code }];
                    unsuited.push(RouteExclusion { model, causes });
                }
            }
        }
        let models = kept.iter().map(|attempt| attempt.deployment.0.clone()).collect();
        // A draft is for whoever has somebody better to ask.
        let (tried, draft) = draft.filter(|_| !kept.is_empty()).unzip();
        if let Some(first) = kept.first_mut().filter(|_| tried.is_none()) {
            decision.begin_with(first);
        }
        decision.attempts = tried.into_iter().chain(kept).collect();
        let reference = self.reference_of(policy).map(|it| format!("{}/{}", it.vendor, it.model));
        let mut route = explain(&decision, self.tariff.currency, reference);
        route.excluded.extend(unsuited);
        Choice { models, draft, route, too_dear: too_dear(&decision), decision }
    }

    /// What a cheap model is asked first, where the policy looks at its answer.
    fn drafting(&self, policy: &Policy, asked: ChatRequest) -> Option<Drafting> {
        let Way::Cascade { check, .. } = &policy.way else { return None };
        let longest = self.longest_of(&asked, &asked.model).min(check.longest().unwrap_or(u32::MAX).into());
        let judge = Arc::new(ByCheck(check.clone()));
        let drafting = Drafting::new(asked, judge, longest, self.fresh_id().to_string());
        let wants_logprobs = matches!(check, Check::Confidence { .. });
        Some(if wants_logprobs { drafting.with_logprobs() } else { drafting })
    }
}

/// Looks at drafts as a policy says.
#[derive(Debug)]
struct ByCheck(Check);

impl Judge for ByCheck {
    fn answers(&self) -> u32 {
        self.0.answers()
    }

    fn judge(&self, written: &[Written<'_>]) -> (Option<usize>, RouteFinding) {
        self.0.found(written.iter().map(|it| Draft {
            text: it.text,
            logprobs: it.logprobs,
            form: Some(it.form),
        }))
    }
}

fn only_busy(excluded: &router::Excluded) -> bool {
    excluded.causes.iter().all(|cause| matches!(cause, Cause::Busy | Cause::RateLimited))
}

fn too_dear(decision: &Decision) -> Option<String> {
    let dear = decision.excluded.iter().filter_map(|excluded| match excluded.causes.as_slice() {
        [Cause::OverBudget { ceiling, .. }] => Some((*ceiling, &excluded.deployment.0)),
        _ => None,
    });
    dear.min().map(|(_, model)| model.clone())
}

//! Reads the facts about a question and lets the router decide.

use std::collections::BTreeMap;

use money::Amount;
use plans::Access;
use ports::{AnswerForm, ChatMessage, ChatRequest};
use router::{
    Ask, Cause, Decision, Deployment, DeploymentId, Facts, Features, Market, Policy, Request, Room, When,
    estimate_tokens, explain, route, why_nobody,
};
use wire::{ErrorCode, Route, RouteCause, RouteExclusion};

use crate::start_run::most_input;
use crate::{App, AppError};

/// An answer is taken for so long where nobody knows better. Only what is expected is reckoned with it, never what is held.
const USUAL_ANSWER: u64 = 400;
/// Tokens that a template puts around a message.
const AROUND_A_MESSAGE: u64 = 4;
/// So many are asked at most: whoever waits has waited long enough then.
const MOST_ATTEMPTS: usize = 3;

/// What bounds a choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds<'a> {
    pub(super) access: &'a Access,
    pub(super) left: Option<Amount>,
}

/// What was chosen.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Whom to ask, in this order. Nobody, when all were left out.
    pub(super) models: Vec<String>,
    /// What is kept of it.
    pub(super) route: Route,
    /// Who would cost least of those for whom only the money is missing.
    pub(super) too_dear: Option<String>,
    decision: Decision,
}

impl Choice {
    /// Why nobody can answer.
    pub(super) fn nobody(&self) -> AppError {
        AppError::new(ErrorCode::NoRoute, why_nobody(&self.decision))
    }
}

impl App {
    /// Whom a policy would have asked this.
    pub(super) async fn choose(
        &self,
        policy: &Policy,
        question: &ChatRequest,
        longest: u64,
        bounds: Bounds<'_>,
    ) -> Choice {
        let mut deployments = self.deployments().await;
        let request = self.request_for_router(question, longest);
        let mut draw = [0; 8];
        self.rng.fill(&mut draw);
        let draw = u64::from_le_bytes(draw);
        let mut decision = route(&self.facts(&request, &deployments, bounds, draw), policy);
        if decision.attempts.is_empty() && decision.excluded.iter().any(only_busy) {
            // Nobody else can answer, so it is waited for whoever is busy.
            deployments.values_mut().for_each(|it| it.room = Room::default());
            decision = route(&self.facts(&request, &deployments, bounds, draw), policy);
        }
        self.seen_to(policy, question, decision)
    }

    fn facts<'a>(
        &'a self,
        request: &'a Request,
        deployments: &'a BTreeMap<DeploymentId, Deployment>,
        bounds: Bounds<'a>,
        draw: u64,
    ) -> Facts<'a> {
        let market = Market {
            now: self.clock.now(),
            prices: &self.tariff.prices,
            exchange: &self.tariff.exchange,
            currency: self.tariff.currency,
            qualities: &self.offer.routing.qualities,
        };
        let Bounds { access, left } = bounds;
        Facts { request, access, budget_left: left, market, deployments, draw }
    }

    fn request_for_router(&self, question: &ChatRequest, longest: u64) -> Request {
        let ask = Ask {
            question: question
                .messages
                .iter()
                .rev()
                .find(|it| it.is_from_user())
                .map_or("", ChatMessage::content),
            tools: if question.tools.is_none() { 0 } else { question.tools.offered.len() },
            images: 0,
            json: question.form != AnswerForm::Text,
            // A model that does not think is asked as well, and does not.
            reasoning: false,
        };
        let prompt_tokens = prompt_tokens(question);
        let most_output_tokens = match question.sampling.max_tokens {
            Some(named) => named.into(),
            // Who names no limit wants as much as fits.
            None => longest.saturating_sub(prompt_tokens).max(1),
        };
        Request {
            features: Features::read(&ask, &self.offer.routing.signs),
            prompt_tokens,
            most_prompt_tokens: most_input(question, u32::MAX),
            expected_output_tokens: USUAL_ANSWER,
            most_output_tokens,
        }
    }

    /// Takes those out of a decision who cannot be asked this after all, and all who would come too late.
    fn seen_to(&self, policy: &Policy, question: &ChatRequest, mut decision: Decision) -> Choice {
        let mut unsuited = Vec::new();
        let mut kept = Vec::new();
        let has_escalation = decision.attempts.iter().any(|attempt| attempt.when == When::AfterDoubt);
        for attempt in std::mem::take(&mut decision.attempts) {
            // What is to be checked before it is shown is not asked for: who would be asked after a doubt is asked at once.
            let is_draft = has_escalation && attempt.when == When::First;
            if kept.len() >= MOST_ATTEMPTS || is_draft {
                continue;
            }
            let model = attempt.deployment.0.clone();
            let asked = ChatRequest { model: model.clone(), adapters: Vec::new(), ..question.clone() };
            match self.chat.check(&asked) {
                Ok(()) => kept.push(attempt),
                Err(error) => {
                    let causes = vec![RouteCause::Unsuited { code: error.code }];
                    unsuited.push(RouteExclusion { model, causes });
                }
            }
        }
        if let Some(first) = kept.first_mut() {
            first.when = When::First;
            decision.expected = Some(first.cost.clone());
        }
        let models = kept.iter().map(|attempt| attempt.deployment.0.clone()).collect();
        decision.attempts = kept;
        let reference = self.reference_of(policy).map(|it| format!("{}/{}", it.vendor, it.model));
        let mut route = explain(&decision, self.tariff.currency, reference);
        route.excluded.extend(unsuited);
        Choice { models, route, too_dear: too_dear(&decision), decision }
    }
}

/// All that goes in, about.
fn prompt_tokens(question: &ChatRequest) -> u64 {
    let messages = question.messages.iter().map(|message| {
        let calls = match message {
            ChatMessage::Calls { calls, .. } => calls.as_slice(),
            ChatMessage::Text { .. } | ChatMessage::Result { .. } => &[],
        };
        let calls = calls.iter().map(|call| estimate_tokens(&call.name) + estimate_tokens(&call.arguments));
        estimate_tokens(message.content()) + AROUND_A_MESSAGE + calls.sum::<u64>()
    });
    let offered = if question.tools.is_none() { &[][..] } else { question.tools.offered.as_slice() };
    let tools = offered.iter().map(|tool| {
        [&tool.name, &tool.description, &tool.parameters].map(|text| estimate_tokens(text)).iter().sum()
    });
    messages.chain(tools).fold(0, u64::saturating_add)
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

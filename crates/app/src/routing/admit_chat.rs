//! Admits a question, whether it names a model or a policy, and says whom to ask.

use std::sync::Arc;

use agent::Agent;
use courses::{Course, Drafting};
use money::Amount;
use ports::ChatRequest;
use stdx::RunId;
use wire::{Route, RouteChoice, RouteReason};

use super::Trail;
use super::choose::{Bounds, Choice};
use super::watch::Watching;
use crate::billing::{Admitted, Seen, Wanted};
use crate::complete_chat::adapters;
use crate::{Actor, App, AppError, Role};
use courses::most_input;
use tariff::is_local;

/// A question that is about to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    /// The run, or the call.
    pub(crate) run_id: RunId,
    /// The agent, if one answers.
    pub(crate) agent: Option<&'a Agent>,
    /// What is asked; its model may be a policy.
    pub(crate) request: &'a ChatRequest,
    /// How many answers.
    pub(crate) choices: u32,
    /// The run of which it is a later step.
    pub(crate) turn_of: Option<RunId>,
}

/// A question that may be asked as soon as its writes are stored.
#[derive(Debug)]
pub(crate) struct Ready {
    /// What is held, whoever of the course answers.
    pub(crate) admitted: Admitted,
    /// Whom to ask.
    pub(crate) course: Course,
    /// How that was chosen, if it was.
    pub(crate) route: Option<Route>,
    /// What a watched policy is to look at later.
    watching: Option<Arc<Watching>>,
}

impl Ready {
    /// What became of it before it began.
    pub(crate) fn trail(&self) -> Trail {
        let policy = self.route.as_ref().map(|route| route.policy.clone());
        Trail { policy, watching: self.watching.clone(), ..Trail::of(&self.course.first().model) }
    }
}

impl App {
    /// Holds a question against the plan, windows, budgets and wallet of whoever asks.
    ///
    /// # Errors
    /// Those of [`App::admit`], and `no_route` when nobody can answer as a policy wants it.
    pub(crate) async fn admit_chat(&self, actor: &Actor, asked: Asked<'_>) -> Result<Ready, AppError> {
        let seen = self.look(actor).await?;
        let policy = self.policy_for(seen.plan(), &asked.request.model);
        let watching = self.watching(asked.request, policy, &seen);
        let Some(policy) = policy else {
            let model = asked.request.model.clone();
            let ready = self.admit_models(actor, seen, asked, (&[model], None)).await?;
            return Ok(Ready { watching, ..ready });
        };
        self.must_be_without_adapters(asked.request)?;
        let left = self.left(asked.request, &seen, None);
        let may_draft = asked.choices == 1;
        let bounds = Bounds { access: &seen.plan().access, left, at: self.clock.now(), may_draft };
        let mut choice = self.choose(policy, asked.request, bounds).await;
        if choice.draft.is_some() && self.left(asked.request, &seen, choice.draft.as_ref()) != left {
            // The tokens of both are more than there is room for.
            choice = self.choose(policy, asked.request, Bounds { may_draft: false, ..bounds }).await;
        }
        let Choice { models, too_dear, .. } = &choice;
        let mut models = models.clone();
        if models.is_empty() {
            // The plan itself says what helps, or goes on with a cheaper model.
            models.extend(too_dear.clone());
        }
        if models.is_empty() {
            return Err(choice.nobody());
        }
        let ready = self.admit_models(actor, seen, asked, (&models, choice.draft.clone())).await?;
        let route = kept(choice.route, &ready);
        Ok(Ready { route: Some(route), watching, ..ready })
    }

    /// Whom to ask for the person at the machine's own terminal, who needs no leave.
    pub(crate) async fn course_unasked(&self, request: &ChatRequest) -> Result<Course, AppError> {
        let plan = self.plan_of_role(Role::Owner)?;
        let policy = self.policy_for(plan, &request.model);
        let Some(policy) = policy else { return Ok(Course::of(request.clone())) };
        self.must_be_without_adapters(request)?;
        let access = &plan.access;
        let bounds = Bounds { access, left: None, at: self.clock.now(), may_draft: true };
        let choice = self.choose(policy, request, bounds).await;
        let course = self.course(None, request, &choice.models).ok_or_else(|| choice.nobody())?;
        Ok(course.after(choice.draft))
    }

    /// Admits a question that any of these may answer, the first of them if it can; before them a draft, which is held beside
    /// what they can cost.
    async fn admit_models(
        &self,
        actor: &Actor,
        seen: Seen<'_>,
        asked: Asked<'_>,
        (models, draft): (&[String], Option<Drafting>),
    ) -> Result<Ready, AppError> {
        let Asked { run_id, agent, request, choices, .. } = asked;
        let [first, others @ ..] = models else { return Err(AppError::not_found("model")) };
        let others = if choices > 1 { &[][..] } else { others };
        let drafted = draft.as_ref().map(|draft| &draft.request().model);
        let context = models.iter().chain(drafted).map(|model| self.context_of(model)).max();
        let longest = models.iter().map(|model| self.longest_of(request, model)).max().unwrap_or_default();
        let wanted = Wanted {
            run_id,
            agent: agent.map(|agent| agent.id.as_str()),
            model: first,
            others,
            draft: draft.as_ref(),
            input_tokens: most_input(request, context.unwrap_or(u32::MAX)),
            output_tokens: longest.saturating_mul(choices.into()),
        };
        let admitted = self.admit_seen(actor, seen, &wanted).await?;
        let (models, draft) = if admitted.model == *first {
            (models.to_vec(), draft)
        } else {
            self.must_answer(Some(actor), &admitted.model).await?;
            (vec![admitted.model.clone()], None)
        };
        let course = self.course(agent, request, &models).ok_or_else(|| AppError::not_found("model"))?;
        let course = if choices > 1 { course.alone() } else { course.after(draft) };
        let weight = admitted.weight;
        let course = course.each(|request| request.weight = weight);
        Ok(Ready { admitted, course, route: None, watching: None })
    }

    /// One question to several, in this order.
    fn course(&self, agent: Option<&Agent>, request: &ChatRequest, models: &[String]) -> Option<Course> {
        let to = |model: &String| {
            let mut asked = request.clone();
            if asked.model != *model {
                asked.adapters = agent.map(|agent| adapters(agent, model)).unwrap_or_default();
                asked.model.clone_from(model);
            }
            // What a provider writes has to be held before, so it is told how much that is.
            if !is_local(model) {
                asked.sampling.max_tokens =
                    Some(u32::try_from(self.longest_of(request, model)).unwrap_or(u32::MAX));
            }
            asked
        };
        let (first, others) = models.split_first()?;
        Some(others.iter().fold(Course::of(to(first)), |course, model| course.or(to(model))))
    }

    /// The most that a question and its answer may cost, and the drafts before it.
    pub(super) fn left(
        &self,
        request: &ChatRequest,
        seen: &Seen<'_>,
        draft: Option<&Drafting>,
    ) -> Option<Amount> {
        let input = most_input(request, u32::MAX);
        let tokens = input.saturating_add(self.longest(request));
        let tokens = tokens.saturating_add(draft.map_or(0, |draft| draft.most_tokens(input)));
        seen.left(self.tariff.offset_minutes, tokens)
    }

    /// How long an answer can be: where nobody says how long, it is as long as a model here writes.
    pub(super) fn longest(&self, request: &ChatRequest) -> u64 {
        request.sampling.max_tokens.unwrap_or(self.options.context_tokens).into()
    }

    pub(super) fn longest_of(&self, request: &ChatRequest, model: &str) -> u64 {
        self.longest(request).min(self.context_of(model).into())
    }

    fn must_be_without_adapters(&self, request: &ChatRequest) -> Result<(), AppError> {
        if request.adapters.is_empty() {
            return Ok(());
        }
        Err(AppError::invalid("adapters: none with a policy; they are for one model, so name that one"))
    }
}

/// The route as it is kept: when the plan goes on with a cheaper model, that one was chosen.
fn kept(mut route: Route, ready: &Ready) -> Route {
    let model = &ready.course.first().model;
    if route.chosen.as_ref().is_none_or(|chosen| chosen.model != *model) {
        route.chosen = Some(RouteChoice {
            model: model.clone(),
            reason: RouteReason::PlanFallsBack,
            cost_micros: None,
            quality: None,
            concerns: Vec::new(),
        });
        route.runner_up = None;
        route.expected_micros = None;
    }
    route
}

//! Admits a question, whether it names a model or a policy, and says whom to ask.

use agent::Agent;
use courses::Course;
use ports::ChatRequest;
use stdx::RunId;
use wire::{Route, RouteChoice, RouteReason};

use super::Trail;
use super::choose::{Bounds, Choice};
use crate::billing::{Admitted, Seen, Wanted, is_local};
use crate::complete_chat::adapters;
use crate::start_run::most_input;
use crate::{Actor, App, AppError, Role};

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
}

/// A question that may be asked as soon as its writes are stored.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    /// What is held, whoever of the course answers.
    pub(crate) admitted: Admitted,
    /// Whom to ask.
    pub(crate) course: Course,
    /// How that was chosen, if it was.
    pub(crate) route: Option<Route>,
}

impl Ready {
    /// What became of it before it began.
    pub(crate) fn trail(&self) -> Trail {
        let policy = self.route.as_ref().map(|route| route.policy.clone());
        Trail { policy, ..Trail::of(&self.course.first().model) }
    }
}

impl App {
    /// Holds a question against the plan, windows, budgets and wallet of whoever asks.
    ///
    /// # Errors
    /// Those of [`App::admit`], and `no_route` when nobody can answer as a policy wants it.
    pub(crate) async fn admit_chat(&self, actor: &Actor, asked: Asked<'_>) -> Result<Ready, AppError> {
        let seen = self.look(actor).await?;
        let Some(policy) = self.policy(&asked.request.model) else {
            let model = asked.request.model.clone();
            return self.admit_models(actor, seen, asked, &[model]).await;
        };
        self.must_be_without_adapters(asked.request)?;
        let tokens = most_input(asked.request, u32::MAX).saturating_add(self.longest(asked.request));
        let bounds =
            Bounds { access: &seen.plan().access, left: seen.left(self.tariff.offset_minutes, tokens) };
        let choice = self.choose(policy, asked.request, self.longest(asked.request), bounds).await;
        let Choice { models, too_dear, .. } = &choice;
        let mut models = models.clone();
        if models.is_empty() {
            // The plan itself says what helps, or goes on with a cheaper model.
            models.extend(too_dear.clone());
        }
        if models.is_empty() {
            return Err(choice.nobody());
        }
        let ready = self.admit_models(actor, seen, asked, &models).await?;
        let route = kept(choice.route, &ready);
        Ok(Ready { route: Some(route), ..ready })
    }

    /// Whom to ask for the person at the machine's own terminal, who needs no leave.
    pub(crate) async fn course_unasked(&self, request: &ChatRequest) -> Result<Course, AppError> {
        let Some(policy) = self.policy(&request.model) else { return Ok(Course::of(request.clone())) };
        self.must_be_without_adapters(request)?;
        let access = &self.plan_of_role(Role::Owner)?.access;
        let bounds = Bounds { access, left: None };
        let choice = self.choose(policy, request, self.longest(request), bounds).await;
        self.course(None, request, &choice.models).ok_or_else(|| choice.nobody())
    }

    /// Admits a question that any of these may answer, the first of them if it can.
    async fn admit_models(
        &self,
        actor: &Actor,
        seen: Seen<'_>,
        asked: Asked<'_>,
        models: &[String],
    ) -> Result<Ready, AppError> {
        let Asked { run_id, agent, request, choices } = asked;
        let [first, others @ ..] = models else { return Err(AppError::not_found("model")) };
        let others = if choices > 1 { &[][..] } else { others };
        let context = models.iter().map(|model| self.context_of(model)).max().unwrap_or(u32::MAX);
        let longest = models.iter().map(|model| self.longest_of(request, model)).max().unwrap_or_default();
        let wanted = Wanted {
            run_id,
            agent: agent.map(|agent| agent.id.as_str()),
            model: first,
            others,
            input_tokens: most_input(request, context),
            output_tokens: longest.saturating_mul(choices.into()),
        };
        let admitted = self.admit_seen(actor, seen, &wanted)?;
        let models = if admitted.model == *first {
            models.to_vec()
        } else {
            self.must_answer(&admitted.model).await?;
            vec![admitted.model.clone()]
        };
        let course = self.course(agent, request, &models).ok_or_else(|| AppError::not_found("model"))?;
        let course = if choices > 1 { course.alone() } else { course };
        let weight = admitted.weight;
        Ok(Ready { admitted, course: course.each(|request| request.weight = weight), route: None })
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

    /// How long an answer can be: where nobody says how long, it is as long as a model here writes.
    fn longest(&self, request: &ChatRequest) -> u64 {
        request.sampling.max_tokens.unwrap_or(self.options.context_tokens).into()
    }

    fn longest_of(&self, request: &ChatRequest, model: &str) -> u64 {
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

//! The steps of a run behind the first: what each may cost is held before, and settled after; between them calls are made.

use acts::{Whose, closing, messages};
use agent::{Effect, TurnEvent};
use courses::Course;
use ports::{ChatRequest, ToolChoice};
use wire::{Cost, FinishReason, RunError, RunState, ToolUse, Usage};

use super::Drive;
use crate::AppError;
use crate::billing::{Called, Tab};
use crate::note_requests::asking;
use crate::routing::Asked;

impl Drive {
    /// Whom to ask in this step, with all that was said.
    pub(super) fn next_course(&self) -> Course {
        let may_call = self.turn.may_call();
        let said = if may_call { messages(self.turn.said().to_vec()) } else { closing(self.turn.said()) };
        self.course.clone().each(|request| {
            request.messages.truncate(self.asks.messages.len());
            request.messages.extend(said.iter().cloned());
            if !may_call {
                request.tools.choice = ToolChoice::None;
            }
        })
    }

    /// Holds what the next step may cost. It is asked of whoever answered before: what that has read of the conversation is not
    /// read again.
    pub(super) async fn hold(&mut self) -> Vec<Effect> {
        let model = self.trail.followed.model.clone();
        let said = messages(self.turn.said().to_vec());
        let mut request = ChatRequest { model: model.clone(), ..self.asks.clone() };
        if request.model != self.asks.model {
            request.adapters.clear();
        }
        request.messages.extend(said);
        let event = match self.held(&request).await {
            Ok(()) => TurnEvent::HoldGranted,
            Err(AppError { code, detail, .. }) => TurnEvent::HoldRefused(RunError { code, detail }),
        };
        let effects = self.turn.step(self.elapsed(), event);
        if self.trail.followed.model != model {
            // What the plan includes is used up, and it goes on with a cheaper model.
            self.has_turned = true;
            self.turn.step(self.elapsed(), TurnEvent::Turned(self.trail.followed.model.clone()));
        }
        effects
    }

    async fn held(&mut self, request: &ChatRequest) -> Result<(), AppError> {
        let agent = self.app.agent(Some(&self.actor), &self.run.agent_id)?;
        let run_id = self.app.ids.make();
        let asked = Asked { run_id, agent: Some(agent), request, choices: 1, turn_of: Some(self.run.id) };
        let (tab, course, trail) = self.app.open_chat(&self.actor, asked).await?;
        let asking = asking(self.actor.scope(), &self.run.agent_id, &request.model);
        self.call = self.app.noted.requests.log.begin(run_id, &asking);
        let span = self.call.span();
        self.charge = tab.into_charge();
        (self.course, self.trail) = (course.each(|request| request.span = span), trail);
        Ok(())
    }

    /// Settles a step that was not the last.
    pub(super) async fn settle_step(&mut self, usage: Usage) {
        self.stream = None;
        let attempts = std::mem::take(&mut self.attempts);
        let came =
            traffic::Came { state: RunState::Succeeded, finish: Some(FinishReason::ToolCalls), error: None };
        self.call.over(came, &attempts, Some(usage));
        let Some(charge) = self.charge.take() else { return };
        let trail = Some(self.trail.clone());
        let called = Called { state: RunState::Succeeded, usage, attempts, trail };
        let cost = Tab::of(&self.app, charge).settle(called).await;
        self.paid = self.paid_with(cost);
    }

    /// What this step and those before cost.
    pub(super) fn paid_with(&self, cost: Option<Cost>) -> Option<Cost> {
        match (self.paid.clone(), cost) {
            (Some(paid), Some(cost)) => Some(paid.and(cost)),
            (paid, cost) => paid.or(cost),
        }
    }

    /// Begins to make calls.
    pub(super) fn begin_calls(&mut self, calls: &[ToolUse]) {
        if calls.is_empty() {
            return;
        }
        let whose = Whose {
            workspace_id: self.actor.workspace_id,
            member_id: self.actor.member_id,
            thread_id: Some(self.run.thread_id),
            agent_id: self.run.agent_id.clone(),
            locale: self.locale.tag().to_owned(),
        };
        for call in calls {
            self.performing.begin(&self.app.offer.toolbox, &whose, call);
        }
    }
}

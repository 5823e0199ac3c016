//! The agents of the lane.

use agent::Agent;

use crate::{Actor, App, AppError};

impl App {
    /// The agents that an actor may talk to, in the order of the lane.
    pub fn agents(&self, actor: &Actor) -> impl Iterator<Item = &Agent> {
        self.agents.iter().filter(|agent| actor.may_use_agent(&agent.id))
    }

    /// One agent that an actor may talk to; nobody (the machine's own terminal) may talk to all.
    ///
    /// # Errors
    /// `not_found`, also for one that the actor was not invited to.
    pub fn agent(&self, actor: Option<&Actor>, id: &str) -> Result<&Agent, AppError> {
        let found = self.agents.iter().find(|agent| agent.id == id);
        found
            .filter(|agent| actor.is_none_or(|actor| actor.may_use_agent(&agent.id)))
            .ok_or_else(|| AppError::not_found("agent"))
    }
}

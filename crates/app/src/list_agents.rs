//! The agents of the lane.

use agent::Agent;

use crate::{App, AppError};

impl App {
    /// All agents, in the order of the lane.
    pub fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// One agent.
    ///
    /// # Errors
    /// `not_found`.
    pub fn agent(&self, id: &str) -> Result<&Agent, AppError> {
        self.agents.iter().find(|agent| agent.id == id).ok_or_else(|| AppError::not_found("agent"))
    }
}

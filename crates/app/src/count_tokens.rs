//! How many tokens a prompt has, before it is asked.

use agent::estimate_tokens;

use crate::{Actor, App, AppError, CompleteChat};

impl App {
    /// How many tokens a prompt has, nearly and rather too many: no model is brought into memory to be asked. Costs
    /// nothing.
    ///
    /// # Errors
    /// Those of [`App::complete_chat`] that do not depend on a plan.
    pub async fn count_tokens(&self, actor: &Actor, wish: CompleteChat) -> Result<u64, AppError> {
        let request = self.chat_request(Some(actor), wish).await?;
        let calls = request.messages.iter().flat_map(|message| match message {
            ports::ChatMessage::Calls { calls, .. } => calls.as_slice(),
            _ => &[],
        });
        let calls = calls.map(|call| estimate_tokens(&call.name) + estimate_tokens(&call.arguments));
        let messages = request.messages.iter().map(|message| estimate_tokens(message.content()));
        let tools = if request.tools.is_none() { &[][..] } else { &request.tools.offered };
        let tools = tools.iter().map(|tool| {
            [&tool.name, &tool.description, &tool.parameters].map(|text| estimate_tokens(text)).iter().sum()
        });
        Ok(messages.chain(calls).chain(tools).fold(0, u64::saturating_add))
    }
}

//! Turns texts into vectors: nothing is stored.

use std::sync::Arc;

use ports::{EmbedRequest, Embeddings};
use tariff::is_local;
use telemetry::Call;
use wire::{ModelKind, RunState, Usage};

use crate::billing::{Called, Tab, Wanted};
use crate::note_requests::checked;
use crate::{Actor, App, AppError, Face};

/// Texts of one request.
const MOST_TEXTS: usize = 2048;

/// Texts that are to become vectors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbedTexts {
    /// A model's id, of this machine or of a provider.
    pub model: String,
    /// From 1 to 2048 of them; none is empty.
    pub texts: Vec<String>,
    /// See [`EmbedRequest`].
    pub dimensions: Option<u32>,
    /// See [`EmbedRequest`].
    pub truncate: bool,
}

impl App {
    /// Calls the model for an actor. Dropping the future stops a model of this machine; a provider's answer is paid for.
    ///
    /// # Errors
    /// `not_found` for the model, `model_not_installed`, `invalid_request` for a model that is for something else, for
    /// too many or empty texts and for dimensions that it does not have, `context_exceeded`, `overloaded`.
    pub async fn embed_texts(
        self: &Arc<Self>,
        actor: &Actor,
        wish: EmbedTexts,
    ) -> Result<Embeddings, AppError> {
        let mut call = self.begin_call(Some(actor), None, &wish.model);
        call.ask(|| serde_json::to_string(&wish.texts).unwrap_or_default());
        let answer = self.embed(actor, wish, &call).await;
        if let Ok(answer) = &answer {
            call.answered(read(answer.input_tokens), &answer.attempts);
        }
        checked(call, answer)
    }

    async fn embed(
        self: &Arc<Self>,
        actor: &Actor,
        wish: EmbedTexts,
        call: &Call,
    ) -> Result<Embeddings, AppError> {
        let EmbedTexts { model, texts, dimensions, truncate } = wish;
        check_texts("input", &texts, MOST_TEXTS)?;
        actor.must_use_face(Face::Embeddings)?;
        actor.must_call_model(&model)?;
        if is_local(&model) {
            self.must_be_installed(self.spec_for(Some(actor), &model, ModelKind::Embedding)?).await?;
        } else {
            self.must_answer(Some(actor), &model).await?;
        }
        let slot = self.slot()?;
        let mut tab = self.tab_for_reading(actor, call, &model, texts.iter().map(String::len).sum()).await?;
        let scope = Some(actor.member_id.to_string());
        let is_local = is_local(&model);
        let answering = self.embedder.embed(EmbedRequest { model, texts, dimensions, truncate, scope });
        let settled = async move {
            let _slot = slot;
            let answer = answering.await;
            let called = match &answer {
                Ok(Embeddings { attempts, input_tokens, .. }) => {
                    Called { attempts: attempts.clone(), ..Called::answered(read(*input_tokens)) }
                }
                Err(_) => Called { state: RunState::Failed, ..Called::answered(Usage::default()) },
            };
            // Before anybody is told: who asks again at once finds the books in order.
            tab.settle(called).await;
            Ok(answer?)
        };
        if is_local {
            return settled.await;
        }
        // A provider charges whether or not somebody waits still.
        self.tasks.spawn(settled).await.map_err(AppError::internal)?
    }

    /// Holds what reading so many bytes may cost: a token is at least a byte.
    pub(crate) async fn tab_for_reading(
        self: &Arc<Self>,
        actor: &Actor,
        call: &Call,
        model: &str,
        bytes: usize,
    ) -> Result<Tab, AppError> {
        let input_tokens = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(MOST_AROUND);
        let wanted = Wanted {
            run_id: call.id(),
            agent: None,
            model,
            others: &[],
            draft: None,
            input_tokens,
            output_tokens: 0,
        };
        self.open_tab(actor, &wanted).await
    }
}

/// What a model puts around texts, at most: marks of beginning and end for each.
const MOST_AROUND: u64 = 8 * 2048;

/// What only reads.
pub(crate) fn read(input_tokens: u64) -> Usage {
    Usage { input_tokens, ..Usage::default() }
}

/// Refuses no texts, too many, and empty ones, by name and number.
pub(crate) fn check_texts(name: &str, texts: &[String], most: usize) -> Result<(), AppError> {
    if texts.is_empty() || texts.len() > most {
        return Err(AppError::invalid(format!(
            "{name}: {} texts; there may be from 1 to {most}",
            texts.len()
        )));
    }
    match texts.iter().position(|text| text.trim().is_empty()) {
        Some(index) => Err(AppError::invalid(format!("{name}: text {index} is empty"))),
        None => Ok(()),
    }
}

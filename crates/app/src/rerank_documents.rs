//! Orders documents by how well they answer a query: nothing is stored.

use std::sync::Arc;

use ports::RerankRequest;
use telemetry::Call;
use wire::ModelKind;

use crate::billing::Called;
use crate::embed_texts::{check_texts, read};
use crate::note_requests::checked;
use crate::{Actor, App, AppError, Face};

/// Documents of one request.
const MOST_DOCUMENTS: usize = 1000;

/// Documents that are to be ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RerankDocuments {
    /// A model's id.
    pub model: String,
    /// What somebody wants to know.
    pub query: String,
    /// From 1 to 1000 of them; none is empty.
    pub documents: Vec<String>,
    /// The answer has at most so many; absent: all.
    pub top_n: Option<usize>,
    /// See [`RerankRequest`].
    pub truncate: bool,
}

/// Documents in the order in which they answer, the best first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reranked {
    /// The place of a document in the request, its text, and its score from 0 to 1.
    pub results: Vec<(usize, String, f32)>,
    /// Tokens that were read.
    pub input_tokens: u64,
}

impl App {
    /// Calls the model for an actor. Documents with the same score keep their order. Dropping the future stops the model.
    ///
    /// # Errors
    /// `not_found` for the model, `model_not_installed`, `invalid_request` for a model that is for something else, for an
    /// empty query and for too many or empty documents, `context_exceeded`, `overloaded`.
    pub async fn rerank_documents(
        self: &Arc<Self>,
        actor: &Actor,
        wish: RerankDocuments,
    ) -> Result<Reranked, AppError> {
        let mut call = self.begin_call(Some(actor), None, &wish.model);
        call.ask(|| serde_json::to_string(&(&wish.query, &wish.documents)).unwrap_or_default());
        let answer = self.rerank(actor, wish, &call).await;
        if let Ok(answer) = &answer {
            call.answered(read(answer.input_tokens), &[]);
        }
        checked(call, answer)
    }

    async fn rerank(
        self: &Arc<Self>,
        actor: &Actor,
        wish: RerankDocuments,
        call: &Call,
    ) -> Result<Reranked, AppError> {
        let RerankDocuments { model, query, documents, top_n, truncate } = wish;
        check_texts("query", std::slice::from_ref(&query), 1)?;
        check_texts("documents", &documents, MOST_DOCUMENTS)?;
        if top_n == Some(0) {
            return Err(AppError::invalid("top_n: at least 1"));
        }
        actor.must_use_face(Face::Rerank)?;
        actor.must_call_model(&model)?;
        let spec = self.spec_for(Some(actor), &model, ModelKind::Rerank)?;
        self.must_be_installed(spec).await?;
        let _slot = self.slot()?;
        let read_for_each = query.len().saturating_mul(documents.len());
        let bytes = documents.iter().map(String::len).sum::<usize>().saturating_add(read_for_each);
        let mut tab = self.tab_for_reading(actor, call, &model, bytes).await?;
        let scope = Some(actor.member_id.to_string());
        let request = RerankRequest { model, query, documents: documents.clone(), truncate, scope };
        let answer = self.reranker.rerank(request).await?;
        tab.settle(Called::answered(read(answer.input_tokens))).await;
        let scored = documents.into_iter().zip(answer.scores).enumerate();
        let mut results: Vec<_> = scored.map(|(index, (text, score))| (index, text, score)).collect();
        results.sort_by(|(_, _, a), (_, _, b)| b.total_cmp(a));
        results.truncate(top_n.unwrap_or(usize::MAX));
        Ok(Reranked { results, input_tokens: answer.input_tokens })
    }
}

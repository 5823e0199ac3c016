//! What a path is for. What stands before it is the vendor's own, as `/api/paas/v4`.

use catalog::Dialect;
use hyper::Method;
use serde_json::Value;

use crate::question::{Asked, NoQuestion};

/// What a path is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) errand: Errand,
    pub(crate) dialect: Dialect,
    /// The model, where it stands in the path.
    model: Option<String>,
}

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// An answer, at once where the path says so.
    Chat(ByPath),
    /// Vectors of texts.
    Embed(Batch),
    /// Texts in the order in which they fit a question.
    Rerank,
    /// How many tokens a question has.
    Count,
    /// Which models there are.
    Models,
    /// What was answered.
    Invoice,
    /// The same, one by one.
    Entries,
}

/// What the path says of the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByPath {
    /// Nothing.
    Unsaid,
    /// At once.
    Whole,
    /// Piece by piece.
    Streamed,
}

/// How many texts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Batch {
    /// One.
    Single,
    /// Several.
    Several,
}

impl Errand {
    pub(crate) fn method(self) -> Method {
        match self {
            Self::Chat(_) | Self::Embed(_) | Self::Rerank | Self::Count => Method::POST,
            Self::Models | Self::Invoice | Self::Entries => Method::GET,
        }
    }
}

impl Route {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let of = |errand, dialect| Some(Self { errand, dialect, model: None });
        let ends = [
            ("/chat/completions", Errand::Chat(ByPath::Unsaid), Dialect::ChatCompletions),
            ("/responses", Errand::Chat(ByPath::Unsaid), Dialect::Responses),
            ("/v1/messages", Errand::Chat(ByPath::Unsaid), Dialect::Messages),
            ("/v1/messages/count_tokens", Errand::Count, Dialect::Messages),
            ("/embeddings", Errand::Embed(Batch::Several), Dialect::ChatCompletions),
            ("/rerank", Errand::Rerank, Dialect::ChatCompletions),
            ("/v1beta/models", Errand::Models, Dialect::GenerateContent),
            ("/models", Errand::Models, Dialect::ChatCompletions),
        ];
        match path {
            "/invoice" => return of(Errand::Invoice, Dialect::ChatCompletions),
            "/invoice/entries" => return of(Errand::Entries, Dialect::ChatCompletions),
            _ => {}
        }
        if let Some((_, errand, dialect)) = ends.into_iter().find(|(end, ..)| path.ends_with(end)) {
            return of(errand, dialect);
        }
        let (model, act) = path.rsplit_once("/models/")?.1.split_once(':')?;
        let errand = match act {
            "generateContent" => Errand::Chat(ByPath::Whole),
            "streamGenerateContent" => Errand::Chat(ByPath::Streamed),
            "embedContent" => Errand::Embed(Batch::Single),
            "batchEmbedContents" => Errand::Embed(Batch::Several),
            "countTokens" => Errand::Count,
            _ => return None,
        };
        Some(Self { errand, dialect: Dialect::GenerateContent, model: Some(model.to_owned()) })
    }

    /// Reads a question that came this way.
    pub(crate) fn read(&self, query: &str, body: &Value) -> Result<Asked, NoQuestion> {
        let is_streamed = self.errand == Errand::Chat(ByPath::Streamed);
        if is_streamed && !query.split('&').any(|pair| pair == "alt=sse") {
            return Err(NoQuestion("Streams are told as events here: ask with alt=sse.".to_owned()));
        }
        let path = self.model.as_deref().map(|model| (model, is_streamed));
        match self.errand {
            Errand::Chat(_) => Asked::read(self.dialect, path, body),
            Errand::Embed(_) => Asked::of_texts(self.dialect, path, body, &["input", "content", "requests"]),
            Errand::Rerank => Asked::of_texts(self.dialect, path, body, &["query", "documents"]),
            _ => Asked::of_texts(self.dialect, path, body, &["system", "messages", "contents"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_known_by_their_end() {
        let of = |path: &str| Route::of(path).map(|route| (route.errand, route.dialect, route.model));
        let chat = Errand::Chat(ByPath::Unsaid);
        assert_eq!(of("/api/paas/v4/chat/completions"), Some((chat, Dialect::ChatCompletions, None)));
        assert_eq!(of("/anthropic/v1/messages"), Some((chat, Dialect::Messages, None)));
        let streamed = Errand::Chat(ByPath::Streamed);
        let model = Some("say-4.tps-2".to_owned());
        let meant = Some((streamed, Dialect::GenerateContent, model));
        assert_eq!(of("/v1beta/models/say-4.tps-2:streamGenerateContent"), meant);
        for path in ["/", "/v1", "/v1/models/say:think", "/invoice/x"] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}

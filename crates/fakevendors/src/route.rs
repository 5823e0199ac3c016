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
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// An answer.
    Chat,
    /// What was answered.
    Invoice,
    /// The same, one by one.
    Entries,
}

impl Errand {
    pub(crate) fn method(&self) -> Method {
        match self {
            Self::Chat => Method::POST,
            Self::Invoice | Self::Entries => Method::GET,
        }
    }
}

impl Route {
    pub(crate) fn of(path: &str) -> Option<Self> {
        let of = |errand, dialect| Some(Self { errand, dialect });
        match path {
            "/invoice" => of(Errand::Invoice, Dialect::ChatCompletions),
            "/invoice/entries" => of(Errand::Entries, Dialect::ChatCompletions),
            _ if path.ends_with("/chat/completions") => of(Errand::Chat, Dialect::ChatCompletions),
            _ if path.ends_with("/v1/messages") => of(Errand::Chat, Dialect::Messages),
            _ => None,
        }
    }

    /// Reads a question that came this way.
    pub(crate) fn read(&self, _query: Option<&str>, body: &Value) -> Result<Asked, NoQuestion> {
        Asked::read(self.dialect, None, body)
    }
}

//! Searching the web.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use wire::Locale;

use crate::PortError;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRequest {
    /// In the words of whoever looks for it.
    pub query: String,
    /// How many hits are wanted, at most.
    pub count: usize,
    /// In which language pages are preferred.
    pub locale: Locale,
}

/// A page that was found. Strangers wrote all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// In a line.
    pub title: String,
    /// Of the page: http or https.
    pub url: String,
    /// What the engine shows of the page, in a line.
    pub snippet: String,
    /// When the page says that it is from, as the engine tells it.
    pub published: Option<String>,
}

/// A search on its way.
pub type SearchFuture = Pin<Box<dyn Future<Output = Result<Vec<SearchHit>, PortError>> + Send>>;

/// A search engine.
pub trait Search: Send + Sync + fmt::Debug {
    /// Looks for pages, the best first.
    fn search(&self, request: SearchRequest) -> SearchFuture;
}

//! Search engines: where they are stands in `data/search/`, how they speak in a module for each dialect.

mod bing;
mod brave;
mod searxng;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use catalog::{CatalogError, DataTree};
use hyper::header::{ACCEPT, HeaderName};
use ports::{PortError, PortErrorKind, Search, SearchFuture, SearchHit, SearchRequest};
use serde::Deserialize;
use stdx::Secret;
use tokio_rustls::TlsConnector;
use url::Url;
use wire::ErrorCode;

use crate::error::FetchError;
use crate::exchange::{self, Answer};
use crate::network::Network;
use crate::target::Target;
use crate::visible;

/// For a whole search.
const WHOLE_TIME: Duration = Duration::from_secs(10);
/// Characters of a title or a snippet.
const MOST_CHARACTERS: usize = 400;

/// How an engine speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Dialect {
    Searxng,
    Brave,
    Bing,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EngineFile {
    name: String,
    dialect: Dialect,
    /// Where it is; empty for those that people run themselves.
    #[serde(default)]
    url: String,
    needs_key: bool,
    source_url: String,
}

/// The engines whose words are known.
#[derive(Clone, Debug)]
pub struct SearchEngines {
    engines: BTreeMap<String, EngineFile>,
}

/// What whoever runs this server chose.
#[derive(Clone, Debug)]
pub struct SearchSetting {
    /// As its file in `data/search/` is named.
    pub engine: String,
    /// Another address than that of the file.
    pub url: Option<String>,
    /// What the engine knows the server by.
    pub key: Option<Secret<String>>,
}

/// An engine that can be asked.
#[derive(Clone)]
pub struct SearchEngine {
    name: Arc<str>,
    dialect: Dialect,
    base: Url,
    key: Option<Secret<String>>,
    network: Arc<dyn Network>,
    tls: TlsConnector,
}

impl SearchEngines {
    /// Reads `data/search/*.toml`.
    ///
    /// # Errors
    /// At the first file that has another shape.
    pub fn read(data: &DataTree) -> Result<Self, CatalogError> {
        let mut engines = BTreeMap::new();
        for (name, text) in data.below("search") {
            let Some(id) = name.strip_suffix(".toml") else { continue };
            let file = format!("search/{name}");
            let engine: EngineFile = toml::from_str(text)
                .map_err(|error| CatalogError::Shape { file: file.clone(), message: error.to_string() })?;
            let is_web = |text: &str| text.starts_with("https://");
            if !is_web(&engine.source_url) || !(engine.url.is_empty() || is_web(&engine.url)) {
                let expected = "an address that begins with https://".to_owned();
                return Err(CatalogError::Value {
                    file,
                    field: "url".to_owned(),
                    expected,
                    found: engine.url,
                });
            }
            engines.insert(id.to_owned(), engine);
        }
        Ok(Self { engines })
    }

    /// The engine that was chosen.
    ///
    /// # Errors
    /// In a sentence for whoever chose: an engine that is not known, an address or a key that is missing or wrong.
    pub fn chosen(&self, setting: SearchSetting, network: Arc<dyn Network>) -> Result<SearchEngine, String> {
        let known = || self.engines.keys().cloned().collect::<Vec<_>>().join(", ");
        let id = &setting.engine;
        let file = self.engines.get(id);
        let file = file.ok_or_else(|| format!("There is no search engine `{id}`. Known: {}.", known()))?;
        let address = setting.url.as_deref().filter(|url| !url.is_empty()).unwrap_or(&file.url);
        if address.is_empty() {
            return Err(format!("{} has no address of its own: say where yours is.", file.name));
        }
        let base = Url::parse(address).ok().filter(|url| Target::of_operator(url.clone()).is_some());
        let base = base.ok_or_else(|| format!("The address of {} is none of the web.", file.name))?;
        let key = setting.key.filter(|key| !key.expose().is_empty());
        if file.needs_key && key.is_none() {
            return Err(format!("{} needs a key.", file.name));
        }
        let tls = exchange::tls().map_err(|error| error.to_string())?;
        Ok(SearchEngine { name: file.name.as_str().into(), dialect: file.dialect, base, key, network, tls })
    }
}

impl SearchEngine {
    async fn hits(&self, request: &SearchRequest) -> Result<Vec<SearchHit>, PortError> {
        let mut url = self.base.clone();
        let mut headers = vec![(ACCEPT, "application/json".to_owned())];
        let key_header = match self.dialect {
            Dialect::Searxng => searxng::ask(&mut url, request),
            Dialect::Brave => brave::ask(&mut url, request),
            Dialect::Bing => bing::ask(&mut url, request),
        };
        if let (Some(name), Some(key)) = (key_header, &self.key) {
            headers.push((HeaderName::from_static(name), key.expose().clone()));
        }
        let target = Target::of_operator(url).ok_or_else(|| self.down("its address is wrong"))?;
        let asking = exchange::ask(self.network.as_ref(), &self.tls, &target, &headers);
        let answer = match tokio::time::timeout(WHOLE_TIME, asking).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(FetchError::Down { problem, .. })) => return Err(self.down(problem)),
            Ok(Err(_)) => return Err(self.down("its host is not known")),
            Err(_) => return Err(self.down("it did not answer in time")),
        };
        self.check(&answer)?;
        let read = match self.dialect {
            Dialect::Searxng => searxng::read(&answer.body),
            Dialect::Brave => brave::read(&answer.body),
            Dialect::Bing => bing::read(&answer.body),
        };
        let hits = read.map_err(|_| self.down("it answered in words that are not known"))?;
        Ok(hits.into_iter().filter_map(plain).take(request.count).collect())
    }

    fn check(&self, answer: &Answer) -> Result<(), PortError> {
        let (kind, code, problem) = match answer.status {
            200 => return Ok(()),
            403 if self.dialect == Dialect::Searxng => {
                (PortErrorKind::Refused, ErrorCode::UpstreamRefused, "has not switched on answers in JSON")
            }
            401 | 403 => {
                (PortErrorKind::Refused, ErrorCode::UpstreamKey, "does not take the key of this server")
            }
            402 => (PortErrorKind::Quota, ErrorCode::UpstreamFunds, "has no credit left"),
            429 => {
                (PortErrorKind::Quota, ErrorCode::UpstreamBusy, "was asked too much; try again in a minute")
            }
            400 | 422 => {
                (PortErrorKind::Bad, ErrorCode::InvalidRequest, "does not take this query; use other words")
            }
            _ => (PortErrorKind::Down, ErrorCode::UpstreamDown, "has a fault"),
        };
        Err(PortError::new(kind, code, format!("The search engine {} {problem}.", self.name)))
    }

    fn down(&self, problem: &str) -> PortError {
        let detail = format!("The search engine {} cannot be asked: {problem}.", self.name);
        PortError::new(PortErrorKind::Down, ErrorCode::UpstreamDown, detail)
    }
}

impl Search for SearchEngine {
    fn search(&self, request: SearchRequest) -> SearchFuture {
        let this = self.clone();
        Box::pin(async move { this.hits(&request).await })
    }
}

impl fmt::Debug for SearchEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchEngine({})", self.name)
    }
}

/// A hit in plain lines, if it leads somewhere on the web.
fn plain(hit: SearchHit) -> Option<SearchHit> {
    let url = Url::parse(&hit.url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let line = |text: &str| {
        let seen = visible::of(text, "").text;
        let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        words.chars().take(MOST_CHARACTERS).collect::<String>()
    };
    let published = hit.published.as_deref().map(line).filter(|date| !date.is_empty());
    Some(SearchHit { title: line(&hit.title), url: url.to_string(), snippet: line(&hit.snippet), published })
}

//! The tools of the web, as agents call them.

use std::sync::Arc;

use catalog::{CatalogError, DataTree};
use ports::{
    PortError, PortErrorKind, Search, SearchHit, SearchRequest, ToolAnswer, ToolFacts, ToolFuture,
    ToolRequest, Toolbox,
};
use serde::Deserialize;
use tools::Described;
use wire::{ErrorCode, Locale};

use crate::fetch::Fetcher;
use crate::network::Network;
use crate::page::Page;

/// Characters of a page that are told at once.
const MOST_TOLD: usize = 6_000;
/// Links that are told.
const MOST_LINKS: usize = 30;
/// Characters of a query; engines take no more.
const MOST_QUERY: usize = 400;
/// Hits of one search.
const MOST_HITS: usize = 10;
/// Hits when nobody says how many.
const USUAL_HITS: usize = 5;

/// Reads pages.
#[derive(Clone, Debug)]
pub struct WebTools {
    fetch: Described,
    search: Described,
    fetcher: Fetcher,
    engine: Option<Arc<dyn Search>>,
}

#[derive(Deserialize)]
struct Sought {
    query: String,
    count: Option<usize>,
}

#[derive(Deserialize)]
struct Asked {
    url: String,
    #[serde(default)]
    from: usize,
    #[serde(default)]
    links: bool,
}

impl WebTools {
    /// The tools as `data` describes them, over a network. Pages are asked for at ports 80 and 443, and at `more_ports`.
    ///
    /// # Errors
    /// When a tool's file is missing or cannot be right.
    pub fn new(data: &DataTree, network: Arc<dyn Network>, more_ports: &[u16]) -> Result<Self, CatalogError> {
        let fetch = Described::read(data, "web_fetch")?;
        let fetcher = Fetcher::new(network, more_ports).map_err(|error| CatalogError::Shape {
            file: "tools/web_fetch.toml".to_owned(),
            message: error.to_string(),
        })?;
        Ok(Self { fetch, search: Described::read(data, "web_search")?, fetcher, engine: None })
    }

    /// With a search engine. Without one `web_search` is not offered, and says so when it is called all the same.
    #[must_use]
    pub fn with_search(self, engine: Arc<dyn Search>) -> Self {
        Self { engine: Some(engine), ..self }
    }

    async fn answer(&self, request: &ToolRequest) -> Result<ToolAnswer, PortError> {
        if request.name == self.search.facts().tool.name {
            return self.found(request).await;
        }
        if request.name != self.fetch.facts().tool.name {
            return Err(tools::wrong(format!("There is no tool `{}`.", request.name)));
        }
        let asked: Asked = self.fetch.arguments(&request.arguments)?;
        let page = self.fetcher.page(&asked.url, &request.locale).await?;
        told(&page, &asked)
    }

    async fn found(&self, request: &ToolRequest) -> Result<ToolAnswer, PortError> {
        let Some(engine) = &self.engine else {
            let detail = "Web search is not set up on this server. Answer from what you know and say so, or read an \
                          address with web_fetch. Whoever runs the server can name a search engine.";
            return Err(PortError::new(PortErrorKind::Refused, ErrorCode::Forbidden, detail));
        };
        let asked: Sought = self.search.arguments(&request.arguments)?;
        let query = asked.query.split_whitespace().collect::<Vec<_>>().join(" ");
        if query.is_empty() || query.chars().count() > MOST_QUERY {
            return Err(tools::wrong(format!("`query` has 1 to {MOST_QUERY} characters: a few words.")));
        }
        let count = asked.count.unwrap_or(USUAL_HITS).clamp(1, MOST_HITS);
        let wanted = SearchRequest { query, count, locale: Locale::from_tag(&request.locale) };
        let hits = engine.search(wanted.clone()).await?;
        Ok(listed(&wanted.query, hits.iter().take(count)))
    }
}

impl Toolbox for WebTools {
    fn tools(&self) -> Vec<ToolFacts> {
        let search = self.engine.is_some().then(|| self.search.facts().clone());
        std::iter::once(self.fetch.facts().clone()).chain(search).collect()
    }

    fn call(&self, request: ToolRequest) -> ToolFuture {
        let this = self.clone();
        Box::pin(async move { this.answer(&request).await })
    }
}

fn told(page: &Page, asked: &Asked) -> Result<ToolAnswer, PortError> {
    let total = page.text.chars().count();
    if asked.from > 0 && asked.from >= total {
        return Err(tools::wrong(format!("The page has {total} characters; `from` is beyond its end.")));
    }
    let part: String = page.text.chars().skip(asked.from).take(MOST_TOLD).collect();
    let mut lines = vec![format!("Address: {}", page.url)];
    if !page.title.is_empty() {
        lines.push(format!("Title: {}", page.title));
    }
    lines.push(String::new());
    lines.push(if total == 0 { "(The page has no text that can be read.)".to_owned() } else { part });
    let end = asked.from.saturating_add(MOST_TOLD);
    if end < total {
        lines.push(format!(
            "[characters {} to {end} of {total}; call again with \"from\": {end} for more]",
            asked.from
        ));
    } else if page.is_cut {
        lines.push("[the page is longer than what can be fetched]".to_owned());
    }
    if asked.links && !page.links.is_empty() {
        lines.push("Links:".to_owned());
        let links = page.links.iter().take(MOST_LINKS);
        lines.extend(links.map(|(words, target)| format!("- {words}: {target}")));
    }
    let text = tools::cut(&lines.join("\n"));
    Ok(ToolAnswer { links: vec![page.url.clone()], ..ToolAnswer::text(text) })
}

fn listed<'a>(query: &str, hits: impl Iterator<Item = &'a SearchHit>) -> ToolAnswer {
    let mut lines = Vec::new();
    let mut links = Vec::new();
    for (index, hit) in hits.enumerate() {
        let date = hit.published.as_deref().map(|date| format!(" ({date})")).unwrap_or_default();
        lines.push(format!("{}. {}{date}\n   {}\n   {}", index + 1, hit.title, hit.url, hit.snippet));
        links.push(hit.url.clone());
    }
    if lines.is_empty() {
        return ToolAnswer::text(format!("Nothing was found for \"{query}\". Try fewer or other words."));
    }
    lines.push("Read an address with web_fetch before you rely on it.".to_owned());
    ToolAnswer { links, ..ToolAnswer::text(tools::cut(&lines.join("\n"))) }
}

//! Brave Search (api-dashboard.search.brave.com/api-reference/web/search/get).

use ports::{SearchHit, SearchRequest};
use serde::Deserialize;
use url::Url;
use wire::Locale;

#[derive(Deserialize)]
struct Answered {
    /// Absent when nothing was found.
    web: Option<Web>,
}

#[derive(Deserialize)]
struct Web {
    #[serde(default)]
    results: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    url: String,
    title: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    page_age: Option<String>,
}

pub(super) fn ask(url: &mut Url, request: &SearchRequest) -> Option<&'static str> {
    let language = match request.locale {
        Locale::Chinese => "zh-hans",
        Locale::English => "en",
    };
    let mut query = url.query_pairs_mut();
    query.append_pair("q", &request.query).append_pair("count", &request.count.to_string());
    query.append_pair("search_lang", language);
    Some("x-subscription-token")
}

pub(super) fn read(body: &[u8]) -> Result<Vec<SearchHit>, serde_json::Error> {
    let answered: Answered = serde_json::from_slice(body)?;
    let hits = answered.web.map(|web| web.results).unwrap_or_default();
    let hits = hits.into_iter().map(|hit| SearchHit {
        title: hit.title,
        url: hit.url,
        snippet: hit.description.unwrap_or_default(),
        published: hit.page_age,
    });
    Ok(hits.collect())
}

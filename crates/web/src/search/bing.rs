//! The words of the Bing Web Search API, version 7, which others speak since its own ended in August 2025.

use ports::{SearchHit, SearchRequest};
use serde::Deserialize;
use url::Url;
use wire::Locale;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answered {
    /// Absent when nothing was found.
    web_pages: Option<Pages>,
}

#[derive(Deserialize)]
struct Pages {
    #[serde(default)]
    value: Vec<Hit>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Hit {
    name: String,
    url: String,
    #[serde(default)]
    snippet: Option<String>,
    #[serde(default)]
    date_published: Option<String>,
}

pub(super) fn ask(url: &mut Url, request: &SearchRequest) -> Option<&'static str> {
    let market = match request.locale {
        Locale::Chinese => "zh-CN",
        Locale::English => "en-US",
    };
    let mut query = url.query_pairs_mut();
    query
        .append_pair("q", &request.query)
        .append_pair("count", &request.count.to_string())
        .append_pair("mkt", market);
    Some("ocp-apim-subscription-key")
}

pub(super) fn read(body: &[u8]) -> Result<Vec<SearchHit>, serde_json::Error> {
    let answered: Answered = serde_json::from_slice(body)?;
    let hits = answered.web_pages.map(|pages| pages.value).unwrap_or_default();
    let hits = hits.into_iter().map(|hit| SearchHit {
        title: hit.name,
        url: hit.url,
        snippet: hit.snippet.unwrap_or_default(),
        published: hit.date_published,
    });
    Ok(hits.collect())
}

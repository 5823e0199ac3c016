//! SearXNG, which people run themselves (docs.searxng.org/dev/search_api).

use ports::{SearchHit, SearchRequest};
use serde::Deserialize;
use url::Url;
use wire::Locale;

#[derive(Deserialize)]
struct Answered {
    results: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    url: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    content: Option<String>,
    #[serde(default, rename = "publishedDate")]
    published: Option<String>,
}

/// Its address may be that of the page or that of `/search`. It knows nobody by a key.
pub(super) fn ask(url: &mut Url, request: &SearchRequest) -> Option<&'static str> {
    let path = url.path().trim_end_matches('/').to_owned();
    if !path.ends_with("/search") {
        url.set_path(&format!("{path}/search"));
    }
    let language = match request.locale {
        Locale::Chinese => "zh-CN",
        Locale::English => "en",
    };
    url.query_pairs_mut()
        .append_pair("q", &request.query)
        .append_pair("format", "json")
        .append_pair("language", language);
    None
}

pub(super) fn read(body: &[u8]) -> Result<Vec<SearchHit>, serde_json::Error> {
    let answered: Answered = serde_json::from_slice(body)?;
    let hits = answered.results.into_iter().map(|hit| SearchHit {
        title: hit.title.unwrap_or_default(),
        url: hit.url,
        snippet: hit.content.unwrap_or_default(),
        published: hit.published,
    });
    Ok(hits.collect())
}

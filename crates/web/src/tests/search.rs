//! Searching, with answers as the engines document them.

use super::*;
use crate::{SearchEngines, SearchSetting};
use stdx::Secret;

/// The shape of api-dashboard.search.brave.com/api-reference/web/search/get.
const BRAVE: &str = r#"{
    "type": "search",
    "query": {"original": "rain", "more_results_available": true},
    "web": {"results": [
        {"title": "Rain &amp; <strong>wind</strong>", "url": "https://example.org/rain", "page_age": "2026-11-20T08:00:00",
         "description": "It <strong>rains</strong>.\n<script>x</script>", "extra_snippets": [], "profile": {"name": "E"}},
        {"title": "Second", "url": "https://example.org/2", "description": null},
        {"title": "No page", "url": "javascript:alert(1)", "description": "x"}
    ]},
    "locations": {"results": []}
}"#;
/// The shape of docs.searxng.org/dev/search_api with `format=json`.
const SEARXNG: &str = r#"{
    "query": "rain", "number_of_results": 0, "answers": [], "infoboxes": [], "suggestions": [], "unresponsive_engines": [],
    "results": [
        {"url": "https://example.org/rain", "title": "Rain", "content": "It rains.", "publishedDate": null,
         "engine": "wikipedia", "engines": ["wikipedia"], "positions": [1], "score": 1.0, "category": "general"},
        {"url": "https://example.org/2", "title": "Second", "content": ""}
    ]
}"#;
/// The shape of the response objects of the Bing Web Search API, version 7.
const BING: &str = r#"{
    "_type": "SearchResponse", "queryContext": {"originalQuery": "rain"},
    "webPages": {"webSearchUrl": "https://example.org/?q=rain", "totalEstimatedMatches": 2, "value": [
        {"id": "https://example.org/#0", "name": "Rain", "url": "https://example.org/rain", "snippet": "It rains.",
         "datePublished": "2026-11-20", "displayUrl": "example.org/rain", "language": "en"}
    ]}
}"#;

fn setting(engine: &str, url: Option<&str>, key: Option<&str>) -> SearchSetting {
    let key = key.map(|key| Secret::new(key.to_owned()));
    SearchSetting { engine: engine.to_owned(), url: url.map(str::to_owned), key }
}

fn refused(setting: SearchSetting) -> String {
    let engines = SearchEngines::read(&DataTree::embedded()).unwrap();
    engines.chosen(setting, Arc::new(crate::Internet)).unwrap_err()
}

/// An engine on a network of its own, reached only because whoever runs the server says so.
fn engine(id: &str, script: Script) -> (Arc<Played>, WebTools) {
    let network = network(&[("search.lan", &["10.0.0.5"])], &[("10.0.0.5", script)]);
    let engines = SearchEngines::read(&DataTree::embedded()).unwrap();
    let chosen = setting(id, Some("http://search.lan/find"), Some("key-of-mine"));
    let engine = engines.chosen(chosen, Arc::new(Arc::clone(&network))).unwrap();
    assert!(!format!("{engine:?}").contains("key-of-mine"));
    let tools = tools(&network).with_search(Arc::new(engine));
    (network, tools)
}

async fn found(id: &str, script: Script) -> (Result<String, (PortErrorKind, String)>, String) {
    let (network, tools) = engine(id, script);
    let answer = asked(&tools, "web_search", json!({"query": " rain  & wind ", "count": "2"})).await;
    let question = network.asked.lock().unwrap().first().cloned().unwrap_or_default();
    (answer.map(|answer| answer.text), question)
}

const READ_ON: &str = "Read an address with web_fetch before you rely on it.";

#[tokio::test(start_paused = true)]
async fn engines_are_asked_in_their_own_words() {
    let (answer, question) = found("brave", page("", BRAVE.as_bytes())).await;
    let listed = "1. Rain & wind (2026-11-20T08:00:00)\n   https://example.org/rain\n   It rains.\n\
                  2. Second\n   https://example.org/2\n   \n";
    assert_eq!(answer.unwrap(), format!("{listed}{READ_ON}"));
    assert!(
        question.starts_with("GET /find?q=rain+%26+wind&count=2&search_lang=zh-hans HTTP/1.1\r\n"),
        "{question}"
    );
    assert!(question.contains("x-subscription-token: key-of-mine\r\n"));

    let (answer, question) = found("searxng", page("", SEARXNG.as_bytes())).await;
    let listed =
        "1. Rain\n   https://example.org/rain\n   It rains.\n2. Second\n   https://example.org/2\n   \n";
    assert_eq!(answer.unwrap(), format!("{listed}{READ_ON}"));
    let first = "GET /find/search?q=rain+%26+wind&format=json&language=zh-CN HTTP/1.1\r\n";
    assert!(question.starts_with(first), "{question}");
    assert!(!question.contains("key-of-mine"));

    let (answer, question) = found("bing", page("", BING.as_bytes())).await;
    let listed = "1. Rain (2026-11-20)\n   https://example.org/rain\n   It rains.\n";
    assert_eq!(answer.unwrap(), format!("{listed}{READ_ON}"));
    assert!(question.starts_with("GET /find?q=rain+%26+wind&count=2&mkt=zh-CN HTTP/1.1\r\n"), "{question}");
    assert!(question.contains("ocp-apim-subscription-key: key-of-mine\r\n"));
}

#[tokio::test(start_paused = true)]
async fn nothing_found_is_an_answer() {
    for (id, body) in [("brave", "{\"type\":\"search\"}"), ("searxng", "{\"results\":[]}"), ("bing", "{}")] {
        let (answer, _) = found(id, page("", body.as_bytes())).await;
        assert_eq!(answer.unwrap(), "Nothing was found for \"rain & wind\". Try fewer or other words.");
    }
}

#[tokio::test(start_paused = true)]
async fn engines_that_do_not_answer_are_said_without_the_key() {
    let status =
        |status: u16| Script::Sends(format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").into_bytes());
    for (id, script, kind, problem) in [
        ("brave", status(401), PortErrorKind::Refused, "Brave Search does not take the key of this server."),
        ("brave", status(402), PortErrorKind::Quota, "Brave Search has no credit left."),
        ("brave", status(422), PortErrorKind::Bad, "Brave Search does not take this query; use other words."),
        (
            "brave",
            status(429),
            PortErrorKind::Quota,
            "Brave Search was asked too much; try again in a minute.",
        ),
        ("brave", status(500), PortErrorKind::Down, "Brave Search has a fault."),
        ("brave", status(302), PortErrorKind::Down, "Brave Search has a fault."),
        ("searxng", status(403), PortErrorKind::Refused, "SearXNG has not switched on answers in JSON."),
        (
            "brave",
            Script::Silent,
            PortErrorKind::Down,
            "Brave Search cannot be asked: it did not answer in time.",
        ),
        (
            "brave",
            page("", b"<html>"),
            PortErrorKind::Down,
            "Brave Search cannot be asked: it answered in words that are not known.",
        ),
    ] {
        let (answer, _) = found(id, script).await;
        assert_eq!(answer, Err((kind, format!("The search engine {problem}"))));
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_engine_nothing_is_offered_and_a_call_is_told_why() {
    let tools = tools(&network(&[], &[]));
    let names: Vec<String> = tools.tools().into_iter().map(|facts| facts.tool.name).collect();
    assert_eq!(names, ["web_fetch"]);
    let (kind, detail) = asked(&tools, "web_search", json!({"query": "rain"})).await.unwrap_err();
    assert_eq!(kind, PortErrorKind::Refused);
    assert!(detail.starts_with("Web search is not set up on this server."), "{detail}");
    let (_, tools) = engine("brave", Script::Silent);
    assert_eq!(tools.tools().len(), 2);
    for query in ["  ".to_owned(), "x".repeat(401)] {
        let problem = asked(&tools, "web_search", json!({"query": query})).await.unwrap_err();
        assert_eq!(problem.1, "`query` has 1 to 400 characters: a few words.");
    }
}

#[test]
fn what_is_wrong_with_a_setting_is_said() {
    assert_eq!(
        refused(setting("google", None, None)),
        "There is no search engine `google`. Known: bing, brave, searxng."
    );
    assert_eq!(refused(setting("brave", None, None)), "Brave Search needs a key.");
    assert_eq!(refused(setting("brave", None, Some(""))), "Brave Search needs a key.");
    assert_eq!(
        refused(setting("searxng", None, None)),
        "SearXNG has no address of its own: say where yours is."
    );
    assert_eq!(
        refused(setting("searxng", Some("file:///x"), None)),
        "The address of SearXNG is none of the web."
    );
}

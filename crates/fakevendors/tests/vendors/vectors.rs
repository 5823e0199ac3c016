//! Vectors, orders, counts and lists, as clients of each dialect ask for them.

use catalog::{Auth, DataTree, Endpoint};
use serde_json::{Value, json};

use crate::client::{KEY, Town, endpoint, town, town_with};

async fn post(town: &Town, endpoint: &Endpoint, path: &str, body: Value) -> Value {
    let response = town.post(endpoint, path, body.to_string(), KEY).send().await.unwrap();
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn texts_become_vectors_that_are_charged_for() {
    let town = town().await;
    let chat = endpoint(("openai", "chat"));
    let body = json!({"model": "dims-4.prompt-9", "input": ["lane", "door", "lane"]});
    let answer = post(&town, &chat, "/embeddings", body).await;
    assert_eq!(answer["usage"], json!({"prompt_tokens": 9, "total_tokens": 9}));
    let vector = |at: usize| answer["data"][at]["embedding"].as_array().unwrap();
    assert_eq!((vector(0).len(), vector(0)), (4, vector(2)));
    assert_ne!(vector(0), vector(1));
    let body = json!({"model": "dims-4", "input": "lane", "encoding_format": "base64"});
    assert_eq!(
        post(&town, &chat, "/embeddings", body).await["data"][0]["embedding"].as_str().unwrap().len(),
        24
    );
    let google = endpoint(("gemini", "main"));
    let lane = json!({"content": {"parts": [{"text": "lane"}]}, "outputDimensionality": 3});
    let answer = post(&town, &google, "/models/say:embedContent", lane.clone()).await;
    assert_eq!(answer["embedding"]["values"].as_array().unwrap().len(), 3);
    let batch = json!({"requests": [lane, lane]});
    let answer = post(&town, &google, "/models/dims-2:batchEmbedContents", batch).await;
    assert_eq!(answer["embeddings"].as_array().unwrap().len(), 2);
    let total = town.vendors.invoice().total;
    assert_eq!((total.requests, total.output_tokens, total.input_tokens), (4, 0, 9 + 1 + 1 + 2));
    let answer = post(&town, &chat, "/embeddings", json!({"model": "busy", "input": "lane"})).await;
    assert_eq!(answer["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn documents_come_in_the_order_in_which_they_fit() {
    let town = town().await;
    let documents = json!(["a wall", {"text": "an old lane in the north"}, "an old wall"]);
    let body = json!({"model": "say", "query": "old lane", "documents": documents, "top_n": 2, "return_documents": true});
    let answer = post(&town, &endpoint(("openai", "chat")), "/rerank", body).await;
    let meant = json!([
        {"index": 1, "relevance_score": 1.0, "document": {"text": "an old lane in the north"}},
        {"index": 2, "relevance_score": 0.5, "document": {"text": "an old wall"}},
    ]);
    assert_eq!(answer["results"], meant);
    assert!(answer["usage"]["total_tokens"].as_u64().unwrap() > 5);
}

#[tokio::test]
async fn tokens_are_counted_for_nothing() {
    let town = town().await;
    let messages = json!([{"role": "user", "content": "Which lane is it?"}]);
    let asked = json!({"model": "prompt-77", "messages": messages});
    let answer = post(&town, &endpoint(("anthropic", "main")), "/v1/messages/count_tokens", asked).await;
    assert_eq!(answer, json!({"input_tokens": 77}));
    let contents = json!({"contents": [{"role": "user", "parts": [{"text": "Which lane is it?"}]}]});
    let answer = post(&town, &endpoint(("gemini", "main")), "/models/say:countTokens", contents).await;
    assert_eq!(answer, json!({"totalTokens": 5}));
    assert_eq!(town.vendors.invoice().total.requests, 0);
}

#[tokio::test]
async fn lists_of_models_have_the_shape_of_the_dialect() {
    let town = town_with(|house| house.with_model("lane-v2", "say-3")).await;
    let first = [
        ("chat", "/data/0/id"),
        ("responses", "/data/0/id"),
        ("main", "/data/0/id"),
        ("main", "/models/0/name"),
    ];
    let endpoints = crate::client::endpoints();
    for (endpoint, (_, place)) in endpoints.iter().zip(first) {
        let path = if endpoint.dialect == catalog::Dialect::Messages { "/v1/models" } else { "/models" };
        let mut get = town.client.get(format!("{}{path}", town.vendors.base_url(endpoint.dialect)));
        for (name, value) in &endpoint.headers {
            get = get.header(name, value);
        }
        get = match &endpoint.auth {
            Auth::Header(name) => get.header(name, KEY),
            _ => get.bearer_auth(KEY),
        };
        let list: Value = serde_json::from_slice(&get.send().await.unwrap().bytes().await.unwrap()).unwrap();
        let name = list.pointer(place).unwrap().as_str().unwrap();
        assert!(name.ends_with("lane-v2"), "{:?} {list}", endpoint.dialect);
        assert_eq!(list.get("has_more").is_some(), endpoint.dialect == catalog::Dialect::Messages);
    }
}

#[tokio::test]
async fn the_whole_of_it_is_a_provider_like_any_other() {
    let town = town().await;
    let tree = DataTree::from_files([("providers/fake.toml", town.vendors.provider("fake"))]);
    let providers = catalog::providers(&tree).unwrap();
    let endpoints = &providers.get("fake").unwrap().endpoints;
    assert_eq!(endpoints.len(), 4);
    for endpoint in endpoints {
        let heard = town.stream(endpoint, "say-5").await;
        assert_eq!(heard.said(), town.meant(endpoint, "say-5", &crate::client::question()).said());
    }
}

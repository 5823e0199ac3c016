//! Vectors and scores by `/v1/embeddings` and `/v1/rerank`.

use insta::assert_json_snapshot;
use serde_json::{Value, json};
use testkit::{Client, DEFAULT_MODEL, EMBEDDING_MODEL, OTHER_MODEL, RERANK_MODEL, TestApp};
use wire::ErrorCode;

async fn program(app: &TestApp) -> Client {
    let lin = app.owner().await;
    app.key_of(&lin).await
}

/// The code and the message of an error in the face's shape.
async fn refused(client: &Client, path: &str, body: Value, status: u16) -> (String, String) {
    let answer = client.clone().post(path, body).await.expect(status);
    let error = answer.json()["error"].clone();
    (error["code"].as_str().unwrap().to_owned(), error["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn vectors_have_the_shape_of_the_face() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let body = json!({"model": EMBEDDING_MODEL, "input": ["abba", "dad"], "encoding_format": "float"});
    assert_json_snapshot!(key.clone().post("/v1/embeddings", body).await.expect(200).json(), @r#"
    {
      "data": [
        {
          "embedding": [
            2.0,
            2.0,
            0.0,
            0.0
          ],
          "index": 0,
          "object": "embedding"
        },
        {
          "embedding": [
            1.0,
            0.0,
            0.0,
            2.0
          ],
          "index": 1,
          "object": "embedding"
        }
      ],
      "model": "tiny-embed",
      "object": "list",
      "usage": {
        "prompt_tokens": 7,
        "total_tokens": 7
      }
    }
    "#);
}

#[tokio::test]
async fn vectors_come_as_base64_when_a_program_wants_them_so() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let body = json!({"model": EMBEDDING_MODEL, "input": "ab", "encoding_format": "base64", "dimensions": 2});
    let answer = key.clone().post("/v1/embeddings", body).await.expect(200).json();
    // 1.0 and 1.0, little-endian.
    assert_eq!(answer["data"][0]["embedding"], "AACAPwAAgD8=");
}

#[tokio::test]
async fn what_is_asked_reaches_the_encoder_on_the_members_account() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let body =
        json!({"model": EMBEDDING_MODEL, "input": "a", "dimensions": 3, "truncate": true, "user": "x"});
    key.clone().post("/v1/embeddings", body).await.expect(200);
    let seen = app.encoder.embedded().remove(0);
    assert_eq!((seen.texts, seen.dimensions, seen.truncate), (vec!["a".to_owned()], Some(3), true));
    let body = json!({"model": RERANK_MODEL, "query": "q", "documents": ["d", {"text": "e"}]});
    key.clone().post("/v1/rerank", body).await.expect(200);
    let ranked = app.encoder.reranked().remove(0);
    assert_eq!((ranked.documents, ranked.truncate), (vec!["d".to_owned(), "e".to_owned()], false));
    assert!(seen.scope.is_some() && seen.scope == ranked.scope);
}

#[tokio::test]
async fn input_that_cannot_be_is_refused_by_name() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let too_many = vec!["x"; 2049];
    for (input, said) in [
        (json!([]), "0 texts"),
        (json!(["a", " "]), "text 1 is empty"),
        (json!(too_many), "2049 texts"),
        (json!([1212, 318]), "no numbers of tokens such as 1212"),
        (json!([[1212]]), "no numbers of tokens"),
    ] {
        let body = json!({"model": EMBEDDING_MODEL, "input": input});
        let (code, message) = refused(&key, "/v1/embeddings", body, 400).await;
        assert_eq!(code, "invalid_request");
        assert!(message.contains("input: ") && message.contains(said), "{message}");
    }
    let body = json!({"model": EMBEDDING_MODEL, "input": "a", "encoding_format": "int8"});
    assert!(refused(&key, "/v1/embeddings", body, 400).await.1.contains("int8"));
    assert!(app.encoder.embedded().is_empty());
}

#[tokio::test]
async fn a_model_for_something_else_is_one_error_that_names_both() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let chat = |model| json!({"model": model, "messages": [{"role": "user", "content": "hi"}]});
    let embed = |model| json!({"model": model, "input": "hi"});
    let rerank = |model| json!({"model": model, "query": "hi", "documents": ["x"]});
    for (path, body, is, wanted) in [
        ("/v1/chat/completions", chat(EMBEDDING_MODEL), "embedding", "chat"),
        ("/v1/chat/completions", chat(RERANK_MODEL), "rerank", "chat"),
        ("/v1/embeddings", embed(DEFAULT_MODEL), "chat", "embedding"),
        ("/v1/rerank", rerank(EMBEDDING_MODEL), "embedding", "rerank"),
    ] {
        let (code, message) = refused(&key, path, body, 400).await;
        assert_eq!(code, "invalid_request");
        assert!(message.contains(&format!("for `{is}`")), "{message}");
        assert!(message.contains(&format!("for `{wanted}`")), "{message}");
    }
    assert_eq!(refused(&key, "/v1/embeddings", embed("none"), 404).await.0, "not_found");
    assert!(app.model.requests().is_empty() && app.encoder.embedded().is_empty());
}

#[tokio::test]
async fn a_window_cannot_be_answered_by_an_encoder() {
    let app = TestApp::start().await;
    let mut lin = app.owner().await;
    let thread = lin.open_thread("ask").await;
    let mut question = lin.question(None, "hi");
    question["model"] = json!(EMBEDDING_MODEL);
    let answer = lin.post(&format!("/api/v1/threads/{thread}/runs"), question).await;
    assert_eq!(answer.problem(400), "invalid_request");
}

#[tokio::test]
async fn the_lists_say_what_a_model_is_for() {
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let list = lin.get("/api/v1/models").await.expect(200).json();
    let kind = |id: &str| {
        list["items"].as_array().unwrap().iter().find(|model| model["id"] == id).unwrap()["kind"].clone()
    };
    assert_eq!([DEFAULT_MODEL, OTHER_MODEL].map(kind), ["chat", "chat"]);
    assert_eq!([EMBEDDING_MODEL, RERANK_MODEL].map(kind), ["embedding", "rerank"]);
    let key = app.key_of(&lin).await;
    let face = key.get("/v1/models").await.expect(200).text();
    assert!(face.contains(EMBEDDING_MODEL), "SDKs find all models here: {face}");
}

#[tokio::test]
async fn documents_come_back_best_first() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let mut body = json!({
        "model": RERANK_MODEL,
        "query": "river",
        "documents": ["bread", "a river", {"text": "ever"}, "evre"],
        "top_n": 3,
        "return_documents": true,
    });
    let mut answer = key.clone().post("/v1/rerank", body.clone()).await.expect(200).json();
    assert!(answer["id"].as_str().unwrap().starts_with("rerank-"));
    answer["id"] = json!("[id]");
    assert_json_snapshot!(answer, @r#"
    {
      "id": "[id]",
      "model": "tiny-rerank",
      "object": "list",
      "results": [
        {
          "document": {
            "text": "a river"
          },
          "index": 1,
          "relevance_score": 1.0
        },
        {
          "document": {
            "text": "ever"
          },
          "index": 2,
          "relevance_score": 0.8
        },
        {
          "document": {
            "text": "evre"
          },
          "index": 3,
          "relevance_score": 0.8
        }
      ],
      "usage": {
        "prompt_tokens": 20,
        "total_tokens": 20
      }
    }
    "#);
    body.as_object_mut().unwrap().remove("return_documents");
    body.as_object_mut().unwrap().remove("top_n");
    let answer = key.clone().post("/v1/rerank", body).await.expect(200).json();
    assert_eq!(answer["results"].as_array().unwrap().len(), 4);
    assert_eq!(
        answer["results"][3].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["index", "relevance_score"]
    );
}

#[tokio::test]
async fn a_rerank_that_cannot_be_is_refused_by_name() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    let body = |query: &str, documents: Value, top_n: Value| json!({"model": RERANK_MODEL, "query": query, "documents": documents, "top_n": top_n});
    for (body, said) in [
        (body("", json!(["x"]), json!(1)), "query: text 0 is empty"),
        (body("q", json!([]), json!(1)), "documents: 0 texts"),
        (body("q", json!(["x", ""]), json!(1)), "documents: text 1 is empty"),
        (body("q", json!(["x"]), json!(0)), "top_n: at least 1"),
    ] {
        let (code, message) = refused(&key, "/v1/rerank", body, 400).await;
        assert_eq!(code, "invalid_request");
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn what_the_encoder_refuses_is_told_in_the_faces_shape() {
    let app = TestApp::start().await;
    let key = program(&app).await;
    app.encoder
        .fail_next(ErrorCode::ContextExceeded, "Text 0 has 602 tokens and the model can read 512 at once.");
    let body = json!({"model": EMBEDDING_MODEL, "input": "long"});
    let (code, message) = refused(&key, "/v1/embeddings", body, 400).await;
    assert_eq!(code, "context_exceeded");
    assert!(message.contains("602") && message.contains("512"), "{message}");
}

//! Texts become vectors and scores, in the same kind of worker that answers chats.

use std::time::Duration;

use engine::{Engine, ModelSettings};
use ports::{
    EmbedRequest, Embedder, Embeddings, ModelHost, PortError, PortErrorKind, RerankRequest, Reranker,
    Residency,
};
use rustix::process::{Signal, kill_process};
use wire::{ErrorCode, ModelKind};

use crate::support::{MINILM, RERANKER, SMOLLM, Setup, answer, ask, eventually, model_file, worker_process};

fn minilm() -> Engine {
    Setup::with(MINILM).start()
}

fn texts<const N: usize>(texts: [&str; N]) -> EmbedRequest {
    EmbedRequest {
        model: MINILM.to_owned(),
        texts: texts.map(str::to_owned).into(),
        ..EmbedRequest::default()
    }
}

async fn embed<const N: usize>(engine: &Engine, of: [&str; N]) -> Vec<Vec<f32>> {
    engine.embed(texts(of)).await.unwrap().vectors
}

fn likeness(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

async fn refusal(engine: &Engine, request: EmbedRequest) -> PortError {
    engine.embed(request).await.unwrap_err()
}

/// The figures are those of the model's makers, in the quickstart of Sentence Transformers.
#[tokio::test(flavor = "multi_thread")]
async fn vectors_are_those_of_the_original() {
    let engine = minilm();
    let of = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let vectors = embed(&engine, of).await;
    let pairs = [(0, 0, 1.0), (0, 1, 0.6660), (0, 2, 0.1046), (1, 2, 0.1411)];
    for (a, b, published) in pairs {
        let found = likeness(&vectors[a], &vectors[b]);
        assert!((found - published).abs() < 0.0005, "{a} and {b}: {found}, published {published}");
    }
    assert!(vectors.iter().all(|vector| vector.len() == 384));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_has_the_same_vector_alone_and_among_others() {
    let engine = minilm();
    let alone = embed(&engine, ["The cat sat on the mat."]).await;
    let long = "a long text about nothing in particular ".repeat(20);
    let many: Vec<String> = (0..150).map(|n| format!("{long} {n}")).collect();
    let mut all = texts(["The cat sat on the mat."]);
    all.texts.extend(many);
    let answer = engine.embed(all).await.unwrap();
    assert_eq!(answer.vectors.len(), 151);
    assert!(likeness(&alone[0], &answer.vectors[0]) > 0.9999);
    assert!(likeness(&answer.vectors[1], &answer.vectors[2]) < 0.9999, "each text has its own");
    assert!(answer.vectors.iter().all(|vector| (likeness(vector, vector) - 1.0).abs() < 1e-4));
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_in_a_text_are_only_letters_and_a_zero_does_not_cut_it() {
    let engine = minilm();
    let answer = engine.embed(texts(["hello"])).await.unwrap();
    assert_eq!(answer.input_tokens, 3, "[CLS] hello [SEP]");
    assert!(engine.embed(texts(["[SEP]"])).await.unwrap().input_tokens > 3);
    let vectors = embed(&engine, ["a\0b", "a"]).await;
    assert!(likeness(&vectors[0], &vectors[1]) < 0.999);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vector_that_is_cut_has_length_one_again() {
    let engine = minilm();
    let whole = embed(&engine, ["hello"]).await.remove(0);
    let cut = engine.embed(EmbedRequest { dimensions: Some(64), ..texts(["hello"]) }).await.unwrap();
    let cut = &cut.vectors[0];
    assert_eq!(cut.len(), 64);
    assert!((likeness(cut, cut) - 1.0).abs() < 1e-4 && cut[0].abs() > whole[0].abs());
    for wrong in [0, 385] {
        let error = refusal(&engine, EmbedRequest { dimensions: Some(wrong), ..texts(["hello"]) }).await;
        assert_eq!((error.kind, error.code), (PortErrorKind::Bad, ErrorCode::InvalidRequest));
        assert!(error.detail.contains(&wrong.to_string()) && error.detail.contains("384"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_too_long_is_refused_with_both_numbers_or_cut() {
    let engine = minilm();
    let long = "word ".repeat(600);
    let error = refusal(&engine, texts(["short", &long])).await;
    assert_eq!((error.kind, error.code), (PortErrorKind::Bad, ErrorCode::ContextExceeded));
    assert!(error.detail.contains("Text 1 has 602 tokens") && error.detail.contains("512"), "{error}");
    let cut = engine.embed(EmbedRequest { truncate: true, ..texts(["short", &long]) }).await.unwrap();
    assert_eq!(cut.input_tokens, 3 + 512);
    let fits = embed(&engine, [&"word ".repeat(510)]).await;
    assert!(likeness(&cut.vectors[1], &fits[0]) > 0.9999, "the end mark stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_does_not_wait_for_another_members_documents() {
    let engine = minilm();
    embed(&engine, ["warm"]).await;
    let document = "many words in one document ".repeat(60);
    let flood = EmbedRequest { scope: Some("many".to_owned()), ..texts([]) };
    let flood = EmbedRequest { texts: vec![document; 40], ..flood };
    let flood = tokio::spawn(engine.embed(flood));
    tokio::time::sleep(Duration::from_millis(500)).await;
    for query in ["a query", "another", "and one more"] {
        engine.embed(EmbedRequest { scope: Some("one".to_owned()), ..texts([query]) }).await.unwrap();
        assert!(!flood.is_finished(), "{query} waited for all of the documents");
    }
    assert_eq!(flood.await.unwrap().unwrap().vectors.len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_nobody_waits_for_ends_at_the_next_step() {
    let engine = minilm();
    embed(&engine, ["warm"]).await;
    let document = "many words in one document ".repeat(60);
    let flood = engine.embed(EmbedRequest { texts: vec![document; 200], ..texts([]) });
    assert!(tokio::time::timeout(Duration::from_millis(500), flood).await.is_err());
    let next = tokio::time::timeout(Duration::from_secs(20), embed(&engine, ["next"])).await;
    assert_eq!(next.unwrap().len(), 1);
    eventually(
        "nothing is left",
        || matches!(engine.residency(MINILM), Residency::Ready(it) if it.requests == 0),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_that_were_there_at_two_aborts_are_not_tried_again() {
    let engine = minilm();
    let document = "many words in one document ".repeat(60);
    let flood = || EmbedRequest { texts: vec![document.clone(); 200], ..texts([]) };
    for _ in 0..2 {
        assert_eq!(embed(&engine, ["warm"]).await.len(), 1);
        let call = tokio::spawn(engine.embed(flood()));
        tokio::time::sleep(Duration::from_secs(2)).await;
        kill_process(worker_process(&engine), Signal::ABORT).unwrap();
        let error = call.await.unwrap().unwrap_err();
        assert_eq!((error.code, error.kind), (ErrorCode::EngineFailed, PortErrorKind::Retry));
    }
    assert_eq!(refusal(&engine, flood()).await.kind, PortErrorKind::Refused);
    assert_eq!(embed(&engine, ["again"]).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encoder_is_as_isolated_and_estimated_as_any_model() {
    let setup = Setup::with(MINILM);
    let settings = ModelSettings { kind: ModelKind::Embedding, ..setup.settings };
    let estimate = engine::estimate(&model_file(MINILM), &settings).unwrap();
    let engine = setup.start();
    assert_eq!(engine.needs(MINILM), Ok(estimate.total()));
    embed(&engine, ["hello"]).await;
    let loaded = engine.resident().remove(0);
    assert_eq!(loaded.context_tokens, 512);
    assert!(estimate.total() >= loaded.memory_bytes, "{estimate:?} for {loaded:?}");
    assert!(estimate.total() < loaded.memory_bytes * 4, "{estimate:?} for {loaded:?}");
    assert_eq!(loaded.isolation.seccomp, cfg!(target_os = "linux"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_a_model_for_what_it_is_not_is_told_so() {
    let engine = Setup::with(MINILM).start();
    let mut chat = ask("Hi", 4);
    chat.model = MINILM.to_owned();
    let error = answer(&engine, chat).await.unwrap_err();
    assert_eq!((error.kind, error.code), (PortErrorKind::Bad, ErrorCode::InvalidRequest));
    assert!(error.detail.contains("`embedding`") && error.detail.contains("chat"), "{error}");
    let engine = Setup::with(SMOLLM).start();
    let error = refusal(&engine, EmbedRequest { model: SMOLLM.to_owned(), ..texts(["x"]) }).await;
    assert_eq!(error.code, ErrorCode::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_another_kind_is_refused_when_it_is_loaded() {
    let engine = Setup::file(MINILM, model_file(SMOLLM)).start();
    let error = refusal(&engine, texts(["x"])).await;
    assert_eq!((error.kind, error.code), (PortErrorKind::Down, ErrorCode::ModelCorrupt));
    assert!(error.detail.contains("`embedding`"), "{error}");
    let engine = Setup::file(RERANKER, model_file(MINILM)).start();
    assert_eq!(engine.rerank(ranked(["x"])).await.unwrap_err().code, ErrorCode::ModelCorrupt);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_texts_give_no_vectors() {
    assert_eq!(minilm().embed(texts([])).await, Ok(Embeddings::default()));
}

fn ranked<const N: usize>(documents: [&str; N]) -> RerankRequest {
    RerankRequest {
        model: RERANKER.to_owned(),
        query: "Where does the river end?".to_owned(),
        documents: documents.map(str::to_owned).into(),
        ..RerankRequest::default()
    }
}

/// The weights are random: what is tested is that a document's score is its own, whatever stands around it.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_has_the_same_score_wherever_it_stands() {
    let engine = Setup::with(RERANKER).start();
    let [a, b, c] = ["In the sea.", "Bread is made of flour and water, and it takes time.", "No."];
    let there = engine.rerank(ranked([a, b, c])).await.unwrap();
    let back = engine.rerank(ranked([c, b, a])).await.unwrap();
    let alone = engine.rerank(ranked([b])).await.unwrap();
    assert_eq!(there.input_tokens, back.input_tokens);
    let turned: Vec<f32> = back.scores.iter().rev().copied().collect();
    assert!(there.scores.iter().zip(&turned).all(|(a, b)| (a - b).abs() < 1e-5), "{there:?} {turned:?}");
    assert!((alone.scores[0] - there.scores[1]).abs() < 1e-5);
    assert!(there.scores.iter().all(|score| (0.0..=1.0).contains(score)));
    assert!((there.scores[0] - there.scores[1]).abs() > 1e-4, "{there:?}");
    let other = RerankRequest { query: "What is bread?".to_owned(), ..ranked([a, b, c]) };
    assert_ne!(engine.rerank(other).await.unwrap().scores, there.scores, "the query counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_is_cut_beside_the_query_and_a_query_is_not() {
    let engine = Setup::with(RERANKER).start();
    let long = "word ".repeat(200);
    let error = engine.rerank(ranked([&long])).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::ContextExceeded);
    assert!(error.detail.contains("128"), "{error}");
    let cut = engine.rerank(RerankRequest { truncate: true, ..ranked([&long]) }).await.unwrap();
    assert_eq!(cut.input_tokens, 128);
    let asks = RerankRequest { query: long, truncate: true, ..ranked(["x"]) };
    assert_eq!(engine.rerank(asks).await.unwrap_err().code, ErrorCode::ContextExceeded);
}

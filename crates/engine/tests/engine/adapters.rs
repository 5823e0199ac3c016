//! Adapters on top of a model, one for each request.

use std::fs;
use std::path::Path;

use engine::{AdapterFile, Engine};
use ports::{AdapterUse, ChatModel, ChatRequest, PortErrorKind, TokenLogprob};
use stdx::{Rng, SeededRng};
use wire::ErrorCode;

use crate::support::{QWEN, SMOLLM, Setup, alike, answer, ask, model_file, until_text, worker_process};

/// Layers of the model for tests, and the sizes of the weight that its adapters change.
const LAYERS: u32 = 30;
const WEIGHT: &str = "ffn_down.weight";
const SIZES: [u64; 2] = [1536, 576];
const RANK: u64 = 4;
/// Values with which an adapter drowns what the model would say.
const LOUD: f32 = 0.5;

/// A low-rank adapter in GGUF. Its values are random, between minus and plus `loudness`.
fn lora(architecture: &str, loudness: f32, seed: u64) -> Vec<u8> {
    let mut tensors = Vec::new();
    for layer in 0..LAYERS {
        for (factor, shape) in [("a", [SIZES[0], RANK]), ("b", [RANK, SIZES[1]])] {
            tensors.push((format!("blk.{layer}.{WEIGHT}.lora_{factor}"), shape));
        }
    }
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3_u32.to_le_bytes());
    bytes.extend(u64::try_from(tensors.len()).unwrap().to_le_bytes());
    bytes.extend(4_u64.to_le_bytes());
    for (key, value) in
        [("general.type", "adapter"), ("general.architecture", architecture), ("adapter.type", "lora")]
    {
        bytes.extend([text(key).as_slice(), &8_u32.to_le_bytes(), &text(value)].concat());
    }
    bytes
        .extend([text("adapter.lora.alpha").as_slice(), &6_u32.to_le_bytes(), &4_f32.to_le_bytes()].concat());
    let mut offset = 0_u64;
    for (name, shape) in &tensors {
        bytes.extend([text(name).as_slice(), &2_u32.to_le_bytes()].concat());
        bytes.extend(shape.iter().flat_map(|size| size.to_le_bytes()));
        bytes.extend([0_u32.to_le_bytes().as_slice(), &offset.to_le_bytes()].concat());
        offset += (shape[0] * shape[1] * 4).next_multiple_of(32);
    }
    let rng = SeededRng::new(seed);
    for (_, shape) in &tensors {
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        let mut noise = vec![0; usize::try_from(shape[0] * shape[1]).unwrap()];
        rng.fill(&mut noise);
        bytes.extend(
            noise.iter().flat_map(|byte| ((f32::from(*byte) / 127.5 - 1.0) * loudness).to_le_bytes()),
        );
    }
    bytes
}

fn text(value: &str) -> Vec<u8> {
    [u64::try_from(value.len()).unwrap().to_le_bytes().as_slice(), value.as_bytes()].concat()
}

/// An engine with adapters: name, file, the model they are said to be for.
fn with_adapters(folder: &Path, adapters: &[(&str, Vec<u8>, &str)]) -> Setup {
    let mut setup = Setup::with(SMOLLM);
    setup.adapters.0 = Some(folder.to_owned());
    for (id, bytes, model) in adapters {
        let path = folder.join(id).join("adapter.gguf");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let file = AdapterFile { path, sha256: (*id).to_owned(), model: (*model).to_owned(), scale: 1.0 };
        setup.adapters.1.insert((*id).to_owned(), file);
    }
    setup
}

/// Three that fit: one that changes nothing, and two that change much.
fn fitting() -> [(&'static str, Vec<u8>, &'static str); 3] {
    [
        ("zeros", lora("llama", 0.0, 1), SMOLLM),
        ("loud", lora("llama", LOUD, 2), SMOLLM),
        ("other", lora("llama", LOUD, 3), SMOLLM),
    ]
}

fn on(adapter: &str, request: ChatRequest) -> ChatRequest {
    let adapters = vec![AdapterUse { id: adapter.to_owned(), scale: None }];
    ChatRequest { adapters, ..request }
}

fn scaled(adapter: &str, scale: f32, request: ChatRequest) -> ChatRequest {
    let adapters = vec![AdapterUse { id: adapter.to_owned(), scale: Some(scale) }];
    ChatRequest { adapters, ..request }
}

/// Long enough for differences, short enough to be read in one piece.
fn question() -> ChatRequest {
    ask("Name the capital of France.", 16)
}

async fn said(engine: &Engine, request: ChatRequest) -> String {
    answer(engine, request).await.unwrap().text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_of_zeros_changes_nothing_and_a_loud_one_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let engine = with_adapters(folder.path(), &fitting()).start();
    let plain = said(&engine, question()).await;
    assert_eq!(said(&engine, on("zeros", question())).await, plain);
    let loud = said(&engine, on("loud", question())).await;
    assert_ne!(loud, plain);
    assert_ne!(said(&engine, on("other", question())).await, loud);
    // What was changed is changed back.
    assert_eq!(said(&engine, question()).await, plain);
    assert_eq!(said(&engine, scaled("loud", 0.0, question())).await, plain);
    assert_ne!(said(&engine, scaled("loud", -3.0, question())).await, loud);
}

/// The tokens of some answers that are written at the same time.
async fn together(engine: &Engine, requests: [ChatRequest; 4]) -> Vec<Vec<TokenLogprob>> {
    let told = requests.map(|request| ChatRequest { logprobs: Some(3), ..request });
    let [one, two, three, four] = told.map(|request| answer(engine, request));
    let (one, two, three, four) = tokio::join!(one, two, three, four);
    [one, two, three, four].map(|answer| answer.unwrap().tokens).into()
}

/// How far the logarithms of probabilities may lie apart: an adapter that is loud makes much of the last digits.
const LAST_DIGITS: f32 = 0.5;

#[tokio::test(flavor = "multi_thread")]
async fn requests_with_different_adapters_side_by_side_answer_as_each_alone() {
    let folder = tempfile::tempdir().unwrap();
    let engine = with_adapters(folder.path(), &fitting()).start();
    // So loud that the first words differ, and not so loud that the model does not know what to say.
    let question = || ask("Name the capital of France.", 4);
    let requests = || {
        [
            question(),
            scaled("loud", 0.4, question()),
            scaled("other", 0.2, question()),
            on("zeros", question()),
        ]
    };
    let mut alone = Vec::new();
    for request in requests() {
        let told = ChatRequest { logprobs: Some(3), ..request };
        alone.push(answer(&engine, told).await.unwrap().tokens);
    }
    let first: Vec<&str> = alone.iter().map(|tokens| tokens[0].token.as_str()).collect();
    assert!(first[0] != first[1] && first[1] != first[2] && first[0] != first[2], "{first:?}");
    for (alone, together) in alone.iter().zip(together(&engine, requests()).await) {
        alike(&first, alone, &together, LAST_DIGITS);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_neighbours_have_on_top_of_the_model_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = with_adapters(folder.path(), &fitting()).start();
    let beside = |one, other| [question(), one, other, on("zeros", question())];
    let loud = beside(on("loud", question()), on("other", question()));
    let silent = beside(scaled("zeros", 2.0, question()), scaled("zeros", 3.0, question()));
    let (loud, silent) = (together(&engine, loud).await, together(&engine, silent).await);
    alike(&"no adapter", &loud[0], &silent[0], LAST_DIGITS);
    alike(&"zeros", &loud[3], &silent[3], LAST_DIGITS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_computed_with_one_adapter_is_not_used_with_another() {
    let folder = tempfile::tempdir().unwrap();
    let engine = with_adapters(folder.path(), &fitting()).start();
    let mine = |request: ChatRequest| ChatRequest { scope: Some("anna".to_owned()), ..request };
    let cached = async |request| answer(&engine, mine(request)).await.unwrap().usage.cached_tokens;
    assert_eq!(cached(question()).await, 0);
    assert_eq!(cached(on("loud", question())).await, 0);
    assert_eq!(cached(on("zeros", question())).await, 0);
    assert_eq!(cached(scaled("loud", 0.5, question())).await, 0);
    assert!(cached(on("loud", question())).await > 0);
    assert!(cached(question()).await > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adapter_for_another_model_is_refused_before_anything_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let engine = with_adapters(folder.path(), &[("poet", lora("qwen2", 0.1, 1), QWEN)]).start();
    let error = engine.check(&on("poet", question())).unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::AdapterUnusable, PortErrorKind::Bad));
    assert!(error.detail.contains(SMOLLM) && error.detail.contains(QWEN), "{}", error.detail);
    assert_eq!(engine.check(&on("nobody", question())).unwrap_err().code, ErrorCode::NotFound);
    assert!(engine.resident().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_fit_costs_its_own_request_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let good = lora("llama", LOUD, 2);
    let cut = good[..good.len() / 2].to_vec();
    let mut noise = good.clone();
    noise[..600].fill(7);
    let adapters = [
        ("cut", cut, SMOLLM),
        ("foreign", lora("qwen2", 0.1, 1), SMOLLM),
        ("noise", noise, SMOLLM),
        ("model", fs::read(model_file(SMOLLM)).unwrap()[..4096].to_vec(), SMOLLM),
        ("loud", good, SMOLLM),
    ];
    let engine = with_adapters(folder.path(), &adapters).start();
    let mut stream = engine.chat(ask("Write a very long story about a river.", 300));
    until_text(&mut stream).await;
    let process = worker_process(&engine);
    for id in ["cut", "foreign", "noise", "model"] {
        let error = answer(&engine, on(id, question())).await.unwrap_err();
        assert_eq!((error.code, error.kind), (ErrorCode::AdapterUnusable, PortErrorKind::Bad), "{id}");
        assert!(error.detail.contains(&format!("`{id}`")), "{}", error.detail);
    }
    until_text(&mut stream).await;
    assert!(answer(&engine, on("loud", question())).await.is_ok());
    assert_eq!(worker_process(&engine), process, "the worker never minded");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_registered_later_is_read_and_many_make_way_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..11).map(|n| format!("a{n}")).collect();
    let adapters: Vec<_> = ids.iter().map(|id| (id.as_str(), Vec::new(), SMOLLM)).collect();
    let engine = with_adapters(folder.path(), &adapters).start();
    let plain = said(&engine, ask("Name the capital of France.", 4)).await;
    // Written when the worker already stands behind its walls.
    for (seed, id) in (1..).zip(&ids) {
        fs::write(folder.path().join(id).join("adapter.gguf"), lora("llama", LOUD, seed)).unwrap();
    }
    let ask = |id: &str| on(id, ask("Name the capital of France.", 4));
    let first = said(&engine, ask("a0")).await;
    for id in &ids {
        said(&engine, ask(id)).await;
    }
    assert_eq!(said(&engine, ask("a0")).await, first);
    assert_ne!(first, plain);
}

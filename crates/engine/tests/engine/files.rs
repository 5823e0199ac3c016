//! Model files that are absent, damaged or too large.

use std::fs::{self, File};
use std::io::Write;

use ports::PortErrorKind;
use wire::ErrorCode;

use crate::support::{SMOLLM, Setup, answer, ask, model_file};

async fn refusal(bytes: &[u8]) -> ErrorCode {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    fs::write(&path, bytes).unwrap();
    let engine = Setup::file(SMOLLM, path).start();
    answer(&engine, ask("Hi", 4)).await.unwrap_err().code
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_there_is_named() {
    let engine = Setup::file(SMOLLM, "/nowhere/model.gguf".into()).start();
    let error = answer(&engine, ask("Hi", 4)).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::ModelNotInstalled, PortErrorKind::Down));
    assert!(error.detail.contains(SMOLLM) && !error.detail.contains("/nowhere"), "{}", error.detail);
    let mut unknown = ask("Hi", 4);
    unknown.model = "other".to_owned();
    assert_eq!(answer(&engine, unknown).await.unwrap_err().code, ErrorCode::ModelNotInstalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_model_is_refused_by_the_server_itself() {
    let bytes = fs::read(model_file(SMOLLM)).unwrap();
    assert_eq!(refusal(&bytes[..bytes.len() - 1]).await, ErrorCode::ModelCorrupt);
    assert_eq!(refusal(&bytes[..4096]).await, ErrorCode::ModelCorrupt);
    assert_eq!(refusal(b"").await, ErrorCode::ModelCorrupt);
    let mut counts = bytes;
    counts[8..16].copy_from_slice(&(1_u64 << 60).to_le_bytes());
    assert_eq!(refusal(&counts).await, ErrorCode::ModelCorrupt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_only_llama_cpp_finds_wrong_is_refused_by_the_worker() {
    let mut bytes = fs::read(model_file(SMOLLM)).unwrap();
    let name = b"output_norm.weight";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    bytes[at] = b'x';
    assert_eq!(refusal(&bytes).await, ErrorCode::ModelCorrupt);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_fit_into_memory_is_refused_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let mut file = File::create(&path).unwrap();
    file.write_all(&header_of_a_giant()).unwrap();
    file.set_len((1 << 40) + (1 << 20)).unwrap();
    let engine = Setup::file(SMOLLM, path).start();
    let error = answer(&engine, ask("Hi", 4)).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::OutOfMemory, PortErrorKind::Down));
    assert!(
        error.detail.contains("1048576 MB weights") && error.detail.contains("MB are free"),
        "{}",
        error.detail
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_estimate_is_above_what_is_used_and_not_far_above() {
    let mut setup = Setup::with(SMOLLM);
    // What llama.cpp reports knows nothing of kept prompts.
    setup.settings.cache_memory_mib = 0;
    let estimate = engine::estimate(&model_file(SMOLLM), &setup.settings).unwrap();
    let engine = setup.start();
    answer(&engine, ask("Hi", 1)).await.unwrap();
    let used = engine.resident()[0].memory_bytes;
    assert!(estimate.total() >= used, "{estimate:?} for {used}");
    assert!(estimate.total() < used * 2, "{estimate:?} for {used}");
}

/// A header with one tensor of 2^40 bytes.
fn header_of_a_giant() -> Vec<u8> {
    let text = |value: &str| [&u64::try_from(value.len()).unwrap().to_le_bytes(), value.as_bytes()].concat();
    let number =
        |key: &str, n: u32| [text(key), 4_u32.to_le_bytes().to_vec(), n.to_le_bytes().to_vec()].concat();
    [
        b"GGUF\x03\0\0\0".to_vec(),
        1_u64.to_le_bytes().to_vec(),
        4_u64.to_le_bytes().to_vec(),
        [text("general.architecture"), 8_u32.to_le_bytes().to_vec(), text("llama")].concat(),
        number("llama.block_count", 2),
        number("llama.embedding_length", 64),
        number("llama.context_length", 64),
        text("token_embd.weight"),
        1_u32.to_le_bytes().to_vec(),
        (1_u64 << 38).to_le_bytes().to_vec(),
        0_u32.to_le_bytes().to_vec(),
        0_u64.to_le_bytes().to_vec(),
    ]
    .concat()
}

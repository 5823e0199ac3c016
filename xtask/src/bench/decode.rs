//! The local engine against llama.cpp's own loop: the same weights and threads, in turn, so that a machine that slows
//! down slows both.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Deserialize;
use serde_json::json;

use super::http::{Arrivals, Connection, Request};
use super::report::Figure;
use super::server::Server;
use crate::command::{command, output};
use crate::{models, rust, web};

const RUNS: usize = 5;
const TOKENS: usize = 192;
/// How a piece of the answer looks on the wire, and how the answer ends.
const PIECE: &[u8] = br#""delta":{"content":""#;
const END: &[u8] = b"\r\n0\r\n\r\n";

#[derive(Deserialize)]
struct Bare {
    decode: f64,
}

/// Tokens per second at 1 and 4 streams: through the server's OpenAI face, by the bare loop, and their ratio.
pub(crate) fn run(root: &Path) -> Result<Vec<Figure>> {
    web::build(root)?;
    let hutong = rust::build_release(root)?;
    let cache = models::pull_for_tests(root, &hutong)?;
    let model = models::default_model(root)?;
    let (server, _) = Server::start(&hutong)?;
    server.owner()?;
    let data = server.data().display().to_string();
    let mut pull = command(root, &hutong.display().to_string(), &["models", "pull", &model, "--data", &data]);
    output(pull.env("HUTONG_MODEL_CACHE", &cache))?;
    let token: serde_json::Value =
        serde_json::from_slice(&std::fs::read(server.data().join("server.json"))?)?;
    let program = token.get("token").and_then(|token| token.as_str()).context("no token for programs")?;
    let program = format!("authorization: Bearer {program}");
    let file = weights(&cache, &model)?;
    let mut figures = Vec::new();
    for streams in [1, 4] {
        serve(&server, &program, &model, streams)?; // warm
        let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let own = serve(&server, &program, &model, streams)?;
            let bare = bare(&hutong, &file, streams)?;
            ours.push(own);
            theirs.push(bare);
            ratios.push(own / bare);
        }
        figures.push(Figure::of(&format!("hutong, {streams} streams"), "tok/s", ours)?);
        figures.push(Figure::of(&format!("bare loop, {streams} streams"), "tok/s", theirs)?);
        figures.push(Figure::of(&format!("ratio, {streams} streams"), "", ratios)?.at_least(0.9));
    }
    Ok(figures)
}

/// The weights of a model in the cache.
fn weights(cache: &Path, model: &str) -> Result<std::path::PathBuf> {
    let folder = cache.join(model);
    let mut files = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let gguf = files.find_map(|file| {
        Some(file.ok()?.path()).filter(|path| path.extension().is_some_and(|e| e == "gguf"))
    });
    gguf.with_context(|| format!("no GGUF in {}", folder.display()))
}

/// Tokens per second while all streams are being written.
fn serve(server: &Server, program: &str, model: &str, streams: usize) -> Result<f64> {
    let question = json!({
        "model": model, "stream": true, "temperature": 0, "max_tokens": TOKENS,
        "messages": [{"role": "user", "content": "Write the numbers from 1 to 200 with commas between them."}],
    });
    let request = Request::post_as("/v1/chat/completions", program, &question);
    let one = || Connection::open(server.address)?.stream(&request, PIECE, END);
    let answers: Vec<Arrivals> = std::thread::scope(|scope| {
        let streams: Vec<_> = (0..streams).map(|_| scope.spawn(one)).collect();
        let answers =
            streams.into_iter().map(|stream| stream.join().map_err(|_| anyhow!("a client died"))?);
        answers.collect::<Result<_>>()
    })?;
    for answer in &answers {
        ensure!(
            answer.count() >= TOKENS * 9 / 10,
            "an answer of {} tokens instead of {TOKENS}",
            answer.count()
        );
    }
    let begin = answers.iter().filter_map(|answer| Some(answer.pieces.first()?.0)).max();
    let end = answers.iter().filter_map(|answer| Some(answer.pieces.last()?.0)).min();
    let (begin, end) = begin.zip(end).context("nothing was answered")?;
    let pieces = answers.iter().flat_map(|answer| &answer.pieces);
    let tokens: usize = pieces.filter(|(at, _)| (begin..end).contains(at)).map(|(_, count)| count).sum();
    Ok(f64::from(u32::try_from(tokens)?) / end.duration_since(begin).as_secs_f64())
}

fn bare(hutong: &Path, file: &Path, streams: usize) -> Result<f64> {
    let mut bare = Command::new(hutong);
    bare.args(["engine-worker", "--bench-bare", "--prompt", "48", "--predict", &TOKENS.to_string()]);
    bare.args(["--streams", &streams.to_string(), "--model"]).arg(file);
    let bare: Bare = serde_json::from_str(&output(bare.env("OMP_WAIT_POLICY", "passive"))?)?;
    Ok(bare.decode)
}

//! The bare loop of llama.cpp, to compare the worker with: the same model, threads and batch, but no scheduler, no
//! pipe and no text.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::Path;
use std::process::ExitCode;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::context::params::LlamaContextParams;
use llama_cpp_4::llama_backend::LlamaBackend;
use llama_cpp_4::llama_batch::LlamaBatch;
use llama_cpp_4::model::LlamaModel;
use llama_cpp_4::model::params::LlamaModelParams;
use llama_cpp_4::sampling::LlamaSampler;
use llama_cpp_4::token::LlamaToken;
use machine::{Machine, granted_threads};
use stdx::{Clock, SystemClock};

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BareLoop {
    /// Tokens of each prompt.
    pub(crate) prompt_tokens: u32,
    /// Tokens to produce in each stream.
    pub(crate) predict: u32,
    /// Streams at the same time.
    pub(crate) streams: u32,
    /// Threads; 0 takes what the machine grants.
    pub(crate) threads: u32,
}

/// What came out, in tokens per second over all streams.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BareSpeed {
    /// Reading prompts.
    pub(crate) prompt: f64,
    /// Producing tokens.
    pub(crate) decode: f64,
}

/// Runs the bare loop in this process; it may abort like any use of llama.cpp.
///
/// # Errors
/// A sentence that says what does not work.
pub(crate) fn bare_loop(model: &Path, what: BareLoop) -> Result<BareSpeed, String> {
    let backend = LlamaBackend::init().map_err(|error| error.to_string())?;
    let model = LlamaModel::load_from_file(&backend, model, &LlamaModelParams::default())
        .map_err(|error| error.to_string())?;
    let granted = granted_threads(&Machine::default());
    let threads = i32::try_from(if what.threads == 0 { granted } else { what.threads }).unwrap_or(1);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new((what.prompt_tokens + what.predict) * what.streams + 64))
        .with_n_seq_max(what.streams)
        .with_n_batch(512)
        .with_n_ubatch(512)
        .with_n_outputs_max(what.streams)
        .with_kv_unified(true)
        .with_no_perf(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = model.new_context(&backend, params).map_err(|error| error.to_string())?;
    let clock = SystemClock::new();
    let started = clock.monotonic();
    let mut tokens = read_prompts(&mut context, what)?;
    let read = clock.monotonic();
    decode(&mut context, what, &mut tokens)?;
    let decoded = clock.monotonic();
    let rate = |each: u32, span: std::time::Duration| {
        f64::from(each) * f64::from(what.streams) / span.as_secs_f64().max(f64::EPSILON)
    };
    Ok(BareSpeed {
        prompt: rate(what.prompt_tokens, read - started),
        decode: rate(what.predict, decoded - read),
    })
}

/// Runs what a command line asks for and prints the figures.
pub(crate) fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    match run(args) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Reads a command line of `--model FILE --prompt N --predict N --streams N --threads N` and returns a line of JSON.
///
/// # Errors
/// A sentence that says what does not work.
fn run(args: impl IntoIterator<Item = OsString>) -> Result<String, String> {
    let mut args = args.into_iter();
    let mut model = None;
    let mut what = BareLoop { prompt_tokens: 64, predict: 128, streams: 1, threads: 0 };
    while let (Some(key), Some(value)) = (args.next(), args.next()) {
        let number = || value.to_str().and_then(|text| text.parse().ok()).ok_or("a number is needed");
        match key.to_str() {
            Some("--model") => model = Some(value),
            Some("--prompt") => what.prompt_tokens = number()?,
            Some("--predict") => what.predict = number()?,
            Some("--streams") => what.streams = number()?,
            Some("--threads") => what.threads = number()?,
            _ => return Err(format!("{} is not a known option", key.display())),
        }
    }
    let speed = bare_loop(Path::new(&model.ok_or("--model is missing")?), what)?;
    Ok(format!("{{\"prompt\": {:.2}, \"decode\": {:.2}}}", speed.prompt, speed.decode))
}

fn read_prompts(context: &mut LlamaContext<'_>, what: BareLoop) -> Result<Vec<LlamaToken>, String> {
    let sampler = LlamaSampler::greedy();
    let mut batch = LlamaBatch::new(512, 1);
    let mut next = Vec::new();
    for stream in 0..what.streams {
        for position in 0..what.prompt_tokens {
            let last = position + 1 == what.prompt_tokens;
            add(&mut batch, LlamaToken(word(position)), position, stream, last)?;
            if last || batch.n_tokens() == 512 {
                context.decode(&mut batch).map_err(|error| error.to_string())?;
                if last {
                    let at = batch.n_tokens() - 1;
                    next.push(sampler.try_sample(context, at).map_err(|error| error.to_string())?);
                }
                batch.clear();
            }
        }
    }
    Ok(next)
}

fn decode(context: &mut LlamaContext<'_>, what: BareLoop, tokens: &mut [LlamaToken]) -> Result<(), String> {
    let sampler = LlamaSampler::greedy();
    let mut batch = LlamaBatch::new(512, 1);
    for step in 0..what.predict {
        batch.clear();
        for (stream, token) in (0..).zip(tokens.iter()) {
            add(&mut batch, *token, what.prompt_tokens + step, stream, true)?;
        }
        context.decode(&mut batch).map_err(|error| error.to_string())?;
        for (at, token) in (0..).zip(tokens.iter_mut()) {
            *token = sampler.try_sample(context, at).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// Some token that every vocabulary has.
fn word(position: u32) -> i32 {
    i32::try_from(position % 97).unwrap_or(0) + 300
}

fn add(batch: &mut LlamaBatch, token: LlamaToken, at: u32, stream: u32, output: bool) -> Result<(), String> {
    let at = i32::try_from(at).map_err(|error| error.to_string())?;
    let stream = i32::try_from(stream).map_err(|error| error.to_string())?;
    batch.add(token, at, &[stream], output).map_err(|error| error.to_string())
}

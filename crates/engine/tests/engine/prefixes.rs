//! What was computed is not computed again, and only by those it belongs to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::Engine;
use futures_util::StreamExt as _;
use ports::{ChatEvent, ChatMessage, ChatModel, ChatRequest};
use wire::Role;

use crate::support::{SMOLLM, Setup, answer, ask, ask_long, collect, eventually, until_text, worker_process};

/// A question whose answer does not hang by a thread: what is computed in other pieces differs in the last digits.
pub(crate) const FRANCE: &str =
    "What is the capital of France? Think of its river, of its tower, and name the city only.";
pub(crate) const RIVER: &str =
    "What is a river? Tell it so that a child of six years can understand it, in one sentence.";

/// An agent's instructions of some hundred tokens, which differ by name.
pub(crate) fn instructions(name: &str) -> ChatMessage {
    let rules = (1..27).map(|n| format!("Rule {n}: be brief, be kind and say nothing that is not so."));
    let content = format!("You are {name}. {}", rules.collect::<Vec<_>>().join(" "));
    ChatMessage::text(Role::System, content)
}

pub(crate) fn question(scope: Option<&str>, agent: &str, text: &str) -> ChatRequest {
    let mut request = ask(text, 12);
    request.messages.insert(0, instructions(agent));
    ChatRequest { scope: scope.map(str::to_owned), fixed_messages: 1, ..request }
}

/// How many tokens of a question's prompt were there already.
pub(crate) async fn cached(engine: &Engine, request: ChatRequest) -> u64 {
    answer(engine, request).await.unwrap().usage.cached_tokens
}

fn start(folder: &Path) -> Engine {
    Setup::with(SMOLLM).cache(folder).start()
}

pub(crate) async fn wait_for_disk(engine: &Engine, units: u64) {
    eventually("the units are on disk", || {
        engine.resident().first().is_some_and(|loaded| loaded.cache.disk.units >= units)
    })
    .await;
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let model = folder.join(SMOLLM);
    let builds = std::fs::read_dir(model).unwrap().flatten().filter(|entry| entry.path().is_dir());
    builds
        .flat_map(|build| std::fs::read_dir(build.path()).unwrap().flatten())
        .map(|file| file.path())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_prompt_is_shared_by_all_and_a_question_by_nobody() {
    let engine = Setup::with(SMOLLM).start();
    let cold = answer(&engine, question(Some("anna"), "Ada", RIVER)).await.unwrap();
    assert_eq!(cold.usage.cached_tokens, 0);
    let agent = cached(&engine, question(Some("bert"), "Ada", "What is a hill?")).await;
    assert!(agent > 400 && agent < cold.usage.input_tokens - 3, "{agent} of {}", cold.usage.input_tokens);
    // Timing tells nobody what anybody else has asked: the same question gets not a token more.
    assert_eq!(cached(&engine, question(Some("carl"), "Ada", RIVER)).await, agent);
    assert_eq!(cached(&engine, question(None, "Ada", RIVER)).await, agent);
    assert!(cached(&engine, question(Some("anna"), "Ada", RIVER)).await > agent);
    assert!(cached(&engine, question(Some("anna"), "Eve", RIVER)).await < 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_gives_the_same_answer() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    let request = || question(Some("anna"), "Ada", FRANCE);
    let first = answer(&engine, request()).await.unwrap();
    wait_for_disk(&engine, 3).await;
    engine.shut_down().await;
    let again = answer(&start(folder.path()), request()).await.unwrap();
    assert_eq!(again.text, first.text);
    assert!(again.usage.cached_tokens + 8 > first.usage.input_tokens, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_where_it_was_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    let mut request = question(Some("anna"), "Ada", FRANCE);
    let first = answer(&engine, request.clone()).await.unwrap();
    wait_for_disk(&engine, 3).await;
    engine.shut_down().await;
    request.messages.push(ChatMessage::text(Role::Assistant, first.text));
    request.messages.push(ChatMessage::text(Role::User, "And three plants."));
    let second = answer(&start(folder.path()), request).await.unwrap();
    assert!(second.usage.cached_tokens + 4 >= first.usage.input_tokens, "{second:?} after {:?}", first.usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_and_foreign_files_are_dropped_and_the_answer_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    let request = || question(Some("anna"), "Ada", FRANCE);
    let first = answer(&engine, request()).await.unwrap();
    wait_for_disk(&engine, 3).await;
    engine.shut_down().await;
    for (n, file) in files(folder.path()).into_iter().enumerate() {
        let mut bytes = std::fs::read(&file).unwrap();
        let half = bytes.len() / 2;
        match n % 3 {
            0 => bytes.truncate(half),
            1 => bytes[half] ^= 0x10,
            _ => bytes.clear(),
        }
        std::fs::write(&file, bytes).unwrap();
    }
    let again = answer(&start(folder.path()), request()).await.unwrap();
    assert_eq!((again.text, again.usage.cached_tokens), (first.text, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_warm_before_the_first_question() {
    let folder = tempfile::tempdir().unwrap();
    let prompts = || vec![vec![instructions("Ada")], vec![instructions("Eve")]];
    let engine = Setup::with(SMOLLM).cache(folder.path()).prompts(prompts()).start();
    answer(&engine, ask("Hi", 2)).await.unwrap();
    wait_for_disk(&engine, 4).await;
    assert!(cached(&engine, question(Some("anna"), "Eve", "What is a hill?")).await > 400);
    engine.shut_down().await;
    let engine = start(folder.path());
    assert!(cached(&engine, question(Some("bert"), "Ada", "What is a hill?")).await > 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_does_not_wait_until_all_agents_are_warm() {
    let prompts = (0..200).map(|n| vec![instructions(&format!("Ada {n}"))]).collect();
    let engine = Setup::with(SMOLLM).prompts(prompts).start();
    let mut stream = engine.chat(ask("Hi", 4));
    until_text(&mut stream).await;
    let warmed = engine.resident()[0].cache.memory.units;
    assert!(warmed < 200, "{warmed} units were computed first");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_already_is_shared_while_it_runs() {
    let engine = Setup::with(SMOLLM).start();
    let mut long = question(Some("anna"), "Ada", "Tell a long story about a river.");
    long.sampling.max_tokens = Some(300);
    let mut stream = engine.chat(long);
    until_text(&mut stream).await;
    assert!(cached(&engine, question(Some("bert"), "Ada", "What is a hill?")).await > 400);
    collect(stream).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_come_at_once_compute_what_they_share_once() {
    let engine = Setup::with(SMOLLM).start();
    answer(&engine, ask("Hi", 1)).await.unwrap();
    let both = [question(Some("anna"), "Ada", RIVER), question(Some("bert"), "Ada", FRANCE)];
    let [first, second] = both.map(|request| answer(&engine, request));
    let (first, second) = tokio::join!(first, second);
    let mut cached = [first, second].map(|answer| answer.unwrap().usage.cached_tokens);
    cached.sort_unstable();
    assert!(cached[0] < 20 && cached[1] > 400, "{cached:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_computation_that_is_called_off_does_it() {
    let engine = Setup::with(SMOLLM).start();
    answer(&engine, ask("Hi", 1)).await.unwrap();
    let mut leader = engine.chat(question(Some("anna"), "Ada", RIVER));
    while !matches!(leader.next().await.unwrap().unwrap(), ChatEvent::Started(_)) {}
    let follower = answer(&engine, question(Some("bert"), "Ada", FRANCE));
    let (answered, ()) = tokio::join!(follower, async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(leader);
    });
    assert!(answered.unwrap().usage.output_tokens > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_gives_the_same_text_whatever_was_computed_before() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    let request = || {
        let mut request = question(Some("anna"), "Ada", RIVER);
        request.sampling.temperature = 1.2;
        request.sampling.seed = Some(11);
        request.sampling.max_tokens = Some(60);
        request
    };
    let cold = answer(&engine, request()).await.unwrap();
    let known = answer(&engine, request()).await.unwrap();
    assert!(known.usage.cached_tokens > 400);
    assert_eq!(known.text, cold.text);
    wait_for_disk(&engine, 3).await;
    engine.shut_down().await;
    let next = start(folder.path());
    assert_eq!(answer(&next, request()).await.unwrap().text, cold.text);
    // On a machine that has found another pace.
    let other = Setup::with(SMOLLM).start();
    for seed in 0..2 {
        answer(&other, question(None, &format!("Eve {seed}"), FRANCE)).await.unwrap();
    }
    assert_eq!(answer(&other, request()).await.unwrap().text, cold.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_killed_leaves_what_it_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    cached(&engine, question(Some("anna"), "Ada", "What is a hill?")).await;
    wait_for_disk(&engine, 2).await;
    let mut stream = engine.chat(ask_long());
    until_text(&mut stream).await;
    rustix::process::kill_process(worker_process(&engine), rustix::process::Signal::KILL).unwrap();
    assert!(collect(stream).await.is_err());
    assert!(cached(&engine, question(Some("bert"), "Ada", "What is a hill?")).await > 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_goes_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    let request = || question(Some("anna"), "Ada", RIVER);
    let warm = cached(&engine, question(Some("bert"), "Ada", "x")).await;
    assert_eq!(warm, 0);
    cached(&engine, request()).await;
    wait_for_disk(&engine, 3).await;
    let before = files(folder.path()).len();
    engine.forget("anna");
    eventually("the files are gone", || files(folder.path()).len() < before).await;
    let agent = cached(&engine, question(Some("bert"), "Ada", "y")).await;
    assert_eq!(cached(&engine, request()).await, agent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_refuses_costs_nothing_but_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not a folder");
    std::fs::write(&file, b"").unwrap();
    let engine = start(&file);
    cached(&engine, question(Some("anna"), "Ada", "What is a hill?")).await;
    assert!(cached(&engine, question(Some("bert"), "Ada", "What is a hill?")).await > 400);
}

//! Workers that are killed again and again, at any moment, while three members ask one question after the other.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use engine::Engine;
use ports::{ChatMessage, ChatRequest, PortErrorKind};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use stdx::{Clock, Rng, SeededRng, SystemClock};
use wire::{ErrorCode, FinishReason, Role};

use crate::support::{SMOLLM, Setup, answer, ask, eventually};

const KILLS: u32 = 100;

/// A number below `limit`.
fn below(dice: &SeededRng, limit: u64) -> u64 {
    let mut word = [0; 8];
    dice.fill(&mut word);
    u64::from_le_bytes(word) % limit
}

fn start(folder: &Path) -> Engine {
    let mut setup = Setup::with(SMOLLM).cache(folder);
    setup.limits.backoff = Duration::from_millis(50);
    setup.start()
}

/// A question of one member to an agent, short or long, with a short or long answer.
fn question(member: u64, dice: &SeededRng) -> ChatRequest {
    let words = ["river", "stone", "house", "winter", "music", "bread"];
    let text = words.map(|word| word.repeat(usize::try_from(below(dice, 8)).unwrap()) + " ").concat();
    let tokens = u32::try_from(1 + below(dice, 16)).unwrap();
    let mut request = ask(&text, tokens);
    let content = format!("You are Ada. {}", "Be brief, be kind and say nothing that is not so. ".repeat(12));
    request.messages.insert(0, ChatMessage::text(Role::System, content));
    ChatRequest { scope: Some(member.to_string()), fixed_messages: 1, ..request }
}

/// Asks until it is told to stop; returns how many questions were answered. A question that a kill has cost its answer is
/// told so by one error and can be asked again.
async fn member(engine: &Engine, number: u64, ends: &AtomicBool) -> u32 {
    let dice = SeededRng::new(number);
    let mut answered = 0;
    while !ends.load(Ordering::Relaxed) {
        let request = question(number, &dice);
        match answer(engine, request).await {
            Ok(answer) => {
                assert!(matches!(answer.reason, FinishReason::Stop | FinishReason::Length));
                answered += 1;
            }
            Err(error) => {
                assert_eq!((error.code, error.kind), (ErrorCode::EngineFailed, PortErrorKind::Retry));
            }
        }
    }
    answered
}

/// Kills the worker at random moments, wherever it is; most within the time of some `typical` answers.
async fn killer(engine: &Engine, typical: Duration, kills: &AtomicU32, ends: &AtomicBool) {
    let most = u64::try_from(typical.as_millis()).unwrap() * 6 + 1;
    let dice = SeededRng::new(100);
    for _ in 0..KILLS {
        eventually("a worker is there", || !engine.resident().is_empty()).await;
        tokio::time::sleep(Duration::from_millis(below(&dice, most))).await;
        let process = engine.resident().first().and_then(|loaded| loaded.process);
        let Some(process) = process.and_then(|process| Pid::from_raw(i32::try_from(process).unwrap())) else {
            continue;
        };
        kill_process(process, Signal::KILL).unwrap();
        kills.fetch_add(1, Ordering::Relaxed);
        eventually("the worker is gone", || test_kill_process(process).is_err()).await;
    }
    ends.store(true, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_kills_under_load_cost_only_the_answers_they_hit() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    let check = || {
        let request = question(9, &SeededRng::new(9));
        ChatRequest { sampling: ports::Sampling { max_tokens: Some(24), ..request.sampling }, ..request }
    };
    let before = answer(&engine, check()).await.unwrap();
    let clock = SystemClock::new();
    let begun = clock.monotonic();
    answer(&engine, question(8, &SeededRng::new(8))).await.unwrap();
    let typical = clock.monotonic() - begun;
    let (kills, ends) = (AtomicU32::new(0), AtomicBool::new(false));
    let (one, two, three, ()) = tokio::join!(
        member(&engine, 1, &ends),
        member(&engine, 2, &ends),
        member(&engine, 3, &ends),
        killer(&engine, typical, &kills, &ends),
    );
    let kills = kills.load(Ordering::Relaxed);
    assert!(kills > KILLS / 2, "{kills} kills hit");
    assert!(one + two + three > KILLS / 10, "{one}, {two} and {three} answers");
    // What the dead have left on the disk is sound, and serves the next.
    let after = answer(&engine, check()).await.unwrap();
    assert_eq!(after.text, before.text);
    assert!(after.usage.cached_tokens > 0);
    engine.shut_down().await;
    assert!(engine.resident().is_empty());
}

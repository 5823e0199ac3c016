//! Workers that are killed again and again, at any moment, while three members ask one question after the other.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine::Engine;
use ports::{ChatEvent, ChatMessage, ChatModel, ChatRequest, PortErrorKind, Sampling};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use stdx::{Rng, SeededRng};
use wire::{ErrorCode, Role};

use crate::support::{SMOLLM, Setup, answer, ask, eventually, next};

const KILLS: u64 = 100;
/// A worker lives for so many events of answers at most.
const LIFE: u64 = 24;

/// What members and killer know of each other.
#[derive(Debug, Default)]
struct Scene {
    events: AtomicU64,
    answered: AtomicU64,
    kills: AtomicU64,
    ends: AtomicBool,
}

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
    let text = words.map(|word| word.repeat(usize::try_from(below(dice, 6)).unwrap()) + " ").concat();
    let mut request = ask(&text, u32::try_from(1 + below(dice, 16)).unwrap());
    let content = format!("You are Ada. {}", "Be brief, be kind and say nothing that is not so. ".repeat(2));
    request.messages.insert(0, ChatMessage::text(Role::System, content));
    ChatRequest { scope: Some(member.to_string()), fixed_messages: 1, ..request }
}

/// Asks until it is told to stop. A question that a kill has cost its answer is told so by one error and can be asked
/// again.
async fn member(engine: &Engine, number: u64, scene: &Scene) {
    let dice = SeededRng::new(number);
    while !scene.ends.load(Ordering::Relaxed) {
        let mut stream = engine.chat(question(number, &dice));
        let mut last = None;
        while let Some(event) = next(&mut stream).await {
            assert!(last.is_none(), "nothing follows the end");
            scene.events.fetch_add(1, Ordering::Relaxed);
            match event {
                Ok(ChatEvent::Done { .. }) => last = Some(true),
                Ok(_) => {}
                Err(error) => {
                    assert_eq!((error.code, error.kind), (ErrorCode::EngineFailed, PortErrorKind::Retry));
                    last = Some(false);
                }
            }
        }
        scene.answered.fetch_add(u64::from(last.unwrap()), Ordering::Relaxed);
    }
}

/// Kills the worker wherever it is, after some more events.
async fn killer(engine: &Engine, scene: &Scene) {
    let dice = SeededRng::new(100);
    for _ in 0..KILLS {
        eventually("a worker is there", || !engine.resident().is_empty()).await;
        let goal = scene.events.load(Ordering::Relaxed) + below(&dice, LIFE);
        eventually("answers go on", || scene.events.load(Ordering::Relaxed) >= goal).await;
        tokio::time::sleep(Duration::from_millis(below(&dice, 30))).await;
        let process = engine.resident().first().and_then(|loaded| loaded.process);
        let Some(process) = process.and_then(|process| Pid::from_raw(i32::try_from(process).unwrap())) else {
            continue;
        };
        kill_process(process, Signal::KILL).unwrap();
        scene.kills.fetch_add(1, Ordering::Relaxed);
        eventually("the worker is gone", || test_kill_process(process).is_err()).await;
    }
    scene.ends.store(true, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_kills_under_load_cost_only_the_answers_they_hit() {
    let folder = tempfile::tempdir().unwrap();
    let engine = start(folder.path());
    let check = || {
        let request = question(9, &SeededRng::new(9));
        ChatRequest { sampling: Sampling { max_tokens: Some(24), ..request.sampling }, ..request }
    };
    let before = answer(&engine, check()).await.unwrap();
    let scene = Scene::default();
    tokio::join!(
        member(&engine, 1, &scene),
        member(&engine, 2, &scene),
        member(&engine, 3, &scene),
        killer(&engine, &scene),
    );
    let [kills, answered] = [&scene.kills, &scene.answered].map(|count| count.load(Ordering::Relaxed));
    assert!(kills > KILLS * 9 / 10, "{kills} kills hit");
    assert!(answered > KILLS / 10, "{answered} answers");
    // What the dead have left on the disk is sound, and serves the next.
    let after = answer(&engine, check()).await.unwrap();
    assert_eq!(after.text, before.text);
    assert!(after.usage.cached_tokens > 0);
    engine.shut_down().await;
    assert!(engine.resident().is_empty());
}

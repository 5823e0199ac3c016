//! A model that plays scripts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::stream;
use ports::{ChatModel, ChatRequest, ChatStream};
use tokio::sync::watch;

use crate::events::in_time;
use crate::script::{Script, Step};

/// A model that plays one script for each request. Clones are the same model.
#[derive(Clone, Debug)]
pub struct ScriptedModel {
    stage: Arc<Stage>,
}

#[derive(Debug)]
struct Stage {
    next: Mutex<VecDeque<Script>>,
    usual: Mutex<Script>,
    requests: Mutex<Vec<ChatRequest>>,
    forgotten: Mutex<Vec<String>>,
    counts: watch::Sender<Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    asked: usize,
    ended: usize,
    aborted: usize,
}

impl ScriptedModel {
    /// A model that says "Hello", " there." to everything.
    pub fn new() -> Self {
        Self {
            stage: Arc::new(Stage {
                next: Mutex::default(),
                usual: Mutex::new(Script::says(["Hello", " there."])),
                requests: Mutex::default(),
                forgotten: Mutex::default(),
                counts: watch::Sender::new(Counts::default()),
            }),
        }
    }

    /// What it does with the next request that has no script yet; scripts are played in the order they came in.
    pub fn next(&self, script: Script) {
        lock(&self.stage.next).push_back(script);
    }

    /// What it does when no script is left.
    pub fn always(&self, script: Script) {
        *lock(&self.stage.usual) = script;
    }

    /// The scopes whose computed prompts were to be dropped, in order.
    pub fn forgotten(&self) -> Vec<String> {
        lock(&self.stage.forgotten).clone()
    }

    /// All requests so far.
    pub fn requests(&self) -> Vec<ChatRequest> {
        lock(&self.stage.requests).clone()
    }

    /// The request that came last.
    pub fn last_request(&self) -> ChatRequest {
        self.requests().pop().unwrap()
    }

    /// Waits until so many requests have come.
    pub async fn asked(&self, times: usize) {
        self.counted(|counts| counts.asked >= times).await;
    }

    /// Waits until so many streams were dropped before their script was over.
    pub async fn aborted(&self, times: usize) {
        self.counted(|counts| counts.aborted >= times).await;
    }

    /// How many streams were dropped before their script was over.
    pub fn aborted_so_far(&self) -> usize {
        self.stage.counts.borrow().aborted
    }

    /// Waits until so many scripts were played to their end.
    pub async fn ended(&self, times: usize) {
        self.counted(|counts| counts.ended >= times).await;
    }

    async fn counted(&self, is_reached: impl Fn(&Counts) -> bool + Send) {
        let mut counts = self.stage.counts.subscribe();
        in_time("the model", counts.wait_for(|counts| is_reached(counts))).await.unwrap();
    }
}

impl Default for ScriptedModel {
    fn default() -> Self {
        Self::new()
    }
}

impl ChatModel for ScriptedModel {
    fn chat(&self, request: ChatRequest) -> ChatStream {
        let script = lock(&self.stage.next).pop_front().unwrap_or_else(|| lock(&self.stage.usual).clone());
        lock(&self.stage.requests).push(request);
        self.stage.counts.send_modify(|counts| counts.asked += 1);
        let play = Play { steps: script.steps, stage: Arc::clone(&self.stage) };
        // `unfold` panics when it is polled after its end: whoever does that has a mistake to be found.
        Box::pin(stream::unfold(play, async |mut play| {
            loop {
                match play.steps.front()?.clone() {
                    Step::Wait(gate) => gate.pass().await,
                    Step::Pause(pause) => tokio::time::sleep(pause).await,
                    Step::Hang => std::future::pending::<()>().await,
                    Step::Emit(item) => {
                        play.steps.pop_front();
                        return Some((item, play));
                    }
                }
                play.steps.pop_front();
            }
        }))
    }

    fn forget(&self, scope: &str) {
        lock(&self.stage.forgotten).push(scope.to_owned());
    }
}

/// A script being played; notices when nobody listens any more.
struct Play {
    steps: VecDeque<Step>,
    stage: Arc<Stage>,
}

impl Drop for Play {
    fn drop(&mut self) {
        let is_over = self.steps.is_empty();
        self.stage.counts.send_modify(|counts| {
            if is_over {
                counts.ended += 1;
            } else {
                counts.aborted += 1;
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

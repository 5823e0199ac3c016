//! The task that looks after one model: starts its worker, hands requests over, watches, restarts.

use std::collections::BTreeMap;
use std::future::Future;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use ports::{CacheUse, ChatEvent, PortError, PortErrorKind};
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use wire::ErrorCode;

use crate::child::WorkerChild;
use crate::client::LoadedModel;
use crate::config::EngineConfig;
use crate::launch;
use crate::poison::{Fingerprint, PoisonList};
use crate::protocol::{FromWorker, Generate, Loaded, ToWorker};
use crate::status::{HostStatus, Place};
use crate::watch::{TICK, Verdict, Watch};

/// What a client wants.
#[derive(Debug)]
pub(crate) enum Command {
    Chat(Box<Call>),
    Cancel { id: u64 },
    Forget { scope: String },
    Unload(oneshot::Sender<()>),
}

/// One request and who waits for it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) generate: Generate,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) events: mpsc::UnboundedSender<Result<ChatEvent, PortError>>,
    pub(crate) place: Place,
}

/// A request that was accepted.
#[derive(Debug)]
struct Pending {
    fingerprint: Fingerprint,
    events: mpsc::UnboundedSender<Result<ChatEvent, PortError>>,
    /// What to send once the worker is ready; empty afterwards.
    unsent: Option<Generate>,
    started: bool,
    _place: Place,
}

type Launch = Pin<Box<dyn Future<Output = Result<WorkerChild, PortError>> + Send>>;

/// Looks after one model.
pub(crate) struct Host {
    model: String,
    config: EngineConfig,
    status: Arc<HostStatus>,
    pending: BTreeMap<u64, Pending>,
    launching: Option<Launch>,
    worker: Option<WorkerChild>,
    watch: Watch,
    poison: PoisonList,
    /// Crashes since the last answer.
    crashes: u32,
}

/// What woke the host.
enum Wake {
    Command(Option<Command>),
    Launched(Result<WorkerChild, PortError>),
    Frame(Option<FromWorker>),
    Tick,
}

impl Host {
    pub(crate) fn new(model: String, config: EngineConfig, status: Arc<HostStatus>) -> Self {
        Self {
            watch: Watch::new(&config.limits),
            model,
            config,
            status,
            pending: BTreeMap::new(),
            launching: None,
            worker: None,
            poison: PoisonList::default(),
            crashes: 0,
        }
    }

    /// Works until nobody can send commands any more; the worker ends with it.
    pub(crate) async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) {
        let mut ticks = tokio::time::interval(TICK);
        // After a pause of this whole process one tick must not stand for many.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wake = tokio::select! {
                // Frames come before ticks: what a worker has said counts before its silence.
                biased;
                command = commands.recv() => Wake::Command(command),
                launched = maybe(self.launching.as_mut()) => Wake::Launched(launched),
                frame = next_frame(&mut self.worker) => Wake::Frame(frame),
                _ = ticks.tick() => Wake::Tick,
            };
            match wake {
                Wake::Command(None) => break,
                Wake::Command(Some(command)) => self.obey(command).await,
                Wake::Launched(result) => self.launched(result),
                Wake::Frame(Some(frame)) => self.handle(frame).await,
                Wake::Frame(None) => self.crashed("it ended").await,
                Wake::Tick => self.look().await,
            }
        }
        self.status.set_loaded(None);
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Chat(call) => self.accept(*call),
            Command::Cancel { id } => {
                if self.pending.remove(&id).is_some_and(|pending| pending.unsent.is_none()) {
                    self.tell(&ToWorker::Cancel { id });
                }
            }
            Command::Forget { scope } => self.tell(&ToWorker::Forget { scope }),
            Command::Unload(done) => {
                self.launching = None;
                self.fail_all(&engine_failed("The model was unloaded while it answered."));
                self.unload().await;
                // An error means that nobody waits for it.
                let _ = done.send(());
            }
        }
    }

    fn accept(&mut self, call: Call) {
        let now = self.config.clock.monotonic();
        if self.poison.refuses(call.fingerprint, now) {
            let detail =
                "The model stopped working twice while it computed this request; it is not tried again.";
            let error = PortError::new(PortErrorKind::Refused, ErrorCode::EngineFailed, detail);
            // An error means that nobody listens.
            let _ = call.events.send(Err(error));
            return;
        }
        let id = call.generate.id;
        let mut pending = Pending {
            fingerprint: call.fingerprint,
            events: call.events,
            unsent: Some(call.generate),
            started: false,
            _place: call.place,
        };
        if self.watch.is_ready() {
            self.submit(id, &mut pending);
        } else {
            let _ = pending.events.send(Ok(ChatEvent::Loading));
        }
        if !pending.events.is_closed() {
            self.pending.insert(id, pending);
        }
        if self.worker.is_none() && self.launching.is_none() && !self.pending.is_empty() {
            let pause = self.pause();
            self.launching = Some(Box::pin(launch::launch(self.config.clone(), self.model.clone(), pause)));
        }
    }

    /// How long to wait before the next start: doubles with every crash in a row.
    fn pause(&self) -> Duration {
        match self.crashes {
            0 => Duration::ZERO,
            n => Duration::from_millis(250)
                .saturating_mul(1_u32.checked_shl(n - 1).unwrap_or(u32::MAX))
                .min(self.config.limits.backoff),
        }
    }

    fn launched(&mut self, result: Result<WorkerChild, PortError>) {
        self.launching = None;
        match result {
            Ok(worker) => {
                tracing::info!(model = %self.model, process = worker.process(), "A worker loads a model.");
                self.worker = Some(worker);
                self.watch.started();
            }
            Err(error) => {
                tracing::warn!(model = %self.model, %error, "A model cannot be loaded.");
                self.fail_all(&error);
            }
        }
    }

    async fn handle(&mut self, frame: FromWorker) {
        self.watch.heard();
        match frame {
            FromWorker::Loading | FromWorker::Pong { .. } => {}
            FromWorker::Heartbeat(heartbeat) => {
                self.watch.beat(heartbeat);
                self.status.set_cache(heartbeat.cache);
            }
            FromWorker::Ready { loaded } => self.ready(&loaded),
            FromWorker::Calibrated { way } => launch::keep(&self.config, &self.model, way),
            FromWorker::LoadFailed(failure) => {
                tracing::warn!(model = %self.model, detail = %failure.detail, "A model cannot be loaded.");
                self.fail_all(&PortError::new(failure.kind(), failure.code, failure.detail));
                self.unload().await;
            }
            FromWorker::Queued { id, position, wait_ms } => {
                self.emit(id, ChatEvent::Queued { position, wait: wait_ms.map(Duration::from_millis) });
            }
            FromWorker::Started { id } => {
                if let Some(pending) = self.pending.get_mut(&id) {
                    pending.started = true;
                }
                self.emit(id, ChatEvent::Started);
            }
            FromWorker::Logprobs { id, tokens } => self.emit(id, ChatEvent::Logprobs(tokens)),
            FromWorker::Text { id, text } => self.emit(id, ChatEvent::Text(text)),
            FromWorker::Reasoning { id, text } => self.emit(id, ChatEvent::Reasoning(text)),
            FromWorker::Call { id, index, name } => self.emit(id, ChatEvent::ToolCall { index, name }),
            FromWorker::Arguments { id, index, text } => {
                self.emit(id, ChatEvent::ToolArguments { index, text });
            }
            FromWorker::Done { id, reason, usage, timings } => {
                tracing::debug!(model = %self.model, request = id, ?usage, ?timings, "A request is done.");
                self.crashes = 0;
                self.emit(id, ChatEvent::Done { reason, usage });
                self.pending.remove(&id);
            }
            FromWorker::Failed { id, failure } => {
                if let Some(pending) = self.pending.remove(&id) {
                    let error = PortError::new(failure.kind(), failure.code, failure.detail);
                    let _ = pending.events.send(Err(error));
                }
            }
        }
    }

    fn ready(&mut self, loaded: &Loaded) {
        let memory = loaded.memory;
        tracing::info!(model = %self.model, load_ms = loaded.load_ms, threads = loaded.threads, "A model is loaded.");
        self.watch.ready();
        self.status.set_loaded(Some(LoadedModel {
            model: self.model.clone(),
            context_tokens: loaded.context_tokens,
            threads: loaded.threads,
            memory_bytes: memory.weights + memory.kv + memory.compute,
            process: self.worker.as_ref().and_then(WorkerChild::process),
            cache: CacheUse::default(),
        }));
        let mut waiting = std::mem::take(&mut self.pending);
        for (id, pending) in &mut waiting {
            self.submit(*id, pending);
        }
        waiting.retain(|_, pending| !pending.events.is_closed());
        self.pending = waiting;
        for messages in self.config.prompts.of(&self.model) {
            self.tell(&ToWorker::Warm { messages });
        }
    }

    /// Hands a request to the worker.
    fn submit(&self, id: u64, pending: &mut Pending) {
        let (Some(worker), Some(generate)) = (&self.worker, pending.unsent.take()) else { return };
        if worker.send(&ToWorker::Generate(Box::new(generate))).is_err() {
            tracing::debug!(model = %self.model, request = id, "A request is too large.");
            let error =
                PortError::new(PortErrorKind::Bad, ErrorCode::TooLarge, "The conversation is too large.");
            let _ = pending.events.send(Err(error));
        }
    }

    fn emit(&self, id: u64, event: ChatEvent) {
        if let Some(pending) = self.pending.get(&id) {
            // An error means that the client is just leaving; its cancel is on the way.
            let _ = pending.events.send(Ok(event));
        }
    }

    fn tell(&self, frame: &ToWorker) {
        if let Some(worker) = &self.worker {
            // Only a request can be too large.
            let _ = worker.send(frame);
        }
    }

    fn fail_all(&mut self, error: &PortError) {
        for (_, pending) in std::mem::take(&mut self.pending) {
            let _ = pending.events.send(Err(error.clone()));
        }
    }

    /// Once every half second.
    async fn look(&mut self) {
        let verdict = self.watch.tick(self.worker.is_some(), !self.pending.is_empty());
        match verdict {
            Verdict::Fine => {}
            Verdict::Idle => {
                tracing::info!(model = %self.model, "An idle model is unloaded.");
                self.unload().await;
            }
            Verdict::Broken(reason) => self.crashed(reason).await,
        }
    }

    async fn unload(&mut self) {
        self.status.set_loaded(None);
        self.watch.ended();
        self.tell(&ToWorker::Shutdown);
        if let Some(worker) = self.worker.take() {
            worker.end(Duration::from_millis(500)).await;
        }
    }

    /// The worker is gone or of no use any more.
    async fn crashed(&mut self, reason: &'static str) {
        let Some(worker) = self.worker.take() else { return };
        self.status.set_loaded(None);
        self.watch.ended();
        self.crashes = self.crashes.saturating_add(1);
        let started: Vec<Fingerprint> = self
            .pending
            .values()
            .filter(|pending| pending.started)
            .map(|pending| pending.fingerprint)
            .collect();
        self.fail_all(&engine_failed("The model stopped working; it is being restarted."));
        let log = worker.last_words();
        let hung = reason != "it ended";
        let patience = if hung { Duration::ZERO } else { Duration::from_millis(500) };
        let status = worker.end(patience).await;
        tracing::error!(model = %self.model, reason, ?status, log, "A worker broke.");
        if hung || is_own_fault(status) {
            let now = self.config.clock.monotonic();
            for fingerprint in started {
                self.poison.blame(fingerprint, now);
            }
        }
    }
}

fn engine_failed(detail: &str) -> PortError {
    PortError::new(PortErrorKind::Retry, ErrorCode::EngineFailed, detail)
}

/// True when the process broke by itself. A SIGKILL or SIGTERM came from outside: the requests are not to blame,
/// since all memory is taken before the first of them runs.
fn is_own_fault(status: Option<ExitStatus>) -> bool {
    const FROM_OUTSIDE: [i32; 4] = [1, 2, 9, 15];
    match status.map(|status| status.signal()) {
        Some(Some(signal)) => !FROM_OUTSIDE.contains(&signal),
        Some(None) => true,
        None => false,
    }
}

async fn maybe(launch: Option<&mut Launch>) -> Result<WorkerChild, PortError> {
    match launch {
        Some(launch) => launch.await,
        None => std::future::pending().await,
    }
}

async fn next_frame(worker: &mut Option<WorkerChild>) -> Option<FromWorker> {
    match worker {
        Some(worker) => worker.next().await,
        None => std::future::pending().await,
    }
}

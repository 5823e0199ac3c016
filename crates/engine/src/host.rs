//! The task that looks after one model: starts its worker, hands requests over, watches, restarts.

use std::future::Future;
use std::os::unix::process::ExitStatusExt;
use std::pin::Pin;
use std::process::ExitStatus;
use std::sync::{Arc, Weak};
use std::time::Duration;

use ports::{CacheUse, ChatEvent, Guesses, PortError, PortErrorKind};
use tokio::sync::{mpsc, oneshot};
use tokio::time::MissedTickBehavior;
use wire::ErrorCode;

use crate::child::WorkerChild;
use crate::client::LoadedModel;
use crate::config::EngineConfig;
use crate::launch::{self, Launched};
use crate::pending::{Event, Events, PendingRequests};
use crate::poison::{Fingerprint, PoisonList};
use crate::protocol::{FromWorker, Loaded, ToWorker};
use crate::residents::Residents;
use crate::room::Promise;
use crate::status::{HostStatus, Phase, Place};
use crate::watch::{TICK, Verdict, Watch};

/// What a client wants.
#[derive(Debug)]
pub(crate) enum Command {
    Ask(Box<Call>),
    Cancel {
        id: u64,
    },
    /// Drop what was computed for a scope.
    Forget {
        scope: String,
    },
    /// Bring the model into memory ahead of its first request.
    Load,
    /// Give the memory back, whoever waits for an answer.
    Unload(oneshot::Sender<()>),
    /// Give the memory back if nobody needs the model now.
    MakeWay(oneshot::Sender<()>),
}

/// One request and who waits for it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) request: ToWorker,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) events: Events,
    pub(crate) place: Place,
}

type Launch = Pin<Box<dyn Future<Output = Result<Launched, PortError>> + Send>>;

/// Looks after one model.
pub(crate) struct Host {
    model: String,
    config: EngineConfig,
    /// The others; gone when the engine is.
    residents: Weak<Residents>,
    status: Arc<HostStatus>,
    pending: PendingRequests,
    launching: Option<Launch>,
    worker: Option<WorkerChild>,
    /// Memory that is kept free while the model is loaded.
    promise: Option<Promise>,
    watch: Watch,
    poison: PoisonList,
    /// Crashes since the last answer.
    crashes: u32,
    /// A faster way of computing was found out since the model was loaded.
    is_outdated: bool,
}

/// What woke the host.
enum Wake {
    Command(Option<Command>),
    Launched(Result<Launched, PortError>),
    Frame(Option<FromWorker>),
    Tick,
}

impl Host {
    pub(crate) fn new(model: String, residents: &Arc<Residents>, status: Arc<HostStatus>) -> Self {
        let config = residents.config.clone();
        Self {
            watch: Watch::new(&config.limits),
            model,
            config,
            residents: Arc::downgrade(residents),
            status,
            pending: PendingRequests::default(),
            launching: None,
            worker: None,
            promise: None,
            poison: PoisonList::default(),
            crashes: 0,
            is_outdated: false,
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
        self.status.set_phase(Phase::Absent);
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Ask(call) => self.accept(*call),
            Command::Cancel { id } => {
                if self.pending.cancel(id) {
                    self.tell(&ToWorker::Cancel { id });
                }
            }
            Command::Forget { scope } => self.tell(&ToWorker::Forget { scope }),
            Command::Load => self.start(),
            Command::Unload(done) => {
                self.launching = None;
                self.pending.fail_all(&engine_failed("The model was unloaded while it answered."));
                self.unload().await;
                // An error means that nobody waits for it.
                let _ = done.send(());
            }
            Command::MakeWay(done) => {
                if self.watch.is_ready() && self.pending.is_empty() && !self.is_pinned() {
                    self.unload().await;
                }
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
        self.watch.asked();
        self.status.set_unused(self.watch.unused());
        let ready = self.worker.as_ref().filter(|_| self.watch.is_ready());
        self.pending.accept(call, ready);
        if !self.pending.is_empty() {
            self.start();
        }
    }

    /// Starts a worker, unless there is one or one is on its way.
    fn start(&mut self) {
        if self.worker.is_some() || self.launching.is_some() {
            return;
        }
        // Without the others the engine is shutting down.
        let Some(residents) = self.residents.upgrade() else { return };
        self.status.set_phase(Phase::Loading);
        self.launching = Some(Box::pin(launch::launch(residents, self.model.clone(), self.pause())));
    }

    fn is_pinned(&self) -> bool {
        self.residents.upgrade().is_some_and(|residents| residents.is_pinned(&self.model))
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

    fn launched(&mut self, result: Result<Launched, PortError>) {
        self.launching = None;
        match result {
            Ok(Launched { worker, promise }) => {
                tracing::info!(model = %self.model, process = worker.process(), "A worker loads a model.");
                self.worker = Some(worker);
                self.promise = Some(promise);
                self.watch.started();
            }
            Err(error) => {
                tracing::warn!(model = %self.model, %error, "A model cannot be loaded.");
                self.fail(error);
            }
        }
    }

    /// Whoever hears of the failure finds the state that goes with it.
    fn fail(&mut self, error: PortError) {
        self.status.set_phase(Phase::Failed(error.clone()));
        self.pending.fail_all(&error);
    }

    async fn handle(&mut self, frame: FromWorker) {
        self.watch.heard();
        match frame {
            FromWorker::Loading | FromWorker::Pong { .. } => {}
            FromWorker::Heartbeat(heartbeat) => {
                self.watch.beat(heartbeat);
                self.status.set_use(heartbeat.cache, heartbeat.guesses);
            }
            FromWorker::Ready { loaded } => self.ready(&loaded),
            FromWorker::Calibrated { way } => {
                self.is_outdated = launch::keep(&self.config, &self.model, way).await;
                self.renew().await;
            }
            FromWorker::LoadFailed(failure) => {
                tracing::warn!(model = %self.model, detail = %failure.detail, "A model cannot be loaded.");
                let error = PortError::new(failure.kind(), failure.code, failure.detail);
                self.unload().await;
                self.fail(error);
            }
            FromWorker::Queued { id, position, wait_ms } => {
                let wait = wait_ms.map(Duration::from_millis);
                self.pending.emit(id, ChatEvent::Queued { position, wait });
            }
            FromWorker::Started { id, usage } => self.pending.emit(id, ChatEvent::Started(usage)),
            FromWorker::Logprobs { id, tokens } => self.pending.emit(id, ChatEvent::Logprobs(tokens)),
            FromWorker::Text { id, text } => self.pending.emit(id, ChatEvent::Text(text)),
            FromWorker::Reasoning { id, text } => self.pending.emit(id, ChatEvent::Reasoning(text)),
            FromWorker::Encoded { id, index, values } => {
                self.pending.emit(id, Event::Encoded { index, values });
            }
            FromWorker::Call { id, index, name } => {
                self.pending.emit(id, ChatEvent::ToolCall { index, name });
            }
            FromWorker::Arguments { id, index, text } => {
                self.pending.emit(id, ChatEvent::ToolArguments { index, text });
            }
            FromWorker::Done { id, reason, usage, timings } => {
                tracing::debug!(model = %self.model, request = id, ?usage, ?timings, "A request is done.");
                self.crashes = 0;
                self.pending.end(id, Ok(ChatEvent::Done { reason, usage }));
            }
            FromWorker::Failed { id, failure } => {
                let error = PortError::new(failure.kind(), failure.code, failure.detail);
                self.pending.end(id, Err(error));
            }
        }
    }

    fn ready(&mut self, loaded: &Loaded) {
        let memory = loaded.memory;
        let isolation = loaded.isolation;
        tracing::info!(model = %self.model, load_ms = loaded.load_ms, threads = loaded.threads, %isolation, "A model is loaded.");
        self.watch.ready();
        self.promise = None;
        self.status.set_phase(Phase::Ready(LoadedModel {
            model: self.model.clone(),
            context_tokens: loaded.context_tokens,
            threads: loaded.threads,
            memory_bytes: memory.weights + memory.kv + memory.compute,
            process: self.worker.as_ref().and_then(WorkerChild::process),
            isolation: loaded.isolation,
            cache: CacheUse::default(),
            guesses: Guesses::default(),
        }));
        if let Some(worker) = &self.worker {
            self.pending.submit_all(worker);
        }
        for messages in self.config.prompts.of(&self.model) {
            self.tell(&ToWorker::Warm { messages });
        }
    }

    fn tell(&self, frame: &ToWorker) {
        if let Some(worker) = &self.worker {
            // Only a request can be too large.
            let _ = worker.send(frame);
        }
    }

    /// Once every half second.
    async fn look(&mut self) {
        let is_wanted = !self.pending.is_empty() || self.is_pinned();
        let verdict = self.watch.tick(self.worker.is_some(), is_wanted);
        self.status.set_unused(self.watch.unused());
        match verdict {
            Verdict::Fine => self.renew().await,
            Verdict::Idle => {
                tracing::info!(model = %self.model, "An idle model is unloaded.");
                self.unload().await;
            }
            Verdict::Broken(reason) => self.crashed(reason).await,
        }
    }

    /// Loads the model again, to compute in a way that was found out to be faster, once nobody waits for an answer.
    async fn renew(&mut self) {
        if self.is_outdated && self.watch.is_ready() && self.pending.is_empty() {
            self.unload().await;
            self.start();
        }
    }

    async fn unload(&mut self) {
        self.is_outdated = false;
        self.status.set_phase(Phase::Unloading);
        self.watch.ended();
        self.tell(&ToWorker::Shutdown);
        if let Some(worker) = self.worker.take() {
            worker.end(Duration::from_millis(500)).await;
        }
        self.promise = None;
        self.status.set_phase(Phase::Absent);
    }

    /// The worker is gone or of no use any more.
    async fn crashed(&mut self, reason: &'static str) {
        let Some(worker) = self.worker.take() else { return };
        self.promise = None;
        self.watch.ended();
        self.crashes = self.crashes.saturating_add(1);
        let started = self.pending.started();
        let error = engine_failed("The model stopped working; it is being restarted.");
        self.fail(error);
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
        // Others come back with the next request.
        if self.is_pinned() {
            self.start();
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

async fn maybe(launch: Option<&mut Launch>) -> Result<Launched, PortError> {
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

//! The server's side of the engine.

use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use ports::{CacheUse, ChatEvent, ChatModel, ChatRequest, ChatStream, PortError, PortErrorKind};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use wire::ErrorCode;

use crate::config::EngineConfig;
use crate::host::{Call, Command, Host};
use crate::poison::Fingerprint;
use crate::prefix;
use crate::request;
use crate::status::{HostStatus, Place};

/// Answers chats with the models of this machine. Clones share the workers; dropping the last one ends them.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<Shared>,
}

/// A model that is in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedModel {
    /// Its id.
    pub model: String,
    /// What one request may use, in tokens.
    pub context_tokens: u32,
    /// Threads that compute.
    pub threads: u32,
    /// Weights, context and working space as llama.cpp reports them, in bytes.
    pub memory_bytes: u64,
    /// The worker's process.
    pub process: Option<u32>,
    /// What is kept of computed prompts.
    pub cache: CacheUse,
}

struct Shared {
    config: EngineConfig,
    runtime: Handle,
    hosts: Mutex<HashMap<String, HostHandle>>,
    next_id: AtomicU64,
}

/// How to reach the task that looks after one model.
#[derive(Clone)]
struct HostHandle {
    commands: mpsc::UnboundedSender<Command>,
    status: Arc<HostStatus>,
}

impl HostHandle {
    /// Asks for the worker's end and tells when it is gone; nothing when the task is gone already.
    fn unload(&self) -> Option<oneshot::Receiver<()>> {
        let (done, ended) = oneshot::channel();
        self.commands.send(Command::Unload(done)).is_ok().then_some(ended)
    }
}

impl Engine {
    /// An engine without any model in memory.
    ///
    /// # Panics
    /// When called outside of a tokio runtime.
    pub fn new(config: EngineConfig) -> Self {
        let config = EngineConfig { settings: config.settings.bounded(), ..config };
        let hosts = Mutex::default();
        Self {
            shared: Arc::new(Shared {
                config,
                runtime: Handle::current(),
                hosts,
                next_id: AtomicU64::new(1),
            }),
        }
    }

    /// The models in memory, by id.
    pub fn resident(&self) -> Vec<LoadedModel> {
        let mut loaded: Vec<LoadedModel> =
            self.shared.hosts().values().filter_map(|host| host.status.loaded()).collect();
        loaded.sort_by(|a, b| a.model.cmp(&b.model));
        loaded
    }

    /// Ends the worker of a model. Requests that are being answered fail and may be repeated.
    pub async fn unload(&self, model: &str) {
        let host = self.shared.hosts().get(model).cloned();
        if let Some(ended) = host.as_ref().and_then(HostHandle::unload) {
            // An error means that the task is gone, and the worker with it.
            let _ = ended.await;
        }
    }

    /// Ends every worker and waits until their processes are gone: none outlives the server.
    pub async fn shut_down(&self) {
        let ending: Vec<_> = self.shared.hosts().values().filter_map(HostHandle::unload).collect();
        for ended in ending {
            let _ = ended.await;
        }
    }

    fn begin(
        &self,
        request: ChatRequest,
        events: &mpsc::UnboundedSender<Result<ChatEvent, PortError>>,
    ) -> Result<Cancel, PortError> {
        let mut generate = request::prepare(&request)?;
        let (host, place) = self.shared.admit(&request.model)?;
        let fingerprint = Fingerprint::of(&generate);
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        generate.id = id;
        if generate.sampling.seed.is_none() {
            let mut seed = [0; 4];
            self.shared.config.rng.fill(&mut seed);
            generate.sampling.seed = Some(u32::from_le_bytes(seed));
        }
        let call = Call { generate, fingerprint, events: events.clone(), place };
        host.commands.send(Command::Chat(Box::new(call))).map_err(|_| {
            PortError::new(PortErrorKind::Retry, ErrorCode::EngineFailed, "The engine is shutting down.")
        })?;
        Ok(Cancel { id, commands: host.commands })
    }
}

impl ChatModel for Engine {
    fn check(&self, request: &ChatRequest) -> Result<(), PortError> {
        request::prepare(request).map(drop)
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        let (events, receiver) = mpsc::unbounded_channel();
        let cancel = match self.begin(request, &events) {
            Ok(cancel) => Some(cancel),
            Err(error) => {
                // The receiver is held below: this cannot fail.
                let _ = events.send(Err(error));
                None
            }
        };
        Box::pin(CallStream { events: receiver, cancel })
    }

    fn loaded(&self) -> Vec<String> {
        self.resident().into_iter().map(|resident| resident.model).collect()
    }

    fn cache_use(&self) -> Vec<(String, CacheUse)> {
        self.resident().into_iter().map(|resident| (resident.model, resident.cache)).collect()
    }

    /// In the memory of the workers, and on disk also for models that are not loaded.
    fn forget(&self, scope: &str) {
        for host in self.shared.hosts().values() {
            // An error means that the task is gone, and its memory with it.
            let _ = host.commands.send(Command::Forget { scope: scope.to_owned() });
        }
        let Some(folder) = self.shared.config.cache.clone() else { return };
        let scope = scope.to_owned();
        self.shared.runtime.spawn_blocking(move || {
            if let Err(error) = prefix::forget(&folder, &scope) {
                tracing::warn!(%error, "Computed prompts cannot be removed.");
            }
        });
    }
}

impl Shared {
    fn hosts(&self) -> std::sync::MutexGuard<'_, HashMap<String, HostHandle>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The task of a model, started when there is none, and a place among its requests.
    fn admit(&self, model: &str) -> Result<(HostHandle, Place), PortError> {
        let mut hosts = self.hosts();
        hosts.retain(|name, host| name == model || host.status.is_needed());
        let host = hosts.entry(model.to_owned()).or_insert_with(|| {
            let (commands, receiver) = mpsc::unbounded_channel();
            let status = Arc::new(HostStatus::default());
            let host = Host::new(model.to_owned(), self.config.clone(), Arc::clone(&status));
            self.runtime.spawn(host.run(receiver));
            HostHandle { commands, status }
        });
        let limit = self.config.limits.requests;
        // Taken under the lock, so that a host with a request is never seen as unneeded.
        let place = host.status.take_place(limit).ok_or_else(|| {
            let detail = format!("{limit} requests already wait for this model.");
            PortError::new(PortErrorKind::Quota, ErrorCode::Overloaded, detail)
        })?;
        Ok((host.clone(), place))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Tells the host that nobody listens any more.
#[derive(Debug)]
struct Cancel {
    id: u64,
    commands: mpsc::UnboundedSender<Command>,
}

/// The events of one call.
#[derive(Debug)]
struct CallStream {
    events: mpsc::UnboundedReceiver<Result<ChatEvent, PortError>>,
    /// Present until the last event.
    cancel: Option<Cancel>,
}

impl Stream for CallStream {
    type Item = Result<ChatEvent, PortError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let event = self.events.poll_recv(context);
        if matches!(event, Poll::Ready(None | Some(Err(_) | Ok(ChatEvent::Done { .. })))) {
            self.cancel = None;
            self.events.close();
        }
        event
    }
}

impl Drop for CallStream {
    fn drop(&mut self) {
        if let Some(cancel) = self.cancel.take() {
            // An error means that the host is gone, and the request with it.
            let _ = cancel.commands.send(Command::Cancel { id: cancel.id });
        }
    }
}

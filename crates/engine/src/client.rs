//! The server's side of the engine.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use ports::{
    CacheUse, ChatEvent, ChatModel, ChatRequest, ChatStream, Guesses, Isolation, PortError, PortErrorKind,
};
use tokio::sync::mpsc;
use wire::ErrorCode;

use crate::adapters;
use crate::config::EngineConfig;
use crate::host::{Call, Command};
use crate::pending::{Event, Events};
use crate::poison::Fingerprint;
use crate::protocol::{Generate, ToWorker};
use crate::request;
use crate::residents::Residents;

/// Answers chats with the models of this machine. Clones share the workers; dropping the last one ends them.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) residents: Arc<Residents>,
    next_id: Arc<AtomicU64>,
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
    /// How far the worker is kept apart from the rest of the machine.
    pub isolation: Isolation,
    /// What is kept of computed prompts.
    pub cache: CacheUse,
    /// What became of its guesses.
    pub guesses: Guesses,
}

impl Engine {
    /// An engine without any model in memory.
    ///
    /// # Panics
    /// When called outside of a tokio runtime.
    pub fn new(config: EngineConfig) -> Self {
        let config = EngineConfig { settings: config.settings.bounded(), ..config };
        Self { residents: Arc::new(Residents::new(config)), next_id: Arc::new(AtomicU64::new(1)) }
    }

    /// The models in memory, by id.
    pub fn resident(&self) -> Vec<LoadedModel> {
        let statuses = self.residents.statuses();
        let mut loaded: Vec<LoadedModel> = statuses.iter().filter_map(|status| status.loaded()).collect();
        loaded.sort_by(|a, b| a.model.cmp(&b.model));
        loaded
    }

    /// Ends every worker and waits until their processes are gone: none outlives the server.
    pub async fn shut_down(&self) {
        for ended in self.residents.unload_all() {
            // An error means that the task is gone, and the worker with it.
            let _ = ended.await;
        }
    }

    fn prepare(&self, request: &ChatRequest) -> Result<Generate, PortError> {
        let adapter = adapters::resolve(self.residents.config.models.as_ref(), request)?;
        Ok(Generate { adapter, ..request::prepare(request)? })
    }

    fn begin(&self, request: ChatRequest) -> Result<CallStream, PortError> {
        let mut generate = self.prepare(&request)?;
        let fingerprint = Fingerprint::of(&generate);
        if generate.sampling.seed.is_none() {
            let mut seed = [0; 4];
            self.residents.config.rng.fill(&mut seed);
            generate.sampling.seed = Some(u32::from_le_bytes(seed));
        }
        self.call(&request.model, fingerprint, |id| {
            generate.id = id;
            ToWorker::Generate(Box::new(generate))
        })
    }

    /// Hands a request to the task of its model.
    pub(crate) fn call(
        &self,
        model: &str,
        fingerprint: Fingerprint,
        request: impl FnOnce(u64) -> ToWorker,
    ) -> Result<CallStream, PortError> {
        let (host, place) = self.residents.admit(model)?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (events, receiver) = mpsc::unbounded_channel();
        let call = Call { id, request: request(id), fingerprint, events, place };
        host.commands.send(Command::Ask(Box::new(call))).map_err(|_| {
            PortError::new(PortErrorKind::Retry, ErrorCode::EngineFailed, "The engine is shutting down.")
        })?;
        Ok(CallStream { events: receiver, cancel: Some(Cancel { id, commands: host.commands }) })
    }
}

impl ChatModel for Engine {
    fn check(&self, request: &ChatRequest) -> Result<(), PortError> {
        self.prepare(request).map(drop)
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        Box::pin(self.begin(request).unwrap_or_else(CallStream::failed))
    }

    fn forget(&self, scope: &str) {
        self.residents.forget(scope);
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
pub(crate) struct CallStream {
    events: mpsc::UnboundedReceiver<Result<Event, PortError>>,
    /// Present until the last event.
    cancel: Option<Cancel>,
}

impl CallStream {
    fn failed(error: PortError) -> Self {
        let (events, receiver): (Events, _) = mpsc::unbounded_channel();
        // The receiver is held: this cannot fail.
        let _ = events.send(Err(error));
        Self { events: receiver, cancel: None }
    }

    /// The next event; nothing after the last one.
    pub(crate) fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Event, PortError>>> {
        let event = self.events.poll_recv(context);
        if matches!(event, Poll::Ready(None | Some(Err(_) | Ok(Event::Chat(ChatEvent::Done { .. }))))) {
            self.cancel = None;
            self.events.close();
        }
        event
    }
}

impl Stream for CallStream {
    type Item = Result<ChatEvent, PortError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return match self.poll_event(context) {
                Poll::Ready(Some(Ok(Event::Chat(event)))) => Poll::Ready(Some(Ok(event))),
                Poll::Ready(Some(Ok(Event::Encoded { .. }))) => continue,
                Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            };
        }
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

//! The requests of one model that were accepted and not yet answered.

use std::collections::BTreeMap;

use ports::{ChatEvent, PortError, PortErrorKind};
use tokio::sync::mpsc;
use wire::ErrorCode;

use crate::child::WorkerChild;
use crate::host::Call;
use crate::poison::Fingerprint;
use crate::protocol::ToWorker;
use crate::status::Place;

/// What a request is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// How far it is; all that a chat is told.
    Chat(ChatEvent),
    /// What became of one of its texts.
    Encoded { index: usize, values: Vec<f32> },
}

impl From<ChatEvent> for Event {
    fn from(event: ChatEvent) -> Self {
        Self::Chat(event)
    }
}

/// Where a request is told of.
pub(crate) type Events = mpsc::UnboundedSender<Result<Event, PortError>>;

/// A request that was accepted.
#[derive(Debug)]
struct Pending {
    fingerprint: Fingerprint,
    events: Events,
    /// What to send once the worker is ready; empty afterwards.
    unsent: Option<ToWorker>,
    started: bool,
    _place: Place,
}

/// All requests of one model, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct PendingRequests(BTreeMap<u64, Pending>);

impl PendingRequests {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes a request in and hands it to the worker, or lets it wait for one.
    pub(crate) fn accept(&mut self, call: Call, ready: Option<&WorkerChild>) {
        let id = call.id;
        let mut pending = Pending {
            fingerprint: call.fingerprint,
            events: call.events,
            unsent: Some(call.request),
            started: false,
            _place: call.place,
        };
        match ready {
            Some(worker) => pending.submit(id, worker),
            None => pending.emit(Ok(ChatEvent::Loading.into())),
        }
        if !pending.events.is_closed() {
            self.0.insert(id, pending);
        }
    }

    /// Hands all that wait to the worker.
    pub(crate) fn submit_all(&mut self, worker: &WorkerChild) {
        self.0.retain(|id, pending| {
            pending.submit(*id, worker);
            !pending.events.is_closed()
        });
    }

    /// Forgets a request; true when the worker has it.
    pub(crate) fn cancel(&mut self, id: u64) -> bool {
        self.0.remove(&id).is_some_and(|pending| pending.unsent.is_none())
    }

    pub(crate) fn emit(&mut self, id: u64, event: impl Into<Event>) {
        if let Some(pending) = self.0.get_mut(&id) {
            let event = event.into();
            pending.started |= matches!(event, Event::Chat(ChatEvent::Started(_)));
            pending.emit(Ok(event));
        }
    }

    /// Tells a request its end.
    pub(crate) fn end(&mut self, id: u64, last: Result<ChatEvent, PortError>) {
        if let Some(pending) = self.0.remove(&id) {
            pending.emit(last.map(Event::Chat));
        }
    }

    pub(crate) fn fail_all(&mut self, error: &PortError) {
        for pending in std::mem::take(&mut self.0).into_values() {
            pending.emit(Err(error.clone()));
        }
    }

    /// What the worker was computing.
    pub(crate) fn started(&self) -> Vec<Fingerprint> {
        self.0.values().filter(|pending| pending.started).map(|pending| pending.fingerprint).collect()
    }
}

impl Pending {
    fn emit(&self, event: Result<Event, PortError>) {
        // An error means that the client is just leaving; its cancel is on the way.
        let _ = self.events.send(event);
    }

    fn submit(&mut self, id: u64, worker: &WorkerChild) {
        let Some(request) = self.unsent.take() else { return };
        if worker.send(&request).is_err() {
            tracing::debug!(request = id, "A request is too large.");
            self.emit(Err(PortError::new(
                PortErrorKind::Bad,
                ErrorCode::TooLarge,
                "The request is too large.",
            )));
        }
    }
}

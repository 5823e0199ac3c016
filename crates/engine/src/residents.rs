//! The models of an engine side by side: a task for each, pins, and room for one more.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use machine::{Machine, free_memory};
use ports::{PortError, PortErrorKind};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use wire::ErrorCode;

use crate::config::EngineConfig;
use crate::estimates::Estimates;
use crate::host::{Command, Host};
use crate::memory::MemoryEstimate;
use crate::room::{Decision, Idle, Promise, Promises, decide};
use crate::status::{HostStatus, Phase, Place};

/// All models that are in memory, on their way, or were asked for.
pub(crate) struct Residents {
    pub(crate) config: EngineConfig,
    pub(crate) estimates: Estimates,
    runtime: Handle,
    hosts: Mutex<HashMap<String, HostHandle>>,
    pins: Mutex<BTreeSet<String>>,
    promises: Promises,
    /// Held while it is decided who gets memory, so that no two models are given the same.
    turn: tokio::sync::Mutex<()>,
}

/// How to reach the task that looks after one model.
#[derive(Clone)]
pub(crate) struct HostHandle {
    pub(crate) commands: mpsc::UnboundedSender<Command>,
    pub(crate) status: Arc<HostStatus>,
}

impl Residents {
    /// Nobody yet.
    ///
    /// # Panics
    /// When called outside of a tokio runtime.
    pub(crate) fn new(config: EngineConfig) -> Self {
        Self {
            config,
            estimates: Estimates::default(),
            runtime: Handle::current(),
            hosts: Mutex::default(),
            pins: Mutex::default(),
            promises: Promises::default(),
            turn: tokio::sync::Mutex::default(),
        }
    }

    /// The task of a model, started when there is none, and a place among its requests.
    pub(crate) fn admit(self: &Arc<Self>, model: &str) -> Result<(HostHandle, Place), PortError> {
        let mut hosts = self.hosts();
        let host = self.host(&mut hosts, model);
        let limit = self.config.limits.requests;
        // Taken under the lock, so that a host with a request is never seen as unneeded.
        let place = host.status.take_place(limit).ok_or_else(|| {
            let detail = format!("{limit} requests already wait for this model.");
            PortError::new(PortErrorKind::Quota, ErrorCode::Overloaded, detail)
        })?;
        Ok((host, place))
    }

    /// Loads a model ahead of its first request.
    pub(crate) fn load(self: &Arc<Self>, model: &str) {
        let mut hosts = self.hosts();
        let host = self.host(&mut hosts, model);
        host.status.announce(Phase::Loading);
        // An error means that the engine is shutting down.
        let _ = host.commands.send(Command::Load);
    }

    /// Asks for the end of a model's worker and tells when it is gone; nothing when there is none.
    pub(crate) fn unload(&self, model: &str) -> Option<oneshot::Receiver<()>> {
        self.hosts().get(model).and_then(HostHandle::unload)
    }

    /// The same for all models.
    pub(crate) fn unload_all(&self) -> Vec<oneshot::Receiver<()>> {
        self.hosts().values().filter_map(HostHandle::unload).collect()
    }

    /// Drops what was computed for a scope, in the memory of the workers, and on disk also for models that are not loaded.
    pub(crate) fn forget(&self, scope: &str) {
        for host in self.hosts().values() {
            // An error means that the task is gone, and its memory with it.
            let _ = host.commands.send(Command::Forget { scope: scope.to_owned() });
        }
        let Some(folder) = self.config.cache.clone() else { return };
        let scope = scope.to_owned();
        self.runtime.spawn_blocking(move || {
            if let Err(error) = prefix::forget(&folder, &scope) {
                tracing::warn!(%error, "Computed prompts cannot be removed.");
            }
        });
    }

    /// How it stands with a model.
    pub(crate) fn status(&self, model: &str) -> Option<Arc<HostStatus>> {
        self.hosts().get(model).map(|host| Arc::clone(&host.status))
    }

    /// How it stands with all of them.
    pub(crate) fn statuses(&self) -> Vec<Arc<HostStatus>> {
        self.hosts().values().map(|host| Arc::clone(&host.status)).collect()
    }

    pub(crate) fn is_pinned(&self, model: &str) -> bool {
        self.pins().contains(model)
    }

    pub(crate) fn pin(&self, model: &str) {
        self.pins().insert(model.to_owned());
    }

    pub(crate) fn unpin(&self, model: &str) {
        self.pins().remove(model);
    }

    /// Bytes that models may still use: what the machine has, and what the operator grants. Blocks.
    pub(crate) fn free_bytes(&self) -> Option<u64> {
        let granted = self.config.limits.memory.map(|most| {
            let held = self.statuses().into_iter().filter_map(|status| status.loaded());
            most.saturating_sub(held.fold(0, |sum: u64, loaded| sum.saturating_add(loaded.memory_bytes)))
        });
        granted.into_iter().chain(free_memory(&Machine::default())).min()
    }

    /// Waits until a model has room, unloading idle ones if need be, the longest unused first. Models that answer are
    /// not held up by this: only others that are to be loaded wait for their turn.
    pub(crate) async fn make_room(
        self: &Arc<Self>,
        model: &str,
        estimate: &MemoryEstimate,
    ) -> Result<Promise, PortError> {
        loop {
            let next_end = self.promises.next_end();
            let turn = self.turn.lock().await;
            let residents = Arc::clone(self);
            let looked = tokio::task::spawn_blocking(move || residents.free_bytes()).await;
            let free = looked.ok().flatten();
            let idle = self.idle_beside(model);
            match decide(estimate.total(), free, self.promises.total(), &idle) {
                Decision::Fits => return Ok(self.promises.give(estimate.total())),
                Decision::Unload(victim) => self.make_way(&victim, model).await,
                Decision::Wait => {
                    drop(turn);
                    next_end.await;
                }
                Decision::Full => {
                    let reclaimable = idle.iter().fold(0, |sum: u64, one| sum.saturating_add(one.bytes));
                    return Err(estimate.refusal(free.unwrap_or(0).saturating_add(reclaimable)));
                }
            }
        }
    }

    /// Models in memory that nobody needs now, but for one that is being loaded.
    fn idle_beside(&self, model: &str) -> Vec<Idle> {
        let hosts = self.hosts();
        let others = hosts.iter().filter(|(name, host)| {
            name.as_str() != model && host.status.requests() == 0 && !self.is_pinned(name)
        });
        others
            .filter_map(|(name, host)| {
                let bytes = host.status.loaded()?.memory_bytes;
                Some(Idle { model: name.clone(), bytes, unused: host.status.unused() })
            })
            .collect()
    }

    async fn make_way(&self, victim: &str, model: &str) {
        let (done, made_way) = oneshot::channel();
        let commands = self.hosts().get(victim).map(|host| host.commands.clone());
        if commands.is_some_and(|commands| commands.send(Command::MakeWay(done)).is_ok()) {
            tracing::info!(model = victim, for_model = model, "An idle model makes way for another.");
            // An error means that its task is gone, and the model with it. One that was just asked stays.
            let _ = made_way.await;
        }
    }

    fn host(self: &Arc<Self>, hosts: &mut HashMap<String, HostHandle>, model: &str) -> HostHandle {
        hosts.retain(|name, host| name == model || host.status.is_needed());
        let host = hosts.entry(model.to_owned()).or_insert_with(|| {
            let (commands, receiver) = mpsc::unbounded_channel();
            let status = Arc::new(HostStatus::default());
            let host = Host::new(model.to_owned(), self, Arc::clone(&status));
            self.runtime.spawn(host.run(receiver));
            HostHandle { commands, status }
        });
        host.clone()
    }

    fn hosts(&self) -> MutexGuard<'_, HashMap<String, HostHandle>> {
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pins(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HostHandle {
    /// Asks for the worker's end and tells when it is gone; nothing when the task is gone already.
    fn unload(&self) -> Option<oneshot::Receiver<()>> {
        self.status.announce(Phase::Unloading);
        let (done, ended) = oneshot::channel();
        self.commands.send(Command::Unload(done)).is_ok().then_some(ended)
    }
}

impl fmt::Debug for Residents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Residents").field("config", &self.config).finish_non_exhaustive()
    }
}

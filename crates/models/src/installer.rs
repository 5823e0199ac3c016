use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::ModelSpec;
use stdx::Rng;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::disk::{Disk, SystemDisk};
use crate::error::PullError;
use crate::pip::PipOptions;
use crate::progress::{Meter, Progress};
use crate::pull::{self, Job};
use crate::retry::RetryPolicy;
use crate::store::{InstalledModel, ModelStore};

/// How pulls go about their work.
#[derive(Clone, Debug)]
pub struct InstallerOptions {
    /// The hub for sources of kind `hf`: its own address or that of a mirror; https, or http on this machine.
    pub hf_endpoint: String,
    /// The client for sources of kind `pip`.
    pub pip: PipOptions,
    /// When to try again.
    pub retry: RetryPolicy,
    /// Where the free space is asked.
    pub disk: Arc<dyn Disk>,
    /// For the jitter of pauses.
    pub rng: Arc<dyn Rng>,
}

impl InstallerOptions {
    /// The public hub, the `pip` of this machine, and patience.
    pub fn new(rng: Arc<dyn Rng>) -> Self {
        Self {
            hf_endpoint: "https://huggingface.co".to_owned(),
            pip: PipOptions::default(),
            retry: RetryPolicy::default(),
            disk: Arc::new(SystemDisk),
            rng,
        }
    }
}

/// Brings models onto this machine. Clones share their pulls.
#[derive(Clone, Debug)]
pub struct Installer {
    store: ModelStore,
    options: InstallerOptions,
    slots: Arc<Mutex<HashMap<String, Slot>>>,
}

/// What is remembered about a model that is not installed.
#[derive(Debug)]
enum Slot {
    Pulling(Pull),
    Failed(PullError),
}

/// How it stands with a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelState {
    /// Not here. Something may be left of an earlier pull; the next one goes on from there.
    Absent,
    /// Coming.
    Pulling(Progress),
    /// Here.
    Installed(InstalledModel),
    /// The last pull of this process ended so.
    Failed(PullError),
}

/// A running or finished pull. Clones see the same one; dropping them all does not stop it.
#[derive(Clone, Debug)]
pub struct Pull {
    progress: watch::Receiver<Progress>,
    outcome: watch::Receiver<Option<Result<InstalledModel, PullError>>>,
    cancel: CancellationToken,
}

impl Pull {
    /// How far it is, now and whenever it changes.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Asks it to stop. What was fetched is kept for the next pull.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// As [`PullError`] says.
    pub async fn done(&self) -> Result<InstalledModel, PullError> {
        let mut outcome = self.outcome.clone();
        match outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or(Err(PullError::Cancelled)),
            Err(_) => Err(PullError::Folder("the pull stopped without a word".to_owned())),
        }
    }

    fn is_over(&self) -> bool {
        self.outcome.borrow().is_some() || self.outcome.has_changed().is_err()
    }
}

impl Installer {
    /// An installer that fills `store`.
    pub fn new(store: ModelStore, options: InstallerOptions) -> Self {
        Self { store, options, slots: Arc::default() }
    }

    /// Where it puts the models.
    pub fn store(&self) -> &ModelStore {
        &self.store
    }

    /// How it stands with the model: on the disk, and in this process.
    pub fn state(&self, spec: &ModelSpec) -> ModelState {
        if let Some(Slot::Pulling(pull)) = self.slots().get(&spec.id)
            && !pull.is_over()
        {
            return ModelState::Pulling(pull.progress.borrow().clone());
        }
        if let Some(installed) = self.store.installed(spec) {
            return ModelState::Installed(installed);
        }
        match self.slots().get(&spec.id) {
            Some(Slot::Failed(error)) => ModelState::Failed(error.clone()),
            _ => ModelState::Absent,
        }
    }

    /// Begins a pull on the present tokio runtime, or joins the one that runs. To choose among the sources, hand in
    /// a spec with other `sources`.
    ///
    /// # Panics
    /// When it is called outside of a tokio runtime.
    pub fn pull(&self, spec: &ModelSpec) -> Pull {
        let mut slots = self.slots();
        if let Some(Slot::Pulling(pull)) = slots.get(&spec.id)
            && !pull.is_over()
            && !pull.cancel.is_cancelled()
        {
            return pull.clone();
        }
        let (progress, progress_seen) = watch::channel(Progress::start(spec.bytes));
        let (outcome, outcome_seen) = watch::channel(None);
        let cancel = CancellationToken::new();
        let pull = Pull { progress: progress_seen, outcome: outcome_seen, cancel: cancel.clone() };
        slots.insert(spec.id.clone(), Slot::Pulling(pull.clone()));
        drop(slots);

        let meter = Meter::new(Arc::clone(self.store.clock()), progress);
        let job = Job::new(spec.clone(), self.store.clone(), self.options.clone(), meter, cancel);
        let (slots, mine) = (Arc::clone(&self.slots), pull.clone());
        tokio::spawn(async move {
            let ended = pull::run(&job).await;
            let id = job.spec.id.clone();
            // The lock on the model's folder goes before anybody hears of the end.
            drop(job);
            settle(&slots, &id, &mine, &ended);
            outcome.send_replace(Some(ended));
        });
        pull
    }

    /// Asks the pull of this model to stop; true when there was one.
    pub fn cancel(&self, id: &str) -> bool {
        match self.slots().get(id) {
            Some(Slot::Pulling(pull)) if !pull.is_over() => {
                pull.cancel();
                true
            }
            _ => false,
        }
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        lock(&self.slots)
    }
}

fn lock(slots: &Mutex<HashMap<String, Slot>>) -> MutexGuard<'_, HashMap<String, Slot>> {
    slots.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Remembers a failure and forgets everything else, unless a newer pull has taken the place.
fn settle(
    slots: &Mutex<HashMap<String, Slot>>,
    id: &str,
    mine: &Pull,
    ended: &Result<InstalledModel, PullError>,
) {
    let mut slots = lock(slots);
    match slots.get(id) {
        Some(Slot::Pulling(other)) if other.outcome.same_channel(&mine.outcome) => {}
        _ => return,
    }
    match ended {
        Err(PullError::Cancelled) | Ok(_) => slots.remove(id),
        Err(error) => slots.insert(id.to_owned(), Slot::Failed(error.clone())),
    };
}

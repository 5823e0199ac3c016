//! The walls around a worker: C++ that reads what strangers wrote gets a model, three pipes, memory and threads, and
//! nothing else ([`restrict`]); what reads a stranger's document gets the pipes and a share of memory and time ([`shut_in`]).
//!
//! | wall | what it keeps out | file |
//! |---|---|---|
//! | limits of the process | core files, new privileges, looks from outside, many open files; of a reader, memory and time | `linux/process.rs` |
//! | Landlock | every file but the model, adapters, computed prompts and facts about the machine; signals to other processes | `linux/files.rs` |
//! | seccomp | sockets, programs, other processes, code made at run time, rare parts of the kernel | `linux/calls.rs` |
//!
//! The walls go up when the worker has one thread and has read nothing but its command line; threads inherit them, and
//! nothing takes them down again. Another file that a worker must read is a line in `files.rs`.

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
mod elsewhere;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod linux;

use std::path::Path;

use ports::Isolation;

#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
use elsewhere as system;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
use linux as system;

/// Shuts in the calling thread and every thread it starts from now on: they can read `model` and what is below
/// `adapters`, and read and write below `writable`. What the kernel does not offer is left out and told on the standard error.
pub fn restrict(model: &Path, adapters: Option<&Path>, writable: Option<&Path>) -> Isolation {
    let isolation = system::restrict(model, adapters, writable);
    if !isolation.is_complete() {
        eprintln!("The model is guarded by {isolation}.");
    }
    isolation
}

/// What a process that is shut in may use up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Bytes of address space, the program itself included.
    pub memory: u64,
    /// Seconds of computing, after which the process ends.
    pub seconds: u64,
}

/// Shuts in a process that needs nothing but its pipes: no file of its own, and no more memory and time than its share. What
/// the kernel does not offer is left out and told on the standard error.
pub fn shut_in(share: Share) -> Isolation {
    let isolation = system::shut_in(share);
    if !isolation.is_complete() {
        eprintln!("The document is guarded by {isolation}.");
    }
    isolation
}

/// Closes what the program that started this one left open beside the three standard pipes. To be called before this
/// process opens anything itself.
pub fn close_inherited() {
    system::close_inherited();
}

/// What the kernel of this machine offers to workers.
pub fn offered() -> Isolation {
    system::offered()
}

//! Limits of the process itself.
#![expect(unsafe_code, reason = "descriptors that nobody owns are closed by their numbers")]

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::set_no_new_privs;

use crate::Share;

/// The most files a worker has open: its pipes, the model, a file of the cache, and room to spare.
const FILES: u64 = 64;

/// Gives up what a worker never needs. Refusals are told and harmless: the process was never privileged.
pub(super) fn give_up_privileges() {
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let done = [
        ("new privileges", set_no_new_privs(true)),
        // What members said must not be read by a debugger of the same user, nor end up in a core file.
        ("being looked at", set_dumpable_behavior(DumpableBehavior::NotDumpable)),
        ("core files", setrlimit(Resource::Core, limit(0))),
        ("many open files", setrlimit(Resource::Nofile, limit(FILES))),
    ];
    for (what, result) in done {
        if let Err(error) = result {
            eprintln!("The process cannot give up {what}: {error}");
        }
    }
}

/// Takes no more than a share. Who needs more memory is refused it, who computes longer is ended.
pub(super) fn limit(share: Share) {
    let limit = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let done = [
        ("memory", setrlimit(Resource::As, limit(share.memory))),
        (
            "time",
            setrlimit(
                Resource::Cpu,
                Rlimit { current: Some(share.seconds), maximum: Some(share.seconds + 1) },
            ),
        ),
        ("files of any size", setrlimit(Resource::Fsize, limit(0))),
    ];
    for (what, result) in done {
        if let Err(error) = result {
            eprintln!("The process cannot be kept from taking {what}: {error}");
        }
    }
}

pub(in super::super) fn close_inherited() {
    // SAFETY: nothing in this process owns a descriptor above the standard ones yet. A kernel without the call (it came
    // with Linux 5.9) leaves them open.
    unsafe {
        libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32);
    }
}

//! The calls of the kernel a worker can make, by seccomp (seccomp(2)).
//!
//! What is forbidden fails with `EPERM` and does not end the process: a library that tries something unusual goes on as
//! it would on a system that refuses. Calls that are newer than this list do not exist for a worker, as on an older
//! kernel.
#![expect(unsafe_code, reason = "whether the kernel can filter is asked by a call that no library offers")]

mod forbidden;

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, sock_filter,
};

/// The last call that was weighed for the list: `mseal`, the newest of Linux 6.10. From 424 on calls have the same
/// numbers on all processors. The calls of the x32 interface, whose numbers lie far above, are shut out with the rest.
const NEWEST: u32 = 462;

/// Shuts in the calling thread.
pub(super) fn filter() -> Result<(), Error> {
    seccompiler::apply_filter(&unknown_to_us()?)?;
    seccompiler::apply_filter(&forbidden()?)
}

/// Whether the kernel can filter calls.
pub(super) fn is_offered() -> bool {
    let action = libc::SECCOMP_RET_ERRNO;
    // SAFETY: the kernel reads the number behind the pointer and answers whether it knows it.
    unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) == 0 }
}

/// Calls that fail with `ENOSYS`: those nobody has weighed yet, and `clone3`, whose flags a filter cannot see; the C
/// library then takes `clone`.
fn unknown_to_us() -> Result<BpfProgram, Error> {
    // Instructions of bpf(4): load a word of `seccomp_data`, jump if equal or if greater, return.
    const LOAD: u16 = 0x20;
    const IF_EQUAL: u16 = 0x15;
    const IF_GREATER: u16 = 0x25;
    const RETURN: u16 = 0x06;
    const NUMBER: u32 = 0;
    let clone3 = u32::try_from(libc::SYS_clone3).map_err(|_| BackendError::InvalidArgumentNumber)?;
    let not_there = libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs();
    let step = |code, k, jt, jf| sock_filter { code, jt, jf, k };
    Ok(vec![
        step(LOAD, NUMBER, 0, 0),
        step(IF_EQUAL, clone3, 2, 0),
        step(IF_GREATER, NEWEST, 1, 0),
        step(RETURN, libc::SECCOMP_RET_ALLOW, 0, 0),
        step(RETURN, not_there, 0, 0),
    ])
}

/// Calls that fail with `EPERM`. One of another processor's kind ends the process.
fn forbidden() -> Result<BpfProgram, Error> {
    let always = forbidden::ALWAYS.iter().copied().flatten().map(|call| (*call, Vec::new()));
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = always.collect();
    for (call, condition) in sometimes()? {
        rules.entry(call).or_default().push(SeccompRule::new(vec![condition])?);
    }
    let refuse = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let processor = std::env::consts::ARCH.try_into()?;
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, processor)?;
    Ok(filter.try_into()?)
}

/// Calls that are forbidden when an argument is of a certain kind.
fn sometimes() -> Result<Vec<(c_long, SeccompCondition)>, BackendError> {
    use SeccompCmpArgLen::{Dword, Qword};
    use SeccompCmpOp::{Eq, MaskedEq, Ne};
    let own = u64::from(std::process::id());
    let thread = bits(libc::CLONE_THREAD);
    let code = bits(libc::PROT_EXEC);
    let dumpable = bits(libc::PR_SET_DUMPABLE);
    let when = SeccompCondition::new;
    Ok(vec![
        // Threads, but no processes.
        (libc::SYS_clone, when(0, Dword, MaskedEq(thread), 0)?),
        // Signals to itself, which is how it ends.
        (libc::SYS_kill, when(0, Dword, Ne, own)?),
        (libc::SYS_tgkill, when(0, Dword, Ne, own)?),
        (libc::SYS_rt_sigqueueinfo, when(0, Dword, Ne, own)?),
        (libc::SYS_rt_tgsigqueueinfo, when(0, Dword, Ne, own)?),
        // Limits of its own.
        (libc::SYS_prlimit64, when(0, Dword, Ne, 0)?),
        // The times of a file that it has open, not of one it names.
        (libc::SYS_utimensat, when(1, Qword, Ne, 0)?),
        // No code but what was there at the start.
        (libc::SYS_mmap, when(2, Dword, MaskedEq(code), code)?),
        (libc::SYS_mprotect, when(2, Dword, MaskedEq(code), code)?),
        (libc::SYS_pkey_mprotect, when(2, Dword, MaskedEq(code), code)?),
        // Nothing typed into the terminal that the standard error may be.
        (libc::SYS_ioctl, when(1, Dword, Eq, libc::TIOCSTI)?),
        // It stays closed to looks from outside.
        (libc::SYS_prctl, when(0, Dword, Eq, dumpable)?),
    ])
}

/// A flag as the kernel compares it.
fn bits(flag: libc::c_int) -> u64 {
    u64::from(flag.unsigned_abs())
}

//! The files a worker can reach, by Landlock (landlock(7)): whatever is not named here is not there.
#![expect(unsafe_code, reason = "the version of Landlock is asked by a call that no library offers")]

use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
    Scope, path_beneath_rules,
};

/// Facts about the machine, none about people: processors, memory, the control group's limits, the time zone that chat
/// templates write dates in, and random bytes. What is absent is passed over.
const FACTS: [&str; 8] = [
    "/dev/urandom",
    "/etc/localtime",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self/cgroup",
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup",
];

/// The newest version whose rights are known here; an older kernel guards as many of them as it knows.
const NEWEST: ABI = ABI::V9;

/// `LANDLOCK_CREATE_RULESET_VERSION` of `linux/landlock.h`.
const ASK_VERSION: u32 = 1;

/// Shuts in the calling thread; false when the kernel has no Landlock.
pub(super) fn restrict(
    model: &Path,
    adapters: Option<&Path>,
    writable: Option<&Path>,
) -> Result<bool, RulesetError> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let keep = read
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
        | AccessFs::Refer;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .add_rules(path_beneath_rules(FACTS, read))?
        .add_rules(path_beneath_rules([model].into_iter().chain(adapters), AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(writable, keep))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Shuts in the calling thread with no file at all; false when the kernel has no Landlock.
pub(super) fn restrict_all() -> Result<bool, RulesetError> {
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// The version of Landlock that the kernel speaks; nothing when it has none or does not use it.
pub(super) fn version() -> Option<u32> {
    // SAFETY: without attributes, and with this flag, the call only returns a number.
    let version = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<libc::c_void>(),
            0_usize,
            ASK_VERSION,
        )
    };
    u32::try_from(version).ok().filter(|version| *version > 0)
}

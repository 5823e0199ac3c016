//! Calls that a worker never needs, by what they would open to code that has taken it over.

use libc::{self as call, c_long};

/// All of them.
pub(super) const ALWAYS: &[&[c_long]] = &[
    NETWORK,
    PROGRAMS,
    OTHER_PROCESSES,
    ATTRIBUTES,
    MOUNTS,
    MEMORY_BESIDE_FILES,
    BROAD_DOORS,
    ADMINISTRATION,
    IDENTITY,
    #[cfg(target_arch = "x86_64")]
    OLD_NAMES,
];

/// Without a socket there is nothing to send on.
const NETWORK: &[c_long] = &[
    call::SYS_socket,
    call::SYS_socketpair,
    call::SYS_connect,
    call::SYS_bind,
    call::SYS_listen,
    call::SYS_accept,
    call::SYS_accept4,
];

const PROGRAMS: &[c_long] = &[call::SYS_execve, call::SYS_execveat];

/// Reading, steering or slowing down other processes of the same user, the server first of all.
const OTHER_PROCESSES: &[c_long] = &[
    call::SYS_ptrace,
    call::SYS_process_vm_readv,
    call::SYS_process_vm_writev,
    call::SYS_process_madvise,
    call::SYS_process_mrelease,
    call::SYS_kcmp,
    call::SYS_pidfd_open,
    call::SYS_pidfd_getfd,
    call::SYS_pidfd_send_signal,
    call::SYS_perf_event_open,
    call::SYS_tkill,
    call::SYS_setpriority,
    call::SYS_ioprio_set,
    call::SYS_migrate_pages,
    call::SYS_move_pages,
];

/// Landlock guards what is in files, not who may open them, nor what is written beside their names.
const ATTRIBUTES: &[c_long] = &[
    call::SYS_fchmod,
    call::SYS_fchmodat,
    FCHMODAT2,
    call::SYS_fchown,
    call::SYS_fchownat,
    call::SYS_setxattr,
    call::SYS_lsetxattr,
    call::SYS_fsetxattr,
    call::SYS_removexattr,
    call::SYS_lremovexattr,
    call::SYS_fremovexattr,
    call::SYS_mknodat,
];

/// The same number on all processors; the C library does not name it everywhere.
const FCHMODAT2: c_long = 452;

const MOUNTS: &[c_long] = &[
    call::SYS_mount,
    call::SYS_umount2,
    call::SYS_pivot_root,
    call::SYS_chroot,
    call::SYS_unshare,
    call::SYS_setns,
    call::SYS_open_tree,
    call::SYS_move_mount,
    call::SYS_fsopen,
    call::SYS_fsconfig,
    call::SYS_fsmount,
    call::SYS_fspick,
    call::SYS_mount_setattr,
    call::SYS_name_to_handle_at,
    call::SYS_open_by_handle_at,
    call::SYS_swapon,
    call::SYS_swapoff,
    call::SYS_quotactl,
    call::SYS_quotactl_fd,
];

/// Memory and queues that are shared by number and not by a file: Landlock does not see them.
const MEMORY_BESIDE_FILES: &[c_long] = &[
    call::SYS_shmget,
    call::SYS_shmat,
    call::SYS_shmctl,
    call::SYS_msgget,
    call::SYS_msgsnd,
    call::SYS_msgrcv,
    call::SYS_msgctl,
    call::SYS_semget,
    call::SYS_semop,
    call::SYS_semctl,
    call::SYS_semtimedop,
    call::SYS_mq_open,
    call::SYS_mq_unlink,
    call::SYS_memfd_create,
    call::SYS_memfd_secret,
];

/// Large parts of the kernel behind one call: where most of its holes have been.
const BROAD_DOORS: &[c_long] = &[
    call::SYS_bpf,
    call::SYS_io_uring_setup,
    call::SYS_io_uring_enter,
    call::SYS_io_uring_register,
    call::SYS_io_setup,
    call::SYS_io_submit,
    call::SYS_userfaultfd,
    call::SYS_add_key,
    call::SYS_request_key,
    call::SYS_keyctl,
    call::SYS_fanotify_init,
    call::SYS_inotify_init1,
    call::SYS_vmsplice,
    call::SYS_personality,
    call::SYS_seccomp,
    call::SYS_landlock_create_ruleset,
    call::SYS_landlock_restrict_self,
];

const ADMINISTRATION: &[c_long] = &[
    call::SYS_init_module,
    call::SYS_finit_module,
    call::SYS_delete_module,
    call::SYS_kexec_load,
    call::SYS_kexec_file_load,
    call::SYS_reboot,
    call::SYS_syslog,
    call::SYS_acct,
    call::SYS_vhangup,
    call::SYS_settimeofday,
    call::SYS_clock_settime,
    call::SYS_clock_adjtime,
    call::SYS_adjtimex,
    call::SYS_sethostname,
    call::SYS_setdomainname,
];

const IDENTITY: &[c_long] = &[
    call::SYS_setuid,
    call::SYS_setgid,
    call::SYS_setreuid,
    call::SYS_setregid,
    call::SYS_setresuid,
    call::SYS_setresgid,
    call::SYS_setfsuid,
    call::SYS_setfsgid,
    call::SYS_setgroups,
    call::SYS_setsid,
    call::SYS_setpgid,
    call::SYS_capset,
];

/// What newer processors never had.
#[cfg(target_arch = "x86_64")]
const OLD_NAMES: &[c_long] = &[
    call::SYS_fork,
    call::SYS_vfork,
    call::SYS_chmod,
    call::SYS_chown,
    call::SYS_lchown,
    call::SYS_mknod,
    call::SYS_utime,
    call::SYS_utimes,
    call::SYS_futimesat,
    call::SYS_uselib,
    call::SYS_modify_ldt,
    call::SYS_ioperm,
    call::SYS_iopl,
    call::SYS_inotify_init,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_call_is_listed_once_and_within_what_was_weighed() {
        let mut listed: Vec<c_long> = ALWAYS.iter().copied().flatten().copied().collect();
        assert!(listed.iter().all(|number| u32::try_from(*number).unwrap() <= super::super::NEWEST));
        let all = listed.len();
        listed.sort_unstable();
        listed.dedup();
        assert_eq!(listed.len(), all);
    }
}

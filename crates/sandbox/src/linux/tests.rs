//! A process that is shut in tries to get out. Walls cannot be taken down, so each try is a process of its own: an
//! ignored test that another one starts through this program's own runner.
#![expect(
    unsafe_code,
    reason = "the doors of the kernel are tried one by one, also those that Rust does not open"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use ports::Isolation;
use rustix::process::{getpid, getppid, test_kill_process};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use crate::{Share, offered, restrict, shut_in as shut_in_reader};

const FOLDER: &str = "ENGINE_TEST_FOLDER";
const MODEL: &[u8] = b"GGUF and weights";

/// The folder given by the parent; nothing when somebody runs ignored tests by hand.
#[expect(clippy::disallowed_methods, reason = "how a test talks to its child")]
fn folder() -> Option<PathBuf> {
    std::env::var_os(FOLDER).map(PathBuf::from)
}

/// Runs an ignored test in a process of its own, with a folder of a model, a secret and a cache.
fn run(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.gguf"), MODEL).unwrap();
    fs::write(folder.path().join("secret"), b"what a member said").unwrap();
    fs::create_dir(folder.path().join("cache")).unwrap();
    fs::create_dir_all(folder.path().join("adapters/poet")).unwrap();
    fs::write(folder.path().join("adapters/poet/adapter.gguf"), MODEL).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("linux::tests::{test}"), "--ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}\n{log}");
}

fn shut_in(folder: &Path) -> Isolation {
    // Asked before: the walls hide the kernel's answer.
    let offered = offered();
    let isolation =
        restrict(&folder.join("model.gguf"), Some(&folder.join("adapters")), Some(&folder.join("cache")));
    assert_eq!(isolation, offered, "what the kernel offers is used");
    isolation
}

fn is_refused<T>(result: std::io::Result<T>) -> bool {
    result.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_looks_for_files() {
    let Some(folder) = folder() else { return };
    let isolation = shut_in(&folder);
    assert_eq!(fs::read(folder.join("adapters/poet/adapter.gguf")).unwrap(), MODEL);
    assert!(fs::read_dir(folder.join("adapters")).is_err() || isolation.landlock.is_none());
    assert!(is_refused(fs::write(folder.join("adapters/new"), b"x")) || isolation.landlock.is_none());
    let mut model = Vec::new();
    File::open(folder.join("model.gguf")).unwrap().read_to_end(&mut model).unwrap();
    assert_eq!(model, MODEL);
    assert!(
        is_refused(OpenOptions::new().append(true).open(folder.join("model.gguf")))
            || isolation.landlock.is_none()
    );
    assert!(fs::read_to_string("/proc/meminfo").unwrap().contains("MemAvailable"));
    if isolation.landlock.is_none() {
        return;
    }
    assert!(is_refused(fs::read(folder.join("secret"))));
    assert!(is_refused(fs::read("/etc/passwd")));
    assert!(is_refused(fs::read_dir(&folder)));
    assert!(is_refused(fs::write(folder.join("new"), b"x")));
    assert!(is_refused(fs::remove_file(folder.join("model.gguf"))));
    assert!(fs::hard_link(folder.join("secret"), folder.join("cache/link")).is_err());
    let parent = getppid().unwrap().as_raw_nonzero();
    assert!(is_refused(fs::read(format!("/proc/{parent}/environ"))));
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_reads_documents() {
    let Some(folder) = folder() else { return };
    let offered = offered();
    let isolation = shut_in_reader(Share { memory: 1 << 30, seconds: 60 });
    assert_eq!(isolation, offered, "what the kernel offers is used");
    if isolation.landlock.is_some() {
        for path in [
            folder.join("model.gguf"),
            "/etc/passwd".into(),
            "/proc/self/environ".into(),
            "/dev/urandom".into(),
        ] {
            assert!(is_refused(fs::read(&path)), "{}", path.display());
        }
        assert!(is_refused(fs::write(folder.join("new"), b"x")));
    }
    if isolation.seccomp {
        assert!(is_refused(TcpStream::connect("127.0.0.1:9")));
        assert!(is_refused(Command::new("/bin/true").spawn()));
    }
    let mut much: Vec<u8> = Vec::new();
    assert!(much.try_reserve_exact(2 << 30).is_err(), "no more memory than its share");
    assert!(much.try_reserve_exact(100 << 20).is_ok());
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_uses_its_cache() {
    let Some(folder) = folder() else { return };
    shut_in(&folder);
    let cache = folder.join("cache");
    fs::create_dir(cache.join("one")).unwrap();
    let mut file = File::create_new(cache.join("one/part")).unwrap();
    file.write_all(b"computed").unwrap();
    file.sync_all().unwrap();
    file.set_len(4).unwrap();
    fs::rename(cache.join("one/part"), cache.join("whole")).unwrap();
    assert_eq!(fs::read(cache.join("whole")).unwrap(), b"comp");
    assert_eq!(fs::read_dir(&cache).unwrap().count(), 2);
    fs::remove_file(cache.join("whole")).unwrap();
    fs::remove_dir(cache.join("one")).unwrap();
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_calls_out() {
    let Some(folder) = folder() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    if !shut_in(&folder).seccomp {
        return;
    }
    assert!(is_refused(TcpStream::connect(address)));
    assert!(is_refused(TcpListener::bind("127.0.0.1:0")));
    assert!(is_refused(UdpSocket::bind("127.0.0.1:0")));
    assert!(is_refused(UnixStream::pair()));
    assert!(is_refused(listener.accept()));
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_starts_programs() {
    let Some(folder) = folder() else { return };
    if !shut_in(&folder).seccomp {
        return;
    }
    assert!(is_refused(Command::new("/bin/true").spawn()));
    // SAFETY: the call only ever fails: it is refused before it looks at its arguments.
    let exec = unsafe { libc::execve(c"/bin/true".as_ptr(), std::ptr::null(), std::ptr::null()) };
    assert_eq!((exec, last_error()), (-1, libc::EPERM));
    // SAFETY: as above; were it not refused, the child would be a copy that ends with the failed assertion.
    let fork = unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) };
    assert_eq!((fork, last_error()), (-1, libc::EPERM));
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_computes() {
    let Some(folder) = folder() else { return };
    let isolation = shut_in(&folder);
    let threads: Vec<_> = (0..4_u32).map(|n| thread::spawn(move || n * n)).collect();
    let sum: u32 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(sum, 14);
    let inherits = thread::spawn(|| TcpListener::bind("127.0.0.1:0")).join().unwrap();
    assert!(is_refused(inherits) || !isolation.seccomp, "the walls are around threads as well");
    assert!(test_kill_process(getpid()).is_ok(), "it can end itself");
    assert!(thread::available_parallelism().is_ok());
    assert_eq!(std::collections::HashMap::from([(1, 2)]).len(), 1, "random bytes are there");
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_meddles() {
    let Some(folder) = folder() else { return };
    if !shut_in(&folder).seccomp {
        return;
    }
    let server = getppid().unwrap();
    assert_eq!(test_kill_process(server), Err(rustix::io::Errno::PERM));
    let server = i64::from(server.as_raw_nonzero().get());
    let page = 4096_usize;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let writable_code = libc::PROT_WRITE | libc::PROT_EXEC;
    let refused: [(&str, i64, [i64; 4]); 9] = [
        ("ptrace", libc::SYS_ptrace, [i64::from(libc::PTRACE_SEIZE), server, 0, 0]),
        ("prlimit64", libc::SYS_prlimit64, [server, i64::from(libc::RLIMIT_NOFILE), 0, 0]),
        ("process_vm_readv", libc::SYS_process_vm_readv, [server, 0, 0, 0]),
        ("bpf", libc::SYS_bpf, [0, 0, 0, 0]),
        ("io_uring_setup", libc::SYS_io_uring_setup, [1, 0, 0, 0]),
        ("userfaultfd", libc::SYS_userfaultfd, [0, 0, 0, 0]),
        ("unshare", libc::SYS_unshare, [i64::from(libc::CLONE_NEWUSER), 0, 0, 0]),
        ("mmap", libc::SYS_mmap, [0, 4096, i64::from(writable_code), i64::from(flags)]),
        ("prctl", libc::SYS_prctl, [i64::from(libc::PR_SET_DUMPABLE), 1, 0, 0]),
    ];
    for (name, call, [a, b, c, d]) in refused {
        // SAFETY: each of these calls is refused before it looks at its arguments; none of them could write anywhere.
        let answer = unsafe { libc::syscall(call, a, b, c, d, -1, 0) };
        assert_eq!((answer, last_error()), (-1, libc::EPERM), "{name}");
    }
    // SAFETY: the last two calls do not exist, and the first is told so.
    let unknown = [libc::SYS_clone3, 900, 0x4000_0000 + 41].map(|call| {
        let answer = unsafe { libc::syscall(call, 0, page) };
        (answer, last_error())
    });
    assert_eq!(unknown, [(-1, libc::ENOSYS); 3], "clone3, a call nobody knows, and a socket by its x32 name");
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_changes_who_may_read() {
    let Some(folder) = folder() else { return };
    if !shut_in(&folder).seccomp {
        return;
    }
    let everyone = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    assert!(is_refused(fs::set_permissions(folder.join("secret"), everyone)));
    let file = File::create(folder.join("cache/blob")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert!(is_refused(
        rustix::fs::utimensat(
            rustix::fs::CWD,
            folder.join("secret"),
            &rustix::fs::Timestamps {
                last_access: rustix::fs::Timespec { tv_sec: 0, tv_nsec: 0 },
                last_modification: rustix::fs::Timespec { tv_sec: 0, tv_nsec: 0 },
            },
            rustix::fs::AtFlags::empty(),
        )
        .map_err(std::io::Error::from)
    ));
}

#[test]
#[ignore = "started by another test, in a process of its own"]
fn child_finds_no_walls() {
    let Some(folder) = folder() else { return };
    hide_walls();
    assert_eq!(offered(), Isolation::default());
    assert_eq!(restrict(&folder.join("model.gguf"), None, None), Isolation::default());
    assert_eq!(fs::read(folder.join("model.gguf")).unwrap(), MODEL);
    assert!(fs::read(folder.join("secret")).is_ok(), "it goes on as it is");
}

/// Makes this kernel look like one that has neither wall.
fn hide_walls() {
    let walls = [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_restrict_self, libc::SYS_seccomp];
    let not_there = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    let rules = walls.map(|call| (call, Vec::new())).into();
    let processor = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, not_there, processor).unwrap();
    seccompiler::apply_filter(&BpfProgram::try_from(filter).unwrap()).unwrap();
}

#[test]
fn a_kernel_without_walls_is_told_and_harms_nothing() {
    run("child_finds_no_walls");
}

#[test]
fn what_reads_documents_reaches_no_file_and_no_more_than_its_share() {
    run("child_reads_documents");
}

#[test]
fn only_the_model_can_be_read_and_nothing_changed() {
    run("child_looks_for_files");
}

#[test]
fn one_folder_can_be_written_when_it_is_given() {
    run("child_uses_its_cache");
}

#[test]
fn nothing_can_be_sent_and_nobody_can_call() {
    run("child_calls_out");
}

#[test]
fn no_program_can_be_started() {
    run("child_starts_programs");
}

#[test]
fn threads_start_and_are_shut_in_as_well() {
    run("child_computes");
}

#[test]
fn neither_the_server_nor_the_kernel_can_be_meddled_with() {
    run("child_meddles");
}

#[test]
fn who_may_read_a_file_stays_as_it_is() {
    run("child_changes_who_may_read");
}

fn last_error() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

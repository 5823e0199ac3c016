//! What a worker could reach if a hostile model took it over.

use std::fs;

use engine::MachineReport;

use crate::support::{SMOLLM, Setup, answer, ask, model_file, smollm, worker_process};

/// A line of `/proc/<worker>/<file>`.
fn line(process: rustix::process::Pid, file: &str, name: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{}/{file}", process.as_raw_nonzero())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_answers_behind_the_walls_that_the_kernel_offers() {
    let engine = smollm();
    assert!(answer(&engine, ask("Hi", 8)).await.unwrap().usage.output_tokens > 0);
    let isolation = engine.resident()[0].isolation;
    assert_eq!(isolation, MachineReport::look().isolation);
    let process = worker_process(&engine);
    assert_eq!(line(process, "status", "NoNewPrivs:"), "1");
    assert_eq!(line(process, "limits", "Max core file size"), "0 0 bytes");
    assert_eq!(line(process, "limits", "Max open files"), "64 64 files");
    if isolation.seccomp {
        assert_eq!(line(process, "status", "Seccomp:"), "2");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_behind_a_link_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("model.gguf");
    std::os::unix::fs::symlink(model_file(SMOLLM), &link).unwrap();
    let engine = Setup::file(SMOLLM, link).start();
    assert!(answer(&engine, ask("Hi", 4)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_has_no_file_open_but_its_pipes() {
    let engine = smollm();
    answer(&engine, ask("Hi", 1)).await.unwrap();
    let open = fs::read_dir(format!("/proc/{}/fd", worker_process(&engine).as_raw_nonzero()));
    // Another user's eyes cannot look: then there is nothing to see.
    let Ok(open) = open else { return };
    for entry in open {
        let target = fs::read_link(entry.unwrap().path()).unwrap();
        assert!(target.to_string_lossy().starts_with("pipe:"), "{}", target.display());
    }
}

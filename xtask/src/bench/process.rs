//! What a process and all below it use, as the system tells it.

use std::path::Path;

use anyhow::{Context as _, Result};

/// Seconds of processor time, user and system, of the threads of a process and of all processes below it. What was used by
/// those that have ended is not in it.
pub(crate) fn processor_seconds(process: u32) -> Result<f64> {
    let nanoseconds = sum(process, &|process| {
        let threads = threads(process)?.filter_map(|thread| {
            // Nanoseconds on a processor, nanoseconds in the queue, how often. A thread may end while it is looked at.
            let schedule = std::fs::read_to_string(thread.join("schedstat")).ok()?;
            schedule.split_whitespace().next()?.parse::<f64>().ok()
        });
        Some(threads.sum())
    });
    Ok(nanoseconds.context("the processor time of a process cannot be read")? / 1e9)
}

/// Resident memory of a process and all below it, in 10^6 bytes.
pub(crate) fn resident_megabytes(process: u32) -> Result<f64> {
    let kib = sum(process, &|process| {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse::<f64>().ok()
    });
    Ok(kib.context("the memory of a process cannot be read")? * 1024.0 / 1e6)
}

/// The sum over a process and all below it; nothing when there is no such process.
fn sum(process: u32, value: &dyn Fn(u32) -> Option<f64>) -> Option<f64> {
    let own = value(process)?;
    let children = threads(process)?.flat_map(|thread| {
        let children = std::fs::read_to_string(thread.join("children")).unwrap_or_default();
        children.split_whitespace().filter_map(|child| child.parse().ok()).collect::<Vec<u32>>()
    });
    // A child may end while it is looked at.
    Some(own + children.filter_map(|child| sum(child, value)).sum::<f64>())
}

fn threads(process: u32) -> Option<impl Iterator<Item = std::path::PathBuf>> {
    let folder = Path::new("/proc").join(process.to_string()).join("task");
    Some(std::fs::read_dir(folder).ok()?.filter_map(|thread| Some(thread.ok()?.path())))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn memory_and_time_are_read_from_the_system() {
        let own = std::process::id();
        assert!(resident_megabytes(own).unwrap() > 1.0);
        assert!(processor_seconds(own).unwrap() > 0.0);
        assert!(resident_megabytes(u32::MAX).is_err() && processor_seconds(u32::MAX).is_err());
    }

    #[test]
    fn what_is_below_counts() {
        let script = "sleep 60 & echo; read line; kill $!";
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut shell = shell.spawn().unwrap();
        BufReader::new(shell.stdout.as_mut().unwrap()).read_line(&mut String::new()).unwrap();
        let processes = sum(shell.id(), &|_| Some(1.0));
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!(processes, Some(2.0));
    }
}

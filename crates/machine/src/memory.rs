//! How much memory is left: of the machine, and of each control group that this process is in.

use crate::Machine;

/// Bytes that can still be used: the least of what the machine has and of what each control group leaves.
pub fn free_memory(machine: &Machine) -> Option<u64> {
    let host = machine.text("proc/meminfo").and_then(|text| parse_meminfo(&text));
    let unified = machine.unified_groups().into_iter().filter_map(|group| {
        let stat = machine.text(group.join("memory.stat")).unwrap_or_default();
        left(
            &machine.text(group.join("memory.max"))?,
            &machine.text(group.join("memory.current"))?,
            parse_stat(&stat, "inactive_file"),
        )
    });
    let classic = machine.controller_groups("memory").into_iter().filter_map(|group| {
        let stat = machine.text(group.join("memory.stat")).unwrap_or_default();
        left(
            &machine.text(group.join("memory.limit_in_bytes"))?,
            &machine.text(group.join("memory.usage_in_bytes"))?,
            parse_stat(&stat, "total_inactive_file"),
        )
    });
    host.into_iter().chain(unified).chain(classic).min()
}

/// `MemAvailable` of `/proc/meminfo` (proc(5)), in bytes.
fn parse_meminfo(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

/// A named number of `memory.stat`; 0 when absent.
fn parse_stat(text: &str, name: &str) -> u64 {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok()).unwrap_or(0)
}

/// What a group leaves: its limit without what is used and cannot be dropped. Nothing when it has no limit; version 1
/// writes a number near 2^63 for none.
fn left(limit: &str, used: &str, droppable: u64) -> Option<u64> {
    let limit: u64 = limit.trim().parse().ok().filter(|n| *n < 1 << 60)?;
    let used: u64 = used.trim().parse().ok()?;
    Some(limit.saturating_sub(used.saturating_sub(droppable)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::machine;

    #[test]
    fn the_tightest_of_machine_and_groups_counts() {
        let (_root, machine) = machine(&[
            ("proc/meminfo", "MemTotal:  8000000 kB\nMemFree: 1 kB\nMemAvailable:    4000000 kB\n"),
            ("proc/self/cgroup", "0::/a\n"),
            ("sys/fs/cgroup/a/memory.max", "1000000\n"),
            ("sys/fs/cgroup/a/memory.current", "900000\n"),
            ("sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 400000\nactive_file 7\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/memory.current", "900000\n"),
        ]);
        assert_eq!(free_memory(&machine), Some(500_000));
    }

    #[test]
    fn version_1_groups_are_understood() {
        let (_root, machine) = machine(&[
            ("proc/self/cgroup", "9:memory:/docker/x\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000000\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "500000\n"),
            ("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file 100000\n"),
        ]);
        assert_eq!(free_memory(&machine), Some(1_600_000));
        assert_eq!(left("9223372036854771712", "1", 0), None);
    }

    #[test]
    fn a_machine_that_tells_nothing_refuses_nothing() {
        let (_root, machine) = machine(&[]);
        assert_eq!(free_memory(&machine), None);
        assert_eq!(parse_meminfo("MemAvailable: lots kB"), None);
    }
}

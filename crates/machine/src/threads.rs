//! How many threads may compute: what the control group and the affinity grant, never what the host has.

use crate::Machine;

/// Threads that may compute at the same time; at least 1.
pub fn granted_threads(machine: &Machine) -> u32 {
    let affinity = affinity();
    match quota(machine) {
        Some(quota) => affinity.min(quota).max(1),
        None => affinity.max(1),
    }
}

/// Processors this process may run on.
#[cfg(target_os = "linux")]
fn affinity() -> u32 {
    rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count())
}

/// Processors this process may run on.
#[cfg(not(target_os = "linux"))]
fn affinity() -> u32 {
    std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(u32::MAX))
}

/// The tightest processor quota of the group and its ancestors, rounded down, at least 1; nothing without a quota.
/// Rounded down because a thread that is throttled holds up all others at the next barrier.
fn quota(machine: &Machine) -> Option<u32> {
    let unified = machine
        .unified_groups()
        .into_iter()
        .filter_map(|group| parse_cpu_max(&machine.text(group.join("cpu.max"))?));
    let classic = ["cpu", "cpu,cpuacct", "cpuacct,cpu"].into_iter().flat_map(|name| {
        machine.controller_groups(name).into_iter().filter_map(|group| {
            let quota = machine.text(group.join("cpu.cfs_quota_us"))?;
            let period = machine.text(group.join("cpu.cfs_period_us"))?;
            whole_processors(quota.trim(), period.trim())
        })
    });
    unified.chain(classic).min()
}

/// Reads `cpu.max` of version 2: `quota period` in microseconds, or `max period`.
fn parse_cpu_max(text: &str) -> Option<u32> {
    let mut words = text.split_whitespace();
    whole_processors(words.next()?, words.next().unwrap_or("100000"))
}

/// A quota of `max` or -1 is none.
fn whole_processors(quota: &str, period: &str) -> Option<u32> {
    let quota: u64 = quota.parse().ok()?;
    let period: u64 = period.parse().ok().filter(|n| *n > 0)?;
    Some(u32::try_from(quota / period).unwrap_or(u32::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::machine;

    #[test]
    fn quotas_are_rounded_down_but_never_to_nothing() {
        assert_eq!(parse_cpu_max("765000 100000\n"), Some(7));
        assert_eq!(parse_cpu_max("50000 100000\n"), Some(1));
        assert_eq!(parse_cpu_max("max 100000\n"), None);
        assert_eq!(parse_cpu_max(""), None);
        assert_eq!(parse_cpu_max("100 0"), None);
    }

    #[test]
    fn the_tightest_ancestor_counts() {
        let (_root, machine) = machine(&[
            ("proc/self/cgroup", "0::/a/b\n"),
            ("sys/fs/cgroup/a/b/cpu.max", "800000 100000\n"),
            ("sys/fs/cgroup/a/cpu.max", "300000 100000\n"),
            ("sys/fs/cgroup/cpu.max", "max 100000\n"),
        ]);
        assert_eq!(quota(&machine), Some(3));
    }

    #[test]
    fn version_1_is_understood() {
        let (_root, machine) = machine(&[
            ("proc/self/cgroup", "4:cpu,cpuacct:/docker/x\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(quota(&machine), Some(2));
    }

    #[test]
    fn version_1_without_a_quota_says_minus_one() {
        let (_root, machine) = machine(&[
            ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"),
            ("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"),
        ]);
        assert_eq!(quota(&machine), None);
    }

    #[test]
    fn there_is_always_one_thread_and_never_more_than_the_affinity() {
        let (_root, machine) = machine(&[("sys/fs/cgroup/cpu.max", "99900000 100000\n")]);
        let granted = granted_threads(&machine);
        assert!(granted >= 1);
        assert!(granted <= affinity());
    }
}

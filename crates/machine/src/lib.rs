//! What the kernel says about this process: its control group, its memory, its processors. Reads files below a root
//! that a test can replace.

//!
//! | to change | look at |
//! |---|---|
//! | how many threads may compute | `threads.rs` |
//! | how much memory is left | `memory.rs` |
//! | how the fastest way of computing is found out and kept | `calibration.rs` and below |

pub mod calibration;
mod memory;
#[cfg(test)]
mod sample;
mod threads;

use std::path::{Path, PathBuf};

pub use memory::free_memory;
pub use threads::granted_threads;

/// The machine as far as its files tell.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

impl Default for Machine {
    fn default() -> Self {
        Self { root: PathBuf::from("/") }
    }
}

impl Machine {
    /// One whose files lie below `root`, for tests.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The text of a file, or nothing when it cannot be read.
    pub fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    /// The group's folder for a version 2 hierarchy and its ancestors, innermost first.
    pub fn unified_groups(&self) -> Vec<PathBuf> {
        self.groups("", "sys/fs/cgroup")
    }

    /// The folders of the version 1 controller, innermost first.
    pub fn controller_groups(&self, controller: &str) -> Vec<PathBuf> {
        self.groups(controller, &format!("sys/fs/cgroup/{controller}"))
    }

    /// In a container the path of `/proc/self/cgroup` may be the host's: ancestors that do not exist are harmless,
    /// and the mount itself, always last, is then the group of the container.
    fn groups(&self, controller: &str, mount: &str) -> Vec<PathBuf> {
        let text = self.text("proc/self/cgroup").unwrap_or_default();
        let path = group_path(&text, controller).unwrap_or("/");
        let mount = Path::new(mount);
        let inside = Path::new(path.trim_start_matches('/'));
        let clean = inside.components().all(|part| matches!(part, std::path::Component::Normal(_)));
        let mut groups = Vec::new();
        let mut current = Some(inside).filter(|_| clean);
        while let Some(here) = current.filter(|here| !here.as_os_str().is_empty()) {
            groups.push(mount.join(here));
            current = here.parent();
        }
        groups.push(mount.to_owned());
        groups
    }
}

/// The path of a process's group, from `/proc/self/cgroup` (cgroups(7)): lines of `id:controllers:path`. Version 2 has
/// id 0 and no controllers.
fn group_path<'a>(text: &'a str, controller: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        controllers.split(',').any(|name| name == controller).then_some(path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::machine;

    #[test]
    fn finds_the_group_of_either_version() {
        let mixed = "12:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n0::/user.slice/a:b.scope\n";
        assert_eq!(group_path(mixed, ""), Some("/user.slice/a:b.scope"));
        assert_eq!(group_path(mixed, "cpu"), Some("/docker/abc"));
        assert_eq!(group_path(mixed, "pids"), None);
        assert_eq!(group_path("", ""), None);
    }

    #[test]
    fn groups_go_from_the_innermost_to_the_mount() {
        let (_root, machine) = machine(&[("proc/self/cgroup", "0::/a/b\n")]);
        let groups = machine.unified_groups();
        assert_eq!(groups, ["sys/fs/cgroup/a/b", "sys/fs/cgroup/a", "sys/fs/cgroup"].map(PathBuf::from));
    }

    #[test]
    fn a_group_outside_of_the_mount_is_not_followed() {
        let (_root, machine) = machine(&[("proc/self/cgroup", "0::/../../etc\n")]);
        assert_eq!(machine.unified_groups(), [PathBuf::from("sys/fs/cgroup")]);
    }
}

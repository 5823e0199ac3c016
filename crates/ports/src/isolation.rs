//! How far a model is kept apart from the rest of the machine.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What keeps the process of a model from everything but the model. Both walls come from the kernel; where it has none, a
/// model runs without and says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// The version of Landlock that guards files, and from 4 on connections; absent: nothing does.
    pub landlock: Option<u32>,
    /// Whether only harmless calls of the kernel can be made: no sockets, no programs, no look at other processes.
    pub seccomp: bool,
}

impl Isolation {
    /// True when both walls stand.
    pub fn is_complete(&self) -> bool {
        self.landlock.is_some() && self.seccomp
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.landlock, self.seccomp) {
            (Some(version), true) => write!(f, "Landlock {version} and seccomp"),
            (Some(version), false) => write!(f, "Landlock {version}, without seccomp"),
            (None, true) => write!(f, "seccomp, without Landlock"),
            (None, false) => write!(f, "neither Landlock nor seccomp"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let of = |landlock, seccomp| Isolation { landlock, seccomp };
        let said =
            [of(Some(7), true), of(None, true), of(Some(1), false), of(None, false)].map(|isolation| {
                assert_eq!(isolation.is_complete(), isolation == of(Some(7), true));
                isolation.to_string()
            });
        assert_eq!(
            said,
            [
                "Landlock 7 and seccomp",
                "seccomp, without Landlock",
                "Landlock 1, without seccomp",
                "neither Landlock nor seccomp"
            ]
        );
    }
}

//! Systems whose walls are not known here: a worker runs there with an empty environment and a process of its own.

use std::path::Path;

use ports::Isolation;

use crate::Share;

pub(super) fn restrict(_model: &Path, _adapters: Option<&Path>, _writable: Option<&Path>) -> Isolation {
    Isolation::default()
}

pub(super) fn shut_in(_share: Share) -> Isolation {
    Isolation::default()
}

pub(super) fn close_inherited() {}

pub(super) fn offered() -> Isolation {
    Isolation::default()
}

//! Writes: statements with expectations, kept together or not at all.

use crate::value::Value;

/// How safe a batch must be before its writer is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk: it survives a power cut. For everything a person would miss.
    Full,
    /// Kept by the operating system: it survives a crash of the program, and a power cut takes at most the last half
    /// second. For what a stream can lose without harm.
    Relaxed,
}

/// How many rows a statement must change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Exactly this many.
    Changed(u64),
    /// Any number, also none: an update that may find nothing, an insert that may find the row there.
    Any,
}

impl Expect {
    /// True when `changed` rows are as many as expected.
    pub(crate) fn is_met_by(self, changed: u64) -> bool {
        match self {
            Self::Changed(wanted) => changed == wanted,
            Self::Any => true,
        }
    }
}

/// One statement, made by a repository. A `SELECT` counts the rows it finds: that is how a batch guards itself.
#[derive(Clone, Debug)]
#[must_use = "a write does nothing until it is pushed to a batch"]
pub struct Write {
    /// Told to the caller when the expectation fails; a constant of the repository.
    pub name: &'static str,
    /// Valid on every engine, with parameters `?1`, `?2`, ….
    pub sql: &'static str,
    /// The values of the parameters, in their order.
    pub params: Vec<Value>,
    /// How many rows it must change.
    pub expect: Expect,
}

/// Writes that happen in order and together: all of them or none.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(crate) durability: Durability,
    pub(crate) writes: Vec<Write>,
}

impl Batch {
    /// A batch without writes.
    pub fn new(durability: Durability) -> Self {
        Self { durability, writes: Vec::new() }
    }

    /// Adds a write after the others.
    pub fn push(&mut self, write: Write) {
        self.writes.push(write);
    }

    /// The batch with one more write after the others.
    #[must_use]
    pub fn with(mut self, write: Write) -> Self {
        self.push(write);
        self
    }

    /// True when there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}

impl Extend<Write> for Batch {
    fn extend<I: IntoIterator<Item = Write>>(&mut self, writes: I) {
        self.writes.extend(writes);
    }
}

/// How many rows each write of a batch changed, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub(crate) Vec<u64>);

impl Changes {
    /// Rows changed by the write at `index`; 0 when there is no such write.
    pub fn of(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or(0)
    }

    /// Rows changed by the whole batch.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

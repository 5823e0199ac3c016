//! What the store promises, played on real files.
//!
//! `conformance` holds for every engine: a new one calls `conformance::suite!` with its own way to open a database.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod child;
mod conformance;
mod crash;
mod disk;
mod files;
mod group_commit;
mod postgres;
mod transfer;
mod world;

mod sqlite {
    use super::world::{Opened, open_temporary};

    pub(crate) async fn open() -> Option<Opened> {
        Some(open_temporary().await)
    }

    crate::conformance::suite!(crate::sqlite::open);
}

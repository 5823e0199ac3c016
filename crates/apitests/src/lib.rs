//! What each route does alone: who may call it (`matrix.toml` has a row for every one of them), what it does when it is called
//! twice, from a page of somebody else, or with what belongs to others; and that no secret is ever logged.
//!
//! To add a route: its row in `tests/api/matrix.toml`, and a test in the file of its noun. Walks over several are in `walks`.

//! Whole walks through the API, as its clients take them: what money does from a plan that is bought to the statement that
//! tells of it, threads and their runs, and the faces for programs. What each route does alone is in `apitests`.
//!
//! To add a walk: a file in `tests/walks`, and its line in `main.rs` there.

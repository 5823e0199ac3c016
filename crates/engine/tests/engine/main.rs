//! The engine with real models in real child processes.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]
#![expect(clippy::indexing_slicing, reason = "a test may panic")]

mod adapters;
mod answers;
mod calibration;
mod choices;
mod drafting;
mod encoders;
mod fairness;
mod faults;
mod files;
mod grammars;
mod isolation;
mod json;
mod kills;
mod limits;
mod prefixes;
mod process;
mod reasoning;
mod residents;
mod sampling;
mod support;
mod templates;
mod tools;
mod whole;

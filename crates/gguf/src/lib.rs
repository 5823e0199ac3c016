//! Reads the header of a GGUF file in safe Rust before any C++ sees it.
//!
//! The layout is that of `docs/gguf.md` in the ggml repository, versions 2 and 3, little-endian. Every count and
//! length is compared with what is left of the file before anything is allocated or skipped, so a hostile file
//! costs at most the time to read it once and a few megabytes. What llama.cpp refuses is refused here as well, and a
//! few things that it does not check on its own: nested arrays, tensors past the end of the file, absurd shapes.
//!
//! To learn one more fact from the header: add a field to [`ModelFacts`] and read its key in `facts.rs`.

mod adapter;
mod error;
mod facts;
mod header;
mod reader;
mod tensor;
mod value;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

pub use adapter::{AdapterFacts, Misfit, ModelShapes};
pub use error::GgufError;
pub use facts::ModelFacts;

/// Checks a file of `length` bytes read from `source` and returns what is in it.
///
/// # Errors
/// [`GgufError`] names the first thing that is wrong.
pub fn inspect(source: impl std::io::Read, length: u64) -> Result<ModelFacts, GgufError> {
    let header = header::read(reader::Reader::new(source, length))?;
    facts::ModelFacts::gather(&header, length)
}

/// Checks a file with an adapter, of `length` bytes read from `source`, and returns what it changes.
///
/// # Errors
/// [`GgufError`] names the first thing that is wrong.
pub fn inspect_adapter(source: impl std::io::Read, length: u64) -> Result<AdapterFacts, GgufError> {
    AdapterFacts::gather(&header::read(reader::Reader::new(source, length))?)
}

/// What a model's weights look like, so that an adapter can be held against them.
///
/// # Errors
/// [`GgufError`] names the first thing that is wrong.
pub fn shapes(source: impl std::io::Read, length: u64) -> Result<ModelShapes, GgufError> {
    ModelShapes::gather(header::read(reader::Reader::new(source, length))?)
}

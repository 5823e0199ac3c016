//! What can be wrong with a model file.

use thiserror::Error;

/// The first thing that is wrong with a model file. Texts carry no paths.
#[derive(Debug, Error)]
pub enum GgufError {
    /// The file could not be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// A folder, a pipe or a device.
    #[error("it is not a regular file")]
    NotAFile,
    /// The first four bytes are not `GGUF`.
    #[error("it does not begin with the GGUF magic")]
    Magic,
    /// Written for machines of the other byte order.
    #[error("it is written for big-endian machines")]
    BigEndian,
    /// A version that is not understood.
    #[error("GGUF version {0} is not supported; 2 and 3 are")]
    Version(u32),
    /// The file ends before the thing that it announced.
    #[error("the file ends inside {what} at byte {at}: {needed} bytes are needed and {left} are left")]
    Truncated {
        /// What was being read.
        what: &'static str,
        /// Where, from the start of the file.
        at: u64,
        /// Bytes announced.
        needed: u64,
        /// Bytes in the file from there.
        left: u64,
    },
    /// A count or length beyond what any model has.
    #[error("{what} is {value}, more than the limit of {limit}")]
    Limit {
        /// What is too large.
        what: &'static str,
        /// What the file says.
        value: u64,
        /// The most that is accepted.
        limit: u64,
    },
    /// A text that is not UTF-8, or empty where it may not be.
    #[error("{what} is not a proper text")]
    Text {
        /// Which text.
        what: &'static str,
    },
    /// A key that stands twice.
    #[error("the key {0:?} stands twice")]
    DuplicateKey(String),
    /// A value type that does not exist.
    #[error("the key {key:?} has the unknown value type {kind}")]
    ValueType {
        /// The key.
        key: String,
        /// The number that stands for the type.
        kind: u32,
    },
    /// An array of arrays.
    #[error("the key {0:?} holds an array of arrays")]
    NestedArray(String),
    /// A key that must be there is absent, or has the wrong type, or a value out of range.
    #[error("the key {0:?} is missing or has an impossible value")]
    Key(String),
    /// The alignment is not a power of two.
    #[error("the alignment {0} is not a power of two")]
    Alignment(u64),
    /// One part of a model that is cut into several files.
    #[error("it is one of {0} parts; models in parts are not supported")]
    Split(u64),
    /// A tensor that stands twice.
    #[error("the tensor {0:?} stands twice")]
    DuplicateTensor(String),
    /// A tensor with an impossible shape.
    #[error("the tensor {name:?} has an impossible shape: {reason}")]
    Shape {
        /// The tensor.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A tensor of a type that does not exist or was withdrawn.
    #[error("the tensor {name:?} has the unknown type {kind}")]
    TensorType {
        /// The tensor.
        name: String,
        /// The number that stands for the type.
        kind: u32,
    },
    /// A tensor that does not begin where the one before it ends.
    #[error("the tensor {name:?} begins at {offset} of the data and not at {expected}")]
    Offset {
        /// The tensor.
        name: String,
        /// What the file says.
        offset: u64,
        /// Where it must begin.
        expected: u64,
    },
    /// A tensor that ends past the end of the file.
    #[error("the tensor {name:?} ends at byte {end} and the file has {length}: the download is not complete")]
    TensorBeyondEnd {
        /// The tensor.
        name: String,
        /// Its end, from the start of the file.
        end: u64,
        /// The length of the file.
        length: u64,
    },
    /// Something else than a low-rank adapter, or one of a kind that is not supported.
    #[error("it is not an adapter that can be used: {0}")]
    NotAnAdapter(&'static str),
    /// A tensor that no low-rank adapter has.
    #[error("the tensor {name:?} has no place in an adapter: {reason}")]
    AdapterTensor {
        /// The tensor.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A file without weights.
    #[error("it has no tensors")]
    NoTensors,
}

//! The check of a model file's header, which everybody's file passes before C++ sees it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if let Ok(facts) = gguf::inspect(bytes, length) {
        assert!(facts.tensor_bytes <= length, "the tensors are in the file");
    }
    // A file that shrinks while it is read.
    let _ = gguf::inspect(bytes, length.saturating_mul(2));
});

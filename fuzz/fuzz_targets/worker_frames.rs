//! What server and worker read from each other: a worker that was taken over must not harm the server.
#![no_main]
#![allow(dead_code, reason = "the module is compiled as it stands in the engine")]

mod adapters {
    pub(crate) use crate::adapter::Adapter;
}
#[path = "../../crates/engine/src/adapters/adapter.rs"]
mod adapter;
#[path = "../../crates/engine/src/protocol.rs"]
mod protocol;

use libfuzzer_sys::fuzz_target;
use protocol::{FromWorker, ToWorker, encode, read_frame};

fuzz_target!(|bytes: &[u8]| {
    let mut source = bytes;
    while let Ok(Some(frame)) = read_frame::<FromWorker>(&mut source) {
        round_trip(&frame);
    }
    let mut source = bytes;
    while let Ok(Some(frame)) = read_frame::<ToWorker>(&mut source) {
        round_trip(&frame);
    }
});

/// What was understood can be said again, and is understood as the same.
fn round_trip<T>(frame: &T)
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let Ok(bytes) = encode(frame) else { return };
    // JSON has no word for numbers that are not finite: such a frame cannot be said again.
    if let Ok(Some(again)) = read_frame::<T>(&mut bytes.as_slice()) {
        assert_eq!(&again, frame);
    }
}

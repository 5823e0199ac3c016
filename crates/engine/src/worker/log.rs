//! Lets llama.cpp log only what a person should see: by default it prints every tensor it touches.
#![expect(unsafe_code, reason = "llama.cpp takes the receiver of its log as a C function")]

use std::ffi::{CStr, c_char, c_void};
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

/// `GGML_LOG_LEVEL_WARN` and `GGML_LOG_LEVEL_CONT` of `ggml.h`.
const WARN: u32 = 3;
const CONTINUED: u32 = 5;

/// Whether the line that is being written is one to keep.
static KEEPS: AtomicBool = AtomicBool::new(false);

/// Sends warnings and errors to the standard error and drops the rest.
pub(super) fn keep_warnings() {
    // SAFETY: `receive` lives as long as the process, may be called from any thread, and ignores the user data.
    unsafe { llama_cpp_4::log_set(Some(receive), std::ptr::null_mut()) }
}

unsafe extern "C" fn receive(level: u32, text: *const c_char, _data: *mut c_void) {
    let keeps = if level == CONTINUED { KEEPS.load(Ordering::Relaxed) } else { level >= WARN };
    KEEPS.store(keeps, Ordering::Relaxed);
    if keeps && !text.is_null() {
        // SAFETY: llama.cpp passes a string that ends with a zero and lives until this function returns.
        let text = unsafe { CStr::from_ptr(text) };
        // A log that cannot be written must not end the computation.
        let _ = std::io::stderr().write_all(text.to_bytes());
    }
}

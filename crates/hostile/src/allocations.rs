//! Tells tests how much memory a piece of work asks for.
#![expect(unsafe_code, reason = "an allocator that counts stands before the one of the system")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static COUNTING: Counting = Counting;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    static TOTAL: Cell<usize> = const { Cell::new(0) };
}

/// What was asked for by one thread, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocations {
    /// The largest piece.
    pub largest: usize,
    /// All pieces together, also those that were given back.
    pub total: usize,
}

/// Does some work and tells what it asked for.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Allocations) {
    LARGEST.set(0);
    let before = TOTAL.get();
    let done = work();
    (done, Allocations { largest: LARGEST.get(), total: TOTAL.get().wrapping_sub(before) })
}

struct Counting;

fn note(bytes: usize) {
    // A thread that is ending has no counters any more, and nobody asks for them.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(bytes)));
    let _ = TOTAL.try_with(|total| total.set(total.get().wrapping_add(bytes)));
}

// SAFETY: every call is handed on to the allocator of the system as it came; the counters need no memory of their own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as promised by the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: as promised by the caller.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(place, layout) }
    }
}

#[test]
fn what_is_asked_for_is_counted_even_when_it_is_given_back() {
    let ((), asked) = counted(|| drop((vec![0_u8; 1000], Vec::<u8>::with_capacity(3000))));
    assert_eq!(asked, Allocations { largest: 3000, total: 4000 });
    assert_eq!(counted(|| ()).1, Allocations { largest: 0, total: 0 });
}

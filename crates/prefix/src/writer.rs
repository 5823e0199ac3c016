//! The thread that writes units to disk, beside the one that computes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, OnceLock};
use std::thread;

use super::unit::Unit;

/// Bytes that may wait to be written; what comes when the disk is slower than that stays in memory only.
const WAITING: u64 = 128 << 20;

/// Takes units to be written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    units: OnceLock<Sender<Arc<Unit>>>,
    /// Bytes that are not written yet.
    waiting: Arc<AtomicU64>,
}

impl Writer {
    /// Starts the thread, which gives way to others. It ends with the writer.
    pub(super) fn start(&self, write: impl Fn(&Unit) + Send + 'static) {
        let (units, inbox) = mpsc::channel::<Arc<Unit>>();
        if self.units.set(units).is_err() {
            return;
        }
        let waiting = Arc::clone(&self.waiting);
        thread::spawn(move || {
            // On Linux niceness belongs to the thread. A refusal is harmless.
            let _ = rustix::process::nice(10);
            for unit in inbox {
                write(&unit);
                waiting.fetch_sub(unit.bytes(), Ordering::AcqRel);
            }
        });
    }

    /// Takes a unit to be written by and by, unless too much waits already or nothing is ever written.
    pub(super) fn offer(&self, unit: Arc<Unit>) {
        let Some(units) = self.units.get() else { return };
        let bytes = unit.bytes();
        let fits = self.waiting.fetch_add(bytes, Ordering::AcqRel) + bytes <= WAITING;
        if !fits || units.send(unit).is_err() {
            self.waiting.fetch_sub(bytes, Ordering::AcqRel);
        }
    }

    #[cfg(test)]
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::unit::tests_support::unit;
    use crate::{Key, Owner};

    #[test]
    fn what_is_offered_is_written_in_order_and_what_is_too_much_is_not() {
        let writer = Writer::default();
        let written = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&written);
        writer.start(move |unit| list.lock().unwrap().push(unit.start));
        for start in 0..3 {
            writer.offer(Arc::new(unit(Key::root("m"), Owner::Everybody, start, &[1])));
        }
        writer.waiting.fetch_add(WAITING, Ordering::AcqRel);
        writer.offer(Arc::new(unit(Key::root("m"), Owner::Everybody, 9, &[1])));
        writer.waiting.fetch_sub(WAITING, Ordering::AcqRel);
        while !writer.is_idle() {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(*written.lock().unwrap(), [0, 1, 2]);
    }

    #[test]
    fn without_a_thread_nothing_waits() {
        let writer = Writer::default();
        writer.offer(Arc::new(unit(Key::root("m"), Owner::Everybody, 0, &[1])));
        assert!(writer.is_idle());
    }
}

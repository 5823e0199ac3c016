//! What is told of an answer, in memory: written once, read by any number of followers at their own pace, from wherever each
//! of them stands.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// One event as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is called, where events have names.
    pub name: Option<&'static str>,
    /// What it says.
    pub data: String,
}

/// Everything that was told of an answer so far.
#[derive(Debug)]
pub struct Tape {
    lines: Mutex<Vec<Line>>,
    progress: watch::Sender<Progress>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Progress {
    lines: usize,
    bytes: usize,
    is_over: bool,
}

impl Default for Tape {
    fn default() -> Self {
        Self { lines: Mutex::default(), progress: watch::channel(Progress::default()).0 }
    }
}

impl Tape {
    /// Tells everybody who follows.
    pub fn tell(&self, more: Vec<Line>) {
        let bytes: usize = more.iter().map(|line| line.data.len()).sum();
        let mut lines = self.lock();
        lines.extend(more);
        let count = lines.len();
        drop(lines);
        self.progress.send_modify(|progress| {
            progress.lines = count;
            progress.bytes = progress.bytes.saturating_add(bytes);
        });
    }

    /// Nothing follows.
    pub fn end(&self) {
        self.progress.send_modify(|progress| progress.is_over = true);
    }

    /// Waits until nobody follows any more.
    pub async fn left(&self) {
        self.progress.closed().await;
    }

    /// How much was told.
    pub fn bytes(&self) -> usize {
        self.progress.borrow().bytes
    }

    /// A reader who has so many lines already.
    pub fn follow(self: &Arc<Self>, past: usize) -> TapeReader {
        TapeReader { tape: Arc::clone(self), past, progress: self.progress.subscribe() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reader's place on a tape.
#[derive(Debug)]
pub struct TapeReader {
    tape: Arc<Tape>,
    past: usize,
    progress: watch::Receiver<Progress>,
}

impl TapeReader {
    /// Waits for lines that were not read yet; empty when all were, and nothing follows.
    pub async fn next(&mut self) -> Vec<Line> {
        loop {
            let progress = *self.progress.borrow_and_update();
            let lines = self.tape.lock().get(self.past..).map(<[Line]>::to_vec).unwrap_or_default();
            if !lines.is_empty() {
                self.past = self.past.saturating_add(lines.len());
                return lines;
            }
            if progress.is_over || self.progress.changed().await.is_err() {
                return Vec::new();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(data: &str) -> Line {
        Line { name: None, data: data.to_owned() }
    }

    #[tokio::test]
    async fn everybody_reads_all_from_where_they_stand() {
        let tape = Arc::new(Tape::default());
        tape.tell(vec![line("one"), line("two")]);
        let (mut early, mut late, mut ahead) = (tape.follow(0), tape.follow(1), tape.follow(3));
        assert_eq!(early.next().await, [line("one"), line("two")]);
        assert_eq!(late.next().await, [line("two")]);
        let waits = tokio::spawn(async move { (ahead.next().await, ahead.next().await) });
        tokio::task::yield_now().await;
        tape.tell(vec![line("three")]);
        tape.tell(vec![line("four")]);
        tape.end();
        assert_eq!(waits.await.unwrap(), (vec![line("four")], Vec::new()));
        assert_eq!(early.next().await, [line("three"), line("four")]);
        assert_eq!(early.next().await, []);
        assert_eq!((tape.follow(99).next().await, tape.bytes()), (Vec::new(), 15));
    }
}

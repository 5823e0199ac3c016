//! A body that is written before it is sent: its bytes, and where its pieces end.

/// A body, ready to be played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tape {
    pub(crate) bytes: Vec<u8>,
    pub(crate) marks: Vec<Mark>,
}

/// The end of a piece, with what is used up to there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes up to here.
    pub(crate) end: usize,
    /// Tokens of the answer up to here.
    pub(crate) output: u64,
    /// Of these, thought.
    pub(crate) reasoning: u64,
}

impl Tape {
    /// A body in one piece.
    pub(crate) fn whole(bytes: Vec<u8>, output: u64, reasoning: u64) -> Self {
        let end = bytes.len();
        Self { bytes, marks: vec![Mark { end, output, reasoning }] }
    }

    /// With room for so many pieces of about so many bytes.
    pub(crate) fn with_room(pieces: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(pieces.saturating_mul(bytes)), marks: Vec::with_capacity(pieces) }
    }

    /// What is used so far.
    pub(crate) fn last(&self) -> Mark {
        self.marks.last().copied().unwrap_or_default()
    }

    /// The piece ends that was written into `bytes`.
    pub(crate) fn mark(&mut self, output: u64, reasoning: u64) {
        let last = self.last();
        self.marks.push(Mark {
            end: self.bytes.len(),
            output: last.output.saturating_add(output),
            reasoning: last.reasoning.saturating_add(reasoning),
        });
    }

    pub(crate) fn put(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// A text, as JSON has it.
    pub(crate) fn quote(&mut self, text: &str) {
        // A text can always be written, and so can memory.
        let _ = serde_json::to_writer(&mut self.bytes, text);
    }

    pub(crate) fn json(&mut self, value: &serde_json::Value) {
        let _ = serde_json::to_writer(&mut self.bytes, value);
    }

    /// In the middle of the first character of several bytes, or of everything where none has.
    pub(crate) fn half(&self) -> usize {
        let first = self.bytes.iter().position(|byte| *byte >= 0x80);
        first.map_or(self.bytes.len() / 2, |at| at.saturating_add(1))
    }
}

//! What a model is to do with one request.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ports::{ChatEvent, PortError, PortErrorKind, TokenLogprob};
use tokio::sync::Semaphore;
use wire::{ErrorCode, FinishReason, Usage};

/// What a model does with one request, step by step.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub(crate) steps: VecDeque<Step>,
    pieces: u64,
    thoughts: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Emit(Result<ChatEvent, PortError>),
    Wait(Gate),
    Pause(Duration),
    Hang,
}

/// Holds a script back until the test lets it go on.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Semaphore>);

impl Gate {
    /// A closed gate.
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    /// Lets the next `steps` waiting steps through, whether they wait already or come later.
    pub fn let_through(&self, steps: usize) {
        self.0.add_permits(steps);
    }

    /// Opens it for good.
    pub fn open(&self) {
        self.0.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    pub(crate) async fn pass(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// The usage that a script of so many pieces reports.
pub fn usage_of(pieces: u64) -> Usage {
    Usage { input_tokens: 7, cached_tokens: 3, output_tokens: pieces, reasoning_tokens: 0 }
}

impl Script {
    /// A script without steps; by itself it ends without a word about why.
    pub fn new() -> Self {
        Self::default()
    }

    /// A whole answer: started, the pieces, done.
    pub fn says<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Self {
        pieces.into_iter().fold(Self::new().started(), Self::text).done()
    }

    /// A whole answer of which every piece, and the end, waits for the gate.
    pub fn says_behind<'a>(gate: &Gate, pieces: impl IntoIterator<Item = &'a str>) -> Self {
        let waiting = |script: Self, piece| script.waits(gate).text(piece);
        pieces.into_iter().fold(Self::new().started(), waiting).waits(gate).done()
    }

    /// Stands in a queue.
    #[must_use]
    pub fn queued(self, position: u32) -> Self {
        self.emit(Ok(ChatEvent::Queued { position, wait: None }))
    }

    /// Brings the model into memory.
    #[must_use]
    pub fn loading(self) -> Self {
        self.emit(Ok(ChatEvent::Loading))
    }

    /// Reads the prompt.
    #[must_use]
    pub fn started(self) -> Self {
        self.emit(Ok(ChatEvent::Started(usage_of(0))))
    }

    /// A piece of the answer.
    #[must_use]
    pub fn text(mut self, piece: &str) -> Self {
        self.pieces += 1;
        self.emit(Ok(ChatEvent::Text(piece.to_owned())))
    }

    /// How probable the tokens of the next piece were.
    #[must_use]
    pub fn logprobs(self, tokens: Vec<TokenLogprob>) -> Self {
        self.emit(Ok(ChatEvent::Logprobs(tokens)))
    }

    /// A piece of the reasoning.
    #[must_use]
    pub fn reasoning(mut self, piece: &str) -> Self {
        self.thoughts += 1;
        self.pieces += 1;
        self.emit(Ok(ChatEvent::Reasoning(piece.to_owned())))
    }

    /// A call of a tool with its arguments, piece by piece. Calls are numbered by the test, from 0.
    #[must_use]
    pub fn calls<'a>(mut self, index: u32, name: &str, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.pieces += 1;
        let begun = self.emit(Ok(ChatEvent::ToolCall { index, name: name.to_owned() }));
        let more = |script: Self, piece: &str| {
            script.emit(Ok(ChatEvent::ToolArguments { index, text: piece.to_owned() }))
        };
        arguments.into_iter().fold(begun, more)
    }

    /// Nothing until the test lets one more step through the gate.
    #[must_use]
    pub fn waits(mut self, gate: &Gate) -> Self {
        self.steps.push_back(Step::Wait(gate.clone()));
        self
    }

    /// Nothing for a while of real time: for benches, never for tests.
    #[must_use]
    pub fn pauses(mut self, pause: Duration) -> Self {
        self.steps.push_back(Step::Pause(pause));
        self
    }

    /// Nothing, for ever.
    #[must_use]
    pub fn hangs(mut self) -> Self {
        self.steps.push_back(Step::Hang);
        self
    }

    /// The end, with a usage of 7 tokens read, 3 of them cached, and a token for each piece, reasoning or not.
    #[must_use]
    pub fn done(self) -> Self {
        self.done_because(FinishReason::Stop)
    }

    /// The end for a reason.
    #[must_use]
    pub fn done_because(self, reason: FinishReason) -> Self {
        let usage = Usage { reasoning_tokens: self.thoughts, ..usage_of(self.pieces) };
        self.emit(Ok(ChatEvent::Done { reason, usage }))
    }

    /// The end by a failure.
    #[must_use]
    pub fn fails(self, code: ErrorCode, detail: &str) -> Self {
        self.emit(Err(PortError::new(PortErrorKind::Down, code, detail)))
    }

    fn emit(mut self, item: Result<ChatEvent, PortError>) -> Self {
        self.steps.push_back(Step::Emit(item));
        self
    }
}

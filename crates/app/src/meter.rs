//! What a run costs, as effects of its batches.

use store::Write;
use wire::{Run, Usage};

/// Serves the turn machine's `Hold` and `Settle`: the writes that set money or quota aside and that charge it. They
/// ride in the run's own batches, so that a run and its money are stored together or not at all.
pub trait Meter: Send + Sync + std::fmt::Debug {
    /// What must be written before the model is called. A failing expectation refuses the run.
    fn hold(&self, run: &Run) -> Vec<Write>;
    /// What must be written when the run is over: charge `usage`, release the rest.
    fn settle(&self, run: &Run, usage: Usage) -> Vec<Write>;
}

/// Everything is free of charge: nothing is set aside and nothing is charged. Plans bring the ledger's meter.
#[derive(Clone, Copy, Debug, Default)]
pub struct FreeOfCharge;

impl Meter for FreeOfCharge {
    fn hold(&self, _run: &Run) -> Vec<Write> {
        Vec::new()
    }

    fn settle(&self, _run: &Run, _usage: Usage) -> Vec<Write> {
        Vec::new()
    }
}

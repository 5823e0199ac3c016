//! What there is to grant, and where a request finds room.

use std::cmp::Reverse;

use super::job::{Slot, needed};
use super::kv_budget;
use super::prepare::Prepared;
use crate::policy::Limits;
use crate::settings::ModelSettings;

/// Requests that wait for a sequence; more are refused.
const WAITING: usize = 256;
/// Tokens written by one step: beyond these the processors give hardly more, and everybody waits longer.
const WIDTH: u32 = 8;

/// What the policy may grant with these settings.
pub(super) fn limits(settings: &ModelSettings) -> Limits {
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let sequences = count(settings.streams);
    // A small memory has no room to keep any of it free.
    let reserve = if settings.kv_tokens / 2 >= settings.context_tokens { settings.context_tokens } else { 0 };
    Limits {
        sequences,
        width: count(WIDTH),
        spare: sequences / 8,
        memory: settings.kv_tokens,
        reserve,
        waiting: WAITING,
    }
}

/// Where a request can be computed now.
pub(super) struct Room {
    pub(super) index: usize,
    /// Sequences whose leftovers must go first.
    pub(super) dropped: Vec<usize>,
}

/// The free sequence that has most of the prompt already; without any, one with nothing to save that was used longest
/// ago.
pub(super) fn place(slots: &[Slot], request: &Prepared, kv_tokens: u32) -> Option<Room> {
    let free = slots.iter().enumerate().filter(|(_, slot)| slot.job.is_none());
    let (index, ..) = free
        .map(|(index, slot)| {
            (index, Reverse(slot.common_prefix(request)), !slot.edges.is_empty(), slot.last_used)
        })
        .min_by_key(|(_, cached, unsaved, last_used)| (*cached, *unsaved, *last_used))?;
    let holdings: Vec<_> = slots.iter().map(Slot::holding).collect();
    let dropped = kv_budget::make_room(&holdings, index, needed(request), kv_tokens)?;
    Some(Room { index, dropped })
}

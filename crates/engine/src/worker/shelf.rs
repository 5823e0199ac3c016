//! Between the model's memory and the prefix cache: brings back what is known of a prompt, and saves what is new.

use std::sync::Arc;
use std::time::Duration;

use llama_cpp_4::context::LlamaContext;
use llama_cpp_4::token::LlamaToken;
use stdx::Clock;

use super::job::Slot;
use super::prepare::Prepared;
use prefix::{Owner, PrefixCache, Unit, edges};

/// The longest that saving may hold up answers that are being written.
const PATIENCE: Duration = Duration::from_millis(20);
/// How long saving a token takes before it was measured, and a kibibyte of a state that cannot be cut.
const FIRST: Duration = Duration::from_micros(20);
const FIRST_KIBIBYTE: Duration = Duration::from_micros(2);

/// Moves states between sequences of the context and the cache.
pub(super) struct Shelf<'a> {
    cache: PrefixCache,
    /// The sequence through which ranges of tokens go in and out.
    transit: u32,
    /// Whether a state can only be taken and given back as a whole.
    whole: bool,
    clock: &'a dyn Clock,
    /// How long saving takes: of a token, or of a kibibyte of a state that cannot be cut, for that is not the larger the
    /// more it has read.
    pace: Duration,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(cache: PrefixCache, transit: u32, whole: bool, clock: &'a dyn Clock) -> Self {
        let pace = if whole { FIRST_KIBIBYTE } else { FIRST };
        Self { cache, transit, whole, clock, pace }
    }

    pub(super) fn cache(&self) -> &PrefixCache {
        &self.cache
    }

    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Readies a free sequence for a prompt: keeps, copies or restores as much of it as is known, and plans what to
    /// save. Returns how many tokens need not be computed; at least one is left, for its output is what is sampled.
    pub(super) fn begin(
        &self,
        context: &mut LlamaContext<'_>,
        slots: &mut [Slot],
        index: usize,
        request: &Prepared,
    ) -> usize {
        let neighbour = self.neighbour(slots, index, request);
        let Some(slot) = slots.get_mut(index) else { return 0 };
        let prompt = numbers(reach(&request.prompt, self.whole));
        let units = self.cache.path(request.root, &prompt, request.scope.as_deref());
        let own = slot.common_prefix(request);
        if self.whole {
            self.begin_whole(context, slot, request, own, &units);
        } else {
            match neighbour {
                Some((sequence, length)) if length > own => {
                    clear(context, slot, 0);
                    copy(context, sequence, slot.sequence, 0, length);
                    slot.resident = request.prompt.get(..length).unwrap_or_default().to_vec();
                }
                _ => clear(context, slot, own),
            }
            self.restore(context, slot, &request.prompt, &units);
        }
        slot.root = request.root;
        slot.scope.clone_from(&request.scope);
        slot.family = request.family.as_ref().map(|family| family.id.clone());
        slot.public = request.fixed;
        // What was not taken back is not there any more.
        let known = units.iter().rfind(|unit| self.cache.contains(unit.key));
        (slot.known, slot.known_to) = known.map_or((slot.root, 0), |unit| (unit.key, unit.end()));
        let end = request.input_end.min(prompt.len());
        slot.edges = edges(slot.known_to, request.fixed, end, self.whole).into();
        slot.resident.len()
    }

    /// Readies an empty sequence for an agent's fixed prompt that is computed ahead.
    pub(super) fn begin_fixed(&self, context: &mut LlamaContext<'_>, slot: &mut Slot, prompt: &[LlamaToken]) {
        slot.root = self.cache.root();
        let units = self.cache.fetch(slot.root, &numbers(prompt), None);
        (slot.scope, slot.family, slot.public) = (None, None, prompt.len());
        if !self.whole {
            self.restore(context, slot, prompt, &units);
        }
        (slot.known, slot.known_to) = match units.last() {
            Some(unit) if !self.whole && unit.end() == slot.resident.len() => (unit.key, unit.end()),
            _ => (slot.root, 0),
        };
        slot.edges = edges(slot.known_to, prompt.len(), prompt.len(), self.whole).into();
    }

    /// Another sequence that holds more of the prompt than can be had otherwise, and how much of it may be shared.
    fn neighbour(&self, slots: &[Slot], index: usize, request: &Prepared) -> Option<(u32, usize)> {
        if self.whole {
            return None;
        }
        let others = slots.iter().enumerate().filter(|(other, _)| *other != index);
        others.map(|(_, slot)| (slot.sequence, slot.common_prefix(request))).max_by_key(|(_, length)| *length)
    }

    /// Brings units back behind what the sequence has already.
    fn restore(
        &self,
        context: &mut LlamaContext<'_>,
        slot: &mut Slot,
        prompt: &[LlamaToken],
        units: &[Arc<Unit>],
    ) {
        let usable = prompt.len().saturating_sub(1);
        for unit in units {
            let have = slot.resident.len();
            if unit.end() <= have || have >= usable {
                continue;
            }
            if context.state_seq_set_data(&unit.state, number(self.transit)) != unit.state.len() {
                eprintln!("A computed prompt is not taken back.");
                self.cache.discard(unit.key);
                remove(context, self.transit, 0);
                break;
            }
            copy(context, self.transit, slot.sequence, have, unit.end());
            remove(context, self.transit, 0);
            slot.resident.extend(prompt.get(have..unit.end()).unwrap_or_default());
        }
        if slot.resident.len() > usable {
            clear(context, slot, usable);
        }
    }

    fn begin_whole(
        &self,
        context: &mut LlamaContext<'_>,
        slot: &mut Slot,
        request: &Prepared,
        own: usize,
        units: &[Arc<Unit>],
    ) {
        let keeps_own = own > 0 && own == slot.resident.len();
        let better = units.last().filter(|unit| !keeps_own || unit.end() > own);
        if keeps_own && better.is_none() {
            return;
        }
        clear(context, slot, 0);
        let Some(unit) = better else { return };
        if context.state_seq_set_data(&unit.state, number(slot.sequence)) == unit.state.len() {
            slot.resident = request.prompt.get(..unit.end()).unwrap_or_default().to_vec();
        } else {
            eprintln!("A computed prompt is not taken back.");
            self.cache.discard(unit.key);
            // Parts of it may be there.
            remove(context, slot.sequence, 0);
        }
    }

    /// Plans to save an answer that has ended, too.
    pub(super) fn end(&self, slot: &mut Slot) {
        let from = slot.edges.back().copied().unwrap_or(slot.known_to);
        slot.edges.extend(edges(from, slot.public, slot.resident.len(), self.whole));
    }

    /// Saves the next unit of a sequence. `hurried` when answers are being written meanwhile: then only what is quick.
    /// False when there is nothing to save now.
    pub(super) fn save(&mut self, context: &mut LlamaContext<'_>, slot: &mut Slot, hurried: bool) -> bool {
        let Some(edge) = slot.edges.front().copied().filter(|edge| *edge <= slot.resident.len()) else {
            return false;
        };
        let (parent, start) = if self.whole { (slot.root, 0) } else { (slot.known, slot.known_to) };
        let owner = match &slot.scope {
            _ if edge <= slot.public => Owner::Everybody,
            Some(scope) => self.cache.owner(scope),
            None => {
                // What belongs to nobody is not kept.
                slot.edges.clear();
                return true;
            }
        };
        let tokens = numbers(slot.resident.get(start..edge).unwrap_or_default());
        let key = parent.child(owner, &tokens);
        if !self.cache.contains(key) {
            let size = if self.whole {
                context.state_seq_get_size(number(slot.sequence)) / 1024
            } else {
                tokens.len()
            };
            let is_slow = hurried && self.pace.saturating_mul(times(size)) > PATIENCE;
            if is_slow && !self.whole {
                return false;
            }
            // A state that cannot be cut is taken when its moment has come, or not at all.
            let misses = self.whole && (edge != slot.resident.len() || is_slow && owner != Owner::Everybody);
            let state = if misses { None } else { self.take(context, slot.sequence, start, edge) };
            match state {
                Some(state) => {
                    self.cache.keep(Unit { key, parent, owner, start, tokens: tokens.into(), state })
                }
                None => {
                    slot.edges.pop_front();
                    return true;
                }
            }
        }
        slot.edges.pop_front();
        (slot.known, slot.known_to) = (key, edge);
        true
    }

    /// The state of some tokens of a sequence.
    fn take(
        &mut self,
        context: &mut LlamaContext<'_>,
        sequence: u32,
        start: usize,
        end: usize,
    ) -> Option<Box<[u8]>> {
        let before = self.clock.monotonic();
        let source = if self.whole { sequence } else { self.transit };
        if !self.whole {
            copy(context, sequence, self.transit, start, end);
        }
        let mut state = vec![0; context.state_seq_get_size(number(source))];
        let taken = context.state_seq_get_data(&mut state, number(source));
        if !self.whole {
            remove(context, self.transit, 0);
        }
        let took = self.clock.monotonic().saturating_sub(before);
        let size = if self.whole { state.len() / 1024 } else { end - start };
        self.pace = (self.pace + took / times(size)) / 2;
        self.cache.held_up(took);
        (taken > 0 && taken == state.len()).then(|| state.into())
    }

    /// Whether a free sequence holds nothing that the cache could not bring back: then it is emptied, for every token
    /// in the model's memory makes every step slower.
    pub(super) fn has_all(&self, slot: &Slot) -> bool {
        // A state that cannot be cut may have missed its moment.
        let rest = || edges(slot.known_to, slot.public, slot.resident.len(), self.whole);
        slot.edges.is_empty()
            && slot.known_to > 0
            && self.cache.contains(slot.known)
            && (!self.whole || rest().is_empty())
    }
}

/// How much of a prompt units may cover. Its last token is computed in any case, and a state that cannot be cut (`whole`)
/// must end before it.
pub(super) fn reach(prompt: &[LlamaToken], whole: bool) -> &[LlamaToken] {
    match prompt.split_last() {
        Some((_, before)) if whole => before,
        _ => prompt,
    }
}

/// Keeps the first `length` tokens of a sequence, if that can be done, or else none.
pub(super) fn clear(context: &mut LlamaContext<'_>, slot: &mut Slot, length: usize) {
    if length >= slot.resident.len() {
        return;
    }
    if length > 0 && remove(context, slot.sequence, length) {
        slot.resident.truncate(length);
    } else {
        remove(context, slot.sequence, 0);
        slot.resident.clear();
    }
}

/// Removes a sequence from a position on. A whole sequence can always be removed.
fn remove(context: &mut LlamaContext<'_>, sequence: u32, from: usize) -> bool {
    context.clear_kv_cache_seq(Some(sequence), u32::try_from(from).ok(), None) == Ok(true)
}

/// Makes a range of one sequence part of another too; nothing is moved.
fn copy(context: &mut LlamaContext<'_>, from: u32, to: u32, start: usize, end: usize) {
    let position = |at: usize| u32::try_from(at).ok();
    // Fails only for positions that no context has.
    let _ = context.copy_kv_cache_seq(number(from), number(to), position(start), position(end));
}

fn times(size: usize) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX).max(1)
}

fn number(sequence: u32) -> i32 {
    i32::try_from(sequence).unwrap_or(i32::MAX)
}

/// Tokens as the cache knows them.
pub(super) fn numbers(tokens: &[LlamaToken]) -> Vec<i32> {
    tokens.iter().map(|token| token.0).collect()
}

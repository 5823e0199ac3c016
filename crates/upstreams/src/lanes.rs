//! How many calls a deployment has at a time, and whose turn it is when there are more.

use std::collections::{BTreeMap, VecDeque};

/// A call that is under way or waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

/// What a call meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// It begins.
    Go(Ticket),
    /// It waits.
    Wait(Ticket),
    /// So many wait already that it does not.
    Full,
}

/// The calls of a deployment. Of those that wait, the oldest one goes next of whoever has fewest under way: one member's
/// fifty questions do not keep another's waiting.
#[derive(Clone, Debug)]
pub struct Lanes {
    most: usize,
    most_waiting: usize,
    under_way: BTreeMap<Ticket, Option<String>>,
    waiting: VecDeque<(Ticket, Option<String>)>,
    next: u64,
}

impl Lanes {
    /// For so many at a time (at least one), while so many wait.
    pub fn new(most: usize, most_waiting: usize) -> Self {
        let (under_way, waiting) = (BTreeMap::new(), VecDeque::new());
        Self { most: most.max(1), most_waiting, under_way, waiting, next: 0 }
    }

    /// A call comes, on somebody's account.
    pub fn enter(&mut self, scope: Option<&str>) -> Entry {
        let ticket = Ticket(self.next);
        let scope = scope.map(str::to_owned);
        if self.under_way.len() < self.most {
            self.under_way.insert(ticket, scope);
        } else if self.waiting.len() < self.most_waiting {
            self.waiting.push_back((ticket, scope));
        } else {
            return Entry::Full;
        }
        self.next = self.next.wrapping_add(1);
        if self.under_way.contains_key(&ticket) { Entry::Go(ticket) } else { Entry::Wait(ticket) }
    }

    /// A call is over, or waits no longer. Says who begins instead.
    pub fn leave(&mut self, ticket: Ticket) -> Option<Ticket> {
        self.waiting.retain(|(other, _)| *other != ticket);
        self.under_way.remove(&ticket)?;
        let at = self.next_in_line()?;
        let (next, scope) = self.waiting.remove(at)?;
        self.under_way.insert(next, scope);
        Some(next)
    }

    /// How many began to wait before it and wait still; nothing when it does not wait.
    pub fn position(&self, ticket: Ticket) -> Option<u32> {
        let at = self.waiting.iter().position(|(other, _)| *other == ticket)?;
        u32::try_from(at).ok()
    }

    /// How many more could begin at once.
    pub fn free(&self) -> usize {
        self.most.saturating_sub(self.under_way.len())
    }

    /// Calls under way, and those that wait.
    pub fn counts(&self) -> (usize, usize) {
        (self.under_way.len(), self.waiting.len())
    }

    fn next_in_line(&self) -> Option<usize> {
        let busy = |scope: &Option<String>| self.under_way.values().filter(|other| *other == scope).count();
        let ranked = self.waiting.iter().enumerate().map(|(at, (_, scope))| (busy(scope), at));
        ranked.min().map(|(_, at)| at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn go(entry: Entry) -> Ticket {
        match entry {
            Entry::Go(ticket) | Entry::Wait(ticket) => ticket,
            Entry::Full => panic!("full"),
        }
    }

    #[test]
    fn who_has_fewest_under_way_goes_next() {
        let mut lanes = Lanes::new(2, 9);
        let first = go(lanes.enter(Some("ada")));
        let second = go(lanes.enter(Some("ada")));
        let third = go(lanes.enter(Some("ada")));
        let other = go(lanes.enter(Some("bo")));
        assert_eq!((lanes.position(third), lanes.position(other)), (Some(0), Some(1)));
        assert_eq!(lanes.leave(first), Some(other));
        assert_eq!(lanes.leave(second), Some(third));
    }

    #[test]
    fn a_queue_has_an_end_and_who_waits_may_go() {
        let mut lanes = Lanes::new(1, 1);
        let only = go(lanes.enter(None));
        let waiting = go(lanes.enter(None));
        assert_eq!(lanes.enter(None), Entry::Full);
        assert_eq!(lanes.leave(waiting), None);
        assert!(matches!(lanes.enter(None), Entry::Wait(_)));
        assert!(lanes.leave(only).is_some());
        assert_eq!(lanes.leave(only), None, "once is enough");
    }

    proptest! {
        #[test]
        fn never_too_many_and_never_a_free_lane_beside_a_queue(most in 1_usize..5, queue in 0_usize..6, steps in prop::collection::vec((any::<bool>(), 0_usize..64), 0..200)) {
            let mut lanes = Lanes::new(most, queue);
            let (mut under_way, mut waiting) = (Vec::new(), Vec::new());
            for (comes, pick) in steps {
                if comes {
                    match lanes.enter(Some(["a", "b", "c"][pick % 3])) {
                        Entry::Go(ticket) => under_way.push(ticket),
                        Entry::Wait(ticket) => waiting.push(ticket),
                        Entry::Full => prop_assert_eq!(waiting.len(), queue),
                    }
                } else if pick % 2 == 0 && !under_way.is_empty() {
                    let gone = under_way.remove(pick % under_way.len());
                    if let Some(next) = lanes.leave(gone) {
                        prop_assert!(waiting.contains(&next));
                        waiting.retain(|ticket| *ticket != next);
                        under_way.push(next);
                    }
                } else if !waiting.is_empty() {
                    let gone = waiting.remove(pick % waiting.len());
                    prop_assert_eq!(lanes.leave(gone), None);
                }
                prop_assert_eq!(lanes.counts(), (under_way.len(), waiting.len()));
                prop_assert!(under_way.len() <= most && waiting.len() <= queue);
                prop_assert!(waiting.is_empty() || under_way.len() == most);
                prop_assert_eq!(lanes.free(), most - under_way.len());
                for (at, ticket) in waiting.iter().enumerate() {
                    prop_assert_eq!(lanes.position(*ticket), u32::try_from(at).ok());
                }
            }
        }
    }
}

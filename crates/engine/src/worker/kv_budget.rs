//! Who may use how much of the context memory that all sequences share. A request reserves all it may ever need before
//! it starts, so that it never runs dry in the middle.

/// What one sequence holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    /// Tokens: the reservation of a request, or what a finished one has left behind.
    pub(super) tokens: u32,
    /// Whether a request uses it now.
    pub(super) in_use: bool,
    /// When it was last used; grows.
    pub(super) last_used: u64,
}

/// Decides whether `needed` more tokens fit into `total` for the sequence at `place`, whose own leftovers are to be
/// taken over or dropped. Returns the sequences whose leftovers must go, the longest unused first; nothing when it
/// does not fit now.
pub(super) fn make_room(holdings: &[Holding], place: usize, needed: u32, total: u32) -> Option<Vec<usize>> {
    let others = || holdings.iter().enumerate().filter(|(index, _)| *index != place);
    let mut used: u64 = others().map(|(_, holding)| u64::from(holding.tokens)).sum();
    let fits = |used: u64| used + u64::from(needed) <= u64::from(total);
    let mut leftovers: Vec<(usize, &Holding)> =
        others().filter(|(_, holding)| !holding.in_use && holding.tokens > 0).collect();
    leftovers.sort_by_key(|(_, holding)| holding.last_used);
    let mut dropped = Vec::new();
    for (index, holding) in leftovers {
        if fits(used) {
            break;
        }
        used -= u64::from(holding.tokens);
        dropped.push(index);
    }
    fits(used).then_some(dropped)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holding(tokens: u32, in_use: bool, last_used: u64) -> Holding {
        Holding { tokens, in_use, last_used }
    }

    #[test]
    fn nothing_is_dropped_while_there_is_room() {
        let holdings = [holding(100, true, 1), holding(100, false, 2), holding(0, false, 0)];
        assert_eq!(make_room(&holdings, 2, 800, 1000), Some(vec![]));
    }

    #[test]
    fn the_longest_unused_leftovers_go_first() {
        let holdings = [holding(300, false, 9), holding(300, false, 3), holding(0, false, 0)];
        assert_eq!(make_room(&holdings, 2, 500, 1000), Some(vec![1]));
        assert_eq!(make_room(&holdings, 2, 900, 1000), Some(vec![1, 0]));
    }

    #[test]
    fn what_is_in_use_is_never_dropped() {
        let holdings = [holding(600, true, 1), holding(0, false, 0)];
        assert_eq!(make_room(&holdings, 1, 500, 1000), None);
        assert_eq!(make_room(&holdings, 1, 400, 1000), Some(vec![]));
    }

    #[test]
    fn a_sequence_takes_its_own_leftovers_over() {
        assert_eq!(make_room(&[holding(900, false, 1)], 0, 1000, 1000), Some(vec![]));
    }

    proptest! {
        #[test]
        fn what_is_granted_never_exceeds_the_whole(
            raw in proptest::collection::vec((0_u32..500, any::<bool>(), 0_u64..50), 1..6),
            needed in 1_u32..1500,
        ) {
            let holdings: Vec<Holding> = raw.iter().map(|(t, u, l)| holding(*t, *u, *l)).collect();
            let total = 1500;
            if let Some(dropped) = make_room(&holdings, 0, needed, total) {
                let kept: u32 = (1..holdings.len())
                    .filter(|index| !dropped.contains(index))
                    .map(|index| holdings[index].tokens)
                    .sum();
                prop_assert!(kept + needed <= total);
                prop_assert!(dropped.iter().all(|index| !holdings[*index].in_use));
            }
        }
    }
}

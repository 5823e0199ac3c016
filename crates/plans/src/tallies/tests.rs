use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;

const MEMBER: u8 = 1;

type Memory = Tallies<u8, u8>;

fn second(n: i64) -> Timestamp {
    Timestamp::from_micros(n * 1_000_000)
}

fn used(at: i64, credits: u64) -> Use {
    Use { at: second(at), credits, tokens: credits * 10, requests: 1 }
}

fn read(uses: &[Use], open_since: Option<i64>) -> Read<'_> {
    Read { uses, open_since: open_since.map(second) }
}

fn sum(uses: &[Use], since: Timestamp, measure: Measure) -> u64 {
    let of = |used: &Use| match measure {
        Measure::Credits => used.credits,
        Measure::Tokens => used.tokens,
        Measure::Requests => used.requests,
    };
    uses.iter().filter(|used| used.at > since).map(of).sum()
}

#[test]
fn what_is_over_is_read_once() {
    let (tallies, begins) = (Memory::default(), [second(1), second(8)]);
    assert_eq!(tallies.unread(MEMBER, second(1)), second(1));
    let all = [used(5, 1), used(9, 2), used(12, 4), used(13, 8)];
    let standings =
        tallies.standings(MEMBER, (second(1), second(20)), &read(&all, Some(12)), &begins).unwrap();
    assert_eq!(standings.uses, [used(5, 1), used(9, 2), used(12, 4), used(13, 8)]);
    assert_eq!(tallies.unread(MEMBER, second(1)), before(second(12)), "the third goes on");

    let rest = [used(12, 3), used(13, 8), used(21, 16)];
    let standings =
        tallies.standings(MEMBER, (before(second(12)), second(20)), &read(&rest, None), &begins).unwrap();
    let together = Use { at: second(13), credits: 13, tokens: 130, requests: 3 };
    assert_eq!(standings.uses, [used(5, 1), together, used(21, 16)]);
    assert_eq!(tallies.unread(MEMBER, second(1)), second(20));
    assert_eq!(tallies.unread(MEMBER, second(30)), second(30));
    assert_eq!(tallies.unread(MEMBER, second(0)), second(0), "a longer window is read from its beginning");
}

#[test]
fn what_was_forgotten_meanwhile_is_read_again() {
    let tallies = Memory::default();
    let late = tallies.standings(MEMBER, (second(9), second(20)), &read(&[], None), &[second(0)]);
    assert_eq!(late, None);
    // As before, nothing has been lost by asking.
    assert_eq!(tallies.unread(MEMBER, second(0)), second(0));
}

#[test]
fn nobody_comes_before_a_ticket_that_is_held() {
    let tallies = Memory::default();
    let first = tallies.ticket(second(10));
    let second_one = tallies.ticket(second(11));
    assert_eq!((first.closed(), second_one.closed()), (before(second(10)), before(second(10))));
    drop(first);
    assert_eq!(second_one.closed(), before(second(11)));
    assert_eq!(tallies.ticket(second(5)).at(), second(11), "a clock that went backwards");
}

#[test]
fn a_write_of_which_nobody_knows_is_waited_for() {
    type Write<'a> = Pin<&'a mut dyn Future<Output = Result<(), &'static str>>>;
    let poll = |write: Write<'_>| write.poll(&mut Context::from_waker(Waker::noop()));
    let tallies = Memory::default();
    let mut written = pin!(tallies.ticket(second(10)).until(async { Ok(()) }, |_| true));
    assert_eq!(poll(written.as_mut()), Poll::Ready(Ok(())));
    let later = tallies.ticket(second(11));
    assert_eq!(later.closed(), before(second(11)));
    drop(later);

    // Whoever asked went away while it was being stored.
    let mut leaving = Box::pin(tallies.ticket(second(20)).until(std::future::pending(), |_| true));
    assert_eq!(poll(leaving.as_mut()), Poll::Pending);
    drop(leaving);
    assert_eq!(tallies.ticket(second(30)).closed(), before(second(20)));
    assert_eq!(tallies.ticket(second(81)).closed(), before(second(81)), "a minute later");

    // Whoever was told that it was not made leaves nothing.
    let mut refused = pin!(tallies.ticket(second(90)).until(async { Err("full") }, |error| *error != "full"));
    assert_eq!(poll(refused.as_mut()), Poll::Ready(Err("full")));
    assert_eq!(tallies.ticket(second(91)).closed(), before(second(91)));
}

#[test]
fn budgets_know_what_was_spent_for_good() {
    let (tallies, counted) = (Memory::default(), 2);
    let nothing = Spent { since: second(0), edge: second(0), credits: 0 };
    let rows = [(second(3), 5), (second(6), 7), (second(9), 11)];
    assert_eq!(nothing.total(&rows), Amount::from_micros(23));
    let known = nothing.with(&rows, second(6));
    assert_eq!(known, Spent { since: second(0), edge: second(6), credits: 12 });
    tallies.remember(counted, known);
    tallies.remember(counted, nothing);
    assert_eq!(tallies.spent(counted, second(0)), Some(known), "the later one counts");
    assert_eq!(tallies.spent(counted, second(1)), None, "another term");
    let limit = Guard { measure: Measure::Credits, since: second(0), most: 20 };
    assert_eq!(known.rest(limit), Guard { since: second(6), most: 8, ..limit });
    let narrow = Guard { most: 11, ..limit };
    assert_eq!(known.rest(narrow), narrow, "the database says that it does not fit");
}

proptest! {
    /// Whatever was read when: windows are as full as if all had been read, and guards decide the same.
    #[test]
    fn nothing_is_lost_and_nothing_counts_twice(
        runs in proptest::collection::vec((0_i64..100, 1_u64..9, 0_i64..30), 0..60),
        looks in proptest::collection::vec((1_i64..160, 0_i64..40), 1..12),
        lengths in proptest::collection::vec(1_i64..120, 1..4),
        most in 0_u64..300,
    ) {
        let tallies = Memory::default();
        let mut looks = looks;
        looks.sort_unstable();
        for (now, behind) in looks {
            // A run costs more until it is settled.
            let at_that_time: Vec<(Use, bool)> = {
                let mut all: Vec<_> = runs.iter().filter(|(at, ..)| *at < now).map(|(at, cost, takes)| {
                    let is_open = at + takes >= now;
                    (used(*at, if is_open { cost + 3 } else { *cost }), is_open)
                }).collect();
                all.sort_by_key(|(used, _)| used.at);
                all
            };
            let all: Vec<Use> = at_that_time.iter().map(|(used, _)| *used).collect();
            let begins: Vec<Timestamp> = lengths.iter().map(|length| second(now - length)).collect();
            let since = begins.iter().min().copied().unwrap();
            let unread = tallies.unread(MEMBER, since);
            let open = at_that_time.iter().find(|(used, is_open)| *is_open && used.at > unread);
            let rest: Vec<Use> = all.iter().filter(|used| used.at > unread).copied().collect();
            let read = Read { uses: &rest, open_since: open.map(|(used, _)| used.at) };
            let closed = second(now - behind - 1);
            let standings = tallies.standings(MEMBER, (unread, closed), &read, &begins).unwrap();
            for (begin, measure) in begins.iter().flat_map(|begin| {
                [Measure::Credits, Measure::Tokens, Measure::Requests].map(|measure| (*begin, measure))
            }) {
                let full = sum(&all, begin, measure);
                prop_assert_eq!(sum(&standings.uses, begin, measure), full);
                let limit = standings.rest(Guard { measure, since: begin, most });
                prop_assert_eq!(sum(&all, limit.since, measure) <= limit.most, full <= most);
            }
        }
    }
}

//! A machine without a model: thousands of requests against the policy, in simulated time.

mod machine;

use std::time::Duration;

use proptest::prelude::*;

use self::machine::{COSTS, LIMITS, Machine, READ, ROW, Request, STEP};
use crate::{Full, Limits, Plan, Policy, Wish};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn requests(member: usize, count: usize, prompt: u32, output: u32) -> Vec<Request> {
    vec![Request { member, weight: 1, at: Duration::ZERO, prompt, output, group: 0 }; count]
}

#[test]
fn a_member_alone_has_all_there_is() {
    let mut machine = Machine::new(requests(0, 8, 50, 200));
    machine.run(seconds(3_600));
    let last = machine.fates.iter().filter_map(|fate| fate.tokens.last()).max().unwrap();
    let steps = (STEP + ROW * 8) * 200 + READ * 400;
    assert!(*last < steps * 5 / 4, "{last:?} instead of about {steps:?}");
}

#[test]
fn one_request_gets_on_against_fifty() {
    let flood = requests(0, 50, 300, 300);
    let mut machine = Machine::new([flood, requests(1, 1, 100, 1_000)].concat());
    machine.run(seconds(3_600));
    let fate = machine.of(1).next().unwrap();
    let (from, to) = (fate.tokens[0], *fate.tokens.last().unwrap());
    let (own, others) = (machine.tokens(1, from, to), machine.tokens(0, from, to));
    assert!(own * 10 >= (own + others) * 4, "{own} tokens against {others}");
    assert!(fate.tokens[0] < seconds(5), "the first token after {:?}", fate.tokens[0]);
}

#[test]
fn whoever_comes_into_a_flood_is_served_at_once() {
    let newcomer = Request { member: 1, weight: 1, at: seconds(60), prompt: 40, output: 20, group: 0 };
    let mut machine = Machine::new([requests(0, 200, 500, 400), vec![newcomer]].concat());
    machine.run(seconds(120));
    let fate = machine.of(1).next().unwrap();
    assert_eq!(fate.started.map(|at| at < seconds(61)), Some(true), "{:?}", fate.started);
    assert!(fate.tokens[0] < seconds(63), "{:?}", fate.tokens[0]);
}

#[test]
fn a_stream_never_waits_long_for_another_members_prompt() {
    let writer = Request { member: 1, weight: 1, at: Duration::ZERO, prompt: 20, output: 2_000, group: 0 };
    let reader = Request { member: 0, weight: 1, at: seconds(5), prompt: 4_000, output: 10, group: 0 };
    let mut machine = Machine::new(vec![writer, reader]);
    machine.run(seconds(3_600));
    let tokens = &machine.of(1).next().unwrap().tokens;
    let longest = tokens.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= Duration::from_millis(250), "{longest:?}");
    assert!(machine.of(0).all(|fate| fate.left == (0, 0)));
}

#[test]
fn on_a_slow_machine_reading_has_a_third_of_the_time_beside_a_stream() {
    let writer = Request { member: 1, weight: 1, at: Duration::ZERO, prompt: 20, output: 2_000, group: 0 };
    let reader = Request { member: 0, weight: 1, at: seconds(5), prompt: 300, output: 1, group: 0 };
    for slowness in [1, 2, 4, 8] {
        let mut machine = Machine::new(vec![writer.clone(), reader.clone()]);
        machine.slowness = slowness;
        machine.run(seconds(3_600));
        let took = machine.of(0).next().unwrap().tokens[0] - seconds(5);
        let alone = READ * 300 * slowness;
        assert!(took <= alone * 7 / 2, "{took:?} instead of {alone:?} alone");
    }
}

#[test]
fn a_weight_of_three_gets_three_times_as_much() {
    let mut heavy = requests(0, 8, 20, 3_000);
    for request in &mut heavy {
        request.weight = 3;
    }
    let mut machine = Machine::new([heavy, requests(1, 8, 20, 3_000)].concat());
    machine.run(seconds(200));
    let (heavy, light) =
        (machine.tokens(0, seconds(20), seconds(200)), machine.tokens(1, seconds(20), seconds(200)));
    let ratio = heavy * 100 / light;
    assert!((270..=330).contains(&ratio), "{heavy} against {light}");
}

#[test]
fn thousands_of_requests_end_and_nobody_starves() {
    let request = |number: u64| Request {
        member: usize::try_from(number % 37).unwrap(),
        weight: 1,
        at: Duration::from_millis(number * 40),
        prompt: 200,
        output: 30,
        group: 0,
    };
    let mut machine = Machine::new((0..3_000).map(request).collect());
    machine.run(seconds(1_000_000));
    assert!(machine.fates.iter().all(|fate| fate.left == (0, 0)));
    // All want the same: nobody's last answer ends long before the others'.
    let ends: Vec<_> = (0..37)
        .map(|member| machine.of(member).filter_map(|fate| fate.tokens.last()).max().unwrap())
        .collect();
    let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
    assert!(**first * 10 > **last * 8, "{first:?} and {last:?}");
}

/// The same requests in another group.
fn in_group(group: u64, requests: Vec<Request>) -> Vec<Request> {
    requests.into_iter().map(|request| Request { group, ..request }).collect()
}

#[test]
fn groups_take_turns_and_each_step_is_as_full_as_its_group() {
    let mut policy = Policy::new(LIMITS);
    for id in 0..6 {
        let wish = Wish { id, member: id.to_string(), weight: 1, memory: 100, group: id % 2 };
        policy.arrive(wish).unwrap();
        assert_eq!(policy.admit(|_| true), Some(id));
    }
    for _ in 0..3 {
        assert_eq!(policy.plan(COSTS, |_| 20).write, [0, 2, 4]);
        assert_eq!(policy.plan(COSTS, |_| 20).write, [1, 3, 5]);
    }
}

#[test]
fn members_get_the_same_whatever_group_their_requests_are_in() {
    // The second member's group is a crowd, those of the others hold one member each.
    let all = [
        in_group(1, requests(0, 4, 20, 4_000)),
        in_group(0, requests(1, 4, 20, 4_000)),
        in_group(0, requests(2, 4, 20, 4_000)),
        in_group(2, requests(3, 4, 20, 4_000)),
    ];
    let mut machine = Machine::new(all.concat());
    machine.run(seconds(300));
    let shares = [0, 1, 2, 3].map(|member| machine.tokens(member, seconds(60), seconds(300)));
    let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
    assert!(least * 20 >= most * 19, "{shares:?}");
}

#[test]
fn one_request_of_a_rare_group_is_not_left_behind_by_the_same_members_others() {
    let many = requests(0, 13, 20, 900);
    let mut machine = Machine::new([many, in_group(1, requests(0, 1, 20, 900))].concat());
    machine.run(seconds(100));
    let rare = machine.requests.iter().position(|request| request.group == 1).unwrap();
    let written: Vec<usize> = machine.fates.iter().map(|fate| fate.tokens.len()).collect();
    // The others also fill up what is left of a step.
    assert!(written[rare] * 4 >= written.iter().max().unwrap() * 3, "{written:?}");
}

#[test]
fn a_stream_never_waits_long_for_a_prompt_of_another_group() {
    let writer = Request { member: 1, weight: 1, at: Duration::ZERO, prompt: 20, output: 2_000, group: 0 };
    let reader = Request { member: 0, weight: 1, at: seconds(5), prompt: 4_000, output: 10, group: 1 };
    let mut machine = Machine::new(vec![writer, reader]);
    machine.run(seconds(3_600));
    let tokens = &machine.of(1).next().unwrap().tokens;
    let longest = tokens.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(longest <= Duration::from_millis(250), "{longest:?}");
    assert!(machine.of(0).all(|fate| fate.left == (0, 0)));
}

#[test]
fn a_member_with_many_groups_gets_no_more_than_one_with_one() {
    let scattered: Vec<Request> =
        (0..8).flat_map(|group| in_group(group, requests(0, 1, 20, 4_000))).collect();
    let mut machine = Machine::new([scattered, in_group(9, requests(1, 8, 20, 4_000))].concat());
    machine.run(seconds(300));
    let share = |member| machine.tokens(member, seconds(60), seconds(300));
    let (scattered, gathered) = (share(0), share(1));
    assert!(scattered * 20 <= gathered * 21 && gathered * 20 <= scattered * 21, "{scattered}, {gathered}");
}

#[test]
fn being_away_earns_nothing() {
    let back = Request { member: 1, weight: 1, at: seconds(100), prompt: 20, output: 2_000, group: 0 };
    let early = Request { member: 1, weight: 1, at: Duration::ZERO, prompt: 20, output: 5, group: 0 };
    let mut machine = Machine::new([requests(0, 4, 20, 4_000), vec![early, back]].concat());
    machine.run(seconds(200));
    let (from, to) = (seconds(110), seconds(190));
    let (back, busy) = (machine.tokens(1, from, to), machine.tokens(0, from, to));
    assert!(busy * 10 >= back * 9, "{busy} against {back}");
}

#[test]
fn a_queue_has_an_end() {
    let limits = Limits { waiting: 2, ..LIMITS };
    let mut policy = Policy::new(limits);
    let wish = |id| Wish { id, member: "a".to_owned(), weight: 1, memory: 100, group: 0 };
    assert_eq!(
        (policy.arrive(wish(1)), policy.arrive(wish(2)), policy.arrive(wish(3))),
        (Ok(()), Ok(()), Err(Full))
    );
    policy.leave(1);
    assert_eq!(policy.arrive(wish(3)), Ok(()));
    assert_eq!(policy.queue(), [2, 3]);
}

#[test]
fn room_is_kept_for_members_who_run_nothing() {
    let mut policy = Policy::new(Limits { memory: 4_000, reserve: 1_000, ..LIMITS });
    let wish = |id, member: &str| Wish { id, member: member.to_owned(), weight: 1, memory: 1_000, group: 0 };
    for id in 1..=4 {
        policy.arrive(wish(id, "many")).unwrap();
    }
    let started: Vec<_> = std::iter::from_fn(|| policy.admit(|_| true)).collect();
    assert_eq!(started, [1, 2, 3]);
    policy.arrive(wish(9, "one")).unwrap();
    assert_eq!(policy.queue(), [9, 4]);
    assert_eq!(policy.admit(|_| true), Some(9));
}

#[test]
fn who_waits_for_anothers_computing_is_passed_over_and_holds_nobody_up() {
    let mut policy = Policy::new(LIMITS);
    let wish = |id: u64| Wish { id, member: id.to_string(), weight: 1, memory: 100, group: 0 };
    for id in [1, 2] {
        policy.arrive(wish(id)).unwrap();
        assert_eq!(policy.admit(|_| true), Some(id));
    }
    policy.reads(1, 500);
    policy.hold(2);
    // The first gets far ahead of what the second has had, and is served all the same.
    for _ in 0..20 {
        assert_eq!(policy.plan(COSTS, |_| 20), Plan { write: vec![], read: vec![(1, 20)] });
    }
    policy.reads(2, 0);
    assert_eq!(policy.plan(COSTS, |_| 20).write, [2]);
}

fn traffic() -> impl Strategy<Value = Vec<Request>> {
    let request = (0_usize..20, 1_u32..4, 0_u64..120_000, 1_u32..600, 1_u32..120, 0_u64..4);
    proptest::collection::vec(request, 1..120).prop_map(|requests| {
        let request = |(member, weight, at, prompt, output, group)| Request {
            member,
            weight,
            at: Duration::from_millis(at),
            prompt,
            output,
            group,
        };
        requests.into_iter().map(request).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn everything_ends_and_the_same_traffic_goes_the_same_way(traffic in traffic()) {
        let mut machine = Machine::new(traffic.clone());
        machine.run(seconds(1_000_000));
        prop_assert!(machine.fates.iter().all(|fate| fate.left == (0, 0)));
        prop_assert!(machine.policy.is_idle());
        let mut again = Machine::new(traffic);
        again.run(seconds(1_000_000));
        let times = |machine: &Machine| machine.fates.iter().map(|fate| fate.tokens.clone()).collect::<Vec<_>>();
        prop_assert_eq!(times(&machine), times(&again));
    }

    #[test]
    fn backlogged_members_of_equal_weight_get_equal_shares(prompts in proptest::collection::vec(1_u32..400, 2..6)) {
        let members = prompts.iter().enumerate();
        let all: Vec<Request> = members.flat_map(|(member, prompt)| requests(member, 12, *prompt, 400)).collect();
        let mut machine = Machine::new(all);
        machine.run(seconds(300));
        let share = |member| machine.tokens(member, seconds(60), seconds(300));
        let shares: Vec<usize> = (0..prompts.len()).map(share).collect();
        let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
        // Whoever has longer prompts writes less: reading is paid for by the same account.
        prop_assert!(least * 4 >= *most, "{shares:?} for prompts of {prompts:?}");
    }
}

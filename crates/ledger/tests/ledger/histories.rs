//! Random histories: ten thousand of them, checked at their end, and some that are checked after each step.

use ledger::{Account, Act, Applied, Bill, Book, Command, Hold, HoldState, Leg, Reason};
use money::Amount;
use proptest::prelude::*;
use stdx::CommandId;

use crate::support::{Desk, allowance, cny, id, second, transfer, wallet};

/// Something that may happen; whether it can is for the ledger to say.
#[derive(Clone, Debug)]
enum Step {
    TopUp { member: u64, micros: i64 },
    Grant { member: u64, micros: i64 },
    Lapse { member: u64, micros: i64 },
    Refund { member: u64, micros: i64 },
    Hold { member: u64, from_allowance: i64, from_wallet: i64, ttl_seconds: u32 },
    Extend { pick: usize, member: u64, micros: i64 },
    Settle { pick: usize, permille: i64, tax: i64, cost: i64 },
    Release { pick: usize },
    Expire { pick: usize, permille: i64 },
    Again { command: u64 },
    Other { command: u64, micros: i64 },
    Wait { seconds: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let (member, micros, pick) = (1_u64..4, 1_i64..2_000_000, any::<usize>());
    let from_allowance = prop_oneof![3 => Just(0_i64), 1 => 0_i64..500_000];
    prop_oneof![
        3 => (member.clone(), micros.clone()).prop_map(|(member, micros)| Step::TopUp { member, micros: micros * 5 }),
        1 => (member.clone(), micros.clone()).prop_map(|(member, micros)| Step::Grant { member, micros }),
        1 => (member.clone(), micros.clone()).prop_map(|(member, micros)| Step::Lapse { member, micros }),
        1 => (member.clone(), micros.clone()).prop_map(|(member, micros)| Step::Refund { member, micros }),
        8 => (member.clone(), from_allowance, 0_i64..900_000, 30_u32..300).prop_map(
            |(member, from_allowance, from_wallet, ttl_seconds)| Step::Hold {
                member, from_allowance, from_wallet, ttl_seconds
            }
        ),
        1 => (pick, member, micros).prop_map(|(pick, member, micros)| Step::Extend { pick, member, micros }),
        5 => (pick, 0_i64..1_100, 0_i64..50, 0_i64..1_000_000)
            .prop_map(|(pick, permille, tax, cost)| Step::Settle { pick, permille, tax, cost }),
        1 => pick.prop_map(|pick| Step::Release { pick }),
        1 => (pick, 0_i64..1_100).prop_map(|(pick, permille)| Step::Expire { pick, permille }),
        1 => (1_u64..40).prop_map(|command| Step::Again { command }),
        1 => (1_u64..40, 1_i64..100).prop_map(|(command, micros)| Step::Other { command, micros }),
        2 => (0_i64..90).prop_map(|seconds| Step::Wait { seconds }),
    ]
}

/// What was sent so far, and the number of the next hold.
#[derive(Default)]
struct Sender {
    sent: Vec<Act>,
    holds: u64,
}

impl Sender {
    fn act(&mut self, step: &Step, desk: &Desk) -> Option<Act> {
        let amount = Amount::from_micros;
        let moved = |reason, from, to, micros| Some(transfer(reason, from, to, amount(micros)));
        match *step {
            Step::TopUp { member, micros } => moved(Reason::TopUp, Account::Cash, wallet(member), micros),
            Step::Grant { member, micros } => {
                moved(Reason::Grant, Account::Promotions, allowance(member), micros)
            }
            Step::Lapse { member, micros } => {
                moved(Reason::Lapse, allowance(member), Account::Promotions, micros)
            }
            Step::Refund { member, micros } => {
                moved(Reason::Refund, Account::Revenue, wallet(member), micros)
            }
            Step::Hold { member, from_allowance, from_wallet, ttl_seconds } => {
                self.holds += 1;
                let legs = vec![
                    Leg { account: allowance(member), amount: amount(from_allowance) },
                    Leg { account: wallet(member), amount: amount(from_wallet) },
                ];
                Some(Act::Hold {
                    hold: id(self.holds),
                    run: id(self.holds),
                    currency: cny(),
                    legs,
                    ttl_seconds,
                })
            }
            Step::Extend { pick, member, micros } => {
                let legs = vec![Leg { account: wallet(member), amount: amount(micros) }];
                Some(Act::Extend { hold: picked(desk, pick)?.id, legs, ttl_seconds: 60 })
            }
            Step::Settle { pick, permille, tax, cost } => {
                let hold = picked(desk, pick)?;
                let charge = part(&hold, permille);
                let tax = amount(charge.micros() * tax / 1_000);
                let costs = vec![amount(cost).of("USD".parse().unwrap())];
                Some(Act::Settle { hold: hold.id, bill: Bill { charge, tax, costs } })
            }
            Step::Release { pick } => Some(Act::Release { hold: picked(desk, pick)?.id, costs: Vec::new() }),
            Step::Expire { pick, permille } => {
                let hold = picked(desk, pick)?;
                let bill = Bill { charge: part(&hold, permille), ..Bill::default() };
                Some(Act::Expire { hold: hold.id, bill })
            }
            Step::Again { .. } | Step::Other { .. } | Step::Wait { .. } => None,
        }
    }
}

/// An open hold, or now and then any.
fn picked(desk: &Desk, pick: usize) -> Option<Hold> {
    let open: Vec<&Hold> =
        desk.book.holds().filter(|hold| hold.is_open() || pick.is_multiple_of(10)).collect();
    open.get(pick / 10 % open.len().max(1)).map(|hold| (*hold).clone())
}

/// So much of what is held; more than a thousand is too much.
fn part(hold: &Hold, permille: i64) -> Amount {
    Amount::from_micros(hold.held().unwrap().micros() * permille / 1_000)
}

/// How often a history is checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    AfterEachStep,
    AtTheEnd,
}

/// Lets the steps happen, ends what is overdue, and checks that nothing is broken.
fn play(steps: &[Step], look: Look) -> (Desk, Vec<Command>) {
    let (mut desk, mut sender) = (Desk::default(), Sender::default());
    let mut accepted = Vec::new();
    for step in steps {
        match step {
            Step::Wait { seconds } => desk.wait(*seconds),
            Step::Again { command } => {
                let index = usize::try_from(*command - 1).unwrap();
                if let Some(act) = sender.sent.get(index).cloned() {
                    let was_accepted = accepted.iter().any(|before: &Command| before.id == id(*command));
                    let result = desk.act_as(*command, act.clone());
                    assert_eq!(result == Ok(Applied::Replayed), was_accepted, "{act:?}");
                    if result == Ok(Applied::Changed) {
                        accepted.push(Command { id: id(*command), at: desk.now(), act });
                    }
                }
            }
            Step::Other { command, micros } => {
                let other = transfer(Reason::Payout, wallet(9), Account::Cash, Amount::from_micros(*micros));
                assert!(desk.act_as(*command, other).is_err(), "other content, or nothing to pay out");
            }
            step => {
                let Some(act) = sender.act(step, &desk) else { continue };
                sender.sent.push(act.clone());
                let command = u64::try_from(sender.sent.len()).unwrap();
                if desk.act_as(command, act.clone()).is_ok() {
                    accepted.push(Command { id: id(command), at: desk.now(), act });
                }
            }
        }
        let overdue: Vec<_> = desk.book.overdue(desk.now()).map(|hold| hold.id).collect();
        for hold in overdue {
            let command = Command {
                id: id::<CommandId>(1_000_000 + u64::try_from(accepted.len()).unwrap()),
                at: desk.now(),
                act: Act::Expire { hold, bill: Bill::default() },
            };
            assert_eq!(desk.book.apply(&command), Ok(Applied::Changed));
            accepted.push(command);
        }
        if look == Look::AfterEachStep {
            assert_eq!(desk.breaches(), [], "after {step:?}");
        }
    }
    assert_eq!(desk.breaches(), [], "at the end");
    (desk, accepted)
}

/// Every command again changes nothing, and the accepted ones alone, in their order, are the same ledger.
fn replay(desk: &mut Desk, accepted: &[Command]) {
    let (balances, entries) = (desk.book.balances().clone(), desk.book.entries().len());
    for command in accepted {
        assert_eq!(desk.book.apply(command), Ok(Applied::Replayed));
    }
    assert_eq!((&balances, entries), (desk.book.balances(), desk.book.entries().len()));
    let mut again = Book::default();
    for command in accepted {
        assert_eq!(again.apply(command), Ok(Applied::Changed));
    }
    assert_eq!(again.entries(), desk.book.entries());
}

/// A quarter of ten thousand: tests run beside each other.
const QUARTER: u32 = 2_500;

macro_rules! quarters {
    ($($name:ident),+) => {$(
        mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig::with_cases(QUARTER))]

                #[test]
                fn of_ten_thousand_histories_none_breaks_an_invariant_and_every_replay_is_idle(
                    steps in prop::collection::vec(step(), 1..60),
                ) {
                    let (mut desk, accepted) = play(&steps, Look::AtTheEnd);
                    replay(&mut desk, &accepted);
                }

                #[test]
                fn no_order_of_what_members_do_apart_changes_a_sum(
                    charges in prop::collection::vec((1_u64..5, 0_i64..900_000), 1..20),
                    order in prop::collection::vec(any::<u32>(), 40),
                ) {
                    any_order(&charges, &order);
                }
            }
        }
    )+};
}

quarters!(first, second_quarter, third, fourth);

/// A hold and its settlement for each charge; those of different runs in any order, the settlement behind its hold.
fn any_order(charges: &[(u64, i64)], order: &[u32]) {
    let streams: Vec<[Act; 2]> = (0_u64..)
        .zip(charges)
        .map(|(n, (member, charge))| {
            let legs = vec![Leg { account: wallet(*member), amount: Amount::from_micros(1_000_000) }];
            let hold = Act::Hold { hold: id(n), run: id(n), currency: cny(), legs, ttl_seconds: 600 };
            let bill = Bill { charge: Amount::from_micros(*charge), ..Bill::default() };
            [hold, Act::Settle { hold: id(n), bill }]
        })
        .collect();
    let play = |key: &dyn Fn(usize) -> u32| {
        let mut book = Book::default();
        let mut command = 0;
        let mut apply = |act: Act| {
            command += 1;
            assert_eq!(book.apply(&Command { id: id(command), at: second(0), act }), Ok(Applied::Changed));
        };
        for member in 1..5 {
            apply(transfer(Reason::TopUp, Account::Cash, wallet(member), Amount::from_micros(100_000_000)));
        }
        // Each stream comes up twice; what comes up first is its hold.
        let mut turns: Vec<usize> = (0..2 * streams.len()).collect();
        turns.sort_by_key(|turn| key(*turn));
        let mut streams: Vec<_> = streams.iter().map(|stream| stream.iter()).collect();
        for turn in turns {
            let next = streams.get_mut(turn / 2).and_then(Iterator::next);
            apply(next.unwrap().clone());
        }
        book.balances().clone()
    };
    assert_eq!(play(&|_| 0), play(&|turn| *order.get(turn).unwrap()));
}

proptest! {
    #[test]
    fn no_step_breaks_an_invariant(steps in prop::collection::vec(step(), 1..60)) {
        play(&steps, Look::AfterEachStep);
    }

    #[test]
    fn balances_are_nothing_but_the_sums_of_entries(steps in prop::collection::vec(step(), 1..60)) {
        let (desk, _) = play(&steps, Look::AtTheEnd);
        for ((account, currency), balance) in desk.book.balances() {
            let own = desk.book.entries().iter()
                .filter(|entry| entry.account == *account && entry.money.currency == *currency);
            prop_assert_eq!(Amount::sum(own.map(|entry| entry.money.amount)), Ok(*balance));
        }
        let open = desk.book.holds().filter(|hold| hold.state == HoldState::Open).count();
        prop_assert!(open <= desk.book.holds().count());
    }

    #[test]
    fn holds_are_admitted_up_to_the_cap_and_not_one_more(cap in 0_i64..10_000_000, each in 1_i64..1_000_000) {
        let mut desk = Desk::default();
        if cap > 0 {
            desk.act(transfer(Reason::TopUp, Account::Cash, wallet(1), Amount::from_micros(cap))).unwrap();
        }
        let expected = u64::try_from(cap / each).unwrap().min(200);
        let mut admitted = 0;
        for n in 1..=200 {
            let legs = vec![Leg { account: wallet(1), amount: Amount::from_micros(each) }];
            let act = Act::Hold { hold: id(n), run: id(n), currency: cny(), legs, ttl_seconds: 60 };
            admitted += u64::from(desk.act(act).is_ok());
        }
        prop_assert_eq!(admitted, expected);
    }
}

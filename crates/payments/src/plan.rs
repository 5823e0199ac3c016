//! What holding a plan does to the ledger. When one may be held, `plans::Subscription` says.

use std::time::Duration;

use ledger::{Account, Act, Command, Reason};
use money::Money;
use stdx::{CommandId, EntityId, MemberId, Timestamp, WorkspaceId};

use crate::derive::command_id;

/// A period of a plan that a member begins, or one that is taken from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanPayment<'a> {
    /// Whose it is.
    pub member: MemberId,
    /// The plan's id.
    pub plan: &'a str,
    /// Which change of what the member holds it is: there is one of each number.
    pub change: u64,
    /// What the period costs.
    pub charge: Money,
    /// What of the period before is given back: time that was paid for and will not be used.
    pub credit: Money,
}

/// What is given back and, a moment after it, what is paid from the wallet; nothing for what costs nothing. The ids of the
/// commands are made of the member and the change, so that a repetition is one for the ledger too.
pub fn plan_commands(payment: &PlanPayment<'_>, at: Timestamp) -> Vec<Command> {
    let PlanPayment { member, plan, change, charge, credit } = *payment;
    let wallet = Account::Wallet(member);
    let change = change.to_string();
    let command = |word: &str, at, reason, from, to, money: Money| {
        let id = command_id(&[word, &member.to_string(), plan, &change]);
        money.amount.is_positive().then_some(Command {
            id,
            at,
            act: Act::Transfer { reason, from, to, money },
        })
    };
    // A statement tells them in the order of their times.
    let after = at.plus(Duration::from_micros(1));
    let back = command("plan_unused", at, Reason::Refund, Account::Revenue, wallet, credit);
    let paid = command("plan", after, Reason::Purchase, wallet, Account::Revenue, charge);
    back.into_iter().chain(paid).collect()
}

/// Pays into a member's wallet in cash, or out of it when the amount is below zero; nothing for nothing. `wish` is made by
/// whoever asks for it, once for each intention.
pub fn cash_command(
    workspace: WorkspaceId,
    wish: CommandId,
    member: MemberId,
    money: Money,
    at: Timestamp,
) -> Option<Command> {
    let wallet = Account::Wallet(member);
    let id = command_id(&["cash", &workspace.to_string(), &wish.uuid().to_string()]);
    let (reason, from, to, amount) = if money.amount.is_negative() {
        (Reason::Payout, wallet, Account::Cash, money::Amount::ZERO.checked_sub(money.amount)?)
    } else {
        (Reason::TopUp, Account::Cash, wallet, money.amount)
    };
    let money = amount.of(money.currency);
    amount.is_positive().then_some(Command { id, at, act: Act::Transfer { reason, from, to, money } })
}

#[cfg(test)]
mod tests {
    use ledger::{Applied, Book, LedgerError};
    use money::Amount;
    use proptest::prelude::*;

    use super::*;

    fn member() -> MemberId {
        "019aab5e-8c00-7000-8000-000000000001".parse().unwrap()
    }

    fn wish(n: u32) -> CommandId {
        format!("019aab5e-8c00-7000-8000-{n:012x}").parse().unwrap()
    }

    fn yuan(micros: i64) -> Money {
        Amount::from_micros(micros).of("CNY".parse().unwrap())
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn cash(n: u32, micros: i64) -> Option<Command> {
        let workspace = "019aab5e-8c00-7000-8000-000000000009".parse().unwrap();
        cash_command(workspace, wish(n), member(), yuan(micros), at(1))
    }

    fn payment(change: u64, charge: i64, credit: i64) -> PlanPayment<'static> {
        PlanPayment { member: member(), plan: "plus", change, charge: yuan(charge), credit: yuan(credit) }
    }

    #[test]
    fn a_period_is_paid_once_whoever_asks_and_when() {
        let mut book = Book::default();
        book.apply(&cash(1, 50).unwrap()).unwrap();
        for (now, applied) in [(7, Applied::Changed), (8, Applied::Replayed)] {
            for command in plan_commands(&payment(7, 39, 10), at(now)) {
                assert_eq!(book.apply(&command), Ok(applied));
            }
        }
        assert_eq!(book.balances()[&(Account::Wallet(member()), yuan(0).currency)], Amount::from_micros(21));
        assert!(plan_commands(&payment(9, 0, 0), at(9)).is_empty());
    }

    #[test]
    fn what_is_given_back_pays_first() {
        let mut book = Book::default();
        book.apply(&cash(1, 30).unwrap()).unwrap();
        for command in plan_commands(&payment(7, 39, 9), at(7)) {
            book.apply(&command).unwrap();
        }
        let missing =
            plan_commands(&payment(8, 39, 9), at(8)).iter().map(|command| book.apply(command)).last();
        assert!(
            matches!(missing, Some(Err(LedgerError::BelowFloor { missing, .. })) if missing.micros() == 30)
        );
    }

    proptest! {
        #[test]
        fn cash_in_and_out_is_what_was_said_and_never_below_nothing(wishes in prop::collection::vec((0_u32..20, -50_i64..50), 0..60)) {
            let mut book = Book::default();
            let (mut balance, mut seen) = (0_i64, std::collections::BTreeMap::new());
            for (n, micros) in wishes {
                let Some(command) = cash(n, micros) else {
                    prop_assert_eq!(micros, 0);
                    continue;
                };
                match book.apply(&command) {
                    Ok(Applied::Changed) => {
                        prop_assert!(seen.insert(n, micros).is_none());
                        balance += micros;
                    }
                    Ok(Applied::Replayed) => prop_assert_eq!(seen.get(&n), Some(&micros)),
                    Err(LedgerError::Conflict { .. }) => prop_assert!(seen.get(&n).is_some_and(|before| *before != micros)),
                    Err(other) => prop_assert!(balance + micros < 0, "{other}"),
                }
                prop_assert!(balance >= 0);
            }
            let key = (Account::Wallet(member()), yuan(0).currency);
            prop_assert_eq!(book.balances().get(&key).copied().unwrap_or_default().micros(), balance);
        }
    }
}

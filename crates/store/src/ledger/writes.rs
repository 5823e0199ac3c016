//! A decision as writes that hold only while what it was made on is as it was.

use ledger::{Account, Decision, Entry, Hold, HoldState, Line};
use money::Amount;
use stdx::WorkspaceId;

use super::{BALANCE, COMMAND, HOLD};
use crate::batch::{Expect, Write};
use crate::value::{Json, Word, params};

/// The writes of one decision.
pub(super) fn writes(
    workspace_id: WorkspaceId,
    command: &ledger::Command,
    decision: &Decision,
    before: Option<&Hold>,
) -> Vec<Write> {
    let Decision::Change { sets, hold } = decision else { return Vec::new() };
    let mut writes = vec![insert_command(workspace_id, command)];
    let lines = sets.iter().flat_map(|set| set.lines());
    writes.extend(
        lines.filter(|line| line.account.has_floor()).filter_map(|line| change_balance(workspace_id, *line)),
    );
    if let Some(hold) = hold {
        writes.push(match before {
            Some(before) => update_hold(workspace_id, before, hold),
            None => insert_hold(workspace_id, hold),
        });
    }
    let entries = sets.iter().flat_map(|set| set.entries(command.id, command.at));
    let entries: Vec<(u64, Entry)> = (0..).zip(entries).collect();
    let together = entries.chunks(INSERT_ENTRIES.len());
    writes.extend(together.map(|entries| insert_entries(workspace_id, command, entries)));
    writes
}

fn insert_command(workspace_id: WorkspaceId, command: &ledger::Command) -> Write {
    Write {
        name: COMMAND,
        sql: "INSERT INTO ledger_commands (id, workspace_id, at, act) VALUES (?1, ?2, ?3, ?4)",
        params: params![command.id, workspace_id, command.at, Json(&command.act)],
        expect: Expect::Changed(1),
    }
}

/// Inserts one entry, and one more for each list of parameters.
macro_rules! insert_entries {
    ($($more:literal),*) => {
        concat!(
            "INSERT INTO ledger_entries (command_id, workspace_id, at, line, reason, run_id, account, currency, amount)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
            $(, ", (?1, ?2, ?3, ", $more, ")")*
        )
    };
}

/// By how many entries are inserted at once: on a server each statement has its price.
const INSERT_ENTRIES: [&str; 4] = [
    insert_entries!(),
    insert_entries!("?10, ?11, ?12, ?13, ?14, ?15"),
    insert_entries!("?10, ?11, ?12, ?13, ?14, ?15", "?16, ?17, ?18, ?19, ?20, ?21"),
    insert_entries!(
        "?10, ?11, ?12, ?13, ?14, ?15",
        "?16, ?17, ?18, ?19, ?20, ?21",
        "?22, ?23, ?24, ?25, ?26, ?27"
    ),
];

/// Inserts entries of one command.
#[expect(clippy::indexing_slicing, reason = "a chunk has at least one and at most as many entries")]
fn insert_entries(workspace_id: WorkspaceId, command: &ledger::Command, entries: &[(u64, Entry)]) -> Write {
    let sql = INSERT_ENTRIES[entries.len() - 1];
    let mut params = params![command.id, workspace_id, command.at];
    for (line, entry) in entries {
        params.extend(params![
            *line,
            Word(entry.reason),
            entry.run,
            entry.account.to_string(),
            entry.money.currency,
            entry.money.amount,
        ]);
    }
    let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    Write { name: "ledger_entry", sql, params, expect: Expect::Changed(count) }
}

/// What a hold has stands in the hold itself.
fn change_balance(workspace_id: WorkspaceId, line: Line) -> Option<Write> {
    if matches!(line.account, Account::Held(_)) {
        return None;
    }
    let params = params![workspace_id, line.account.to_string(), line.money.currency, line.money.amount];
    let write = if line.money.amount.is_negative() {
        Write {
            name: BALANCE,
            sql: "UPDATE ledger_balances SET amount = amount + ?4
                  WHERE workspace_id = ?1 AND account = ?2 AND currency = ?3 AND amount + ?4 >= least",
            params,
            expect: Expect::Changed(1),
        }
    } else {
        Write {
            name: "ledger_credit",
            sql: "INSERT INTO ledger_balances (workspace_id, account, currency, amount, least)
                  VALUES (?1, ?2, ?3, ?4, 0)
                  ON CONFLICT (workspace_id, account, currency)
                  DO UPDATE SET amount = ledger_balances.amount + excluded.amount",
            params,
            expect: Expect::Changed(1),
        }
    };
    Some(write)
}

fn insert_hold(workspace_id: WorkspaceId, hold: &Hold) -> Write {
    Write {
        name: HOLD,
        sql: "INSERT INTO holds (id, workspace_id, run_id, currency, legs, expires_at, state, charge)
              VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'open', 0)",
        params: params![hold.id, workspace_id, hold.run, hold.currency, Json(&hold.legs), hold.expires_at],
        expect: Expect::Changed(1),
    }
}

fn update_hold(workspace_id: WorkspaceId, before: &Hold, hold: &Hold) -> Write {
    let (state, charge) = words(hold.state);
    Write {
        name: HOLD,
        sql: "UPDATE holds SET legs = ?3, expires_at = ?4, state = ?5, charge = ?6
              WHERE id = ?1 AND workspace_id = ?2 AND state = 'open' AND legs = ?7",
        params: params![
            hold.id,
            workspace_id,
            Json(&hold.legs),
            hold.expires_at,
            state,
            charge,
            Json(&before.legs),
        ],
        expect: Expect::Changed(1),
    }
}

fn words(state: HoldState) -> (&'static str, Amount) {
    match state {
        HoldState::Open => ("open", Amount::ZERO),
        HoldState::Settled { charge } => ("settled", charge),
        HoldState::Released => ("released", Amount::ZERO),
        HoldState::Expired { charge } => ("expired", charge),
    }
}

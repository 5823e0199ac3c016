//! Decisions as writes that hold only while what it was made on is as it was.

use std::collections::BTreeMap;

use db::{Expect, Json, Word, Write, params};
use ledger::{Account, Command, Decision, Entry, Hold, HoldState};
use money::{Amount, Currency, Money, MoneyError};
use stdx::WorkspaceId;

use super::{BALANCE, COMMAND, HOLD};

/// The writes of decisions that are made one after the other: the commands, then what they change, then all entries. Rows of
/// one table are inserted together: on a server each statement has its price.
#[derive(Debug)]
pub(super) struct Made<'a> {
    workspace_id: WorkspaceId,
    commands: Vec<&'a Command>,
    /// What comes to each account and goes from it, as one sum: what a run is given and holds at once changes no balance.
    balances: BTreeMap<(Account, Currency), Amount>,
    holds: Vec<Write>,
    /// Each with its number within its command.
    entries: Vec<(u64, Entry)>,
}

impl<'a> Made<'a> {
    pub(super) fn new(workspace_id: WorkspaceId) -> Self {
        let (balances, holds) = (BTreeMap::new(), Vec::new());
        Self { workspace_id, commands: Vec::new(), balances, holds, entries: Vec::new() }
    }

    /// Adds a decision; `before` is the hold that it changes.
    ///
    /// # Errors
    /// When a sum does not fit.
    pub(super) fn add(
        &mut self,
        command: &'a Command,
        decision: &Decision,
        before: Option<&Hold>,
    ) -> Result<(), MoneyError> {
        let Decision::Change { sets, hold } = decision else { return Ok(()) };
        self.commands.push(command);
        for line in sets.iter().flat_map(|set| set.lines()).filter(|line| has_balance(line.account)) {
            let sum = self.balances.entry((line.account, line.money.currency)).or_default();
            *sum = Amount::sum([*sum, line.money.amount])?;
        }
        if let Some(hold) = hold {
            self.holds.push(match before {
                Some(before) => update_hold(self.workspace_id, before, hold),
                None => insert_hold(self.workspace_id, hold),
            });
        }
        let entries = sets.iter().flat_map(|set| set.entries(command.id, command.at));
        self.entries.extend((0..).zip(entries));
        Ok(())
    }

    pub(super) fn into_writes(self) -> Vec<Write> {
        let Self { workspace_id, commands, balances, holds, entries } = self;
        let commands = commands.chunks(INSERT_COMMANDS.len());
        let mut writes: Vec<Write> =
            commands.map(|commands| insert_commands(workspace_id, commands)).collect();
        let lines = balances.into_iter().map(|((account, currency), sum)| (account, sum.of(currency)));
        let changed = lines.filter(|(_, sum)| sum.amount != Amount::ZERO);
        writes.extend(changed.map(|(account, sum)| change_balance(workspace_id, account, sum)));
        writes.extend(holds);
        let entries = entries.chunks(INSERT_ENTRIES.len());
        writes.extend(entries.map(|entries| insert_entries(workspace_id, entries)));
        writes
    }
}

/// Inserts as many rows as there are lists of parameters; `?1` is the workspace.
macro_rules! insert {
    ($into:literal, $first:literal $(, $more:literal)*) => {
        concat!("INSERT INTO ", $into, " VALUES (", $first, ")" $(, ", (", $more, ")")*)
    };
}

macro_rules! insert_commands {
    ($($row:literal),*) => { insert!("ledger_commands (workspace_id, id, at, act)" $(, $row)*) };
}

macro_rules! insert_entries {
    ($($row:literal),*) => {
        insert!(
            "ledger_entries (workspace_id, command_id, at, line, reason, run_id, account, currency, amount)"
            $(, $row)*
        )
    };
}

/// By how many there are.
const INSERT_COMMANDS: [&str; 2] =
    [insert_commands!("?1, ?2, ?3, ?4"), insert_commands!("?1, ?2, ?3, ?4", "?1, ?5, ?6, ?7")];

/// By how many there are.
const INSERT_ENTRIES: [&str; 4] = [
    insert_entries!("?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9"),
    insert_entries!("?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9", "?1, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17"),
    insert_entries!(
        "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9",
        "?1, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17",
        "?1, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25"
    ),
    insert_entries!(
        "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9",
        "?1, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17",
        "?1, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25",
        "?1, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33"
    ),
];

#[expect(clippy::indexing_slicing, reason = "a chunk has at least one and at most as many commands")]
fn insert_commands(workspace_id: WorkspaceId, commands: &[&Command]) -> Write {
    let mut params = params![workspace_id];
    for command in commands {
        params.extend(params![command.id, command.at, Json(&command.act)]);
    }
    let count = u64::try_from(commands.len()).unwrap_or(u64::MAX);
    let sql = INSERT_COMMANDS[commands.len() - 1];
    Write { name: COMMAND, sql, params, expect: Expect::Changed(count) }
}

#[expect(clippy::indexing_slicing, reason = "a chunk has at least one and at most as many entries")]
fn insert_entries(workspace_id: WorkspaceId, entries: &[(u64, Entry)]) -> Write {
    let mut params = params![workspace_id];
    for (line, entry) in entries {
        params.extend(params![
            entry.command,
            entry.at,
            *line,
            Word(entry.reason),
            entry.run,
            entry.account.to_string(),
            entry.money.currency,
            entry.money.amount,
        ]);
    }
    let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    let sql = INSERT_ENTRIES[entries.len() - 1];
    Write { name: "ledger_entry", sql, params, expect: Expect::Changed(count) }
}

/// What a hold has stands in the hold itself.
fn has_balance(account: Account) -> bool {
    account.has_floor() && !matches!(account, Account::Held(_))
}

fn change_balance(workspace_id: WorkspaceId, account: Account, change: Money) -> Write {
    let params = params![workspace_id, account.to_string(), change.currency, change.amount];
    if change.amount.is_negative() {
        return Write {
            name: BALANCE,
            sql: "UPDATE ledger_balances SET amount = amount + ?4
                  WHERE workspace_id = ?1 AND account = ?2 AND currency = ?3 AND amount + ?4 >= least",
            params,
            expect: Expect::Changed(1),
        };
    }
    Write {
        name: "ledger_credit",
        sql: "INSERT INTO ledger_balances (workspace_id, account, currency, amount, least)
              VALUES (?1, ?2, ?3, ?4, 0)
              ON CONFLICT (workspace_id, account, currency)
              DO UPDATE SET amount = ledger_balances.amount + excluded.amount",
        params,
        expect: Expect::Changed(1),
    }
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
        // Were the state no parameter, a server might look for the id among all holds that are open.
        sql: "UPDATE holds SET legs = ?3, expires_at = ?4, state = ?5, charge = ?6
              WHERE id = ?1 AND workspace_id = ?2 AND state = ?8 AND legs = ?7",
        params: params![
            hold.id,
            workspace_id,
            Json(&hold.legs),
            hold.expires_at,
            state,
            charge,
            Json(&before.legs),
            words(HoldState::Open).0,
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

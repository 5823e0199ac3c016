use std::collections::{BTreeMap, BTreeSet};

use db::{Db, Json, Query, Row, StoreError, Word, Write, params};
use ledger::{Account, Act, Command, Decision, Hold, Known, LedgerError, decide};
use money::{Amount, Currency};
use stdx::{CommandId, HoldId, RunId, WorkspaceId};

use super::writes::Made;

/// What is known about the accounts, holds and commands that some commands concern, as it was when it was read.
/// Commands are decided one after the other, each on what the ones before it changed; their writes belong into one batch.
#[derive(Clone, Debug)]
pub struct Sheet {
    workspace_id: WorkspaceId,
    balances: BTreeMap<(Account, Currency), Balance>,
    holds: BTreeMap<HoldId, Hold>,
    runs: BTreeMap<RunId, HoldId>,
    acts: BTreeMap<CommandId, Act>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Balance {
    amount: Amount,
    floor: Amount,
}

impl Sheet {
    /// Reads what these commands concern, all of it at one instant.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn read(db: &Db, workspace_id: WorkspaceId, commands: &[Command]) -> Result<Self, StoreError> {
        let ids = commands.iter().map(|command| command.id).collect();
        let mut about = About { ids, ..About::default() };
        commands.iter().for_each(|command| about.add(&command.act));
        Self::answer(db, workspace_id, &about).await
    }

    /// A hold that is known and nothing else: enough to end it and to move what comes back from it, in commands whose ids were
    /// made just now. If it is not as it is known, the writes fail as [`HOLD`](super::HOLD).
    pub fn of_hold(workspace_id: WorkspaceId, hold: Hold) -> Self {
        let mut sheet = Self::empty(workspace_id);
        sheet.runs.insert(hold.run, hold.id);
        sheet.holds.insert(hold.id, hold);
        sheet
    }

    /// The same with a hold that is read.
    ///
    /// # Errors
    /// Those of reading.
    pub async fn read_hold(db: &Db, workspace_id: WorkspaceId, id: HoldId) -> Result<Self, StoreError> {
        let about = About { holds: [id].into(), ..About::default() };
        Self::answer(db, workspace_id, &about).await
    }

    /// Adds what an account has.
    pub(crate) fn add_balance(
        &mut self,
        account: Account,
        currency: Currency,
        amount: Amount,
        floor: Amount,
    ) {
        self.balances.insert((account, currency), Balance { amount, floor });
    }

    /// A sheet on which nothing stands yet.
    pub(crate) fn empty(workspace_id: WorkspaceId) -> Self {
        Self {
            workspace_id,
            balances: BTreeMap::new(),
            holds: BTreeMap::new(),
            runs: BTreeMap::new(),
            acts: BTreeMap::new(),
        }
    }

    async fn answer(db: &Db, workspace_id: WorkspaceId, about: &About) -> Result<Self, StoreError> {
        let mut sheet = Self::empty(workspace_id);
        let mut answers = db.snapshot(about.queries(workspace_id)).await?.into_iter();
        for _ in &about.ids {
            for mut row in answers.next().unwrap_or_default() {
                sheet.acts.insert(row.take()?, row.take::<Json<Act>>()?.0);
            }
        }
        for _ in 0..about.holds.len() + about.runs.len() {
            for mut row in answers.next().unwrap_or_default() {
                let hold = super::read_hold(&mut row)?;
                sheet.runs.insert(hold.run, hold.id);
                sheet.holds.insert(hold.id, hold);
            }
        }
        for mut row in answers.flatten() {
            let (key, balance) = read_balance(&mut row)?;
            sheet.balances.insert(key, balance);
        }
        Ok(sheet)
    }

    /// Decides a command; its writes go into the batch, in this order. A command that was carried out before has none.
    ///
    /// # Errors
    /// When it cannot be carried out; the sheet is as it was then.
    pub fn perform(&mut self, command: &Command) -> Result<Vec<Write>, LedgerError> {
        self.perform_all(std::slice::from_ref(command))
    }

    /// Decides commands, each on what the ones before it changed; their writes are fewer together.
    ///
    /// # Errors
    /// When one cannot be carried out; the sheet is as those before it left it.
    pub fn perform_all(&mut self, commands: &[Command]) -> Result<Vec<Write>, LedgerError> {
        let mut made = Made::new(self.workspace_id);
        for command in commands {
            let decision = decide(self, command)?;
            let before = match &decision {
                Decision::Change { hold: Some(hold), .. } => self.holds.get(&hold.id).cloned(),
                Decision::Change { hold: None, .. } | Decision::Replayed => None,
            };
            self.note(command, &decision)?;
            made.add(command, &decision, before.as_ref())?;
        }
        Ok(made.into_writes())
    }

    /// What an account has.
    pub fn balance_of(&self, account: Account, currency: Currency) -> Amount {
        self.balances.get(&(account, currency)).copied().unwrap_or_default().amount
    }

    fn note(&mut self, command: &Command, decision: &Decision) -> Result<(), LedgerError> {
        let Decision::Change { sets, hold } = decision else { return Ok(()) };
        let mut changed = self.balances.clone();
        for line in sets.iter().flat_map(|set| set.lines()) {
            let balance = changed.entry((line.account, line.money.currency)).or_default();
            balance.amount = Amount::sum([balance.amount, line.money.amount])?;
        }
        self.balances = changed;
        if let Some(hold) = hold {
            self.runs.insert(hold.run, hold.id);
            self.holds.insert(hold.id, hold.clone());
        }
        self.acts.insert(command.id, command.act.clone());
        Ok(())
    }
}

impl Known for Sheet {
    fn balance(&self, account: Account, currency: Currency) -> Amount {
        match account {
            // What a hold has stands in the hold; its entries were made to agree.
            Account::Held(id) => {
                let hold = self.holds.get(&id).filter(|hold| hold.is_open() && hold.currency == currency);
                hold.and_then(|hold| hold.held().ok()).unwrap_or_default()
            }
            _ => self.balance_of(account, currency),
        }
    }

    fn floor(&self, account: Account) -> Option<Amount> {
        // A floor is granted in a currency; the highest one is the safe one for all.
        let floors =
            self.balances.iter().filter(|((of, _), _)| *of == account).map(|(_, balance)| balance.floor);
        account.has_floor().then(|| floors.max().unwrap_or_default())
    }

    fn hold(&self, id: HoldId) -> Option<Hold> {
        self.holds.get(&id).cloned()
    }

    fn hold_of(&self, run: RunId) -> Option<HoldId> {
        self.runs.get(&run).copied()
    }

    fn act(&self, id: CommandId) -> Option<Act> {
        self.acts.get(&id).cloned()
    }
}

/// What some commands concern.
#[derive(Default)]
struct About {
    ids: BTreeSet<CommandId>,
    holds: BTreeSet<HoldId>,
    runs: BTreeSet<RunId>,
    accounts: BTreeSet<Account>,
}

impl About {
    fn add(&mut self, act: &Act) {
        match act {
            Act::Transfer { from, to, .. } => self.accounts.extend([*from, *to]),
            Act::Hold { hold, run, legs, .. } => {
                self.holds.insert(*hold);
                self.runs.insert(*run);
                self.accounts.extend(legs.iter().map(|leg| leg.account));
            }
            Act::Extend { hold, legs, .. } => {
                self.holds.insert(*hold);
                self.accounts.extend(legs.iter().map(|leg| leg.account));
            }
            Act::Settle { hold, .. } | Act::Release { hold, .. } | Act::Expire { hold, .. } => {
                self.holds.insert(*hold);
            }
        }
    }

    fn queries(&self, workspace_id: WorkspaceId) -> Vec<Query> {
        let acts = self.ids.iter().map(|id| Query {
            sql: "SELECT c.id, c.act FROM ledger_commands c WHERE c.id = ?1",
            params: params![*id],
        });
        let holds = self.holds.iter().map(|id| Query {
            sql: "SELECT h.id, h.run_id, h.currency, h.legs, h.expires_at, h.state, h.charge FROM holds h
                  WHERE h.id = ?1 AND h.workspace_id = ?2",
            params: params![*id, workspace_id],
        });
        let runs = self.runs.iter().map(|run| Query {
            sql: "SELECT h.id, h.run_id, h.currency, h.legs, h.expires_at, h.state, h.charge FROM holds h
                  WHERE h.run_id = ?1 AND h.workspace_id = ?2",
            params: params![*run, workspace_id],
        });
        let floored = self.accounts.iter().filter(|account| account.has_floor());
        let balances = floored.map(|account| Query {
            sql: "SELECT b.account, b.currency, b.amount, b.least FROM ledger_balances b
                  WHERE b.workspace_id = ?1 AND b.account = ?2",
            params: params![workspace_id, account.to_string()],
        });
        acts.chain(holds).chain(runs).chain(balances).collect()
    }
}

fn read_balance(row: &mut Row) -> Result<((Account, Currency), Balance), StoreError> {
    let account = row.take::<Word<Account>>()?.0;
    let currency = row.take()?;
    Ok(((account, currency), Balance { amount: row.take()?, floor: row.take()? }))
}

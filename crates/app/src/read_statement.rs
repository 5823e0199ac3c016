//! What a member had, got, used and has, month by month.

use std::collections::HashMap;
use std::time::Duration;

use ledger::{Label, Month, Statement, StatementLine};
use money::Amount;
use stdx::{CommandId, RunId, Timestamp};
use store::charges;

use crate::billing::HOLD_SECONDS;
use crate::{Actor, App, AppError};

/// Statements that are offered at most: twenty years.
const MOST_MONTHS: usize = 240;

/// A month of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthStatement {
    /// `2026-11`.
    pub month: Month,
    /// Its first instant and the first of the next one.
    pub between: (Timestamp, Timestamp),
    /// Whose it is: the name others see.
    pub member: String,
    /// The language they read.
    pub locale: String,
    /// The workspace's name.
    pub workspace: String,
    /// What was had, got, used and is had.
    pub statement: Statement,
    /// How far clocks are ahead of UTC where the workspace is.
    pub offset_minutes: i32,
    runs: HashMap<RunId, (Option<String>, String)>,
    notes: HashMap<CommandId, (Option<String>, Option<String>)>,
}

impl MonthStatement {
    /// What is said about a line.
    pub fn label(&self, line: &StatementLine) -> Label {
        let (agent, model) = line.run.and_then(|run| self.runs.get(&run)).cloned().unwrap_or_default();
        let (plan, note) = self.notes.get(&line.command).cloned().unwrap_or_default();
        let text = Option::unwrap_or_default;
        Label { agent: text(agent), model, plan: text(plan), note: text(note) }
    }

    /// With the balance after each line.
    pub fn lines(&self) -> impl Iterator<Item = (&StatementLine, Amount)> {
        let balances = self.statement.lines.iter().scan(self.statement.opening, |balance, line| {
            *balance = balance.checked_add(line.amount)?;
            Some(*balance)
        });
        self.statement.lines.iter().zip(balances)
    }

    /// As comma-separated values.
    ///
    /// # Errors
    /// Never for what was read from sound books.
    pub fn csv(&self) -> Result<String, AppError> {
        self.statement.csv(|line| self.label(line)).map_err(AppError::internal)
    }
}

impl App {
    /// The months of the actor's member, the latest first: from the first movement until now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn statement_months(&self, actor: &Actor) -> Result<Vec<Month>, AppError> {
        let first = store::ledger::first_entry_at(&self.db, actor.scope()).await?;
        let Some(first) = first else { return Ok(Vec::new()) };
        let offset = self.tariff.offset_minutes;
        let months = std::iter::successors(Month::of(self.clock.now(), offset), |month| month.before(offset));
        Ok(months.take_while(|month| month.end() > first).take(MOST_MONTHS).collect())
    }

    /// A month of the actor's member.
    ///
    /// # Errors
    /// `not_found` for what is no month or is still to come.
    pub async fn statement(&self, actor: &Actor, month: &str) -> Result<MonthStatement, AppError> {
        let offset = self.tariff.offset_minutes;
        let month = Month::parse(month, offset).filter(|month| month.begin() <= self.clock.now());
        let month = month.ok_or_else(|| AppError::not_found("month"))?;
        let me = self.me(actor).await?;
        let (scope, currency) = (actor.scope(), self.tariff.currency);
        let (begin, end) = (month.begin(), month.end());
        let rows = store::ledger::statement_rows(&self.db, scope, currency, begin, end).await?;
        let statement =
            Statement::from_opening(rows.opening, &rows.entries, actor.member_id, currency, month);
        let statement = statement.map_err(AppError::internal)?;
        // A run may have begun as long before as a run may take.
        let before = Duration::from_secs(HOLD_SECONDS.into()).as_micros();
        let earlier = begin.as_micros().saturating_sub(i64::try_from(before).unwrap_or(i64::MAX));
        let runs = charges::between(&self.db, scope, Timestamp::from_micros(earlier), end).await?;
        let runs = runs.into_iter().map(|run| (run.charge.run_id, (run.charge.agent_id, run.charge.model)));
        let notes = rows.notes.into_iter().map(|(command, plan, note)| (command, (plan, note)));
        Ok(MonthStatement {
            month,
            between: (begin, end),
            member: me.member.name,
            locale: me.member.locale,
            workspace: me.workspace.name,
            statement,
            offset_minutes: offset,
            runs: runs.collect(),
            notes: notes.collect(),
        })
    }
}

//! What was spent, added up by day, agent, model or member, and what the same would have cost elsewhere.

use std::collections::BTreeMap;

use money::{Amount, Money};
use plans::Day;
use stdx::MemberId;
use store::members;
use store::spending::{self, Spent, Stretch};
use wire::ModelKind;

use crate::{Actor, App, AppError};

/// The longest stretch of days.
const MOST_DAYS: i32 = 366;
/// Runs that are read at once.
const CHUNK: u32 = 5_000;

/// What sums are taken by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpendBy {
    /// Days where the workspace is.
    Day,
    /// Agents; calls without one stand under the empty name.
    Agent,
    /// Models.
    Model,
    /// Members.
    Member,
}

/// Which days, and what sums are taken by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendWish {
    /// The first day, `2026-11-01`; the first of this month, when absent.
    pub from: Option<String>,
    /// The last day; today, when absent.
    pub until: Option<String>,
    /// What sums are taken by.
    pub by: SpendBy,
}

/// What was spent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spend {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Day,
    /// The sums: days in their order, all else by what was spent, the most first.
    pub rows: Vec<SpendRow>,
    /// Everything together.
    pub total: SpendSum,
    /// The vendor and the model that savings are compared with; absent when the price files name none.
    pub reference: Option<(String, String)>,
}

/// What was spent under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendRow {
    /// The day, the agent, the model or the member.
    pub key: String,
    /// The member's name.
    pub name: Option<String>,
    /// The sum.
    pub sum: SpendSum,
}

/// Some runs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpendSum {
    /// What members paid.
    pub amount: Money,
    /// How many there were.
    pub runs: u64,
    /// Tokens, in and out.
    pub tokens: u64,
    /// How it compares; absent when nothing of it can be compared.
    pub compared: Option<Compared>,
}

/// What the same usage would have cost at the reference model, for those runs whose usage has a price there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What it would have cost.
    pub at_reference: Money,
    /// That less what was paid for the same runs; below zero when it was dearer here.
    pub saved: Money,
}

impl App {
    /// What the actor's member spent.
    ///
    /// # Errors
    /// `invalid_request` for days that cannot be.
    pub async fn my_spend(&self, actor: &Actor, wish: &SpendWish) -> Result<Spend, AppError> {
        if wish.by == SpendBy::Member {
            return Err(AppError::invalid("by: day, agent or model"));
        }
        self.spend(actor, Some(actor.member_id), wish).await
    }

    /// What everybody in the workspace spent.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `invalid_request` for days that cannot be.
    pub async fn workspace_spend(&self, actor: &Actor, wish: &SpendWish) -> Result<Spend, AppError> {
        actor.must_administer()?;
        self.spend(actor, None, wish).await
    }

    async fn spend(
        &self,
        actor: &Actor,
        member: Option<MemberId>,
        wish: &SpendWish,
    ) -> Result<Spend, AppError> {
        let (from, until) = self.days(wish.from.as_deref(), wish.until.as_deref())?;
        let offset = self.tariff.offset_minutes;
        let currency = self.tariff.currency;
        let stretch = Stretch { from: from.begin(offset), until: until.end(offset), currency };
        let (mut sums, mut total): (BTreeMap<String, Tally>, Tally) = Default::default();
        let mut after = None;
        loop {
            let workspace = actor.workspace_id;
            let chunk = spending::spent(&self.db, workspace, member, stretch, after, CHUNK).await?;
            for spent in &chunk {
                let compared = self.compared(spent);
                total.add(spent, compared);
                sums.entry(key(wish.by, spent, offset)).or_default().add(spent, compared);
            }
            let is_last = u32::try_from(chunk.len()).is_ok_and(|length| length < CHUNK);
            match chunk.last().filter(|_| !is_last) {
                Some(last) => after = Some((last.began_at, last.run_id)),
                None => break,
            }
        }
        let mut rows = Vec::new();
        for (key, tally) in sums {
            rows.push(SpendRow { key, name: None, sum: tally.sum(currency)? });
        }
        if wish.by != SpendBy::Day {
            rows.sort_by_key(|row| std::cmp::Reverse(row.sum.amount.amount));
        }
        if wish.by == SpendBy::Member {
            self.name(actor, &mut rows).await?;
        }
        let reference = self.tariff.prices.reference();
        let reference = reference.map(|it| (it.vendor.to_owned(), it.model.to_owned()));
        Ok(Spend { from, until, rows, total: total.sum(currency)?, reference })
    }

    /// The first of these days and the last.
    pub(crate) fn days(&self, from: Option<&str>, until: Option<&str>) -> Result<(Day, Day), AppError> {
        let today = Day::of(self.clock.now(), self.tariff.offset_minutes);
        let read = |field: &str, text: &str| {
            Day::parse(text).ok_or_else(|| AppError::invalid(format!("{field}: a day such as 2026-11-22")))
        };
        let until = until.map_or(Ok(today), |text| read("until", text))?;
        let from = from.map_or(Ok(until.first_of_month()), |text| read("from", text))?;
        if !(0..MOST_DAYS).contains(&until.days_since(from)) {
            return Err(AppError::invalid(format!(
                "until: {MOST_DAYS} days from `from` at most, and none before it"
            )));
        }
        Ok((from, until))
    }

    /// What a run would have cost elsewhere. Vectors and scores are not compared with a model that chats.
    fn compared(&self, spent: &Spent) -> Option<Amount> {
        let is_chat = self.catalog.get(&spent.model).is_none_or(|model| model.kind == ModelKind::Chat);
        let has_used = spent.usage.total_tokens() > 0;
        (is_chat && has_used).then(|| self.tariff.cost_at_reference(spent.began_at, &spent.usage)).flatten()
    }

    async fn name(&self, actor: &Actor, rows: &mut [SpendRow]) -> Result<(), AppError> {
        let members = members::list(&self.db, actor.workspace_id).await?;
        let names: BTreeMap<String, String> =
            members.into_iter().map(|member| (member.id.to_string(), member.name)).collect();
        for row in rows {
            row.name = names.get(&row.key).cloned();
        }
        Ok(())
    }
}

fn key(by: SpendBy, spent: &Spent, offset_minutes: i32) -> String {
    match by {
        SpendBy::Day => Day::of(spent.began_at, offset_minutes).to_string(),
        SpendBy::Agent => spent.agent_id.clone().unwrap_or_default(),
        SpendBy::Model => spent.model.clone(),
        SpendBy::Member => spent.member_id.to_string(),
    }
}

/// Sums in 128 bits, which no number of runs exceeds.
#[derive(Default)]
struct Tally {
    amount: i128,
    runs: u64,
    tokens: u64,
    at_reference: Option<i128>,
    saved: i128,
}

impl Tally {
    fn add(&mut self, spent: &Spent, at_reference: Option<Amount>) {
        let paid = i128::from(spent.amount.micros());
        self.amount += paid;
        self.runs += 1;
        self.tokens = self.tokens.saturating_add(spent.usage.total_tokens());
        if let Some(reference) = at_reference {
            let reference = i128::from(reference.micros());
            self.at_reference = Some(self.at_reference.unwrap_or_default() + reference);
            self.saved += reference - paid;
        }
    }

    fn sum(self, currency: money::Currency) -> Result<SpendSum, AppError> {
        let money = |micros: i128| {
            let micros = i64::try_from(micros).map_err(AppError::internal)?;
            Ok::<Money, AppError>(Amount::from_micros(micros).of(currency))
        };
        let compared = match self.at_reference {
            Some(reference) => Some(Compared { at_reference: money(reference)?, saved: money(self.saved)? }),
            None => None,
        };
        Ok(SpendSum { amount: money(self.amount)?, runs: self.runs, tokens: self.tokens, compared })
    }
}

//! Whether a run may begin, and the writes that hold what it may cost.

use ledger::{Account, Act, Command, Leg, Reason};
use money::Amount;
use plans::{Ask, Budget, Grant, Measure, Pay, Plan, Scope, Standing, Term, Verdict};
use stdx::{KeyId, RunId, Timestamp};
use store::charges::{self, Charge, Counted, Limit};
use store::ledger::Sheet;
use store::{BudgetTerm, StoreError, Write};

use super::quote::Quote;
use super::{HOLD_SECONDS, hold_of, refusal};
use crate::{Actor, App, AppError, Carrier};

/// What is about to be asked of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) run_id: RunId,
    pub(crate) agent: Option<&'a str>,
    pub(crate) model: &'a str,
    /// No fewer than will go in.
    pub(crate) input_tokens: u64,
    /// No fewer than can come out.
    pub(crate) output_tokens: u64,
}

/// A run that may begin as soon as its writes are stored.
#[derive(Clone, Debug)]
pub(crate) struct Admitted {
    /// The model to use, which may be another than the one asked for.
    pub(crate) model: String,
    /// How much its member counts against others on a busy model.
    pub(crate) weight: u32,
    /// What it may cost.
    pub(crate) charge: Charge,
    /// To be stored with the run, before any model is called.
    pub(crate) writes: Vec<Write>,
}

/// True when somebody else was faster: what was admitted is to be looked at again.
pub(crate) fn is_outdated(error: &StoreError) -> bool {
    matches!(error, StoreError::Expectation { name: charges::ROOM }) || store::ledger::is_outdated(error)
}

impl App {
    /// Holds a request against the member's plan, windows, budgets and wallet.
    ///
    /// # Errors
    /// `plan_required`, `quota_exceeded`, `rate_limited`, `too_many_runs`, `wallet_empty`, `budget_exceeded`, each with
    /// what helps.
    pub(crate) async fn admit(&self, actor: &Actor, wanted: &Wanted<'_>) -> Result<Admitted, AppError> {
        let now = self.clock.now();
        let holding = self.holding(actor).await?;
        let (plan, wallet) = (holding.plan, holding.wallet);
        let offset_minutes = self.tariff.offset_minutes;
        let since = plan.counts_since(now, offset_minutes);
        let (uses, running) = charges::uses(&self.db, actor.scope(), since).await?;
        let quote = self.quote(now, wanted.model, wanted)?;
        let ask = Ask {
            agent: wanted.agent,
            model: wanted.model,
            tools: &[],
            app: None,
            ceiling: quote.ceiling,
            tokens: wanted.input_tokens.saturating_add(wanted.output_tokens),
        };
        let budget = self.budget_of(actor, now).await?;
        let budgets = budget.as_slice();
        let standing = Standing { plan, uses: &uses, running, wallet, budgets, now, offset_minutes };
        let verdict = plans::check(&self.tariff.plans, &standing, &ask).map_err(AppError::internal)?;
        let grant = match verdict {
            Verdict::Go(grant) => grant,
            Verdict::No(refused) => return Err(refusal::error(&refused, self.tariff.currency)),
        };
        let quote = if grant.model == wanted.model { quote } else { self.quote(now, &grant.model, wanted)? };
        let charge = self.charge(actor, wanted, &grant, plan, quote);
        let mut writes = room(plan, &charge, offset_minutes);
        writes.extend(budget.and_then(|budget| room_of_budget(&budget, &charge, offset_minutes)));
        writes.push(charges::insert(&charge));
        writes.extend(self.hold(&charge).await?);
        Ok(Admitted { model: grant.model, weight: grant.weight, charge, writes })
    }

    fn quote(&self, now: Timestamp, model: &str, wanted: &Wanted<'_>) -> Result<Quote, AppError> {
        let quote = self.tariff.quote(now, model, wanted.input_tokens, wanted.output_tokens);
        quote.map_err(AppError::internal)
    }

    /// The budget of the key that asks, if it has one.
    async fn budget_of(&self, actor: &Actor, now: Timestamp) -> Result<Option<Budget>, AppError> {
        let (Some(key_id), Some((name, budget))) = (key_of(actor), &actor.budget) else { return Ok(None) };
        let term = match budget.term {
            BudgetTerm::Day => Term::Day,
            BudgetTerm::Month => Term::Month,
            BudgetTerm::Once => Term::Once,
        };
        let since = term.counts_since(now, self.tariff.offset_minutes);
        let spent = charges::spent_by_key(&self.db, actor.workspace_id, key_id, since).await?;
        let most = Amount::from_micros(i64::try_from(budget.micros).unwrap_or(i64::MAX));
        Ok(Some(Budget { scope: Scope::Key, name: name.clone(), most, term, spent }))
    }

    fn charge(&self, actor: &Actor, wanted: &Wanted<'_>, grant: &Grant, plan: &Plan, quote: Quote) -> Charge {
        // What the plan includes beyond its allowance costs nothing and fills no window with credits.
        let ceiling = if grant.pay == Pay::Included { None } else { quote.ceiling };
        Charge {
            run_id: wanted.run_id,
            scope: actor.scope(),
            key_id: key_of(actor),
            began_at: quote.at,
            agent_id: wanted.agent.map(str::to_owned),
            model: grant.model.clone(),
            plan: plan.id.clone(),
            pay: grant.pay,
            currency: self.tariff.currency,
            ceiling: ceiling.unwrap_or_default(),
            tokens: wanted.input_tokens.saturating_add(wanted.output_tokens),
            price: quote.price,
        }
    }

    /// The ledger's part: the ceiling goes from the allowance, which the plan gives for just this, or from the wallet.
    async fn hold(&self, charge: &Charge) -> Result<Vec<Write>, AppError> {
        let command = |act: Act| Command { id: self.ids.make(), at: charge.began_at, act };
        let member = charge.scope.member_id;
        let mut commands = Vec::new();
        let mut legs = Vec::new();
        match charge.pay {
            Pay::Allowance if charge.ceiling.is_positive() => {
                let (from, to) = (Account::Promotions, Account::Allowance(member));
                let money = charge.ceiling.of(charge.currency);
                commands.push(command(Act::Transfer { reason: Reason::Grant, from, to, money }));
                legs.push(Leg { account: to, amount: charge.ceiling });
            }
            Pay::Wallet => legs.push(Leg { account: Account::Wallet(member), amount: charge.ceiling }),
            Pay::Allowance | Pay::Included => {}
        }
        let (hold, run, currency) = (hold_of(charge.run_id), charge.run_id, charge.currency);
        commands.push(command(Act::Hold { hold, run, currency, legs, ttl_seconds: HOLD_SECONDS }));
        let mut sheet = Sheet::read(&self.db, charge.scope.workspace_id, &commands).await?;
        let mut writes = Vec::new();
        for command in &commands {
            writes.extend(sheet.perform(command).map_err(refusal::of_ledger)?);
        }
        Ok(writes)
    }
}

/// What must still be so when the run is stored: nobody else took the room meanwhile.
fn room(plan: &Plan, charge: &Charge, offset_minutes: i32) -> Vec<Write> {
    let mut writes = vec![charges::must_run_fewer_than(charge.scope, plan.concurrent_runs)];
    // Beyond the allowance only what paces requests still counts.
    let allowances = if charge.pay == Pay::Allowance { plan.allowances.as_slice() } else { &[] };
    for allowance in plan.rates.iter().chain(allowances) {
        let more = match allowance.measure {
            Measure::Credits => u64::try_from(charge.ceiling.micros()).unwrap_or(0),
            Measure::Tokens => charge.tokens,
            Measure::Requests => 1,
        };
        let limit = Limit {
            measure: allowance.measure,
            since: allowance.window.counts_since(charge.began_at, offset_minutes),
            most: allowance.most.saturating_sub(more),
        };
        writes.push(charges::must_have_room(Counted::Member(charge.scope), limit));
    }
    writes
}

fn room_of_budget(budget: &Budget, charge: &Charge, offset_minutes: i32) -> Option<Write> {
    let limit = Limit {
        measure: Measure::Credits,
        since: budget.term.counts_since(charge.began_at, offset_minutes),
        most: u64::try_from(budget.most.micros().saturating_sub(charge.ceiling.micros())).unwrap_or(0),
    };
    let key = charge.key_id?;
    Some(charges::must_have_room(Counted::Key(charge.scope.workspace_id, key), limit))
}

fn key_of(actor: &Actor) -> Option<KeyId> {
    match actor.carrier {
        Carrier::Key(id) => Some(id),
        Carrier::Session(_) | Carrier::Local => None,
    }
}

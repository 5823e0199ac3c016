//! Whether a run may begin, and the writes that hold what it may cost.

use ledger::{Account, Act, Command, Reason};
use money::Amount;
use plans::{Ask, Budget, Grant, Measure, Pay, Plan, Refusal, Standing, Use, Verdict};
use stdx::{KeyId, RunId, Timestamp};
use store::charges::{self, Charge, Limit};
use store::ledger::Sheet;
use store::room::{self, Room};
use store::{StoreError, Write};

use super::bounds::{Bound, bounds_of};
use super::hold::{HOLD_SECONDS, hold_of, legs_of};
use super::holding::Holding;
use super::quote::Quote;
use super::refusal;
use crate::{Actor, App, AppError, Carrier};

/// What is about to be asked of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) run_id: RunId,
    pub(crate) agent: Option<&'a str>,
    pub(crate) model: &'a str,
    /// Models that may answer instead: what is held is enough for whichever does.
    pub(crate) others: &'a [String],
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

/// How a member stands, read at one instant: what an admission is decided by.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    holding: Holding<'a>,
    uses: Vec<Use>,
    running: u32,
    bounds: Vec<Bound>,
    budgets: Vec<Budget>,
    now: Timestamp,
}

impl<'a> Seen<'a> {
    /// The plan that counts.
    pub(crate) fn plan(&self) -> &'a Plan {
        self.holding.plan
    }

    /// The most that a request of so many tokens may cost; absent where nothing bounds it.
    pub(crate) fn left(&self, offset_minutes: i32, tokens: u64) -> Option<Amount> {
        plans::left(&self.standing(offset_minutes), tokens)
    }

    fn standing(&self, offset_minutes: i32) -> Standing<'_> {
        Standing {
            plan: self.holding.plan,
            uses: &self.uses,
            running: self.running,
            wallet: self.holding.wallet,
            budgets: &self.budgets,
            now: self.now,
            offset_minutes,
        }
    }
}

impl App {
    /// Holds a request against the member's plan, windows, budgets and wallet.
    ///
    /// # Errors
    /// `plan_required`, `quota_exceeded`, `rate_limited`, `too_many_runs`, `wallet_empty`, `budget_exceeded`, each with
    /// what helps.
    pub(crate) async fn admit(&self, actor: &Actor, wanted: &Wanted<'_>) -> Result<Admitted, AppError> {
        let seen = self.look(actor).await?;
        self.admit_seen(actor, seen, wanted)
    }

    /// How a member stands.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub(crate) async fn look(&self, actor: &Actor) -> Result<Seen<'_>, AppError> {
        let now = self.clock.now();
        let holding = self.holding(actor).await?;
        let since = holding.plan.counts_since(now, self.tariff.offset_minutes);
        let Room { uses, running, budgets } = room::of_member(&self.db, actor.scope(), since).await?;
        let bounds = bounds_of(actor, budgets);
        let budgets = self.spent_of(&bounds, now).await?;
        Ok(Seen { holding, uses, running, bounds, budgets, now })
    }

    /// Holds a request of somebody who stands so.
    ///
    /// # Errors
    /// Those of [`App::admit`].
    pub(crate) fn admit_seen(
        &self,
        actor: &Actor,
        mut seen: Seen<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Admitted, AppError> {
        let (now, plan) = (seen.now, seen.holding.plan);
        let offset_minutes = self.tariff.offset_minutes;
        let quote = self.dearest(now, wanted)?;
        let ask = Ask {
            agent: wanted.agent,
            model: wanted.model,
            tools: &[],
            app: None,
            ceiling: quote.ceiling,
            tokens: wanted.input_tokens.saturating_add(wanted.output_tokens),
        };
        let verdict = plans::check(&self.tariff.plans, &seen.standing(offset_minutes), &ask);
        let grant = match verdict.map_err(AppError::internal)? {
            Verdict::Go(grant) => grant,
            Verdict::No(refused) => return Err(self.refusal(&refused, &quote)),
        };
        let quote = if grant.model == wanted.model { quote } else { self.quote(now, &grant.model, wanted)? };
        let charge = self.charge(actor, wanted, &grant, plan, quote);
        let mut writes = guards(plan, &charge, offset_minutes);
        writes.extend(seen.bounds.iter().map(|bound| room_of_budget(bound, &charge, offset_minutes)));
        writes.push(charges::insert(&charge));
        writes.extend(self.hold(&mut seen.holding.sheet, &charge)?);
        Ok(Admitted { model: grant.model, weight: grant.weight, charge, writes })
    }

    /// What the first of them can cost, and no less than any other of them can: whoever answers, it is held.
    fn dearest(&self, now: Timestamp, wanted: &Wanted<'_>) -> Result<Quote, AppError> {
        let mut quote = self.quote(now, wanted.model, wanted)?;
        for other in wanted.others {
            quote.ceiling = quote.ceiling.max(self.quote(now, other, wanted)?.ceiling);
        }
        Ok(quote)
    }

    fn quote(&self, now: Timestamp, model: &str, wanted: &Wanted<'_>) -> Result<Quote, AppError> {
        let quote = self.tariff.quote(now, model, wanted.input_tokens, wanted.output_tokens);
        quote.map_err(AppError::internal)
    }

    fn refusal(&self, refused: &Refusal, quote: &Quote) -> AppError {
        let error = refusal::error(refused, self.tariff.currency);
        match (&refused.reason, quote.no_rate) {
            (plans::Reason::Unpriced(model), Some((from, to))) => {
                AppError { detail: refusal::no_rate(model, from, to, quote.at), ..error }
            }
            _ => error,
        }
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
    fn hold(&self, sheet: &mut Sheet, charge: &Charge) -> Result<Vec<Write>, AppError> {
        let command = |act: Act| Command { id: self.ids.make(), at: charge.began_at, act };
        let legs = legs_of(charge);
        let mut commands = Vec::new();
        if let (Pay::Allowance, [leg]) = (charge.pay, legs.as_slice()) {
            let (from, to, money) = (Account::Promotions, leg.account, leg.amount.of(charge.currency));
            commands.push(command(Act::Transfer { reason: Reason::Grant, from, to, money }));
        }
        let (hold, run, currency) = (hold_of(charge.run_id), charge.run_id, charge.currency);
        commands.push(command(Act::Hold { hold, run, currency, legs, ttl_seconds: HOLD_SECONDS }));
        sheet.perform_all(&commands).map_err(refusal::of_ledger)
    }
}

/// What must still be so when the run is stored: nobody else took the room meanwhile.
fn guards(plan: &Plan, charge: &Charge, offset_minutes: i32) -> Vec<Write> {
    // Beyond the allowance only what paces requests still counts.
    let allowances = if charge.pay == Pay::Allowance { plan.allowances.as_slice() } else { &[] };
    let limits = plan.rates.iter().chain(allowances).map(|allowance| {
        let more = match allowance.measure {
            Measure::Credits => u64::try_from(charge.ceiling.micros()).unwrap_or(0),
            Measure::Tokens => charge.tokens,
            Measure::Requests => 1,
        };
        Limit {
            measure: allowance.measure,
            since: allowance.window.counts_since(charge.began_at, offset_minutes),
            most: allowance.most.saturating_sub(more),
        }
    });
    charges::member_must_have_room(charge.scope, plan.concurrent_runs, &limits.collect::<Vec<_>>())
}

fn room_of_budget(bound: &Bound, charge: &Charge, offset_minutes: i32) -> Write {
    let limit = Limit {
        measure: Measure::Credits,
        since: bound.counts_since(charge.began_at, offset_minutes),
        most: u64::try_from(bound.most.micros().saturating_sub(charge.ceiling.micros())).unwrap_or(0),
    };
    charges::must_have_room(bound.counted, limit)
}

fn key_of(actor: &Actor) -> Option<KeyId> {
    match actor.carrier {
        Carrier::Key(id) => Some(id),
        Carrier::Session(_) | Carrier::Local => None,
    }
}

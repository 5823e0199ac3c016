//! Whether a run may begin, and the writes that hold what it may cost.

use courses::Drafting;
use ledger::{Account, Act, Command, Reason};
use money::Amount;
use plans::{Ask, Grant, Guard, Measure, Pay, Plan, Refusal, Standings, Verdict};
use stdx::{RunId, Timestamp};
use store::charges::{self, Charge, Limit};
use store::ledger::Sheet;
use store::{StoreError, Write};

use super::bounds::Bounded;
use super::hold::{HOLD_SECONDS, hold_of, legs_of};
use super::look::Seen;
use super::{Ticket, refusal};
use crate::{Actor, App, AppError};
use tariff::Quote;

/// What is about to be asked of a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) run_id: RunId,
    pub(crate) agent: Option<&'a str>,
    pub(crate) model: &'a str,
    /// Models that may answer instead: what is held is enough for whichever does.
    pub(crate) others: &'a [String],
    /// Answers that are looked at before: what they can cost is held beside what the others can.
    pub(crate) draft: Option<&'a Drafting>,
    /// No fewer than will go in.
    pub(crate) input_tokens: u64,
    /// No fewer than can come out.
    pub(crate) output_tokens: u64,
}

impl Wanted<'_> {
    /// No fewer tokens than all of it can take.
    fn tokens(&self) -> u64 {
        let drafted = self.draft.map_or(0, |draft| draft.most_tokens(self.input_tokens));
        self.input_tokens.saturating_add(self.output_tokens).saturating_add(drafted)
    }
}

/// A run that may begin as soon as its writes are stored.
#[derive(Debug)]
pub(crate) struct Admitted {
    /// The model to use, which may be another than the one asked for.
    pub(crate) model: String,
    /// How much its member counts against others on a busy model.
    pub(crate) weight: u32,
    /// What it may cost.
    pub(crate) charge: Charge,
    /// To be stored with the run, before any model is called.
    pub(crate) writes: Vec<Write>,
    /// Waits until they are stored.
    pub(crate) ticket: Ticket,
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
        let seen = self.look(actor).await?;
        self.admit_seen(actor, seen, wanted).await
    }

    /// Holds a request of somebody who stands so.
    ///
    /// # Errors
    /// Those of [`App::admit`].
    pub(crate) async fn admit_seen(
        &self,
        actor: &Actor,
        mut seen: Seen<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Admitted, AppError> {
        let (now, plan) = (seen.ticket.at(), seen.holding.plan);
        let offset_minutes = self.tariff.offset_minutes;
        let quote = self.dearest(now, wanted)?;
        let ask = Ask {
            agent: wanted.agent,
            model: wanted.model,
            tools: &[],
            app: None,
            ceiling: quote.ceiling,
            tokens: wanted.tokens(),
        };
        let check = |seen: &Seen<'_>| {
            let verdict = plans::check(&self.tariff.plans, &seen.standing(offset_minutes), &ask);
            verdict.map_err(AppError::internal)
        };
        let mut verdict = check(&seen)?;
        if matches!(verdict, Verdict::No(_)) {
            self.each_use(actor.scope(), &mut seen).await?;
            verdict = check(&seen)?;
        }
        let grant = match verdict {
            Verdict::Go(grant) => grant,
            Verdict::No(refused) => return Err(self.refusal(&refused, &quote)),
        };
        let quote = if grant.model == wanted.model { quote } else { self.quote(now, &grant.model, wanted)? };
        let charge = self.charge(actor, wanted, &grant, plan, quote);
        let mut writes = guards(plan, &charge, &seen.standings, offset_minutes);
        writes.extend(seen.bounds.iter().map(|bounded| room_of_budget(bounded, &charge, offset_minutes)));
        writes.push(charges::insert(&charge));
        writes.extend(self.hold(&mut seen.holding.sheet, &charge)?);
        Ok(Admitted { model: grant.model, weight: grant.weight, charge, writes, ticket: seen.ticket })
    }

    /// What the first of them can cost, and no less than any other of them can: whoever answers, it is held.
    fn dearest(&self, now: Timestamp, wanted: &Wanted<'_>) -> Result<Quote, AppError> {
        let mut quote = self.quote(now, wanted.model, wanted)?;
        for other in wanted.others {
            quote.ceiling = quote.ceiling.max(self.quote(now, other, wanted)?.ceiling);
        }
        if let Some(draft) = wanted.draft {
            let wanted = Wanted { output_tokens: draft.longest(), ..*wanted };
            let each = self.quote(now, &draft.request().model, &wanted)?.ceiling.unwrap_or_default();
            let all = (0..draft.answers()).map(|_| each).chain(quote.ceiling);
            quote.ceiling = quote.ceiling.and(Some(Amount::sum(all).map_err(AppError::internal)?));
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
            key_id: actor.key_id(),
            began_at: quote.at,
            agent_id: wanted.agent.map(str::to_owned),
            model: grant.model.clone(),
            plan: plan.id.clone(),
            pay: grant.pay,
            currency: self.tariff.currency,
            ceiling: ceiling.unwrap_or_default(),
            tokens: wanted.tokens(),
            price: quote.price,
        }
    }

    /// The ledger's part: the ceiling goes from the allowance, which the plan gives for just this, or from the wallet.
    pub(super) fn hold(&self, sheet: &mut Sheet, charge: &Charge) -> Result<Vec<Write>, AppError> {
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
fn guards(plan: &Plan, charge: &Charge, standings: &Standings, offset_minutes: i32) -> Vec<Write> {
    // Beyond the allowance only what paces requests still counts.
    let allowances = if charge.pay == Pay::Allowance { plan.allowances.as_slice() } else { &[] };
    let limits = plan.rates.iter().chain(allowances).map(|allowance| {
        let more = match allowance.measure {
            Measure::Credits => u64::try_from(charge.ceiling.micros()).unwrap_or(0),
            Measure::Tokens => charge.tokens,
            Measure::Requests => 1,
        };
        limit(standings.rest(Guard {
            measure: allowance.measure,
            since: allowance.window.counts_since(charge.began_at, offset_minutes),
            most: allowance.most.saturating_sub(more),
        }))
    });
    charges::member_must_have_room(charge.scope, plan.concurrent_runs, &limits.collect::<Vec<_>>())
}

fn room_of_budget(bounded: &Bounded, charge: &Charge, offset_minutes: i32) -> Write {
    let Bounded { bound, past, .. } = bounded;
    let guard = Guard {
        measure: Measure::Credits,
        since: bound.counts_since(charge.began_at, offset_minutes),
        most: u64::try_from(bound.most.micros().saturating_sub(charge.ceiling.micros())).unwrap_or(0),
    };
    charges::must_have_room(bound.counted, limit(past.map_or(guard, |past| past.rest(guard))))
}

fn limit(Guard { measure, since, most }: Guard) -> Limit {
    Limit { measure, since, most }
}

//! Holds and settlements, as runs make them, for `./x bench money`: `money PLACE SECONDS`. The place is a file that is not
//! there yet, or an empty database of a server, as `[database] url` names it. Prints one line of JSON: how many holds and
//! settlements a second are kept durably when many members ask at once and when one asks after the other, how long one
//! takes beyond the commit that a run needs anyway, and how many batches shared a commit.

#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use std::sync::Arc;
use std::time::Duration;

use ledger::{Account, Act, Basis, Bill, Command, Hold, HoldState, Leg, Reason};
use money::{Amount, Currency, Unit, Usage};
use plans::{Measure, Pay};
use stdx::{Clock, EntityId, HoldId, IdMaker, OsRng, RunId, Secret, SystemClock, Timestamp};
use store::charges::{Charge, Limit, Settled};
use store::ledger::Sheet;
use store::{
    Batch, Db, Durability, Member, MemberKind, MemberRole, OpenOptions, Place, Scope, SignUp, Workspace,
    Write, charges, members, room, subscriptions, workspaces,
};

/// Members who ask at once.
const MEMBERS: usize = 128;
/// Members who ask one after the other, and the runs of each: as many as a busy person has in a window of five hours.
const ALONE: usize = 30;
const RUNS: usize = 40;

/// The pace of calls that come one by one.
const PACE: Duration = Duration::from_millis(20);

/// What every part of the bench needs.
struct Desk {
    db: Db,
    ids: IdMaker,
    clock: Arc<dyn Clock>,
    currency: Currency,
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (place, seconds) = (arguments.next().unwrap(), arguments.next().unwrap().parse::<u64>().unwrap());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let db = Db::open(OpenOptions::new(Place::parse(&place), Arc::clone(&clock))).await.unwrap();
    let ids = IdMaker::new(Arc::clone(&clock), Arc::new(OsRng));
    let desk = Arc::new(Desk { db, ids, clock, currency: "CNY".parse().unwrap() });
    let people = desk.people().await;
    let (single, crowd) = people.split_at(ALONE);
    let span = Duration::from_secs(seconds);
    together(&desk, crowd, span / 4).await; // warm
    let before = desk.db.stats();
    let (many, busy) = timed(together(&desk, crowd, span)).await;
    let after = desk.db.stats();
    let (calls, paced) = timed(paced(&desk, crowd, span)).await;
    let alone = alone(&desk, single).await;
    let (batches, commits) = (after.batches - before.batches, after.commits - before.commits);
    let answer = serde_json::json!({
        "together": many, "alone": alone.rate, "commit_ms": alone.commit, "hold_ms": alone.hold, "settle_ms": alone.settle,
        "batches": batches, "commits": commits, "busy_cpu": 2e3 * busy / (many * span.as_secs_f64()),
        "paced_cpu": 1e3 * paced / f64::from(calls),
    });
    println!("{answer}");
    desk.db.close().await;
}

/// The seconds that processors worked for this program meanwhile.
async fn timed<T>(work: impl Future<Output = T>) -> (T, f64) {
    let before = processor();
    let done = work.await;
    (done, processor() - before)
}

/// By the kernel's own count, thread by thread: none of them ends before the bench does.
fn processor() -> f64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let nanos = threads.map(|thread| -> f64 {
        let told = std::fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        told.split(' ').next().unwrap().parse().unwrap()
    });
    nanos.sum::<f64>() / 1e9
}

/// Calls that come one by one, each held and settled; how many.
async fn paced(desk: &Arc<Desk>, scopes: &[Scope], span: Duration) -> u32 {
    let mut pace = tokio::time::interval(PACE);
    let mut tasks = tokio::task::JoinSet::new();
    let mut calls = 0;
    for scope in
        scopes.iter().cycle().copied().take(usize::try_from(span.as_millis() / PACE.as_millis()).unwrap())
    {
        pace.tick().await;
        let desk = Arc::clone(desk);
        tasks.spawn(async move {
            let charge = desk.hold(scope, None).await;
            desk.settle(&charge, None).await;
        });
        calls += 1;
    }
    tasks.join_all().await;
    calls
}

/// Holds and settlements a second of members who never pause.
async fn together(desk: &Arc<Desk>, scopes: &[Scope], span: Duration) -> f64 {
    let began = desk.clock.monotonic();
    let until = began + span;
    let mut tasks = tokio::task::JoinSet::new();
    for scope in scopes.iter().copied() {
        let desk = Arc::clone(desk);
        tasks.spawn(async move {
            let mut kept = 0_u32;
            while desk.clock.monotonic() < until {
                let charge = desk.hold(scope, None).await;
                desk.settle(&charge, None).await;
                kept += 2;
            }
            kept
        });
    }
    let kept: u32 = tasks.join_all().await.into_iter().sum();
    f64::from(kept) / (desk.clock.monotonic() - began).as_secs_f64()
}

/// One after the other.
struct Alone {
    rate: f64,
    /// Half of the commits of a run without money take longer, in milliseconds.
    commit: f64,
    /// The same with a hold in them, its reads included.
    hold: f64,
    /// The same with a settlement.
    settle: f64,
}

async fn alone(desk: &Desk, scopes: &[Scope]) -> Alone {
    let (mut commits, mut holds, mut settlements) = (Vec::new(), Vec::new(), Vec::new());
    for (scope, number) in scopes.iter().flat_map(|scope| (0..RUNS).map(|number| (*scope, number))) {
        // What a run writes anyway; a few rows more or less are not what a commit takes its time for.
        let other = || members::set_name(scope, &format!("member {number}"));
        let began = desk.clock.monotonic();
        desk.keep(vec![other()]).await;
        let committed = desk.clock.monotonic();
        let charge = desk.hold(scope, Some(other())).await;
        let held = desk.clock.monotonic();
        desk.settle(&charge, Some(other())).await;
        let settled = desk.clock.monotonic();
        commits.push(committed - began);
        holds.push(held - committed);
        settlements.push(settled - held);
    }
    let spent: Duration = holds.iter().chain(&settlements).sum();
    let both = u32::try_from(2 * commits.len()).unwrap();
    Alone {
        rate: f64::from(both) / spent.as_secs_f64(),
        commit: half(commits),
        hold: half(holds),
        settle: half(settlements),
    }
}

fn half(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).unwrap().as_secs_f64() * 1e3
}

impl Desk {
    async fn keep(&self, writes: Vec<Write>) {
        let mut batch = Batch::new(Durability::Full);
        batch.extend(writes);
        self.db.write(batch).await.unwrap();
    }

    async fn people(&self) -> Vec<Scope> {
        let now = self.clock.now();
        let workspace = Workspace {
            id: self.ids.make(),
            name: "Bench".to_owned(),
            created_at: now,
            sign_up: SignUp::Closed,
        };
        let mut writes = vec![workspaces::insert(&workspace)];
        let mut scopes = Vec::new();
        for number in 0..ALONE + MEMBERS {
            let member = Member {
                id: self.ids.make(),
                workspace_id: workspace.id,
                login: format!("m{number}"),
                name: format!("m{number}"),
                role: MemberRole::Member,
                locale: "en".to_owned(),
                created_at: now,
                kind: MemberKind::Person,
                suspended_at: None,
                agents: None,
            };
            writes.push(members::insert(&member, &Secret::new("no password".to_owned())));
            scopes.push(member.scope());
        }
        self.keep(writes).await;
        scopes
    }

    /// Looks, then holds, as `app` admits a run under a plan with a rate and two windows.
    async fn hold(&self, scope: Scope, other: Option<Write>) -> Charge {
        let now = self.clock.now();
        let hours = |hours: i64| Timestamp::from_micros(now.as_micros() - hours * 3_600_000_000);
        let mut sheet = subscriptions::standing(&self.db, scope).await.unwrap().sheet;
        room::of_member(&self.db, scope, hours(5)).await.unwrap();
        let charge = self.charge(scope, now);
        let limit = |measure, since| Limit { measure, since, most: 1_000_000_000_000 };
        let requests = limit(Measure::Requests, hours(0));
        let limits = [requests, limit(Measure::Credits, hours(5)), limit(Measure::Credits, hours(5))];
        let mut writes: Vec<Write> = other.into_iter().collect();
        writes.extend(charges::member_must_have_room(scope, 10, &limits));
        writes.push(charges::insert(&charge));
        let (hold, run, currency) = (hold_of(charge.run_id), charge.run_id, charge.currency);
        let (from, to) = (Account::Promotions, Account::Allowance(scope.member_id));
        let legs = vec![Leg { account: to, amount: charge.ceiling }];
        let money = charge.ceiling.of(currency);
        let commands = self.commands([
            Act::Transfer { reason: Reason::Grant, from, to, money },
            Act::Hold { hold, run, currency, legs, ttl_seconds: 3_600 },
        ]);
        writes.extend(sheet.perform_all(&commands).unwrap());
        self.keep(writes).await;
        charge
    }

    async fn settle(&self, charge: &Charge, other: Option<Write>) {
        let usage = Usage::of([(Unit::Input, 700), (Unit::Output, 120)]).unwrap();
        let amount = Amount::from_micros(300);
        let (from, to) = (Account::Allowance(charge.scope.member_id), Account::Promotions);
        let money = charge.ceiling.checked_sub(amount).unwrap().of(charge.currency);
        let hold = hold_of(charge.run_id);
        let mut writes: Vec<Write> = other.into_iter().collect();
        let commands = self.commands([
            Act::Settle { hold, bill: Bill { charge: amount, ..Bill::default() } },
            Act::Transfer { reason: Reason::Lapse, from, to, money },
        ]);
        let mut sheet = Sheet::of_hold(charge.scope.workspace_id, placed(charge));
        writes.extend(sheet.perform_all(&commands).unwrap());
        let at = self.clock.now();
        let settled = Settled { at, amount, basis: Basis::Reported, usage, costs: Vec::new() };
        writes.push(charges::settle(charge.scope, charge.run_id, &settled));
        self.keep(writes).await;
    }

    fn commands(&self, acts: [Act; 2]) -> [Command; 2] {
        acts.map(|act| Command { id: self.ids.make(), at: self.clock.now(), act })
    }

    fn charge(&self, scope: Scope, now: Timestamp) -> Charge {
        Charge {
            run_id: self.ids.make(),
            scope,
            key_id: None,
            began_at: now,
            agent_id: Some("ask".to_owned()),
            model: "a-model".to_owned(),
            plan: "plus".to_owned(),
            pay: Pay::Allowance,
            currency: self.currency,
            ceiling: Amount::from_micros(5_000),
            tokens: 2_000,
            price: None,
        }
    }
}

/// The hold as it was placed: nobody else ends it.
fn placed(charge: &Charge) -> Hold {
    Hold {
        id: hold_of(charge.run_id),
        run: charge.run_id,
        currency: charge.currency,
        legs: vec![Leg { account: Account::Allowance(charge.scope.member_id), amount: charge.ceiling }],
        expires_at: charge.began_at.plus(Duration::from_secs(3_600)),
        state: HoldState::Open,
    }
}

fn hold_of(run: RunId) -> HoldId {
    HoldId::from_uuid(run.uuid()).unwrap()
}

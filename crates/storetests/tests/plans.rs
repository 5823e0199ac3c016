//! No list is scanned and none is sorted: the bench of the thread list stands on this.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, Once};

use plans::Measure;
use rusqlite::Connection;
use stdx::{EntityId, IdMaker, SeededRng, SystemClock, Timestamp};
use store::alerts::Reader;
use store::charges::Counted;
use store::{
    Db, OpenOptions, Scope, TokenHash, admin_acts, alerts, budgets, charges, events, groups, invitations,
    join_requests, keys, layouts, ledger as books, members, messages, order_refunds, orders,
    payment_messages, pins, providers, recovery, requests, responses, room, runs, second_factors, sessions,
    spending, subscriptions, threads, tool_leaves, vouchers, wallet, workspaces,
};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// Every query that was read, and how often it had to be compiled again.
static SEEN: Mutex<BTreeMap<String, i64>> = Mutex::new(BTreeMap::new());

/// What `db` tells about each query it reads from a file.
#[derive(Default)]
struct Read {
    sql: String,
    compiled_again: i64,
}

impl Visit for Read {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "sql" {
            value.clone_into(&mut self.sql);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "compiled_again" {
            self.compiled_again = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// Listens to that.
struct Ear;

impl<S: Subscriber> Layer<S> for Ear {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut read = Read::default();
        event.record(&mut read);
        if !read.sql.is_empty() {
            let mut seen = SEEN.lock().unwrap();
            let known = seen.entry(read.sql).or_default();
            *known = read.compiled_again.max(*known);
        }
    }
}

/// Queries that look at whole tables for a reason.
const ALLOWED: &[&str] = &[
    "FROM workspaces",                    // one row, or a few
    "FROM model_pins",                    // a few, once at the start
    "SELECT r.workspace_id, r.member_id", // all live runs, once at the start
    "WITH RECURSIVE path",                // sorts the path it found
    "ORDER BY m.created_at, m.id",        // the members of one workspace
    "WHERE c.settled_at IS NULL ORDER",   // all open charges, once at the start
    "COUNT(*), MIN(h.expires_at)",        // the open holds, of which there are few
    "WHERE r.id IN",                      // the runs of one page
];

#[tokio::test]
async fn every_query_finds_its_rows_by_an_index() {
    let plans = plans().await;
    assert!(plans.len() >= 20, "{} queries", plans.len());
    let mut excused: BTreeSet<&str> = BTreeSet::new();
    for (sql, plan) in plans {
        if !plan.iter().any(|step| step.contains("SCAN") || step.contains("TEMP B-TREE")) {
            continue;
        }
        let excuse = ALLOWED.iter().find(|allowed| sql.contains(*allowed));
        assert!(excuse.is_some(), "{sql}\n{plan:#?}");
        excused.extend(excuse);
    }
    assert_eq!(excused.len(), ALLOWED.len(), "the list may only shrink: {excused:?}");
}

/// Pages go straight to the place where they begin.
#[tokio::test]
async fn a_page_begins_in_the_middle_of_its_index() {
    let mut pages = plans().await;
    pages.retain(|(sql, _)| ["LIMIT ?4", "LIMIT ?5", "LIMIT ?6"].iter().any(|limit| sql.contains(limit)));
    // Lists of all there is since an instant are no pages.
    pages.retain(|(sql, _)| !sql.contains("FROM alerts"));
    assert_eq!(pages.len(), 17, "{pages:#?}");
    for (sql, plan) in pages {
        let begins_there = |step: &String| step.contains("id)<(?,?)") || step.contains("id)>(?,?)");
        assert!(plan.iter().any(begins_there), "{sql}\n{plan:#?}");
    }
}

/// A statement is compiled once for a connection, whatever its parameters: the second time everything is asked, each is
/// there already.
#[tokio::test]
async fn no_query_is_compiled_again() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(&folder.path().join("hutong.db")).await;
    let ids = ids();
    ask_everything(&db, &ids).await;
    ask_everything(&db, &ids).await;
    let again: Vec<_> = seen().into_iter().filter(|(_, compiled_again)| *compiled_again > 0).collect();
    assert_eq!(again, []);
}

/// Every query there is, and how the engine goes about it.
async fn plans() -> Vec<(String, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hutong.db");
    let db = open(&path).await;
    ask_everything(&db, &ids()).await;
    let connection = Connection::open(&path).unwrap();
    seen()
        .into_keys()
        .map(|sql| {
            let plan = plan(&connection, &sql);
            (sql, plan)
        })
        .collect()
}

/// A new file with one reader, all of whose queries are heard.
async fn open(path: &Path) -> Db {
    static LISTEN: Once = Once::new();
    LISTEN.call_once(|| {
        let all = tracing_subscriber::registry().with(Ear);
        tracing::subscriber::set_global_default(all).unwrap();
    });
    let mut options = OpenOptions::new(path, Arc::new(SystemClock::new()));
    options.readers = NonZeroUsize::MIN;
    Db::open(options).await.unwrap()
}

fn seen() -> BTreeMap<String, i64> {
    SEEN.lock().unwrap().clone()
}

fn ids() -> IdMaker {
    IdMaker::new(Arc::new(SystemClock::new()), Arc::new(SeededRng::new(1)))
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut explain = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    for at in 1..=explain.parameter_count() {
        explain.raw_bind_parameter(at, "").unwrap();
    }
    let mut steps = explain.raw_query();
    let mut plan = Vec::new();
    while let Some(step) = steps.next().unwrap() {
        plan.push(step.get(3).unwrap());
    }
    plan
}

async fn ask_everything(db: &Db, ids: &IdMaker) {
    let scope = Scope { workspace_id: ids.make(), member_id: ids.make() };
    let (token, now) = (TokenHash::from_bytes([0; 32]), Timestamp::from_micros(0));
    let home = scope.workspace_id;
    workspaces::first(db).await.unwrap();
    responses::get(db, scope, make(ids)).await.unwrap();
    responses::chain(db, scope, make(ids), 9).await.unwrap();
    workspaces::get(db, home).await.unwrap();
    workspaces::all(db).await.unwrap();
    charges::of_run(db, home, make(ids)).await.unwrap();
    members::by_login(db, home, "a").await.unwrap();
    members::get(db, scope).await.unwrap();
    members::list(db, home).await.unwrap();
    members::count(db, home).await.unwrap();
    members::password(db, scope).await.unwrap();
    sessions::by_token(db, token, now).await.unwrap();
    sessions::list(db, scope, now).await.unwrap();
    keys::get(db, home, make(ids)).await.unwrap();
    keys::list(db, home).await.unwrap();
    keys::list_of(db, scope).await.unwrap();
    keys::by_token(db, token, now).await.unwrap();
    groups::list(db, home).await.unwrap();
    groups::memberships(db, home).await.unwrap();
    groups::of_member(db, scope).await.unwrap();
    invitations::by_token(db, token, now).await.unwrap();
    invitations::list(db, home).await.unwrap();
    join_requests::get(db, home, make(ids)).await.unwrap();
    join_requests::list(db, home).await.unwrap();
    recovery::by_token(db, token, now).await.unwrap();
    second_factors::get(db, scope).await.unwrap();
    second_factors::codes_left(db, scope).await.unwrap();
    second_factors::confirmed(db, home).await.unwrap();
    layouts::get(db, scope).await.unwrap();
    pins::list(db).await.unwrap();
    providers::list(db).await.unwrap();
    threads::get(db, scope, make(ids)).await.unwrap();
    threads::page(db, scope, None, 50).await.unwrap();
    threads::page_of_agent(db, scope, "a", None, 50).await.unwrap();
    messages::get(db, scope, make(ids)).await.unwrap();
    messages::page(db, scope, make(ids), None, 50).await.unwrap();
    messages::path(db, scope, make(ids), make(ids), 50).await.unwrap();
    runs::get(db, scope, make(ids)).await.unwrap();
    runs::of_reply(db, scope, make(ids)).await.unwrap();
    runs::live_in_thread(db, scope, make(ids)).await.unwrap();
    runs::live_everywhere(db).await.unwrap();
    runs::is_cancel_requested(db, scope, make(ids)).await.unwrap();
    charges::get(db, scope, make(ids)).await.unwrap();
    charges::between(db, scope, now, now).await.unwrap();
    charges::open_everywhere(db).await.unwrap();
    charges::uses(db, scope, now).await.unwrap();
    room::of_member(db, scope, now).await.unwrap();
    charges::busy_since(db, home, now).await.unwrap();
    for counted in [
        Counted::Member(scope),
        Counted::Key(home, make(ids)),
        Counted::Group(home, make(ids)),
        Counted::Workspace(home),
    ] {
        charges::spent(db, &[(counted, now)]).await.unwrap();
        charges::tails(db, &[(counted, now)]).await.unwrap();
        charges::open_since(db, counted, now).await.unwrap();
        charges::spent_until(db, counted, now, now).await.unwrap();
        for measure in [Measure::Credits, Measure::Tokens, Measure::Requests] {
            charges::settled_use(db, &[(counted, measure, now)]).await.unwrap();
        }
    }
    budgets::list(db, home).await.unwrap();
    budgets::of_member(db, scope).await.unwrap();
    for reader in [Reader::Member(scope), Reader::Admin(scope)] {
        alerts::list(db, reader, now, 50).await.unwrap();
    }
    alerts::noted(db, &alert(scope, ids)).await.unwrap();
    ask_about_money(db, ids, scope).await;
    books::overdue(db, now, 50).await.unwrap();
    books::open_holds(db).await.unwrap();
    books::provider_costs(db, home, now, now).await.unwrap();
    books::audit(db, home).await.unwrap();
    let (hold, run, reason) = (make(ids), make(ids), ::ledger::Reason::TopUp);
    let (from, to) = (::ledger::Account::Cash, ::ledger::Account::Wallet(scope.member_id));
    let currency = "CNY".parse().unwrap();
    let money = money::Amount::ZERO.of(currency);
    let acts = [
        ::ledger::Act::Transfer { reason, from, to, money },
        ::ledger::Act::Hold { hold, run, currency, legs: Vec::new(), ttl_seconds: 1 },
    ];
    let commands = acts.map(|act| ::ledger::Command { id: make(ids), at: now, act });
    books::Sheet::read(db, home, &commands).await.unwrap();
    events::after(db, scope, make(ids), 0).await.unwrap();
    ask_about_orders(db, scope, ids).await;
    ask_about_requests(db, scope, ids).await;
}

async fn ask_about_requests(db: &Db, scope: Scope, ids: &IdMaker) {
    use requests::{Failed, Filter};
    let (home, now) = (scope.workspace_id, Timestamp::from_micros(0));
    for member in [None, Some(scope.member_id)] {
        for failed in [Failed::Whatever, Failed::Somehow] {
            let filter = Filter { member, failed, ..Filter::default() };
            requests::page(db, home, &filter, None, 50).await.unwrap();
        }
    }
    requests::get(db, home, make(ids)).await.unwrap();
    requests::glances(db, home, now, None, 50).await.unwrap();
    charges::open_of_turn(db, scope, make(ids)).await.unwrap();
    tool_leaves::of_thread(db, scope, make(ids)).await.unwrap();
}

async fn ask_about_orders(db: &Db, scope: Scope, ids: &IdMaker) {
    let (home, now) = (scope.workspace_id, Timestamp::from_micros(0));
    orders::get(db, scope, make(ids)).await.unwrap();
    orders::of_workspace(db, home, make(ids)).await.unwrap();
    orders::find(db, make(ids)).await.unwrap();
    orders::of_payment(db, "a", "b").await.unwrap();
    orders::due(db, now, 50).await.unwrap();
    orders::page(db, scope, None, 50).await.unwrap();
    orders::page_of_workspace(db, home, None, 50).await.unwrap();
    orders::page_to_look_at(db, home, None, 50).await.unwrap();
    order_refunds::of_order(db, make(ids)).await.unwrap();
    payment_messages::of_order(db, make(ids)).await.unwrap();
    payment_messages::strays(db, 50).await.unwrap();
    payment_messages::is_stray(db, "a", "b").await.unwrap();
    payment_messages::strays_of(db, "a", "b").await.unwrap();
    let wallet = ::ledger::Account::Wallet(scope.member_id);
    books::spendable(db, home, wallet, "CNY".parse().unwrap()).await.unwrap();
}

fn alert(scope: Scope, ids: &IdMaker) -> alerts::Alert {
    alerts::Alert {
        id: make(ids),
        workspace_id: scope.workspace_id,
        member_id: None,
        scope: alerts::AlertScope::Workspace,
        subject_id: String::new(),
        name: String::new(),
        stretch: String::new(),
        measure: Measure::Credits,
        percent: 50,
        used: 1,
        most: 2,
        period: None,
        at: Timestamp::from_micros(0),
    }
}

async fn ask_about_money(db: &Db, ids: &IdMaker, scope: Scope) {
    let (home, now, currency) = (scope.workspace_id, Timestamp::from_micros(0), "CNY".parse().unwrap());
    let hash = TokenHash::from_bytes([0; 32]);
    books::statement_rows(db, scope, currency, now, now).await.unwrap();
    books::first_entry_at(db, scope).await.unwrap();
    subscriptions::standing(db, scope).await.unwrap();
    subscriptions::due(db, now, 50).await.unwrap();
    subscriptions::tried(db, scope).await.unwrap();
    vouchers::by_code(db, scope, hash).await.unwrap();
    vouchers::get(db, home, make(ids)).await.unwrap();
    vouchers::list(db, home).await.unwrap();
    wallet::movements(db, scope, currency, None, 50).await.unwrap();
    admin_acts::page(db, home, None, 50).await.unwrap();
    let stretch = spending::Stretch { from: now, until: now, currency };
    for member in [None, Some(scope.member_id)] {
        spending::spent(db, home, member, stretch, None, 50).await.unwrap();
    }
}

fn make<I: EntityId>(ids: &IdMaker) -> I {
    ids.make()
}

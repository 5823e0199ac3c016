//! Our server with everything on: a member on a plan with an allowance, money in the wallet, and a key with a budget.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::lap::median;
use super::load::milliseconds;
use super::workload::{self, Blanks};
use crate::bench::http::{Answer, Connection, Request};
use crate::bench::ids::Ids;
use crate::bench::server::Server;
use crate::host;

/// More than is spent, in millionths.
const ENOUGH: i64 = 1_000_000_000_000;
/// The plan of the workload.
const PLAN: &str = "bench";
/// What is recorded behind somebody's back is recorded by then.
const PATIENCE: Duration = Duration::from_secs(5);

/// Writes that the disk confirms, to know how long it takes.
const CONFIRMED: usize = 31;

/// Our server as it runs.
pub(super) struct Ours {
    pub(super) server: Server,
    /// The header of the member's program.
    pub(super) member: String,
    owner: String,
}

impl Ours {
    pub(super) fn start(folder: &Path, ours: &workload::Ours, blanks: &Blanks) -> Result<Self> {
        let hutong = host::target().join("release/hutong");
        let (server, _) = Server::start_in(folder, &hutong, |data| blanks.write(data, &ours.files))?;
        let owner = server.owner()?;
        let mut connection = Connection::open(server.address)?;
        let mut tell = |method: &str, path: &str, body: Value| -> Result<Answer> {
            connection.send(&Request::tell(method, path, &owner, &body))
        };
        let mut ids = Ids::of(3);
        let (member, key) = (ids.next(), ids.next());
        let account = json!({"id": member, "login": "mei", "name": "Mei", "role": "member"});
        tell("POST", "/api/v1/service-accounts", account)?.expect(201)?;
        tell("PUT", &format!("/api/v1/members/{member}/plan"), json!({"plan": PLAN}))?.expect(200)?;
        let cash =
            json!({"id": ids.next(), "amount": {"micros": ENOUGH, "currency": "CNY"}, "note": "bench"});
        tell("POST", &format!("/api/v1/members/{member}/wallet"), cash)?.expect(200)?;
        let budget = json!({"micros": ENOUGH, "term": "month"});
        tell("PUT", &format!("/api/v1/budgets/member/{member}"), budget.clone())?.expect(200)?;
        let wish = json!({"id": key, "name": "bench", "member_id": member, "scope": {}, "budget": budget});
        let made = tell("POST", "/api/v1/keys", wish)?.expect(201)?;
        let token = made.get("token").and_then(Value::as_str).context("a key without its token")?;
        Ok(Self { server, member: format!("authorization: Bearer {token}"), owner })
    }

    /// How long the disk takes to confirm a small write where its data is (ms, the median of some): every request is held on
    /// the disk before it goes on, and settled there before its end is told.
    pub(super) fn confirmed(&self) -> Result<f64> {
        let mut file = tempfile::tempfile_in(self.server.data())?;
        let mut waits = Vec::with_capacity(CONFIRMED);
        for _ in 0..CONFIRMED {
            file.write_all(&[7; 4_096])?;
            let begun = host::now();
            file.sync_data()?;
            waits.push(milliseconds(begun.elapsed()));
        }
        median(waits)
    }

    /// Looks whether so many requests have been paid.
    pub(super) fn must_have_recorded(&self, requests: usize) -> Result<()> {
        let since = host::now();
        loop {
            let spend = Request::get("/api/v1/spend?by=member", &self.owner);
            let spend = Connection::open(self.server.address)?.send(&spend)?.expect(200)?;
            let number = |path: &str| spend.pointer(path).and_then(Value::as_u64).unwrap_or_default();
            let (runs, micros) = (number("/total/runs"), number("/total/amount/micros"));
            if runs == u64::try_from(requests)? && micros > 0 {
                return Ok(());
            }
            ensure!(
                since.elapsed() < PATIENCE,
                "{requests} requests were answered, and {runs} are in the books, for {micros} micro-units"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

//! The case of money.md, with processes that know nothing of each other.

use std::process::Stdio;
use std::sync::Arc;

use store::{Db, Scope};

use super::schema::{Schema, options};
use crate::child;
use crate::conformance::money;
use crate::world::{Opened, World};

const PROCESSES: u64 = 8;
const HOLDS: u64 = 1_000;
const PLACE: &str = "STORE_TEST_PLACE";

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_holds_of_eight_processes_exactly_fifty_fit() {
    let Some(schema) = Schema::new().await else { return };
    let db = Db::open(schema.options()).await.unwrap();
    let world = World::new(Opened { db, keep: Box::new(()) }).await;
    let alice = world.alice;
    money::perform(&world.db, alice, &money::top_up(&world, alice, 5_000_000), &[]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let children = (1..=PROCESSES).map(|number| {
        let place = format!("{} {} {} {number}", schema.url(), alice.workspace_id, alice.member_id);
        let mut command = child::command("postgres::holds::child_holds_what_it_can", folder.path());
        command.env(PLACE, place).stdout(Stdio::piped()).spawn().unwrap()
    });
    let children: Vec<_> = children.collect();
    let mut admitted = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{told}");
        let count = told.lines().find_map(|line| line.strip_prefix("admitted ")).unwrap();
        admitted += count.parse::<u64>().unwrap();
    }
    assert_eq!((admitted, money::wallet(&world, alice).await), (50, 0));
    money::is_sound(&world, alice).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test, seven others beside it"]
#[expect(clippy::disallowed_methods, reason = "how a test talks to its child")]
async fn child_holds_what_it_can() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let words: Vec<&str> = place.split(' ').collect();
    let [url, workspace, member, number] = words[..] else { panic!("{place}") };
    let alice = Scope { workspace_id: workspace.parse().unwrap(), member_id: member.parse().unwrap() };
    let db = Db::open(options(url)).await.unwrap();
    let opened = Opened { db, keep: Box::new(()) };
    let world = Arc::new(World::with_seed(opened, 100 + number.parse::<u64>().unwrap()).await);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..HOLDS / PROCESSES {
        let world = Arc::clone(&world);
        tasks.spawn(async move { money::is_admitted(&world, alice, 100_000).await });
    }
    let admitted = tasks.join_all().await.into_iter().filter(|admitted| *admitted).count();
    println!("\nadmitted {admitted}");
    world.db.close().await;
}

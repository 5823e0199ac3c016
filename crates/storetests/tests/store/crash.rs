//! The server is killed while it writes.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::Arc;

use stdx::ThreadId;
use store::{Db, threads};

use crate::child;
use crate::world::{Opened, World, options};

const FILE: &str = "hutong.db";

/// Writes until it is killed; tells every acknowledged thread on standard output.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "started by another test, which kills it"]
async fn child_writes_until_it_is_killed() {
    let Some(folder) = child::folder() else { return };
    let db = Db::open(options(&folder.join(FILE))).await.unwrap();
    let world = Arc::new(World::with_seed(Opened { db, keep: Box::new(()) }, 7).await);
    println!("\nscope {} {}", world.alice.workspace_id, world.alice.member_id);
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let world = Arc::clone(&world);
        writers.spawn(async move {
            loop {
                let thread = world.begin(world.alice).await;
                world.ask(world.alice, &thread, None).await;
                writeln!(std::io::stdout().lock(), "kept {}", thread.id).unwrap();
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_9() {
    for acknowledged in [1, 40, 200] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = child::command("crash::child_writes_until_it_is_killed", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut scope = None;
        let mut kept: Vec<ThreadId> = Vec::new();
        while kept.len() < acknowledged {
            let line = lines.next().unwrap().unwrap();
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["scope", workspace, member] => {
                    scope = Some(store::Scope {
                        workspace_id: workspace.parse().unwrap(),
                        member_id: member.parse().unwrap(),
                    });
                }
                ["kept", id] => kept.push(id.parse().unwrap()),
                _ => {}
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had said before it died.
        kept.extend(
            lines
                .map_while(Result::ok)
                .filter_map(|line| line.strip_prefix("kept ")?.parse::<ThreadId>().ok()),
        );

        let db = Db::open(options(&folder.path().join(FILE))).await.unwrap();
        for id in kept {
            let thread = threads::get(&db, scope.unwrap(), id).await.unwrap().unwrap();
            assert!(thread.leaf_id.is_some() && thread.active_run_id.is_some(), "a turn is kept whole");
        }
    }
}

//! All windows of a member's plan, guarded by one statement.

use super::{Limit, ROOM};
use crate::{Scope, alerts};
use db::{Expect, Write, params};

/// One row when a member has fewer runs that go on than `?3` and each window has room.
macro_rules! rooms {
    ($(($measure:literal, $since:literal, $most:literal)),*) => {
        concat!(
            "SELECT 1 FROM members m WHERE m.id = ?2 AND m.workspace_id = ?1 AND (
               SELECT COUNT(*) FROM charges c
               WHERE c.workspace_id = ?1 AND c.member_id = ?2 AND c.settled_at IS NULL) < ?3"
            $(, " AND (
               SELECT CAST(COALESCE(SUM(
                 CASE ", $measure, " WHEN 'credits' THEN c.credits WHEN 'tokens' THEN c.tokens ELSE 1 END), 0) AS BIGINT)
               FROM charges c WHERE c.workspace_id = ?1 AND c.member_id = ?2 AND c.began_at > ", $since, ") <= ", $most)*
        )
    };
}

/// By the number of windows: on a server each statement has its price.
const ROOMS: [&str; 5] = [
    rooms!(),
    rooms!(("?4", "?5", "?6")),
    rooms!(("?4", "?5", "?6"), ("?7", "?8", "?9")),
    rooms!(("?4", "?5", "?6"), ("?7", "?8", "?9"), ("?10", "?11", "?12")),
    rooms!(("?4", "?5", "?6"), ("?7", "?8", "?9"), ("?10", "?11", "?12"), ("?13", "?14", "?15")),
];

/// Fail as expectations named [`ROOM`] when a member has so many runs or more that go on, or has used or holds more than one
/// of the limits.
#[expect(clippy::indexing_slicing, reason = "a chunk has at most as many limits")]
pub fn member_must_have_room(scope: Scope, runs: u32, limits: &[Limit]) -> Vec<Write> {
    let guard = |limits: &[Limit]| {
        let mut params = params![scope.workspace_id, scope.member_id, runs];
        for limit in limits {
            params.extend(params![alerts::word(limit.measure), limit.since, limit.most]);
        }
        Write { name: ROOM, sql: ROOMS[limits.len()], params, expect: Expect::Changed(1) }
    };
    let chunks = limits.chunks(ROOMS.len() - 1);
    if limits.is_empty() { vec![guard(&[])] } else { chunks.map(guard).collect() }
}

//! Events: what a run told while it worked, in segments.

use db::{Db, Expect, Json, Query, Row, StoreError, Write, params};
use stdx::RunId;
use wire::Frame;

use crate::Scope;

/// Fails when the segment does not follow the last one kept, or the member has no such run, or it is final.
pub const NEXT: &str = "events_next";

/// Frames that follow one another without a gap; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    frames: Vec<Frame>,
    first_seq: u64,
    last_seq: u64,
}

impl Segment {
    /// `None` when there is no frame or a number is missing.
    pub fn new(frames: Vec<Frame>) -> Option<Self> {
        let first_seq = frames.first()?.seq;
        let last_seq = frames.last()?.seq;
        let gapless = (first_seq..).zip(&frames).all(|(seq, frame)| frame.seq == seq);
        gapless.then_some(Self { frames, first_seq, last_seq })
    }

    /// The frames.
    pub fn frames(&self) -> &[Frame] {
        &self.frames
    }

    /// The number of the last frame.
    pub fn last_seq(&self) -> u64 {
        self.last_seq
    }
}

/// Keeps the next segment of a live run; the first one begins with 1.
pub fn append(scope: Scope, run_id: RunId, segment: &Segment) -> Write {
    Write {
        name: NEXT,
        sql: "INSERT INTO run_events (run_id, first_seq, last_seq, frames)
              SELECT r.id, ?4, ?5, ?6 FROM runs r
              WHERE r.id = ?1 AND r.workspace_id = ?2 AND r.member_id = ?3 AND r.finished_at IS NULL
              AND ?4 = 1 + COALESCE(
                (SELECT e.last_seq FROM run_events e WHERE e.run_id = ?1 ORDER BY e.first_seq DESC LIMIT 1), 0)",
        params: params![
            run_id,
            scope.workspace_id,
            scope.member_id,
            segment.first_seq,
            segment.last_seq,
            Json(&segment.frames),
        ],
        expect: Expect::Changed(1),
    }
}

/// The frames of a run with a number above `after`, in order.
///
/// # Errors
/// Those of reading.
pub async fn after(db: &Db, scope: Scope, run_id: RunId, after: u64) -> Result<Vec<Frame>, StoreError> {
    let sql = "SELECT e.frames FROM run_events e JOIN runs r ON r.id = e.run_id
               WHERE e.run_id = ?1 AND r.workspace_id = ?2 AND r.member_id = ?3 AND e.last_seq > ?4
               ORDER BY e.first_seq";
    let query = Query { sql, params: params![run_id, scope.workspace_id, scope.member_id, after] };
    let read = |mut row: Row| row.take::<Json<Vec<Frame>>>().map(|json| json.0);
    let segments: Result<Vec<Vec<Frame>>, StoreError> = db.rows(query).await?.into_iter().map(read).collect();
    Ok(segments?.into_iter().flatten().filter(|frame| frame.seq > after).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::Event;

    fn frames(seqs: &[u64]) -> Vec<Frame> {
        let event = Event::TextDelta { text: "a".to_owned() };
        seqs.iter().map(|seq| Frame { seq: *seq, event: event.clone() }).collect()
    }

    #[test]
    fn a_segment_has_no_gap_and_is_not_empty() {
        assert_eq!(Segment::new(frames(&[4, 5, 6])).map(|segment| segment.last_seq()), Some(6));
        for bad in [&[][..], &[1, 3], &[2, 1], &[1, 1]] {
            assert_eq!(Segment::new(frames(bad)), None, "{bad:?}");
        }
    }
}

//! One attempt while it is made, and the record that it becomes.

use std::sync::Arc;
use std::time::Duration;

use dialects::Spent;
use ports::{Attempt, AttemptEnding, Consumed};
use stdx::{Clock, Timestamp};

use crate::breaker::Verdict;
use crate::call::Errand;
use crate::gate::Leave;
use crate::patience::Watch;
use crate::record::Lap;

/// An attempt under way. Dropping it is leaving: the deployment is neither praised nor blamed for it.
#[derive(Debug)]
pub(crate) struct Attempting {
    clock: Arc<dyn Clock>,
    leave: Option<Leave>,
    pub(crate) watch: Watch,
    began_at: Timestamp,
    pub(crate) bytes: u64,
    pub(crate) request_id: Option<String>,
    /// Its span of a trace, where it has one of its own.
    pub(crate) span: Option<u64>,
}

impl Attempting {
    pub(crate) fn begin(clock: &Arc<dyn Clock>, leave: Leave, watch: Watch) -> Self {
        let (began_at, clock) = (clock.now(), Arc::clone(clock));
        Self { clock, leave: Some(leave), watch, began_at, bytes: 0, request_id: None, span: None }
    }

    pub(crate) fn over(
        mut self,
        errand: &Errand,
        verdict: Verdict,
        ending: AttemptEnding,
        spent: Option<Spent>,
    ) -> Attempt {
        let now = self.clock.monotonic();
        if let Some(leave) = self.leave.take() {
            let lap = Lap {
                first_token: self.watch.first_token(),
                took: self.watch.took(now),
                output_tokens: spent.as_ref().map(|spent| spent.usage.output_tokens()),
            };
            leave.over(now, verdict, spent.as_ref().map(|spent| spent.usage.total_tokens()), lap);
        }
        let site = &errand.door.site;
        let bytes = self.bytes;
        let attempt = Attempt {
            deployment: format!("{}/{}", site.id, errand.model),
            provider: site.provider.clone(),
            model: errand.model.clone(),
            began_at: self.began_at,
            first_token: self.watch.first_token(),
            took: self.watch.took(now),
            ending,
            consumed: spent.map_or(Consumed::Unknown { bytes }, |spent| Consumed::Told(Box::new(spent))),
            request_id: self.request_id.take(),
            span: self.span,
        };
        log(&attempt, bytes);
        attempt
    }
}

impl Drop for Attempting {
    fn drop(&mut self) {
        if let Some(mut leave) = self.leave.take() {
            let now = self.clock.monotonic();
            leave.left(now);
            tracing::debug!(
                took_ms = millis(self.watch.took(now)),
                bytes = self.bytes,
                request_id = self.request_id,
                "nobody waits for a vendor's answer any longer"
            );
        }
    }
}

fn log(attempt: &Attempt, bytes: u64) {
    let first_token_ms = attempt.first_token.map(millis);
    let (deployment, took_ms) = (attempt.deployment.as_str(), millis(attempt.took));
    let request_id = attempt.request_id.as_deref();
    match attempt.ending {
        AttemptEnding::Failed(code) => {
            tracing::info!(deployment, took_ms, first_token_ms, bytes, request_id, %code, "an attempt at a vendor failed");
        }
        AttemptEnding::Answered
        | AttemptEnding::Drafted(_)
        | AttemptEnding::Left
        | AttemptEnding::Recalled => {
            tracing::debug!(deployment, took_ms, first_token_ms, bytes, request_id, "a vendor answered");
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

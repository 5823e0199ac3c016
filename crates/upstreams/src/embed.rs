//! Texts that become vectors at a vendor: a place, attempts and pauses, as for a question; the answer comes at once.

use std::sync::Arc;
use std::time::Duration;

use dialects::{Failure, Rejection, Vectors};
use ports::{AttemptEnding, EmbedFuture, EmbedRequest, Embedder, Embeddings, PortError};
use tokio::time::{sleep, timeout};

use crate::attempting::Attempting;
use crate::breaker::Verdict;
use crate::call::{Errand, with_wait};
use crate::patience::Watch;
use crate::retry::{Now, RetryPlan, Shown};
use crate::tally::Tally;
use crate::trouble::Trouble;
use crate::upstreams::{Shared, Upstreams};

/// Bytes of an answer.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of a complaint that are read.
const MOST_COMPLAINT: usize = 64 * 1024;

impl Embedder for Upstreams {
    fn embed(&self, request: EmbedRequest) -> EmbedFuture {
        let shared = Arc::clone(self.shared());
        let texts = request.texts.len();
        let guess = Tally::of_texts(&request.texts);
        let errand = self.errand_for_texts(&request);
        Box::pin(async move { Embedding { shared, errand: errand?, texts, guess }.run().await })
    }
}

/// Texts on their way.
struct Embedding {
    shared: Arc<Shared>,
    errand: Errand,
    texts: usize,
    /// Tokens, for vendors that do not count.
    guess: u64,
}

impl Embedding {
    async fn run(self) -> Result<Embeddings, PortError> {
        let door = Arc::clone(&self.errand.door);
        let error = |trouble: Trouble| trouble.error(&door.site.name);
        let mut place = door.gate.enter(self.errand.scope.as_deref()).map_err(error)?;
        let longest_wait = self.shared.options.longest_wait;
        timeout(longest_wait, place.turn()).await.map_err(|_| error(Trouble::Crowded))?;
        let began = self.now();
        let mut plan = RetryPlan::new(self.shared.options.retry, began);
        let mut attempts = Vec::new();
        loop {
            let leave = match door.gate.admit(self.now(), &self.errand.model, self.errand.tokens) {
                Ok(leave) => leave,
                Err(Trouble::Paced(wait))
                    if self.now().saturating_add(wait) <= began.saturating_add(longest_wait) =>
                {
                    sleep(wait).await;
                    continue;
                }
                Err(trouble) => return Err(error(trouble)),
            };
            let watch = Watch::new(door.patience, self.now());
            let mut attempt = Attempting::begin(&self.shared.clock, leave, watch);
            let trouble = match self.attempt(&mut attempt).await {
                Ok(Vectors { vectors, spent }) => {
                    let input_tokens = spent.as_ref().map_or(self.guess, |spent| spent.tokens().input_tokens);
                    attempts.push(attempt.over(&self.errand, Verdict::Works, AttemptEnding::Answered, spent));
                    door.past.answered(self.shared.clock.now());
                    return Ok(Embeddings { vectors, input_tokens, attempts });
                }
                Err(trouble) => trouble,
            };
            let told = error(trouble.clone());
            self.errand.failed(self.shared.clock.now(), &told);
            attempts.push(attempt.over(
                &self.errand,
                trouble.verdict(),
                AttemptEnding::Failed(told.code),
                None,
            ));
            let now = Now { monotonic: self.now(), wall: self.shared.clock.now() };
            match plan.next(now, &trouble, Shown::Nothing, self.shared.rng.as_ref()) {
                Ok(pause) => sleep(pause).await,
                Err(stop) => return Err(with_wait(told, stop)),
            }
        }
    }

    fn now(&self) -> Duration {
        self.shared.clock.monotonic()
    }

    async fn attempt(&self, attempt: &mut Attempting) -> Result<Vectors, Trouble> {
        let (left, timer) = attempt.watch.left(self.now());
        // What is told at once has no beginning to be waited for: it comes in the time of a first token, or does not.
        timeout(left, self.ask(attempt)).await.unwrap_or(Err(Trouble::Late(timer)))
    }

    async fn ask(&self, attempt: &mut Attempting) -> Result<Vectors, Trouble> {
        let Errand { door, path, body, model, .. } = &self.errand;
        let post = self.shared.carrier.post(&door.site, door.patience.connect, path, body.clone(), None);
        let mut head = post.await?;
        attempt.request_id = head.request_id.take();
        let endpoint = &door.site.endpoint;
        if !head.is_success() {
            let body = head.rest(MOST_COMPLAINT).await;
            let headers: Vec<(&str, &str)> =
                head.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let rejection = Rejection { status: head.status, headers: &headers, body: &body };
            return Err(Trouble::Told(Failure::read(endpoint, rejection)));
        }
        if !head.is_readable {
            return Err(Trouble::unreadable());
        }
        let mut body = Vec::new();
        while let Some(chunk) = head.chunk().await? {
            attempt.bytes = attempt.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if body.len().saturating_add(chunk.len()) > MOST_BYTES {
                return Err(Trouble::too_large());
            }
            body.extend_from_slice(&chunk);
        }
        dialects::read_vectors(endpoint, model, self.texts, &body).map_err(Trouble::Told)
    }
}

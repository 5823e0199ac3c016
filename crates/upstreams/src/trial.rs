//! A site tried before somebody relies on it: over a connection of its own, with one attempt and without any effect on the
//! calls of others.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use ports::{
    Asked, ChatEvent, ChatMessage, ChatModel, ChatRequest, PortError, PortErrorKind, ProviderTrial,
    TrialFuture,
};
use wire::{ErrorCode, Role};

use crate::carrier::Carrier;
use crate::retry::RetryPolicy;
use crate::site::Site;
use crate::stopwatch::Stopwatch;
use crate::upstreams::{Options, Shared, Upstreams};
use crate::warmth::Warmth;

/// Tokens that a trial lets a model say: enough to see that it speaks, and too few to cost anything worth naming.
const WORDS: u32 = 8;

/// A site that is tried.
#[derive(Debug)]
pub struct Trial {
    site: String,
    upstreams: Upstreams,
    stopwatch: Stopwatch,
}

impl Trial {
    pub(crate) fn of(site: Site, shared: &Shared) -> Self {
        let (clock, rng) = (Arc::clone(&shared.clock), Arc::clone(&shared.rng));
        let stopwatch = Stopwatch::new(&clock);
        let retry = RetryPolicy { attempts: 1, ..shared.options.retry };
        let options = Options { retry, ..shared.options };
        let carrier = Carrier::timed(options.protocol, stopwatch.clone());
        let id = site.id.clone();
        let upstreams = Upstreams::with_carrier(
            [site],
            Shared { options, clock, rng, carrier, warmth: Warmth::default() },
        );
        Self { site: id, upstreams, stopwatch }
    }

    async fn asked(&self, model: &str) -> Asked {
        let messages = vec![ChatMessage::text(Role::User, "Reply with OK.")];
        let mut request = ChatRequest::new(format!("{}/{model}", self.site), messages);
        request.sampling.max_tokens = Some(WORDS);
        let mut asked = Asked { attempt: None, text: String::new(), error: None };
        let mut is_done = false;
        let mut events = self.upstreams.chat(request);
        while let Some(event) = events.next().await {
            match event {
                Ok(ChatEvent::Text(text)) => asked.text.push_str(&text),
                Ok(ChatEvent::Attempted(attempt)) => asked.attempt = Some(*attempt),
                Ok(ChatEvent::Done { .. }) => is_done = true,
                Ok(_) => {}
                Err(error) => asked.error = Some(error),
            }
        }
        if !is_done && asked.error.is_none() {
            let detail = "The answer has no end.";
            asked.error = Some(PortError::new(PortErrorKind::Retry, ErrorCode::UpstreamCut, detail));
        }
        asked
    }
}

impl ProviderTrial for Trial {
    fn models(&self) -> TrialFuture<'_, Result<Vec<String>, PortError>> {
        Box::pin(self.upstreams.models_at(&self.site))
    }

    fn ask<'a>(&'a self, model: &'a str) -> TrialFuture<'a, Asked> {
        Box::pin(self.asked(model))
    }

    fn connected_in(&self) -> Option<Duration> {
        self.stopwatch.last()
    }
}

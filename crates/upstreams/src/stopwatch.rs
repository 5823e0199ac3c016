//! How long connections take: names, TCP and TLS together.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use stdx::Clock;
use tower::{Layer, Service};

/// Told how long the last connection took. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Stopwatch {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<Option<Duration>>>,
}

impl Stopwatch {
    pub(crate) fn new(clock: &Arc<dyn Clock>) -> Self {
        Self { clock: Arc::clone(clock), last: Arc::default() }
    }

    /// How long the last connection took that came about.
    pub(crate) fn last(&self) -> Option<Duration> {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Layer<S> for Stopwatch {
    type Service = Timed<S>;

    fn layer(&self, inner: S) -> Timed<S> {
        Timed { inner, stopwatch: self.clone() }
    }
}

/// Makes connections, and says how long each took.
#[derive(Clone, Debug)]
pub(crate) struct Timed<S> {
    inner: S,
    stopwatch: Stopwatch,
}

impl<S, R> Service<R> for Timed<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let Stopwatch { clock, last } = self.stopwatch.clone();
        let began = clock.monotonic();
        let made = self.inner.call(request);
        Box::pin(async move {
            let made = made.await?;
            let took = clock.monotonic().saturating_sub(began);
            *last.lock().unwrap_or_else(PoisonError::into_inner) = Some(took);
            Ok(made)
        })
    }
}

//! A connection that can be watched and broken.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What an answer knows of the connection that it is told on.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// How often everything that was written had left this process.
    flushes: AtomicU64,
    flushed: AtomicWaker,
    is_reset: AtomicBool,
}

impl Wire {
    /// How often everything was sent so far; `waiting` is woken the next time.
    pub(crate) fn flushes(&self, waiting: &Context<'_>) -> u64 {
        self.flushed.register(waiting.waker());
        self.flushes.load(Ordering::Acquire)
    }

    /// When it is closed, the other side is told that nothing was meant.
    pub(crate) fn reset(&self) {
        self.is_reset.store(true, Ordering::Release);
    }

    /// Nothing goes over a connection that is to be reset.
    fn check(&self) -> io::Result<()> {
        if self.is_reset.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

/// The connection itself.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: TcpStream,
    wire: Arc<Wire>,
}

impl Watched {
    pub(crate) fn new(stream: TcpStream) -> (Self, Arc<Wire>) {
        let wire = Arc::new(Wire::default());
        (Self { stream, wire: Arc::clone(&wire) }, wire)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.wire.is_reset.load(Ordering::Acquire) {
            // One that is gone already needs no reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.wire.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wire.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            self.wire.flushes.fetch_add(1, Ordering::AcqRel);
            self.wire.flushed.wake();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A farewell would come before the reset.
        if self.wire.is_reset.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

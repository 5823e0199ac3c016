//! The way out, which tests replace.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Bytes both ways.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A name being looked up.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;
/// A connection being made.
pub type Dialing = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// Looks names up and connects. What may be connected to is decided between the two, by whoever calls.
pub trait Network: Send + Sync + fmt::Debug {
    /// All addresses of a name.
    fn resolve(&self, host: String) -> Resolving;

    /// A connection to this address and no other.
    fn dial(&self, to: SocketAddr) -> Dialing;
}

/// The machine's own network.
#[derive(Clone, Copy, Debug)]
pub struct Internet;

impl Network for Internet {
    fn resolve(&self, host: String) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }

    fn dial(&self, to: SocketAddr) -> Dialing {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            let stream: Box<dyn Stream> = Box::new(stream);
            Ok(stream)
        })
    }
}

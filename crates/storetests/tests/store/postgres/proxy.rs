//! A way to the server that breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a `COMMIT` on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The server hears it, and its answer is lost.
    Heard,
    /// The server never hears it.
    Unheard,
}

/// Breaks a connection at its next `COMMIT` when it is armed.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Taken away by the first `COMMIT`.
    pub(crate) armed: Arc<AtomicBool>,
    /// When this is set, nobody comes through any more.
    pub(crate) shut: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) async fn new(server: (String, u16), fate: Fate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = Arc::new(AtomicBool::new(false));
        let shut = Arc::new(AtomicBool::new(false));
        let (is_armed, is_shut) = (Arc::clone(&armed), Arc::clone(&shut));
        tokio::spawn(async move {
            while let Ok((program, _)) = listener.accept().await {
                if is_shut.load(Ordering::Acquire) {
                    continue;
                }
                let server = TcpStream::connect(server.clone()).await.unwrap();
                tokio::spawn(carry(program, server, Arc::clone(&is_armed), fate));
            }
        });
        Self { port, armed, shut }
    }
}

async fn carry(program: TcpStream, server: TcpStream, armed: Arc<AtomicBool>, fate: Fate) {
    let (mut from_program, mut to_program) = program.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_program).await });
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from_program.read(&mut buffer).await {
        let bytes = &buffer[..count];
        let is_commit = bytes.windows(7).any(|word| word == b"COMMIT\0");
        if is_commit && armed.swap(false, Ordering::AcqRel) {
            back.abort();
            if fate == Fate::Heard {
                to_server.write_all(bytes).await.unwrap();
                // Until the server has done it: it hangs up when it finds that nobody is there.
                to_server.shutdown().await.unwrap();
            }
            return;
        }
        if to_server.write_all(bytes).await.is_err() {
            return;
        }
    }
    back.abort();
}

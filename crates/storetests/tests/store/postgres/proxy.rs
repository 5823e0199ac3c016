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

/// Breaks a connection that writes at its next `COMMIT` when it is armed.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    /// Taken away by the first `COMMIT`.
    pub(crate) armed: Arc<AtomicBool>,
    /// When this is set, nobody comes through any more.
    pub(crate) shut: Arc<AtomicBool>,
    /// When this is set, that is so from the broken `COMMIT` on.
    pub(crate) shuts: Arc<AtomicBool>,
}

/// What every way through it looks at.
#[derive(Clone)]
struct Switches {
    armed: Arc<AtomicBool>,
    shut: Arc<AtomicBool>,
    shuts: Arc<AtomicBool>,
}

impl Proxy {
    pub(crate) async fn new(server: (String, u16), fate: Fate) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let off = || Arc::new(AtomicBool::new(false));
        let switches = Switches { armed: off(), shut: off(), shuts: off() };
        let Switches { armed, shut, shuts } = switches.clone();
        tokio::spawn(async move {
            while let Ok((program, _)) = listener.accept().await {
                if switches.shut.load(Ordering::Acquire) {
                    continue;
                }
                let server = TcpStream::connect(server.clone()).await.unwrap();
                tokio::spawn(carry(program, server, switches.clone(), fate));
            }
        });
        Self { port, armed, shut, shuts }
    }
}

async fn carry(program: TcpStream, server: TcpStream, switches: Switches, fate: Fate) {
    let (mut from_program, mut to_program) = program.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_program).await });
    let (mut buffer, mut writes) = (vec![0; 65_536], false);
    while let Ok(count @ 1..) = from_program.read(&mut buffer).await {
        let bytes = &buffer[..count];
        // Whoever only looks does so at another level, and ends with the same word.
        writes |= bytes.windows(12).any(|word| word == b"SERIALIZABLE");
        let is_commit = writes && bytes.windows(7).any(|word| word == b"COMMIT\0");
        if is_commit && switches.armed.swap(false, Ordering::AcqRel) {
            switches.shut.fetch_or(switches.shuts.load(Ordering::Acquire), Ordering::AcqRel);
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

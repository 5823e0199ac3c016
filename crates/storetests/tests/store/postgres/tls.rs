//! TLS: a way to the server that speaks it, as a server with a certificate of its own would.
//!
//! `certificates` holds a root that nobody trusts but these tests, and what it signed for `localhost`, both good for a
//! hundred years. Made with `openssl` (`ecparam -name prime256v1`, `req -x509`, `x509 -req`); the root's key was thrown away.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use store::{Db, StoreError, threads};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::schema::{Schema, options};
use crate::world::{Opened, World};

/// A server that has a certificate, or none.
struct Front {
    port: u16,
    /// Connections that were encrypted.
    encrypted: Arc<AtomicUsize>,
}

impl Front {
    async fn new(server: (String, u16), acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let encrypted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&encrypted);
        tokio::spawn(async move {
            while let Ok((program, _)) = listener.accept().await {
                tokio::spawn(carry(program, server.clone(), acceptor.clone(), Arc::clone(&count)));
            }
        });
        Self { port, encrypted }
    }

    fn encrypted(&self) -> usize {
        self.encrypted.load(Ordering::Acquire)
    }
}

/// Answers whether there is TLS, and carries what follows to the server, which hears it in the clear.
async fn carry(
    mut program: TcpStream,
    server: (String, u16),
    acceptor: Option<TlsAcceptor>,
    encrypted: Arc<AtomicUsize>,
) {
    const IS_THERE_TLS: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
    let mut question = [0; 8];
    program.read_exact(&mut question).await.unwrap();
    assert_eq!(question, IS_THERE_TLS);
    let mut server = TcpStream::connect(server).await.unwrap();
    // A program that does not like the certificate hangs up.
    let Some(acceptor) = acceptor else {
        program.write_all(b"N").await.unwrap();
        drop(copy_bidirectional(&mut program, &mut server).await);
        return;
    };
    program.write_all(b"S").await.unwrap();
    let Ok(mut program) = acceptor.accept(program).await else { return };
    encrypted.fetch_add(1, Ordering::AcqRel);
    drop(copy_bidirectional(&mut program, &mut server).await);
}

fn acceptor() -> TlsAcceptor {
    let chain = vec![CertificateDer::from_pem_file(file("localhost.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("localhost.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/store/postgres/certificates").join(name)
}

/// An address that asks for TLS in these words.
fn asking(schema: &Schema, front: &Front, host: &str, words: &str) -> String {
    let url = schema.url_through(front.port).replacen("127.0.0.1", host, 1);
    format!("{url}&{words}")
}

/// Something is kept and found.
async fn works(url: &str, seed: u64) {
    let db = Db::open(options(url)).await.unwrap_or_else(|error| panic!("{url}: {error:?}"));
    let world = World::with_seed(Opened { db, keep: Box::new(()) }, seed).await;
    let thread = world.begin(world.alice).await;
    assert_eq!(threads::get(&world.db, world.alice, thread.id).await.unwrap(), Some(thread));
    world.db.close().await;
}

async fn is_refused(url: &str) {
    let refused = Db::open(options(url)).await;
    assert!(matches!(refused, Err(StoreError::CannotOpen(_))), "{url}: {refused:?}");
}

#[tokio::test]
async fn a_server_with_a_certificate_is_reached_as_the_address_says() {
    let Some(schema) = Schema::new().await else { return };
    let front = Front::new(schema.address(), Some(acceptor())).await;
    let root = format!("sslrootcert={}", file("root.pem").display());
    let of = |host: &str, words: &str| asking(&schema, &front, host, words);
    works(&of("localhost", &format!("sslmode=verify-full&{root}")), 1).await;
    works(&of("127.0.0.1", &format!("sslmode=verify-ca&{root}")), 2).await;
    works(&of("127.0.0.1", &format!("sslmode=require&{root}")), 3).await;
    works(&of("127.0.0.1", "sslmode=require"), 4).await;
    works(&of("127.0.0.1", "sslmode=prefer"), 5).await;
    assert!(front.encrypted() >= 10, "every one of them wrote and read over TLS");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_right_is_refused() {
    let Some(schema) = Schema::new().await else { return };
    let front = Front::new(schema.address(), Some(acceptor())).await;
    let root = format!("sslrootcert={}", file("root.pem").display());
    // For another name; of a root that this system does not trust; of a root that did not sign it.
    is_refused(&asking(&schema, &front, "127.0.0.1", &format!("sslmode=verify-full&{root}"))).await;
    is_refused(&asking(&schema, &front, "localhost", "sslmode=verify-full")).await;
    let other = format!("sslrootcert={}", file("localhost.pem").display());
    is_refused(&asking(&schema, &front, "localhost", &format!("sslmode=verify-ca&{other}"))).await;
    assert_eq!(front.encrypted(), 0);
}

#[tokio::test]
async fn a_server_without_a_certificate_is_used_only_where_that_may_be() {
    let Some(schema) = Schema::new().await else { return };
    let front = Front::new(schema.address(), None).await;
    works(&asking(&schema, &front, "127.0.0.1", "sslmode=prefer"), 1).await;
    is_refused(&asking(&schema, &front, "127.0.0.1", "sslmode=require")).await;
    is_refused(&asking(&schema, &front, "localhost", "sslmode=verify-full")).await;
}

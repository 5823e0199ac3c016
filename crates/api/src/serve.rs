//! Serving on a socket, and how long the head of a request may take on its way.
//!
//! Connections speak HTTP/1.1. Whoever names two lengths of a body, or one that is none, is turned away by the library before
//! a request is seen, and where a body comes in chunks nothing else says how long it is; the connection ends with it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tower::Service as _;

/// Bytes of a request's head, and of what is read ahead of a body.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// Before the next connection is taken when one could not be.
const RETRY: Duration = Duration::from_millis(100);

/// How long a connection may wait for a request, and the head of one for its end. Longer than proxies keep their idle
/// connections, so that it is they who close them.
pub const HEAD_PATIENCE: Duration = Duration::from_secs(75);

/// Takes connections until the future is dropped. Those that are open then go on as long as the process.
pub async fn serve(listener: TcpListener, router: Router, head_patience: Duration) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                tokio::spawn(serve_one(stream, from, router.clone(), head_patience));
            }
            Err(error) => {
                // A connection that is gone already, or no room for another file, for now.
                tracing::debug!(%error, "a connection could not be taken");
                sleep(RETRY).await;
            }
        }
    }
}

async fn serve_one(stream: TcpStream, from: SocketAddr, router: Router, head_patience: Duration) {
    // A piece of an answer does not wait until the one before it was confirmed, which may take 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "answers on this connection may come later than they could");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let mut router = router.clone();
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(from));
            let Ok(answer) = router.call(request).await;
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = http1::Builder::new();
    connection.timer(TokioTimer::new()).header_read_timeout(head_patience).max_buf_size(MOST_HEAD_BYTES);
    if let Err(error) = connection.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

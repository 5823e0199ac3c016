//! A small web server that does what a test tells it to, wrong things included.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a client asked: its path and its headers, names in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: BTreeMap<String, String>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn start(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
    }
}

/// What it gets.
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    /// Send so many bytes of the body…
    cut: Option<usize>,
    /// …and then keep the connection open in silence.
    hold: bool,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), cut: None, hold: false }
            .with("content-length", "0")
    }

    /// The whole body, with its length.
    pub(crate) fn whole(body: &[u8]) -> Self {
        let length = body.len().to_string();
        Self { status: 200, headers: Vec::new(), body: body.to_vec(), cut: None, hold: false }
            .with("content-length", &length)
    }

    /// A body whose end is the end of the connection.
    pub(crate) fn without_length(body: &[u8]) -> Self {
        let mut reply = Self::whole(body);
        reply.headers.clear();
        reply
    }

    /// What a good server of static files answers.
    pub(crate) fn ranged(body: &[u8], etag: &str, request: &Request) -> Self {
        let same = request.header("if-range").is_none_or(|tag| tag == etag);
        match request.start().filter(|_| same) {
            None => Self::whole(body).with("etag", etag),
            Some(start) => {
                let range = format!("bytes {start}-{}/{}", body.len() - 1, body.len());
                let mut reply = Self::whole(&body[start..]).with("content-range", &range).with("etag", etag);
                reply.status = 206;
                reply
            }
        }
    }

    pub(crate) fn redirect(to: &str) -> Self {
        let mut reply = Self::status(302).with("location", to);
        reply.status = 302;
        reply
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn cut_at(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    pub(crate) fn then_silence(mut self) -> Self {
        self.hold = true;
        self
    }
}

/// The server; it stops with the runtime of the test.
pub(crate) struct Server {
    address: std::net::SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// `answer` gets the request and the number of requests before it.
    pub(crate) async fn start(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                tokio::spawn(async move {
                    // A client that goes away early is part of the tests.
                    let _ = serve(stream, &seen, &*answer).await;
                });
            }
        });
        Self { address, requests }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The Range header of each request.
    pub(crate) fn ranges(&self) -> Vec<Option<String>> {
        self.requests().iter().map(|request| request.header("range").map(str::to_owned)).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    seen: &Mutex<Vec<Request>>,
    answer: &(impl Fn(&Request, usize) -> Reply + ?Sized),
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let path = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let request = Request { path, headers };
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(request.clone());
        seen.len() - 1
    };
    let reply = answer(&request, before);
    let mut out = format!("HTTP/1.1 {} x\r\nconnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    out.push_str("\r\n");
    stream.write_all(out.as_bytes()).await?;
    let end = reply.cut.unwrap_or(reply.body.len());
    stream.write_all(&reply.body[..end]).await?;
    stream.flush().await?;
    if reply.hold {
        // Until the client has had enough.
        let _ = stream.read_u8().await;
    }
    Ok(())
}

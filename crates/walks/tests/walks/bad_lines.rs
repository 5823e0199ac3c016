//! Bytes on a real line that are no request, or one that never ends: the server says so, forgets the connection and goes on.
//! And what of a request's head comes to vendors: nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use fakevendors::House;
use serde_json::json;
use stdx::SystemClock;
use testkit::{DEFAULT_MODEL, EMBEDDING_MODEL, TestApp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::money::is_sound;
use crate::upstreams::Street;

/// Long enough for everything that is to happen, however slow the machine is.
const SOON: Duration = Duration::from_secs(60);
const MEGABYTE: usize = 1024 * 1024;

/// A server on a socket, and a key.
struct Line {
    app: TestApp,
    address: SocketAddr,
    key: String,
}

impl Line {
    async fn open(head_patience: Duration) -> Self {
        let app = TestApp::start().await;
        let key = app.key_of(&app.owner().await).await.bearer();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(api::serve(listener, app.router(), head_patience));
        Self { app, address, key }
    }

    async fn usual() -> Self {
        Self::open(SOON).await
    }

    fn head(&self, more: &str) -> String {
        let Self { key, .. } = self;
        format!(
            "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n{more}"
        )
    }

    /// Everything that is answered until the server closes the connection.
    async fn told(&self, sent: impl AsRef<[u8]>) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let mut told = Vec::new();
        let write = async {
            // A server that has heard enough closes: the rest cannot be said.
            let _ = writer.write_all(sent.as_ref()).await;
        };
        let read = async {
            let _ = reader.read_to_end(&mut told).await;
        };
        let both = timeout(SOON, async { tokio::join!(write, read) }).await;
        assert!(both.is_ok(), "the connection is left open: {}", String::from_utf8_lossy(&told));
        String::from_utf8_lossy(&told).into_owned()
    }

    /// The server answers others still.
    async fn is_well(&self) {
        let body = json!({"model": EMBEDDING_MODEL, "input": "hi"}).to_string();
        let head = self.head(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()));
        let told = self.told(head).await;
        assert_eq!(statuses(&told), [200], "{told}");
        is_sound(&self.app).await;
    }
}

fn statuses(told: &str) -> Vec<u16> {
    told.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().unwrap()).collect()
}

#[tokio::test]
async fn a_request_within_a_request_is_never_carried_out() {
    let line = Line::usual().await;
    let inner =
        format!("GET /v1/models HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n", line.key);
    let both = format!("0\r\n\r\n{inner}");
    for (what, head) in [
        ("two lengths", format!("Content-Length: 0\r\nContent-Length: 5\r\n\r\n{inner}")),
        ("a list of lengths", format!("Content-Length: 0, 5\r\n\r\n{inner}")),
        ("a sign", format!("Content-Length: +0\r\n\r\n{inner}")),
        ("less than nothing", format!("Content-Length: -1\r\n\r\n{inner}")),
        ("no number", format!("Content-Length: 0x0\r\n\r\n{inner}")),
        ("more than there can be", format!("Content-Length: 99999999999999999999\r\n\r\n{inner}")),
        ("a length and chunks", format!("Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n{both}")),
        ("chunks and a length", format!("Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n{both}")),
        ("chunks that are not last", format!("Transfer-Encoding: chunked, identity\r\n\r\n{both}")),
        ("chunks by another name", format!("Transfer-Encoding: xchunked\r\n\r\n{both}")),
        ("chunks with a blank", format!("Transfer-Encoding : chunked\r\n\r\n{both}")),
        ("a folded line", format!("X-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n{both}")),
        ("a chunk of a bad size", format!("Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n{inner}")),
        (
            "a chunk longer than its size",
            format!("Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n{inner}"),
        ),
    ] {
        let told = line.told(line.head(&head)).await;
        let statuses = statuses(&told);
        assert!(matches!(statuses.as_slice(), [] | [400]), "{what}: {statuses:?}: {told}");
    }
    line.is_well().await;
}

#[tokio::test]
async fn a_head_that_is_none_is_refused() {
    // What is no line at all may be the beginning of one: it is waited for.
    let line = Line::open(Duration::from_millis(500)).await;
    for (what, bytes, allowed) in [
        ("another protocol", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[400, 408][..]),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[400, 505]),
        ("a version of the future", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n".to_vec(), &[400, 505]),
        ("a NUL in a value", line.head("X-A: a\0b\r\n\r\n").into_bytes(), &[400]),
        ("a lone return in a value", line.head("X-A: a\rX-B: b\r\n\r\n").into_bytes(), &[400]),
        ("a blank in a name", line.head("X A: a\r\n\r\n").into_bytes(), &[400]),
        (
            "300 kB of one value",
            line.head(&format!("X-A: {}\r\n\r\n", "a".repeat(300_000))).into_bytes(),
            &[431],
        ),
        (
            "a thousand headers",
            line.head(&format!("{}\r\n", "X-A: a\r\n".repeat(1_000))).into_bytes(),
            &[431],
        ),
        (
            "300 kB of an address",
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(300_000)).into_bytes(),
            &[414, 431],
        ),
    ] {
        let told = line.told(bytes).await;
        assert!(statuses(&told).iter().all(|status| allowed.contains(status)), "{what}: {told}");
        assert!(statuses(&told).len() <= 1, "{what}: {told}");
    }
    line.is_well().await;
}

#[tokio::test]
async fn lines_that_end_in_a_line_feed_alone_are_one_request() {
    let line = Line::usual().await;
    let head = line.head("Connection: close\r\nContent-Length: 0\r\n\r\n").replace("\r\n", "\n");
    assert_eq!(statuses(&line.told(head).await), [400]);
}

#[tokio::test]
async fn a_head_that_never_ends_loses_its_connection() {
    let line = Line::open(Duration::from_millis(200)).await;
    for begun in ["", "POST", &line.head(""), &line.head("X-A: ")] {
        let told = line.told(begun).await;
        assert!(matches!(statuses(&told).as_slice(), [] | [408]), "{told}");
    }
    line.is_well().await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_answered() {
    let line = Line::usual().await;
    for head in
        ["Content-Length: 100\r\n\r\n{\"model\"", "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"model\"\r\n"]
    {
        let mut stream = TcpStream::connect(line.address).await.unwrap();
        stream.write_all(line.head(&format!("Connection: close\r\n{head}")).as_bytes()).await.unwrap();
        let mut told = String::new();
        timeout(SOON, stream.read_to_string(&mut told)).await.unwrap().unwrap();
        assert_eq!(statuses(&told), [400], "{told}");
        assert!(told.contains("did not arrive within"), "{told}");
    }
    line.is_well().await;
}

/// Kilobytes of memory that this process has had at most.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_and_never_kept() {
    let line = Line::usual().await;
    line.is_well().await;
    let before = peak();
    let huge = 100 * MEGABYTE;
    for manner in ["length", "chunks"] {
        let mut stream = TcpStream::connect(line.address).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        let head = match manner {
            "length" => line.head(&format!("Connection: close\r\nContent-Length: {huge}\r\n\r\n")),
            _ => line.head("Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"),
        };
        let write = async {
            writer.write_all(head.as_bytes()).await.unwrap();
            let piece = vec![b'x'; MEGABYTE];
            for _ in 0..huge / MEGABYTE {
                if manner == "chunks" {
                    writer.write_all(b"100000\r\n").await.unwrap();
                }
                writer.write_all(&piece).await.unwrap();
                if manner == "chunks" {
                    writer.write_all(b"\r\n").await.unwrap();
                }
            }
            if manner == "chunks" {
                writer.write_all(b"0\r\n\r\n").await.unwrap();
            }
        };
        let mut told = String::new();
        let both = async { tokio::join!(write, reader.read_to_string(&mut told)) };
        timeout(SOON, both).await.unwrap().1.unwrap();
        assert_eq!(statuses(&told), [413], "{manner}: {told}");
        assert!(told.contains("too_large"), "{manner}: {told}");
    }
    let grown = peak() - before;
    assert!(grown < 48 * 1024, "{grown} kB for bodies that were refused");
    line.is_well().await;
}

#[tokio::test]
async fn who_asks_before_sending_too_much_is_told_not_to() {
    let line = Line::usual().await;
    let head = line.head("Expect: 100-continue\r\nConnection: close\r\nContent-Length: 104857600\r\n\r\n");
    let told = line.told(head).await;
    assert_eq!(statuses(&told), [413], "{told}");
    // Nobody without a key is asked for a body at all.
    let head = "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    assert_eq!(statuses(&line.told(head).await), [401]);
}

/// A vendor that answers nothing but 400, and what it was sent.
async fn listener() -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (heard, hears) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let heard = heard.clone();
            tokio::spawn(async move {
                let (mut sent, mut piece) = (Vec::new(), [0; 4_096]);
                while !is_whole(&sent) {
                    match stream.read(&mut piece).await {
                        Ok(1..) => sent.extend_from_slice(&piece),
                        _ => break,
                    }
                }
                let _ = heard.send(String::from_utf8_lossy(&sent).replace('\0', ""));
                let refusal = "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
                let _ = stream.write_all(refusal.as_bytes()).await;
            });
        }
    });
    (address, hears)
}

/// All of a question's head is there, and of its body.
fn is_whole(sent: &[u8]) -> bool {
    let text = String::from_utf8_lossy(sent);
    let text = text.trim_end_matches('\0');
    text.contains("\r\n\r\n") && text.ends_with('}')
}

#[tokio::test]
async fn nothing_of_a_request_s_head_comes_to_a_vendor() {
    let (address, mut hears) = listener().await;
    let vendors = House::new(Arc::new(SystemClock::new())).open(0).await.unwrap();
    let file = vendors.provider("toy").replace(&vendors.address().to_string(), &address.to_string());
    let street = Street::with(vendors, file).await;
    let mut key = street.app.key_of(&street.app.owner().await).await;
    let token = key.bearer();
    for site in ["toy", "toy.messages", "toy.responses", "toy.generate-content"] {
        for name in ["say-2", "say-2\r\nX-Evil: 1", "../../evil?key=1#", "say-2 HTTP/1.1\r\n\r\nGET /evil"] {
            let body =
                json!({"model": format!("{site}/{name}"), "messages": [{"role": "user", "content": "hi"}]});
            let mut call = key.call("POST", "/v1/chat/completions").json(&body);
            for header in [
                "x-canary",
                "cookie",
                "user-agent",
                "x-forwarded-for",
                "openai-organization",
                "x-stainless-lang",
                "accept-language",
            ] {
                call = call.header(header, "canary");
            }
            let answer = call.send().await;
            assert!(matches!(answer.status, 400 | 404 | 502 | 503), "{site}/{name}: {}", answer.text());
            let Ok(sent) = hears.try_recv() else { continue };
            let (head, _) = sent.split_once("\r\n\r\n").unwrap();
            let first = head.lines().next().unwrap();
            assert!(
                !head.contains("canary")
                    || head.matches("canary").count() == head.matches("fake-canary-key").count(),
                "{head}"
            );
            assert!(!head.contains(&token), "{head}");
            assert!(
                !head.lines().any(|line| line.starts_with("X-Evil") || line.starts_with("GET ")),
                "{head}"
            );
            assert!(!first.contains("/evil") && !first.contains("key=1"), "{site}/{name}: {first}");
        }
    }
}

#[tokio::test]
async fn answers_of_all_kinds_come_over_a_real_line() {
    let line = Line::usual().await;
    let body =
        json!({"model": DEFAULT_MODEL, "stream": true, "messages": [{"role": "user", "content": "hi"}]})
            .to_string();
    let head = line.head(&format!("Connection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
    let told = line.told(head.replace("embeddings", "chat/completions")).await;
    assert!(told.contains("text/event-stream") && told.contains("data: [DONE]"), "{told}");
}

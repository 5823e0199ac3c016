//! A client that costs next to nothing, since it shares the processors with what it measures: prepared bytes out,
//! a length or a stream of events back.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::host;

/// Nothing that is measured takes so long.
const LIMIT: Duration = Duration::from_secs(120);

/// A request, ready to be sent any number of times.
pub(crate) struct Request(String);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    body: Vec<u8>,
}

/// A connection that is kept open.
pub(crate) struct Connection(BufReader<TcpStream>);

/// When the pieces of a stream arrived.
pub(crate) struct Arrivals {
    pub(crate) sent: Instant,
    /// For every time something was read: when, and how many pieces.
    pub(crate) pieces: Vec<(Instant, usize)>,
}

impl Request {
    /// `headers` are lines without their ends.
    pub(crate) fn get(path: &str, headers: &str) -> Self {
        Self::new("GET", path, headers, "")
    }

    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self::new("POST", path, "content-type: application/json", &body.to_string())
    }

    pub(crate) fn post_as(path: &str, who: &str, body: &Value) -> Self {
        Self::tell("POST", path, who, body)
    }

    /// The same with another method.
    pub(crate) fn tell(method: &str, path: &str, who: &str, body: &Value) -> Self {
        Self::new(method, path, &format!("{who}\r\ncontent-type: application/json"), &body.to_string())
    }

    fn new(method: &str, path: &str, headers: &str, body: &str) -> Self {
        let end = if headers.is_empty() { "" } else { "\r\n" };
        let length = body.len();
        Self(format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}{end}\r\n{body}"
        ))
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The document, when the status is the expected one.
    pub(crate) fn expect(&self, status: u16) -> Result<Value> {
        if self.status != status {
            bail!("an answer of {} instead of {status}: {}", self.status, self.text());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(64 * 1024, stream)))
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn send(&mut self, request: &Request) -> Result<Answer> {
        self.0.get_mut().write_all(request.0.as_bytes())?;
        let mut answer = self.head()?;
        if answer.header("transfer-encoding") == Some("chunked") {
            while self.chunk(&mut answer.body)? > 0 {}
        } else {
            let length = answer.header("content-length").context("an answer without a length")?.parse()?;
            answer.body.resize(length, 0);
            self.0.read_exact(&mut answer.body)?;
        }
        Ok(answer)
    }

    /// Reads a chunk behind what is there; how long it is, which is nothing for the last.
    fn chunk(&mut self, body: &mut Vec<u8>) -> Result<usize> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let length = usize::from_str_radix(line.trim_end(), 16).context("not a chunk")?;
        let begin = body.len();
        body.resize(begin + length + 2, 0);
        self.0.read_exact(body.get_mut(begin..).unwrap_or_default())?;
        body.truncate(begin + length);
        Ok(length)
    }

    /// Sends a request and notes when the pieces of the streamed answer come, until `last` has come; `pieces` counts them
    /// in whole lines.
    pub(crate) fn stream(
        &mut self,
        request: &Request,
        pieces: impl Fn(&[u8]) -> usize,
        last: &[u8],
    ) -> Result<Arrivals> {
        let sent = host::now();
        self.0.get_mut().write_all(request.0.as_bytes())?;
        let answer = self.head()?;
        if answer.status != 200 {
            bail!("a stream began with {}", answer.status);
        }
        let (mut line, mut end, mut arrived) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            let read = self.0.fill_buf()?;
            if read.is_empty() {
                bail!("a stream ended early, with: {}", String::from_utf8_lossy(&line));
            }
            let at = host::now();
            line.extend_from_slice(read);
            end.extend_from_slice(read);
            let length = read.len();
            self.0.consume(length);
            let whole = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let count = pieces(line.get(..whole).unwrap_or_default());
            line.drain(..whole);
            if count > 0 {
                arrived.push((at, count));
            }
            if occurrences(&end, last) > 0 {
                return Ok(Arrivals { sent, pieces: arrived });
            }
            // What may be the beginning of the end is looked at again.
            end.drain(..end.len().saturating_sub(last.len() - 1));
        }
    }

    fn head(&mut self) -> Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head)? == 0 {
                bail!("the server closed the connection");
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok(Answer { status: status.context("not HTTP")?, head, body: Vec::new() })
    }
}

impl Arrivals {
    /// From sending to the first piece.
    pub(crate) fn first(&self) -> Result<Duration> {
        let (at, _) = self.pieces.first().context("a stream without a piece")?;
        Ok(at.duration_since(self.sent))
    }

    pub(crate) fn count(&self) -> usize {
        self.pieces.iter().map(|(_, count)| count).sum()
    }
}

pub(crate) fn occurrences(text: &[u8], what: &[u8]) -> usize {
    text.windows(what.len()).filter(|part| *part == what).count()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with these pieces, each of them a packet of its own.
    fn server(pieces: &[&'static str]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let pieces = pieces.to_vec();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.set_nodelay(true).unwrap();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while line != "\r\n" {
                line.clear();
                request.read_line(&mut line).unwrap();
            }
            for piece in pieces {
                stream.write_all(piece.as_bytes()).unwrap();
            }
        });
        address
    }

    #[test]
    fn an_answer_has_a_status_a_head_and_a_body() {
        let address = server(&[
            "HTTP/1.1 201 Created\r\nContent-Length: 7\r\nset-",
            "cookie: a=b\r\n\r\n{\"a\"",
            ":1}",
        ]);
        let answer = Connection::open(address).unwrap().send(&Request::get("/", "cookie: x")).unwrap();
        assert_eq!((answer.status, answer.header("Set-Cookie")), (201, Some("a=b")));
        assert_eq!(answer.expect(201).unwrap(), serde_json::json!({"a": 1}));
        assert!(answer.expect(200).is_err());
    }

    #[test]
    fn a_body_may_come_in_chunks() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let address = server(&[head, "3\r\n{\"a", "\r\nA\r\n\": [1, 2]}", "\r\n0\r\n", "\r\n"]);
        let answer = Connection::open(address).unwrap().send(&Request::get("/", "")).unwrap();
        assert_eq!(answer.expect(200).unwrap(), serde_json::json!({"a": [1, 2]}));
    }

    #[test]
    fn pieces_are_counted_once_however_they_are_cut() {
        let head = "HTTP/1.1 200 OK\r\n\r\n";
        let address = server(&[head, "data: tok tok\n", "data: to", "k tok\n", "data: [DO", "NE]\n"]);
        let mut connection = Connection::open(address).unwrap();
        let arrivals =
            connection.stream(&Request::get("/", ""), |lines| occurrences(lines, b"tok"), b"[DONE]").unwrap();
        assert_eq!(arrivals.count(), 4);
        assert!(arrivals.first().unwrap() > Duration::ZERO);
    }

    #[test]
    fn a_stream_that_ends_early_is_an_error() {
        let address = server(&["HTTP/1.1 200 OK\r\n\r\n", "data: tok\n"]);
        let ended = Connection::open(address).unwrap().stream(
            &Request::get("/", ""),
            |lines| occurrences(lines, b"tok"),
            b"[DONE]",
        );
        assert!(ended.is_err());
    }
}

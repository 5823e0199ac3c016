//! A server that says what a test tells it to, byte for byte, and somebody who asks it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use catalog::DataTree;
use futures_util::StreamExt;
use ports::{Attempt, ChatEvent, ChatMessage, ChatModel, ChatRequest, ChatStream, PortError};
use stdx::{Secret, SeededRng, SystemClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use upstreams::{Account, Options, RetryPolicy, Site, Upstreams};
use wire::{ErrorCode, FinishReason, Role, Usage};

/// What a vendor does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Until whoever asked goes away.
    Hang,
    /// As a machine that crashes, rather than as one that says goodbye.
    Reset,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    asked: usize,
    /// Connections that the other side gave up while it was waiting.
    left: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Vendor {
    pub(crate) address: String,
    plays: Arc<Mutex<VecDeque<Vec<Step>>>>,
    usual: Arc<Mutex<Vec<Step>>>,
    requests: Arc<Mutex<Vec<String>>>,
    counts: watch::Sender<Counts>,
}

impl Vendor {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let vendor = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            plays: Arc::default(),
            usual: Arc::default(),
            requests: Arc::default(),
            counts: watch::Sender::default(),
        };
        let serving = vendor.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let vendor = serving.clone();
                tokio::spawn(async move { vendor.serve(socket).await });
            }
        });
        vendor
    }

    /// What it does with the next request that nothing was said about.
    pub(crate) fn next(&self, steps: impl IntoIterator<Item = Step>) {
        self.plays.lock().unwrap().push_back(steps.into_iter().collect());
    }

    pub(crate) fn always(&self, steps: impl IntoIterator<Item = Step>) {
        *self.usual.lock().unwrap() = steps.into_iter().collect();
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(crate) async fn asked(&self, times: usize) {
        self.counts.subscribe().wait_for(|counts| counts.asked >= times).await.unwrap();
    }

    /// Waits until so many connections were given up by the other side.
    pub(crate) async fn left(&self, times: usize) {
        self.counts.subscribe().wait_for(|counts| counts.left >= times).await.unwrap();
    }

    /// One request a connection: each play ends with its connection.
    async fn serve(self, mut socket: TcpStream) {
        let Some(request) = read_request(&mut socket).await else { return };
        self.requests.lock().unwrap().push(request);
        let next = self.plays.lock().unwrap().pop_front();
        let steps = next.unwrap_or_else(|| self.usual.lock().unwrap().clone());
        self.counts.send_modify(|counts| counts.asked += 1);
        for step in steps {
            match step {
                Step::Send(bytes) => {
                    if socket.write_all(&bytes).await.is_err() {
                        self.counts.send_modify(|counts| counts.left += 1);
                        return;
                    }
                }
                Step::Pause(pause) => tokio::time::sleep(pause).await,
                Step::Hang => {
                    let _ = socket.read(&mut [0; 16]).await;
                    self.counts.send_modify(|counts| counts.left += 1);
                    return;
                }
                Step::Reset => {
                    let _ = socket.set_zero_linger();
                    return;
                }
            }
        }
        let _ = socket.shutdown().await;
    }
}

pub(crate) async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_lowercase();
            let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if body.len() >= length {
                return Some(text);
            }
        }
        let read = socket.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
    }
}

/// A response that ends with its connection.
pub(crate) fn response(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Step {
    let mut bytes = format!("HTTP/1.1 {status} Said\r\n{headers}connection: close\r\n\r\n").into_bytes();
    bytes.extend_from_slice(body.as_ref());
    Step::Send(bytes)
}

pub(crate) fn stream(body: impl AsRef<[u8]>) -> Step {
    response(200, "content-type: text/event-stream\r\nx-request-id: req_7\r\n", body)
}

pub(crate) fn piece(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text:?}}}}}]}}\n\n")
}

pub(crate) const END: &str = concat!(
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":3,\"total_tokens\":15,",
    "\"prompt_tokens_details\":{\"cached_tokens\":8}}}\n\n",
    "data: [DONE]\n\n",
);

/// "Hello there." and its usage.
pub(crate) fn hello() -> String {
    format!("{}{}{END}", piece("Hello"), piece(" there."))
}

pub(crate) const KEY: &str = "sk-canary-0123456789";

/// A site of a vendor called Toy; `more` goes into the table of its endpoint.
pub(crate) fn site(address: &str, more: &str) -> Site {
    let text = format!(
        r#"
[provider]
id = "toy"
name = "Toy"
key_env = ["TOY_API_KEY"]
source_url = "https://toy.example/docs"
checked_on = "2026-11-23"
[[endpoint]]
id = "main"
dialect = "chat-completions"
base_url = "https://toy.example"
{more}
"#
    );
    let all = catalog::providers(&DataTree::from_files([("providers/toy.toml", text)])).unwrap();
    let key = Some(Secret::new(KEY.to_owned()));
    let account = Account { key, base_url: Some(address.to_owned()), ..Account::default() };
    Site::open(all.get("toy").unwrap(), None, &account).unwrap()
}

pub(crate) fn quick() -> Options {
    let retry = RetryPolicy { first_pause: Duration::from_millis(1), ..RetryPolicy::default() };
    Options { retry, ..Options::default() }
}

/// Asks once and not again.
pub(crate) fn once() -> Options {
    let usual = quick();
    Options { retry: RetryPolicy { attempts: 1, ..usual.retry }, ..usual }
}

pub(crate) fn upstreams(sites: impl IntoIterator<Item = Site>, options: Options) -> Upstreams {
    Upstreams::new(sites, options, Arc::new(SystemClock::new()), Arc::new(SeededRng::new(1)))
}

pub(crate) async fn toy(more: &str, options: Options) -> (Vendor, Upstreams) {
    let vendor = Vendor::start().await;
    let upstreams = upstreams([site(&vendor.address, more)], options);
    (vendor, upstreams)
}

pub(crate) fn ask(model: &str) -> ChatRequest {
    ChatRequest::new(model, vec![ChatMessage::text(Role::User, "Say hello.")])
}

/// All that came of a question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    pub(crate) calls: Vec<(String, String)>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) queued: usize,
    pub(crate) started: usize,
    pub(crate) done: Option<(FinishReason, Usage)>,
    pub(crate) error: Option<PortError>,
}

impl Heard {
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        self.error.as_ref().map(|error| error.code)
    }

    fn add(&mut self, item: Result<ChatEvent, PortError>) {
        assert!(self.done.is_none() && self.error.is_none(), "nothing follows the end: {item:?}");
        let is_piece = |item: &Result<ChatEvent, PortError>| {
            matches!(item, Ok(ChatEvent::Text(_) | ChatEvent::Reasoning(_) | ChatEvent::ToolCall { .. }))
        };
        assert!(!is_piece(&item) || self.started == 1, "a piece before its beginning");
        match item {
            Ok(ChatEvent::Text(text)) => self.text.push_str(&text),
            Ok(ChatEvent::Reasoning(text)) => self.reasoning.push_str(&text),
            Ok(ChatEvent::ToolCall { name, .. }) => self.calls.push((name, String::new())),
            Ok(ChatEvent::ToolArguments { index, text }) => {
                self.calls[usize::try_from(index).unwrap()].1.push_str(&text);
            }
            Ok(ChatEvent::Attempted(attempt)) => self.attempts.push(*attempt),
            Ok(ChatEvent::Queued { .. }) => self.queued += 1,
            Ok(ChatEvent::Started(_)) => self.started += 1,
            Ok(ChatEvent::Loading | ChatEvent::Logprobs(_)) => {}
            Ok(ChatEvent::Done { reason, usage }) => self.done = Some((reason, usage)),
            Err(error) => self.error = Some(error),
        }
    }
}

pub(crate) async fn hear(mut stream: ChatStream) -> Heard {
    let mut heard = Heard::default();
    while let Some(item) = stream.next().await {
        heard.add(item);
    }
    assert!(heard.done.is_some() || heard.error.is_some(), "no end: {heard:?}");
    heard
}

pub(crate) async fn say(upstreams: &Upstreams) -> Heard {
    hear(upstreams.chat(ask("toy/m"))).await
}

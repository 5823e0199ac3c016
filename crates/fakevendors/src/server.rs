//! Connections, and what a request gets.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalog::Dialect;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use serde_json::Value;
use stdx::Clock;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::answer::{Account, Answer, End};
use crate::complaint::Refusal;
use crate::dialects::{Telling, content_type};
use crate::invoice::{Books, Outcome, Tab, request_id};
use crate::manners::Manners;
use crate::play::{EndOfPlay, Play, Sharing};
use crate::question::{Asked, NoQuestion};
use crate::route::{Errand, Route};
use crate::script::{Complaint, Script};
use crate::tape::Tape;
use crate::vectors;
use crate::wire::{Watched, Wire};

/// What every key may begin with.
const KEYS: &str = "fake-";
/// Bytes of a question.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(30);
/// Before the next connection is taken when one could not be.
const RETRY: Duration = Duration::from_millis(50);
/// Streams on one connection.
const STREAMS: u32 = 1_024;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) keys: BTreeSet<String>,
    pub(crate) models: BTreeMap<String, String>,
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) manners: BTreeMap<Dialect, Manners>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) books: Arc<Books>,
}

/// Serves for as long as it may; then all connections end.
pub(crate) async fn run(listener: TcpListener, inside: Arc<Inside>, connections: usize, life: Duration) {
    // Over is over: what is being told then is not told to its end.
    let _ = timeout(life, accept(listener, inside, connections)).await;
}

async fn accept(listener: TcpListener, inside: Arc<Inside>, connections: usize) {
    let room = Arc::new(Semaphore::new(connections));
    let mut open = JoinSet::new();
    loop {
        while open.try_join_next().is_some() {}
        let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            // The process has no room for another file, for now.
            sleep(RETRY).await;
            continue;
        };
        let inside = Arc::clone(&inside);
        open.spawn(async move {
            serve(stream, inside).await;
            drop(place);
        });
    }
}

async fn serve(stream: TcpStream, inside: Arc<Inside>) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let (stream, wire) = Watched::new(stream);
    let service = service_fn(move |request: Request<Incoming>| {
        let (inside, wire) = (Arc::clone(&inside), Arc::clone(&wire));
        async move { Ok::<_, Infallible>(inside.respond(request, wire).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    // How a connection ends is the script's or the client's to say.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// A request whose head was looked at.
struct Visit {
    number: u64,
    key: String,
    route: Route,
}

/// A question that is to be answered.
struct Work {
    number: u64,
    errand: Errand,
    asked: Asked,
    question: Account,
    body: Value,
}

/// What comes of a request: a response without its usual headers.
type Reply = Response<Play>;

impl Inside {
    async fn respond(&self, request: Request<Incoming>, wire: Arc<Wire>) -> Reply {
        let is_shared = request.version() == Version::HTTP_2;
        let sharing = if is_shared { Sharing::Shared } else { Sharing::Alone };
        let number = self.books.number();
        let (parts, body) = request.into_parts();
        let mut reply = match self.look(number, &parts) {
            Ok(visit) if visit.route.errand.method() == Method::GET => self.show(&visit),
            Ok(visit) => match Limited::new(body, MOST_BYTES).collect().await {
                Ok(body) => self.answer(visit, &parts, body.to_bytes()).await,
                Err(_) => self.refuse(
                    visit.route.dialect,
                    Complaint::Bad,
                    Some("The body is too large, or ended early."),
                ),
            },
            Err(reply) => *reply,
        };
        let id = HeaderValue::from_str(&request_id(number));
        if let Ok(id) = id {
            reply.headers_mut().insert(HeaderName::from_static("request-id"), id.clone());
            reply.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
        }
        reply.map(|play| play.on(wire, sharing))
    }

    /// Path, method, key and headers, in this order, as vendors do.
    fn look(&self, number: u64, parts: &Parts) -> Result<Visit, Box<Reply>> {
        let path = parts.uri.path();
        let Some(mut route) = Route::of(path) else {
            let said = format!("Unknown request URL: {} {path}.", parts.method);
            return Err(Box::new(self.refuse(
                Dialect::ChatCompletions,
                Complaint::UnknownModel,
                Some(&said),
            )));
        };
        // One list is that of several dialects: whoever has the manners of one gets it in its words.
        let manners = self.manners.get(&Dialect::Messages);
        if route.errand == Errand::Models
            && route.dialect == Dialect::ChatCompletions
            && manners.is_some_and(|manners| manners.missing(&parts.headers).is_none())
        {
            route.dialect = Dialect::Messages;
        }
        let dialect = route.dialect;
        if parts.method != route.errand.method() {
            let said = format!("Not allowed to {} on {path}.", parts.method);
            let mut reply = self.refuse(dialect, Complaint::Bad, Some(&said));
            *reply.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            return Err(Box::new(reply));
        }
        if matches!(route.errand, Errand::Invoice | Errand::Entries) {
            return Ok(Visit { number, key: String::new(), route });
        }
        let manners = self.manners.get(&dialect).cloned().unwrap_or_default();
        let key = manners.key(&parts.headers, parts.uri.query().unwrap_or(""));
        let Some(key) = key.filter(|key| key.starts_with(KEYS) || self.keys.contains(*key)) else {
            return Err(Box::new(self.refuse(dialect, Complaint::Key, None)));
        };
        if let Some(name) = manners.missing(&parts.headers) {
            let said = format!("{name}: header is required");
            return Err(Box::new(self.refuse(dialect, Complaint::Bad, Some(&said))));
        }
        let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
        if parts.method == Method::POST && !parts.headers.get(CONTENT_TYPE).is_some_and(is_json) {
            let said = "The content type must be application/json.";
            return Err(Box::new(self.refuse(dialect, Complaint::Bad, Some(said))));
        }
        Ok(Visit { number, key: key.to_owned(), route })
    }

    /// What is asked for without a body.
    fn show(&self, visit: &Visit) -> Reply {
        match visit.route.errand {
            Errand::Invoice => json(&self.books.invoice()),
            Errand::Entries => json(&self.books.entries()),
            _ => json(&vectors::models(visit.route.dialect, self.models.keys(), self.seconds())),
        }
    }

    fn seconds(&self) -> i64 {
        self.clock.now().as_micros() / 1_000_000
    }

    async fn answer(&self, visit: Visit, parts: &Parts, body: Bytes) -> Reply {
        let dialect = visit.route.dialect;
        let read = serde_json::from_slice::<Value>(&body);
        let read =
            read.map_err(|_| NoQuestion("We could not parse the JSON body of your request.".to_owned()));
        let asked =
            read.and_then(|body| Ok((visit.route.read(parts.uri.query().unwrap_or(""), &body)?, body)));
        let (asked, body) = match asked {
            Ok(asked) => asked,
            Err(NoQuestion(said)) => return self.refuse(dialect, Complaint::Bad, Some(&said)),
        };
        let knobs = self.models.get(&asked.model).unwrap_or(&asked.model);
        let script = match Script::read(knobs) {
            Ok(mut script) => {
                script.content.text = self.texts.get(&asked.model).cloned();
                self.this_time(script, &visit.key, &asked.model)
            }
            Err(unknown) => {
                return self.refuse(dialect, Complaint::UnknownModel, Some(&unknown.to_string()));
            }
        };
        let question = Account::of_question(&script, &asked);
        if visit.route.errand == Errand::Count && script.faults.complaint.is_none() {
            return json(&vectors::count(&asked, &question));
        }
        let work = Work { number: visit.number, errand: visit.route.errand, asked, question, body };
        let tab = self.books.open(visit.number, visit.key, work.asked.model.clone(), question);
        if !script.pace.head.is_zero() {
            sleep(script.pace.head).await;
        }
        self.tell(&work, script, tab)
    }

    /// A script whose faults are for the first requests only is played without them to the later ones.
    fn this_time(&self, mut script: Script, key: &str, model: &str) -> Script {
        let Some(times) = script.faults.flaky else { return script };
        if self.books.tries(key, model) >= times {
            return script.well();
        }
        if !script.faults.are_any() {
            script.faults.complaint = Some(Complaint::Unavailable);
        }
        script
    }

    fn tell(&self, work: &Work, mut script: Script, mut tab: Tab) -> Reply {
        let asked = &work.asked;
        let dialect = asked.dialect;
        let is_chat = matches!(work.errand, Errand::Chat(_));
        let complaint = match script.faults.complaint {
            // Some let their filter speak through the end of an answer.
            Some(Complaint::Filtered)
                if matches!(dialect, Dialect::Messages | Dialect::GenerateContent) && is_chat =>
            {
                script.content.filtered_after = Some(0);
                None
            }
            // What is told at once has no middle.
            None if !asked.is_streamed && script.faults.break_after.is_some() => Some(Complaint::Overloaded),
            complaint => complaint,
        };
        if let Some(complaint) = complaint {
            tab.settle(Outcome::Refused, 0, 0, 0);
            return self.refuse(dialect, complaint, None);
        }
        let (tape, end) = self.tape(work, &script);
        let play = Play::of(tape, &script.pace, &script.faults, end, tab);
        let mut reply = Response::new(if asked.is_streamed { play.unsized_() } else { play });
        let told = match script.faults.content_type {
            Some(told) => told.header(),
            None => Some(content_type(asked.is_streamed)),
        };
        if let Some(told) = told {
            reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(told));
        }
        reply
    }

    /// The body that is told, and how it ends.
    fn tape(&self, work: &Work, script: &Script) -> (Tape, EndOfPlay) {
        let Work { number, errand, asked, question, body } = work;
        let number = *number;
        let written = match errand {
            Errand::Embed(batch) => vectors::embeddings(script, asked, *batch, question, body),
            Errand::Rerank => vectors::rerank(script, asked, number, question, body),
            _ => {
                let answer = Answer::of(script, asked);
                let (usage, created) = (script.counts.usage, self.seconds());
                let tape = Telling { asked, answer: &answer, usage, number, created }.tape();
                let is_broken = answer.end == End::Broken;
                return (tape, if is_broken { EndOfPlay::Complaint } else { EndOfPlay::Good });
            }
        };
        (Tape::whole(written, 0, 0), EndOfPlay::Good)
    }

    fn refuse(&self, dialect: Dialect, complaint: Complaint, said: Option<&str>) -> Reply {
        let refusal = Refusal::of(dialect, complaint, said, self.clock.now());
        let mut reply = Response::new(Play::plain(refusal.body));
        *reply.status_mut() = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let headers = reply.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(refusal.content_type));
        for (name, value) in refusal.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        reply
    }
}

fn json(value: &impl serde::Serialize) -> Reply {
    let mut reply = Response::new(Play::plain(serde_json::to_vec(value).unwrap_or_default()));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

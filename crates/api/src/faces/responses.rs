//! `/v1/responses`: answers that are kept, gone on from, written and told again in the background, cancelled and deleted.

use std::convert::Infallible;
use std::sync::Arc;

use app::{
    Actor, Answerer, AppError, BackgroundResponse, KeepResponse, KeptResponse, Line, ResponseStage,
    StopReason, Tape,
};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use axum::response::sse::Event;
use faces::{Earlier, Face, Head, Keeping, Order, Piece, ResponseEvents, Responses, Stretch, Writer};
use futures_util::stream::{self, Stream, StreamExt};
use ports::{ChatStream, PortError};
use serde::Deserialize;
use stdx::ResponseId;
use wire::ErrorCode;

use super::answer::{ask, event, events, gather, head, said_by};
use super::error::{FaceError, document, fault};
use super::key::Caller;
use crate::MOST_FACE_BYTES;
use crate::body::read_body;
use crate::router::ApiState;
use crate::sse::stream_events;

type Fault = FaceError<Responses>;
type Answer = Result<Response, Fault>;

/// What ids of answers begin with.
const PREFIX: &str = "resp_";

/// `POST /v1/responses`.
pub(super) async fn create(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<Responses>,
    request: Request,
) -> Answer {
    let body = read_body(request, &state, MOST_FACE_BYTES).await?;
    let (mut question, mut said) = Responses::read(&body).map_err(AppError::invalid)?;
    let keeping = said.keeping(state.app.keeps_responses()).map_err(AppError::invalid)?;
    let previous_id = keeping.previous.as_deref().map(previous).transpose()?;
    if let Some(previous_id) = previous_id {
        let kept = state.app.conversation_up_to(&actor, previous_id).await?;
        let earlier: Vec<_> = kept.iter().map(|one| Earlier { asked: &one.asked, told: &one.told }).collect();
        let unreadable = |what| AppError::invalid(format!("previous_response_id: {what}"));
        Responses::go_on(&mut question, &said, &earlier).map_err(unreadable)?;
    }
    let id: ResponseId = state.app.fresh_id_of();
    let is_streamed = question.is_streamed;
    // What is written in the background can be looked at as far as it came.
    question.is_streamed |= keeping.background;
    let (mut answers, by) = ask(&state, &actor, question).await?;
    let head = head(id.to_string(), state.app.unix_seconds(), &by);
    let answer = answers.pop().ok_or_else(|| AppError::invalid("n: at least one"))?;
    let Keeping { stored, background, .. } = keeping;
    if !stored && is_streamed {
        let writer = Responses::stream(head, said, 1);
        let events = stream_events(events(vec![answer], writer, by.clone()), state.options.stream_heartbeat);
        return Ok(said_by(&by, events));
    }
    if !is_streamed && !background {
        let gathered = gather(answer).await?;
        let whole = Responses::whole(&Head { model: by.name(), ..head }, said, vec![gathered]);
        if stored {
            let keep = KeepResponse { id, previous_id, asked: text(&body) };
            state.app.keep_response(&actor, keep, &whole, true).await?;
        }
        return Ok(said_by(&by, document(whole)));
    }
    let keep = KeepResponse { id, previous_id, asked: text(&body) };
    let manner = Manner { is_streamed, background };
    let written = Written { answer, writer: Responses::stream(head, said, 1), by };
    begin(&state, &actor, keep, written, manner).await
}

/// How an answer is followed.
#[derive(Clone, Copy)]
struct Manner {
    /// It is told piece by piece.
    is_streamed: bool,
    /// It is written to its end whether or not somebody follows it.
    background: bool,
}

/// Lets an answer be written in a task of its own, and follows it as far as the program wants to.
async fn begin(
    state: &ApiState,
    actor: &Actor,
    keep: KeepResponse,
    written: Written,
    manner: Manner,
) -> Answer {
    let (begun, by) = (written.writer.document(), written.by.clone());
    let kept = state.app.begin_response(actor, keep, manner.background.then_some(begun.as_str())).await?;
    let tape = if manner.background { Arc::clone(kept.tape()) } else { Arc::default() };
    let told = retold(&tape, 0);
    let Written { answer, writer, by: now } = written;
    let writing = Writing { answer, writer, by: now, kept, tape, must_be_heard: !manner.background };
    state.app.spawn(writing.drive());
    let streamed = manner.is_streamed.then(|| stream_events(told, state.options.stream_heartbeat));
    Ok(said_by(&by, streamed.unwrap_or_else(|| document(begun))))
}

/// An answer, who puts it into words, and who gives it.
struct Written {
    answer: ChatStream,
    writer: ResponseEvents,
    by: Answerer,
}

/// An answer that is being written, and kept when it is over.
struct Writing {
    answer: ChatStream,
    writer: ResponseEvents,
    by: Answerer,
    kept: BackgroundResponse,
    tape: Arc<Tape>,
    /// It is stopped when nobody listens any more.
    must_be_heard: bool,
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.tape.end();
    }
}

impl Writing {
    async fn drive(mut self) {
        let opening = self.writer.opening();
        self.tell(opening);
        let mut last = Vec::new();
        while !self.writer.is_over() {
            let pieces = tokio::select! {
                event = self.answer.next() => self.pieces(event),
                reason = self.kept.stopped() => self.stop(reason),
                () = self.tape.left(), if self.must_be_heard => self.stop(StopReason::Cancelled),
            };
            if self.writer.is_over() {
                last = pieces;
            } else {
                self.tell(pieces);
            }
        }
        // What is told to be over is kept.
        if let Err(error) = self.kept.end(&self.writer.document()).await {
            last = self.writer.fault(&fault(&error));
        }
        self.tell(last);
    }

    fn tell(&self, pieces: Vec<Piece>) {
        self.tape.tell(pieces.into_iter().map(|Piece { name, data }| Line { name, data }).collect());
    }

    fn pieces(&mut self, event: Option<Result<ports::ChatEvent, PortError>>) -> Vec<Piece> {
        if let Some(model) = self.by.turned() {
            self.writer.turn(model);
        }
        match event {
            Some(Ok(event)) => self.writer.pieces(0, event),
            Some(Err(error)) => self.writer.fault(&fault(&PortError::into(error))),
            None => {
                let detail = "The model ended its answer without a word about why.";
                self.writer.fault(&fault(&AppError::new(ErrorCode::EngineFailed, detail)))
            }
        }
    }

    /// The face has no event for an answer that was cancelled: its stream just ends.
    fn stop(&mut self, reason: StopReason) -> Vec<Piece> {
        match reason {
            StopReason::Cancelled => {
                self.writer.cancel();
                Vec::new()
            }
            StopReason::Interrupted => {
                let detail = "The server stops. What was written is kept.";
                self.writer.fault(&fault(&AppError::new(ErrorCode::Interrupted, detail)))
            }
        }
    }
}

/// What was told, behind so many events, and what is told from now on.
fn retold(tape: &Arc<Tape>, past: usize) -> impl Stream<Item = Result<Event, Infallible>> + Send + use<> {
    let lines = stream::unfold(tape.follow(past), async |mut reader| {
        let lines = reader.next().await;
        (!lines.is_empty()).then(|| (stream::iter(lines), reader))
    });
    lines.flatten().map(|Line { name, data }| Ok(event(Piece { name, data })))
}

#[derive(Debug, Deserialize)]
pub(super) struct Look {
    stream: Option<bool>,
    /// The number of the last event that the program has.
    starting_after: Option<usize>,
}

/// `GET /v1/responses/{id}`.
pub(super) async fn get(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<Responses>,
    id: Result<Path<String>, PathRejection>,
    look: Result<Query<Look>, QueryRejection>,
) -> Answer {
    let Query(Look { stream, starting_after }) =
        look.map_err(|error| AppError::invalid(error.body_text()))?;
    let id = named(id)?;
    if stream != Some(true) {
        return match starting_after {
            None => Ok(shown(state.app.response(&actor, id).await?)),
            Some(_) => Err(AppError::invalid("starting_after: only with stream=true").into()),
        };
    }
    if !Responses::is_of_background(&state.app.response(&actor, id).await?.told) {
        let detail = "stream: only an answer that was asked for in the background is told again; get it without stream";
        return Err(AppError::invalid(detail).into());
    }
    let tape = state.app.retell_response(&actor, id).await?;
    let past = starting_after.map_or(0, |last| last.saturating_add(1));
    Ok(stream_events(retold(&tape, past), state.options.stream_heartbeat))
}

/// `DELETE /v1/responses/{id}`.
pub(super) async fn delete(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<Responses>,
    id: Result<Path<String>, PathRejection>,
) -> Answer {
    let id = named(id)?;
    state.app.delete_response(&actor, id).await?;
    Ok(document(Responses::deleted(&format!("{PREFIX}{id}"))))
}

/// `POST /v1/responses/{id}/cancel`.
pub(super) async fn cancel(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<Responses>,
    id: Result<Path<String>, PathRejection>,
) -> Answer {
    let id = named(id)?;
    if !Responses::is_of_background(&state.app.response(&actor, id).await?.told) {
        let detail = "Only an answer that was asked for in the background can be cancelled; leave the stream of others.";
        return Err(AppError::invalid(detail).into());
    }
    Ok(shown(state.app.cancel_response(&actor, id).await?))
}

#[derive(Debug, Deserialize)]
pub(super) struct Items {
    limit: Option<usize>,
    after: Option<String>,
    order: Option<String>,
}

/// `GET /v1/responses/{id}/input_items`.
pub(super) async fn input_items(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<Responses>,
    id: Result<Path<String>, PathRejection>,
    items: Result<Query<Items>, QueryRejection>,
) -> Answer {
    let Query(items) = items.map_err(|error| AppError::invalid(error.body_text()))?;
    let order = match items.order.as_deref() {
        None | Some("desc") => Order::Descending,
        Some("asc") => Order::Ascending,
        Some(other) => return Err(AppError::invalid(format!("order: asc or desc, not `{other}`")).into()),
    };
    let id = named(id)?;
    let kept = state.app.response(&actor, id).await?;
    let stretch = Stretch { order, limit: items.limit, after: items.after };
    Ok(document(Responses::input_items(&kept.asked, &id.to_string(), &stretch)))
}

fn shown(kept: KeptResponse) -> Response {
    match kept.stage {
        ResponseStage::Open | ResponseStage::Over => document(kept.told),
        ResponseStage::Abandoned => document(Responses::abandoned(&kept.told)),
    }
}

/// An id of a path. What is none names nothing.
fn named(id: Result<Path<String>, PathRejection>) -> Result<ResponseId, AppError> {
    let Path(id) = id.map_err(|_| AppError::not_found("response"))?;
    id.strip_prefix(PREFIX).and_then(|id| id.parse().ok()).ok_or_else(|| AppError::not_found("response"))
}

fn previous(id: &str) -> Result<ResponseId, AppError> {
    let id = id.strip_prefix(PREFIX).and_then(|id| id.parse().ok());
    id.ok_or_else(|| AppError::not_found("previous response"))
}

/// A body that was understood is text.
fn text(body: &[u8]) -> String {
    String::from_utf8_lossy(body).into_owned()
}

//! `/v1/responses`: answers that are kept, gone on from, written in the background, cancelled and deleted.

use std::convert::Infallible;

use app::{Actor, AppError, BackgroundResponse, KeepResponse, KeptResponse, ResponseStage, StopReason};
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use axum::response::sse::Event;
use faces::{
    Earlier, Face, Head, Keeping, Order, Piece, Question, ResponseEvents, Responses, Stretch, Writer,
};
use futures_util::stream::{self, Stream, StreamExt};
use ports::{ChatStream, PortError};
use serde::Deserialize;
use stdx::ResponseId;
use tokio::sync::mpsc;
use wire::ErrorCode;

use super::answer::{ask_one, event, events, gather};
use super::error::{FaceError, document, fault};
use super::key::Caller;
use crate::extract::read_body;
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
    let body = read_body(request, &state).await?;
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
    let head = Head { id: id.to_string(), created: state.app.unix_seconds(), model: question.model.clone() };
    let Question { is_streamed, .. } = question;
    let answer = ask_one(&state, &actor, question).await?;
    let Keeping { stored, background, .. } = keeping;
    if !stored && is_streamed {
        let writer = Responses::stream(head, said, 1);
        return Ok(stream_events(events(vec![answer], writer), state.options.stream_heartbeat));
    }
    if !is_streamed && !background {
        let whole = Responses::whole(&head, said, vec![gather(answer).await?]);
        if stored {
            let keep = KeepResponse { id, previous_id, asked: text(&body) };
            state.app.keep_response(&actor, keep, &whole, true).await?;
        }
        return Ok(document(whole));
    }
    let keep = KeepResponse { id, previous_id, asked: text(&body) };
    let manner = Manner { is_streamed, background };
    begin(&state, &actor, keep, (answer, Responses::stream(head, said, 1)), manner).await
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
    (answer, writer): (ChatStream, ResponseEvents),
    manner: Manner,
) -> Answer {
    let begun = writer.document();
    let kept = state.app.begin_response(actor, keep, manner.background.then_some(begun.as_str())).await?;
    let (teller, told) = mpsc::unbounded_channel();
    let writing = Writing { answer, writer, kept, teller, must_be_heard: !manner.background };
    state.app.spawn(writing.drive());
    if manner.is_streamed {
        return Ok(stream_events(followed(told), state.options.stream_heartbeat));
    }
    Ok(document(begun))
}

/// An answer that is being written, and kept when it is over.
struct Writing {
    answer: ChatStream,
    writer: ResponseEvents,
    kept: BackgroundResponse,
    teller: mpsc::UnboundedSender<Piece>,
    /// It is stopped when nobody listens any more.
    must_be_heard: bool,
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
                () = self.teller.closed(), if self.must_be_heard => self.stop(StopReason::Cancelled),
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

    fn pieces(&mut self, event: Option<Result<ports::ChatEvent, PortError>>) -> Vec<Piece> {
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

    /// To whoever listens; in the background nobody has to.
    fn tell(&self, pieces: Vec<Piece>) {
        for piece in pieces {
            let _nobody_listens = self.teller.send(piece).is_err();
        }
    }
}

fn followed(told: mpsc::UnboundedReceiver<Piece>) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    stream::unfold(told, async |mut told| Some((told.recv().await?, told))).map(|piece| Ok(event(piece)))
}

#[derive(Debug, Deserialize)]
pub(super) struct Look {
    stream: Option<bool>,
}

/// `GET /v1/responses/{id}`.
pub(super) async fn get(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<Responses>,
    id: Result<Path<String>, PathRejection>,
    look: Result<Query<Look>, QueryRejection>,
) -> Answer {
    if look.is_ok_and(|Query(look)| look.stream == Some(true)) {
        return Err(AppError::invalid(
            "stream: an answer is only told once piece by piece; look at it again until it is over",
        )
        .into());
    }
    Ok(shown(state.app.response(&actor, named(id)?).await?))
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

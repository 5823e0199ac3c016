//! Answering a question, in the words of whatever face it came by.

use std::convert::Infallible;

use app::{Actor, AppError, CompleteChat};
use axum::extract::{Request, State};
use axum::response::Response;
use axum::response::sse::Event;
use faces::{Face, Gathered, Head, Piece, Question, Writer};
use futures_util::future::try_join_all;
use futures_util::stream::{self, Stream, StreamExt};
use ports::{ChatStream, PortError};
use wire::ErrorCode;

use super::error::{FaceError, document, fault};
use super::key::Caller;
use crate::extract::read_body;
use crate::router::ApiState;
use crate::sse::stream_events;

/// Answers what a face's request asks: at once, or piece by piece.
pub(super) async fn answer<F: Face>(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<F>,
    request: Request,
) -> Result<Response, FaceError<F>> {
    let body = read_body(request, &state).await?;
    let (question, reply) = F::read(&body).map_err(AppError::invalid)?;
    let head = Head {
        id: state.app.fresh_id().to_string(),
        created: state.app.unix_seconds(),
        model: question.model.clone(),
    };
    let is_streamed = question.is_streamed;
    let answers = ask(&state, &actor, question).await?;
    if is_streamed {
        let writer = F::stream(head, reply, answers.len());
        return Ok(stream_events(events(answers, writer), state.options.stream_heartbeat));
    }
    let choices = try_join_all(answers.into_iter().map(gather)).await?;
    Ok(document(F::whole(&head, reply, choices)))
}

/// Asks a question that wants one answer.
pub(super) async fn ask_one(
    state: &ApiState,
    actor: &Actor,
    question: Question,
) -> Result<ChatStream, AppError> {
    state.app.complete_chat(Some(actor), wish(question)).await
}

async fn ask(state: &ApiState, actor: &Actor, question: Question) -> Result<Vec<ChatStream>, AppError> {
    let choices = question.choices;
    state.app.complete_choices(Some(actor), wish(question), choices).await
}

/// What the app is to do.
pub(super) fn wish(question: Question) -> CompleteChat {
    CompleteChat {
        model: question.model,
        adapters: question.adapters,
        messages: question.messages,
        sampling: question.sampling,
        form: question.form,
        tools: question.tools,
        reasoning: question.reasoning,
        logprobs: question.logprobs,
    }
}

pub(super) async fn gather(mut events: ChatStream) -> Result<Gathered, AppError> {
    let mut gathered = Gathered::default();
    while let Some(event) = events.next().await {
        gathered.add(event?);
        if gathered.end.is_some() {
            return Ok(gathered);
        }
    }
    Err(AppError::new(ErrorCode::EngineFailed, "The model ended its answer without a word about why."))
}

/// What a writer makes of all choices as they come. A failure of one of them ends all.
pub(super) fn events<W: Writer>(
    answers: Vec<ChatStream>,
    mut writer: W,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let opening = writer.opening();
    let answers = (0_u32..).zip(answers).map(|(index, events)| events.map(move |event| (index, event)));
    let merged = stream::select_all(answers);
    let rest = stream::unfold((writer, merged), async |(mut writer, mut merged)| {
        if writer.is_over() {
            return None;
        }
        let (index, event) = merged.next().await?;
        let pieces = match event {
            Ok(event) => writer.pieces(index, event),
            Err(error) => writer.fault(&fault(&PortError::into(error))),
        };
        Some((stream::iter(pieces), (writer, merged)))
    });
    stream::iter(opening).chain(rest.flatten()).map(|piece| Ok(event(piece)))
}

pub(super) fn event(piece: Piece) -> Event {
    let event = Event::default().data(piece.data);
    match piece.name {
        Some(name) => event.event(name),
        None => event,
    }
}

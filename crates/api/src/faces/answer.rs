//! Answering a question, in the words of whatever face it came by.

use std::convert::Infallible;

use app::{Actor, Answerer, AppError, CompleteChat, Shown};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::response::Response;
use axum::response::sse::Event;
use faces::{Face, Gathered, Head, Piece, Question, Writer};
use futures_util::future::try_join_all;
use futures_util::stream::{self, Stream, StreamExt};
use ports::{ChatStream, PortError};
use wire::ErrorCode;

use super::error::{FaceError, document, fault};
use super::key::Caller;
use crate::MOST_FACE_BYTES;
use crate::body::read_body;
use crate::router::ApiState;
use crate::sse::stream_events;

/// Says what was asked for, a policy or an agent, and which model was chosen.
const ROUTE_HEADER: &str = "x-hutong-route";

/// Answers what a face's request asks: at once, or piece by piece.
pub(super) async fn answer<F: Face>(
    State(state): State<ApiState>,
    Caller(actor, _): Caller<F>,
    request: Request,
) -> Result<Response, FaceError<F>> {
    let body = read_body(request, &state, MOST_FACE_BYTES).await?;
    let (question, reply) = F::read(&body).map_err(AppError::invalid)?;
    let (id, is_streamed) = (state.app.fresh_id().to_string(), question.is_streamed);
    let (answers, by) = ask(&state, &actor, question).await?;
    let head = head(id, state.app.unix_seconds(), &by);
    if is_streamed {
        let writer = F::stream(head, reply, answers.len());
        let events = stream_events(events(answers, writer, by.clone()), state.options.stream_heartbeat);
        return Ok(said_by(&by, events));
    }
    let choices = try_join_all(answers.into_iter().map(gather)).await?;
    let whole = F::whole(&Head { model: by.name(), ..head }, reply, choices);
    Ok(said_by(&by, document(whole)))
}

/// Asks a question. Beside the answers stands who gives them.
pub(super) async fn ask(
    state: &ApiState,
    actor: &Actor,
    question: Question,
) -> Result<(Vec<ChatStream>, Answerer), AppError> {
    let choices = question.choices;
    state.app.complete_choices(Some(actor), wish(question), choices).await
}

/// What documents of an answer have in common, as far as it is known who gives it.
pub(super) fn head(id: String, created: u64, by: &Answerer) -> Head {
    Head { id, created, model: by.name(), is_sure: by.is_sure() }
}

/// An answer with the header that says how it was chosen who gives it.
pub(super) fn said_by(by: &Answerer, mut response: Response) -> Response {
    if let Some(route) = by.route().and_then(|route| HeaderValue::from_bytes(route.as_bytes()).ok()) {
        response.headers_mut().insert(ROUTE_HEADER, route);
    }
    response
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
        shown: if question.is_streamed { Shown::AsItComes } else { Shown::Whole },
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
    by: Answerer,
) -> impl Stream<Item = Result<Event, Infallible>> + Send {
    let opening = writer.opening();
    let answers = (0_u32..).zip(answers).map(|(index, events)| events.map(move |event| (index, event)));
    let merged = stream::select_all(answers);
    let rest = stream::unfold((writer, merged, by), async |(mut writer, mut merged, mut by)| {
        if writer.is_over() {
            return None;
        }
        let (index, event) = merged.next().await?;
        if let Some(model) = by.turned() {
            writer.turn(model);
        }
        let pieces = match event {
            Ok(event) => writer.pieces(index, event),
            Err(error) => writer.fault(&fault(&PortError::into(error))),
        };
        Some((stream::iter(pieces), (writer, merged, by)))
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

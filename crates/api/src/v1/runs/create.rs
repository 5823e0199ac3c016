//! `POST /threads/{id}/runs`.

use app::{RunInput, StartRun, Verdict};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use stdx::{MessageId, RunId};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Run;

use crate::extract::{Body, Path, Signed, path_id};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::Locale;

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(post_runs))
}

/// A question, or the wish for another answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StartRunRequest {
    /// A UUIDv7 made by the client; repeating it answers with the run there is.
    id: RunId,
    /// A UUIDv7 for the reply, made by the client.
    reply_id: MessageId,
    input: RunInputDocument,
    /// Another model than the agent's own.
    model: Option<String>,
    /// The language to answer in; the member's own when absent.
    #[schema(value_type = Option<Locale>)]
    locale: Option<String>,
}

/// What the run answers.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = RunInput)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum RunInputDocument {
    /// A new message. Editing is asking again below the parent of the edited message.
    Ask {
        /// A UUIDv7 made by the client.
        message_id: MessageId,
        /// The message it follows; null at the beginning of the thread.
        #[schema(required)]
        parent_id: Option<MessageId>,
        /// Markdown.
        text: String,
    },
    /// Another reply to a message of the thread.
    Regenerate {
        /// A member's message.
        message_id: MessageId,
    },
    /// What follows an answer whose calls of tools wait for the member's word, or were cut off.
    Continue {
        /// The answer.
        message_id: MessageId,
        /// A word for each call that waits.
        #[serde(default)]
        decisions: Vec<CallDecision>,
    },
}

/// What the member says of a call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallDecision {
    /// The call.
    call_id: String,
    /// What is to be done with it.
    verdict: CallVerdict,
}

/// What is to be done with a call.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallVerdict {
    /// It is made.
    Allow,
    /// It is made, and so are others of its tool in this thread, as long as they cost nothing and no stranger's words stand there.
    AllowForThread,
    /// It is not made.
    Refuse,
}

impl From<CallVerdict> for Verdict {
    fn from(verdict: CallVerdict) -> Self {
        match verdict {
            CallVerdict::Allow => Self::Allow,
            CallVerdict::AllowForThread => Self::AllowForThread,
            CallVerdict::Refuse => Self::Refuse,
        }
    }
}

/// Starts a run.
#[utoipa::path(post, path = "/threads/{id}/runs", tag = "runs", params(("id" = String, Path)), request_body = StartRunRequest, responses((status = 202, body = Run), (status = "default", response = Problem)))]
async fn post_runs(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(id): Path,
    Body(body): Body<StartRunRequest>,
) -> Result<(StatusCode, Json<Run>), Failure> {
    let input = match body.input {
        RunInputDocument::Ask { message_id, parent_id, text } => {
            RunInput::Ask { message_id, parent_id, text }
        }
        RunInputDocument::Regenerate { message_id } => RunInput::Regenerate { message_id },
        RunInputDocument::Continue { message_id, decisions } => {
            let decisions = decisions.into_iter().map(|decision| (decision.call_id, decision.verdict.into()));
            RunInput::Continue { message_id, decisions: decisions.collect() }
        }
    };
    let start = StartRun {
        id: body.id,
        thread_id: path_id(&id, "thread")?,
        reply_id: body.reply_id,
        input,
        model: body.model,
        locale: body.locale,
    };
    Ok((StatusCode::ACCEPTED, Json(state.app.start_run(&actor, start).await?)))
}

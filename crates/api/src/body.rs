//! The bytes of a body: how many there may be, and how long they may take.

use app::AppError;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use wire::ErrorCode;

use crate::router::ApiState;

/// Of a body that is too large, so many bytes are still taken off the line and forgotten: most programs listen only when they
/// have sent everything, and would see a broken connection where they should read why.
const MOST_FORGOTTEN: usize = 128 * 1024 * 1024;

/// The bytes of a body within a limit. To be called when it is clear who asks.
///
/// # Errors
/// `too_large`; `invalid_request` when it is compressed, ends early or takes too long.
pub(crate) async fn read_body(request: Request, state: &ApiState, most: usize) -> Result<Bytes, AppError> {
    let (head, body) = request.into_parts();
    must_be_plain(&head.headers)?;
    let too_large = || AppError::new(ErrorCode::TooLarge, format!("The body is larger than {most} bytes."));
    let waits = head.headers.get(header::EXPECT).is_some();
    let length = length_of(&head.headers);
    let patience = state.options.body_patience;
    let reading = async {
        // Who asks first is told before anything is sent.
        if length.is_some_and(|length| length > most) {
            if !waits {
                forget(body).await;
            }
            return Err(too_large());
        }
        let (mut body, mut bytes) = (body, Vec::with_capacity(length.unwrap_or(0)));
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| AppError::invalid("The body could not be read to its end."))?;
            let Some(data) = frame.data_ref() else { continue };
            if bytes.len().saturating_add(data.len()) > most {
                drop(bytes);
                forget(body).await;
                return Err(too_large());
            }
            bytes.extend_from_slice(data);
        }
        Ok(Bytes::from(bytes))
    };
    let late = || AppError::invalid(format!("The body did not arrive within {} s.", patience.as_secs()));
    timeout(patience, reading).await.unwrap_or_else(|_| Err(late()))
}

/// What is small when it is sent and large when it is read is not taken.
fn must_be_plain(headers: &HeaderMap) -> Result<(), AppError> {
    let mut codings =
        headers.get_all(header::CONTENT_ENCODING).iter().map(|coding| coding.to_str().unwrap_or("?"));
    match codings.find(|coding| !coding.eq_ignore_ascii_case("identity")) {
        None => Ok(()),
        Some(coding) => Err(AppError::invalid(format!(
            "content-encoding: bodies are taken as they are, and not as `{coding}`"
        ))),
    }
}

fn length_of(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

async fn forget(mut body: Body) {
    let mut forgotten = 0_usize;
    while forgotten < MOST_FORGOTTEN {
        let Some(Ok(frame)) = body.frame().await else { return };
        forgotten = forgotten.saturating_add(frame.data_ref().map_or(0, Bytes::len));
    }
}

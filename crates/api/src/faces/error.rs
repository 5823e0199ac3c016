//! Errors in a face's own shape, with our code inside.

use std::marker::PhantomData;

use app::AppError;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use faces::{Face, Fault, FaultClass};

use crate::problem::{Problem, status_of};

/// An error on its way out of a face.
#[derive(Debug)]
pub(super) struct FaceError<F> {
    fault: Fault,
    face: PhantomData<F>,
}

impl<F, E: Into<AppError>> From<E> for FaceError<F> {
    fn from(error: E) -> Self {
        Self { fault: fault(&error.into()), face: PhantomData }
    }
}

/// What a face says about an error.
pub(super) fn fault(error: &AppError) -> Fault {
    let problem = Problem::from_error(error);
    let class = match problem.status {
        401 => FaultClass::Unauthenticated,
        402 => FaultClass::Payment,
        403 => FaultClass::Forbidden,
        404 => FaultClass::NotFound,
        413 => FaultClass::TooLarge,
        429 => FaultClass::RateLimited,
        503 => FaultClass::Busy,
        400..500 => FaultClass::Invalid,
        _ => FaultClass::Broken,
    };
    Fault::new(error.code, class, &problem.detail, problem.action)
}

impl<F: Face> IntoResponse for FaceError<F> {
    fn into_response(self) -> Response {
        (status_of(self.fault.code), document(F::fault(&self.fault))).into_response()
    }
}

/// A document of a face.
pub(super) fn document(json: String) -> Response {
    let json_type = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json_type)], json).into_response()
}

//! `POST /v1/messages`: blocks of content, thoughts that are signed, and input that is counted beside its cached part.

mod answer;
mod encode;

pub(crate) use answer::Answer;
pub(crate) use encode::encode;

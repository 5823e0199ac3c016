//! `POST /models/{model}:generateContent`: contents and their parts, calls at once, and proofs of thought that go back.

mod answer;
mod encode;

pub(crate) use answer::Answer;
pub(crate) use encode::encode;

//! `POST /responses`: items and events with names. Nothing is kept at the provider: what it wants back, it gets back.

mod answer;
mod encode;

pub(crate) use answer::Answer;
pub(crate) use encode::encode;

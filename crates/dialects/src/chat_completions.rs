//! `POST /chat/completions`, which nearly everybody speaks, each with an accent.

mod answer;
mod encode;
mod reasoning;

pub(crate) use answer::Answer;
pub(crate) use encode::encode;

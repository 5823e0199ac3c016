//! Tools: how a model is told of them, what its calls are held to, and how they are read.
//!
//! Most open models call tools between marks ([`speech::marked`]). For them the grammar and the reader are ours: the library's
//! own let a model that must call something talk for ever before it does, drop what they cannot read, and allow several
//! calls where one was asked for. A model whose template says nothing of tools is taught the marks by [`Style::Taught`].
//! For every other form of calls the library's grammar and reader are used.

mod grammar;
mod tell;

pub(super) use grammar::{Rules, rules};
pub(super) use tell::{Conversation, Style};

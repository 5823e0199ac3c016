//! The server as its clients see it: real router, real use cases, real database, a model with a script.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod buying;
mod encoders;
mod invitations;
mod key_limits;
mod members;
mod money;
mod openai;
mod openai_choices;
mod openai_stream;
mod openai_tools;
mod passwords;
mod routing;
mod runs;
mod second_factor;
mod sign_up;
mod statements;
mod threads;
mod upstreams;
mod vouchers;
mod wallets;

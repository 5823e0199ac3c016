//! The server as its clients see it: real router, real use cases, real database, a model with a script.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod acting;
mod bad_bodies;
mod bad_input;
mod bad_lines;
mod buying;
mod cascades;
mod cut_streams;
mod encoders;
mod invitations;
mod kept_responses;
mod key_limits;
mod members;
mod messages;
mod money;
mod openai;
mod openai_choices;
mod openai_stream;
mod openai_tools;
mod passwords;
mod providers;
mod recall;
mod requests;
mod responses;
mod routing;
mod runs;
mod second_factor;
mod sign_up;
mod stable_prompts;
mod statements;
mod threads;
mod upstreams;
mod vouchers;
mod wallets;
mod warm_prompts;
mod who_answered;

//! Vendors of models for tests and benches: a real server on loopback whose models do what their names say.
//!
//! [`House`] sets one up, [`FakeVendors`] holds it while it runs, and [`Invoice`] is what it would charge for. The same
//! as a program: `cargo run -p fakevendors -- --port 0`.
//!
//! # A model's name
//!
//! Knobs with dots between them, in any order, as `say-40.tps-200.first-300ms.cut-1234.usage-none`; what stands before
//! `__` is decoration (`lane-v2__say-40`). A name that is not made of knobs is a model that does not exist. Times are
//! `1500ms` or `3s`.
//!
//! | what it answers | |
//! |---|---|
//! | `say-40` | so many tokens of text, a piece each (12; none when it calls tools) |
//! | `seed-2` | another text for the same question |
//! | `think-8`, `hidden-8` | tokens of reasoning that are shown before the text, that are counted and not shown |
//! | `json` | an object of JSON with the text in it, of the schema that was asked for |
//! | `dims-64` | so many numbers in a vector (as many as are asked for, or 8) |
//! | `line-1048576` | a last token of so many bytes, in one line |
//! | `call`, `call-NAME`, `calls-2` | calls the first tool that was offered, this one, several at once; whoever was just told what a tool answered gets a text |
//! | `badargs` | arguments that are no JSON |
//! | `refuse` | the words are a refusal |
//! | `filter-4` | the vendor's filter ends it after so many tokens |
//!
//! | what it reports | |
//! |---|---|
//! | `usage-none`, `-last`, `-behind`, `-each`, `-late`, `-odd` | no usage though it was asked for; with the reason of the end; in a piece behind it; in every piece; behind the mark of the end; with numbers that contradict each other. Usually as the dialect does, which is also what happens where it has no such place |
//! | `prompt-100`, `cached-64`, `written-20` | tokens of the question, and which of them were read from a cache or written into one |
//!
//! | how fast | |
//! |---|---|
//! | `head-300ms`, `first-300ms` | before the head of the response, and between it and the first byte |
//! | `tps-200` | tokens a second (as fast as they are taken) |
//! | `pause-20-5s` | after so many tokens nothing comes for so long |
//! | `trickle`, `trickle-2ms` | one byte at a time |
//! | `batch-8`, `batch` | so many pieces together, all of them |
//!
//! | what goes wrong | |
//! |---|---|
//! | `busy`, `busy-3s`, `busy-1500ms`, `busy-date-3s` | too many requests; when to come again as seconds, milliseconds or a date |
//! | `overloaded`, `down`, `unavailable` | too much to do; 500; 503 |
//! | `long`, `badkey`, `broke`, `unknown`, `filtered`, `bad` | the question is too long; the key is not taken; the account is empty; there is no such model; the filter refuses the question; 400 |
//! | `html`, `html-503` | a page for people |
//! | `inside` | a fault, said with status 200 |
//! | `break-4` | after so many tokens a complaint takes the place of the rest |
//! | `cut-1234`, `reset-1234`, `hang-1234`, `short-1234` | after so many bytes of the body the connection is closed, is reset, says nothing more, or the body ends as if that were all |
//! | `cut-half` and so on | the same in the middle of the first character that has several bytes |
//! | `type-none`, `-html`, `-text`, `-json` | a content type that is not true |
//! | `flaky-2` | all that goes wrong (503 where nothing is said) does so for the first two requests of a key for this model only |
//!
//! # What can be relied on
//!
//! The text is a function of the conversation and `seed`, whatever else the name says: `cut-100` cuts the very bytes
//! that are told without it, but for the model's name and the answer's number in them. Nothing is random. The clock
//! that is handed in tells when answers were made and which date `busy-date` names; what waits, waits in real time. A connection
//! over HTTP/2 (with prior knowledge) is not closed by `cut`, only its stream is; `reset` resets all of it.
//!
//! # The invoice
//!
//! `GET /invoice` and [`FakeVendors::invoice`], by key and model; one by one at `/invoice/entries`. Tokens of an
//! answer count as made once their first byte was sent, as told once their last was; what was refused costs nothing. An answer
//! stands there before its last byte is sent. Keys begin with `fake-`: each test takes one of its own.
//!
//! To add a knob: a field of [`Script`], its word in `script/turn.rs`, and whoever heeds it (`answer.rs`, `play.rs`, `complaint.rs`, or
//! a dialect). To add a dialect: a file in `dialects/`, its places in `question.rs`, its words in `complaint.rs`.

mod answer;
mod complaint;
mod dialects;
mod house;
mod invoice;
mod knob;
mod manners;
mod play;
mod question;
mod route;
mod script;
mod server;
mod tape;
mod vectors;
mod wire;
mod words;

pub use answer::{Account, Answer, Call, End};
pub use house::{FakeVendors, House, HouseError};
pub use invoice::{Entry, Invoice, Line, Outcome, Sums};
pub use knob::NoKnob;
pub use question::{Asked, NoQuestion};
pub use script::{
    At, Calls, Complaint, Content, ContentType, Counts, Ending, Faults, Pace, Retry, Script, UnknownModel,
    UsageForm,
};

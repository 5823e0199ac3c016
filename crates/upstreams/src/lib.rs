//! Asks vendors of models: connections, limits, retries, and what each attempt came to. What is said to them and what they
//! answer is in the crate `dialects`; who they are is in `data/providers/`; no vendor is named here.
//!
//! | to change | look at |
//! |---|---|
//! | what an address or a key may be | `site.rs` |
//! | which addresses are never asked | `reach.rs` |
//! | how whoever runs the workspace says who is asked | `vendors.rs` |
//! | what is tried before somebody relies on a key | `trial.rs` |
//! | how connections are made and kept | `carrier.rs` |
//! | what becomes of a question, step by step | `call.rs` |
//! | what becomes of texts that are to be vectors | `embed.rs` |
//! | how many are asked at a time, and whose turn it is | `lanes.rs` |
//! | how much is asked in a minute | `pace.rs` |
//! | when one that fails is left in peace | `breaker.rs` |
//! | what is asked again, and when | `retry.rs` |
//! | how long is waited for what | `patience.rs` |
//! | what failures mean for each of these, and for people | `trouble.rs` |
//! | what is counted where vendors do not say | `tally.rs` |
//! | how the last calls went | `record.rs` |
//! | what of a conversation they probably still hold | `warmth.rs` |
//!
//! The last nine are pure: they are told what time it is.

mod attempting;
mod breaker;
mod call;
mod carrier;
mod dispatcher;
mod embed;
mod gate;
mod lanes;
mod pace;
mod past;
mod patience;
mod reach;
mod record;
mod retry;
mod site;
mod stopwatch;
mod tally;
mod trial;
mod trouble;
mod upstreams;
mod vendors;
mod warmth;

pub use breaker::{Breaker, BreakerPolicy, Health, Pass, Verdict};
pub use carrier::Protocol;
pub use dispatcher::{Dispatcher, EmbedDispatcher};
pub use gate::Crowd;
pub use lanes::{Entry, Lanes, Ticket};
pub use pace::{Bucket, Pace};
pub use patience::{Patience, Timer, Watch};
pub use ports::{Asked, LastFailure, Reach, SiteStanding};
pub use record::{Lap, Record};
pub use retry::{Now, RetryPlan, RetryPolicy, Shown, Stop};
pub use site::{Account, Site, SiteError};
pub use trial::Trial;
pub use trouble::{Hurdle, Trouble};
pub use upstreams::{Options, Upstreams};
pub use vendors::Vendors;

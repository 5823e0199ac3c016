//! Which deployment answers a request, without a clock, a network or a model.
//!
//! [`route`] is a function: [`Facts`] (what is asked, what the plan allows, and for each [`Deployment`] its price now, its
//! health, speed and room) and a [`Policy`] in, a [`Decision`] out. A decision is an ordered list of [`Attempt`]s, each
//! with its reason, its expected cost and what speaks against it, the deployments that were left out with every cause, and
//! the saving against the policy's reference. All of it is data; the words for people are the edge's. Where a policy tries a
//! cheap one first, [`Check::verify`] says whether its answer passes.
//!
//! What holds whatever the facts are, by property test: nothing that cannot serve the request is ever chosen, the order of
//! deployments does not matter, a cheaper equal one is never passed over, taking one away that was not chosen changes
//! nothing, and what has no price is never called free.
//!
//! To add a policy: a file in `data/routing/`; a new kind is a variant of [`Way`], its ranking a function in `rank.rs`.
//! To add a cause for leaving a deployment out: a variant of [`Cause`] and its line in `candidate.rs`.
//! To add a check of answers: a variant of [`Check`] and its arm in [`Check::verify`].
//! To hold a router against data: [`eval`].
//! To teach the feature reader a word: `data/routing/signs.toml`; see [`Signs`].

mod candidate;
mod check;
mod cost;
mod decision;
pub mod eval;
mod explain;
mod facts;
mod features;
mod file;
mod policy;
mod rank;
mod route;
mod routing;
mod shadow;
mod signs;
mod words;

pub use check::{By, Check, Doubt, Draft, Proof, Verdict};
pub use cost::{Cost, Gap};
pub use decision::{Attempt, Cause, Concern, Decision, Excluded, Reason, Saving, When};
pub use explain::explain;
pub use facts::{
    Abilities, Breaker, Deployment, DeploymentId, Facts, Health, Latency, Market, Prefix, Request, Room,
};
pub use features::{Ask, Features, Language, Need, estimate_tokens};
pub use file::{Policies, RoutingError};
pub use policy::{Floor, Patience, Policy, Reference, Shortfall, Target, Unrated, Way};
pub use route::route;
pub use routing::{Routing, RoutingFileError};
pub use shadow::would_cost;
pub use signs::Signs;
pub use words::why_nobody;

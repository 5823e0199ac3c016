//! The words every crate uses: identifiers, time, randomness, secrets and places in traces.
//!
//! Nothing here knows the domain. The globals of the platform (system time, random bytes) appear in exactly two
//! files, `clock.rs` and `rng.rs`; everything else takes a [`Clock`] or a [`Rng`] as an argument.
//!
//! To add an identifier: one line in `id.rs`.

mod clock;
mod id;
mod rng;
mod secret;
mod trace;

pub use clock::{Clock, MockClock, SystemClock, Timestamp};
pub use id::{
    AdminActId, AlertId, CommandId, EntityId, GroupId, HoldId, IdError, IdMaker, InvitationId, JoinRequestId,
    KeyId, MemberId, MessageId, OrderId, RefundId, ResponseId, RunId, SessionId, ThreadId, VoucherId,
    WorkspaceId,
};
pub use rng::{OsRng, Rng, SeededRng};
pub use secret::Secret;
pub use trace::{NoTraceParent, TraceParent};

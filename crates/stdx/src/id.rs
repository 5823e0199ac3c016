//! Identifiers: UUIDv7, so that rows sort by the time they were made.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::{Clock, Rng};

/// A text that is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError;

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUIDv7")
    }
}

impl std::error::Error for IdError {}

/// What all identifiers can do.
pub trait EntityId: Copy + Eq + fmt::Display + FromStr<Err = IdError> + 'static {
    /// Wraps a UUID; fails when it is not version 7.
    fn from_uuid(uuid: Uuid) -> Result<Self, IdError>;
    /// The UUID inside.
    fn uuid(self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl EntityId for $name {
            fn from_uuid(uuid: Uuid) -> Result<Self, IdError> {
                if uuid.get_version_num() == 7 { Ok(Self(uuid)) } else { Err(IdError) }
            }

            fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map_err(|_| IdError).and_then(Self::from_uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Uuid::deserialize(deserializer)
                    .and_then(|uuid| Self::from_uuid(uuid).map_err(serde::de::Error::custom))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                        utoipa::openapi::KnownFormat::Uuid,
                    )))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}
    )+};
}

ids! {
    /// A tenant.
    WorkspaceId,
    /// A person or service account in a workspace.
    MemberId,
    /// A signed-in browser.
    SessionId,
    /// A conversation.
    ThreadId,
    /// An entry in a thread's tree.
    MessageId,
    /// One execution that produces a reply.
    RunId,
    /// An API key.
    KeyId,
    /// Money set aside for a run until it is known what the run costs.
    HoldId,
    /// An instruction to the ledger; repeating it changes nothing.
    CommandId,
    /// Something that a member buys.
    OrderId,
    /// Money that is given back for an order.
    RefundId,
    /// Some members of a workspace under a name.
    GroupId,
    /// A link that lets somebody in.
    InvitationId,
    /// Somebody who asks to be let in.
    JoinRequestId,
    /// A word to somebody that much of a limit is used.
    AlertId,
    /// A code that is worth something.
    VoucherId,
    /// Something that those who run a workspace did to somebody else.
    AdminActId,
    /// An answer that a program can come back to.
    ResponseId,
}

/// Makes identifiers from an injected clock and generator.
#[derive(Clone, Debug)]
pub struct IdMaker {
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl IdMaker {
    /// A maker that takes time from `clock` and the random bits from `rng`.
    pub fn new(clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Self {
        Self { clock, rng }
    }

    /// A fresh identifier (RFC 9562 §5.7: 48 bits of Unix milliseconds, then random bits).
    pub fn make<I: EntityId>(&self) -> I {
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        let millis = u64::try_from(self.clock.now().as_micros() / 1_000).unwrap_or(0);
        let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        I::from_uuid(uuid).unwrap_or_else(|_| unreachable!("the builder sets version 7"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MockClock, SeededRng, Timestamp};

    fn maker(clock: &MockClock) -> IdMaker {
        IdMaker::new(Arc::new(clock.clone()), Arc::new(SeededRng::new(7)))
    }

    #[test]
    fn later_identifiers_sort_after_earlier_ones() {
        let clock = MockClock::at(Timestamp::from_micros(1_000_000_000));
        let ids = maker(&clock);
        let first: RunId = ids.make();
        clock.advance(std::time::Duration::from_millis(1));
        assert!(ids.make::<RunId>() > first);
    }

    #[test]
    fn reads_what_it_writes_and_nothing_else() {
        let id: ThreadId = maker(&MockClock::at(Timestamp::from_micros(1))).make();
        assert_eq!(id.to_string().parse::<ThreadId>(), Ok(id));
        assert_eq!(serde_json::from_str::<ThreadId>(&format!("\"{id}\"")).unwrap(), id);
        for bad in ["", "x", "6f1e7d40-6d1c-4f2e-8b59-0f4d1d2f3a4b", "00000000-0000-0000-0000-000000000000"] {
            assert_eq!(bad.parse::<ThreadId>(), Err(IdError), "{bad}");
        }
    }
}

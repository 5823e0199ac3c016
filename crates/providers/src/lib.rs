//! Providers of models: who is asked, with which key, and how that is changed while questions are on their way.
//!
//! What counts for a provider, or for one of its endpoints (`vendor`, `vendor.endpoint`), is the first of these that says
//! anything: `hutong.toml`; what was set in the page or the terminal; a key in the environment. Each change works out anew
//! who is asked and hands that to a [`ports::ProviderHost`] and to the lists of models, at once.
//!
//! A key is for one address: it is sealed together with it, and neither a kept key nor one of the environment is ever
//! sent to an address that came without a key of its own.
//!
//! | to change | look at |
//! |---|---|
//! | what is known when a server starts | `facts.rs` |
//! | who is asked | `resolve.rs` |
//! | what may be set, and how it is kept | `set.rs` |
//! | what members are offered | `remote.rs` |
//! | how a provider stands | `info.rs` |
//! | a word that is really asked for | `test.rs` |

mod desk;
mod error;
mod facts;
mod info;
mod remote;
mod resolve;
mod set;
mod test;

pub use desk::{PriceLists, ProviderDesk, Safe};
pub use error::ProviderError;
pub use facts::{KeyFrom, ProviderFacts, WrittenProvider};
pub use info::{ProviderInfo, ProviderState};
pub use remote::{Others, Place, RemoteModels, RemoteSite};
pub use set::SetProvider;
pub use test::{ProviderTest, Test};

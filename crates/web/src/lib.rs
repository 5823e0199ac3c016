//! Tools that read what strangers put on the web.
//!
//! An address comes from a model, and a model says what a page told it to say: it must never lead to where only this
//! machine can go. So each address, the first one and each to which a server sends on, is read, looked up and checked
//! anew ([`walls`]), and the connection goes to the very address that was checked. What comes back is data: it is
//! measured before it is kept, its kind is seen in its bytes, and only its visible text goes on.
//!
//! | to | look at |
//! |---|---|
//! | which addresses are public | `walls.rs` |
//! | how an address is read | `target.rs` |
//! | one question and its answer | `exchange.rs` |
//! | hops, limits, the deadline | `fetch.rs` |
//! | which bytes are text | `page.rs` |
//! | what of a page is seen | `visible.rs` |
//! | a search engine whose words are known | a file in `data/search/` |
//! | one that speaks otherwise | `search/`, a file and a variant of `Dialect` |

mod error;
mod exchange;
mod fetch;
mod markup;
mod network;
mod page;
mod search;
mod target;
#[cfg(test)]
mod tests;
mod tool;
mod visible;
pub mod walls;

pub use error::FetchError;
pub use network::{Dialing, Internet, Network, Resolving, Stream};
pub use search::{SearchEngine, SearchEngines, SearchSetting};
pub use tool::WebTools;

//! Facts as data: reads the text of `data/`.
//!
//! The files of the repository's `data/` folder are embedded in the binary ([`DataTree::embedded`]); whoever starts
//! the program may lay files of its own over them ([`DataTree::overlay`]). This crate never touches a disk.
//!
//! To add a model: a `[[model]]` table in `data/models/<family>.toml`; see [`ModelSpec`] for what each field means.
//! To add a price: a `[[price]]` table in `data/prices/<vendor>.toml`; see [`Prices`] for how rules are read.
//! To add a kind of fact: a folder below `data/`, its name in `EMBEDDED` of `tree.rs`, and a module with one function
//! `<facts>(&DataTree) -> Result<…, CatalogError>` whose parser refuses fields that it does not know.

mod agents;
mod check;
mod error;
mod models;
mod prices;
mod text;
mod tree;

pub use agents::{AgentFiles, agent_files};
pub use error::CatalogError;
pub use models::{ModelCatalog, ModelSpec, Source, WheelPart, models};
pub use prices::{
    CostError, Facts, LOCAL_VENDOR, ModelRef, Price, PriceRate, Prices, ServiceClass, Unpriced, prices,
};
pub use tree::DataTree;

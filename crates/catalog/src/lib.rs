//! Facts as data: reads the text of `data/`.
//!
//! The files of the repository's `data/` folder are embedded in the binary ([`DataTree::embedded`]); whoever starts
//! the program may lay files of its own over them ([`DataTree::overlay`]). This crate never touches a disk.
//!
//! To add a model: a `[[model]]` table in `data/models/<family>.toml`; see [`ModelSpec`] for what each field means.
//! To add a price: a `[[price]]` table in `data/prices/<vendor>.toml`; see [`Prices`] for how rules are read.
//! To add a provider of models: a file in `data/providers/`; see [`Provider`], [`Endpoint`] and [`Quirks`].
//! To add how well a model answers: a `[[figure]]` in `data/quality/`; see [`Qualities`].
//! To add a kind of fact: a folder below `data/`, its name in `EMBEDDED` of `tree.rs`, and a module with one function
//! `<facts>(&DataTree) -> Result<…, CatalogError>` whose parser refuses fields that it does not know.

mod agents;
mod bills;
mod check;
mod error;
mod exchange;
mod models;
mod prices;
mod providers;
mod quality;
mod slips;
mod text;
mod tree;

pub use agents::{AgentFiles, agent_files};
pub use bills::{BillError, BillFormat, BillLine, bill_format};
pub use error::CatalogError;
pub use exchange::exchange;
pub use models::{ModelCatalog, ModelSpec, Source, WheelPart, models};
pub use prices::{
    Audit, Change, CostError, Facts, ForeignList, LOCAL_VENDOR, ListError, ModelRef, Price, PriceDiff,
    PriceFinding, PriceLine, PriceRate, Prices, Quoted, RateChange, ServiceClass, Severity, Terms, Unpriced,
    audit_prices, prices,
};
pub use providers::{
    Auth, CacheMarks, Counted, Dialect, Endpoint, Fault, Forms, Limits, Patience, Provider, Providers,
    Quirks, ReasoningBack, ReasoningSwitch, ToolForce, UsageInStream, providers,
};
pub use quality::{Figure, PerMille, PerMilleError, Qualities, TaskClass, qualities};
pub use slips::slips;
pub use tree::DataTree;

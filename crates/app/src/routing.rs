//! Who answers where a policy was asked for instead of a model.
//!
//! `choose.rs` reads the facts and lets the crate `router` decide; `deployments.rs` says who there is; `admit_chat.rs` holds
//! what the choice may cost; the crate `courses` asks one after another until something can be shown; `book.rs` writes down what
//! that saved. Models that were named go the same way, as a course of one.

mod admit_chat;
mod book;
mod choose;
mod deployments;
mod words;

use catalog::{CatalogError, DataTree, Qualities};
use router::{Policies, Policy, RoutingError, Signs};
use thiserror::Error;
use wire::RouteTried;

use crate::App;

pub(crate) use admit_chat::{Asked, Ready};
pub(crate) use book::{Used, ending};

const SIGNS: &str = "routing/signs.toml";

/// By what it is chosen who answers.
#[derive(Clone, Debug, Default)]
pub struct Routing {
    /// The policies that can be asked for like models.
    pub policies: Policies,
    /// How well models answer.
    pub qualities: Qualities,
    /// By which words tasks are told apart.
    pub signs: Signs,
}

/// A file about routing that cannot be used.
#[derive(Debug, Error)]
pub enum RoutingFileError {
    /// A policy, or the words by which tasks are told apart.
    #[error(transparent)]
    Routing(#[from] RoutingError),
    /// Figures of quality.
    #[error(transparent)]
    Quality(#[from] CatalogError),
}

impl Routing {
    /// Reads `data/routing` and `data/quality`.
    ///
    /// # Errors
    /// At the first file or field that cannot be right.
    pub fn read(data: &DataTree) -> Result<Self, RoutingFileError> {
        Ok(Self {
            policies: Policies::read(data.below("routing"))?,
            qualities: catalog::qualities(data)?,
            signs: Signs::read(&format!("data/{SIGNS}"), data.get(SIGNS).unwrap_or_default())?,
        })
    }
}

/// What became of asking so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    /// The policy that chose, if one did.
    pub(crate) policy: Option<String>,
    /// Who was asked last.
    pub(crate) model: String,
    /// Who was asked before, in vain.
    pub(crate) tried: Vec<RouteTried>,
}

impl Trail {
    /// Of a model that was named.
    pub(crate) fn of(model: &str) -> Self {
        Self { policy: None, model: model.to_owned(), tried: Vec::new() }
    }

    /// Another one is asked.
    pub(crate) fn turn(&mut self, tried: RouteTried, model: String) {
        self.tried.push(tried);
        self.model = model;
    }
}

impl App {
    /// The policies that can be asked for like models.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.offer.routing.policies.iter()
    }

    pub(crate) fn policy(&self, id: &str) -> Option<&Policy> {
        self.offer.routing.policies.get(id)
    }
}

//! By what it is chosen who answers, as files say it.

use catalog::{CatalogError, DataTree, Qualities};
use plans::Plans;
use thiserror::Error;

use crate::{Policies, RoutingError, Signs};

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
    /// The policy that decides on what others answered, and is not acted on.
    pub watch: Option<String>,
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
    /// A policy is named that there is not.
    #[error("{place}: there is no policy `{id}`; there are {known}")]
    NoPolicy {
        /// Where it is named.
        place: String,
        /// What is named.
        id: String,
        /// What there is.
        known: String,
    },
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
            watch: None,
        })
    }

    /// The same, with a policy that is watched.
    ///
    /// # Errors
    /// When there is no such policy.
    pub fn watching(mut self, id: &str) -> Result<Self, RoutingFileError> {
        self.must_have("[routing] watch", id)?;
        self.watch = Some(id.to_owned());
        Ok(self)
    }

    /// Whether there is every policy that these plans name.
    ///
    /// # Errors
    /// When there is one that there is not.
    pub fn must_serve(&self, plans: &Plans) -> Result<(), RoutingFileError> {
        let mut named = plans.iter().filter_map(|plan| Some((&plan.id, plan.policy.as_ref()?)));
        named
            .try_for_each(|(plan, policy)| self.must_have(&format!("data/plans/{plan}.toml: policy"), policy))
    }

    fn must_have(&self, place: &str, id: &str) -> Result<(), RoutingFileError> {
        if self.policies.get(id).is_some() {
            return Ok(());
        }
        let known: Vec<String> = self.policies.iter().map(|policy| format!("`{}`", policy.id)).collect();
        let (place, id) = (place.to_owned(), id.to_owned());
        Err(RoutingFileError::NoPolicy { place, id, known: known.join(", ") })
    }
}

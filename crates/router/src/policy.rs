//! What somebody wants of a choice.

use std::collections::BTreeMap;

use catalog::{PerMille, TaskClass};
use plans::Names;
use serde::{Deserialize, Serialize};

use crate::check::Check;
use crate::facts::{Deployment, DeploymentId};

/// A way to choose, and what it is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The name of its file: `auto`.
    pub id: String,
    /// For people.
    pub name: Names,
    /// How it chooses.
    pub way: Way,
    /// What it puts up with.
    pub patience: Patience,
    /// What savings are told against; absent: the reference of the price files.
    pub reference: Option<Reference>,
}

/// How a policy chooses.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Way {
    /// This one and no other. Of a model that several deployments have, the cheapest first.
    Fixed {
        /// Which one.
        target: Target,
    },
    /// These, in this order.
    FallBack {
        /// Which ones.
        chain: Vec<Target>,
    },
    /// The cheapest that is good enough.
    Cheapest {
        /// What is good enough.
        #[serde(default)]
        floor: Floor,
        /// What becomes of models without a figure.
        #[serde(default)]
        unrated: Unrated,
        /// What happens when none is good enough.
        #[serde(default)]
        short: Shortfall,
    },
    /// The cheapest of all first, where that pays; an answer that does not pass goes to the cheapest that is good enough.
    Cascade {
        /// What is good enough for the last word.
        floor: Floor,
        /// What an answer of the first has to pass.
        check: Check,
        /// How often it does not, as it was measured: without such a figure nobody knows whether trying pays.
        escalations: PerMille,
        /// What becomes of models without a figure, beyond being tried first.
        #[serde(default)]
        unrated: Unrated,
        /// What happens when none is good enough.
        #[serde(default)]
        short: Shortfall,
    },
    /// Shares requests among several, by weight.
    Balance {
        /// So many parts for each; at most 100.
        weights: BTreeMap<Target, u32>,
    },
}

/// A deployment (`vendor/model`), or a model wherever it can be reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Target(pub String);

impl Target {
    /// Whether it means this deployment.
    pub fn is(&self, id: &DeploymentId, deployment: &Deployment) -> bool {
        self.0 == id.0 || self.0 == deployment.model
    }
}

/// What is good enough, by class of task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Floor {
    /// For classes that are not named; absent: everything is good enough.
    pub usual: Option<PerMille>,
    /// For these.
    #[serde(default)]
    pub of: BTreeMap<TaskClass, PerMille>,
}

impl Floor {
    /// The floor of a class.
    pub fn of(&self, class: TaskClass) -> Option<PerMille> {
        self.of.get(&class).copied().or(self.usual)
    }
}

/// What becomes of models that have no figure for a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unrated {
    /// They are left out.
    #[default]
    Refuse,
    /// They come after all others, the cheapest first.
    Last,
}

/// What happens when no model is good enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// Nobody is asked.
    #[default]
    Refuse,
    /// The best of the others are asked, after those that are good enough.
    Best,
}

/// What a policy puts up with. Deployments beyond it are asked after all others of their kind; nobody is left out for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patience {
    /// The longest wait for a first token.
    pub first_token_ms: Option<u32>,
    /// The slowest writing.
    pub tokens_per_second: Option<u32>,
    /// The most calls that may fail.
    pub errors: Option<PerMille>,
}

/// A model of a price file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The vendor, as its price file is named.
    pub vendor: String,
    /// The model in the vendor's words.
    pub model: String,
}

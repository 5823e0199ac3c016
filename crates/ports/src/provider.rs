//! Providers of models, as whoever runs the workspace sets and tries them. Which there are, the catalogue says; here they go
//! by the ids of their sites: `vendor` for the usual endpoint of a vendor, `vendor.endpoint` for the others.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use stdx::{Secret, Timestamp};
use wire::ErrorCode;

use crate::{Attempt, PortError};

/// What a trial waits for.
pub type TrialFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who asks providers, and whom: it may change while questions are on their way.
pub trait ProviderHost: fmt::Debug + Send + Sync {
    /// How far an address of this site may lead that was typed into a page.
    fn reach(&self, site: &str) -> Reach;

    /// The address where an account would be asked, with its blanks filled in: what a key is for.
    ///
    /// # Errors
    /// What is wrong with it.
    fn address(&self, site: &str, account: &SiteAccount) -> Result<String, SiteRefusal>;

    /// Fails unless an account can be asked for.
    ///
    /// # Errors
    /// What is missing or wrong, without the key.
    fn check(&self, site: &str, account: &SiteAccount) -> Result<(), SiteRefusal>;

    /// From now on these are asked and no others. Questions that are on their way go on, also at sites that are gone. Answers
    /// which of them cannot be asked, and why.
    fn replace(&self, sites: &[(String, SiteAccount)]) -> Vec<(String, SiteRefusal)>;

    /// How a site stands; nothing when it is not asked.
    fn standing(&self, site: &str) -> Option<SiteStanding>;

    /// Somebody has seen that a model (`site/model`) answers: it is asked again at once, whatever was thought of it.
    fn vouch_for(&self, model: &str);

    /// A site, to be tried without any effect on those who ask it; nothing when it is not asked.
    fn trial(&self, site: &str) -> Option<Box<dyn ProviderTrial>>;
}

/// A site that is tried, over a connection of its own.
pub trait ProviderTrial: Send + Sync {
    /// The names of its models, which costs nothing.
    fn models(&self) -> TrialFuture<'_, Result<Vec<String>, PortError>>;

    /// Asks a model, in its vendor's words, for a word or two.
    fn ask<'a>(&'a self, model: &'a str) -> TrialFuture<'a, Asked>;

    /// How long the connection took that was made last: name, TCP and TLS. Nothing: there was none.
    fn connected_in(&self) -> Option<Duration>;
}

/// What somebody has at a site.
#[derive(Clone, Debug, Default)]
pub struct SiteAccount {
    /// The key; absent where none is needed.
    pub key: Option<Secret<String>>,
    /// Another address than the vendor's.
    pub base_url: Option<String>,
    /// What stands for the words in braces of the address.
    pub blanks: BTreeMap<String, String>,
    /// How far another address, or one with blanks, may lead.
    pub reach: Reach,
}

/// What was set for a site, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSite {
    /// `vendor`, or `vendor.endpoint`.
    pub site: String,
    /// Encrypted; absent where no key was given.
    pub sealed_key: Option<String>,
    /// Another address than the vendor's.
    pub base_url: Option<String>,
    /// What stands for the words in braces of the address.
    pub blanks: BTreeMap<String, String>,
    /// The models that are offered; absent: those that have a price.
    pub models: Option<Vec<String>>,
    /// False: it is not asked.
    pub is_on: bool,
    /// When it was set.
    pub changed_at: Timestamp,
}

/// Which addresses a site may lead to. An address that was typed into a page is less trusted than one that whoever runs
/// the machine wrote into its files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Wherever the files of this machine say.
    #[default]
    Anywhere,
    /// The internet, this machine and the networks around it, but never where a cloud keeps a machine's secrets.
    Near,
    /// The internet alone.
    Public,
}

/// Why a site cannot be asked. Never has a key in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteRefusal {
    /// In words for whoever runs the workspace, without a stop at their end.
    pub reason: String,
    /// True when a key is all that is missing.
    pub is_without_key: bool,
}

/// How a site stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteStanding {
    /// Calls under way.
    pub under_way: usize,
    /// Calls that wait for a place.
    pub waiting: usize,
    /// Models that only failed of late and are left in peace, with how long they still are.
    pub resting: Vec<(String, Duration)>,
    /// The last call that failed, unless one was answered since.
    pub failed: Option<LastFailure>,
    /// When the last answer was complete.
    pub answered_at: Option<Timestamp>,
}

/// The last call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastFailure {
    /// When.
    pub at: Timestamp,
    /// The model, in the vendor's words.
    pub model: String,
    /// What kind of failure.
    pub code: ErrorCode,
    /// In words that may be shown; never with a key in them.
    pub detail: String,
}

/// What came of a question that was a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The attempt, with its times and what it consumed; absent when none was made.
    pub attempt: Option<Attempt>,
    /// What the model said.
    pub text: String,
    /// Why there is no answer, or not all of one.
    pub error: Option<PortError>,
}

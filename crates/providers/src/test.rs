//! Asks a provider for a word, to see that it answers, how fast, and for how much.
//!
//! In two steps, because the second costs something and is to be held for before: which models there are, and a word of one.

use std::time::Duration;

use catalog::{Facts, ModelRef, Price};
use money::{Money, Unit};
use ports::{Attempt, PortError, PortErrorKind, ProviderTrial};
use tokio::sync::SemaphorePermit;
use tokio::time::timeout;
use wire::{ErrorCode, Usage};

use crate::facts::closest;
use crate::{PriceLists, ProviderDesk, ProviderError};

/// How long somebody waits for a list of models.
const LIST: Duration = Duration::from_secs(30);
/// How long somebody waits for a word.
const WORD: Duration = Duration::from_secs(60);

/// What came of a test. Never has a key in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderTest {
    /// How long the connection took: name, TCP and TLS. Absent: there was none.
    pub connect: Option<Duration>,
    /// The models that the provider says it has; absent where it does not say.
    pub models: Option<Vec<String>>,
    /// The model that was asked, in the provider's words.
    pub model: Option<String>,
    /// From the question to the first piece of the answer.
    pub first_token: Option<Duration>,
    /// From the question to the end.
    pub total: Option<Duration>,
    /// What the model said.
    pub text: String,
    /// What was consumed, as the provider says.
    pub usage: Option<Usage>,
    /// What the model costs at this hour; absent where nobody has written it down.
    pub price: Option<Price>,
    /// What the test cost whoever runs the server.
    pub cost: Option<Money>,
    /// Why there is no answer.
    pub error: Option<PortError>,
}

/// A test under way, over a connection of its own.
pub struct Test<'a> {
    desk: &'a ProviderDesk,
    id: String,
    trial: Box<dyn ProviderTrial>,
    found: ProviderTest,
    _turn: SemaphorePermit<'a>,
}

impl ProviderDesk {
    /// Begins to test a provider.
    ///
    /// # Errors
    /// When nobody knows it, it is not asked, or others test.
    pub fn test(&self, id: &str) -> Result<Test<'_>, ProviderError> {
        self.facts.find(id)?;
        let trial = self.host.trial(id).ok_or_else(|| ProviderError::NotAsked(id.to_owned()))?;
        let turn = self.tests.try_acquire().map_err(|_| ProviderError::Busy)?;
        Ok(Test { desk: self, id: id.to_owned(), trial, found: ProviderTest::default(), _turn: turn })
    }

    /// The model of a provider that costs least; of those that it says it has, where it does.
    fn cheapest(&self, id: &str, listed: &[String], lists: PriceLists<'_>) -> Option<String> {
        let offered = self.remote();
        let models = &offered.site(id)?.models;
        let is_there = |model: &&String| listed.is_empty() || listed.contains(model);
        let costs = |model: &String| {
            let price = lists.price(id, model)?;
            let rate = |unit| Some(price.rate(unit)?.rate.picos());
            Some((rate(Unit::Input)?.saturating_add(rate(Unit::Output)?), model.clone()))
        };
        let there: Vec<&String> = models.iter().filter(is_there).collect();
        let cheapest = there.iter().filter_map(|model| costs(model)).min().map(|(_, model)| model);
        cheapest.or_else(|| there.first().map(|model| (*model).clone()))
    }
}

impl PriceLists<'_> {
    fn price(&self, site: &str, model: &str) -> Option<Price> {
        let vendor = self.names.get(site).map_or(site, String::as_str);
        self.prices.price_at(self.at, ModelRef { vendor, model }, Facts::default()).ok()
    }
}

impl Test<'_> {
    /// Asks for the list of models, which costs nothing, and says which model will be asked for a word: the wished one, or the
    /// cheapest that is offered. Nothing when it is no use asking.
    pub async fn choose(&mut self, wish: Option<String>, lists: PriceLists<'_>) -> Option<&str> {
        match timeout(LIST, self.trial.models()).await.unwrap_or_else(|_| Err(silent(LIST))) {
            Ok(models) => self.found.models = Some(models),
            // Whoever is not reached, or does not take the key, need not be asked for a word. Others have no list.
            Err(error) => {
                let is_final = matches!(error.code, ErrorCode::UpstreamKey | ErrorCode::UpstreamFunds);
                if is_final || self.trial.connected_in().is_none() {
                    self.found.error = Some(error);
                    return None;
                }
            }
        }
        let listed = self.found.models.as_deref().unwrap_or_default();
        let wish = wish.map(|model| model.trim().to_owned()).filter(|model| !model.is_empty());
        let cheapest = || self.desk.cheapest(&self.id, listed, lists);
        let Some(model) = wish.or_else(cheapest).or_else(|| listed.first().cloned()) else {
            let detail = "It does not say which models it has: name one to be asked.";
            self.found.error = Some(PortError::new(PortErrorKind::Bad, ErrorCode::InvalidRequest, detail));
            return None;
        };
        self.found.price = lists.price(&self.id, &model);
        self.found.model = Some(model);
        self.found.model.as_deref()
    }

    /// Asks the chosen model for a word. Answers the attempt, where one was made.
    pub async fn ask(&mut self) -> Option<Attempt> {
        let model = self.found.model.as_deref()?;
        let Ok(asked) = timeout(WORD, self.trial.ask(model)).await else {
            self.found.error = Some(silent(WORD));
            return None;
        };
        self.found.text = asked.text;
        self.found.error = asked.error.map(|error| with_name(error, model, self.found.models.as_deref()));
        let attempt = asked.attempt?;
        self.found.first_token = attempt.first_token;
        self.found.total = Some(attempt.took);
        self.found.usage = attempt.reported().map(ports::Spent::tokens);
        Some(attempt)
    }

    /// What came of it. A model that answered is asked again at once, whatever was thought of it.
    pub fn over(self, cost: Option<Money>) -> ProviderTest {
        if let (Some(model), None) = (&self.found.model, &self.found.error) {
            self.desk.host.vouch_for(&format!("{}/{model}", self.id));
        }
        ProviderTest { connect: self.trial.connected_in(), cost, ..self.found }
    }
}

fn silent(patience: Duration) -> PortError {
    let detail = format!("There was no answer within {} seconds.", patience.as_secs());
    PortError::new(PortErrorKind::Down, ErrorCode::UpstreamDown, detail)
}

/// The same error; of a model that the provider does not have it says which was probably meant.
fn with_name(mut error: PortError, model: &str, listed: Option<&[String]>) -> PortError {
    let listed = listed.unwrap_or_default().iter().cloned();
    if error.code == ErrorCode::NotFound
        && let Some(close) = closest(model, listed)
    {
        error.detail.push_str(&format!(" Did you mean `{close}`?"));
    }
    error
}

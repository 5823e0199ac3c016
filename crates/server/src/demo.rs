//! `hutong up --demo-upstream`: a provider on loopback whose answers are scripted, so that whoever has neither a key nor a
//! model sees everything: prices, attempts, answers that break off. What it is its name says, wherever it stands.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use catalog::{DataTree, Dialect};
use fakevendors::{FakeVendors, House};
use stdx::{Clock, Secret};

/// Its id: the first half of its models' ids.
pub(crate) const ID: &str = "demo";
/// Where its key is from, as people are told.
pub(crate) const FLAG: &str = "--demo-upstream";
/// It leads nowhere, so that anybody may know it.
const KEY: &str = "fake-demo";
/// A hundred years: for as long as the server runs.
const LIFE: Duration = Duration::from_secs(3_155_760_000);

const SHORT: &str = "这是一段演示：没有模型读过你的问题，这些字是事先写好的。\n\n\
    This is a demo: no model has read your question; these words were written beforehand.";
const LONG: &str = include_str!("demo.md");

/// Its models: name, what they do, what they say, and what a million tokens cost in yuan, in and out. The cheapest answers where
/// nobody says which.
const MODELS: [(&str, &str, &str, (&str, &str)); 4] = [
    ("scripted-small", "tps-40.first-200ms", SHORT, ("1", "4")),
    ("scripted-large", "tps-60.first-600ms", LONG, ("4", "16")),
    ("scripted-thinker", "think-24.tps-40.first-400ms", SHORT, ("2", "8")),
    ("scripted-breaks-off", "tps-30.break-12", SHORT, ("3", "12")),
];

/// The provider while it runs.
#[derive(Debug)]
pub(crate) struct Demo {
    vendors: FakeVendors,
}

impl Demo {
    /// Opens it on loopback, on any port.
    pub(crate) async fn open(clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let mut house = House::new(clock).with_life(LIFE);
        for (name, knobs, text, _) in MODELS {
            house = house.with_text(name, knobs, text);
        }
        let vendors = house.open(0).await.context("the demo provider cannot be opened")?;
        Ok(Self { vendors })
    }

    /// What is known of it, as files.
    pub(crate) fn files(&self) -> DataTree {
        let url = self.vendors.base_url(Dialect::ChatCompletions);
        let source = "source_url = \"https://localhost/\"\nchecked_on = \"2026-11-23\"\n";
        let provider = format!(
            "[provider]\nid = \"{ID}\"\nname = \"Demo (scripted 照稿念)\"\nprices = \"{ID}\"\nkey_env = []\n{source}\
             [[endpoint]]\nid = \"main\"\ndialect = \"chat-completions\"\nbase_url = \"{url}\"\n"
        );
        let mut prices =
            format!("[vendor]\nid = \"{ID}\"\ncurrency = \"CNY\"\nutc_offset = \"+08:00\"\n{source}");
        for (name, _, _, (input, output)) in MODELS {
            prices.push_str(&format!(
                "[[price]]\nmodels = [\"{name}\"]\neffective_from = \"2026-01-01\"\n\
                 rates = {{ input = \"{input}\", output = \"{output}\" }}\n"
            ));
        }
        DataTree::from_files([
            (format!("providers/{ID}.toml"), provider),
            (format!("prices/{ID}.toml"), prices),
        ])
    }

    /// Where its key is from, and the key.
    pub(crate) fn key() -> (String, Secret<String>) {
        (FLAG.to_owned(), Secret::new(KEY.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use ports::{ChatEvent, ChatMessage, ChatModel, ChatRequest};
    use stdx::{SeededRng, SystemClock};
    use upstreams::{Account, Options, Site, Upstreams};
    use wire::{ErrorCode, Role};

    use super::*;

    /// What a model says, and how it ends.
    async fn heard(upstreams: &Upstreams, model: &str) -> (String, Option<ErrorCode>) {
        let question = vec![ChatMessage::text(Role::User, "hello")];
        let mut events = upstreams.chat(ChatRequest::new(format!("{ID}/{model}"), question));
        let mut text = String::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(ChatEvent::Text(piece)) => text.push_str(&piece),
                Ok(_) => {}
                Err(error) => return (text, Some(error.code)),
            }
        }
        (text, None)
    }

    #[tokio::test]
    async fn it_is_asked_as_every_provider_is_and_says_what_is_written() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let demo = Demo::open(Arc::clone(&clock)).await.unwrap();
        let providers = catalog::providers(&demo.files()).unwrap();
        let account = Account { key: Some(Demo::key().1), ..Account::default() };
        let site = Site::open(providers.get(ID).unwrap(), None, &account).unwrap();
        let upstreams = Upstreams::new([site], Options::default(), clock, Arc::new(SeededRng::new(1)));
        assert_eq!(heard(&upstreams, "scripted-small").await, (SHORT.to_owned(), None));
        let (text, error) = heard(&upstreams, "scripted-breaks-off").await;
        assert!(SHORT.starts_with(&text) && !text.is_empty() && error.is_some(), "{text} {error:?}");
    }

    #[tokio::test]
    async fn its_files_are_read_and_each_model_has_a_price() {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let demo = Demo::open(Arc::clone(&clock)).await.unwrap();
        let data = DataTree::embedded().overlay(demo.files());
        let providers = catalog::providers(&data).unwrap();
        let provider = providers.get(ID).unwrap();
        assert!(provider.name.contains("scripted") && provider.name.contains("照稿"), "it says what it is");
        let prices = catalog::prices(&data).unwrap();
        for (model, ..) in MODELS {
            let model = catalog::ModelRef { vendor: ID, model };
            assert!(prices.price_at(clock.now(), model, catalog::Facts::default()).is_ok());
        }
    }
}

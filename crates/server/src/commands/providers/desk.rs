//! Where providers are set: at the running server, so that it counts at once, or in the database for the next one.

use std::collections::BTreeMap;
use std::time::Duration;

use api::UseCases;
use app::{KeyFrom, ProviderInfo, ProviderState, ProviderTest, SetProvider};
use money::{Amount, Currency};
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use stdx::Secret;

use crate::running::{self, Running};
use crate::wiring::{House, Tokens};

/// Where providers are set.
pub(super) enum Desk {
    Server(Running),
    Own(UseCases),
}

/// How a provider is to be asked.
pub(super) struct Wish {
    pub(super) key: Option<Secret<String>>,
    pub(super) base_url: Option<String>,
    pub(super) blanks: BTreeMap<String, String>,
    pub(super) models: Option<Vec<String>>,
    pub(super) enabled: bool,
}

#[derive(Debug, Deserialize)]
struct List {
    items: Vec<Row>,
}

/// A provider, as far as a terminal shows it.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) vendor: String,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) needs_key: bool,
    problem: Option<String>,
    key: String,
    key_name: Option<String>,
    key_env: Vec<String>,
    usual_url: String,
    base_url: Option<String>,
    blanks: BTreeMap<String, Option<String>>,
    calls: Calls,
}

#[derive(Debug, Default, Deserialize)]
struct Calls {
    resting: Vec<Resting>,
    last_failure: Option<Failed>,
}

#[derive(Debug, Deserialize)]
struct Resting {
    model: String,
    seconds: u64,
}

#[derive(Debug, Deserialize)]
struct Failed {
    model: String,
    detail: String,
}

/// What came of a test.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Found {
    connect_ms: Option<u64>,
    model: Option<String>,
    models: Option<Vec<String>>,
    first_token_ms: Option<u64>,
    total_ms: Option<u64>,
    cost_micros: Option<i64>,
    currency: Option<Currency>,
    pub(super) error: Option<Said>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    detail: String,
}

impl Desk {
    pub(super) async fn of(house: &House) -> anyhow::Result<Self> {
        Ok(match running::find(&house.paths) {
            Some(server) => Self::Server(server),
            None => Self::Own(house.use_cases(&house.engine()?, Tokens::default()).await?),
        })
    }

    pub(super) async fn all(&self) -> anyhow::Result<Vec<Row>> {
        match self {
            Self::Server(server) => {
                Ok(serde_json::from_value::<List>(server.get("/providers").await?)?.items)
            }
            Self::Own(UseCases { app, .. }) => {
                Ok(app.known_providers().await?.into_iter().map(Row::from).collect())
            }
        }
    }

    pub(super) async fn set(&self, id: &str, wish: Wish) -> anyhow::Result<Row> {
        let Wish { key, base_url, blanks, models, enabled } = wish;
        match self {
            Self::Server(server) => {
                let key = key.map(|key| key.expose().trim().to_owned());
                let body = json!({"key": key, "base_url": base_url, "blanks": blanks, "models": models, "enabled": enabled});
                Ok(serde_json::from_value(server.put(&format!("/providers/{id}"), &body).await?)?)
            }
            Self::Own(UseCases { accounts, app }) => {
                let wish = SetProvider { key, base_url, blanks, models, is_on: enabled };
                Ok(app.set_provider(&accounts.owner().await?, id, wish).await?.into())
            }
        }
    }

    pub(super) async fn remove(&self, id: &str) -> anyhow::Result<()> {
        match self {
            Self::Server(server) => server.delete(&format!("/providers/{id}")).await,
            Self::Own(UseCases { accounts, app }) => {
                Ok(app.remove_provider(&accounts.owner().await?, id).await?)
            }
        }
    }

    pub(super) async fn test(&self, id: &str, model: Option<String>) -> anyhow::Result<Found> {
        match self {
            Self::Server(server) => {
                let path = format!("/providers/{id}/test");
                Ok(serde_json::from_value(server.post_body(&path, &json!({"model": model})).await?)?)
            }
            Self::Own(UseCases { accounts, app }) => match accounts.owner().await {
                Ok(owner) => Ok(app.test_provider(&owner, id, model).await?.into()),
                // Before there is an owner there are no books either.
                Err(_) => Ok(app.try_provider(id, model).await?.into()),
            },
        }
    }
}

impl Row {
    pub(super) fn host(&self) -> String {
        let url = Url::parse(self.base_url.as_ref().unwrap_or(&self.usual_url)).ok();
        url.as_ref().and_then(Url::host_str).unwrap_or("nowhere").to_owned()
    }

    pub(super) fn key(&self) -> String {
        let name = self.key_name.as_deref().unwrap_or_default();
        match self.key.as_str() {
            "kept" => "key kept, sealed".to_owned(),
            "config" => "key in hutong.toml".to_owned(),
            "file" | "environment" => format!("key in {name}"),
            _ => "no key".to_owned(),
        }
    }

    /// What is wrong with it, a line each.
    pub(super) fn trouble(&self) -> Vec<String> {
        let failed =
            self.calls.last_failure.iter().map(|failed| format!("{}: {}", failed.model, failed.detail));
        let rests = |resting: &Resting| {
            format!("{}: only failed of late, and is left in peace for {} s", resting.model, resting.seconds)
        };
        failed.chain(self.calls.resting.iter().map(rests)).collect()
    }

    /// What a provider that is not asked is waiting for.
    pub(super) fn needs(&self) -> String {
        let blanks: Vec<&str> = self.blanks.keys().map(String::as_str).collect();
        let blanks =
            if blanks.is_empty() { String::new() } else { format!(", and blanks for {}", blanks.join(", ")) };
        match (self.state.as_str(), &self.problem, self.key_env.first()) {
            ("off", ..) => "switched off".to_owned(),
            (_, Some(problem), _) => problem.clone(),
            (_, None, Some(name)) if self.needs_key => format!("needs {name}{blanks}"),
            _ => format!("needs `hutong providers add {}`{blanks}", self.id),
        }
    }
}

impl Found {
    pub(super) fn line(&self) -> String {
        if let Some(error) = &self.error {
            return error.detail.clone();
        }
        let millis = |span: Option<u64>| span.map_or_else(|| "?".to_owned(), |span| span.to_string());
        let (connect, first, total) =
            (millis(self.connect_ms), millis(self.first_token_ms), millis(self.total_ms));
        let cost = match (self.cost_micros, self.currency) {
            (Some(micros), Some(currency)) => Amount::from_micros(micros).of(currency).to_string(),
            _ => "no price known".to_owned(),
        };
        let models = match &self.models {
            Some(models) => format!("{} models", models.len()),
            None => "no list of models".to_owned(),
        };
        let model = self.model.as_deref().unwrap_or_default();
        format!(
            "{model} answers: connected in {connect} ms, first token {first} ms, all {total} ms, {cost}, {models}"
        )
    }
}

impl From<ProviderInfo> for Row {
    fn from(info: ProviderInfo) -> Self {
        let (state, problem) = match info.state {
            ProviderState::Asked => ("asked", None),
            ProviderState::Off => ("off", None),
            ProviderState::Absent => ("absent", None),
            ProviderState::Broken(reason) => ("broken", Some(reason)),
        };
        let (key, key_name) = match info.key {
            KeyFrom::Nowhere => ("none", None),
            KeyFrom::Kept => ("kept", None),
            KeyFrom::Config => ("config", None),
            KeyFrom::File(path) => ("file", Some(path.display().to_string())),
            KeyFrom::Variable(name) => ("environment", Some(name)),
        };
        Self {
            id: info.id,
            vendor: info.provider,
            name: info.name,
            state: state.to_owned(),
            needs_key: info.needs_key,
            problem,
            key: key.to_owned(),
            key_name,
            key_env: info.key_env,
            usual_url: info.usual_url,
            base_url: info.base_url,
            blanks: info.blanks.into_iter().collect(),
            // This process asked nobody yet.
            calls: Calls::default(),
        }
    }
}

impl From<ProviderTest> for Found {
    fn from(test: ProviderTest) -> Self {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self {
            connect_ms: test.connect.map(millis),
            model: test.model,
            models: test.models,
            first_token_ms: test.first_token.map(millis),
            total_ms: test.total.map(millis),
            cost_micros: test.cost.map(|cost| cost.amount.micros()),
            currency: test.cost.map(|cost| cost.currency),
            error: test.error.map(|error| Said { detail: error.detail }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(more: serde_json::Value) -> Row {
        let mut row = json!({
            "id": "toy", "vendor": "toy", "name": "Toy", "state": "absent", "needs_key": true, "problem": null,
            "key": "none", "key_name": null, "key_env": ["TOY_KEY"], "usual_url": "https://toy.example/v1",
            "base_url": null, "blanks": {}, "calls": {"resting": [], "last_failure": null},
        });
        row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(row).unwrap()
    }

    #[test]
    fn a_row_says_what_is_missing_and_what_is_wrong() {
        assert_eq!(row(json!({})).needs(), "needs TOY_KEY");
        assert_eq!(row(json!({"blanks": {"region": null}})).needs(), "needs TOY_KEY, and blanks for region");
        assert_eq!(row(json!({"needs_key": false})).needs(), "needs `hutong providers add toy`");
        assert_eq!(row(json!({"state": "off"})).needs(), "switched off");
        assert_eq!(row(json!({"state": "broken", "problem": "no such key"})).needs(), "no such key");
        let failed = json!({"calls": {"last_failure": {"model": "m", "detail": "Toy has a fault."}, "resting": [{"model": "m", "seconds": 5}]}});
        assert_eq!(
            row(failed).trouble(),
            ["m: Toy has a fault.", "m: only failed of late, and is left in peace for 5 s"]
        );
        let kept = row(json!({"key": "kept", "base_url": "http://gpu.lan:8000/v1"}));
        assert_eq!((kept.host().as_str(), kept.key().as_str()), ("gpu.lan", "key kept, sealed"));
    }

    #[test]
    fn a_test_is_one_line() {
        let found: Found = serde_json::from_value(json!({
            "connect_ms": 80, "model": "small", "models": ["small", "large"], "first_token_ms": 120,
            "total_ms": 200, "cost_micros": 4, "currency": "USD", "error": null,
        }))
        .unwrap();
        assert_eq!(
            found.line(),
            "small answers: connected in 80 ms, first token 120 ms, all 200 ms, 0.000004 USD, 2 models"
        );
        let failed =
            Found { error: Some(Said { detail: "Toy was not reached.".to_owned() }), ..Found::default() };
        assert_eq!(failed.line(), "Toy was not reached.");
    }
}

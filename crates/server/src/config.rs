//! `hutong.toml` in the data folder: every section and field may be absent.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use gateways::PaymentsConfig;
use serde::Deserialize;
use stdx::Secret;
use store::Place;

use crate::vendors::VendorSection;

/// What the operator wrote down.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) server: ServerConfig,
    pub(crate) database: DatabaseConfig,
    pub(crate) engine: EngineSection,
    pub(crate) models: ModelsConfig,
    pub(crate) responses: ResponsesConfig,
    pub(crate) money: MoneyConfig,
    pub(crate) payments: PaymentsConfig,
    pub(crate) telemetry: TelemetryConfig,
    /// What is kept of requests to models.
    pub(crate) requests: app::Keeping,
    pub(crate) routing: RoutingConfig,
    pub(crate) providers: BTreeMap<String, VendorSection>,
}

/// How the server is reached.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerConfig {
    /// More names it answers to, beside the loopback ones.
    pub(crate) hosts: Vec<String>,
    /// True behind a proxy that speaks HTTPS.
    pub(crate) https: bool,
}

/// Where people's data is kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct DatabaseConfig {
    /// A Postgres database, as `postgres://user:password@host:port/database`; absent: the file `hutong.db` in the data
    /// folder.
    pub(crate) url: Option<Secret<String>>,
}

impl DatabaseConfig {
    /// What the operator wrote down, or this file.
    pub(crate) fn place(&self, file: PathBuf) -> anyhow::Result<Place> {
        let Some(url) = &self.url else { return Ok(Place::File(file)) };
        match Place::parse(url.expose()) {
            server @ Place::Server(_) => Ok(server),
            Place::File(_) => anyhow::bail!(
                "`[database] url` in hutong.toml must begin with postgres:// (to keep data in a file, leave it out)"
            ),
        }
    }
}

/// Who is told of requests to models.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TelemetryConfig {
    /// The OTLP/HTTP receiver of a collector, such as `http://127.0.0.1:4318`; absent: nobody is told.
    pub(crate) otlp_endpoint: Option<String>,
    /// Sent along, such as a key of the collector.
    pub(crate) otlp_headers: BTreeMap<String, Secret<String>>,
    /// What this server is called there.
    pub(crate) service_name: Option<String>,
    /// Whether what was said is told, too; only where `[requests] log = "full"` keeps it.
    pub(crate) prompts: bool,
}

/// How local models run. Zero means: decided by the machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct EngineSection {
    pub(crate) threads: u32,
    pub(crate) nice: Option<u32>,
    /// Whether agents' prompts are computed ahead when there is nothing else to do; so it is unless this says no. Costs
    /// some minutes of computing once for each model.
    pub(crate) warm_up: Option<bool>,
    /// The level of processors that workers are to be made for, or `baseline`; absent: the highest that this one has.
    pub(crate) level: Option<String>,
    /// The most memory that models take together, in megabytes; absent: what the machine has.
    pub(crate) memory_mb: Option<u64>,
}

/// How it is looked at who answers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RoutingConfig {
    /// The policy that decides on what others answered, without being acted on; absent: none.
    pub(crate) watch: Option<String>,
}

/// When the days and months of plans begin.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MoneyConfig {
    /// How far clocks are ahead of UTC; absent: as the machine's are.
    pub(crate) utc_offset_minutes: Option<i32>,
}

/// What is kept of answers that programs can come back to.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ResponsesConfig {
    /// For so many days; 0: nothing is kept.
    pub(crate) keep_days: u32,
}

impl Default for ResponsesConfig {
    /// As long as the API that the face is of keeps them.
    fn default() -> Self {
        Self { keep_days: 30 }
    }
}

/// Where models come from.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ModelsConfig {
    /// A mirror of the Hugging Face hub.
    pub(crate) hf_endpoint: Option<String>,
}

impl Config {
    /// Reads the file; an absent one is an empty one.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => {
                Self::parse(&text).with_context(|| format!("{} cannot be understood", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", path.display())),
        }
    }

    /// What is wrong is told by its line, which is not shown: there may be a secret in it.
    fn parse(text: &str) -> anyhow::Result<Self> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            anyhow!("line {}: {}", before.matches('\n').count() + 1, error.message())
        })
    }

    /// The names that the server answers to: those that the operator wrote down, and the one that payment gateways call
    /// back to.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = String> + '_ {
        let public = self.payments.public_url.trim().split_once("://").map(|(_, rest)| rest);
        let public = public.and_then(|rest| rest.split('/').next()).filter(|host| !host.is_empty());
        let public = public.map(|host| match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name.to_owned(),
            _ => host.to_owned(),
        });
        self.server.hosts.iter().cloned().chain(public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_and_no_file_are_the_defaults() {
        let config = Config::read(Path::new("/nonexistent/hutong.toml")).unwrap();
        assert!(config.server.hosts.is_empty() && !config.server.https && config.engine.threads == 0);
    }

    #[test]
    fn the_level_of_workers_is_free_unless_it_is_said() {
        assert_eq!(Config::default().engine.level, None);
        let config: Config = toml::from_str("[engine]\nlevel = \"v3\"").unwrap();
        assert_eq!(config.engine.level.as_deref(), Some("v3"));
    }

    #[test]
    fn data_is_in_the_file_unless_a_server_is_named() {
        let place =
            |text: &str| toml::from_str::<Config>(text).unwrap().database.place("/d/hutong.db".into());
        assert_eq!(place("").unwrap().to_string(), "/d/hutong.db");
        let server = place("[database]\nurl = \"postgres://lane:hunter2@db.example/hutong\"").unwrap();
        assert_eq!(server.to_string(), "postgres://db.example:5432/hutong");
        let other =
            place("[database]\nurl = \"mysql://lane:hunter2@db.example/hutong\"").unwrap_err().to_string();
        assert!(other.contains("postgres://") && !other.contains("hunter2"), "{other}");
    }

    #[test]
    fn unknown_settings_are_named() {
        let error = Config::parse("[server]\nprot = 1").unwrap_err().to_string();
        assert!(error.contains("prot") && error.starts_with("line 2: "), "{error}");
    }

    #[test]
    fn a_line_that_cannot_be_understood_is_not_shown() {
        for text in [
            "[payments.stripe]\nsecret_key = sk_live_canary",
            "[payments.stripe]\nsecret_key = \"sk_live_canary",
            "[payments.stripe]\nsecret_key = [\"sk_live_canary\"]",
        ] {
            let error = format!("{:?}", Config::parse(text).unwrap_err());
            assert!(error.contains("line 2") && !error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn the_server_answers_to_the_name_that_gateways_call() {
        for (url, host) in [
            ("https://hutong.example.org", Some("hutong.example.org")),
            (" http://[::1]:7700/ ", Some("[::1]")),
            ("https://lane.example:8443/x", Some("lane.example")),
            ("", None),
        ] {
            let mut config = Config::default();
            config.payments.public_url = url.to_owned();
            assert_eq!(config.hosts().next().as_deref(), host, "{url}");
        }
    }
}

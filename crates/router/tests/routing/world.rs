//! A small world to choose in: three models of a vendor, one of which is cheaper at night, one of this machine, and one that
//! nobody has priced.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use catalog::{DataTree, Prices, Qualities, ServiceClass, TaskClass, prices, qualities};
use money::{Amount, ExchangeRates};
use plans::{Access, Plans};
use router::{
    Abilities, Decision, Deployment, DeploymentId, Facts, Features, Health, Latency, Market, Need, Policies,
    Policy, Prefix, Request, Room, route,
};
use stdx::Timestamp;

const TOY: &str = r#"
[vendor]
id = "toy"
currency = "USD"
utc_offset = "+00:00"
source_url = "https://example.org/prices"
checked_on = "2026-11-23"

[schedule]
night = [{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from = "22:00", until = "06:00" }]

[[price]]
models = ["small"]
effective_from = "2026-01-01"
rates = { input = "0.10", cache_read = "0.01", output = "0.40" }

[[price]]
models = ["large"]
effective_from = "2026-01-01"
rates = { input = "2.00", cache_read = "0.20", cache_write_5m = "2.50", output = "8.00" }

[[price]]
models = ["owl"]
effective_from = "2026-01-01"
outside = "night"
rates = { input = "3.00", output = "9.00" }

[[price]]
models = ["owl"]
effective_from = "2026-01-01"
during = "night"
rates = { input = "1.00", output = "3.00" }
"#;

const LOCAL: &str = r#"
[vendor]
id = "local"
currency = "CNY"
utc_offset = "+08:00"
checked_on = "2026-11-23"
[[price]]
models = ["*"]
effective_from = "2026-01-01"
rates = { input = "0", cache_read = "0", output = "0" }
"#;

const EXCHANGE: &str = r#"
checked_on = "2026-11-23"
[[rate]]
from = "USD"
to = "CNY"
since = "2026-01-01"
price = "7"
"#;

const QUALITY: &str = r#"
source_url = "https://example.org/results"
checked_on = "2026-11-23"
[[figure]]
models = ["small"]
class = "general"
quality = "0.500"
benchmark = "toys"
[[figure]]
models = ["large"]
class = "general"
quality = "0.900"
benchmark = "toys"
[[figure]]
models = ["owl"]
class = "general"
quality = "0.800"
benchmark = "toys"
"#;

const PLAN: &str = r#"
id = "all"
rank = 0
name = { zh = "全部", en = "All" }
at_end = { then = "stop" }
[price]
currency = "CNY"
amount = "0"
every = "month"
[access]
agents = ["*"]
models = ["*"]
tools = ["*"]
apps = []
unpriced_models = UNPRICED
[limits]
concurrent_runs = 1
weight = 1
"#;

#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) prices: Prices,
    pub(crate) exchange: ExchangeRates,
    pub(crate) qualities: Qualities,
    pub(crate) access: Access,
    pub(crate) request: Request,
    pub(crate) deployments: BTreeMap<DeploymentId, Deployment>,
    pub(crate) now: Timestamp,
    pub(crate) budget_left: Option<Amount>,
    pub(crate) draw: u64,
}

pub(crate) fn id(text: &str) -> DeploymentId {
    DeploymentId(text.to_owned())
}

pub(crate) fn deployment(vendor: &str, model: &str) -> Deployment {
    Deployment {
        model: model.to_owned(),
        price_vendor: vendor.to_owned(),
        price_model: model.to_owned(),
        class: ServiceClass::Standard,
        abilities: Abilities {
            context_tokens: 32_768,
            most_output_tokens: None,
            meets: [Need::Tools, Need::Json].into(),
        },
        prefix: Prefix::default(),
        health: Health::default(),
        latency: Latency::default(),
        room: Room::default(),
    }
}

pub(crate) fn plan_access(allows_unpriced: bool) -> Access {
    static BOTH: LazyLock<[Access; 2]> = LazyLock::new(|| [false, true].map(read_access));
    BOTH[usize::from(allows_unpriced)].clone()
}

fn read_access(allows_unpriced: bool) -> Access {
    let text = PLAN.replace("UNPRICED", &allows_unpriced.to_string());
    Plans::read([("all.toml", text.as_str())]).unwrap().get("all").unwrap().access.clone()
}

impl World {
    pub(crate) fn new() -> Self {
        static WORLD: LazyLock<World> = LazyLock::new(World::read);
        WORLD.clone()
    }

    fn read() -> Self {
        let data = DataTree::from_files([
            ("prices/toy.toml", TOY),
            ("prices/local.toml", LOCAL),
            ("exchange/toy.toml", EXCHANGE),
            ("quality/toy.toml", QUALITY),
        ]);
        let deployments = [
            ("local/tiny", deployment("local", "tiny")),
            ("toy/large", deployment("toy", "large")),
            ("toy/mystery", deployment("toy", "mystery")),
            ("toy/owl", deployment("toy", "owl")),
            ("toy/small", deployment("toy", "small")),
        ];
        Self {
            prices: prices(&data).unwrap(),
            exchange: catalog::exchange(&data).unwrap(),
            qualities: qualities(&data).unwrap(),
            access: plan_access(false),
            request: Request {
                features: Features { class: TaskClass::General, ..Features::default() },
                prompt_tokens: 1_000,
                most_prompt_tokens: 1_000,
                expected_output_tokens: 500,
                most_output_tokens: 1_000,
            },
            deployments: deployments.into_iter().map(|(name, it)| (id(name), it)).collect(),
            now: at("2026-11-23T12:00:00Z"),
            budget_left: None,
            draw: 7,
        }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn change(self, name: &str, change: impl FnOnce(&mut Deployment)) -> Self {
        self.with(|world| change(world.deployments.get_mut(&id(name)).unwrap()))
    }

    pub(crate) fn without(mut self, names: &[&str]) -> Self {
        self.deployments.retain(|id, _| !names.contains(&id.0.as_str()));
        self
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        Facts {
            request: &self.request,
            access: &self.access,
            budget_left: self.budget_left,
            market: Market {
                now: self.now,
                prices: &self.prices,
                exchange: &self.exchange,
                currency: "CNY".parse().unwrap(),
                qualities: &self.qualities,
            },
            deployments: &self.deployments,
            draw: self.draw,
        }
    }

    pub(crate) fn route(&self, way: &str) -> Decision {
        route(&self.facts(), &policy(way))
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).unwrap()
}

/// A policy whose `[way]`, and what follows it, is this.
pub(crate) fn policy(way: &str) -> Policy {
    read_policy(way).unwrap()
}

pub(crate) fn read_policy(way: &str) -> Result<Policy, router::RoutingError> {
    let text = format!("id = \"toy\"\nname = {{ zh = \"玩具\", en = \"Toy\" }}\n[way]\n{way}");
    Policies::read([("toy.toml", text.as_str())]).map(|read| read.get("toy").unwrap().clone())
}

pub(crate) fn order(decision: &Decision) -> Vec<&str> {
    decision.attempts.iter().map(|attempt| attempt.deployment.0.as_str()).collect()
}

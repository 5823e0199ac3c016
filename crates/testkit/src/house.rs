//! The facts of the test server: two agents and five models.

use std::fs;
use std::path::Path;

use agent::{Agent, PackageText};
use app::{ProviderFacts, Routing, Tariff};
use catalog::{DataTree, ModelCatalog};
use plans::{Plans, Thresholds};
use sha2::{Digest, Sha256};

/// The model agents use; it is installed unless a test says otherwise.
pub const DEFAULT_MODEL: &str = "tiny-chat";
/// Another model, which can be pulled.
pub const OTHER_MODEL: &str = "tiny-coder";
/// A model whose file is nowhere to be had.
pub const ABSENT_MODEL: &str = "tiny-lost";

/// A model that turns texts into vectors; installed with the default one.
pub const EMBEDDING_MODEL: &str = "tiny-embed";
/// A model that compares documents with a query; installed with the default one.
pub const RERANK_MODEL: &str = "tiny-rerank";

const AGENT: &str = r##"
version = 1
category = "learning"
glyph = "英"
color = "#3b7a57"
name = { zh = "中文名", en = "English name" }
description = { zh = "说明", en = "What it is for" }
greeting = { zh = "你好", en = "Hello" }
openings = { zh = ["改这句"], en = ["Fix this"] }
model = { temperature = 0.5, top_p = 0.75, max_tokens = 512 }
"##;

/// The agents `ask` (the default) and `tutor`.
/// `tutor` is more of the tutor's package.
pub(crate) fn agents(tutor: &str) -> Vec<Agent> {
    let agent = |id: &str, more: &str| {
        let toml = format!("id = \"{id}\"\n{more}\n{AGENT}");
        let prompt_zh = format!("你是 {id}。");
        let prompt_en = format!("You are {id}.");
        Agent::parse(PackageText {
            folder: id,
            agent_toml: &toml,
            prompt_zh: &prompt_zh,
            prompt_en: &prompt_en,
        })
        .unwrap()
    };
    vec![agent("ask", "default = true"), agent("tutor", tutor)]
}

/// The providers that are shipped, none of which is asked.
pub(crate) fn providers() -> ProviderFacts {
    let shipped = catalog::providers(&DataTree::embedded()).unwrap();
    ProviderFacts { shipped, ..ProviderFacts::default() }
}

/// What members have here unless a test says otherwise: much.
const FREE: &str = r#"
id = "free"
rank = 0
name = { zh = "免费版", en = "Free" }
at_end = { then = "stop" }
price = { currency = "CNY", amount = "0", every = "month" }
access = { agents = ["*"], models = ["*"], tools = ["*"], apps = ["*"] }
limits = { concurrent_runs = 64, weight = 1 }
"#;

const THRESHOLDS: &str = "alerts/thresholds.toml";

/// What is shipped, but for what differs: files by their paths below `data/`, and prices of models of this machine.
pub(crate) fn data(prices: Option<&(String, String)>, files: &[(String, String)]) -> DataTree {
    let mut overlay = vec![("plans/free.toml".to_owned(), FREE.to_owned())];
    overlay.extend(files.iter().cloned());
    if let Some((currency, rates)) = prices {
        let prices = format!(
            "[vendor]\nid = \"local\"\ncurrency = \"{currency}\"\nutc_offset = \"+08:00\"\nchecked_on = \"2026-11-22\"\n\
             [[price]]\nmodels = [\"*\"]\neffective_from = \"2026-01-01\"\nrates = {{ {rates} }}\n"
        );
        overlay.push(("prices/local.toml".to_owned(), prices));
    }
    DataTree::embedded().overlay(DataTree::from_files(overlay))
}

/// As the ways are called in which a vendor that tests invent can be asked, beside the first.
const TOY_ENDPOINTS: [&str; 3] = ["responses", "messages", "generate-content"];

/// The prices and plans of these files.
pub(crate) fn tariff(data: &DataTree) -> Tariff {
    let files: Vec<(String, &str)> =
        data.below("plans").map(|(name, text)| (format!("plans/{name}"), text)).collect();
    let plans = Plans::read(files.iter().map(|(name, text)| (name.as_str(), *text))).unwrap();
    Tariff {
        currency: plans.currency(),
        plans,
        prices: catalog::prices(data).unwrap(),
        alert_at: Thresholds::read(THRESHOLDS, data.get(THRESHOLDS).unwrap()).unwrap(),
        exchange: catalog::exchange(data).unwrap(),
        // However the vendor that tests invent is asked, it has one list of prices.
        price_lists: TOY_ENDPOINTS.map(|id| (format!("toy.{id}"), "toy".to_owned())).into(),
        offset_minutes: 480,
    }
}

/// The policies of these files, one of which may be watched.
pub(crate) fn routing(data: &DataTree, watch: Option<&str>) -> Routing {
    let routing = Routing::read(data).unwrap();
    routing.must_serve(&tariff(data).plans).unwrap();
    watch.into_iter().fold(routing, |routing, id| routing.watching(id).unwrap())
}

/// The catalogue. The files to be pulled are written to `folder`.
pub(crate) fn catalog(folder: &Path) -> ModelCatalog {
    let mut toml = String::from(
        "[family]\nid = \"tiny\"\nname = \"Tiny\"\nlicence = \"Apache-2.0\"\n\
         source_url = \"https://models.example/tiny\"\nchecked_on = \"2026-11-22\"\n",
    );
    for (id, kind) in [
        (DEFAULT_MODEL, "chat"),
        (OTHER_MODEL, "chat"),
        (ABSENT_MODEL, "chat"),
        (EMBEDDING_MODEL, "embedding"),
        (RERANK_MODEL, "rerank"),
    ] {
        let bytes = format!("the weights of {id}");
        let path = folder.join(format!("{id}.source"));
        if id != ABSENT_MODEL {
            fs::write(&path, &bytes).unwrap();
        }
        toml.push_str(&format!(
            "[[model]]\nid = \"{id}\"\nname = \"{id}\"\nkind = \"{kind}\"\nparameters = \"1K\"\nquant = \"Q4_0\"\nbytes = {}\n\
             sha256 = \"{}\"\ncontext_tokens = 2048\nfile = \"{id}.gguf\"\ndefault = {}\n\
             [[model.source]]\nkind = \"file\"\npath = \"{}\"\n",
            bytes.len(),
            hex::encode(Sha256::digest(bytes.as_bytes())),
            id == DEFAULT_MODEL,
            path.display(),
        ));
    }
    catalog::models(&DataTree::from_files([("models/tiny.toml", toml)])).unwrap()
}

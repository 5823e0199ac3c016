//! Reads `data/plans/<tier>.toml`.

use money::{Amount, Currency};
use serde::Deserialize;
use thiserror::Error;

use crate::calendar::Every;
use crate::plan::{Access, Allowance, AtEnd, Names, Patterns, Plan};
use crate::thresholds::{Thresholds, ThresholdsError};
use crate::window::{Measure, Window};

/// A plan's file that does not say what it should.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PlanError {
    /// The text is not of the documented shape.
    #[error("{file}: {message}")]
    Shape {
        /// The file.
        file: String,
        /// The parser's words, with line and column where it knows them.
        message: String,
    },
    /// A field is there but its value cannot be right.
    #[error("{file}: {field}: expected {expected}, found {found:?}")]
    Value {
        /// The file.
        file: String,
        /// The field's path inside the file.
        field: String,
        /// What would be accepted.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Members without a plan would have nothing.
    #[error("the plans: one must have rank 0 and cost nothing; it is what members have who hold none")]
    NoneForAll,
}

/// The words of the roles of members.
const ROLES: [&str; 4] = ["owner", "admin", "member", "guest"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    id: String,
    rank: u32,
    #[serde(default)]
    roles: Vec<String>,
    name: NamesTable,
    #[serde(default)]
    trial_days: u32,
    policy: Option<String>,
    at_end: AtEndTable,
    price: PriceTable,
    access: AccessTable,
    limits: LimitsTable,
    #[serde(default)]
    rate: Vec<AllowanceTable>,
    #[serde(default)]
    allowance: Vec<AllowanceTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamesTable {
    zh: String,
    en: String,
}

#[derive(Deserialize)]
#[serde(tag = "then", rename_all = "snake_case", deny_unknown_fields)]
enum AtEndTable {
    Stop {},
    CheaperModel { model: String },
    Wallet {},
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceTable {
    currency: String,
    amount: String,
    every: Every,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccessTable {
    agents: Vec<String>,
    models: Vec<String>,
    tools: Vec<String>,
    apps: Vec<String>,
    #[serde(default)]
    unpriced_models: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsTable {
    concurrent_runs: u32,
    weight: u32,
}

/// Exactly one of the three amounts stands there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowanceTable {
    window: String,
    credits: Option<String>,
    tokens: Option<u64>,
    requests: Option<u64>,
    alert_at: Option<Vec<u32>>,
}

pub(crate) fn read(path: &str, text: &str) -> Result<Plan, PlanError> {
    let file: PlanFile = toml::from_str(text)
        .map_err(|error| PlanError::Shape { file: path.to_owned(), message: error.to_string() })?;
    let check = Check { file: path };
    check.that(is_id(&file.id), "id", "lower-case letters, digits, `-` and `_`", &file.id)?;
    check.that(is_shown(&file.name.zh), "name.zh", "one line of text", &file.name.zh)?;
    check.that(is_shown(&file.name.en), "name.en", "one line of text", &file.name.en)?;
    let stranger = file.roles.iter().find(|role| !ROLES.contains(&role.as_str()));
    stranger.map_or(Ok(()), |role| Err(check.wrong("roles", "owner, admin, member or guest", role)))?;
    let currency: Currency = file
        .price
        .currency
        .parse()
        .map_err(|_| check.wrong("price.currency", "a currency such as CNY", &file.price.currency))?;
    let price = amount(&check, "price.amount", &file.price.amount)?;
    check.that(file.trial_days <= 366, "trial_days", "at most 366", &file.trial_days.to_string())?;
    let policy = file.policy.as_deref();
    policy.map_or(Ok(()), |id| check.that(is_id(id), "policy", "the id of a policy such as `cheap`", id))?;
    let limits = &file.limits;
    let runs = limits.concurrent_runs;
    check.that(runs > 0, "limits.concurrent_runs", "at least 1", &runs.to_string())?;
    let weight = limits.weight;
    check.that((1..=100).contains(&weight), "limits.weight", "1 to 100", &weight.to_string())?;
    let access = access(&check, file.access)?;
    let at_end = at_end(&check, file.at_end, &access)?;
    Ok(Plan {
        rates: allowances(&check, "rate", &file.rate)?,
        allowances: allowances(&check, "allowance", &file.allowance)?,
        id: file.id,
        rank: file.rank,
        roles: file.roles,
        name: Names { zh: file.name.zh, en: file.name.en },
        currency,
        price,
        every: file.price.every,
        trial_days: file.trial_days,
        access,
        policy: file.policy,
        concurrent_runs: runs,
        weight,
        at_end,
    })
}

fn access(check: &Check<'_>, table: AccessTable) -> Result<Access, PlanError> {
    let patterns = |field: &str, list: Vec<String>| -> Result<Patterns, PlanError> {
        let is_pattern = |text: &str| {
            let beginning = text.strip_suffix('*').unwrap_or(text);
            !text.is_empty() && beginning.chars().all(|c| c.is_ascii_graphic() && c != '*')
        };
        let wrong = list.iter().find(|text| !is_pattern(text));
        let expected = "names, or beginnings that end in `*`";
        wrong.map_or(Ok(()), |text| Err(check.wrong(field, expected, text)))?;
        Ok(Patterns(list))
    };
    Ok(Access {
        agents: patterns("access.agents", table.agents)?,
        models: patterns("access.models", table.models)?,
        tools: patterns("access.tools", table.tools)?,
        apps: patterns("access.apps", table.apps)?,
        unpriced_models: table.unpriced_models,
    })
}

fn at_end(check: &Check<'_>, table: AtEndTable, access: &Access) -> Result<AtEnd, PlanError> {
    match table {
        AtEndTable::Stop {} => Ok(AtEnd::Stop),
        AtEndTable::Wallet {} => Ok(AtEnd::Wallet),
        AtEndTable::CheaperModel { model } => {
            let is_allowed = access.models.allow(&model);
            check.that(is_allowed, "at_end.model", "a model that `access.models` allows", &model)?;
            Ok(AtEnd::CheaperModel(model))
        }
    }
}

fn allowances(check: &Check<'_>, kind: &str, tables: &[AllowanceTable]) -> Result<Vec<Allowance>, PlanError> {
    let mut list: Vec<Allowance> = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let at = |field: &str| format!("{kind}[{index}].{field}");
        let expected = "`day`, `month`, or hours or minutes such as 5h or 1m";
        let window = Window::parse(&table.window)
            .ok_or_else(|| check.wrong(&at("window"), expected, &table.window))?;
        let (measure, most, field) = match (&table.credits, table.tokens, table.requests) {
            (Some(text), None, None) => {
                let micros = amount(check, &at("credits"), text)?.micros();
                (Measure::Credits, u64::try_from(micros).unwrap_or_default(), "credits")
            }
            (None, Some(tokens), None) => (Measure::Tokens, tokens, "tokens"),
            (None, None, Some(requests)) => (Measure::Requests, requests, "requests"),
            _ => return Err(check.wrong(&at("credits"), "one of `credits`, `tokens` and `requests`", "")),
        };
        check.that(most > 0, &at(field), "an amount above zero", "0")?;
        let is_new = !list.iter().any(|other| other.window == window && other.measure == measure);
        check.that(is_new, &at("window"), "a window that this is not counted in yet", &table.window)?;
        let alert_at = alert_at(check, &at("alert_at"), table)?;
        let is_told = kind == "allowance" || alert_at.is_none();
        check.that(is_told, &at("alert_at"), "nothing: nobody is told of rates", "percents")?;
        list.push(Allowance { window, measure, most, alert_at });
    }
    Ok(list)
}

fn alert_at(check: &Check<'_>, field: &str, table: &AllowanceTable) -> Result<Option<Thresholds>, PlanError> {
    let read = |percents: &Vec<u32>| {
        let wrong = |error: ThresholdsError| check.wrong(field, &error.to_string(), &format!("{percents:?}"));
        Thresholds::try_from(percents.clone()).map_err(wrong)
    };
    table.alert_at.as_ref().map(read).transpose()
}

fn amount(check: &Check<'_>, field: &str, text: &str) -> Result<Amount, PlanError> {
    let amount: Amount = text
        .parse()
        .map_err(|error: money::MoneyError| check.wrong(field, "an amount", &error.to_string()))?;
    check.that(!amount.is_negative(), field, "an amount of zero or more", text)?;
    Ok(amount)
}

fn is_id(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    !text.is_empty() && text.len() <= 60 && text.chars().all(is_word)
}

fn is_shown(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

struct Check<'a> {
    file: &'a str,
}

impl Check<'_> {
    fn that(&self, holds: bool, field: &str, expected: &str, found: &str) -> Result<(), PlanError> {
        if holds { Ok(()) } else { Err(self.wrong(field, expected, found)) }
    }

    fn wrong(&self, field: &str, expected: &str, found: &str) -> PlanError {
        PlanError::Value {
            file: self.file.to_owned(),
            field: field.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
        }
    }
}

//! Reads `data/providers/<vendor>.toml`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    Auth, CacheMarks, Counted, Dialect, Endpoint, Fault, Forms, Limits, Patience, Provider, Providers,
    Quirks, ReasoningBack, ReasoningSwitch, ToolForce, UsageInStream,
};
use crate::check::Check;
use crate::prices::Pattern;
use crate::{CatalogError, DataTree};

/// The names of efforts, the least first.
const EFFORTS: [&str; 8] = ["none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra"];

/// Reads `data/providers/*.toml`.
///
/// # Errors
/// At the first file or field that cannot be right; the error says which and what is expected.
pub fn providers(data: &DataTree) -> Result<Providers, CatalogError> {
    let mut vendors = BTreeMap::new();
    for (name, text) in data.below("providers") {
        let Some(id) = name.strip_suffix(".toml") else { continue };
        vendors.insert(id.to_owned(), read_vendor(&format!("providers/{name}"), id, text)?);
    }
    Ok(Providers { vendors })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    provider: ProviderTable,
    endpoint: Vec<EndpointTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProviderTable {
    id: String,
    name: String,
    prices: Option<String>,
    #[serde(default)]
    key_env: Vec<String>,
    source_url: String,
    checked_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointTable {
    id: String,
    dialect: Dialect,
    base_url: String,
    #[serde(default = "bearer")]
    auth: String,
    key_env: Option<Vec<String>>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    patience: Patience,
    #[serde(default)]
    errors: BTreeMap<String, Fault>,
    source_url: Option<String>,
    checked_on: Option<String>,
    #[serde(default)]
    quirks: QuirksTable,
    #[serde(default)]
    model: Vec<ModelTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelTable {
    models: Vec<String>,
    quirks: QuirksTable,
}

/// What is not said stays as it was.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuirksTable {
    knows: Option<BTreeSet<String>>,
    omits: Option<BTreeSet<String>>,
    adds: Option<BTreeMap<String, serde_json::Value>>,
    limit_field: Option<String>,
    usual_limit: Option<u32>,
    most_stops: Option<usize>,
    most_temperature: Option<f32>,
    usage_in_stream: Option<UsageInStream>,
    reasoning: Option<ReasoningSwitch>,
    efforts: Option<Vec<String>>,
    reasoning_back: Option<ReasoningBack>,
    reasoning_field: Option<String>,
    think_tags: Option<bool>,
    forms: Option<Forms>,
    strict_tools: Option<bool>,
    tool_force: Option<ToolForce>,
    cached: Option<Counted>,
    reasoned: Option<Counted>,
    cache_marks: Option<CacheMarks>,
    cost: Option<String>,
}

fn bearer() -> String {
    "bearer".to_owned()
}

fn read_vendor(file: &str, id: &str, text: &str) -> Result<Provider, CatalogError> {
    let shape =
        |error: toml::de::Error| CatalogError::Shape { file: file.to_owned(), message: error.to_string() };
    let ProviderFile { provider, endpoint } = toml::from_str(text).map_err(shape)?;
    let check = Check { file, table: "provider".to_owned() };
    check.id("id", &provider.id)?;
    check.that(provider.id == id, "id", &format!("`{id}`, as the file is named"), &provider.id)?;
    check.shown("name", &provider.name)?;
    provider.prices.as_deref().map_or(Ok(()), |prices| check.id("prices", prices))?;
    check_source(&check, &provider.source_url, &provider.checked_on)?;
    check_variables(&check, &provider.key_env)?;
    check.that(!endpoint.is_empty(), "endpoint", "at least one", "none")?;
    let mut endpoints: Vec<Endpoint> = Vec::new();
    for (index, table) in endpoint.into_iter().enumerate() {
        let check = Check { file, table: format!("endpoint[{index}]") };
        let read = read_endpoint(&check, &provider, table)?;
        let is_new = endpoints.iter().all(|other| other.id != read.id);
        check.that(is_new, "id", "another id than the others have", &read.id)?;
        endpoints.push(read);
    }
    Ok(Provider { id: provider.id, name: provider.name, prices: provider.prices, endpoints })
}

fn read_endpoint(
    check: &Check<'_>,
    provider: &ProviderTable,
    table: EndpointTable,
) -> Result<Endpoint, CatalogError> {
    check.id("id", &table.id)?;
    check_address(check, &table.base_url)?;
    let source_url = table.source_url.unwrap_or_else(|| provider.source_url.clone());
    let checked_on = table.checked_on.unwrap_or_else(|| provider.checked_on.clone());
    check_source(check, &source_url, &checked_on)?;
    let key_env = table.key_env.unwrap_or_else(|| provider.key_env.clone());
    check_variables(check, &key_env)?;
    for (name, value) in &table.headers {
        check.that(is_header(name), "headers", "lower-case names of headers", name)?;
        check.shown("headers", value)?;
    }
    check_patience(check, &table.patience)?;
    let quirks = read_quirks(check, &Quirks::default(), table.quirks)?;
    let mut models: Vec<(Pattern, Quirks)> = Vec::new();
    for (index, model) in table.model.into_iter().enumerate() {
        let check = Check { file: check.file, table: format!("{}.model[{index}]", check.table) };
        let particular = read_quirks(&check, &quirks, model.quirks)?;
        for name in &model.models {
            let wrong = || check.wrong("models", "a name, or the beginning of names and a star", name);
            let pattern = Pattern::parse(name).ok_or_else(wrong)?;
            let is_new = models.iter().all(|(other, _)| *other != pattern);
            check.that(is_new, "models", "each pattern once", name)?;
            models.push((pattern, particular.clone()));
        }
    }
    Ok(Endpoint {
        id: table.id,
        dialect: table.dialect,
        base_url: table.base_url,
        auth: read_auth(check, &table.auth)?,
        key_env,
        headers: table.headers,
        limits: table.limits,
        patience: table.patience,
        errors: table.errors,
        source_url,
        checked_on,
        quirks,
        models,
    })
}

fn read_auth(check: &Check<'_>, text: &str) -> Result<Auth, CatalogError> {
    match text {
        "none" => Ok(Auth::None),
        "bearer" => Ok(Auth::Bearer),
        header if is_header(header) => Ok(Auth::Header(header.to_owned())),
        _ => Err(check.wrong("auth", "`none`, `bearer` or the lower-case name of a header", text)),
    }
}

fn read_quirks(check: &Check<'_>, under: &Quirks, over: QuirksTable) -> Result<Quirks, CatalogError> {
    let under = under.clone();
    let cost = over.cost.map_or(Ok(under.cost), |text| {
        text.parse().map(Some).map_err(|_| check.wrong("quirks.cost", "a currency such as USD", &text))
    })?;
    let quirks = Quirks {
        knows: over.knows.unwrap_or(under.knows),
        omits: over.omits.unwrap_or(under.omits),
        adds: over.adds.unwrap_or(under.adds),
        limit_field: over.limit_field.unwrap_or(under.limit_field),
        usual_limit: over.usual_limit.or(under.usual_limit),
        most_stops: over.most_stops.or(under.most_stops),
        most_temperature: over.most_temperature.unwrap_or(under.most_temperature),
        usage_in_stream: over.usage_in_stream.unwrap_or(under.usage_in_stream),
        reasoning: over.reasoning.unwrap_or(under.reasoning),
        efforts: over.efforts.unwrap_or(under.efforts),
        reasoning_back: over.reasoning_back.unwrap_or(under.reasoning_back),
        reasoning_field: over.reasoning_field.unwrap_or(under.reasoning_field),
        think_tags: over.think_tags.unwrap_or(under.think_tags),
        forms: over.forms.unwrap_or(under.forms),
        strict_tools: over.strict_tools.unwrap_or(under.strict_tools),
        tool_force: over.tool_force.unwrap_or(under.tool_force),
        cached: over.cached.unwrap_or(under.cached),
        reasoned: over.reasoned.unwrap_or(under.reasoned),
        cache_marks: over.cache_marks.unwrap_or(under.cache_marks),
        cost,
    };
    check_quirks(check, &quirks)?;
    Ok(quirks)
}

fn check_quirks(check: &Check<'_>, quirks: &Quirks) -> Result<(), CatalogError> {
    let efforts = quirks.efforts.iter().map(|effort| EFFORTS.iter().position(|known| known == effort));
    let efforts: Vec<Option<usize>> = efforts.collect();
    let known = !efforts.is_empty() && efforts.iter().all(Option::is_some) && efforts.is_sorted();
    let found = quirks.efforts.join(", ");
    check.that(known, "quirks.efforts", &format!("some of {}, in this order", EFFORTS.join(", ")), &found)?;
    let most = quirks.most_temperature;
    check.that((0.1..=2.0).contains(&most), "quirks.most_temperature", "from 0.1 to 2", &most.to_string())?;
    check.that(quirks.usual_limit != Some(0), "quirks.usual_limit", "at least 1", "0")?;
    for (field, value) in [("limit_field", &quirks.limit_field), ("reasoning_field", &quirks.reasoning_field)]
    {
        let is_word = !value.is_empty() && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        check.that(is_word, &format!("quirks.{field}"), "the name of a field", value)?;
    }
    Ok(())
}

/// With TLS; only what runs on the operator's own machines is spoken to without.
fn check_address(check: &Check<'_>, url: &str) -> Result<(), CatalogError> {
    let local = ["http://localhost:", "http://127.0.0.1:"].iter().any(|own| url.starts_with(own));
    let is_plain = !url.ends_with('/') && !url.contains(['?', '#', '@']);
    check.that(is_plain, "base_url", "an address without a slash at its end, and without a question", url)?;
    if local { Ok(()) } else { check.https("base_url", url) }
}

fn check_patience(check: &Check<'_>, patience: &Patience) -> Result<(), CatalogError> {
    let Patience { connect_seconds, first_token_seconds, idle_seconds, total_seconds } = *patience;
    for seconds in [connect_seconds, first_token_seconds, idle_seconds, total_seconds].into_iter().flatten() {
        let is_sane = (1..=21_600).contains(&seconds);
        check.that(is_sane, "patience", "from 1 to 21600 seconds", &seconds.to_string())?;
    }
    Ok(())
}

fn check_source(check: &Check<'_>, url: &str, date: &str) -> Result<(), CatalogError> {
    check.https("source_url", url)?;
    check.date("checked_on", date)
}

fn check_variables(check: &Check<'_>, names: &[String]) -> Result<(), CatalogError> {
    let is_variable = |name: &String| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let wrong = names.iter().find(|name| !is_variable(name));
    wrong.map_or(Ok(()), |name| Err(check.wrong("key_env", "names such as VENDOR_API_KEY", name)))
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

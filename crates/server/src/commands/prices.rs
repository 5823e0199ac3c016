//! `hutong prices show|check|diff|reconcile`: what models cost, by the price files and by providers' bills.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use api::UseCases;
use app::{Booked, ProviderBill};
use catalog::{
    Audit, BillLine, Change, DataTree, ForeignList, LOCAL_VENDOR, ModelRef, PriceDiff, PriceFinding,
    PriceLine, Prices, Quoted, RateChange, Severity,
};
use clap::Subcommand;
use ledger::{Agreement, DayCost, Match};
use money::{Amount, Currency};
use plans::AtEnd;
use stdx::Timestamp;

use super::say;
use crate::failure::Missing;
use crate::paths::DataDir;
use crate::wiring::{House, Tokens};

/// Show, check and compare what models cost
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the prices that are in force
    Show {
        /// A model, or `vendor/model`; all when absent
        model: Option<String>,
        /// At this time, such as 2026-12-01 or 2026-12-01T09:00:00+08:00 [default: now]
        #[arg(long, value_name = "TIME", value_parser = read_time)]
        at: Option<Timestamp>,
    },
    /// Look for gaps, old comparisons, rates far apart and models without a price
    Check {
        /// After how many days prices should be compared with their source again
        #[arg(long, value_name = "DAYS", default_value_t = 90)]
        older_than: u32,
    },
    /// Compare the prices with a list of LiteLLM, or with a folder of other price files
    Diff {
        /// model_prices_and_context_window_backup.json, or a folder
        path: PathBuf,
        /// Only this vendor's models
        #[arg(long)]
        vendor: Option<String>,
        /// At this time [default: now]
        #[arg(long, value_name = "TIME", value_parser = read_time)]
        at: Option<Timestamp>,
    },
    /// Compare a provider's bill with the costs that were entered for it, by day and model
    Reconcile {
        /// Whose bill it is, as its price file is named
        #[arg(long)]
        vendor: String,
        /// Of which month, such as 2026-11
        #[arg(long)]
        month: String,
        /// The bill as CSV
        file: PathBuf,
        /// Enter the differences, so that what is owed is what is billed
        #[arg(long)]
        book: bool,
    },
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    let now = house.clock.now();
    match args.command {
        Command::Show { model, at } => {
            let prices = catalog::prices(&house.data)?;
            let is_local = |id: &str| house.catalog.get(id).is_some();
            print(show(&prices, model.as_deref(), at.unwrap_or(now), is_local)?)
        }
        Command::Check { older_than } => {
            let findings = check(&house, now, older_than)?;
            let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
            let warnings = findings.len() - errors;
            print(findings.iter().map(finding_line).collect())?;
            say(format_args!("{errors} errors, {warnings} warnings."))?;
            anyhow::ensure!(errors == 0, "the prices need you");
            Ok(())
        }
        Command::Diff { path, vendor, at } => {
            let (prices, at) = (catalog::prices(&house.data)?, at.unwrap_or(now));
            let mut diffs = compare(&prices, &path, at)?;
            diffs.retain(|diff| vendor.as_ref().is_none_or(|vendor| diff.vendor == *vendor));
            print(diff_lines(&diffs))
        }
        Command::Reconcile { vendor, month, file, book } => {
            let bill = read_bill(&house.data, vendor, month, &file)?;
            let UseCases { accounts, app } = house.use_cases(&house.engine()?, Tokens::default()).await?;
            let owner = accounts.owner().await?;
            print(bill_lines(&app.reconcile(&owner, &bill).await?)?)?;
            if !book {
                return Ok(());
            }
            let Booked { new, before } = app.book_bill(&owner, &bill).await?;
            say(format_args!("{new} differences were entered, {before} stood in the books before."))
        }
    }
}

fn print(lines: Vec<String>) -> anyhow::Result<()> {
    lines.into_iter().try_for_each(say)
}

/// A date is its first instant in UTC.
fn read_time(text: &str) -> Result<Timestamp, String> {
    let date = |text: &str| {
        let day: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == "2026-12-01".len())?;
        jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()
    };
    let time = text.parse::<jiff::Timestamp>().ok().or_else(|| date(text));
    time.map(Timestamp::from).ok_or_else(|| "expected a date, or a time with its offset".to_owned())
}

fn show(
    prices: &Prices,
    model: Option<&str>,
    at: Timestamp,
    is_local: impl Fn(&str) -> bool,
) -> anyhow::Result<Vec<String>> {
    let lines: Vec<PriceLine> = match model {
        None => prices.lines(at).collect(),
        Some(name) => {
            let named = name.split_once('/').filter(|(vendor, _)| prices.vendors().any(|id| id == *vendor));
            let (vendors, model) = match named {
                Some((vendor, model)) => (BTreeSet::from([vendor]), model),
                None => (prices.vendors_of(name), name),
            };
            let local = (named.is_none() && is_local(name)).then_some(LOCAL_VENDOR);
            vendors.into_iter().chain(local).flat_map(|vendor| prices.lines_of(vendor, model, at)).collect()
        }
    };
    if let Some(name) = model.filter(|_| lines.is_empty()) {
        let hint = "`hutong prices show` lists what has one, docs/adding/price.md says how to add one";
        return Err(Missing(format!("`{name}` has no price at {at}: {hint}.")).into());
    }
    Ok(shown(prices, &lines, at))
}

/// A head for each vendor and models, and a line for each rate.
fn shown(prices: &Prices, lines: &[PriceLine], at: Timestamp) -> Vec<String> {
    let mut shown = vec![format!("At {at}, for a million tokens unless it says `each`:")];
    let mut head = String::new();
    for line in lines {
        let next = format!("{}/{} ({})", line.vendor, line.models, line.currency);
        if next != head {
            shown.push(format!("\n{next}"));
            head = next;
        }
        let now = if prices.is_hour_of(line, at) { "" } else { "not now" };
        let until = line.until.map(|until| format!(" until {until}")).unwrap_or_default();
        let text = format!(
            "  {:14} {:>16}  {:32} {now:7}  {}, since {}{until}, checked {}",
            line.unit.as_str(),
            line.price(),
            line.terms.to_string(),
            line.rule,
            line.from,
            line.checked_on,
        );
        shown.push(text);
    }
    shown
}

fn check(house: &House, now: Timestamp, oldest_days: u32) -> anyhow::Result<Vec<PriceFinding>> {
    let (plans, exchange) = (house.plans()?, catalog::exchange(&house.data)?);
    let cheaper = plans.iter().filter_map(|plan| match &plan.at_end {
        AtEnd::CheaperModel(model) => Some(model.as_str()),
        AtEnd::Stop | AtEnd::Wallet => None,
    });
    let used: BTreeSet<&str> = house.catalog.iter().map(|spec| spec.id.as_str()).chain(cheaper).collect();
    let in_use: Vec<ModelRef<'_>> =
        used.into_iter().map(|model| ModelRef { vendor: LOCAL_VENDOR, model }).collect();
    let currency = plans.currency();
    let audit = Audit { now, oldest_days, in_use: &in_use, currency, exchange: &exchange };
    Ok(catalog::audit_prices(&house.data, &audit))
}

fn finding_line(finding: &PriceFinding) -> String {
    let sign = match finding.severity {
        Severity::Error => "✗",
        Severity::Warning => "!",
    };
    format!("{sign} {}: {}", finding.place, finding.message)
}

fn compare(prices: &Prices, path: &Path, at: Timestamp) -> anyhow::Result<Vec<PriceDiff>> {
    let unreadable = || format!("{} cannot be read", path.display());
    if !path.is_dir() {
        let text = std::fs::read_to_string(path).with_context(unreadable)?;
        let list = ForeignList::read(&text).with_context(unreadable)?;
        return Ok(prices.diff_list(&list, at));
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).with_context(unreadable)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".toml") {
            files.push((format!("prices/{name}"), std::fs::read_to_string(&path)?));
        }
    }
    anyhow::ensure!(!files.is_empty(), "{} has no price files (*.toml)", path.display());
    Ok(prices.diff(&catalog::prices(&DataTree::from_files(files))?, at))
}

fn diff_lines(diffs: &[PriceDiff]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut counts: BTreeMap<Change, usize> = BTreeMap::new();
    for PriceDiff { vendor, models, change, rates } in diffs {
        *counts.entry(*change).or_default() += 1;
        let sign = match change {
            Change::New => '+',
            Change::Gone => '-',
            Change::Changed => '~',
        };
        lines.push(format!("{sign} {vendor}/{models}"));
        lines.extend(rates.iter().map(rate_line));
    }
    let count = |change| counts.get(&change).copied().unwrap_or(0);
    let (new, gone, changed) = (count(Change::New), count(Change::Gone), count(Change::Changed));
    lines.push(format!(
        "{new} new, {gone} gone, {changed} changed; rates for a million tokens unless they say `each`."
    ));
    lines
}

fn rate_line(change: &RateChange) -> String {
    let rates = |rates: &BTreeSet<Quoted>| {
        let texts: Vec<String> = rates.iter().map(|rate| rate.of(change.unit)).collect();
        if texts.is_empty() { "none".to_owned() } else { texts.join(" or ") }
    };
    let terms = change.terms.to_string();
    let terms = if terms.is_empty() { terms } else { format!(" ({terms})") };
    format!("    {:14} {} → {}{terms}", change.unit.as_str(), rates(&change.ours), rates(&change.theirs))
}

fn read_bill(data: &DataTree, vendor: String, month: String, file: &Path) -> anyhow::Result<ProviderBill> {
    let format = catalog::bill_format(data, &vendor)?;
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = format.read(&text).with_context(|| file.display().to_string())?;
    let day_cost = |BillLine { day, model, cost, .. }| DayCost { day, model, cost };
    let lines = lines.into_iter().map(day_cost).collect();
    Ok(ProviderBill { vendor, month, offset_minutes: format.offset_minutes(), lines })
}

/// A line for each day and model that differ, and what that is together.
fn bill_lines(matches: &[Match]) -> anyhow::Result<Vec<String>> {
    let amount = |amount: Option<Amount>| amount.map_or_else(|| "-".to_owned(), |amount| amount.to_string());
    let mut lines = Vec::new();
    let mut totals: BTreeMap<Currency, [Vec<Amount>; 2]> = BTreeMap::new();
    let mut same = 0;
    for it in matches {
        let [ours, theirs] = totals.entry(it.currency).or_default();
        ours.extend(it.ours);
        theirs.extend(it.theirs);
        let agreement = it.agreement()?;
        if agreement == Agreement::Same {
            same += 1;
            continue;
        }
        let (ours, theirs, difference) = (amount(it.ours), amount(it.theirs), it.difference()?.to_string());
        let Match { day, model, currency, .. } = it;
        let word = agreement.as_str();
        lines.push(format!("{day}  {model:32} {ours:>14} {theirs:>14} {difference:>14} {currency}  {word}"));
    }
    if !lines.is_empty() {
        let (ours, theirs) = ("here", "billed");
        lines.insert(0, format!("{:10}  {:32} {ours:>14} {theirs:>14} {:>14}", "day", "model", "difference"));
    }
    lines.push(format!("{same} of {} days and models agree to the micro-unit.", matches.len()));
    for (currency, [ours, theirs]) in totals {
        let (ours, theirs) = (Amount::sum(ours)?, Amount::sum(theirs)?);
        lines.push(format!("{currency}: {ours} here, {theirs} billed."));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        read_time(text).unwrap()
    }

    const TOY: &str = r#"
[vendor]
id = "toy"
also_known_as = ["toyland"]
currency = "USD"
utc_offset = "+08:00"
source_url = "https://example.org/prices"
checked_on = "2026-11-22"

[schedule]
night = [{ days = ["mon"], from = "22:00", until = "06:00" }]

[[price]]
models = ["toy-1"]
effective_from = "2026-01-01"
outside = "night"
rates = { input = "3.00", output = "15.00" }

[[price]]
models = ["toy-1"]
effective_from = "2026-01-01"
during = "night"
rates = { input = "1.50", output = "7.50" }

[[price]]
models = ["painter"]
effective_from = "2026-01-01"
per = 1
rates = { images = "0.04" }
"#;

    fn toy(text: &str) -> Prices {
        catalog::prices(&DataTree::from_files([("prices/toy.toml", text)])).unwrap()
    }

    #[test]
    fn prices_are_shown_with_their_conditions_and_where_they_stand() {
        let text = |model| show(&toy(TOY), model, at("2026-11-23T15:00:00Z"), |_| false).unwrap().join("\n");
        insta::assert_snapshot!(text(None), @r"
        At 2026-11-23T15:00:00Z, for a million tokens unless it says `each`:

        toy/toy-1 (USD)
          input                  3.000000  outside night                    not now  prices/toy.toml: price[0], since 2025-12-31T16:00:00Z, checked 2026-11-22
          output                15.000000  outside night                    not now  prices/toy.toml: price[0], since 2025-12-31T16:00:00Z, checked 2026-11-22
          input                  1.500000  during night                              prices/toy.toml: price[1], since 2025-12-31T16:00:00Z, checked 2026-11-22
          output                 7.500000  during night                              prices/toy.toml: price[1], since 2025-12-31T16:00:00Z, checked 2026-11-22

        toy/painter (USD)
          images                0.04 each                                            prices/toy.toml: price[2], since 2025-12-31T16:00:00Z, checked 2026-11-22
        ");
        assert_eq!(text(Some("toy-1")), text(Some("toy/toy-1")));
        let error = show(&toy(TOY), Some("toy-2"), at("2026-11-23"), |_| false).unwrap_err().to_string();
        assert!(error.starts_with("`toy-2` has no price at 2026-11-23T00:00:00Z"), "{error}");
    }

    #[test]
    fn a_folder_of_other_prices_is_compared_rate_by_rate() {
        let folder = tempfile::tempdir().unwrap();
        let other = TOY.replace("\"7.50\"", "\"7.25\"").replace("painter", "sculptor");
        std::fs::write(folder.path().join("toy.toml"), other).unwrap();
        let diffs = compare(&toy(TOY), folder.path(), at("2026-11-23")).unwrap();
        insta::assert_snapshot!(diff_lines(&diffs).join("\n"), @r"
        - toy/painter
            images         0.04 each → none
        + toy/sculptor
            images         none → 0.04 each
        ~ toy/toy-1
            output         7.500000 → 7.250000 (during night)
        1 new, 1 gone, 1 changed; rates for a million tokens unless they say `each`.
        ");
        let empty = tempfile::tempdir().unwrap();
        assert!(compare(&toy(TOY), empty.path(), at("2026-11-23")).is_err());
    }

    #[test]
    fn a_list_of_somebody_else_is_compared_in_its_own_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.json");
        let list = r#"{
            "sample_spec": {"litellm_provider": "one of many", "mode": "chat"},
            "toyland/toy-1": {
                "litellm_provider": "toyland", "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
                "input_cost_per_token_batches": 1.5e-06,
                "off_peak_pricing": {"input_cost_per_token": 1.4e-06, "output_cost_per_token": 7.5e-06}
            },
            "toy-2": {"litellm_provider": "toy", "input_cost_per_token": 2.9999999999999997e-07},
            "other": {"litellm_provider": "elsewhere", "input_cost_per_token": 1}
        }"#;
        std::fs::write(&path, list).unwrap();
        let diffs = compare(&toy(TOY), &path, at("2026-11-23")).unwrap();
        insta::assert_snapshot!(diff_lines(&diffs).join("\n"), @r"
        ~ toy/toy-1
            input          1.500000 or 3.000000 → 1.400000 or 3.000000
        + toy/toy-2
            input          none → 2.9999999999999997e-07 each, which cannot be kept exactly
        - toy/painter
            images         0.04 each → none
        1 new, 1 gone, 1 changed; rates for a million tokens unless they say `each`.
        ");
        std::fs::write(&path, "[]").unwrap();
        let error = format!("{:#}", compare(&toy(TOY), &path, at("2026-11-23")).unwrap_err());
        assert!(error.contains("list.json cannot be read"), "{error}");
    }

    #[test]
    fn times_are_dates_or_have_an_offset() {
        assert_eq!(at("2026-12-01"), at("2026-12-01T08:00:00+08:00"));
        for bad in ["", "now", "2026-13-01", "2026-12-01T09:00:00"] {
            assert!(read_time(bad).is_err(), "{bad}");
        }
    }
}

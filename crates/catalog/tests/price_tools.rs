//! Exchange rates, the look over the price files, and comparisons with lists of others.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use catalog::{
    Audit, Change, DataTree, ForeignList, LOCAL_VENDOR, ModelRef, PriceFinding, Quoted, Severity,
    audit_prices, exchange, prices,
};
use money::{ExchangeRates, Rate, Unit};
use stdx::Timestamp;

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

const RATES: &str = r#"
source_url = "https://example.org/rates"
checked_on = "2026-11-22"

[[rate]]
from = "USD"
to = "CNY"
since = "2026-11-01"
price = "7.1"

[[rate]]
from = "USD"
to = "CNY"
since = "2026-11-15"
price = "7.2"
"#;

fn rates(text: &str) -> Result<ExchangeRates, String> {
    exchange(&DataTree::from_files([("exchange/bank.toml", text)])).map_err(|error| error.to_string())
}

#[test]
fn exchange_rates_are_dated_data() {
    let rates = rates(RATES).unwrap();
    let (usd, cny) = ("USD".parse().unwrap(), "CNY".parse().unwrap());
    let nanos = |instant| rates.at(at(instant), usd, cny).map(|rate| rate.nanos());
    assert!(nanos("2026-10-31T23:59:59Z").is_err());
    assert_eq!(nanos("2026-11-14T23:59:59Z"), Ok(7_100_000_000));
    assert_eq!(nanos("2026-11-15T00:00:00Z"), Ok(7_200_000_000));
    assert!(rates.at(at("2026-11-20T00:00:00Z"), cny, usd).is_err(), "never turned round");
}

#[test]
fn an_owner_s_file_goes_beside_the_shipped_ones_and_contradicts_none() {
    let shipped = exchange(&DataTree::embedded()).unwrap();
    let now = at("2026-11-22T00:00:00Z");
    for (from, to) in [("USD", "CNY"), ("CNY", "USD")] {
        assert!(shipped.at(now, from.parse().unwrap(), to.parse().unwrap()).is_ok());
    }
    let own = DataTree::embedded().overlay(DataTree::from_files([("exchange/bank.toml", RATES)]));
    let rate = exchange(&own).unwrap().at(now, "USD".parse().unwrap(), "CNY".parse().unwrap()).unwrap();
    assert_eq!(rate.nanos(), 7_200_000_000);
    let twice = [("exchange/bank.toml", RATES), ("exchange/other.toml", RATES)];
    let error = exchange(&DataTree::from_files(twice)).unwrap_err().to_string();
    assert!(
        error.contains("data/exchange/other.toml: rate[0].since") && error.contains("bank.toml"),
        "{error}"
    );
}

#[test]
fn values_that_cannot_be_rates_are_refused_with_their_place() {
    for (from, to, field) in [
        ("https://", "http://", "file.source_url"),
        ("checked_on = \"2026-11-22\"", "checked_on = \"today\"", "file.checked_on"),
        ("\"USD\"", "\"usd\"", "rate[0].from"),
        ("\"CNY\"", "\"USD\"", "rate[0].to"),
        ("\"2026-11-01\"", "\"2026-11-31\"", "rate[0].since"),
        ("\"2026-11-01\"", "\"2026-11-15\"", "rate[1].since"),
        ("\"7.1\"", "\"0\"", "rate[0].price"),
        ("\"7.1\"", "\"7,1\"", "rate[0].price"),
    ] {
        let error = rates(&RATES.replacen(from, to, 1)).unwrap_err();
        assert!(error.starts_with(&format!("data/exchange/bank.toml: {field}: expected ")), "{error}");
    }
}

const TOY: &str = r#"
[vendor]
id = "toy"
currency = "USD"
utc_offset = "+00:00"
source_url = "https://example.org/prices"
checked_on = "2026-11-01"

[schedule]
night = [{ days = ["mon"], from = "22:00", until = "06:00" }]

[[price]]
models = ["toy-1"]
effective_from = "2026-01-01"
rates = { input = "3.00", output = "15.00" }
"#;

fn look(files: &[(&str, &str)], rates: &str) -> Vec<PriceFinding> {
    let in_use =
        [ModelRef { vendor: "toy", model: "toy-1" }, ModelRef { vendor: LOCAL_VENDOR, model: "mine" }];
    let exchange = self::rates(rates).unwrap();
    let audit = Audit {
        now: at("2026-11-22T00:00:00Z"),
        oldest_days: 30,
        in_use: &in_use,
        currency: "CNY".parse().unwrap(),
        exchange: &exchange,
    };
    let local = ("prices/local.toml", include_str!("../../../data/prices/local.toml"));
    let files = files.iter().copied().chain([local]);
    audit_prices(&DataTree::from_files(files), &audit)
}

fn found(from: &str, to: &str) -> Vec<(Severity, String)> {
    assert!(TOY.contains(from), "{from}");
    let toy = TOY.replacen(from, to, 1);
    let findings = look(&[("prices/toy.toml", toy.as_str())], RATES);
    findings.into_iter().map(|finding| (finding.severity, finding.message)).collect()
}

#[test]
fn good_prices_are_passed_over_in_silence() {
    assert_eq!(look(&[("prices/toy.toml", TOY)], RATES), []);
}

#[test]
fn what_a_person_would_want_to_know_is_found() {
    let more = |conditions: &str, rates: &str| {
        format!(
            "rates = {{ input = \"3.00\", output = \"15.00\" }}\n[[price]]\nmodels = [\"toy-1\"]\n{conditions}\nrates = {{ {rates} }}"
        )
    };
    let rates = "rates = { input = \"3.00\", output = \"15.00\" }";
    let later = "effective_from = \"2026-01-01\"\neffective_until = \"2026-06-01\"";
    let warning = |message: &str| vec![(Severity::Warning, message.to_owned())];
    let first = "effective_from = \"2026-01-01\"";
    assert_eq!(
        found("checked_on = \"2026-11-01\"", "checked_on = \"2026-10-22\""),
        warning("1 prices were compared with their source 31 days ago (2026-10-22)")
    );
    assert_eq!(
        found("checked_on = \"2026-11-01\"", "checked_on = \"2026-12-22\""),
        warning("1 prices are said to be compared on 2026-12-22, which is to come")
    );
    let ended = found(first, later);
    assert_eq!(ended[0], (Severity::Error, "`toy-1` is used here and has no price".to_owned()));
    assert_eq!(ended[1].1, "`input` of `toy-1` has no price from 2026-06-01T00:00:00Z on");
    let tiers = found(
        rates,
        &format!(
            "input_up_to = 1000\n{}",
            more("effective_from = \"2026-01-01\"\ninput_above = 2000", "input = \"3\", output = \"15\"")
        ),
    );
    assert_eq!(tiers[0].1, "`input` of `toy-1` has no price above 1000 tokens from 2026-01-01T00:00:00Z on");
    let hours = found(rates, &format!("during = \"night\"\n{rates}"));
    assert!(hours.iter().any(|(_, message)| message.contains("has no price at some hours")), "{hours:?}");
    let slip = found(
        rates,
        &format!(
            "input_up_to = 1000\n{}",
            more("effective_from = \"2026-01-01\"\ninput_above = 1000", "input = \"300\", output = \"15\"")
        ),
    );
    assert_eq!(
        slip.iter().map(|(_, message)| message.as_str()).collect::<Vec<_>>(),
        [
            "`input` of `toy-1` costs 300.000000 for a million, and 3.000000 in price[0]: more than 20 times as much",
        ]
    );
    let dear = found("\"15.00\"", "\"63.00\"");
    assert_eq!(
        dear,
        warning(
            "`input` of `toy-1` costs 3.000000 for a million and `output` 63.000000: more than 20 times apart"
        )
    );
}

#[test]
fn every_file_that_cannot_be_read_is_named_and_an_unknown_currency_is_a_state_of_its_own() {
    let broken = TOY.replacen("input", "inptu", 1);
    let files = [("prices/toy.toml", broken.as_str()), ("prices/other.toml", "x")];
    let findings = look(&files, RATES);
    let places: Vec<&str> = findings.iter().map(|finding| finding.place.as_str()).collect();
    assert_eq!(places, ["prices/other.toml", "prices/toy.toml", "prices/toy.toml"], "{findings:?}");
    assert!(findings.iter().all(|finding| finding.severity == Severity::Error));

    let euros = TOY.replacen("\"USD\"", "\"EUR\"", 1);
    let findings = look(&[("prices/toy.toml", euros.as_str())], RATES);
    assert_eq!(
        findings[0].message,
        "unpriced: no rate EUR/CNY at 2026-11-22T00:00:00Z; add one to exchange/"
    );
}

/// Only the age of the comparison may be wrong with what is shipped, and that is for `hutong prices check` to say.
#[test]
fn the_shipped_prices_have_no_gaps_and_no_slips() {
    let (data, exchange) = (DataTree::embedded(), exchange(&DataTree::embedded()).unwrap());
    let audit = Audit {
        now: at("2026-11-23T00:00:00Z"),
        oldest_days: 90,
        in_use: &[],
        currency: "CNY".parse().unwrap(),
        exchange: &exchange,
    };
    // Of some classes the sources know no price for long questions: they are unpriced, and rightly so.
    let is_unknown = |text: &str| {
        let of_class =
            text.contains("` (flex) has no price above") || text.contains("` (priority) has no price above");
        of_class && (text.contains("200000 tokens") || text.contains("272000 tokens"))
    };
    let odd: Vec<_> = audit_prices(&data, &audit).into_iter().filter(|it| !is_unknown(&it.message)).collect();
    assert_eq!(odd, []);
}

#[test]
fn lists_of_others_are_read_to_the_digit() {
    let list = r#"{"toy/toy-1": {"litellm_provider": "toy", "mode": "chat",
        "input_cost_per_token": 3e-06, "output_cost_per_token": 0.000015,
        "tiered_pricing": [{"input_cost_per_token": 6e-06, "range": [128000.0, 1000000.0]}],
        "output_cost_per_token_above_200k_tokens_batches": 7e-06}}"#;
    let diffs = prices(&DataTree::from_files([("prices/toy.toml", TOY)]))
        .unwrap()
        .diff_list(&ForeignList::read(list).unwrap(), at("2026-11-22T00:00:00Z"));
    assert_eq!((diffs.len(), diffs[0].change, diffs[0].rates.len()), (1, Change::Changed, 1), "{diffs:?}");
    let change = &diffs[0].rates[0];
    assert_eq!((change.unit, change.terms.input_above), (Unit::Input, Some(128_000)));
    assert!(change.ours.is_empty());
    assert_eq!(change.theirs.iter().collect::<Vec<_>>(), [&Quoted::Exact(Rate::from_picos(6_000_000))]);
    for bad in ["", "[]", "{\"a\": 1}", "{}", "{\"a\": {\"litellm_provider\": \"toy\"}}"] {
        assert!(ForeignList::read(bad).is_err(), "{bad}");
    }
}

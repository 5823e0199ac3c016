//! What the readers of `data/prices` accept, what things cost, and how what has no price is told.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;

use catalog::{
    CatalogError, CostError, DataTree, Facts, ModelRef, Price, Prices, ServiceClass, Unpriced, prices,
};
use money::{Amount, Unit, Usage};
use proptest::prelude::*;
use serde::Deserialize;
use stdx::Timestamp;

const GOOD: &str = r#"
[vendor]
id = "toy"
currency = "CNY"
utc_offset = "+08:00"
source_url = "https://example.org/prices"
checked_on = "2026-11-22"

[schedule]
night = [{ days = ["mon", "tue"], from = "22:00", until = "06:00" }]

[[price]]
models = ["toy-1*"]
effective_from = "2026-01-01"
effective_until = "2026-07-01"
rates = { input = "2.00", output = "8.00" }

[[price]]
models = ["toy-1*"]
effective_from = "2026-07-01"
outside = "night"
rates = { input = "1.00", output = "4.00" }

[[price]]
models = ["toy-1*"]
effective_from = "2026-07-01"
during = "night"
rates = { input = "0.50", output = "2.00" }

[[price]]
models = ["toy-1-mini"]
effective_from = "2026-01-01"
input_up_to = 1000
rates = { input = "0.10" }

[[price]]
models = ["toy-1-mini"]
effective_from = "2026-01-01"
input_above = 1000
rates = { input = "0.20" }

[[price]]
models = ["painter"]
effective_from = "2026-01-01"
per = 1
rates = { images = "0.25", seconds = "0.000001" }
"#;

fn read(text: &str) -> Result<Prices, CatalogError> {
    prices(&DataTree::from_files([("prices/toy.toml", text)]))
}

fn refusal(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    read(&GOOD.replacen(from, to, 1)).unwrap_err().to_string()
}

fn at(text: &str) -> Timestamp {
    text.parse::<jiff::Timestamp>().unwrap().into()
}

fn toy(model: &str) -> ModelRef<'_> {
    ModelRef { vendor: "toy", model }
}

fn standard(input_tokens: u64) -> Facts {
    Facts { input_tokens, ..Facts::default() }
}

fn rate_of(model: &str, instant: &str, input_tokens: u64, unit: Unit) -> Option<String> {
    let price = read(GOOD).unwrap().price_at(at(instant), toy(model), standard(input_tokens)).ok()?;
    price.rate(unit).map(|rate| rate.rate.per_million().to_string())
}

#[test]
fn a_price_changes_at_midnight_where_the_vendor_is() {
    let input = |instant| rate_of("toy-1-max", instant, 1, Unit::Input);
    assert_eq!(input("2025-12-31T15:59:59Z"), None);
    assert_eq!(input("2025-12-31T16:00:00Z").unwrap(), "2.000000");
    assert_eq!(input("2026-06-30T15:59:59Z").unwrap(), "2.000000");
    assert_eq!(input("2026-07-01T04:00:00Z").unwrap(), "1.000000");
}

#[test]
fn a_night_goes_on_until_the_next_morning() {
    let input = |instant| rate_of("toy-1-max", instant, 1, Unit::Input).unwrap();
    // 2026-11-23 is a Monday; 22:00 in Beijing is 14:00 in UTC.
    assert_eq!(input("2026-11-23T13:59:59Z"), "1.000000");
    assert_eq!(input("2026-11-23T14:00:00Z"), "0.500000");
    assert_eq!(input("2026-11-24T21:59:59Z"), "0.500000");
    assert_eq!(input("2026-11-24T22:00:00Z"), "1.000000");
    assert_eq!(input("2026-11-25T14:00:00Z"), "1.000000", "no night on Wednesday");
}

#[test]
fn the_most_specific_pattern_counts_alone_and_a_tier_is_for_the_whole_request() {
    let mini = |tokens, unit| rate_of("toy-1-mini", "2026-11-22T00:00:00Z", tokens, unit);
    assert_eq!(mini(1_000, Unit::Input).unwrap(), "0.100000");
    assert_eq!(mini(1_001, Unit::Input).unwrap(), "0.200000");
    assert_eq!(mini(1, Unit::Output), None, "the longer pattern does not borrow from the shorter one");
}

#[test]
fn what_has_no_price_is_never_free() {
    let prices = read(GOOD).unwrap();
    let now = at("2026-11-22T00:00:00Z");
    for (vendor, model) in [("toy", "toy-2"), ("nobody", "toy-1"), ("toy", "")] {
        let error = prices.price_at(now, ModelRef { vendor, model }, standard(1)).unwrap_err();
        assert_eq!((error.vendor.as_str(), error.model.as_str()), (vendor, model));
    }
    let batch = Facts { class: ServiceClass::Batch, input_tokens: 1 };
    assert!(prices.price_at(now, toy("toy-1"), batch).is_err(), "another class has prices of its own");
    let price = prices.price_at(now, toy("toy-1"), standard(1)).unwrap();
    let cached = Usage::of([(Unit::Input, 1), (Unit::CacheRead, 5)]).unwrap();
    let error = price.cost(&cached).unwrap_err();
    let unpriced = Unpriced { vendor: "toy".to_owned(), model: "toy-1".to_owned(), unit: Unit::CacheRead };
    assert_eq!(error, CostError::Unpriced(unpriced));
    assert_eq!(
        error.to_string(),
        "`cache_read` of toy/toy-1 has no price then; add a rule to data/prices/toy.toml, or use the model under a \
         plan that allows unpriced ones"
    );
}

#[test]
fn pictures_and_seconds_are_priced_one_by_one() {
    let price =
        read(GOOD).unwrap().price_at(at("2026-11-22T00:00:00Z"), toy("painter"), standard(0)).unwrap();
    let usage = Usage::of([(Unit::Images, 3), (Unit::Seconds, 7)]).unwrap();
    assert_eq!(price.cost(&usage).unwrap().to_string(), "0.750007 CNY");
}

#[test]
fn a_kept_price_says_the_same_and_names_its_rule() {
    let price = read(GOOD).unwrap().price_at(at("2026-03-01T00:00:00Z"), toy("toy-1"), standard(1)).unwrap();
    assert_eq!(price.rate(Unit::Input).unwrap().rule, "prices/toy.toml: price[0]");
    let text = toml::to_string(&price).unwrap();
    assert_eq!(toml::from_str::<Price>(&text).unwrap(), price);
}

#[test]
fn rules_that_could_hold_at_once_are_refused_by_name() {
    let error = refusal("effective_until = \"2026-07-01\"", "effective_until = \"2026-07-02\"");
    assert_eq!(
        error,
        "data/prices/toy.toml: price[0] and price[1] both price `input` of `toy-1*` at the same time; give them \
         different dates, schedules, classes or context lengths"
    );
    for (from, to) in [
        ("effective_until = \"2026-07-01\"\n", ""),
        ("outside = \"night\"\n", ""),
        ("during = \"night\"", "outside = \"night\""),
        ("input_above = 1000", "input_above = 999"),
        ("models = [\"toy-1-mini\"]", "models = [\"toy-1-mini\", \"toy-1-mini\"]"),
    ] {
        assert!(refusal(from, to).contains("both price"), "{from}");
    }
    let batch = GOOD.replacen("during = \"night\"", "class = \"batch\"", 1);
    assert!(read(&batch).is_ok(), "another class does not overlap");
}

#[test]
fn values_that_cannot_be_right_are_refused_with_their_place() {
    for (from, to, field) in [
        ("id = \"toy\"", "id = \"tot\"", "vendor.id"),
        ("\"CNY\"", "\"yuan\"", "vendor.currency"),
        ("+08:00", "8", "vendor.utc_offset"),
        ("https://example", "http://example", "vendor.source_url"),
        ("checked_on = \"2026-11-22\"", "checked_on = \"today\"", "vendor.checked_on"),
        ("\"22:00\"", "\"24:00\"", "schedule.night[0].from"),
        ("\"06:00\"", "\"22:00\"", "schedule.night[0].until"),
        ("\"2026-01-01\"", "\"2026-02-30\"", "price[0].effective_from"),
        ("effective_until = \"2026-07-01\"", "effective_until = \"2026-01-01\"", "price[0].effective_until"),
        ("\"2.00\"", "\"-2.00\"", "price[0].rates.input"),
        ("\"2.00\"", "\"2.0000001\"", "price[0].rates.input"),
        ("\"2.00\"", "\"2,00\"", "price[0].rates.input"),
        ("outside = \"night\"", "outside = \"day\"", "price[1].outside"),
        ("\"toy-1-mini\"", "\"*\"", "price[3].models"),
        ("per = 1\n", "per = 0\n", "price[5].per"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with(&format!("data/prices/toy.toml: {field}: expected ")), "{error}");
    }
    for (from, to, word) in [("input = \"2.00\"", "inptu = \"2.00\"", "inptu"), ("\"2.00\"", "2.0", "2.0")] {
        assert!(refusal(from, to).contains(word), "{word}");
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    sum: Vec<GoldenSum>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoldenSum {
    name: String,
    vendor: String,
    model: String,
    at: String,
    class: ServiceClass,
    usage: Usage,
    micros: i64,
    currency: String,
    source: String,
}

#[test]
fn the_golden_sums_come_out_to_the_micro_unit() {
    let shipped = prices(&DataTree::embedded()).unwrap();
    let golden: Golden = toml::from_str(include_str!("golden_sums.toml")).unwrap();
    assert!(golden.sum.len() >= 30);
    for sum in golden.sum {
        let model = ModelRef { vendor: &sum.vendor, model: &sum.model };
        let facts = Facts { class: sum.class, input_tokens: sum.usage.input_tokens() };
        let price = shipped.price_at(at(&sum.at), model, facts).unwrap();
        let expected = Amount::from_micros(sum.micros).of(sum.currency.parse().unwrap());
        assert_eq!(price.cost(&sum.usage), Ok(expected), "{} ({})", sum.name, sum.source);
        let most = shipped.ceiling(at(&sum.at), model, facts, sum.usage.output_tokens()).unwrap();
        assert!(most >= expected, "{}: {most} is below {expected}", sum.name);
    }
}

#[test]
fn prices_are_known_for_the_vendors_that_were_looked_up() {
    let shipped = prices(&DataTree::embedded()).unwrap();
    let vendors: Vec<&str> = shipped.vendors().collect();
    let expected = [
        "anthropic",
        "ark",
        "dashscope",
        "deepseek",
        "gemini",
        "local",
        "moonshot",
        "openai",
        "zai",
        "zhipu",
    ];
    assert_eq!(vendors, expected);
}

#[test]
fn the_ceiling_is_the_dearest_hour_of_the_day() {
    let prices = read(GOOD).unwrap();
    let night = at("2026-11-23T15:00:00Z");
    let most = prices.ceiling(night, toy("toy-1"), standard(1_000_000), 1_000_000).unwrap();
    assert_eq!(most.to_string(), "5.000000 CNY", "it may end after the night");
    let mini = prices.ceiling(night, toy("toy-1-mini"), standard(10), 0).unwrap();
    assert_eq!(mini.amount, Amount::from_micros(1));
    let error = prices.ceiling(night, toy("toy-1-mini"), standard(10), 1).unwrap_err();
    assert!(matches!(error, CostError::Unpriced(Unpriced { unit: Unit::Output, .. })));
}

proptest! {
    #[test]
    fn no_run_costs_more_than_its_ceiling(
        minute in 0_i64..(7 * 1_440),
        input in 0_u64..300_000,
        read in 0_u64..300_000,
        output in 0_u64..100_000,
        reasoning in 0_u64..100_000,
    ) {
        static SHIPPED: LazyLock<Prices> = LazyLock::new(|| prices(&DataTree::embedded()).unwrap());
        let instant = Timestamp::from_micros(at("2026-11-23T00:00:00Z").as_micros() + minute * 60_000_000);
        let usage = Usage::of([
            (Unit::Input, input), (Unit::CacheRead, read), (Unit::Output, output), (Unit::Reasoning, reasoning),
        ]).unwrap();
        for (vendor, name) in [("deepseek", "deepseek-v4-pro"), ("dashscope", "qwen3.7-plus"), ("gemini", "gemini-2.5-pro")] {
            let model = ModelRef { vendor, model: name };
            let facts = standard(usage.input_tokens());
            let cost = SHIPPED.price_at(instant, model, facts).unwrap().cost(&usage).unwrap();
            let most = SHIPPED.ceiling(instant, model, facts, usage.output_tokens()).unwrap();
            prop_assert!(cost <= most, "{} is more than {}", cost, most);
        }
    }
}

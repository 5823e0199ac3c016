use plans::{AtEnd, Every, Measure, Plans, Window};

use crate::support::{FREE, PLUS, PRO, shipped, yuan};

fn refusal(from: &str, to: &str) -> String {
    assert!(PLUS.contains(from), "{from}");
    let plus = PLUS.replacen(from, to, 1);
    Plans::read([("free.toml", FREE), ("plus.toml", plus.as_str())]).unwrap_err().to_string()
}

#[test]
fn the_shipped_plans_are_well_formed_and_each_offers_more() {
    let plans = shipped();
    let ids: Vec<&str> = plans.iter().map(|plan| plan.id.as_str()).collect();
    assert_eq!(ids, ["free", "plus", "pro"]);
    for (lower, higher) in plans.iter().zip(plans.iter().skip(1)) {
        assert!(lower.price < higher.price && lower.concurrent_runs < higher.concurrent_runs);
        assert!(lower.weight < higher.weight && lower.name.zh != higher.name.zh);
    }
}

#[test]
fn every_field_of_a_plan_arrives() {
    let plans = shipped();
    let plus = plans.get("plus").unwrap();
    assert_eq!((plus.name.zh.as_str(), plus.name.en.as_str()), ("进阶版", "Plus"));
    assert_eq!((plus.price, plus.every, plus.trial_days), (yuan("39.00"), Every::Month, 7));
    assert_eq!(plus.at_end, AtEnd::CheaperModel("qwen2.5-coder-0.5b-instruct".to_owned()));
    let five_hours = plus.allowances.first().unwrap();
    assert_eq!(five_hours.window, Window::Rolling { minutes: 300 });
    assert_eq!((five_hours.measure, five_hours.most), (Measure::Credits, 3_000_000));
    assert!(plus.access.models.allow("anything") && !plus.access.apps.allow("anything"));
    assert!(!plus.access.unpriced_models && plans.get("pro").unwrap().access.unpriced_models);
}

#[test]
fn a_plan_may_say_by_which_policy_its_members_are_answered() {
    assert_eq!(shipped().get("plus").unwrap().policy, None);
    let thrifty = PLUS.replacen("trial_days = 7", "trial_days = 7\npolicy = \"cheap\"", 1);
    let plans = Plans::read([("free.toml", FREE), ("plus.toml", thrifty.as_str())]).unwrap();
    assert_eq!(plans.get("plus").unwrap().policy.as_deref(), Some("cheap"));
}

#[test]
fn values_that_cannot_be_right_are_refused_with_their_place() {
    for (from, to, field) in [
        ("id = \"plus\"", "id = \"Plus!\"", "id"),
        ("id = \"plus\"", "id = \"free\"", "id"),
        ("rank = 1", "rank = 0", "rank"),
        ("\"进阶版\"", "\" \"", "name.zh"),
        ("trial_days = 7", "trial_days = 4000", "trial_days"),
        ("trial_days = 7", "trial_days = 7\npolicy = \"the cheap one\"", "policy"),
        ("\"CNY\"", "\"yuan\"", "price.currency"),
        ("\"CNY\"", "\"USD\"", "price.currency"),
        ("\"39.00\"", "\"-39.00\"", "price.amount"),
        ("\"39.00\"", "\"39.0000001\"", "price.amount"),
        ("models = [\"*\"]", "models = [\"*\", \"a*b\"]", "access.models"),
        ("models = [\"*\"]", "models = [\"other-*\"]", "at_end.model"),
        ("concurrent_runs = 3", "concurrent_runs = 0", "limits.concurrent_runs"),
        ("weight = 2", "weight = 0", "limits.weight"),
        ("\"1m\"", "\"a minute\"", "rate[0].window"),
        ("requests = 20", "requests = 0", "rate[0].requests"),
        ("requests = 20", "requests = 20\ntokens = 5", "rate[0].credits"),
        ("requests = 20\n", "", "rate[0].credits"),
        ("window = \"month\"", "window = \"5h\"", "allowance[1].window"),
        ("window = \"month\"", "window = \"month\"\nalert_at = [0]", "allowance[1].alert_at"),
        ("requests = 20", "requests = 20\nalert_at = [50]", "rate[0].alert_at"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with(&format!("plus.toml: {field}: expected ")), "{from}: {error}");
    }
}

#[test]
fn unknown_and_missing_fields_are_errors_that_name_them() {
    for (from, to, word) in [
        ("rank = 1", "rnak = 1", "rnak"),
        ("weight = 2\n", "", "weight"),
        ("then = \"cheaper_model\", model", "then = \"stop\", model", "model"),
        ("every = \"month\"", "every = \"week\"", "week"),
    ] {
        let error = refusal(from, to);
        assert!(error.starts_with("plus.toml: ") && error.contains(word), "{word}: {error}");
    }
}

#[test]
fn there_is_a_plan_for_those_who_hold_none() {
    let error = Plans::read([("plus.toml", PLUS), ("pro.toml", PRO)]).unwrap_err().to_string();
    assert!(error.contains("rank 0"), "{error}");
    let costly = FREE.replace("amount = \"0\"", "amount = \"1\"");
    assert!(Plans::read([("free.toml", costly.as_str())]).is_err());
}

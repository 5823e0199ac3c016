//! Providers' bills, whatever their columns are called.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use catalog::{BillFormat, BillLine, DataTree, bill_format};

const TOY: &str = r#"
[bill]
vendor = "toy"
utc_offset = "+08:00"
currency = "CNY"

[columns]
date = ["day", "utc_date"]
model = ["model"]
cost = ["cost"]
units = { input = ["in"], output = ["out"] }
"#;

fn toy() -> BillFormat {
    bill_format(&DataTree::from_files([("bills/toy.toml", TOY)]), "toy").unwrap()
}

fn line(day: &str, model: &str, cost: (i64, &str), tokens: Option<u64>) -> BillLine {
    let cost = money::Amount::from_micros(cost.0).of(cost.1.parse().unwrap());
    BillLine { day: day.to_owned(), model: model.to_owned(), cost, tokens }
}

#[test]
fn lines_of_a_day_are_added_exactly_and_rounded_once() {
    let bill = "\u{feff}key,utc_date,model,cost,in,out\r\n\
                a,20261103,\"m, one\",0.0000004,10,\r\n\
                b,2026-11-03T08:00:00Z,\"m, one\",4e-07,5,7\r\n\
                a,2026-11-02,m2,-1.5,0,0\r\n\
                a,2026-11-02,m2,2,1,1\r\n";
    let lines = toy().read(bill).unwrap();
    let expected = [
        line("2026-11-02", "m2", (500_000, "CNY"), Some(2)),
        line("2026-11-03", "m, one", (1, "CNY"), Some(22)),
    ];
    assert_eq!(lines, expected);
    assert_eq!(toy().offset_minutes(), 480);
}

#[test]
fn a_bill_of_a_known_vendor_is_read_by_its_own_words_and_any_other_by_plain_ones() {
    let data = DataTree::embedded();
    let csv = "user_id,utc_date,model,wallet_type,cost,currency\nu,2026-09-11,m,Paid,-1.44,CNY\nu,2026-09-11,m,Paid,0.56,CNY";
    let lines = bill_format(&data, "deepseek").unwrap().read(csv).unwrap();
    assert_eq!(lines, [line("2026-09-11", "m", (2_000_000, "CNY"), None)]);
    let plain = bill_format(&data, "nobody").unwrap();
    let lines = plain.read("date,model,cost,currency\n2026-09-11,m,1,USD\n2026-09-11,m,2,EUR").unwrap();
    let expected = [
        line("2026-09-11", "m", (2_000_000, "EUR"), None),
        line("2026-09-11", "m", (1_000_000, "USD"), None),
    ];
    assert_eq!(lines, expected);
    assert!(bill_format(&DataTree::default(), "nobody").is_err());
}

#[test]
fn a_line_that_cannot_be_right_is_refused_with_its_number() {
    let head = "day,model,cost,in,out\n2026-11-03,m,1,1,1\n";
    for (bill, message) in [
        (
            format!("{head}2026-11-31,m,1,1,1"),
            "line 3: the date is \"2026-11-31\"; nothing of the bill was used",
        ),
        (
            format!("{head}2026-11-03,m,1.2.3,1,1"),
            "line 3: the cost is \"1.2.3\"; nothing of the bill was used",
        ),
        (format!("{head}2026-11-03,m,,1,1"), "line 3: the cost is \"\"; nothing of the bill was used"),
        (
            format!("{head}2026-11-03,m,1,-1,1"),
            "line 3: the count of tokens is \"-1\"; nothing of the bill was used",
        ),
        (
            "day,model\n".to_owned(),
            "the bill has no column `cost`, only `day`, `model`; data/bills/toy.toml says what each is called",
        ),
    ] {
        assert_eq!(toy().read(&bill).unwrap_err().to_string(), message);
    }
    let short = toy().read(&format!("{head}2026-11-03,m\n")).unwrap_err().to_string();
    assert!(short.starts_with("line 3 is no CSV"), "{short}");
}

#[test]
fn a_format_that_cannot_be_right_is_refused_with_its_place() {
    for (from, to, word) in [
        ("\"toy\"", "\"To y\"", "bill.vendor"),
        ("+08:00", "8", "bill.utc_offset"),
        ("\"CNY\"", "\"yuan\"", "bill.currency"),
        ("currency = \"CNY\"\n", "", "bill.currency"),
        ("cost = [\"cost\"]\n", "", "cost"),
        ("input = ", "inptu = ", "inptu"),
    ] {
        let text = TOY.replacen(from, to, 1);
        let error = bill_format(&DataTree::from_files([("bills/toy.toml", text)]), "toy").unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

//! Tables of text.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{call, said};

const SALES: &str = "City,Date,Amount,Note\n北京,2026-01-05,\"1,200.10\",a\n上海,2026-01-06,0.20,\n北京,2026-02-01,99.70,b\n\
                     上海,2026-02-02,n/a,b\n";

fn asked(more: Value) -> String {
    let mut arguments = json!({"text": SALES});
    for (name, value) in more.as_object().unwrap() {
        arguments[name] = value.clone();
    }
    said("table", arguments)
}

#[test]
fn a_table_alone_is_told_column_by_column() {
    assert_eq!(
        asked(json!({})),
        "4 rows, 4 columns.\n\
         - City: 4 texts; 2 different: \"上海\" × 2, \"北京\" × 2\n\
         - Date: 4 texts; 4 different: \"2026-01-05\" × 1, \"2026-01-06\" × 1, \"2026-02-01\" × 1\n\
         - Amount: 4 texts, 3 of them numbers; 4 different: \"0.20\" × 1, \"1,200.10\" × 1, \"99.70\" × 1\n\
         - Note: 3 texts, 1 empty; 2 different: \"b\" × 2, \"a\" × 1"
    );
    assert_eq!(
        said("table", json!({"text": "n\n0.1\n0.2\n\n"})),
        "2 rows, 1 columns.\n- n: 2 numbers; sum 0.3, mean 0.15, median 0.15, smallest 0.1, largest 0.2"
    );
}

#[test]
fn groups_are_summed_to_the_digit() {
    let answer = asked(json!({
        "group_by": ["city"],
        "compute": [{"column": "Amount", "what": "sum"}, {"column": "Amount", "what": "mean"}, {"what": "count"}],
        "sort_by": "sum(Amount)", "descending": true
    }));
    assert_eq!(
        answer,
        "City,sum(Amount),mean(Amount),count(rows)\n北京,1299.8,649.9,2\n上海,0.2,0.2,2\n(4 rows were used)\n\
         Note: in sum(Amount), 1 cells that are no numbers were left out.\n\
         Note: in mean(Amount), 1 cells that are no numbers were left out."
    );
}

#[test]
fn rows_are_filtered_sorted_and_cut() {
    let answer =
        asked(json!({"where": [{"column": "Date", "is": ">=", "value": "2026-01-06"}], "sort_by": "Amount"}));
    let expected = "City,Date,Amount,Note\n上海,2026-01-06,0.20,\n北京,2026-02-01,99.70,b\n上海,2026-02-02,n/a,b\n\
                    (3 of 4 rows were used)";
    assert_eq!(answer, expected);
    let answer = asked(json!({"where": [{"column": "Amount", "is": ">", "value": 50}], "limit": 1}));
    assert_eq!(answer, "City,Date,Amount,Note\n北京,2026-01-05,\"1,200.10\",a\n(2 of 4 rows were used)");
    let answer = asked(json!({"where": [{"column": "Note", "is": "empty"}], "compute": [{"what": "count"}]}));
    assert_eq!(answer, "count(rows)\n1\n(1 of 4 rows were used)");
    let answer = asked(json!({"where": [{"column": "City", "is": "=", "value": "广州"}],
                              "compute": [{"column": "Amount", "what": "sum"}]}));
    assert_eq!(answer, "sum(Amount)\n\"\"\n(0 of 4 rows were used)");
}

#[test]
fn other_separators_are_seen() {
    let text = "a;b\n1;2\n3;4";
    let asked =
        json!({"text": text, "compute": [{"column": "b", "what": "sum"}, {"column": "a", "what": "max"}]});
    assert_eq!(said("table", asked), "sum(b),max(a)\n6,3\n(2 rows were used)");
    let tabs = json!({"text": "\u{feff}a\tb, c\n1\t2", "compute": [{"column": "B, C", "what": "min"}]});
    assert_eq!(said("table", tabs), "\"min(b, c)\"\n2\n(1 rows were used)");
}

#[test]
fn a_long_result_is_a_file() {
    let rows: String = (0..200).map(|n| format!("{n},x{n}\n")).collect();
    let answer =
        call("table", json!({"text": format!("n,name\n{rows}"), "sort_by": "n", "descending": true}))
            .unwrap();
    assert!(answer.text.contains("(200 rows were used; 50 of 200 result rows are shown)"), "{}", answer.text);
    let file = answer.files.first().unwrap();
    assert_eq!((file.name.as_str(), file.media_type.as_str()), ("table.csv", "text/csv"));
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    assert_eq!(text.lines().count(), 201);
    assert!(text.starts_with("n,name\n199,x199\n198,x198\n"));
}

#[test]
fn what_is_no_table_is_said() {
    for (text, problem) in [
        ("", "The table is empty."),
        ("a,b\n1", "Row 2 of the table has 1 cells and the first one has 2"),
        ("a,a\n1,2", "The first row must name every column once; column 1 is called `a`."),
        ("a,\n1,2", "The first row must name every column once; column 2 is called ``."),
    ] {
        let answer = said("table", json!({"text": text}));
        assert!(answer.starts_with(&format!("! {problem}")), "{answer}");
    }
    let answer = asked(json!({"group_by": ["Town"]}));
    assert_eq!(answer, "! There is no column `Town`. Columns: `City`, `Date`, `Amount`, `Note`.");
    assert!(asked(json!({"limit": 0})).starts_with("! At `/limit`: this is less than the minimum of 1"));
}

proptest! {
    #[test]
    fn nothing_that_is_written_breaks_it(text in "[a-c0-9,;.\t\n\"¥-]{0,80}") {
        let _ = said("table", json!({"text": text, "sort_by": "a", "compute": [{"column": "a", "what": "median"}]}));
        let _ = said("table", json!({"text": text}));
    }

    #[test]
    fn sums_of_cents_agree(cents in prop::collection::vec(-1_000_000_i64..1_000_000, 1..50)) {
        let cell = |cents: &i64| {
            let sign = if *cents < 0 { "-" } else { "" };
            format!("{sign}{}.{:02}\n", cents.abs() / 100, cents.abs() % 100)
        };
        let text: String = cents.iter().map(cell).collect();
        let answer = said("table", json!({"text": format!("a\n{text}"), "compute": [{"column": "a", "what": "sum"}]}));
        let sum: i64 = cents.iter().sum();
        let expected = cell(&sum);
        let expected = expected.trim_end().trim_end_matches('0').trim_end_matches('.');
        let expected = if sum % 100 == 0 { (sum / 100).to_string() } else { expected.to_owned() };
        let wanted = format!("sum(a)\n{expected}\n");
        prop_assert!(answer.starts_with(&wanted), "{}", answer);
    }
}

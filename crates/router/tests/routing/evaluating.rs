//! Routers held against rows.

use catalog::DataTree;
use proptest::prelude::*;
use router::Signs;
use router::eval::{
    Judged, Named, Report, Row, RowFile, RowsError, Table, Verdict, evaluate, published, read_rows,
};
use router::{Draft, Verdict as Looked};
use stdx::SeededRng;

fn signs() -> Signs {
    Signs::read("signs.toml", DataTree::embedded().get("routing/signs.toml").unwrap()).unwrap()
}

fn read(name: &str, text: &str) -> Result<Table, RowsError> {
    read_rows(&[RowFile { name, text }], None)
}

fn report(table: &Table) -> Report {
    evaluate(table, &signs(), &SeededRng::new(7)).unwrap()
}

fn of<'a>(report: &'a Report, name: &str) -> &'a Judged {
    report.routers.iter().find(|router| router.name == name).unwrap()
}

/// Four rows: the strong one is right in three, the weak one in one of those.
const FOUR: &str = "\
prompt,strong_correct,weak_correct,strong_cost,weak_cost
a,True,True,0.01,0.001
bb,True,False,0.02,0.001
ccc,False,False,0.03,1e-3
dddd,True,False,0.04,0.001
";

#[test]
fn the_figures_are_those_that_can_be_worked_out_by_hand() {
    let report = report(&read("four.csv", FOUR).unwrap());
    let oracle = of(&report, "oracle");
    // Right answers: 1, then 3 with the two that only the strong one has, then 3: the area by trapezoids is 2 × 2 + 2 × 3
    // of rows times right ones, less 4 × 1, of a gap of 4 × 2: 6 of 8.
    assert_eq!(oracle.metrics.apgr, Some(750));
    assert_eq!(
        [oracle.metrics.cpt_50, oracle.metrics.cpt_80, oracle.metrics.cpt_95],
        [Some(250), Some(400), Some(475)]
    );
    assert_eq!(oracle.deciles.first(), Some(&250));
    assert_eq!((oracle.deciles[5], oracle.deciles[10]), (750, 750));
    let at = oracle.at_95.clone().unwrap();
    assert_eq!((at.strong_share, at.quality, at.cost.unwrap().to_string().as_str()), (500, 750, "0.062000"));
    let costs = report.costs.unwrap();
    assert_eq!(
        [costs.strong.to_string(), costs.weak.to_string()],
        ["0.100000", "0.004000"].map(str::to_owned)
    );
    // The longest first: d, c, b, a gives 2, 2, 3, 3 of 4.
    let length = of(&report, "length");
    assert_eq!(length.metrics.apgr, Some(625));
    assert_eq!(report.outcomes.only_strong, 2);
}

#[test]
fn a_coin_recovers_what_it_pays_for() {
    let report = report(&read("four.csv", FOUR).unwrap());
    let coin = of(&report, "random");
    assert_eq!(coin.metrics.apgr, Some(500));
    assert_eq!(
        [coin.metrics.cpt_50, coin.metrics.cpt_80, coin.metrics.cpt_95],
        [Some(500), Some(800), Some(950)]
    );
    assert_eq!((coin.verdict, coin.chance), (Verdict::Compared, None));
}

#[test]
fn a_cascade_says_how_often_each_threshold_escalates() {
    let row = |said: &str, first: &str, strong: bool| {
        let drafts = format!(
            "[{{\"text\": \"{first}\", \"correct\": true}}, {{\"text\": \"{said}\", \"correct\": false}}, {{\"text\": \"{said}\", \"correct\": false}}]"
        );
        format!(
            "{{\"prompt\": \"p\", \"strong_correct\": {strong}, \"weak_correct\": false, \"weak_mean_logprob\": -400, \"weak_drafts\": {drafts}}}\n"
        )
    };
    // Twice all agree, and the answer is right; once two of three agree on a wrong one.
    let text = format!("{}{}{}", row("a", "a", true), row("b", "b", true), row("c", "x", true));
    let text = text.replace("\"text\": \"a\", \"correct\": false", "\"text\": \"a\", \"correct\": true");
    let report = report(&read("drafts.jsonl", &text).unwrap());
    let settings: Vec<_> = of(&report, "agreement")
        .settings
        .iter()
        .map(|it| (it.threshold, it.escalations, it.quality))
        .collect();
    // All three have to agree: the third row escalates, and the first two show what they said first.
    assert_eq!(settings, [(3, 333, 1_000)]);
    assert!(of(&report, "confidence").settings.is_empty(), "one threshold for all is none");
}

#[test]
fn where_groups_say_nothing_what_was_learned_is_a_coin() {
    let rows: String = (0..500).map(|at| format!("word,{},{}\n", at % 3 != 0, at % 7 == 0)).collect();
    let report = report(&read("one.csv", &format!("prompt,strong_correct,weak_correct\n{rows}")).unwrap());
    assert_eq!(of(&report, "kinds").metrics.apgr, Some(500));
}

#[test]
fn where_the_strong_one_is_no_better_everything_is_off() {
    let text = FOUR.replace("d,True,False", "d,False,True").replace("bb,True,False", "bb,False,True");
    let report = report(&read("four.csv", &text).unwrap());
    for router in report.routers.iter().filter(|router| router.verdict != Verdict::Compared) {
        assert_eq!((router.verdict, router.metrics.apgr), (Verdict::Off, None), "{}", router.name);
    }
}

#[test]
fn a_router_that_sends_the_wrong_ones_is_off() {
    // What the signs take for hard is what only the weak one can do; the rest is what only the strong one can.
    let wrong =
        |at: usize| format!("\"prove step by step, not {at}, and explain why if it is so\",False,True\n");
    let right = |at: usize| format!("word {at},True,False\n");
    let rows: String = (0..40).map(|at| if at % 5 < 2 { wrong(at) } else { right(at) }).collect();
    let report = report(&read("bad.csv", &format!("prompt,strong_correct,weak_correct\n{rows}")).unwrap());
    let signs = of(&report, "signs");
    assert!(signs.metrics.apgr.unwrap() < 0, "{signs:?}");
    assert_eq!(signs.verdict, Verdict::Off);
}

#[test]
fn files_of_routellm_are_read_as_they_are() {
    let algebra = "prompt,mixtral-8x7b-instruct-v0.1,gpt-4-1106-preview\n\"Find it.\nA. 0\nB. 4\nAnswer:\",False,True\n\"Say \"\"yes\"\"\",True,True\n";
    let anatomy = "prompt,mixtral-8x7b-instruct-v0.1,gpt-4-1106-preview\nWhich bone?,False,True\n";
    let files = [
        RowFile { name: "mmlu_abstract_algebra.csv", text: algebra },
        RowFile { name: "mmlu_anatomy.csv", text: anatomy },
    ];
    let table = read_rows(&files, None).unwrap();
    assert_eq!((table.named.strong.as_str(), table.rows.len()), ("gpt-4-1106-preview", 3));
    assert_eq!(table.rows[1].prompt, "Say \"yes\"");
    assert_eq!(table.rows[2].topic, "mmlu_anatomy.csv");
    let report = report(&table);
    assert!(report.routers.iter().any(|router| router.name == "topics"), "files are topics");
    // Named the other way round, the better one is called weak.
    let turned = Named { strong: table.named.weak.clone(), weak: table.named.strong.clone() };
    assert_eq!(read_rows(&files, Some(&turned)).unwrap().named, turned);
}

#[test]
fn what_cannot_be_right_is_refused_by_its_line() {
    for (name, text, word) in [
        (
            "a.csv",
            "prompt,strong_correct,weak_correct\nx,True,maybe\n",
            "a.csv, line 2: `weak_correct` is \"maybe\"",
        ),
        ("a.csv", "prompt,strong_correct,weak_correct\n,True,True\n", "line 2: there is no prompt"),
        ("a.csv", "question,strong_correct,weak_correct\nx,True,True\n", "no column `prompt`"),
        ("a.csv", "prompt,one,two,three\nx,1,0,1\n", "--strong and --weak"),
        ("a.csv", "prompt,one,two\nx,1,1\n", "right as often (1 of 1)"),
        ("a.csv", "prompt,strong_correct,weak_correct,strong_cost\nx,1,0,1e-13\n", "a cost of \"1e-13\""),
        ("a.csv", "prompt,strong_correct,weak_correct\n", "there are no rows"),
        ("a.csv", "", "no column `prompt`"),
        ("a.csv", "prompt,strong_correct,weak_correct\nx,True\n", "a.csv: "),
        ("a.jsonl", "{\"prompt\": \"x\"}\n", "a.jsonl, line 1: missing field"),
        (
            "a.jsonl",
            "\n{\"prompt\": \"x\", \"strong_correct\": true, \"weak_correct\": true, \"weka\": 1}\n",
            "line 2: unknown field",
        ),
        ("a.jsonl", "\n\n", "there are no rows"),
    ] {
        let error = read(name, text).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let files = [
        RowFile { name: "a.csv", text: "prompt,one,two\nx,1,0\n" },
        RowFile { name: "b.csv", text: "prompt,one,three\nx,1,0\n" },
    ];
    let error = read_rows(&files, None).unwrap_err().to_string();
    assert!(error.starts_with("b.csv: its columns are one and three, those of a.csv one and two"), "{error}");
}

#[test]
fn the_data_set_that_is_shipped_says_by_what_its_answers_are_right() {
    let data = DataTree::embedded();
    let table = read("lane.jsonl", data.get("benchmarks/lane.jsonl").unwrap()).unwrap();
    assert!(table.rows.len() >= 120);
    let chinese = table.rows.iter().filter(|row| row.topic.starts_with("zh-")).count();
    assert_eq!(chinese * 2, table.rows.len(), "both languages alike");
    for row in &table.rows {
        let expected = row.expected.as_ref().unwrap();
        for draft in &row.weak_drafts {
            let looked = expected.verify(&[Draft { text: &draft.text, ..Draft::default() }]);
            let is_right = matches!(looked, Looked::Passes { .. });
            assert_eq!(is_right, draft.correct, "{}: {}", row.prompt, draft.text);
        }
    }
    let report = report(&table);
    for name in ["signs", "kinds", "confidence", "agreement", "topics"] {
        assert!(of(&report, name).metrics.apgr.is_some(), "{name}");
    }
}

#[test]
fn what_others_published_has_sources() {
    let data = DataTree::embedded();
    let text = data.get("benchmarks/published.toml").unwrap();
    let read = published("data/benchmarks/published.toml", text).unwrap();
    assert!(read.iter().any(|figure| figure.cpt_50.is_some()));
    let error = published("p.toml", &text.replacen("https://", "http://", 1)).unwrap_err().to_string();
    assert!(error.starts_with("p.toml: published[0].source_url"), "{error}");
}

fn row(prompt: &str, strong_correct: bool, weak_correct: bool) -> Row {
    Row {
        prompt: prompt.to_owned(),
        topic: String::new(),
        strong_correct,
        weak_correct,
        strong_cost: None,
        weak_cost: None,
        weak_mean_logprob: None,
        weak_drafts: Vec::new(),
        expected: None,
    }
}

fn table(outcomes: &[(bool, bool, u8)]) -> Table {
    let prompt = |length: &u8| "x".repeat(usize::from(*length) + 1);
    let rows = outcomes.iter().map(|(strong, weak, length)| row(&prompt(length), *strong, *weak)).collect();
    Table { rows, named: Named { strong: "s".to_owned(), weak: "w".to_owned() } }
}

/// RouteLLM's figure in its own words: trapezoids over the share of strong calls, in floating point.
fn apgr_in_floats(outcomes: &[(bool, bool, u8)]) -> Option<f64> {
    let n = f64::from(u32::try_from(outcomes.len()).unwrap());
    let mean = |right: Vec<bool>| right.iter().map(|right| f64::from(u8::from(*right))).sum::<f64>() / n;
    let weak = mean(outcomes.iter().map(|it| it.1).collect());
    let strong = mean(outcomes.iter().map(|it| it.0).collect());
    if strong <= weak {
        return None;
    }
    let mut thresholds: Vec<u16> = outcomes.iter().map(|it| u16::from(it.2)).collect();
    thresholds.push(u16::MAX);
    thresholds.sort_unstable();
    thresholds.dedup();
    let points: Vec<(f64, f64)> = thresholds
        .iter()
        .rev()
        .map(|threshold| {
            let sent = |it: &(bool, bool, u8)| u16::from(it.2) >= *threshold;
            let share = mean(outcomes.iter().map(sent).collect());
            (share, mean(outcomes.iter().map(|it| if sent(it) { it.0 } else { it.1 }).collect()))
        })
        .collect();
    let area: f64 =
        points.windows(2).map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0).sum();
    Some((area - weak) / (strong - weak))
}

proptest! {
    #[test]
    fn the_figure_is_routellm_s(outcomes in prop::collection::vec((any::<bool>(), any::<bool>(), 0_u8..6), 1..40)) {
        let report = report(&table(&outcomes));
        let ours = of(&report, "length").metrics.apgr;
        let theirs = apgr_in_floats(&outcomes);
        prop_assert_eq!(ours.is_some(), theirs.is_some());
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            let ours = f64::from(i32::try_from(ours).unwrap()) / 1_000.0;
            prop_assert!((ours - theirs).abs() <= 0.001_000_1, "{ours} {theirs}");
        }
    }

    #[test]
    fn nobody_beats_the_oracle_and_every_curve_ends_at_both_models(
        outcomes in prop::collection::vec((any::<bool>(), any::<bool>(), 0_u8..6), 1..40),
    ) {
        let report = report(&table(&outcomes));
        let oracle = of(&report, "oracle");
        let n = u32::try_from(outcomes.len()).unwrap();
        for router in &report.routers {
            prop_assert!(router.metrics.apgr <= oracle.metrics.apgr);
            prop_assert!(router.deciles.iter().zip(&oracle.deciles).all(|(own, best)| own <= best));
            prop_assert_eq!(router.deciles.first(), Some(&(report.outcomes.weak_right * 1_000 / n)));
            prop_assert_eq!(router.deciles.last(), Some(&(report.outcomes.strong_right * 1_000 / n)));
        }
    }

    #[test]
    fn a_report_is_repeated_by_its_seed(outcomes in prop::collection::vec((any::<bool>(), any::<bool>(), 0_u8..6), 1..20)) {
        prop_assert_eq!(report(&table(&outcomes)), report(&table(&outcomes)));
    }

    #[test]
    fn no_file_makes_the_reader_panic(text in "\\PC{0,120}", is_json in any::<bool>()) {
        let _ = read(if is_json { "x.jsonl" } else { "x.csv" }, &text);
        let _ = read("x.csv", &format!("prompt,a,b\n{text}"));
    }
}

use ledger::{Account, Label, Month, Reason, Statement, StatementLine};
use money::Amount;
use proptest::prelude::*;

use crate::support::{Desk, allowance, cny, hold, id, release, settle, top_up, transfer, wallet, yuan};

fn month(text: &str) -> Month {
    Month::parse(text, 480).unwrap()
}

fn statement(desk: &Desk, text: &str) -> Statement {
    Statement::of(desk.book.entries(), id(1), cny(), month(text)).unwrap()
}

#[test]
fn a_month_of_a_member_is_one_line_for_each_run_and_adds_up() {
    let mut desk = Desk::default();
    for act in [
        top_up(1, "5.00"),
        top_up(2, "9.00"),
        transfer(Reason::Grant, Account::Promotions, allowance(1), yuan("0.10")),
        hold(1, &[(allowance(1), "0.10"), (wallet(1), "0.90")]),
        settle(1, "0.40"),
        hold(2, &[(wallet(1), "1.00")]),
        release(2),
        hold(3, &[(wallet(1), "0.25")]),
    ] {
        desk.wait(1);
        desk.act(act).unwrap();
    }
    let statement = statement(&desk, "2026-11");
    assert_eq!((statement.opening, statement.closing), (Amount::ZERO, yuan("4.45")));
    let run = "019aab5e-8c00-7000-8000-00000000000";
    assert_eq!(
        statement.csv(|_| Label::default()).unwrap().replace("\r\n", "\n"),
        format!(
            "time,account,reason,run,currency,amount,balance,agent,model,plan,note\n\
             ,,opening,,CNY,,0.000000,,,,\n\
             2026-11-22T08:00:01Z,wallet,top_up,,CNY,5.000000,5.000000,,,,\n\
             2026-11-22T08:00:03Z,allowance,grant,,CNY,0.100000,5.100000,,,,\n\
             2026-11-22T08:00:05Z,wallet,settlement,{run}1,CNY,-0.300000,4.800000,,,,\n\
             2026-11-22T08:00:05Z,allowance,settlement,{run}1,CNY,-0.100000,4.700000,,,,\n\
             2026-11-22T08:00:07Z,wallet,release,{run}2,CNY,0.000000,4.700000,,,,\n\
             2026-11-22T08:00:08Z,wallet,hold,{run}3,CNY,-0.250000,4.450000,,,,\n\
             ,,closing,,CNY,,4.450000,,,,\n"
        )
    );
    assert_eq!(statement.totals.get(&Reason::TopUp), Some(&yuan("5.00")));
}

#[test]
fn a_month_begins_at_midnight_where_the_workspace_is() {
    let mut desk = Desk::default();
    desk.act(top_up(1, "1.00")).unwrap();
    // 2026-11-30T15:59:59Z is the last second of November in Beijing.
    desk.wait(8 * 86_400 + 8 * 3_600 - 1);
    desk.act(top_up(1, "2.00")).unwrap();
    desk.wait(1);
    desk.act(top_up(1, "4.00")).unwrap();
    let (november, december) = (statement(&desk, "2026-11"), statement(&desk, "2026-12"));
    assert_eq!((november.opening, november.closing), (Amount::ZERO, yuan("3.00")));
    assert_eq!((december.opening, december.closing), (yuan("3.00"), yuan("7.00")));
    assert_eq!(statement(&desk, "2026-10").lines, []);
}

#[test]
fn no_cell_is_a_formula_and_none_leaves_its_column() {
    let mut desk = Desk::default();
    desk.act(top_up(1, "1.00")).unwrap();
    let statement = statement(&desk, "2026-11");
    for (note, cell) in [
        ("plain", "plain"),
        ("a, b", "\"a, b\""),
        ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
        ("+1", "\"'+1\""),
        ("-1", "\"'-1\""),
        ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("＝1", "\"'＝1\""),
        ("two\r\nlines", "\"two\r\nlines\""),
    ] {
        let label = || Label { note: note.to_owned(), ..Label::default() };
        let csv = statement.csv(|_| label()).unwrap();
        assert!(csv.contains(&format!("1.000000,1.000000,,,,{cell}\r\n")), "{note}: {csv}");
    }
}

#[test]
fn a_month_is_found_by_an_instant_and_named() {
    // 2026-11-30T16:00:00Z is midnight in Beijing.
    let midnight = stdx::Timestamp::from_micros(1_796_054_400_000_000);
    let december = Month::of(midnight, 480).unwrap();
    assert_eq!((december.to_string().as_str(), december.begin()), ("2026-12", midnight));
    assert_eq!(Month::of(midnight, 0).unwrap().to_string(), "2026-11");
    assert_eq!(december.before(480), Some(month("2026-11")));
    assert_eq!(december.before(480).unwrap().end(), midnight);
}

#[test]
fn only_months_are_months() {
    for bad in ["", "2026", "2026-13", "2026-00", "2026-1", "2026-11-01", "x026-11", "+026-11"] {
        assert_eq!(Month::parse(bad, 0), None, "{bad}");
    }
    assert!(Month::parse("2028-02", -720).is_some());
}

/// For an answer the plan grants what it may cost at most, and takes back the rest: the fold has neither, and every sum.
#[test]
fn what_a_plan_grants_and_takes_back_is_folded_into_its_answer() {
    let grant = |sum: &str| transfer(Reason::Grant, Account::Promotions, allowance(1), yuan(sum));
    let lapse = |sum: &str| transfer(Reason::Lapse, allowance(1), Account::Promotions, yuan(sum));
    let mut desk = Desk::default();
    for act in [
        top_up(1, "5.00"),
        grant("0.10"),
        hold(1, &[(allowance(1), "0.10")]),
        settle(1, "0.04"),
        lapse("0.06"),
        grant("0.10"),
        hold(2, &[(allowance(1), "0.10"), (wallet(1), "0.90")]),
        settle(2, "0.40"),
    ] {
        desk.wait(1);
        desk.act(act).unwrap();
    }
    // A minute before midnight of the first of December in Beijing; the answer ends a minute after it.
    desk.wait(8 * 86_400 + 8 * 3_600 - 68);
    for act in [grant("0.20"), hold(3, &[(allowance(1), "0.20")])] {
        desk.act(act).unwrap();
    }
    desk.wait(120);
    for act in [settle(3, "0.05"), lapse("0.15")] {
        desk.act(act).unwrap();
    }
    let november = statement(&desk, "2026-11");
    let folded = november.folded().unwrap();
    let lines: Vec<_> = folded
        .lines
        .iter()
        .map(|(line, left)| (line.account.kind(), line.reason, line.amount, *left))
        .collect();
    assert_eq!(
        lines,
        [
            ("wallet", Reason::TopUp, yuan("5.00"), yuan("5.00")),
            ("allowance", Reason::Settlement, yuan("-0.04"), yuan("5.00")),
            ("wallet", Reason::Settlement, yuan("-0.30"), yuan("4.70")),
            ("allowance", Reason::Settlement, yuan("-0.10"), yuan("4.70")),
            ("allowance", Reason::Hold, yuan("-0.20"), yuan("4.70")),
        ]
    );
    let totals = [(Reason::TopUp, yuan("5.00")), (Reason::Settlement, yuan("-0.30"))];
    assert_eq!(folded.totals, totals.into());
    assert_eq!((folded.covered_answers, folded.covered), (2, yuan("0.14")));
    assert_eq!((folded.aside, november.closing), (Amount::ZERO, yuan("4.70")));

    // What was set aside in the one month is given back in the next.
    let december = statement(&desk, "2026-12");
    let folded = december.folded().unwrap();
    assert_eq!((december.opening, december.closing), (yuan("4.70"), yuan("4.70")));
    assert_eq!((folded.aside, folded.totals.len()), (Amount::ZERO, 0));
}

proptest! {
    #[test]
    fn a_folded_statement_has_the_sums_of_the_whole(
        acts in prop::collection::vec((0_u8..6, 1_i64..900_000, 0_i64..400_000), 1..60),
    ) {
        let mut desk = Desk::default();
        for (n, (kind, micros, wait)) in acts.iter().enumerate() {
            let (n, sum) = (u64::try_from(n).unwrap(), Amount::from_micros(*micros));
            desk.wait(*wait);
            let _ = desk.act(match kind {
                0 => transfer(Reason::TopUp, Account::Cash, wallet(1), sum),
                1 => transfer(Reason::Grant, Account::Promotions, allowance(1), sum),
                2 => transfer(Reason::Lapse, allowance(1), Account::Promotions, sum),
                3 => hold(n, &[(wallet(1), "0.20")]),
                4 => hold(n, &[(allowance(1), "0.10"), (wallet(1), "0.20")]),
                _ => settle(n.saturating_sub(1), "0.15"),
            });
        }
        for text in ["2026-11", "2026-12", "2027-01"] {
            let statement = statement(&desk, text);
            let folded = statement.folded().unwrap();
            let sums = folded.totals.values().copied().chain([statement.opening, folded.aside]);
            prop_assert_eq!(Amount::sum(sums), Ok(statement.closing));
            let left = folded.lines.last().map_or(statement.opening, |(_, left)| *left);
            prop_assert_eq!(left.checked_add(folded.aside), Some(statement.closing));
            let is_kept = |line: &&StatementLine| {
                line.account == wallet(1) || !matches!(line.reason, Reason::Grant | Reason::Lapse)
            };
            let kept: Vec<_> = statement.lines.iter().filter(is_kept).collect();
            prop_assert_eq!(folded.lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), kept);
        }
    }

    #[test]
    fn opening_and_lines_are_the_closing_and_the_next_opening(amounts in prop::collection::vec((1_i64..5_000_000, 0_i64..2_000_000), 1..40)) {
        let mut desk = Desk::default();
        for (n, (micros, wait)) in amounts.iter().enumerate() {
            let n = u64::try_from(n).unwrap();
            desk.act(transfer(Reason::TopUp, Account::Cash, wallet(1), Amount::from_micros(*micros))).unwrap();
            let _ = desk.act(hold(n, &[(wallet(1), "1.00")]));
            desk.wait(*wait);
            let _ = desk.act(settle(n, "0.30"));
        }
        let months = ["2026-11", "2026-12", "2027-01", "2027-02", "2027-03", "2027-04"];
        let mut opening = Amount::ZERO;
        for text in months {
            let statement = statement(&desk, text);
            prop_assert_eq!(statement.opening, opening);
            let lines = statement.lines.iter().map(|line| line.amount);
            prop_assert_eq!(Amount::sum(lines.chain([opening])), Ok(statement.closing));
            prop_assert_eq!(Amount::sum(statement.totals.values().copied().chain([opening])), Ok(statement.closing));
            opening = statement.closing;
        }
    }
}

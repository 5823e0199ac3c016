use proptest::prelude::*;

use super::solve;

#[test]
fn decimals_and_fractions_are_exact() {
    for (expression, expected) in [
        ("0.1 + 0.2", "= 0.3 (exact)"),
        ("1/3 + 1/6", "= 0.5 (exact)"),
        ("1/3", "= 1/3 (exact) ≈ 0.333333333333333 (rounded)"),
        ("1234.5 * 17 / 3", "= 6995.5 (exact)"),
        ("2^100", "= 1267650600228229401496703205376 (exact)"),
        ("-2^2", "= -4 (exact)"),
        ("2^-2", "= 0.25 (exact)"),
        ("2^3^2", "= 512 (exact)"),
        ("(1 + 2) * 3 - 4 / 8", "= 8.5 (exact)"),
        ("123456789123456789 * 987654321987654321", "= 121932631356500531347203169112635269 (exact)"),
        ("10!", "= 3628800 (exact)"),
        ("100 - 99.99", "= 0.01 (exact)"),
        ("1,234,567.5 × 2", "= 2469135 (exact)"),
        ("３＋４×（２－１）", "= 7 (exact)"),
        ("3 x 4 =", "= 12 (exact)"),
        ("5²", "= 25 (exact)"),
        ("2 ** 10", "= 1024 (exact)"),
        ("7 // 2", "= 3 (exact)"),
        ("-7 // 2", "= -4 (exact)"),
        ("0^0", "= 1 (exact)"),
        ("(-1)^999999999999999999999", "= -1 (exact)"),
    ] {
        assert_eq!(solve(expression), expected, "{expression}");
    }
}

#[test]
fn percent_is_understood_as_people_mean_it_and_said() {
    let note = |sign| format!(" | Understood: `a {sign} b%` is a {sign} b% of a.");
    assert_eq!(solve("19% of 250"), "= 47.5 (exact)");
    assert_eq!(solve("250 * 19%"), "= 47.5 (exact)");
    assert_eq!(solve("250 + 19%"), format!("= 297.5 (exact){}", note('+')));
    assert_eq!(solve("80 - 25% - 5"), format!("= 55 (exact){}", note('-')));
    assert_eq!(solve("5% + 3%"), "= 0.08 (exact)");
    assert_eq!(solve("17 % 5"), "= 2 (exact)");
    assert_eq!(solve("-7 mod 3"), "= 2 (exact)");
}

#[test]
fn roots_that_come_out_even_are_exact_and_others_are_rounded() {
    for (expression, expected) in [
        ("sqrt(16)", "= 4 (exact)"),
        ("√2.25", "= 1.5 (exact)"),
        ("8^(1/3)", "= 2 (exact)"),
        ("cbrt(-27)", "= -3 (exact)"),
        ("sqrt(2)", "≈ 1.4142135623731 (rounded)"),
        ("sqrt(2)^2", "≈ 2 (rounded)"),
        ("pi", "≈ 3.14159265358979 (rounded)"),
        ("sin(30°)", "≈ 0.5 (rounded)"),
        ("cos(pi)", "≈ -1 (rounded)"),
        ("ln(10)", "≈ 2.30258509299405 (rounded)"),
        ("log(1000)", "= 3 (exact)"),
        ("log2(0.125)", "= -3 (exact)"),
        ("log(8, 2)", "≈ 3 (rounded)"),
        ("e^2", "≈ 7.38905609893065 (rounded)"),
        ("exp(1000)", "≈ 1.97007111401705e434 (rounded)"),
        ("2^0.5 / 1e30", "≈ 1.4142135623731e-30 (rounded)"),
        ("atan2(1, 1) * 4", "≈ 3.14159265358979 (rounded)"),
    ] {
        assert_eq!(solve(expression), expected, "{expression}");
    }
}

#[test]
fn functions_of_many() {
    for (expression, expected) in [
        ("max(1, 2.5, -3)", "= 2.5 (exact)"),
        ("min(1; 2.5; -3)", "= -3 (exact)"),
        ("mean(1, 2, 4)", "= 7/3 (exact) ≈ 2.33333333333333 (rounded)"),
        ("median(5, 1, 3, 2)", "= 2.5 (exact)"),
        ("sum(0.1, 0.2, 0.3)", "= 0.6 (exact)"),
        ("gcd(12, 18, 30)", "= 6 (exact)"),
        ("lcm(4, 6)", "= 12 (exact)"),
        ("ncr(49, 6)", "= 13983816 (exact)"),
        ("npr(5, 2)", "= 20 (exact)"),
        ("round(2.345, 2)", "= 2.35 (exact)"),
        ("round(-2.5)", "= -3 (exact)"),
        ("ceil(-1.5)", "= -1 (exact)"),
        ("abs(-3/4)", "= 0.75 (exact)"),
        ("max(1,234)", "= 234 (exact)"),
    ] {
        assert_eq!(solve(expression), expected, "{expression}");
    }
}

#[test]
fn what_would_take_for_ever_is_refused_at_once() {
    let long = "! That number would have more than twenty thousand digits: too many.";
    for expression in
        ["9^9^9^9", "9^9^9", "10^100000000", "(2^60000)*(2^60000)", "ncr(100000, 50000)", "1.5^99999"]
    {
        assert_eq!(solve(expression), long, "{expression}");
    }
    assert_eq!(solve("100000!"), "! Factorials are computed of whole numbers from 0 to 3000.");
    assert_eq!(solve("3!!!!"), "! Factorials are computed of whole numbers from 0 to 3000.");
    assert_eq!(
        solve(&format!("{}1", "3000! + ".repeat(100))),
        "! An expression has at most 20 factorials and choices."
    );
    assert_eq!(solve("2/3^40000"), "≈ 2.82384730452688e-19085 (rounded)");
    assert_eq!(solve("exp(1e300)"), "! The result is too large.");
    assert_eq!(solve("exp(-1e300)"), "! The result is too close to zero.");
    assert_eq!(solve("pi^(10^15)"), "! The exponent is too large.");
    assert_eq!(solve("(pi^1000000)^1000000"), "! The result is too large.");
    assert!(solve("sin(1e100)").starts_with("! Angles are computed up to"));
    assert!(solve("1e99999999").ends_with("is no number that can be read."));
    assert_eq!(
        solve("3000!").split("(exact").last(),
        Some("; 9131 digits, the first 50 and the last 20 are shown)")
    );
}

#[test]
fn brackets_without_end_are_refused_before_the_stack_is() {
    let deep = |open: &str| format!("{}1", open.repeat(300));
    for open in ["(", "2^", "√", "abs("] {
        assert!(solve(&deep(open)).starts_with("! Brackets and powers stand more than 60 deep"), "{open}");
    }
    assert_eq!(solve(&format!("{}1", "-".repeat(1_999))), "= -1 (exact)");
    assert_eq!(solve(&"1".repeat(2_001)), "! The expression is longer than 2000 characters.");
}

#[test]
fn what_is_wrong_is_said() {
    for (expression, problem) in [
        ("", "The expression is empty."),
        ("1 / 0", "Division by zero."),
        ("5 % 0", "Division by zero."),
        ("0^-1", "Zero to a negative power is a division by zero."),
        ("sqrt(-1)", "An even root of a negative number is not a real number."),
        ("(-8)^0.3", "A negative number to a broken power is not a real number."),
        ("ln(0)", "A logarithm is defined only above zero."),
        ("asin(2)", "That is not defined for real numbers."),
        ("2(3)", "Before `(` an operator is missing; write `*` between factors."),
        ("2 pi", "Before `pi` an operator is missing; write `*` between factors."),
        ("(1 + 2", "A closing bracket is missing."),
        ("1 + 2)", "`)` stands where nothing fits."),
        ("1 +", "The expression ends where a number is expected."),
        ("* 2", "`*` stands where a number is expected."),
        ("sin 3", "`sin` needs its arguments in brackets: sin(…)."),
        ("max(1, 2", "The bracket of `max(` is not closed."),
        ("max()", "`max` needs at least one argument."),
        ("round(1, 2, 3)", "`round` does not take 3 arguments."),
        ("1.2.3", "`1.2.3` is no number that can be read."),
        ("1,23", "`1,23` is no number that can be read: write 1234.5, without commas."),
        ("import os", "`import` is not known here."),
        ("sqr(4)", "`sqr` is not known here. Is `sqrt` meant?"),
        ("$5", "`$` is not understood here."),
    ] {
        let said = solve(expression);
        assert!(said.starts_with(&format!("! {problem}")), "{expression}: {said}");
    }
}

proptest! {
    #[test]
    fn nothing_that_is_written_breaks_it(text in "[-+*/^()!%°√²,.0-9a-z π]{0,40}") {
        let _ = solve(&text);
    }

    #[test]
    fn sums_of_whole_numbers_agree(a in -1_000_000_000_i64..1_000_000_000, b in 1_i64..1_000_000_000) {
        prop_assert_eq!(solve(&format!("({a}) + {b}")), format!("= {} (exact)", a + b));
        prop_assert_eq!(solve(&format!("({a}) * {b}")), format!("= {} (exact)", i128::from(a) * i128::from(b)));
        prop_assert_eq!(solve(&format!("(({a}) / {b}) * {b}")), format!("= {a} (exact)"));
        prop_assert_eq!(solve(&format!("({a}) mod {b}")), format!("= {} (exact)", a.rem_euclid(b)));
    }
}

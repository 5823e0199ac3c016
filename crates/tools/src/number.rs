//! Exact numbers: how they are read and written.

use dashu_base::{Abs, BitTest, Signed};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

/// Digits of a number that is read.
const MOST_DIGITS: usize = 2_000;
/// The largest exponent that is read, either way.
const MOST_EXPONENT: u32 = 2_000;
/// Zeros after the point that are written; beyond them stands an exponent.
const MOST_ZEROS: isize = 20;
/// Digits after the point that are tried before a number is said not to end.
const MOST_PLACES: usize = 60;

/// Bits that a number takes.
pub(crate) fn bits(number: &RBig) -> usize {
    number.numerator().bit_len() + number.denominator().bit_len()
}

/// Reads `-12.50` or `1.2e-3`: digits of ASCII with at most one point, and nothing else.
pub(crate) fn read(text: &str) -> Option<RBig> {
    let (is_negative, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty();
    if !is_plain || digits.len() > MOST_DIGITS || exponent.unsigned_abs() > MOST_EXPONENT {
        return None;
    }
    let shift = exponent - i32::try_from(fraction.len()).ok()?;
    let digits: IBig = digits.parse().ok()?;
    let scale = RBig::from(power_of_ten(usize::try_from(shift.unsigned_abs()).ok()?));
    let number = RBig::from(digits);
    let number = if shift < 0 { number / scale } else { number * scale };
    Some(if is_negative { -number } else { number })
}

/// Reads what `read` does, and thousands in groups of three: `1,234.50`, `12,345`.
pub(crate) fn read_grouped(text: &str) -> Option<RBig> {
    if !text.contains(',') {
        return read(text);
    }
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut groups = whole.trim_start_matches(['-', '+']).split(',');
    let is_first_short = groups.next().is_some_and(|first| (1..=3).contains(&first.len()));
    if !is_first_short
        || !groups.all(|group| group.len() == 3)
        || fraction.is_some_and(|rest| rest.contains(','))
    {
        return None;
    }
    read(&text.replace(',', ""))
}

/// All digits of a number that ends, or nothing.
pub(crate) fn decimal(number: &RBig) -> Option<String> {
    let mut rest = number.denominator().clone();
    let mut places = 0_usize;
    let (two, five, ten) = (UBig::from(2_u8), UBig::from(5_u8), UBig::from(10_u8));
    while rest > UBig::ONE {
        if places == MOST_PLACES {
            return None;
        }
        rest = if (&rest % &ten).is_zero() {
            rest / &ten
        } else if (&rest % &five).is_zero() {
            rest / &five
        } else if (&rest % &two).is_zero() {
            rest / &two
        } else {
            return None;
        };
        places += 1;
    }
    Some(fixed(number, places))
}

/// The number with so many digits after the point; half is rounded away from zero.
pub(crate) fn fixed(number: &RBig, places: usize) -> String {
    let scaled: IBig = (number * RBig::from(power_of_ten(places))).round();
    let sign = if scaled.is_negative() { "-" } else { "" };
    let digits = format!("{:0>width$}", scaled.abs().to_string(), width = places + 1);
    match digits.split_at_checked(digits.len() - places) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{digits}"),
    }
}

/// The number rounded to so many places, as a number.
pub(crate) fn rounded(number: &RBig, places: usize) -> RBig {
    let scale = RBig::from(power_of_ten(places));
    RBig::from((number * &scale).round()) / scale
}

/// The same number without zeros at its end.
pub(crate) fn trimmed(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// The number to read: all digits when it ends soon, else so many significant ones.
pub(crate) fn shown(number: &RBig, significant: usize) -> Shown {
    if let Some(text) = decimal(number) {
        return Shown { text, is_exact: true };
    }
    // So many digits stand before the point, or so many zeros after it.
    let lead = decimal_exponent(number);
    let places = isize::try_from(significant).unwrap_or(15) - lead;
    if lead < -MOST_ZEROS {
        let raised = number * RBig::from(power_of_ten(lead.unsigned_abs() + 1));
        let head = fixed(&raised, significant.saturating_sub(1));
        return Shown { text: format!("{}e{}", trimmed(&head), lead - 1), is_exact: false };
    }
    let text = fixed(number, usize::try_from(places.max(0)).unwrap_or(0));
    Shown { text: trimmed(&text).to_owned(), is_exact: false }
}

/// A number as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) is_exact: bool,
}

fn power_of_ten(exponent: usize) -> IBig {
    IBig::from(10_u8).pow(exponent)
}

/// How many digits stand before the point: 3 for 123.4, 0 for 0.5, -2 for 0.001234.
fn decimal_exponent(number: &RBig) -> isize {
    let (top, bottom) = (number.numerator().clone().abs(), IBig::from(number.denominator().clone()));
    let digits = |number: &IBig| isize::try_from(number.to_string().len()).unwrap_or(isize::MAX);
    let apart = digits(&top) - digits(&bottom);
    let scale = power_of_ten(apart.unsigned_abs());
    let is_longer = if apart < 0 { top * scale >= bottom } else { top >= bottom * scale };
    if number.is_zero() { 1 } else { apart + isize::from(is_longer) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(text: &str) -> RBig {
        read(text).unwrap()
    }

    #[test]
    fn decimals_are_read_to_the_digit() {
        assert_eq!(exact("0.1") + exact("0.2"), exact("0.3"));
        assert_eq!(exact("-1.50"), -(RBig::from(3_u8) / RBig::from(2_u8)));
        assert_eq!(exact("1.2e-3"), exact("0.0012"));
        assert_eq!(exact(".5"), exact("5e-1"));
        for text in ["", "-", ".", "e5", "1e", "1.2.3", "--1", "1e99999", "0x1", "٣", " 1", "inf"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"9".repeat(2_001)), None);
    }

    #[test]
    fn thousands_are_read_when_their_groups_are_right() {
        assert_eq!(read_grouped("1,234,567.89"), read("1234567.89"));
        assert_eq!(read_grouped("-12,345"), read("-12345"));
        for text in ["1,23", "1,2345", ",123", "1234,567", "1.234,56", "1,234.5,6"] {
            assert_eq!(read_grouped(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_whole_or_said_to_be_rounded() {
        let shown = |text: &str, by: &str| super::shown(&(exact(text) / exact(by)), 15);
        let all = |text: &str| Shown { text: text.to_owned(), is_exact: true };
        let some = |text: &str| Shown { text: text.to_owned(), is_exact: false };
        assert_eq!(shown("1", "8"), all("0.125"));
        assert_eq!(shown("-10", "4"), all("-2.5"));
        assert_eq!(shown("6", "3"), all("2"));
        assert_eq!(shown("1", "3"), some("0.333333333333333"));
        assert_eq!(shown("200", "3"), some("66.6666666666667"));
        assert_eq!(shown("1", "3000"), some("0.000333333333333333"));
        assert_eq!(shown("-2", "3e40"), some("-6.66666666666667e-41"));
        assert_eq!(shown("1e50", "3").text.len(), 50);
        assert_eq!(fixed(&exact("2.345"), 2), "2.35");
        assert_eq!(fixed(&exact("-2.345"), 2), "-2.35");
        assert_eq!(fixed(&exact("0.004"), 2), "0.00");
        assert_eq!(fixed(&exact("99.5"), 0), "100");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(digits in -1_000_000_000_i64..1_000_000_000, places in 0_usize..12) {
            let number = RBig::from(digits) / RBig::from(power_of_ten(places));
            let text = decimal(&number).unwrap();
            prop_assert_eq!(read(&text), Some(number));
        }
    }
}

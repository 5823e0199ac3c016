//! Functions and constants.

use dashu_base::{BitTest, Gcd, UnsignedAbs};
use dashu_int::{IBig, UBig};
use dashu_ratio::RBig;

use super::value::{MOST_BITS, Outcome, Value, context};
use crate::number;

/// All functions, as they are written.
const NAMES: [&str; 34] = [
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "avg",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "exp",
    "factorial",
    "floor",
    "gcd",
    "lcm",
    "ln",
    "log",
    "log10",
    "log2",
    "max",
    "mean",
    "median",
    "min",
    "mod",
    "ncr",
    "npr",
    "pow",
    "root",
    "round",
    "sin",
    "sinh",
    "sqrt",
    "sum",
    "tan",
];
/// The largest number of which a factorial is computed: it has some nine thousand digits.
const MOST_FACTORIAL: u32 = 3_000;
/// Angles beyond this are refused: of them too few digits would be right.
const MOST_ANGLE: i64 = 1_000_000_000_000_000;

pub(super) fn constant(word: &str) -> Option<Outcome> {
    match word {
        "pi" => Some(Value::of_rounded(context().pi::<10>(None).value())),
        "e" => Some(Value::whole(1).exp()),
        "tau" => {
            Some(Value::of_rounded(context().pi::<10>(None).value()).and_then(|pi| pi.times(Value::whole(2))))
        }
        _ => None,
    }
}

pub(super) fn is_known(word: &str) -> bool {
    NAMES.contains(&word) && word != "mod"
}

pub(super) fn unknown(word: &str) -> String {
    let shown: String = word.chars().take(40).collect();
    let near = NAMES.iter().min_by_key(|name| strsim::damerau_levenshtein(name, &shown));
    let near = near.filter(|name| strsim::damerau_levenshtein(name, &shown) <= 2);
    let hint = near.map(|name| format!(" Is `{name}` meant?")).unwrap_or_default();
    format!(
        "`{shown}` is not known here.{hint} Known: pi, e, {}. Units belong to the tool `convert`.",
        NAMES.join(", ")
    )
}

pub(super) fn call(name: &str, arguments: Vec<Value>) -> Outcome {
    let count = arguments.len();
    match (name, arguments.as_slice()) {
        ("max" | "min" | "sum" | "avg" | "mean" | "median" | "gcd" | "lcm", []) => {
            Err(format!("`{name}` needs at least one argument."))
        }
        ("sum", all) => sum(all),
        ("avg" | "mean", all) => sum(all)?.over(Value::whole(i64::try_from(count).unwrap_or(1))),
        ("median", all) => median(all),
        ("max" | "min", all) => extreme(name == "max", all),
        ("gcd" | "lcm", all) => divisors(name == "lcm", all),
        ("round", [value]) => round(value, 0),
        ("round", [value, places]) => {
            let places = small(places, 60)
                .ok_or("The second argument of `round` is a number of decimals, 0 to 60.")?;
            round(value, places)
        }
        ("log", [value, base]) => logarithm(value)?.over(logarithm(base)?),
        ("root", [value, degree]) => root(value.clone(), degree),
        ("atan2", [y, x]) => Value::from_library(context().atan2(&y.repr(), &x.repr(), None)),
        ("pow", [base, exponent]) => base.clone().raised(exponent.clone()),
        ("ncr" | "npr", [n, k]) => choose(name == "ncr", n, k),
        (_, [value]) => of_one(name, value.clone()),
        _ => Err(format!("`{name}` does not take {count} arguments.")),
    }
}

fn of_one(name: &str, value: Value) -> Outcome {
    match name {
        "abs" => Ok(if value.is_negative() { value.negated() } else { value }),
        "sqrt" => root(value, &Value::whole(2)),
        "cbrt" => root(value, &Value::whole(3)),
        "floor" => value.floor(),
        "ceil" => Ok(value.negated().floor()?.negated()),
        "factorial" => factorial(&value),
        "exp" => value.exp(),
        "ln" => logarithm(&value),
        "log" | "log10" => power_logarithm(&value, 10),
        "log2" => power_logarithm(&value, 2),
        "sin" | "cos" | "tan" => angle(name, &value),
        "asin" => Value::from_library(context().asin(&value.repr(), None)),
        "acos" => Value::from_library(context().acos(&value.repr(), None)),
        "atan" => Value::from_library(context().atan(&value.repr(), None)),
        "sinh" | "cosh" => {
            let (up, down) = (value.clone().exp()?, value.negated().exp()?);
            let both = if name == "sinh" { up.minus(down)? } else { up.plus(down)? };
            both.over(Value::whole(2))
        }
        _ => Err(format!("`{name}` does not take one argument.")),
    }
}

/// An angle in degrees, in radians.
pub(super) fn degrees(value: Value) -> Outcome {
    let pi = Value::of_rounded(context().pi::<10>(None).value())?;
    value.times(pi)?.over(Value::whole(180))
}

pub(super) fn factorial(value: &Value) -> Outcome {
    let Some(n) = small(value, usize::try_from(MOST_FACTORIAL).unwrap_or(0)) else {
        return Err(format!("Factorials are computed of whole numbers from 0 to {MOST_FACTORIAL}."));
    };
    let product = (1..=n).fold(IBig::ONE, |product, factor| product * IBig::from(factor));
    Ok(Value::Exact(RBig::from(product)))
}

fn choose(is_unordered: bool, n: &Value, k: &Value) -> Outcome {
    let most = 100_000;
    let problem = || format!("Both arguments are whole numbers, 0 to {most}, the second not the larger one.");
    let (n, k) = (small(n, most).ok_or_else(problem)?, small(k, most).ok_or_else(problem)?);
    if k > n {
        return Err(problem());
    }
    let steps = if is_unordered { k.min(n - k) } else { k };
    let mut product = IBig::ONE;
    for step in 0..steps {
        product *= IBig::from(n - step);
        if is_unordered {
            // Of so many factors in a row one is divisible.
            product /= IBig::from(step + 1);
        }
        if product.bit_len() > MOST_BITS {
            return Err("That number would have more than twenty thousand digits: too many.".to_owned());
        }
    }
    Ok(Value::Exact(RBig::from(product)))
}

fn small(value: &Value, most: usize) -> Option<usize> {
    usize::try_from(value.as_whole()?).ok().filter(|number| *number <= most)
}

fn sum(all: &[Value]) -> Outcome {
    all.iter().cloned().try_fold(Value::whole(0), Value::plus)
}

fn is_less(a: &Value, b: &Value) -> Result<bool, String> {
    Ok(a.clone().minus(b.clone())?.is_negative())
}

fn extreme(is_largest: bool, all: &[Value]) -> Outcome {
    let (first, rest) = all.split_first().ok_or("An argument is missing.")?;
    let mut found = first;
    for value in rest {
        if is_less(value, found)? != is_largest && value != found {
            found = value;
        }
    }
    Ok(found.clone())
}

fn median(all: &[Value]) -> Outcome {
    let mut sorted: Vec<Value> = Vec::with_capacity(all.len());
    for value in all {
        let mut place = 0;
        for other in &sorted {
            place += usize::from(!is_less(value, other)?);
        }
        sorted.insert(place.min(sorted.len()), value.clone());
    }
    let middle = sorted.len() / 2;
    let at = |index: usize| sorted.get(index).cloned().ok_or_else(|| "An argument is missing.".to_owned());
    if sorted.len() % 2 == 1 { at(middle) } else { at(middle - 1)?.plus(at(middle)?)?.over(Value::whole(2)) }
}

fn divisors(is_multiple: bool, all: &[Value]) -> Outcome {
    let whole = |value: &Value| value.as_whole().ok_or("`gcd` and `lcm` take whole numbers.".to_owned());
    let mut found = UBig::from(u8::from(is_multiple));
    for value in all {
        let next = whole(value)?.unsigned_abs();
        if next.is_zero() || found.is_zero() {
            found = if is_multiple { UBig::ZERO } else { found + next };
            continue;
        }
        let common = (&found).gcd(&next);
        found = if is_multiple { found / common * next } else { common };
        if number::bits(&RBig::from(found.clone())) > MOST_BITS {
            return Err("That number would have more than twenty thousand digits: too many.".to_owned());
        }
    }
    Ok(Value::Exact(RBig::from(found)))
}

fn round(value: &Value, places: usize) -> Outcome {
    match value {
        Value::Exact(exact) => Ok(Value::Exact(number::rounded(exact, places))),
        Value::Rounded(_) => {
            let scale = Value::whole(10).raised(Value::whole(i64::try_from(places).unwrap_or(0)))?;
            let half = Value::Exact(RBig::from(1_u8) / RBig::from(2_u8));
            let is_negative = value.is_negative();
            let size = if is_negative { value.clone().negated() } else { value.clone() };
            let whole = size.times(scale.clone())?.plus(half)?.floor()?.over(scale)?;
            Ok(if is_negative { whole.negated() } else { whole })
        }
    }
}

fn logarithm(value: &Value) -> Outcome {
    if value.is_negative() || value.is_zero() {
        return Err("A logarithm is defined only above zero.".to_owned());
    }
    Value::from_library(context().ln(&value.repr(), None))
}

/// A logarithm that is exact when it comes out even.
fn power_logarithm(value: &Value, base: i64) -> Outcome {
    let rough = logarithm(value)?.over(logarithm(&Value::whole(base))?)?;
    if let Value::Rounded(number) = &rough {
        let whole = Value::Exact(RBig::from(number.round().to_int().value()));
        if matches!(value, Value::Exact(_)) && Value::whole(base).raised(whole.clone()).as_ref() == Ok(value)
        {
            return Ok(whole);
        }
    }
    Ok(rough)
}

fn root(value: Value, degree: &Value) -> Outcome {
    let Some(n) = small(degree, 1_000).filter(|n| *n > 0) else {
        return Err("The degree of a root is a whole number from 1 to 1000.".to_owned());
    };
    let exponent = Value::whole(1).over(degree.clone())?;
    match (value.is_negative(), n % 2) {
        (true, 0) => Err("An even root of a negative number is not a real number.".to_owned()),
        (true, _) => Ok(value.negated().raised(exponent)?.negated()),
        (false, _) => value.raised(exponent),
    }
}

fn angle(name: &str, value: &Value) -> Outcome {
    if value.clone().size() > RBig::from(MOST_ANGLE) {
        return Err(format!("Angles are computed up to {MOST_ANGLE}, in radians; write 30° for degrees."));
    }
    let repr = value.repr();
    match name {
        "sin" => Value::from_library(context().sin(&repr, None)),
        "cos" => Value::from_library(context().cos(&repr, None)),
        _ => Value::from_library(context().tan(&repr, None)),
    }
}

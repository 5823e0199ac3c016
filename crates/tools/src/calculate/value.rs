//! Numbers that are exact, or rounded and known to be.

use dashu_base::{Signed, UnsignedAbs};
use dashu_float::round::mode::HalfEven;
use dashu_float::{Context, FBig, Repr};
use dashu_int::IBig;
use dashu_ratio::RBig;

use crate::number;

/// Bits of an exact number: some twenty thousand digits.
pub(super) const MOST_BITS: usize = 65_536;
/// Digits that rounded numbers are computed with.
const DIGITS: usize = 50;
/// The largest decimal exponent of a rounded number.
const MOST_EXPONENT: isize = 1_000_000;

pub(super) type Rounded = FBig<HalfEven, 10>;

/// What computing can end in.
pub(super) type Outcome = Result<Value, String>;

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// To the last digit.
    Exact(RBig),
    /// To `DIGITS` digits.
    Rounded(Rounded),
}

/// What is computed with rounded numbers.
pub(super) fn context() -> Context<HalfEven> {
    Context::new(DIGITS)
}

impl Value {
    pub(super) fn whole(number: i64) -> Self {
        Self::Exact(RBig::from(number))
    }

    /// The rounded number that a library computed.
    pub(super) fn from_library<E>(result: Result<dashu_float::round::Rounded<Rounded>, E>) -> Outcome {
        let number = result.map_err(|_| "That is not defined for real numbers.".to_owned())?.value();
        Self::of_rounded(number)
    }

    pub(super) fn of_rounded(number: Rounded) -> Outcome {
        let repr = number.repr();
        let top = repr.exponent().saturating_add(isize::try_from(repr.digits()).unwrap_or(isize::MAX));
        if repr.is_infinite() || top > MOST_EXPONENT {
            return Err("The result is too large.".to_owned());
        }
        if top < -MOST_EXPONENT && !repr.significand().is_zero() {
            return Err("The result is too close to zero.".to_owned());
        }
        Ok(Self::Rounded(number))
    }

    pub(super) fn rounded(&self) -> Rounded {
        match self {
            Self::Rounded(number) => number.clone(),
            Self::Exact(number) => {
                let top = context().convert_int(number.numerator().clone()).value();
                let bottom = context().convert_int(IBig::from(number.denominator().clone())).value();
                top / bottom
            }
        }
    }

    pub(super) fn repr(&self) -> Repr<10> {
        self.rounded().into_repr()
    }

    pub(super) fn is_zero(&self) -> bool {
        match self {
            Self::Exact(number) => number.is_zero(),
            Self::Rounded(number) => number.repr().significand().is_zero(),
        }
    }

    pub(super) fn is_negative(&self) -> bool {
        match self {
            Self::Exact(number) => number.is_negative(),
            Self::Rounded(number) => number.repr().significand().is_negative(),
        }
    }

    /// The whole number that it exactly is.
    pub(super) fn as_whole(&self) -> Option<IBig> {
        match self {
            Self::Exact(number) if number.is_int() => Some(number.numerator().clone()),
            _ => None,
        }
    }

    pub(super) fn negated(self) -> Self {
        match self {
            Self::Exact(number) => Self::Exact(-number),
            Self::Rounded(number) => Self::Rounded(-number),
        }
    }

    pub(super) fn plus(self, other: Self) -> Outcome {
        self.combined(other, |a, b| a + b, |a, b| a + b)
    }

    pub(super) fn minus(self, other: Self) -> Outcome {
        self.plus(other.negated())
    }

    pub(super) fn times(self, other: Self) -> Outcome {
        self.combined(other, |a, b| a * b, |a, b| a * b)
    }

    pub(super) fn over(self, other: Self) -> Outcome {
        if other.is_zero() {
            return Err("Division by zero.".to_owned());
        }
        self.combined(other, |a, b| a / b, |a, b| a / b)
    }

    /// The rest of a division; it has the sign of the divisor.
    pub(super) fn modulo(self, other: Self) -> Outcome {
        let whole = self.clone().over(other.clone())?.floor()?;
        self.minus(other.times(whole)?)
    }

    pub(super) fn floor(self) -> Outcome {
        match self {
            Self::Exact(number) => Ok(Self::Exact(RBig::from(number.floor()))),
            Self::Rounded(number) => {
                // More digits before the point than are known are zeros.
                Self::of_rounded(number.floor())
            }
        }
    }

    pub(super) fn raised(self, exponent: Self) -> Outcome {
        if self.is_zero() && exponent.is_negative() {
            return Err("Zero to a negative power is a division by zero.".to_owned());
        }
        if let (Self::Exact(base), Some(power)) = (&self, exponent.as_whole()) {
            return exact_power(base, &power);
        }
        if let Some(power) = exponent.as_whole() {
            if power.clone().unsigned_abs() > dashu_int::UBig::from(1_000_000_u32) {
                return Err("The exponent is too large.".to_owned());
            }
            return Self::from_library(context().powi(&self.repr(), power));
        }
        if self.is_negative() {
            return Err("A negative number to a broken power is not a real number.".to_owned());
        }
        if let Some(root) = exact_root(&self, &exponent) {
            return Ok(root);
        }
        if self.is_zero() {
            return Ok(self);
        }
        let log = Self::from_library(context().ln(&self.repr(), None))?;
        log.times(exponent)?.exp()
    }

    pub(super) fn exp(self) -> Outcome {
        let most = RBig::from(2 * MOST_EXPONENT);
        let size = self.clone().size();
        if size > most {
            return Err(if self.is_negative() {
                "The result is too close to zero."
            } else {
                "The result is too large."
            }
            .to_owned());
        }
        Self::from_library(context().exp(&self.repr(), None))
    }

    /// How far from zero, roughly: enough to compare with limits.
    pub(super) fn size(self) -> RBig {
        match self {
            Self::Exact(number) => {
                if number.is_negative() {
                    -number
                } else {
                    number
                }
            }
            Self::Rounded(number) => {
                let whole = number.to_int().value();
                RBig::from(if whole.is_negative() { -whole } else { whole })
            }
        }
    }

    fn combined(
        self,
        other: Self,
        exactly: impl FnOnce(RBig, RBig) -> RBig,
        roughly: impl FnOnce(Rounded, Rounded) -> Rounded,
    ) -> Outcome {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => {
                if number::bits(&a) + number::bits(&b) > MOST_BITS {
                    return Err(too_long());
                }
                Ok(Self::Exact(exactly(a, b)))
            }
            (a, b) => Self::of_rounded(roughly(a.rounded(), b.rounded())),
        }
    }
}

fn too_long() -> String {
    "That number would have more than twenty thousand digits: too many.".to_owned()
}

fn exact_power(base: &RBig, power: &IBig) -> Outcome {
    let is_small = base.is_zero() || *base == RBig::ONE || *base == -RBig::ONE;
    if is_small {
        let is_odd = power % IBig::from(2_u8) != IBig::ZERO;
        let value = if power.is_zero() || (!is_odd && !base.is_zero()) { RBig::ONE } else { base.clone() };
        return Ok(Value::Exact(value));
    }
    let steps = isize::try_from(power.clone()).map_err(|_| too_long())?;
    match number::bits(base).checked_mul(steps.unsigned_abs()) {
        Some(bits) if bits <= 2 * MOST_BITS => Ok(Value::Exact(base.pow(steps))),
        _ => Err(too_long()),
    }
}

/// A root that comes out even: 8^(1/3), 0.25^0.5.
fn exact_root(base: &Value, exponent: &Value) -> Option<Value> {
    let (Value::Exact(base), Value::Exact(exponent)) = (base, exponent) else { return None };
    let degree = usize::try_from(exponent.denominator().clone()).ok().filter(|degree| *degree <= 64)?;
    let power = isize::try_from(exponent.numerator().clone()).ok()?;
    let root = |number: dashu_int::UBig| {
        let root = number.nth_root(degree);
        (root.pow(degree) == number).then_some(root)
    };
    let (top, bottom) = base.clone().into_parts();
    let root = RBig::from_parts(IBig::from(root(top.unsigned_abs())?), root(bottom)?);
    exact_power(&root, &IBig::from(power)).ok()
}

/// So many significant digits; far from one with an exponent.
pub(super) fn significant(number: &Rounded, digits: usize) -> String {
    let number = number.clone().with_precision(digits).value();
    let (significand, exponent) = number.into_repr().into_parts();
    if significand.is_zero() {
        return "0".to_owned();
    }
    let sign = if significand.is_negative() { "-" } else { "" };
    let digits_of_all = significand.unsigned_abs().to_string();
    let all = digits_of_all.trim_end_matches('0');
    let cut = isize::try_from(digits_of_all.len() - all.len()).unwrap_or(0);
    let exponent = exponent + cut;
    let length = isize::try_from(all.len()).unwrap_or(0);
    let top = exponent + length - 1;
    if (-7..=20).contains(&top) {
        let exact = number::read(&format!("{all}e{exponent}")).unwrap_or_default();
        return format!("{sign}{}", number::shown(&exact, digits).text);
    }
    let (head, tail) = all.split_at_checked(1).unwrap_or((all, ""));
    let point = if tail.is_empty() { "" } else { "." };
    format!("{sign}{head}{point}{tail}e{top}")
}

//! Whether the answer of a cheap model may be shown, or a better one is asked.

mod normal;

use std::collections::BTreeMap;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::file::Wrong;
use normal::{last_number, normal_line, normal_text, unfenced};
use wire::RouteFinding;

/// What an answer has to pass before it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Check {
    /// Enough of several answers say the same (self-consistency, Wang et al. 2022).
    Agreement {
        /// How many are asked for; 2 to 9.
        answers: u32,
        /// So many of them have to agree. An answer that did not come disagrees.
        agree: u32,
        /// What is compared.
        #[serde(default)]
        by: By,
        /// Only short answers are compared: so many tokens of each are written, and what is not complete by then is doubted.
        #[serde(default = "short")]
        longest: u32,
    },
    /// The model held what it wrote probable.
    Confidence {
        /// The least mean of the natural logarithms of its tokens' probabilities, in thousandths; below zero.
        mean_logprob: i32,
    },
    /// It is a JSON object with these keys, or any JSON where none are named. A code fence around it does not count.
    Json {
        /// Keys of the object.
        #[serde(default)]
        keys: Vec<String>,
    },
    /// Its last number is within these bounds.
    Number {
        /// The least that is believed.
        least: Option<i64>,
        /// The most.
        most: Option<i64>,
    },
    /// It is complete and has the form that the question asks for: JSON of its schema where it wants JSON, and arguments of the
    /// tool's schema where it calls a tool.
    Form {},
    /// It has what this regular expression looks for.
    Pattern {
        /// In the syntax of the crate `regex`.
        regex: String,
    },
}

/// What of answers is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// All of the text, but for case, width, white space and punctuation at its ends.
    #[default]
    Text,
    /// Its first line, likewise.
    FirstLine,
    /// Its last number: `1,000` and `1000.0` are the same.
    Number,
}

/// An answer that may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Draft<'a> {
    /// What it says.
    pub text: &'a str,
    /// The natural logarithms of its tokens' probabilities; empty where the model does not tell them.
    pub logprobs: &'a [f32],
    /// What was found of its form; `Fits` where it has the one that its question asks for, absent where nobody has looked.
    pub form: Option<RouteFinding>,
}

/// Whether an answer passes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// It does; this one is to be shown.
    Passes {
        /// Which of the drafts, counted from nought.
        draft: usize,
        /// By what.
        proof: Proof,
    },
    /// It does not; a better model is to be asked.
    Doubtful {
        /// Why.
        doubt: Doubt,
    },
}

/// By what an answer passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "proof")]
pub enum Proof {
    /// So many agree.
    Agreed {
        /// How many say the same.
        agree: u32,
        /// Of how many that were asked for.
        of: u32,
    },
    /// It was probable enough.
    Confident {
        /// Its mean, in thousandths, rounded down.
        mean_logprob: i32,
    },
    /// It has the shape.
    Fits,
}

/// Why an answer did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "doubt")]
pub enum Doubt {
    /// Too few agree.
    Disagree {
        /// The most that say the same.
        agree: u32,
        /// How many had to.
        needs: u32,
    },
    /// It was not probable enough.
    Unsure {
        /// Its mean, in thousandths, rounded down.
        mean_logprob: i32,
        /// The least.
        least: i32,
    },
    /// The model did not tell its probabilities.
    NoProbabilities,
    /// There is no answer, or an empty one.
    NoAnswer,
    /// It is no JSON.
    NotJson,
    /// It is JSON without a key that is asked for.
    KeyMissing,
    /// It has no number.
    NoNumber,
    /// Its number cannot be right.
    OutOfBounds,
    /// It has not what the pattern looks for.
    NoMatch,
    /// It met its limit before its end.
    Unfinished,
    /// It is JSON that does not match what was asked for.
    WrongShape,
    /// It calls tools in a way that is not right, or none though it must.
    WrongCall,
}

/// A pattern that would take more memory than this is refused.
const PATTERN_BYTES: usize = 1 << 20;

impl Check {
    /// How many answers it needs.
    pub fn answers(&self) -> u32 {
        match self {
            Self::Agreement { answers, .. } => *answers,
            Self::Confidence { .. }
            | Self::Json { .. }
            | Self::Number { .. }
            | Self::Form {}
            | Self::Pattern { .. } => 1,
        }
    }

    /// How long an answer may be to be looked at, in tokens; absent: as long as it likes.
    pub fn longest(&self) -> Option<u32> {
        match self {
            Self::Agreement { longest, .. } => Some(*longest),
            _ => None,
        }
    }

    /// Which of these answers may be shown, if one may, and what was found, in the words of the explanation.
    pub fn found<'a>(&self, drafts: impl Iterator<Item = Draft<'a>>) -> (Option<usize>, RouteFinding) {
        match self.verify(&drafts.collect::<Vec<_>>()) {
            Verdict::Passes { draft, proof } => (Some(draft), proof.into()),
            Verdict::Doubtful { doubt } => (None, doubt.into()),
        }
    }

    /// Whether one of these answers may be shown. What cannot be looked at is doubted, never passed.
    pub fn verify(&self, drafts: &[Draft<'_>]) -> Verdict {
        if matches!(self, Self::Form {}) {
            return form(drafts);
        }
        let Some(first) = drafts.iter().position(|draft| !draft.text.trim().is_empty()) else {
            let is_cut = drafts.iter().any(|draft| draft.form == Some(RouteFinding::Unfinished));
            return Verdict::Doubtful { doubt: if is_cut { Doubt::Unfinished } else { Doubt::NoAnswer } };
        };
        let text = drafts.get(first).map_or("", |draft| draft.text);
        let looked_at = match self {
            Self::Agreement { answers, agree, by, .. } => return agreement(drafts, *answers, *agree, *by),
            Self::Confidence { mean_logprob } => {
                confidence(drafts.get(first).map_or(&[], |draft| draft.logprobs), *mean_logprob)
            }
            Self::Json { keys } => json(text, keys),
            Self::Number { least, most } => number(text, *least, *most),
            Self::Pattern { regex } => pattern(text, regex),
            Self::Form {} => Err(Doubt::NoAnswer),
        };
        match looked_at {
            Ok(proof) => Verdict::Passes { draft: first, proof },
            Err(doubt) => Verdict::Doubtful { doubt },
        }
    }

    pub(crate) fn validate(&self) -> Result<(), Wrong> {
        match self {
            Self::Agreement { answers, .. } if !(2..=9).contains(answers) => {
                Err(("way.check.answers", "2 to 9 answers", answers.to_string()))
            }
            Self::Agreement { longest, .. } if *longest == 0 => {
                Err(("way.check.longest", "at least 1 token", longest.to_string()))
            }
            Self::Agreement { answers, agree, .. } if !(2..=*answers).contains(agree) => {
                Err(("way.check.agree", "from 2 to as many as are asked for", agree.to_string()))
            }
            Self::Confidence { mean_logprob } if *mean_logprob >= 0 => {
                Err(("way.check.mean_logprob", "a number below zero", mean_logprob.to_string()))
            }
            Self::Number { least: Some(least), most: Some(most) } if least > most => {
                Err(("way.check.most", "no less than `least`", most.to_string()))
            }
            Self::Pattern { regex } => match compile(regex) {
                Some(_) => Ok(()),
                None => Err(("way.check.regex", "a regular expression of the crate `regex`", regex.clone())),
            },
            _ => Ok(()),
        }
    }
}

/// An answer of one line, about.
fn short() -> u32 {
    128
}

fn form(drafts: &[Draft<'_>]) -> Verdict {
    let doubt = match drafts.first().and_then(|draft| draft.form) {
        Some(RouteFinding::Fits) => return Verdict::Passes { draft: 0, proof: Proof::Fits },
        Some(RouteFinding::Unfinished) => Doubt::Unfinished,
        Some(RouteFinding::NotJson) => Doubt::NotJson,
        Some(RouteFinding::WrongShape) => Doubt::WrongShape,
        Some(RouteFinding::WrongCall) => Doubt::WrongCall,
        _ => Doubt::NoAnswer,
    };
    Verdict::Doubtful { doubt }
}

/// The largest group that says the same; of two that are as large, the one that was said first.
fn agreement(drafts: &[Draft<'_>], answers: u32, needs: u32, by: By) -> Verdict {
    let mut groups: BTreeMap<String, (u32, usize)> = BTreeMap::new();
    let wanted = usize::try_from(answers).unwrap_or(usize::MAX);
    for (position, draft) in drafts.iter().take(wanted).enumerate() {
        let said = match by {
            By::Text => normal_text(draft.text),
            By::FirstLine => normal_line(draft.text),
            By::Number => last_number(draft.text).unwrap_or_default(),
        };
        // What says nothing agrees with nobody.
        if !said.is_empty() {
            groups.entry(said).or_insert((0, position)).0 += 1;
        }
    }
    let largest = groups.into_values().max_by_key(|(count, first)| (*count, std::cmp::Reverse(*first)));
    match largest {
        Some((agree, draft)) if agree >= needs => {
            Verdict::Passes { draft, proof: Proof::Agreed { agree, of: answers } }
        }
        Some((agree, _)) => Verdict::Doubtful { doubt: Doubt::Disagree { agree, needs } },
        None => Verdict::Doubtful { doubt: Doubt::NoAnswer },
    }
}

fn confidence(logprobs: &[f32], least: i32) -> Result<Proof, Doubt> {
    let count = u32::try_from(logprobs.len()).map_err(|_| Doubt::NoProbabilities)?;
    if count == 0 {
        return Err(Doubt::NoProbabilities);
    }
    let mean = logprobs.iter().copied().map(f64::from).sum::<f64>() / f64::from(count) * 1_000.0;
    let mean_logprob = thousandths(mean).ok_or(Doubt::NoProbabilities)?;
    if mean_logprob >= least {
        Ok(Proof::Confident { mean_logprob })
    } else {
        Err(Doubt::Unsure { mean_logprob, least })
    }
}

/// Rounded down; `None` for what is no logarithm of a probability. What is beyond 32 bits is the least there is: a token
/// that could not be.
fn thousandths(mean: f64) -> Option<i32> {
    if mean.is_nan() || mean > 0.0 {
        return None;
    }
    let floor = mean.floor().max(f64::from(i32::MIN));
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "within the bounds of i32")]
    let floor = floor as i32;
    Some(floor)
}

fn json(text: &str, keys: &[String]) -> Result<Proof, Doubt> {
    let value: serde_json::Value = serde_json::from_str(unfenced(text)).map_err(|_| Doubt::NotJson)?;
    let has_all = keys.iter().all(|key| value.get(key).is_some());
    if has_all { Ok(Proof::Fits) } else { Err(Doubt::KeyMissing) }
}

fn number(text: &str, least: Option<i64>, most: Option<i64>) -> Result<Proof, Doubt> {
    let number = last_number(text).ok_or(Doubt::NoNumber)?;
    // The whole part and a sign of what is beyond it: 5.5 is above 5, -5.5 below -5.
    let (whole, rest) = number.split_once('.').unwrap_or((&number, ""));
    let whole: i64 = whole.parse().map_err(|_| Doubt::OutOfBounds)?;
    let (below, above) = match (rest.is_empty(), number.starts_with('-')) {
        (true, _) => (false, false),
        (false, negative) => (negative, !negative),
    };
    let is_least = least.is_none_or(|least| whole > least || (whole == least && !below));
    let is_most = most.is_none_or(|most| whole < most || (whole == most && !above));
    if is_least && is_most { Ok(Proof::Fits) } else { Err(Doubt::OutOfBounds) }
}

fn pattern(text: &str, regex: &str) -> Result<Proof, Doubt> {
    let found = compile(regex).is_some_and(|regex| regex.is_match(text));
    if found { Ok(Proof::Fits) } else { Err(Doubt::NoMatch) }
}

fn compile(regex: &str) -> Option<Regex> {
    RegexBuilder::new(regex).size_limit(PATTERN_BYTES).build().ok()
}

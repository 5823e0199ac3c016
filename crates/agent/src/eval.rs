//! Cases with objective checks that come with a package.

use serde::Deserialize;
use thiserror::Error;

use crate::Locale;

/// A file of cases, `evals/<name>.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Eval {
    /// The cases, in order.
    pub cases: Vec<Case>,
}

/// One question and what its answer must be like.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// A short name.
    pub name: String,
    /// The member's language, a BCP 47 tag.
    pub locale: String,
    /// What the member says.
    pub ask: String,
    /// All must hold.
    pub checks: Vec<Check>,
}

/// One objective property of an answer. In YAML a map with one key: `- max_chars: 200`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// At least one of these occurs; case does not matter.
    ContainsAny(Vec<String>),
    /// None of these occurs; case does not matter.
    NotContains(Vec<String>),
    /// At most so many characters.
    MaxChars(usize),
    /// At least so many characters.
    MinChars(usize),
    /// Mostly written in `zh` or `en`.
    Language(String),
    /// This tool was called, and answered.
    Calls(String),
    /// No tool was called.
    CallsNothing(bool),
}

/// What an agent did with a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Performance {
    /// What it said.
    pub text: String,
    /// The tools that were called, and whether they answered.
    pub calls: Vec<(String, bool)>,
}

/// A file that is not a list of cases.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct EvalError(String);

impl Eval {
    /// Reads a file of cases.
    ///
    /// # Errors
    /// [`EvalError`] with the parser's words, line and column, or the case that lacks a check.
    pub fn parse(yaml: &str) -> Result<Self, EvalError> {
        let eval: Self = serde_saphyr::from_str(yaml).map_err(|error| EvalError(error.to_string()))?;
        match eval.cases.iter().find(|case| case.checks.is_empty() || case.ask.trim().is_empty()) {
            Some(case) => {
                Err(EvalError(format!("case `{}` needs a question and at least one check", case.name)))
            }
            None if eval.cases.is_empty() => Err(EvalError("no cases".to_owned())),
            None => Ok(eval),
        }
    }
}

impl Case {
    /// The language to ask in.
    pub fn locale(&self) -> Locale {
        Locale::from_tag(&self.locale)
    }

    /// The checks that it does not meet.
    pub fn failures(&self, answer: &Performance) -> Vec<&Check> {
        self.checks.iter().filter(|check| !check.holds(answer)).collect()
    }
}

impl Check {
    fn holds(&self, performance: &Performance) -> bool {
        let answer = performance.text.as_str();
        let lower = answer.to_lowercase();
        let found = |words: &[String]| words.iter().any(|word| lower.contains(&word.to_lowercase()));
        match self {
            Self::ContainsAny(words) => found(words),
            Self::NotContains(words) => !found(words),
            Self::MaxChars(most) => answer.chars().count() <= *most,
            Self::MinChars(least) => answer.chars().count() >= *least,
            Self::Calls(tool) => {
                performance.calls.iter().any(|(called, answered)| called == tool && *answered)
            }
            Self::CallsNothing(nothing) => performance.calls.is_empty() == *nothing,
            Self::Language(tag) => language(answer) == Some(Locale::from_tag(tag)),
        }
    }
}

/// The language of a text: Chinese when Han characters are at least a quarter as many as Latin letters (a Han character is about four letters
/// of text); nothing when there are neither.
pub fn language(text: &str) -> Option<Locale> {
    let han =
        text.chars().filter(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')).count();
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    match (han, latin) {
        (0, 0) => None,
        _ if han * 4 >= latin => Some(Locale::Chinese),
        _ => Some(Locale::English),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str = "
cases:
  - name: greets
    locale: zh-CN
    ask: 你好
    checks:
      - language: zh
      - max_chars: 10
      - contains_any: [你好, 您好]
      - not_contains: [Hello]
";

    #[test]
    fn checks_pass_and_fail_by_the_answer() {
        let eval = Eval::parse(YAML).unwrap();
        let case = eval.cases.first().unwrap();
        let says = |text: &str| Performance { text: text.to_owned(), calls: Vec::new() };
        assert_eq!(case.failures(&says("您好！")), Vec::<&Check>::new());
        assert_eq!(
            case.failures(&says("hello there, friend")),
            [
                &Check::Language("zh".to_owned()),
                &Check::MaxChars(10),
                &Check::ContainsAny(vec!["你好".to_owned(), "您好".to_owned()]),
                &Check::NotContains(vec!["Hello".to_owned()]),
            ]
        );
    }

    #[test]
    fn a_case_without_checks_is_refused() {
        let error = Eval::parse("cases: [{name: a, locale: en, ask: hi, checks: []}]").unwrap_err();
        assert!(error.to_string().contains("`a`"));
        assert!(Eval::parse("cases: []").is_err() && Eval::parse("- nonsense").is_err());
    }

    #[test]
    fn mixed_text_counts_by_weight() {
        assert_eq!(language("I went to the market（去市场）"), Some(Locale::English));
        assert_eq!(language("go 的过去式是 went"), Some(Locale::Chinese));
        assert_eq!(language("42"), None);
    }

    #[test]
    fn a_tool_counts_as_called_when_it_answered() {
        let calls = Check::Calls("now".to_owned());
        let called =
            |answered| Performance { text: String::new(), calls: vec![("now".to_owned(), answered)] };
        assert!(calls.holds(&called(true)) && !calls.holds(&called(false)));
        assert!(!calls.holds(&Performance::default()));
        assert!(Check::CallsNothing(true).holds(&Performance::default()));
        assert!(!Check::CallsNothing(true).holds(&called(true)));
    }
}

//! Reads what kind of request it is, from its text and from what it brings.

use std::collections::BTreeSet;

use catalog::TaskClass;
use serde::{Deserialize, Serialize};

use crate::signs::Signs;

/// What is asked, as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The last thing that the user said.
    pub question: &'a str,
    /// How many tools may be called.
    pub tools: usize,
    /// How many pictures it brings.
    pub images: usize,
    /// Whether the answer has to be JSON.
    pub json: bool,
    /// Whether the model is asked to think first.
    pub reasoning: bool,
}

/// What was read from a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// What most of its letters are.
    pub language: Language,
    /// What kind of task it is.
    pub class: TaskClass,
    /// What whoever answers has to be able to do.
    pub needs: BTreeSet<Need>,
    /// How many words or phrases in it speak of a hard task.
    pub hard_signs: u32,
    /// How long the question is, in characters.
    pub characters: u64,
}

/// A language, by its letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Han characters.
    Chinese,
    /// The 26 letters.
    English,
    /// Other letters, or none.
    #[default]
    Other,
}

/// What whoever answers has to be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Call tools.
    Tools,
    /// See pictures.
    Vision,
    /// Answer in JSON of a given shape.
    Json,
    /// Think before it answers.
    Reasoning,
}

/// A question's kind shows at its beginning; long pasted texts are not read to the end.
const READ_CHARACTERS: usize = 8_000;

impl Features {
    /// Reads them. What a request needs is only what it brings or asks for, never a guess from its words.
    pub fn read(ask: &Ask<'_>, signs: &Signs) -> Self {
        let needs = [
            (Need::Tools, ask.tools > 0),
            (Need::Vision, ask.images > 0),
            (Need::Json, ask.json),
            (Need::Reasoning, ask.reasoning),
        ];
        let text: String = ask.question.chars().take(READ_CHARACTERS).collect();
        let found = signs.find(&text);
        let class = match () {
            () if ask.images > 0 => TaskClass::Vision,
            () if ask.tools > 0 => TaskClass::Tools,
            () if found.code > 0 => TaskClass::Code,
            () if found.math > 0 || has_sum(&text) => TaskClass::Math,
            () if found.knowledge > 0 => TaskClass::Knowledge,
            () => TaskClass::General,
        };
        Self {
            language: Language::of(&text),
            class,
            needs: needs.into_iter().filter(|(_, is_needed)| *is_needed).map(|(need, _)| need).collect(),
            hard_signs: found.hard,
            characters: u64::try_from(ask.question.chars().count()).unwrap_or(u64::MAX),
        }
    }
}

impl Language {
    /// A Han character says about as much as a short word: where they are a fifth of the letters, the text is Chinese.
    pub fn of(text: &str) -> Self {
        let (mut han, mut ascii, mut all) = (0_u64, 0_u64, 0_u64);
        for letter in text.chars().filter(|letter| letter.is_alphabetic()) {
            all += 1;
            han += u64::from(is_han(letter));
            ascii += u64::from(letter.is_ascii());
        }
        match () {
            () if all == 0 => Self::Other,
            () if han * 5 >= all => Self::Chinese,
            () if ascii * 2 > all => Self::English,
            () => Self::Other,
        }
    }
}

/// About how many tokens a text has, where nobody has counted: seven for ten Han characters, three for ten others. Good
/// enough to choose by, never to charge by.
pub fn estimate_tokens(text: &str) -> u64 {
    let tenths = text.chars().map(|letter| if is_han(letter) { 7_u64 } else { 3 }).sum::<u64>();
    tenths.div_ceil(10)
}

/// The blocks CJK Unified Ideographs and their extensions (Unicode 16).
fn is_han(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Whether a sum stands there: a digit, an operator, a digit. What is also a hyphen or a slash needs room around it, or a
/// date would be a sum.
fn has_sum(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    letters.iter().enumerate().any(|(at, letter)| {
        let tight = matches!(letter, '+' | '*' | '×' | '÷' | '^' | '=');
        let loose = matches!(letter, '-' | '/' | '−' | '%');
        let mut before = letters.get(..at).unwrap_or_default().iter().rev().peekable();
        let mut after = letters.get(at + 1..).unwrap_or_default().iter().peekable();
        let has_room =
            before.peek().is_some_and(|it| **it == ' ') && after.peek().is_some_and(|it| **it == ' ');
        let is_digit = |letter: Option<&char>| letter.is_some_and(char::is_ascii_digit);
        (tight || (loose && has_room))
            && is_digit(before.find(|letter| **letter != ' '))
            && is_digit(after.find(|letter| **letter != ' '))
    })
}

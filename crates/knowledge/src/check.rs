//! Whether what an answer claims stands in what it was given, and where.
//!
//! A claim is held against every run of one to three sentences. It is supported by the best of them if enough of what its
//! words tell stands there (weighted by how rare they are), and nothing contradicts: every number stands there with its unit
//! and belongs to the same thing, names stand there, and where the claim says yes, its source does not say no. That is
//! arithmetic over words, not understanding: what is said in quite other words is marked although it is true, and what takes
//! the same words to say something else can slip through. `tests/claims.rs` says how often.

mod numbers;
mod polarity;

use reading::Span;
use serde::{Deserialize, Serialize};

use crate::check::numbers::{Number, numbers};
use crate::claims::{Claim, claims};
use crate::sentences::sentences;
use crate::words::{Words, is_common};

/// How much of a claim must stand in its source.
const ENOUGH: f64 = 0.5;
/// By how much more of a claim must stand where it is contradicted than where it is supported, to be taken from there.
const CONTRADICTS: f64 = 0.1;
/// What each further sentence of a run costs.
const FURTHER: f64 = 0.97;
/// What two characters that are no word count in a claim, beside what they count in a question.
const PAIR: f64 = 0.4;
/// How much a word counts that stands elsewhere in the passage.
const AROUND: f64 = 0.25;
/// How much of a claim a clause must add to what another one says, for its opposites to count.
const ADDS: f64 = 0.15;
/// By how much another clause must fit better for a number to be taken from the wrong one.
const BETTER: f64 = 0.12;

/// A piece of a source that an answer could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passage<'t> {
    /// What it says.
    pub text: &'t str,
    /// What stands above it: headings, the head of a table.
    pub above: &'t str,
}

/// A claim and what was found for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checked {
    /// The claim.
    pub claim: Claim,
    /// Whether it stands in a source.
    pub verdict: Verdict,
    /// Where it stands, or what comes nearest to it.
    pub nearest: Option<Evidence>,
}

/// Whether a claim stands in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Supported,
    /// Too little of it does.
    NotFound,
    /// A number stands otherwise in the source, or not at all.
    OtherNumber,
    /// A name does not stand in the source.
    OtherName,
    /// The source says the opposite.
    Denied,
}

/// Sentences of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which of the passages.
    pub passage: usize,
    /// Which of its characters.
    pub span: Span,
    /// How much of the claim stands there, from 0 to 1.
    pub score: f64,
}

/// Splits an answer into claims and holds each against the passages.
pub fn check(words: &Words, answer: &str, passages: &[Passage<'_>]) -> Vec<Checked> {
    let library = Library::of(words, passages);
    claims(answer).into_iter().map(|claim| library.check(words, claim)).collect()
}

/// Words of a text that tell something, with their weights, and its numbers.
#[derive(Debug, Default)]
struct Said {
    /// In small letters.
    text: String,
    words: Vec<(String, f64)>,
    numbers: Vec<Number>,
}

impl Said {
    fn of(words: &Words, text: &str) -> Self {
        let mut said = Self { text: text.to_lowercase(), words: Vec::new(), numbers: numbers(text) };
        words.each(text, |word, weight| {
            let is_number = word.starts_with(|c: char| c.is_ascii_digit());
            let weight = if weight < 1.0 { PAIR * weight } else { weight };
            if !is_number
                && !is_common(&word)
                && !is_numeral(&word)
                && !said.words.iter().any(|(known, _)| *known == word)
            {
                let weight = if LIGHT.contains(&word.as_str()) { 0.1 * weight } else { weight };
                said.words.push((word, weight));
            }
        });
        said
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|(known, _)| known == word)
    }

    fn has_number(&self, number: &Number) -> bool {
        self.numbers.iter().any(|known| known.agrees(number))
    }
}

/// Words that say how something is said.
const LIGHT: [&str; 50] = [
    "这个",
    "那个",
    "这些",
    "那些",
    "该",
    "其",
    "可以",
    "需要",
    "必须",
    "应该",
    "应当",
    "能够",
    "大约",
    "左右",
    "根据",
    "因此",
    "其中",
    "此外",
    "另外",
    "同时",
    "表示",
    "认为",
    "自己",
    "没有",
    "不能",
    "不会",
    "实现",
    "进行",
    "通过",
    "并且",
    "而且",
    "may",
    "must",
    "also",
    "about",
    "accord",
    "however",
    "therefore",
    "usually",
    "more",
    "than",
    "not",
    "but",
    "if",
    "up",
    "get",
    "one",
    "two",
    "us",
    "new",
];

fn is_numeral(word: &str) -> bool {
    word.chars().all(|c| "零〇一二两三四五六七八九十百千万亿".contains(c))
}

/// The passages, in pieces.
struct Library<'t> {
    passages: Vec<Shelf<'t>>,
    /// Sentences with each word, of so many in all.
    sentences: f64,
    frequencies: std::collections::BTreeMap<String, f64>,
}

struct Shelf<'t> {
    passage: Passage<'t>,
    /// What stands in it and above it.
    all: Said,
    sentences: Vec<Sentence>,
}

struct Sentence {
    bytes: std::ops::Range<usize>,
    said: Said,
    clauses: Vec<Said>,
}

impl<'t> Library<'t> {
    fn of(words: &Words, passages: &[Passage<'t>]) -> Self {
        let mut library =
            Self { passages: Vec::new(), sentences: 0.0, frequencies: std::collections::BTreeMap::new() };
        for passage in passages {
            let split = |range: std::ops::Range<usize>| {
                let text = passage.text.get(range.clone()).unwrap_or_default();
                let clauses = clauses(text).into_iter().map(|clause| Said::of(words, clause)).collect();
                Sentence { bytes: range, said: Said::of(words, text), clauses }
            };
            let sentences: Vec<Sentence> = sentences(passage.text).into_iter().map(split).collect();
            for sentence in &sentences {
                library.sentences += 1.0;
                for (word, _) in &sentence.said.words {
                    *library.frequencies.entry(word.clone()).or_default() += 1.0;
                }
            }
            let all = Said::of(words, &format!("{}\n{}", passage.above, passage.text));
            library.passages.push(Shelf { passage: *passage, all, sentences });
        }
        library
    }

    /// What a word tells.
    fn weight(&self, word: &str) -> f64 {
        let with = self.frequencies.get(word).copied().unwrap_or_default();
        (1.0 + (self.sentences + 1.0) / (with + 0.5)).ln()
    }

    /// How much of what a claim tells stands in any of `places`, from 0 to 1. `but` is a number that is not asked for.
    fn covered(&self, claim: &Said, but: Option<&Number>, places: &[&Said]) -> f64 {
        let (mut all, mut found) = (0.0, 0.0);
        for (word, weight) in &claim.words {
            let weight = weight * self.weight(word);
            all += weight;
            found += if places.iter().any(|place| place.has(word)) { weight } else { 0.0 };
        }
        for number in claim.numbers.iter().filter(|number| Some(*number) != but) {
            let weight = self.weight("");
            all += weight;
            found += if places.iter().any(|place| place.has_number(number)) { weight } else { 0.0 };
        }
        if all > 0.0 { found / all } else { 0.0 }
    }

    fn check(&self, words: &Words, claim: Claim) -> Checked {
        let said = Said::of(words, &claim.text);
        let names = names(&claim.text);
        let mut best: Option<(bool, Verdict, Evidence)> = None;
        for (index, shelf) in self.passages.iter().enumerate() {
            for length in 1..=3 {
                for run in shelf.sentences.windows(length) {
                    let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
                    let places: Vec<&Said> = run.iter().map(|sentence| &sentence.said).collect();
                    let further = i32::try_from(length - 1).unwrap_or_default();
                    // What the rest of the passage is about goes without saying in a sentence of it.
                    let around: Vec<&Said> = places.iter().copied().chain([&shelf.all]).collect();
                    let here = self.covered(&said, None, &places);
                    let score = here + AROUND * (self.covered(&said, None, &around) - here);
                    let score = score * FURTHER.powi(further);
                    let verdict = match score >= ENOUGH {
                        true => self.verdict(&said, &names, shelf, run),
                        false => Verdict::NotFound,
                    };
                    let supports = verdict == Verdict::Supported;
                    let is_better = best.as_ref().is_none_or(|(supported, _, evidence)| {
                        let bonus = |supports: bool| if supports { CONTRADICTS } else { 0.0 };
                        score + bonus(supports) > evidence.score + bonus(*supported)
                    });
                    if is_better && score > 0.0 {
                        let span = characters(shelf.passage.text, first.bytes.start..last.bytes.end);
                        best = Some((supports, verdict, Evidence { passage: index, span, score }));
                    }
                }
            }
        }
        match best {
            Some((_, verdict, nearest)) => Checked { claim, verdict, nearest: Some(nearest) },
            None => Checked { claim, verdict: Verdict::NotFound, nearest: None },
        }
    }

    fn verdict(&self, claim: &Said, names: &[String], shelf: &Shelf<'_>, run: &[Sentence]) -> Verdict {
        let stands = |number: &&Number| {
            run.iter().any(|sentence| sentence.said.has_number(number))
                || (number.is_year() && shelf.all.has_number(number))
        };
        if !claim.numbers.iter().all(|number| stands(&number)) {
            return Verdict::OtherNumber;
        }
        if !names.iter().all(|name| shelf.all.text.contains(name.as_str())) {
            return Verdict::OtherName;
        }
        let clauses: Vec<&Said> = run.iter().flat_map(|sentence| &sentence.clauses).collect();
        if claim.numbers.iter().any(|number| self.belongs_elsewhere(claim, number, &clauses)) {
            return Verdict::OtherNumber;
        }
        // The clauses that say what the claim says: the best one, and those that add to it.
        let fit = |clause: &&&Said| self.covered(claim, None, &[**clause]);
        let Some(nearest) = clauses.iter().max_by(|one, other| fit(one).total_cmp(&fit(other))) else {
            return Verdict::NotFound;
        };
        let alone = fit(&nearest);
        let adds = |clause: &&&Said| self.covered(claim, None, &[*nearest, **clause]) > alone + ADDS;
        let is_opposed = |clause: &&Said| polarity::opposed(&claim.text, &clause.text);
        if polarity::denies(&claim.text) != polarity::denies(&nearest.text)
            || is_opposed(nearest)
            || clauses.iter().filter(adds).any(is_opposed)
        {
            return Verdict::Denied;
        }
        Verdict::Supported
    }

    /// Whether another clause with a number of the same unit fits the rest of the claim clearly better.
    fn belongs_elsewhere(&self, claim: &Said, number: &Number, clauses: &[&Said]) -> bool {
        if number.unit.is_none() {
            return false;
        }
        let fit = |clause: &&&Said| self.covered(claim, Some(number), &[**clause]);
        let best = |clauses: &mut dyn Iterator<Item = &&Said>| {
            clauses.map(|clause| fit(&clause)).fold(0.0, f64::max)
        };
        let own = best(&mut clauses.iter().filter(|clause| clause.has_number(number)));
        let rivals = clauses.iter().filter(|clause| {
            let of_its_own = |other: &Number| !claim.has_number(other) && other.unit == number.unit;
            !clause.has_number(number) && clause.numbers.iter().any(of_its_own)
        });
        let rival = best(&mut { rivals });
        rival > own + BETTER
    }
}

/// Parts of a sentence that say one thing each.
fn clauses(sentence: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    for (at, c) in sentence.char_indices() {
        let end = at + c.len_utf8();
        let before = sentence.get(..at).unwrap_or_default().chars().next_back();
        let after = sentence.get(end..).unwrap_or_default();
        let is_number =
            before.is_some_and(|c| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit());
        let is_end = matches!(c, '，' | '；' | ';' | '：') || (c == ',' && !is_number);
        let is_word = c == ' '
            && ["but ", "while ", "although ", "whereas "].iter().any(|word| after.starts_with(word));
        if is_end || is_word {
            found.extend(sentence.get(start..at));
            start = end;
        }
    }
    found.extend(sentence.get(start..));
    found.retain(|clause| clause.chars().any(char::is_alphanumeric));
    found
}

/// Names in a claim, in small letters: capitals that do not begin it, words with digits, and what is quoted.
fn names(claim: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    for (index, word) in claim.split(|c: char| !is_part(c)).filter(|word| !word.is_empty()).enumerate() {
        let has_digit =
            word.chars().any(|c| c.is_ascii_digit()) && word.chars().any(|c| c.is_ascii_alphabetic());
        let capitals = word.chars().filter(char::is_ascii_uppercase).count();
        let begins = index == 0 && claim.starts_with(word);
        let is_name =
            capitals > 1 || (capitals == 1 && word.starts_with(|c: char| c.is_ascii_uppercase()) && !begins);
        if word.len() > 1 && (is_name || (has_digit && capitals > 0)) {
            found.push(word.to_lowercase());
        }
    }
    for (open, close) in [('“', '”'), ('《', '》'), ('「', '」')] {
        let quoted = claim.split(open).skip(1).filter_map(|rest| rest.split_once(close));
        found.extend(quoted.map(|(name, _)| name.to_lowercase()));
    }
    found
}

fn characters(text: &str, bytes: std::ops::Range<usize>) -> Span {
    let count =
        |text: Option<&str>| u64::try_from(text.unwrap_or_default().chars().count()).unwrap_or(u64::MAX);
    let start = count(text.get(..bytes.start));
    Span { start, end: start.saturating_add(count(text.get(bytes))) }
}

//! Words to search by, the same from documents and from questions: a line of them that every engine of full text splits at
//! the blanks and nowhere else (SQLite's FTS5 with `unicode61`, Postgres with the configuration `simple`).
//!
//! | in the text | words |
//! |---|---|
//! | Chinese | those of a dictionary (jieba, in search mode), and every two characters that stand beside each other |
//! | other writing without blanks | every two characters |
//! | English | small letters, without endings ([`crate::stem`]) |
//! | other alphabets | small letters, without accents |
//! | numbers | without commas between thousands; `3.5` is `3d5`, since engines do not agree on the point |
//!
//! The dictionary adds 2.6 MB to the program and 35 MB to its memory from the first Chinese text on, not before.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use jieba_rs::Jieba;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::stem::stem;

/// Finds words. One is enough for a process; it is shared by reference.
#[derive(Default)]
pub struct Words {
    dictionary: OnceLock<Jieba>,
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Words").field("loaded", &self.dictionary.get().is_some()).finish()
    }
}

/// A word of a question, and how much it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// As it stands in the index.
    pub word: String,
    /// 1 for words, less for two characters that are no word of the dictionary.
    pub weight: f64,
}

/// What a question looks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    /// Each word once. Words that stand in every text are left out, unless there are no others.
    pub terms: Vec<Term>,
}

impl Query {
    /// Texts with any of the words, as FTS5's `MATCH` asks for them; empty where there are none.
    pub fn fts5(&self) -> String {
        let quoted: Vec<String> = self.terms.iter().map(|term| format!("\"{}\"", term.word)).collect();
        quoted.join(" OR ")
    }

    /// The same for Postgres's `to_tsquery('simple', …)`.
    pub fn tsquery(&self) -> String {
        let quoted: Vec<String> = self.terms.iter().map(|term| format!("'{}'", term.word)).collect();
        quoted.join(" | ")
    }
}

/// What two characters weigh that are no word.
const PAIR: f64 = 0.35;

impl Words {
    /// The words of a text in their order, with blanks between them.
    pub fn index(&self, text: &str) -> String {
        let mut line = String::with_capacity(text.len());
        self.each(text, |word, _| {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        });
        line
    }

    /// What a question looks for.
    pub fn query(&self, text: &str) -> Query {
        let mut terms: Vec<Term> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        self.each(text, |word, weight| match places.get(&word).and_then(|place| terms.get_mut(*place)) {
            Some(term) => term.weight = term.weight.max(weight),
            None => {
                places.insert(word.clone(), terms.len());
                terms.push(Term { word, weight });
            }
        });
        if terms.iter().any(|term| !is_common(&term.word)) {
            terms.retain(|term| !is_common(&term.word));
        }
        Query { terms }
    }

    /// Gives every word with its weight.
    pub(crate) fn each(&self, text: &str, mut give: impl FnMut(String, f64)) {
        let text: String = text.nfkc().collect();
        let mut give = |word: String, weight| {
            // Marks without a letter to stand on leave nothing.
            if !word.is_empty() {
                give(word, weight);
            }
        };
        for run in runs(&text) {
            match run {
                Run::Letters(letters) => give(letters_of(letters), 1.0),
                Run::Number(number) => give(number.replace(',', "").replace('.', "d"), 1.0),
                Run::Han(characters) => self.han(characters, &mut give),
                Run::Unspaced(characters) => pairs(characters, &mut |pair| give(pair.to_owned(), 1.0)),
            }
        }
    }

    fn han(&self, run: &str, give: &mut impl FnMut(String, f64)) {
        let dictionary = self.dictionary.get_or_init(Jieba::new);
        let words = dictionary.cut_for_search(run, false);
        let is_word = |pair: &str| words.iter().any(|token| token.word == pair);
        pairs(run, &mut |pair| give(pair.to_owned(), if is_word(pair) { 1.0 } else { PAIR }));
        // Words of two characters were among the pairs.
        let others = words.iter().filter(|token| token.word.chars().count() != 2);
        // A character that stands alone among words is mostly a particle.
        let alone = run.chars().count() == 1;
        for token in others {
            let is_single = token.word.chars().count() == 1;
            if !(alone && is_single) {
                give(token.word.to_owned(), if is_single { PAIR } else { 1.0 });
            }
        }
    }
}

/// Each two neighbours of a run, or its only character.
fn pairs(run: &str, give: &mut impl FnMut(&str)) {
    let starts: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
    if starts.len() == 2 {
        return give(run);
    }
    for window in starts.windows(3) {
        if let [from, _, to] = window {
            give(run.get(*from..*to).unwrap_or_default());
        }
    }
}

fn letters_of(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.is_ascii() {
        return stem(&lower);
    }
    lower
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .nfc()
        .filter(|c| c.is_alphanumeric())
        .take(LONGEST)
        .collect()
}

/// Characters of a word; what is longer is nobody's word.
const LONGEST: usize = 60;

/// Characters of one kind that stand together.
enum Run<'t> {
    Letters(&'t str),
    Number(&'t str),
    Han(&'t str),
    Unspaced(&'t str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Han,
    Unspaced,
}

fn kind(c: char) -> Option<Kind> {
    match c {
        '0'..='9' => Some(Kind::Digit),
        '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'
        | '〇' => Some(Kind::Han),
        // Kana, Thai, Lao, Burmese, Khmer; Hangul has blanks, but between phrases more than words.
        '\u{3040}'..='\u{30ff}'
        | '\u{0e00}'..='\u{0eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{ac00}'..='\u{d7af}' => c.is_alphanumeric().then_some(Kind::Unspaced),
        c if c.is_alphanumeric() => Some(Kind::Letter),
        _ => None,
    }
}

fn runs(text: &str) -> Vec<Run<'_>> {
    let mut runs = Vec::new();
    let mut open: Option<(usize, Kind)> = None;
    let mut previous = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, c)| *c);
        let kind = match open {
            // Letters and digits of one name, such as `b2b`, stay together; accents stay with their letters.
            Some((_, Kind::Letter)) if c.is_ascii_digit() || is_combining_mark(c) => Some(Kind::Letter),
            Some((_, Kind::Digit)) if is_inside_number(c, previous, next) => Some(Kind::Digit),
            _ => kind(c),
        };
        if open.map(|(_, kind)| kind) != kind {
            close(text, open.take(), at, &mut runs);
            open = kind.map(|kind| (at, kind));
        }
        previous = Some(c);
    }
    close(text, open, text.len(), &mut runs);
    runs
}

fn is_inside_number(c: char, previous: Option<char>, next: Option<char>) -> bool {
    matches!(c, '.' | ',')
        && previous.is_some_and(|c| c.is_ascii_digit())
        && next.is_some_and(|c| c.is_ascii_digit())
}

fn close<'t>(text: &'t str, open: Option<(usize, Kind)>, end: usize, runs: &mut Vec<Run<'t>>) {
    let Some((start, kind)) = open else { return };
    let Some(run) = text.get(start..end) else { return };
    runs.push(match kind {
        Kind::Letter if run.len() > 4 * LONGEST => return,
        Kind::Digit if run.len() > LONGEST => return,
        Kind::Letter => Run::Letters(run),
        Kind::Digit => Run::Number(run),
        Kind::Han => Run::Han(run),
        Kind::Unspaced => Run::Unspaced(run),
    });
}

/// Words that stand in nearly every text, as they are in the index.
pub(crate) fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}

const COMMON: [&str; 99] = [
    "a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "and", "or", "is", "ar",
    "are", "be", "was", "wer", "were", "it", "its", "this", "that", "thos", "thes", "these", "as", "do",
    "doe", "does", "did", "has", "have", "hav", "had", "will", "would", "can", "could", "should", "i", "you",
    "your", "my", "we", "our", "they", "their", "what", "which", "who", "when", "where", "wher", "how",
    "why", "there", "ther", "me", "s", "的", "了", "是", "在", "和", "与", "及", "或", "有", "为", "我",
    "你", "他", "她", "它", "们", "我们", "你们", "他们", "这", "那", "哪", "个", "吗", "呢", "吧", "把",
    "被", "对", "也", "都", "就", "什么", "怎么", "如何", "多少", "一个",
];

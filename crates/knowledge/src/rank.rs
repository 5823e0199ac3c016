//! The order of what was found, by our own arithmetic, so that it is the same whichever engine found it: BM25 (Robertson
//! and Zaragoza, "The Probabilistic Relevance Framework", 2009), with the usual constants.

use std::collections::BTreeMap;

use crate::words::Query;

/// How soon more of the same word stops counting.
const K1: f64 = 1.2;
/// How much a long text is held against itself.
const B: f64 = 0.75;
/// What a word in a heading counts beside one in the text.
const HEADING: f64 = 1.5;

/// A text that may be what is looked for: lines of [`crate::Words::index`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'t> {
    /// The words of the text.
    pub text: &'t str,
    /// The words of the headings above it.
    pub headings: &'t str,
}

/// What is known of all texts that were searched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Collection {
    /// How many there are.
    pub texts: u64,
    /// Words of all of them together.
    pub words: u64,
    /// In how many of them each word of the question stands.
    pub frequencies: BTreeMap<String, u64>,
}

impl Collection {
    /// Of nothing but the candidates: good enough where they are all that was searched.
    pub fn of(query: &Query, candidates: &[Candidate<'_>]) -> Self {
        let mut collection = Self::default();
        for candidate in candidates {
            let counts = Counts::of(query, *candidate);
            collection.texts += 1;
            collection.words = collection.words.saturating_add(counts.length);
            for (term, _) in query.terms.iter().zip(&counts.each).filter(|(_, count)| **count > 0.0) {
                *collection.frequencies.entry(term.word.clone()).or_default() += 1;
            }
        }
        collection
    }

    /// What a word tells: much if it stands in few texts. Never less than nothing.
    pub(crate) fn weight(&self, word: &str) -> f64 {
        let with = number(self.frequencies.get(word).copied().unwrap_or_default().min(self.texts));
        ((number(self.texts) - with + 0.5) / (with + 0.5) + 1.0).ln()
    }
}

/// The places of the candidates with any of the words, the best first, each with its score. Equal ones stay in the order
/// in which they were given.
pub fn rank(query: &Query, collection: &Collection, candidates: &[Candidate<'_>]) -> Vec<(usize, f64)> {
    let average = (number(collection.words) / number(collection.texts.max(1))).max(1.0);
    let weights: Vec<f64> =
        query.terms.iter().map(|term| term.weight * collection.weight(&term.word)).collect();
    let score = |candidate: &Candidate<'_>| {
        let counts = Counts::of(query, *candidate);
        let length = 1.0 - B + B * number(counts.length) / average;
        let each = counts.each.iter().zip(&weights);
        each.map(|(count, weight)| weight * count * (K1 + 1.0) / (count + K1 * length)).sum::<f64>()
    };
    let mut ranked: Vec<(usize, f64)> = candidates.iter().map(score).enumerate().collect();
    ranked.retain(|(_, score)| *score > 0.0);
    ranked.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    ranked
}

/// How often the words of a question stand in a text.
struct Counts {
    each: Vec<f64>,
    length: u64,
}

impl Counts {
    fn of(query: &Query, candidate: Candidate<'_>) -> Self {
        let places: BTreeMap<&str, usize> =
            query.terms.iter().enumerate().map(|(place, term)| (term.word.as_str(), place)).collect();
        let mut counts = Self { each: vec![0.0; query.terms.len()], length: 0 };
        let text = candidate.text.split(' ').map(|word| (word, 1.0));
        for (word, counted) in text.chain(candidate.headings.split(' ').map(|word| (word, HEADING))) {
            counts.length += u64::from(counted <= 1.0);
            if let Some(count) = places.get(word).and_then(|place| counts.each.get_mut(*place)) {
                *count += counted;
            }
        }
        counts
    }
}

/// Counts of words are small.
fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

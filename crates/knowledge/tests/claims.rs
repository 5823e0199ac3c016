//! How well claims are told apart: precision and recall of the mark "unsupported" over `claims.toml`, printed with
//! `cargo test -p knowledge --test claims -- --nocapture`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may panic")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use knowledge::{Passage, Verdict, Words, check};
use proptest::prelude::*;
use serde::Deserialize;

static WORDS: LazyLock<Words> = LazyLock::new(Words::default);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    source: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    half: String,
    text: String,
    yes: Vec<String>,
    no: Vec<String>,
}

/// How often a mark was right.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Score {
    marked: u32,
    missed: u32,
    wronged: u32,
    passed: u32,
}

impl Score {
    /// Of the marked claims, those that deserve it, and of those that deserve it, the marked; in percent.
    fn of_marking(self) -> (u32, u32) {
        (
            self.marked * 100 / (self.marked + self.wronged).max(1),
            self.marked * 100 / (self.marked + self.missed).max(1),
        )
    }
}

/// Whom a claim is held against.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Against {
    /// Its own source.
    Own,
    /// All sources at once.
    All,
}

fn cases() -> Vec<Source> {
    toml::from_str::<Cases>(include_str!("claims.toml")).unwrap().source
}

/// A source whose first line stands above the others.
fn passage(source: &Source) -> Passage<'_> {
    let (above, text) = source.text.split_once('\n').unwrap();
    Passage { text, above }
}

/// Prints what goes wrong in the half that may be looked at.
fn scores(sources: &[Source], against: Against) -> BTreeMap<(String, &'static str), Score> {
    let mut scores: BTreeMap<(String, &'static str), Score> = BTreeMap::new();
    let all: Vec<Passage<'_>> = sources.iter().map(passage).collect();
    for source in sources {
        let language = if source.text.is_ascii() { "en" } else { "zh" };
        let own = [passage(source)];
        let passages = if against == Against::Own { &own[..] } else { &all[..] };
        let score = scores.entry((source.half.clone(), language)).or_default();
        let yes = source.yes.iter().map(|claim| (claim, true));
        for (claim, holds) in yes.chain(source.no.iter().map(|claim| (claim, false))) {
            let checked = check(&WORDS, claim, passages);
            assert_eq!(checked.len(), 1, "{claim}");
            let supported = checked[0].verdict == Verdict::Supported;
            match (holds, supported) {
                (true, true) => score.passed += 1,
                (true, false) => score.wronged += 1,
                (false, true) => score.missed += 1,
                (false, false) => score.marked += 1,
            }
            if holds != supported && source.half == "tune" && against == Against::Own {
                println!("wrong: {:?} {claim}", checked[0].verdict);
            }
        }
    }
    scores
}

#[test]
fn most_claims_are_marked_rightly_also_those_nobody_looked_at() {
    let sources = cases();
    for against in [Against::Own, Against::All] {
        let scores = scores(&sources, against);
        for ((half, language), score) in &scores {
            let (precision, recall) = score.of_marking();
            println!(
                "against {against:?}, {half}, {language}: precision {precision} %, recall {recall} %, {score:?}"
            );
        }
        for (half, score) in scores.iter().filter(|((half, _), _)| half == "held") {
            let (precision, recall) = score.of_marking();
            assert!(precision >= 80 && recall >= 80, "{against:?} {half:?}: {precision} %, {recall} %");
        }
    }
}

#[test]
fn there_are_claims_enough_in_both_languages() {
    let count = |is_english: bool| {
        let named = cases().into_iter().filter(|source| source.text.is_ascii() == is_english);
        named.map(|source| source.yes.len() + source.no.len()).sum::<usize>()
    };
    assert!(count(true) >= 50 && count(false) >= 50);
}

#[test]
fn an_answer_is_shown_sentence_by_sentence_where_it_stands() {
    let text = "自签收之日起七天内可以无理由退货。生鲜食品概不退换。";
    let passages =
        [Passage { text: "Opening hours are nine to six.", above: "" }, Passage { text, above: "退货政策" }];
    let answer = "根据规定 [2]：\n- 签收后7天内可以无理由退货 [2]。\n- 生鲜食品可以退换 [2]。\n- 门店周日提供免费停车。\n";
    let checked = check(&WORDS, answer, &passages);
    let verdicts: Vec<Verdict> = checked.iter().map(|checked| checked.verdict).collect();
    assert_eq!(verdicts, [Verdict::Supported, Verdict::Denied, Verdict::NotFound]);
    let nearest = checked[0].nearest.as_ref().unwrap();
    assert_eq!((nearest.passage, nearest.span.of(text)), (1, "自签收之日起七天内可以无理由退货。"));
    assert_eq!(checked[1].nearest.as_ref().unwrap().span.of(text), "生鲜食品概不退换。");
    assert_eq!(checked[0].claim.cites, [2]);
    assert_eq!(checked[0].claim.span.of(answer), "- 签收后7天内可以无理由退货 [2]。");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_checked_has_its_place(answer in "(\\PC{0,30}[。. \n]){0,6}", text in "(\\PC{0,30}[。. \n]){0,6}") {
        for checked in check(&WORDS, &answer, &[Passage { text: &text, above: "" }]) {
            prop_assert!(!checked.claim.span.of(&answer).trim().is_empty());
            if let Some(nearest) = checked.nearest {
                prop_assert!(!nearest.span.of(&text).trim().is_empty());
                prop_assert!((0.0..=1.0).contains(&nearest.score));
            }
        }
    }

    /// What is taken word for word from a source is never marked.
    #[test]
    fn a_sentence_of_the_source_is_supported(at in 0_usize..200) {
        let sources = cases();
        let source = &sources[at % sources.len()];
        let passage = passage(source);
        let sentences = knowledge::sentences(passage.text);
        let sentence = &passage.text[sentences[at % sentences.len()].clone()];
        for checked in check(&WORDS, sentence, &[passage]) {
            prop_assert_eq!(checked.verdict, Verdict::Supported, "{}", sentence);
        }
    }
}

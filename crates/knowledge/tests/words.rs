//! What is asked is found by the words of both languages, and both engines split the same.

use std::sync::LazyLock;

use knowledge::{Candidate, Collection, Query, Words, rank};
use proptest::prelude::*;

/// One dictionary for the tests of this process.
static WORDS: LazyLock<Words> = LazyLock::new(Words::default);

fn words(query: &Query) -> Vec<&str> {
    query.terms.iter().map(|term| term.word.as_str()).collect()
}

#[test]
fn a_line_of_words_holds_dictionary_words_pairs_stems_and_numbers() {
    let words = &*WORDS;
    let line = words.index("退货政策：７天无理由，Refunds paid within 1,234.5 days (Café B2B v2.0)");
    assert_eq!(line, "退货 货政 政策 7 天无 无理 理由 天 无 refund paid within 1234d5 day cafe b2b v2 0");
    assert_eq!(words.index("中华人民共和国"), "中华 华人 人民 民共 共和 和国 共和国 中华人民共和国");
    assert_eq!(words.index("茶 カタカナ 한국어"), "茶 カタ タカ カナ 한국 국어");
}

#[test]
fn a_question_asks_each_word_once_and_no_common_ones() {
    let query = WORDS.query("What is the refund policy, refunds? 我们的退货政策是什么");
    assert_eq!(words(&query)[..2], ["refund", "policy"]);
    assert!(words(&query).contains(&"退货") && !words(&query).contains(&"的"));
    let weight = |word: &str| query.terms.iter().find(|term| term.word == word).unwrap().weight;
    assert!(weight("退货") > weight("货政"), "two characters that are no word count less");
    assert_eq!(words(&WORDS.query("the of")), ["the", "of"], "when there is nothing else");
    assert_eq!(query.fts5().matches(" OR ").count(), query.terms.len() - 1);
    assert!(query.tsquery().starts_with("'refund' | 'policy' | "));
}

#[test]
fn the_nearest_text_is_first_in_both_languages() {
    let words = &*WORDS;
    let texts = [
        "员工手册：上班时间为九点到十八点。",
        "退货政策：七天内无理由退货，请保留小票。",
        "配送：次日送达，节假日除外。",
        "Refund policy: we refund within seven days when you keep the receipt.",
        "Opening hours: nine to six, closed on holidays.",
    ];
    let lines = texts.map(|text| words.index(text));
    let candidates: Vec<Candidate<'_>> = lines.iter().map(|text| Candidate { text, headings: "" }).collect();
    let best = |question: &str| {
        let query = words.query(question);
        rank(&query, &Collection::of(&query, &candidates), &candidates).first().map(|(place, _)| *place)
    };
    assert_eq!(best("可以退货吗"), Some(1));
    assert_eq!(best("几点上班？"), Some(0));
    assert_eq!(best("how are refunds paid"), Some(3));
    assert_eq!(best("when is it closed, on which holiday"), Some(4));
    assert_eq!(best("quantum"), None);
}

#[test]
fn words_of_headings_count_and_equal_texts_keep_their_order() {
    let words = &*WORDS;
    let heading = words.index("退货");
    let (same, other) = (words.index("请保留小票。"), words.index("请联系我们。"));
    let plain = Candidate { text: &other, headings: "" };
    let candidates =
        [plain, Candidate { text: &same, headings: &heading }, Candidate { text: &same, headings: &heading }];
    let query = words.query("退货");
    let ranked = rank(&query, &Collection::of(&query, &candidates), &candidates);
    assert_eq!(ranked.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [1, 2]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Letters and digits only, one blank between two: what `unicode61` and Postgres' parser agree on. Accents, which only
    /// one of them takes away, are gone.
    #[test]
    fn every_word_is_one_word_to_every_engine(text in "\\PC{0,80}") {
        let line = WORDS.index(&text);
        for word in line.split(' ').filter(|_| !line.is_empty()) {
            prop_assert!(!word.is_empty() && word.chars().all(|c| c.is_alphanumeric()), "{word:?} in {line:?}");
        }
    }

    #[test]
    fn whatever_stands_in_a_text_is_found_in_it(text in "([a-z]{2,8} |[一-十]{2,5}|[0-9]{1,4} ){1,12}") {
        let words = &*WORDS;
        let line = words.index(&text);
        let query = words.query(&text);
        let candidates = [Candidate { text: &line, headings: "" }];
        prop_assert_eq!(rank(&query, &Collection::of(&query, &candidates), &candidates).len(), 1);
        let all: Vec<&str> = line.split(' ').collect();
        prop_assert!(query.terms.iter().all(|term| all.contains(&term.word.as_str())));
    }
}

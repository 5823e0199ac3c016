//! What the feature reader makes of questions in two languages.

use catalog::{DataTree, TaskClass};
use proptest::prelude::*;
use router::{Ask, Features, Language, Need, Signs, estimate_tokens};

fn signs() -> Signs {
    Signs::read("signs.toml", DataTree::embedded().get("routing/signs.toml").unwrap()).unwrap()
}

fn read(question: &str) -> (Language, TaskClass) {
    let features = Features::read(&Ask { question, ..Ask::default() }, &signs());
    (features.language, features.class)
}

#[test]
fn questions_are_told_apart_in_both_languages() {
    use Language::{Chinese, English, Other};
    use TaskClass::{Code, General, Knowledge, Math};
    for (question, language, class) in [
        ("Translate to French: good morning", English, General),
        ("把“apple”翻译成中文", Chinese, General),
        ("What is 17 * 13?", English, Math),
        ("小明有15个苹果，吃了6个，还剩几个？", Chinese, Math),
        ("Who wrote Romeo and Juliet?", English, Knowledge),
        ("《红楼梦》的作者是谁？", Chinese, Knowledge),
        ("Why does this Python loop never end?", English, Code),
        ("这段代码为什么报错？", Chinese, Code),
        ("Нарисуй кота", Other, General),
        ("123", Other, General),
        ("", Other, General),
    ] {
        assert_eq!(read(question), (language, class), "{question}");
    }
}

#[test]
fn a_date_is_no_sum_and_a_word_in_a_word_no_sign() {
    assert_eq!(read("The meeting of 2026-11-23 or 24/12 was fine").1, TaskClass::General);
    assert_eq!(read("Say 7 - 5").1, TaskClass::Math);
    assert_eq!(read("My digital thrush").1, TaskClass::General, "no git, no rust");
}

#[test]
fn needs_are_what_a_request_brings_and_never_guessed() {
    let question = "Think step by step, look at the picture and call the tool; answer in JSON";
    let ask = Ask { question, ..Ask::default() };
    assert!(Features::read(&ask, &signs()).needs.is_empty());
    let features = Features::read(&Ask { tools: 1, json: true, reasoning: true, ..ask }, &signs());
    assert_eq!(features.needs, [Need::Tools, Need::Json, Need::Reasoning].into());
    assert_eq!(features.class, TaskClass::Tools);
    assert_eq!(Features::read(&Ask { images: 1, tools: 1, ..ask }, &signs()).class, TaskClass::Vision);
}

#[test]
fn tokens_are_estimated_by_letters() {
    assert_eq!([estimate_tokens(""), estimate_tokens("你好"), estimate_tokens("hello world!")], [0, 2, 4]);
}

proptest! {
    #[test]
    fn every_text_can_be_read(question in "\\PC{0,200}", tools in 0_usize..2, images in 0_usize..2) {
        let ask = Ask { question: &question, tools, images, ..Ask::default() };
        let features = Features::read(&ask, &signs());
        prop_assert_eq!(features.clone(), Features::read(&ask, &signs()));
        prop_assert_eq!(features.needs.contains(&Need::Vision), images > 0);
        prop_assert!(estimate_tokens(&question) <= features.characters);
    }
}

//! Cutting keeps what belongs together, holds everything once, and slices back.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use knowledge::{Chunk, CutRule, cut, estimate_tokens};
use proptest::prelude::*;
use reading::{BlockKind, Document, Limits, Place, Span, read};

fn document(text: &str) -> Document {
    read(text.as_bytes(), &Limits::default()).unwrap()
}

fn cut_at(document: &Document, most: u64, least: u64) -> Vec<Chunk> {
    cut(document, CutRule { most, least })
}

fn texts(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.text.as_str()).collect()
}

#[test]
fn sections_become_chunks_that_know_their_headings() {
    let text = "# 手册\n\n前言。\n\n## 退货\n\n七天内可以退货。请保留小票。\n\n### 例外\n\n食品不退。\n\n## 配送\n\n次日送达。\n";
    let chunks = cut_at(&document(text), 60, 5);
    let expected =
        ["手册\n前言。", "退货\n七天内可以退货。请保留小票。", "例外\n食品不退。", "配送\n次日送达。"];
    assert_eq!(texts(&chunks), expected);
    let paths: Vec<String> = chunks.iter().map(|chunk| chunk.headings.join("/")).collect();
    assert_eq!(paths, ["手册", "手册/退货", "手册/退货/例外", "手册/配送"]);
}

#[test]
fn small_sections_stay_together_and_no_heading_is_left_at_an_end() {
    let text =
        "# A\n\none\n\n# B\n\ntwo\n\n# C\n\nlong enough to fill what is left of it, and then some more\n";
    let chunks = cut_at(&document(text), 22, 10);
    let long = "C\nlong enough to fill what is left of it, and then some more";
    assert_eq!(texts(&chunks), ["A\none\nB\ntwo", long]);
    assert_eq!(chunks[1].headings, ["C"]);
}

#[test]
fn long_paragraphs_are_cut_between_sentences_and_long_sentences_between_clauses() {
    let text = "第一句话在这里。第二句话也在这里！Third one is here. 很长的一句话，有很多的分句，一个接着一个，没有尽头，还在继续。\n";
    let chunks = cut_at(&document(text), 18, 4);
    let expected = [
        "第一句话在这里。第二句话也在这里！",
        "Third one is here.",
        "很长的一句话，有很多的分句，",
        "一个接着一个，没有尽头，还在继续。",
    ];
    assert_eq!(texts(&chunks), expected);
}

#[test]
fn rows_stay_whole_and_later_ones_know_their_first() {
    let rows: String = (1..=6).map(|row| format!("{row},铺子第{row}号,一段不短的说明\n")).collect();
    let chunks = cut_at(&document(&format!("号,名字,说明\n{rows}")), 40, 10);
    assert!(chunks.len() > 2);
    for chunk in &chunks {
        assert!(chunk.text.lines().all(|line| line.matches(" | ").count() == 2), "{}", chunk.text);
    }
    assert_eq!(chunks[0].table, None);
    assert!(chunks[1..].iter().all(|chunk| chunk.table.as_deref() == Some("号 | 名字 | 说明")));
    let wide = document(&format!("a,b\n{},x\n", "词".repeat(100)));
    assert_eq!(cut_at(&wide, 40, 10).len(), 2, "a row is longer than a chunk, and whole");
}

#[test]
fn code_is_cut_between_lines() {
    let text = "# x\n\n```\nfn one() {}\nfn two() {}\nfn three() {}\n```\n";
    let chunks = cut_at(&document(text), 8, 1);
    assert_eq!(texts(&chunks), ["x\nfn one() {}", "fn two() {}", "fn three() {}"]);
}

#[test]
fn a_chunk_begins_where_its_first_block_stands() {
    let text = "第一章 甲\n\n内容甲。\n\n第二章 乙\n\n内容乙。\n";
    let chunks = cut_at(&document(text), 10, 1);
    let places: Vec<Place> = chunks.into_iter().map(|chunk| chunk.place).collect();
    assert_eq!(places, [Place::Chapter { number: 1 }, Place::Chapter { number: 2 }]);
}

fn kinds() -> impl Strategy<Value = BlockKind> {
    prop_oneof![
        (1_u8..5).prop_map(|level| BlockKind::Heading { level }),
        Just(BlockKind::Paragraph),
        (0_u8..3).prop_map(|depth| BlockKind::ListItem { depth }),
        any::<bool>().prop_map(|header| BlockKind::TableRow { header }),
        Just(BlockKind::Code),
    ]
}

fn documents() -> impl Strategy<Value = Document> {
    let text = "([a-z]{1,9}[ ,.]|[一-十]{1,6}[。，！ ]|[A-Z0-9%.]{1,4} |\n){1,40}x";
    proptest::collection::vec((kinds(), text), 1..25).prop_map(|blocks| {
        let mut start = 0;
        let blocks = blocks.into_iter().map(|(kind, text)| {
            let text = text.trim().to_owned();
            let end = start + u64::try_from(text.chars().count()).unwrap();
            let span = Span { start, end };
            start = end + 1;
            reading::Block { kind, text, place: Place::Whole, span }
        });
        Document { kind: reading::FileKind::Text, title: None, blocks: blocks.collect() }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn chunks_hold_everything_once_and_slice_back(document in documents(), most in 1_u64..120, least in 0_u64..60) {
        let text = document.text();
        let chunks = cut_at(&document, most, least);
        let mut at = 0;
        for chunk in &chunks {
            prop_assert_eq!(chunk.span.of(&text), &chunk.text);
            prop_assert!(chunk.span.start >= at && !chunk.text.trim().is_empty());
            let between = Span { start: at, end: chunk.span.start };
            prop_assert!(between.of(&text).trim().is_empty(), "left out: {:?}", between.of(&text));
            at = chunk.span.end;
        }
        let end = u64::try_from(text.chars().count()).unwrap();
        let after = Span { start: at, end };
        prop_assert!(after.of(&text).trim().is_empty());
    }

    #[test]
    fn no_chunk_is_too_large_and_no_row_is_torn(document in documents(), most in 8_u64..120, least in 0_u64..60) {
        let chunks = cut_at(&document, most, least);
        for block in &document.blocks {
            let is_row = matches!(block.kind, BlockKind::TableRow { .. });
            let tokens = estimate_tokens(&block.text);
            if is_row && tokens <= most * 8 {
                let holders = chunks.iter().filter(|chunk| chunk.span.start <= block.span.start && block.span.end <= chunk.span.end);
                prop_assert_eq!(holders.count(), 1);
            }
        }
        for chunk in chunks {
            let has_row = document.blocks.iter().any(|block| {
                matches!(block.kind, BlockKind::TableRow { .. }) && block.span.start < chunk.span.end && chunk.span.start < block.span.end
            });
            // Line breaks between the pieces count a little.
            let slack = u64::try_from(chunk.text.lines().count()).unwrap() + 4;
            prop_assert!(has_row || estimate_tokens(&chunk.text) <= most + slack, "{}", chunk.text);
        }
    }
}

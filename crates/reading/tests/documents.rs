//! Real documents of each kind, made by the programs of `files/make.py`, and what they say.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic")]

use reading::{Block, BlockKind, Document, FileKind, Limits, Place, ReadError, kind, read};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn document(bytes: &[u8]) -> Document {
    let document = read(bytes, &Limits::default()).unwrap();
    let text = document.text();
    for block in &document.blocks {
        assert_eq!(block.span.of(&text), block.text, "spans slice back to the block");
    }
    document
}

fn said(document: &Document) -> Vec<String> {
    document.blocks.iter().map(line).collect()
}

/// A block in short: `#` for each level of a heading, `-` for items, `|` for rows, backticks for code.
fn line(block: &Block) -> String {
    let mark = match block.kind {
        BlockKind::Heading { level } => "#".repeat(usize::from(level)) + " ",
        BlockKind::Paragraph => String::new(),
        BlockKind::ListItem { depth } => " ".repeat(usize::from(depth)) + "- ",
        BlockKind::TableRow { header: true } => "|| ".to_owned(),
        BlockKind::TableRow { header: false } => "| ".to_owned(),
        BlockKind::Code => "` ".to_owned(),
    };
    mark + &block.text
}

const ZH: &str = "胡同是老北京的小巷，每一扇门后都是一家不同的铺子。";
const FIGURES: &str = "2024年营业收入为1,234.5万元，同比增长12%。";
const EN: &str = "The lane has many doors. Revenue grew by 12% in 2024.";

#[test]
fn a_word_document_keeps_headings_lists_and_tables_and_leaves_out_what_is_hidden() {
    let word = document(&file("annual.docx"));
    assert_eq!((word.kind, word.title.as_deref()), (FileKind::Docx, Some("胡同年报")));
    let expected = [
        "# 胡同年报",
        &format!("{ZH}{FIGURES}"),
        "## Shops",
        EN,
        "- 茶馆 tea house",
        "- 书店 bookshop",
        "Seen.",
        "| 铺子 | 收入",
        "| 茶馆 | 800",
        "| 书店 | 434.5",
    ];
    assert_eq!(said(&word), expected);
}

#[test]
fn slides_come_in_their_order_with_titles_tables_and_notes() {
    let slides = document(&file("plans.pptx"));
    let expected = [
        "# 胡同简介",
        "A lane of many doors",
        "# Plans",
        "开三家新店",
        " - first in spring",
        "| 店 | 月",
        "| 茶馆 | 三月",
        "Say why.",
    ];
    assert_eq!(said(&slides), expected);
    assert_eq!(slides.blocks[1].place, Place::Slide { number: 1 });
    assert_eq!(slides.blocks[7].place, Place::Slide { number: 2 });
}

#[test]
fn a_workbook_gives_what_its_visible_sheets_show_and_a_cell_far_out_costs_nothing() {
    let book = document(&file("sales.xlsx"));
    let expected = [
        "# 销售",
        "|| 日期 | 铺子 | 数量 | 单价",
        "| 2024-03-05 | 茶馆 | 3 | 12.5",
        "| 2024-03-06 | 书店 | 1 | 40",
        "# Notes",
        "| Prices in yuan.",
    ];
    assert_eq!(said(&book), expected);
    assert_eq!(book.blocks[3].place, Place::Sheet { name: "销售".to_owned(), row: 3 });
}

#[test]
fn a_book_gives_its_chapters_in_the_order_of_its_spine() {
    let book = document(&file("lane.epub"));
    assert_eq!(book.title.as_deref(), Some("巷子里的门"));
    assert_eq!(said(&book), ["# 第一章", ZH, "# Two", EN]);
    assert_eq!(book.blocks[3].place, Place::Chapter { number: 3 });
}

#[test]
fn a_pdf_whose_font_is_only_named_is_read_by_the_character_map_it_names() {
    let pdf = document(&file("predefined.pdf"));
    assert_eq!(pdf.title.as_deref(), Some("胡同年报"));
    let page =
        ["# 第一部分", &format!("{ZH}{FIGURES}"), EN, "| Shop | Sales", "| Tea | 800", "| Books | 434.5"];
    assert_eq!(said(&pdf)[..6], page, "heads and numbers of pages are left out");
    assert_eq!(pdf.blocks.len(), 24);
    assert_eq!(pdf.blocks[23].place, Place::Page { number: 4 });
}

#[test]
fn a_pdf_with_a_part_of_a_font_is_read_by_what_it_says_of_its_characters() {
    assert_eq!(said(&document(&file("noto.pdf"))), [format!("{ZH}{FIGURES}")]);
}

#[test]
fn what_is_locked_or_only_drawn_is_told_apart_from_what_is_broken() {
    let error = |name: &str| read(&file(name), &Limits::default()).unwrap_err();
    assert_eq!(error("locked.pdf"), ReadError::Encrypted { kind: FileKind::Pdf });
    assert_eq!(error("scanned.pdf"), ReadError::NoText { kind: FileKind::Pdf });
    let cut = &file("annual.docx")[..9_000];
    assert!(matches!(read(cut, &Limits::default()), Err(ReadError::Broken { kind: FileKind::Docx, .. })));
}

#[test]
fn a_page_says_what_can_be_seen_of_it() {
    let page = r##"<!doctype html><html><head><title>胡同</title><style>p{color:red}</style></head><body>
        <script>document.write("<p>no</p>")</script><h1>Lane</h1><p>One &amp; <b>two</b>
        lines<p>三<div hidden>no</div><span style="display: none">no</span>
        <ul><li>a<ul><li>b</ul><li>c</ul><pre>x =  1
  y</pre><table><tr><th>店<th>月<tr><td>茶<p>馆</p><td>3</table><img alt="no"><template>no</template>after</body></html>"##;
    let page = document(page.as_bytes());
    assert_eq!((page.kind, page.title.as_deref()), (FileKind::Html, Some("胡同")));
    let expected = [
        "# Lane",
        "One & two lines",
        "三",
        "- a",
        " - b",
        "- c",
        "` x =  1\n  y",
        "|| 店 | 月",
        "| 茶 馆 | 3",
        "after",
    ];
    assert_eq!(said(&page), expected);
}

#[test]
fn markdown_is_told_from_text_and_read() {
    let text = "---\ntitle: \"Lane\"\n---\n# One\n\nSome *words*\nand ![no](x.png)more.\n\n- a\n  - b\n- c\n\n```sh\nls -l\n```\n\n\
                | x | y |\n|---|---|\n| 1 | 二 |\n\n<div>seen<script>no</script></div>\n";
    let markdown = document(text.as_bytes());
    assert_eq!((markdown.kind, markdown.title.as_deref()), (FileKind::Markdown, Some("Lane")));
    let expected =
        ["# One", "Some words\nand more.", "- a", " - b", "- c", "` ls -l", "|| x | y", "| 1 | 二", "seen"];
    assert_eq!(said(&markdown), expected);
}

#[test]
fn rows_with_something_between_are_tables() {
    for text in
        ["名字,城市\n王,\"北京, 东城\"\n", "名字\t城市\n王\t北京, 东城\n", "名字;城市\n王;\"北京, 东城\"\n"]
    {
        let table = document(text.as_bytes());
        assert_eq!(table.kind, FileKind::Csv, "{text}");
        assert_eq!(said(&table), ["|| 名字 | 城市", "| 王 | 北京, 东城"]);
    }
    let prose = "Well, this is prose.\nIt has commas, too.\n";
    assert_eq!(kind(prose.as_bytes(), &Limits::default()), Ok(FileKind::Text));
}

#[test]
fn text_is_read_in_the_encodings_of_china_and_of_old_windows() {
    let text =
        "第一章 雨夜\n\n巷子里没有人，只有雨声。\n\n第二章 清晨\n\n卖早点的来了。他说：“热乎的豆浆！”\n";
    let expected = [
        "## 第一章 雨夜",
        "巷子里没有人，只有雨声。",
        "## 第二章 清晨",
        "卖早点的来了。他说：“热乎的豆浆！”",
    ];
    let wide = |big: bool| {
        text.encode_utf16().flat_map(move |unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
    };
    let with_mark: Vec<u8> = [0xff, 0xfe].into_iter().chain(wide(false)).collect();
    let samples: [Vec<u8>; 5] = [
        text.as_bytes().to_vec(),
        encoding_rs::GB18030.encode(text).0.into_owned(),
        with_mark,
        wide(true).collect(),
        wide(false).collect(),
    ];
    for bytes in samples {
        let document = document(&bytes);
        assert_eq!(said(&document), expected, "{bytes:?}");
        assert_eq!(document.blocks[3].place, Place::Chapter { number: 2 });
    }
    let latin = document(b"Caf\xe9 cr\xe8me \x96 na\xefve r\xf4le.\n");
    assert_eq!(said(&latin), ["Café crème – naïve rôle."]);
}

//! An answer whose text the chat template's own reader takes apart.

use super::Delta;
use super::reasoning::ReasoningSplitter;
use super::utf8::Utf8Assembler;

/// What a text means, as far as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::worker) struct Parsed {
    pub(in crate::worker) reasoning: String,
    pub(in crate::worker) content: String,
}

/// Takes a text apart; nothing when it is not of the template's form. The second word says that the text goes on.
pub(in crate::worker) type Reader = Box<dyn Fn(&str, bool) -> Option<Parsed> + Send>;

/// How a structured answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::worker) enum End {
    /// The model ended it.
    Whole,
    /// A limit or a person ended it.
    Cut,
}

/// Reads the answer again and again while it grows, and gives out what has become certain.
pub(in crate::worker) struct StructuredText {
    reader: Reader,
    utf8: Utf8Assembler,
    raw: String,
    /// Knows whether the model still reasons.
    reasoning: ReasoningSplitter,
    told: Parsed,
    /// Length of the text at which it is worth reading again.
    next_look: usize,
}

impl StructuredText {
    pub(in crate::worker) fn new(reader: Reader, reasoning: ReasoningSplitter) -> Self {
        Self {
            reader,
            utf8: Utf8Assembler::default(),
            raw: String::new(),
            reasoning,
            told: Parsed::default(),
            next_look: 0,
        }
    }

    pub(in crate::worker) fn push(&mut self, bytes: &[u8]) -> Delta {
        // A zero would end the text where C reads it.
        let text = self.utf8.push(bytes).replace('\0', "\u{fffd}");
        self.reasoning.push(&text);
        self.raw.push_str(&text);
        if text.is_empty() || self.raw.len() < self.next_look {
            return Delta::default();
        }
        // Every reading begins at the beginning: the longer the text, the more of it must be new.
        self.next_look = self.raw.len() + self.raw.len() / 64;
        match (self.reader)(&self.raw, true) {
            Some(parsed) => self.tell(parsed),
            None => Delta::default(),
        }
    }

    /// What was not given out yet; nothing when the text does not have its form.
    pub(in crate::worker) fn finish(&mut self, end: End) -> Option<Delta> {
        let parsed = (self.reader)(&self.raw, end == End::Cut)?;
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&parsed.content).is_ok();
        (end == End::Cut || is_json).then(|| self.tell(parsed))
    }

    fn tell(&mut self, parsed: Parsed) -> Delta {
        Delta {
            reasoning: news(&mut self.told.reasoning, parsed.reasoning),
            text: news(&mut self.told.content, parsed.content),
            stopped: false,
        }
    }
}

/// What a text has more than was told of it. What was told is never taken back.
fn news(told: &mut String, now: String) -> String {
    match now.strip_prefix(told.as_str()).map(str::to_owned) {
        Some(more) => {
            *told = now;
            more
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `reasoning|content`; a `<` at the end may become a mark and is held back, a `!` is an error.
    fn reader() -> Reader {
        Box::new(|text, goes_on| {
            if text.contains('!') {
                return None;
            }
            let (reasoning, content) = text.split_once('|').unwrap_or(("", text));
            let content = if goes_on { content.trim_end_matches('<') } else { content };
            Some(Parsed { reasoning: reasoning.to_owned(), content: content.to_owned() })
        })
    }

    fn text() -> StructuredText {
        StructuredText::new(reader(), ReasoningSplitter::new(None))
    }

    #[test]
    fn only_what_is_certain_is_given_out_and_only_once() {
        let mut text = text();
        let pieces = ["{\"a", "\":", "<", "1", "}"];
        let told: Vec<String> = pieces.iter().map(|piece| text.push(piece.as_bytes()).text).collect();
        assert_eq!(told, ["{\"a", "\":", "", "<1", "}"]);
        assert_eq!(text.finish(End::Cut), Some(Delta::default()));
    }

    #[test]
    fn an_answer_that_is_whole_must_be_json() {
        let mut good = text();
        good.push(b"why|{\"a\":[1]}");
        assert_eq!(good.finish(End::Whole), Some(Delta::default()));
        let mut cut = text();
        cut.push(b"{\"a\":[1");
        assert_eq!(cut.finish(End::Whole), None);
        assert!(cut.finish(End::Cut).is_some());
        let mut broken = text();
        broken.push(b"!");
        assert_eq!(broken.finish(End::Cut), None);
    }

    #[test]
    fn a_long_text_is_not_read_again_for_every_token() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicUsize, Ordering};
        let read = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&read);
        let reader: Reader = Box::new(move |text, _| {
            count.fetch_add(text.len(), Ordering::Relaxed);
            Some(Parsed { content: text.to_owned(), ..Parsed::default() })
        });
        let mut text = StructuredText::new(reader, ReasoningSplitter::new(None));
        let mut told = String::new();
        for _ in 0..20_000 {
            told += &text.push(b"word ").text;
        }
        told += &text.finish(End::Cut).unwrap().text;
        assert_eq!(told.len(), 100_000);
        assert!(read.load(Ordering::Relaxed) < 100 * 100_000, "{read:?}");
    }
}

//! What is counted here of a question and its answer, for vendors that do not say it, and before they do.

use ports::ChatRequest;

/// Tokens that a vendor's template adds around a message, at least.
const AROUND_A_MESSAGE: u64 = 4;

/// Counts what passes by. Vendors keep their tokenisers to themselves, so this is an estimate: four bytes of ASCII make a
/// token, as do three of other scripts, in which most characters have three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    input: u64,
    text: Bytes,
    thoughts: Bytes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bytes {
    ascii: u64,
    other: u64,
}

impl Bytes {
    fn add(&mut self, text: &str) {
        let len = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let ascii = text.bytes().filter(u8::is_ascii).count();
        let ascii = u64::try_from(ascii).unwrap_or(u64::MAX);
        self.ascii = self.ascii.saturating_add(ascii);
        self.other = self.other.saturating_add(len.saturating_sub(ascii));
    }

    fn tokens(self) -> u64 {
        self.ascii.div_ceil(4).saturating_add(self.other.div_ceil(3))
    }
}

impl Tally {
    /// Of a question.
    pub(crate) fn of(request: &ChatRequest) -> Self {
        let mut input = Bytes::default();
        let mut around = 0_u64;
        for message in &request.messages {
            input.add(message.content());
            around = around.saturating_add(AROUND_A_MESSAGE);
            if let ports::ChatMessage::Calls { calls, .. } = message {
                calls.iter().for_each(|call| {
                    input.add(&call.name);
                    input.add(&call.arguments);
                });
            }
        }
        for tool in &request.tools.offered {
            [&tool.name, &tool.description, &tool.parameters].into_iter().for_each(|text| input.add(text));
        }
        Self { input: input.tokens().saturating_add(around), ..Self::default() }
    }

    /// The tokens of texts that are nothing but read.
    pub(crate) fn of_texts(texts: &[String]) -> u64 {
        texts.iter().fold(0, |sum, text| {
            let mut bytes = Bytes::default();
            bytes.add(text);
            bytes.tokens().saturating_add(sum)
        })
    }

    /// More of the answer, or of a call's arguments.
    pub(crate) fn text(&mut self, text: &str) {
        self.text.add(text);
    }

    /// More of the reasoning.
    pub(crate) fn thought(&mut self, text: &str) {
        self.thoughts.add(text);
    }

    /// What the question is.
    pub(crate) fn prompt(&self) -> wire::Usage {
        wire::Usage { input_tokens: self.input, ..wire::Usage::default() }
    }

    /// What question and answer are.
    pub(crate) fn usage(&self) -> wire::Usage {
        let reasoning_tokens = self.thoughts.tokens();
        let output_tokens = self.text.tokens().saturating_add(reasoning_tokens);
        wire::Usage { output_tokens, reasoning_tokens, ..self.prompt() }
    }
}

#[cfg(test)]
mod tests {
    use ports::ChatMessage;
    use proptest::prelude::*;
    use wire::Role;

    use super::*;

    fn ask(text: &str) -> ChatRequest {
        ChatRequest::new("m", vec![ChatMessage::text(Role::User, text)])
    }

    #[test]
    fn both_scripts_are_counted() {
        assert_eq!(Tally::of(&ask("12345678")).prompt().input_tokens, 2 + AROUND_A_MESSAGE);
        assert_eq!(Tally::of(&ask("你好吗")).prompt().input_tokens, 3 + AROUND_A_MESSAGE);
    }

    #[test]
    fn thoughts_are_part_of_the_output() {
        let mut tally = Tally::of(&ask("x"));
        tally.text("12345678");
        tally.thought("1234");
        let usage = tally.usage();
        assert_eq!((usage.output_tokens, usage.reasoning_tokens), (3, 1));
    }

    proptest! {
        #[test]
        fn pieces_count_as_the_whole_does(pieces in prop::collection::vec("\\PC{0,6}", 0..20)) {
            let (mut whole, mut cut) = (Tally::default(), Tally::default());
            whole.text(&pieces.concat());
            pieces.iter().for_each(|piece| cut.text(piece));
            prop_assert_eq!(whole, cut);
        }
    }
}

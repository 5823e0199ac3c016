//! Where a prompt is likely to be taken up again: behind an agent's fixed words, and behind what a member has said.

use std::collections::HashMap;

use llama_cpp_4::token::LlamaToken;
use ports::ChatMessage;
use wire::Role;

/// Fixed beginnings that are remembered; there are some for each agent.
const REMEMBERED: usize = 256;
/// Two questions that have not a single token in common.
const PROBES: [&str; 2] = ["a", "问"];

/// Finds the tokens that the fixed messages of an agent always begin with.
#[derive(Debug, Default)]
pub(super) struct Landmarks {
    known: HashMap<String, Vec<LlamaToken>>,
}

impl Landmarks {
    /// The tokens that every conversation beginning with `fixed` begins with, whatever is asked: what two conversations
    /// with different questions have in common. `render` makes tokens of a conversation. Empty when nothing is fixed or
    /// it cannot be found out.
    pub(super) fn fixed(
        &mut self,
        fixed: &[ChatMessage],
        render: impl Fn(&[ChatMessage]) -> Option<Vec<LlamaToken>>,
    ) -> &[LlamaToken] {
        if fixed.is_empty() {
            return &[];
        }
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        let name = serde_json::to_string(fixed).unwrap_or_default();
        self.known.entry(name).or_insert_with(|| {
            let with = |question: &str| {
                let question = ChatMessage::text(Role::User, question);
                render(&fixed.iter().cloned().chain([question]).collect::<Vec<_>>())
            };
            let [one, other] = PROBES.map(with);
            let (one, other) = (one.unwrap_or_default(), other.unwrap_or_default());
            let common = common(&one, &other);
            one.into_iter().take(common).collect()
        })
    }
}

/// How many tokens two prompts begin with in common.
pub(super) fn common(one: &[LlamaToken], other: &[LlamaToken]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A template of the simplest kind: one token for each letter, and one before each message.
    fn render(messages: &[ChatMessage]) -> Option<Vec<LlamaToken>> {
        let letters = |message: &ChatMessage| {
            std::iter::once(0)
                .chain(message.content().bytes().map(i32::from))
                .map(LlamaToken)
                .collect::<Vec<_>>()
        };
        Some(messages.iter().flat_map(letters).collect())
    }

    fn system(text: &str) -> Vec<ChatMessage> {
        vec![ChatMessage::text(Role::System, text)]
    }

    #[test]
    fn a_fixed_beginning_ends_where_the_question_begins() {
        let mut landmarks = Landmarks::default();
        assert_eq!(landmarks.fixed(&system("xy"), render), [0, 120, 121, 0].map(LlamaToken));
    }

    #[test]
    fn without_fixed_messages_or_a_template_there_is_none() {
        let mut landmarks = Landmarks::default();
        assert!(landmarks.fixed(&[], render).is_empty());
        assert!(landmarks.fixed(&system("x"), |_| None).is_empty());
    }

    #[test]
    fn what_is_known_is_not_rendered_again() {
        let mut landmarks = Landmarks::default();
        let first = landmarks.fixed(&system("xy"), render).to_vec();
        assert_eq!(landmarks.fixed(&system("xy"), |_| None), first);
    }
}

//! The conversation as a model sees it.

use wire::{Message, Role};

use crate::Agent;

/// The language an agent speaks to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    /// `zh-CN`.
    Chinese,
    /// `en`.
    English,
}

impl Locale {
    /// From a BCP 47 tag: everything that begins with `zh` is Chinese, all else English.
    pub fn from_tag(tag: &str) -> Self {
        if tag.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("zh")) {
            Self::Chinese
        } else {
            Self::English
        }
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// One entry of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Who speaks.
    pub role: Role,
    /// The text.
    pub text: String,
}

/// Instructions first (the part that never changes, so that prompt caches hit), then the branch from its root to the
/// question. When it is longer than `room` tokens, whole turns are left out from the oldest on; the question itself
/// always stays, and a question that cannot fit is refused by the model's side with both numbers.
///
/// `branch` runs from the root to the member's message that is to be answered.
pub fn assemble(agent: &Agent, locale: Locale, branch: &[Message], room: u32) -> Vec<Line> {
    let system = Line { role: Role::System, text: agent.prompt.get(locale).to_owned() };
    let lines: Vec<Line> = branch
        .iter()
        .map(|message| Line { role: message.role, text: message.text() })
        .filter(|line| !line.text.is_empty())
        .collect();
    let mut left = u64::from(room).saturating_sub(estimate_tokens(&system.text));
    let mut kept = 0;
    for line in lines.iter().rev() {
        let cost = estimate_tokens(&line.text);
        if kept > 0 && cost > left {
            break;
        }
        left = left.saturating_sub(cost);
        kept += 1;
    }
    let newest = lines.into_iter().rev().take(kept).collect::<Vec<_>>().into_iter().rev();
    // A conversation begins with a member's message: an answer whose question was left out goes too.
    let newest = newest.skip_while(|line| line.role == Role::Assistant);
    std::iter::once(system).chain(newest).collect()
}

/// A cautious guess before the tokeniser is asked: three ASCII characters or one other character a token, and eight
/// for the frame of a message. (Qwen2.5's vocabulary averages about 4 and 1.5; a guess too high only drops a turn.)
pub fn estimate_tokens(text: &str) -> u64 {
    let (ascii, other) =
        text.chars().fold(
            (0_u64, 0_u64),
            |(ascii, other), c| {
                if c.is_ascii() { (ascii + 1, other) } else { (ascii, other + 1) }
            },
        );
    ascii.div_ceil(3) + other + 8
}

#[cfg(test)]
mod tests {
    use stdx::{EntityId, MessageId, ThreadId, Timestamp};
    use wire::Part;

    use super::*;
    use crate::PackageText;

    fn agent() -> Agent {
        let toml = r##"
            id = "a"
            version = 1
            category = "everyday"
            glyph = "问"
            color = "#000000"
            name = { zh = "问", en = "Ask" }
            description = { zh = "问", en = "Ask" }
            greeting = { zh = "问", en = "Ask" }
            openings = { zh = ["问"], en = ["Ask"] }
            model = { temperature = 0.0, top_p = 1.0, max_tokens = 64 }
        "##;
        Agent::parse(PackageText { folder: "a", agent_toml: toml, prompt_zh: "答。", prompt_en: "Answer." })
            .unwrap()
    }

    fn message(role: Role, text: &str) -> Message {
        let id = "01930000-0000-7000-8000-000000000001";
        Message {
            id: id.parse::<MessageId>().unwrap(),
            thread_id: ThreadId::from_uuid(id.parse::<MessageId>().unwrap().uuid()).unwrap(),
            parent_id: None,
            role,
            parts: vec![
                Part::Reasoning { text: "secret thought".to_owned(), millis: Some(1) },
                Part::Text { text: text.to_owned() },
            ],
            run_id: None,
            created_at: Timestamp::from_micros(0),
        }
    }

    fn texts(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn instructions_come_first_and_reasoning_stays_out() {
        let branch =
            [message(Role::User, "hi"), message(Role::Assistant, "hello"), message(Role::User, "why?")];
        let lines = assemble(&agent(), Locale::English, &branch, 1_000);
        assert_eq!(texts(&lines), ["Answer.", "hi", "hello", "why?"]);
    }

    #[test]
    fn the_oldest_turns_go_first_and_no_answer_stands_without_its_question() {
        let long = "x".repeat(300);
        let branch =
            [message(Role::User, &long), message(Role::Assistant, "short"), message(Role::User, "why?")];
        let lines = assemble(&agent(), Locale::Chinese, &branch, 60);
        assert_eq!(texts(&lines), ["答。", "why?"]);
    }

    #[test]
    fn the_question_stays_even_when_it_cannot_fit() {
        let long = "长".repeat(5_000);
        let lines = assemble(&agent(), Locale::Chinese, &[message(Role::User, &long)], 100);
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn tags_become_locales() {
        assert_eq!(Locale::from_tag("ZH-hans"), Locale::Chinese);
        assert_eq!(Locale::from_tag("en-GB"), Locale::English);
        assert_eq!(Locale::from_tag(""), Locale::English);
    }
}

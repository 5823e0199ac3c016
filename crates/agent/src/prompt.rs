//! The conversation as a model sees it.

use wire::{Locale, Message, Role};

use crate::Agent;
use crate::history::lines_of;

/// One entry of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Somebody says something.
    Text {
        /// Who speaks.
        role: Role,
        /// The text.
        text: String,
    },
    /// The model called tools.
    Calls {
        /// What it said before; often nothing.
        text: String,
        /// At least one.
        calls: Vec<LineCall>,
    },
    /// What came of a call.
    Result {
        /// The call's id.
        call_id: String,
        /// The text.
        text: String,
    },
}

/// A call as a model made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCall {
    /// Its id.
    pub id: String,
    /// The tool.
    pub tool: String,
    /// An object of JSON, as text.
    pub arguments: String,
}

impl Line {
    fn is_question(&self) -> bool {
        matches!(self, Self::Text { role: Role::User, .. })
    }

    fn tokens(&self) -> u64 {
        match self {
            Self::Text { text, .. } | Self::Result { text, .. } => estimate_tokens(text),
            Self::Calls { text, calls } => {
                let calls =
                    calls.iter().map(|call| estimate_tokens(&call.tool) + estimate_tokens(&call.arguments));
                calls.sum::<u64>() + estimate_tokens(text)
            }
        }
    }
}

/// Instructions first (the part that never changes, so that prompt caches hit), then the branch from its root to the
/// question. When it is longer than `room` tokens, whole turns are left out from the oldest on; the question itself
/// always stays, and a question that cannot fit is refused by the model's side with both numbers.
///
/// What is left out stays so: the prompt of a turn begins with the whole prompt of the turn before, but for the turns
/// whose question found no room, which leave out enough for a long while to come.
///
/// `branch` runs from the root to the member's message that is to be answered.
pub fn assemble(agent: &Agent, locale: Locale, branch: &[Message], room: u32) -> Vec<Line> {
    let system = Line::Text { role: Role::System, text: agent.prompt.get(locale).to_owned() };
    let lines = lines_of(branch);
    let left_out = left_out(&lines, u64::from(room).saturating_sub(system.tokens()));
    std::iter::once(system).chain(lines.into_iter().skip(left_out)).collect()
}

/// How many of the oldest lines have no room. Each question of the branch is looked at in its turn, as it was when it was
/// asked: what was left out then is left out now.
fn left_out(lines: &[Line], room: u64) -> usize {
    let (mut first, mut tokens) = (0, 0_u64);
    for (at, line) in lines.iter().enumerate() {
        tokens = tokens.saturating_add(line.tokens());
        if !line.is_question() || tokens <= room {
            continue;
        }
        let older = lines.iter().take(at).skip(first);
        for older in older {
            // A conversation begins with a member's message: an answer whose question was left out goes too.
            if tokens <= room / 2 && older.is_question() {
                break;
            }
            tokens = tokens.saturating_sub(older.tokens());
            first += 1;
        }
    }
    first
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

    fn texts<'a>(lines: &'a [Line]) -> Vec<&'a str> {
        let text = |line: &'a Line| match line {
            Line::Text { text, .. } | Line::Calls { text, .. } | Line::Result { text, .. } => text.as_str(),
        };
        lines.iter().map(text).collect()
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
    fn a_prompt_begins_with_the_one_before_until_there_is_no_room() {
        const ROOM: u32 = 600;
        let mut branch = Vec::new();
        let mut prompts = Vec::<Vec<Line>>::new();
        for turn in 0..60 {
            let question = message(Role::User, &format!("question {turn} {}", "why? ".repeat(turn % 7)));
            branch.push(question);
            prompts.push(assemble(&agent(), Locale::English, &branch, ROOM));
            branch.push(message(Role::Assistant, &format!("answer {turn} {}", "because ".repeat(turn % 5))));
        }
        let cost = |lines: &[Line]| lines.iter().map(Line::tokens).sum::<u64>();
        let mut cuts = 0;
        for pair in prompts.windows(2) {
            let [before, after] = pair else { unreachable!() };
            assert!(after[1].is_question());
            assert!(cost(after) <= u64::from(ROOM), "{}", cost(after));
            if !after.starts_with(before) {
                cuts += 1;
                assert_eq!(after[0], before[0], "the instructions never change");
            }
        }
        let tokens = branch.iter().map(|message| estimate_tokens(&message.text())).sum::<u64>();
        // Each cut makes room for half a window.
        assert!(cuts > 0 && cuts <= tokens / u64::from(ROOM / 2) + 1, "{cuts} cuts of {tokens} tokens");
    }
}

//! What was really consumed, told by each dialect in its own way, comes out as the same record.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::LazyLock;

use catalog::{DataTree, Endpoint, Providers};
use dialects::{Decoder, Event, Spent};
use money::{Unit, Usage};
use proptest::prelude::*;
use serde_json::{Value, json};

static PROVIDERS: LazyLock<Providers> = LazyLock::new(|| catalog::providers(&DataTree::embedded()).unwrap());

/// What was consumed.
#[derive(Clone, Copy, Debug)]
struct Truth {
    input: u64,
    read: u64,
    written: u64,
    written_long: u64,
    said: u64,
    thought: u64,
}

impl Truth {
    fn usage(self, with_thoughts: bool) -> Usage {
        let (said, thought) =
            if with_thoughts { (self.said, self.thought) } else { (self.said + self.thought, 0) };
        Usage::of([
            (Unit::Input, self.input),
            (Unit::CacheRead, self.read),
            (Unit::CacheWrite5m, self.written),
            (Unit::CacheWrite1h, self.written_long),
            (Unit::Output, said),
            (Unit::Reasoning, thought),
        ])
        .unwrap()
    }

    fn prompt(self) -> u64 {
        self.input + self.read + self.written + self.written_long
    }

    fn output(self) -> u64 {
        self.said + self.thought
    }
}

fn hear(vendor: &str, id: &str, body: &Value) -> Option<Spent> {
    let endpoint: &Endpoint = PROVIDERS.get(vendor).unwrap().endpoint(id).unwrap();
    let events = Decoder::whole(endpoint, "m", body.to_string().as_bytes());
    match events.last() {
        Some(Event::Done(end)) => end.spent.clone(),
        other => panic!("{other:?}"),
    }
}

fn chat(vendor: &str, id: &str, usage: &Value) -> Option<Spent> {
    let choice = json!({"index": 0, "message": {"content": "x"}, "finish_reason": "stop"});
    hear(vendor, id, &json!({"id": "1", "choices": [choice], "usage": usage}))
}

fn chat_usage(truth: Truth) -> Value {
    json!({
        "prompt_tokens": truth.prompt(), "completion_tokens": truth.output(),
        "total_tokens": truth.prompt() + truth.output(),
        "prompt_tokens_details": {
            "cached_tokens": truth.read,
            "cache_creation_input_tokens": truth.written + truth.written_long,
            "cache_creation": {"ephemeral_1h_input_tokens": truth.written_long},
        },
        "completion_tokens_details": {"reasoning_tokens": truth.thought},
    })
}

fn messages(usage: &Value) -> Option<Spent> {
    let content = json!([{"type": "text", "text": "x"}]);
    hear(
        "anthropic",
        "main",
        &json!({"id": "1", "content": content, "stop_reason": "end_turn", "usage": usage}),
    )
}

fn truth() -> impl Strategy<Value = Truth> {
    let count = || 0_u64..1_000_000;
    (1_u64..1_000_000, count(), count(), count(), 1_u64..1_000_000, count()).prop_map(
        |(input, read, written, written_long, said, thought)| Truth {
            input,
            read,
            written,
            written_long,
            said,
            thought,
        },
    )
}

proptest! {
    #[test]
    fn every_dialect_s_count_of_the_same_is_the_same(truth in truth()) {
        let expected = truth.usage(true);
        let check = |said: Option<Spent>, expected: &Usage| {
            let said = said.unwrap();
            prop_assert_eq!(&said.usage, expected);
            prop_assert!(!said.is_doubtful);
            prop_assert_eq!(said.tokens().input_tokens, truth.prompt());
            prop_assert_eq!(said.tokens().output_tokens, truth.output());
            Ok(())
        };
        check(chat("dashscope", "cn", &chat_usage(truth)), &expected)?;
        let mut beside = chat_usage(truth);
        beside["completion_tokens"] = truth.said.into();
        check(chat("xai", "main", &beside), &expected)?;
        check(messages(&json!({
            "input_tokens": truth.input, "cache_read_input_tokens": truth.read,
            "cache_creation_input_tokens": truth.written + truth.written_long,
            "cache_creation": {"ephemeral_5m_input_tokens": truth.written, "ephemeral_1h_input_tokens": truth.written_long},
            "output_tokens": truth.output(), "output_tokens_details": {"thinking_tokens": truth.thought},
        })), &expected)?;
        let response = json!({"id": "1", "status": "completed", "output": [], "usage": {
            "input_tokens": truth.prompt(), "output_tokens": truth.output(),
            "total_tokens": truth.prompt() + truth.output(),
            "input_tokens_details": {
                "cached_tokens": truth.read, "cache_write_tokens": truth.written + truth.written_long,
                "cache_write_tokens_details": {"ttl_12h_tokens": truth.written_long},
            },
            "output_tokens_details": {"reasoning_tokens": truth.thought},
        }});
        check(hear("openai", "responses", &response), &expected)?;
        // Nothing is told of what was written to a cache: it is input.
        let plain = Truth { input: truth.input + truth.written + truth.written_long, written: 0, written_long: 0, ..truth };
        let parts = json!({"parts": [{"text": "x"}]});
        let contents = json!({"candidates": [{"content": parts, "finishReason": "STOP"}], "usageMetadata": {
            "promptTokenCount": truth.prompt(), "cachedContentTokenCount": truth.read,
            "candidatesTokenCount": truth.said, "thoughtsTokenCount": truth.thought,
            "totalTokenCount": truth.prompt() + truth.output(),
        }});
        check(hear("gemini", "main", &contents), &plain.usage(true))?;
        let bare = json!({"prompt_tokens": truth.prompt(), "completion_tokens": truth.output()});
        let all = Truth { input: truth.prompt(), read: 0, written: 0, written_long: 0, ..truth };
        check(chat("vllm", "main", &bare), &all.usage(false))?;
    }

    #[test]
    fn no_report_counts_below_zero_or_beyond_what_was_reported(counts in prop::collection::vec(prop_oneof![0_u64..50, any::<u64>()], 7)) {
        let usage = json!({
            "prompt_tokens": counts[0], "completion_tokens": counts[1], "total_tokens": counts[2],
            "prompt_tokens_details": {"cached_tokens": counts[3], "cache_write_tokens": counts[4], "audio_tokens": counts[5]},
            "completion_tokens_details": {"reasoning_tokens": counts[6]},
        });
        for said in [chat("openai", "chat", &usage), chat("xai", "main", &usage)].into_iter().flatten() {
            let (tokens, all) = (said.tokens(), counts.iter().fold(0_u128, |sum, count| sum + u128::from(*count)));
            prop_assert!(tokens.cached_tokens <= tokens.input_tokens && tokens.reasoning_tokens <= tokens.output_tokens);
            prop_assert!(u128::from(said.usage.total_tokens()) <= all);
            prop_assert!(said.usage.total_tokens() >= counts[0].saturating_add(counts[1]) || said.is_doubtful);
        }
    }
}

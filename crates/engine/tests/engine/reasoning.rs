//! Thinking before an answer. No small model thinks of itself, so that one is made: a model whose chat template is
//! exchanged for one that opens the reasoning. It never closes it, and whatever ends it is the engine.

use engine::Engine;
use ports::{AnswerForm, ChatRequest, Effort, Reasoning, Tool, ToolChoice, Tools};
use serde_json::Value;
use tempfile::TempDir;
use wire::FinishReason;

use crate::support::{Answer, SMOLLM, Setup, answer, ask, smollm, with_template};

/// Opens the reasoning and, when it is switched off, closes it at once.
const TEMPLATE: &str = "{% for m in messages %}<|im_start|>{{m['role']}}\n{{m['content']}}<|im_end|>\n{% endfor %}\
    {% if add_generation_prompt %}<|im_start|>assistant\n<think>\n\
    {% if enable_thinking is defined and not enable_thinking %}\n</think>\n\n{% endif %}{% endif %}";

/// An engine with such a model, and the folder of its file.
struct Thinker {
    engine: Engine,
    _folder: TempDir,
}

fn thinker() -> Thinker {
    let folder = tempfile::tempdir().unwrap();
    let path = with_template(folder.path(), TEMPLATE);
    Thinker { engine: Setup::file(SMOLLM, path).start(), _folder: folder }
}

fn thinks(reasoning: Reasoning) -> ChatRequest {
    ChatRequest { reasoning, ..ask("Write a very long story about a river.", 60) }
}

fn budget(tokens: u32) -> Reasoning {
    Reasoning { effort: None, budget: Some(tokens) }
}

#[track_caller]
fn without_marks(answer: &Answer) {
    assert!(!answer.text.contains("think>") && !answer.reasoning.contains("think>"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_budget_the_model_ends_its_thought_itself_or_not_at_all() {
    let answer = answer(&thinker().engine, thinks(Reasoning::default())).await.unwrap();
    without_marks(&answer);
    assert!(!answer.reasoning.is_empty() && answer.text.is_empty(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_ends_the_thought_and_the_answer_follows() {
    let Thinker { engine, _folder } = thinker();
    let free = answer(&engine, thinks(Reasoning::default())).await.unwrap();
    let mut lengths = Vec::new();
    for tokens in [1, 4, 12] {
        let held = answer(&engine, thinks(budget(tokens))).await.unwrap();
        without_marks(&held);
        assert!(free.reasoning.starts_with(&held.reasoning), "{tokens}: {held:?}");
        assert!(!held.text.trim().is_empty(), "{tokens}: {held:?}");
        assert!(held.usage.output_tokens > u64::from(tokens), "what the engine writes counts too: {held:?}");
        let [reasoning, all] = [held.usage.reasoning_tokens, held.usage.output_tokens];
        assert!(reasoning >= u64::from(tokens) && reasoning < all, "{held:?}");
        lengths.push(held.reasoning.len());
    }
    assert!(lengths.is_sorted() && lengths[0] < lengths[2], "{lengths:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn thought_that_is_switched_off_never_begins() {
    let Thinker { engine, _folder } = thinker();
    for reasoning in [Reasoning { effort: Some(Effort::None), budget: None }, budget(0)] {
        let answer = answer(&engine, thinks(reasoning)).await.unwrap();
        without_marks(&answer);
        assert!(answer.reasoning.is_empty() && !answer.text.is_empty(), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_that_a_schema_does_not_allow_is_not_written() {
    let schema =
        r#"{"type":"object","properties":{"city":{"type":"string","maxLength":12}},"required":["city"]}"#;
    let form = AnswerForm::JsonSchema { schema: schema.to_owned(), strict: true };
    // The library does not see that this template thinks, so that its grammar has no place for the mark.
    let answer = answer(&thinker().engine, ChatRequest { form, ..thinks(budget(6)) }).await.unwrap();
    let document: Value = serde_json::from_str(&answer.text).unwrap();
    assert!(document["city"].is_string(), "{answer:?}");
    assert_eq!(answer.reason, FinishReason::Stop);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_thought_that_was_ended_the_call_comes_that_must() {
    let look_up = Tool {
        name: "look_up".to_owned(),
        description: "Looks a word up.".to_owned(),
        parameters:
            r#"{"type":"object","properties":{"word":{"type":"string","maxLength":9}},"required":["word"]}"#
                .to_owned(),
        strict: true,
    };
    let tools = Tools { offered: vec![look_up], choice: ToolChoice::Required, parallel: false };
    let answer = answer(&thinker().engine, ChatRequest { tools, ..thinks(budget(6)) }).await.unwrap();
    assert!(!answer.reasoning.is_empty() && answer.text.is_empty(), "{answer:?}");
    assert_eq!((answer.calls.len(), answer.calls[0].0.as_str()), (1, "look_up"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_think_is_not_concerned() {
    let engine = smollm();
    let usual = answer(&engine, thinks(Reasoning::default())).await.unwrap();
    assert!(usual.reasoning.is_empty());
    for reasoning in [Reasoning { effort: Some(Effort::High), budget: Some(9) }, budget(0)] {
        assert_eq!(answer(&engine, thinks(reasoning)).await.unwrap(), usual);
    }
}

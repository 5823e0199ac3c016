//! Several answers to one question, and how probable their tokens were.

use futures_util::future::join_all;
use ports::{ChatModel, ChatRequest, Family, PortErrorKind};
use wire::{ErrorCode, FinishReason};

use crate::support::{Answer, SMOLLM, Setup, answer, ask, collect, smollm};

/// The same question so many times, with another seed each time.
fn family(request: &ChatRequest, choices: u32) -> Vec<ChatRequest> {
    let choice = |index| {
        let family = Some(Family { id: "one".to_owned(), index });
        let mut request = ChatRequest { family, ..request.clone() };
        request.sampling.temperature = 1.2;
        request.sampling.seed = Some(7 + index);
        request
    };
    (0..choices).map(choice).collect()
}

fn invent() -> ChatRequest {
    ask(&format!("{} Invent a name for a cat.", "Cats are fine animals. ".repeat(20)), 24)
}

#[track_caller]
fn one_prompt(answers: &[Answer]) {
    let [first, others @ ..] = answers else { panic!("there are none") };
    assert_eq!(first.usage.cached_tokens, 0);
    for other in others {
        assert_eq!(other.usage.input_tokens, first.usage.input_tokens);
        assert_eq!(other.usage.cached_tokens, first.usage.input_tokens - 1, "{other:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prompt_of_several_choices_is_computed_once() {
    for streams in [8, 1] {
        let engine = Setup::with(SMOLLM).streams(streams).start();
        let asked = family(&invent(), 4).into_iter().map(|request| answer(&engine, request));
        let answers: Vec<Answer> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
        one_prompt(&answers);
        let mut texts: Vec<&str> = answers.iter().map(|answer| answer.text.as_str()).collect();
        texts.sort_unstable();
        texts.dedup();
        assert!(texts.len() > 1, "another seed says something else: {texts:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_share_nothing_with_other_families() {
    let engine = smollm();
    let first = answer(&engine, family(&invent(), 1).remove(0)).await.unwrap();
    let mut stranger = family(&invent(), 1).remove(0);
    stranger.family = Some(Family { id: "other".to_owned(), index: 0 });
    let stranger = answer(&engine, stranger).await.unwrap();
    assert_eq!((first.usage.cached_tokens, stranger.usage.cached_tokens), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_go_on_when_the_first_is_left() {
    let engine = smollm();
    let mut streams: Vec<_> = family(&invent(), 3).into_iter().map(|request| engine.chat(request)).collect();
    drop(streams.remove(0));
    for stream in streams {
        assert!(!collect(stream).await.unwrap().text.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_token_of_the_text_is_told_of_when_asked() {
    let engine = smollm();
    let request = ask("Name three animals. 你好", 40);
    let plain = answer(&engine, request.clone()).await.unwrap();
    assert!(plain.tokens.is_empty());
    let told = answer(&engine, ChatRequest { logprobs: Some(3), ..request }).await.unwrap();
    assert_eq!(told.text, plain.text, "to be asked changes nothing");
    let bytes: Vec<u8> = told.tokens.iter().flat_map(|token| token.bytes.clone()).collect();
    assert_eq!(String::from_utf8_lossy(&bytes), told.text);
    for token in &told.tokens {
        assert!(token.logprob <= 0.0, "{token:?}");
        assert_eq!(token.alternatives.len(), 3);
        let best = &token.alternatives[0];
        assert_eq!((&best.bytes, best.logprob), (&token.bytes, token.logprob), "a greedy choice is the best");
        assert!(token.alternatives.iter().rev().map(|other| other.logprob).is_sorted());
        let sum: f32 = token.alternatives.iter().map(|other| other.logprob.exp()).sum();
        assert!(sum <= 1.001, "{sum}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn probabilities_are_the_models_own_whatever_the_settings() {
    let engine = smollm();
    let mut request = ChatRequest { logprobs: Some(0), ..ask("Say hello.", 1) };
    let usual = answer(&engine, request.clone()).await.unwrap().tokens.remove(0);
    let mut biased = request.clone();
    biased.sampling.temperature = 2.0;
    biased.sampling.top_k = Some(1);
    let hot = answer(&engine, biased).await.unwrap().tokens.remove(0);
    assert_eq!((hot.token, hot.alternatives.len()), (usual.token, 0));
    assert!((hot.logprob - usual.logprob).abs() < 1e-3, "{} and {}", hot.logprob, usual.logprob);
    request.logprobs = Some(21);
    let error = answer(&engine, request).await.unwrap_err();
    assert_eq!((error.code, error.kind), (ErrorCode::InvalidRequest, PortErrorKind::Bad));
    assert!(error.detail.contains("top_logprobs"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_by_a_stop_string_is_not_told_of() {
    let engine = smollm();
    let request = ChatRequest { logprobs: Some(0), ..ask("What is the capital of France?", 40) };
    let whole = answer(&engine, request.clone()).await.unwrap();
    let stop: String = whole.text.chars().skip(12).take(6).collect();
    let mut stopping = request;
    stopping.sampling.stop = vec![stop];
    let stopped = answer(&engine, stopping).await.unwrap();
    assert_eq!(stopped.reason, FinishReason::Stop);
    let joined: String = stopped.tokens.iter().map(|token| token.token.as_str()).collect();
    assert!(joined.starts_with(&stopped.text), "{joined:?} {:?}", stopped.text);
    assert!(stopped.tokens.len() < whole.tokens.len());
}

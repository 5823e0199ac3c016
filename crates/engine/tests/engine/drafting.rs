//! Answers that say again what was read are guessed ahead, and come out the same.

use engine::Engine;
use ports::{ChatMessage, ChatModel, ChatRequest, Guesses, Sampling};
use wire::{FinishReason, Role};

use crate::support::{QWEN, Setup, answer, ask, collect, eventually, next, until_text};

const TEXT: &str = "The old bridge crosses the green river near the mill. In winter the water is high and the millers \
                    sing. In summer children catch silver fish below the third arch.";

fn asks(text: &str, most: u32) -> ChatRequest {
    ChatRequest { model: QWEN.to_owned(), ..ask(text, most) }
}

/// Chance so small that it chooses what is likeliest, but chance.
fn repeats(most: u32) -> ChatRequest {
    let question = format!("Repeat this text word for word, and nothing else:\n\n{TEXT}");
    let request = asks(&question, most);
    ChatRequest { sampling: Sampling { temperature: 0.01, ..request.sampling }, ..request }
}

/// The same without any chance, which is never guessed.
fn surely(request: ChatRequest) -> ChatRequest {
    ChatRequest { sampling: Sampling { temperature: 0.0, ..request.sampling }, ..request }
}

/// What became of guesses, once the worker has told.
async fn guesses(engine: &Engine) -> Guesses {
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    engine.resident()[0].guesses
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_guessed_comes_out_as_if_it_was_not() {
    let engine = Setup::with(QWEN).start();
    let usual = answer(&engine, surely(repeats(80))).await.unwrap();
    assert_eq!(guesses(&engine).await, Guesses::default(), "who wants the same every time gets no guesses");
    let guessed = answer(&engine, repeats(80)).await.unwrap();
    assert_eq!(guessed.text, usual.text);
    assert_eq!(guessed.usage.output_tokens, usual.usage.output_tokens);
    let Guesses { made, right } = guesses(&engine).await;
    assert!(right > guessed.usage.output_tokens / 3 && right <= made, "{right} of {made}: {}", guessed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seed_is_not_guessed_for() {
    let engine = Setup::with(QWEN).start();
    let mut request = repeats(40);
    request.sampling.seed = Some(7);
    answer(&engine, request).await.unwrap();
    assert_eq!(guesses(&engine).await, Guesses::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_stops_hold_in_the_middle_of_a_guess() {
    let engine = Setup::with(QWEN).start();
    for most in [1, 2, 9, 10, 11, 12, 13] {
        let answer = answer(&engine, repeats(most)).await.unwrap();
        assert_eq!((answer.usage.output_tokens, answer.reason), (u64::from(most), FinishReason::Length));
    }
    let mut request = repeats(80);
    request.sampling.stop = vec!["millers".to_owned()];
    let stopped = answer(&engine, request).await.unwrap();
    assert_eq!(stopped.reason, FinishReason::Stop);
    assert!(stopped.text.ends_with("the ") || stopped.text.ends_with("the"), "{}", stopped.text);
    assert!(guesses(&engine).await.right > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_behind_guesses_as_behind_any_answer() {
    let [guessing, fresh] = [(); 2].map(|()| Setup::with(QWEN).start());
    let mut request = repeats(80);
    request.scope = Some("anna".to_owned());
    let first = answer(&guessing, request.clone()).await.unwrap();
    request.messages.push(ChatMessage::text(Role::Assistant, first.text));
    request.messages.push(ChatMessage::text(Role::User, "Which fish do children catch?"));
    let request = surely(request);
    let on = answer(&guessing, request.clone()).await.unwrap();
    assert!(on.usage.cached_tokens > 80, "{:?}", on.usage);
    assert_eq!(on.text, answer(&fresh, request).await.unwrap().text);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_anothers_guesses() {
    let engine = Setup::with(QWEN).start();
    let mut long = engine.chat(surely(asks("Write a very long story about a river.", 400)));
    until_text(&mut long).await;
    answer(&engine, repeats(60)).await.unwrap();
    assert_eq!(guesses(&engine).await, Guesses::default());
    assert!(next(&mut long).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_given_up_in_the_middle_costs_no_other() {
    let engine = Setup::with(QWEN).start();
    let mut stream = engine.chat(repeats(80));
    until_text(&mut stream).await;
    drop(stream);
    let usual = collect(engine.chat(surely(repeats(40)))).await.unwrap();
    assert!(TEXT.starts_with(usual.text.trim()), "{}", usual.text);
    eventually("it is idle", || engine.resident().len() == 1).await;
}

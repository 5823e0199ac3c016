//! How tokens are chosen, on a real model.

use ports::{Dry, Penalties, Sampling};

use crate::support::{answer, ask, smollm};

/// The model is sorry at length, and in the same words.
fn parrot() -> ports::ChatRequest {
    ask("Write the word apple again and again: apple apple apple apple apple", 48)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bias_bans_a_token_or_makes_it_the_only_one() {
    let engine = smollm();
    let mut only = ask("What is the capital of France?", 6);
    only.sampling.logit_bias = vec![(500, 100.0)];
    let only = answer(&engine, only).await.unwrap().text;
    let piece: String = only.chars().take(only.chars().count() / 6).collect();
    assert_eq!(only, piece.repeat(6));
    let mut banned = ask("What is the capital of France?", 6);
    banned.sampling.logit_bias = vec![(500, 100.0), (501, 100.0)];
    let both = answer(&engine, banned.clone()).await.unwrap().text;
    banned.sampling.logit_bias = vec![(500, -100.0), (501, 100.0)];
    let without = answer(&engine, banned).await.unwrap().text;
    assert!(!without.contains(piece.trim()) || piece.trim().is_empty(), "{both:?} {without:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_penalty_makes_a_parrot_say_something_else() {
    let engine = smollm();
    let usual = answer(&engine, parrot()).await.unwrap().text;
    let words: Vec<&str> = usual.split_whitespace().collect();
    let mut phrases = words.windows(3).enumerate();
    let repeats = phrases.any(|(at, phrase)| words.windows(3).skip(at + 1).any(|later| later == phrase));
    assert!(repeats, "{usual}");
    let penalties = [
        Penalties { presence: 2.0, ..Penalties::default() },
        Penalties { frequency: 2.0, ..Penalties::default() },
        Penalties { repeat: 2.0, ..Penalties::default() },
        Penalties { dry: Some(Dry { multiplier: 5.0, ..Dry::default() }), ..Penalties::default() },
    ];
    for penalties in penalties {
        let mut request = parrot();
        request.sampling.penalties = penalties;
        let text = answer(&engine, request).await.unwrap().text;
        assert_ne!(text, usual, "{penalties:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keeping_only_the_best_token_is_the_same_as_no_chance_at_all() {
    let engine = smollm();
    let greedy = answer(&engine, ask("Name three animals.", 24)).await.unwrap().text;
    for narrow in [
        Sampling { temperature: 1.5, top_p: 1.0, top_k: Some(1), ..Sampling::default() },
        Sampling { temperature: 1.5, top_p: 1.0, min_p: 1.0, ..Sampling::default() },
    ] {
        let mut request = ask("Name three animals.", 24);
        request.sampling = Sampling { max_tokens: Some(24), seed: Some(3), ..narrow };
        assert_eq!(answer(&engine, request).await.unwrap().text, greedy);
    }
}

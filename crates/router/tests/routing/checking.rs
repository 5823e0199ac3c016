//! Which answers of a cheap model may be shown.

use proptest::prelude::*;
use router::{By, Check, Doubt, Draft, Proof, Verdict};

fn drafts<'a>(texts: &[&'a str]) -> Vec<Draft<'a>> {
    texts.iter().map(|text| Draft { text, ..Draft::default() }).collect()
}

fn agreement(by: By) -> Check {
    Check::Agreement { answers: 3, agree: 2, by, longest: 128 }
}

fn doubt(doubt: Doubt) -> Verdict {
    Verdict::Doubtful { doubt }
}

#[test]
fn the_answer_that_most_agree_on_is_shown() {
    let verdict = agreement(By::Text).verify(&drafts(&["Lyon", "Paris.", "**paris**"]));
    assert_eq!(verdict, Verdict::Passes { draft: 1, proof: Proof::Agreed { agree: 2, of: 3 } });
    let verdict = agreement(By::Text).verify(&drafts(&["Lyon", "Paris", "Nice"]));
    assert_eq!(verdict, doubt(Doubt::Disagree { agree: 1, needs: 2 }));
    let sums = drafts(&["7 + 5 = 12", "It is 12.0", "13"]);
    assert!(matches!(agreement(By::Number).verify(&sums), Verdict::Passes { draft: 0, .. }));
    assert!(matches!(agreement(By::Text).verify(&sums), Verdict::Doubtful { .. }));
}

#[test]
fn what_says_nothing_agrees_with_nobody() {
    assert_eq!(agreement(By::Text).verify(&drafts(&["", " ", "?"])), doubt(Doubt::NoAnswer));
    assert_eq!(agreement(By::Number).verify(&drafts(&["no", "idea", "at all"])), doubt(Doubt::NoAnswer));
    assert_eq!(agreement(By::Text).verify(&[]), doubt(Doubt::NoAnswer));
    // One answer that came agrees with itself, and that is not two.
    assert_eq!(agreement(By::Text).verify(&drafts(&["a"])), doubt(Doubt::Disagree { agree: 1, needs: 2 }));
}

#[test]
fn a_model_that_held_its_words_probable_is_believed() {
    let check = Check::Confidence { mean_logprob: -500 };
    let of = |logprobs: &[f32]| check.verify(&[Draft { text: "12", logprobs, ..Draft::default() }]);
    let passes = |mean_logprob| Verdict::Passes { draft: 0, proof: Proof::Confident { mean_logprob } };
    assert_eq!(of(&[-0.25, -0.5]), passes(-375));
    assert_eq!(of(&[-0.5]), passes(-500));
    assert_eq!(of(&[-1.0, -0.25]), doubt(Doubt::Unsure { mean_logprob: -625, least: -500 }));
    assert_eq!(of(&[f32::NEG_INFINITY]), doubt(Doubt::Unsure { mean_logprob: i32::MIN, least: -500 }));
    for none in [vec![], vec![f32::NAN], vec![0.5]] {
        assert_eq!(of(&none), doubt(Doubt::NoProbabilities));
    }
}

#[test]
fn shapes_are_checked() {
    let fits = Verdict::Passes { draft: 0, proof: Proof::Fits };
    let json = Check::Json { keys: vec!["ok".to_owned()] };
    let number = Check::Number { least: Some(0), most: Some(10) };
    let pattern = Check::Pattern { regex: "^git [a-z]+$".to_owned() };
    for (check, text, verdict) in [
        (&json, "```json\n{\"ok\": null}\n```", fits.clone()),
        (&json, "{\"no\": 1}", doubt(Doubt::KeyMissing)),
        (&json, "[1]", doubt(Doubt::KeyMissing)),
        (&json, "{ok: 1}", doubt(Doubt::NotJson)),
        (&Check::Json { keys: Vec::new() }, "[1]", fits.clone()),
        (&number, "it is 10", fits.clone()),
        (&number, "it is 10.5", doubt(Doubt::OutOfBounds)),
        (&number, "it is -0.5", doubt(Doubt::OutOfBounds)),
        (&number, "it is 99999999999999999999", doubt(Doubt::OutOfBounds)),
        (&number, "nothing", doubt(Doubt::NoNumber)),
        (&pattern, "git log", fits.clone()),
        (&pattern, "Try git log", doubt(Doubt::NoMatch)),
        (&pattern, "  ", doubt(Doubt::NoAnswer)),
    ] {
        assert_eq!(check.verify(&drafts(&[text])), verdict, "{text}");
    }
}

proptest! {
    #[test]
    fn an_answer_passes_in_any_company_that_agrees_with_it(
        said in "[a-z]{1,8}",
        others in prop::collection::vec("[A-Z]{9,12}", 0..4),
        turn in 0_usize..9,
    ) {
        let mut texts: Vec<&str> = others.iter().map(String::as_str).chain([said.as_str(); 5]).collect();
        texts.rotate_left(turn % 5);
        let check = Check::Agreement { answers: 9, agree: 5, by: By::Text, longest: 128 };
        match check.verify(&drafts(&texts)) {
            Verdict::Passes { draft, proof } => {
                prop_assert_eq!(texts[draft], said.as_str());
                prop_assert_eq!(proof, Proof::Agreed { agree: 5, of: 9 });
            }
            Verdict::Doubtful { doubt } => prop_assert!(false, "{doubt:?}"),
        }
    }
}

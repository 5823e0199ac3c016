//! What the readers of `data/routing` accept, and how they refuse.

use catalog::DataTree;
use router::{Policies, Signs};

use crate::world::{World, read_policy};

#[test]
fn the_repository_s_policies_choose_for_a_machine_with_models_that_nobody_measured() {
    let data = DataTree::embedded();
    let policies = Policies::read(data.below("routing")).unwrap();
    let ids: Vec<&str> = policies.iter().map(|policy| policy.id.as_str()).collect();
    assert_eq!(ids, ["auto", "best", "cheap"]);
    let world = World::new().without(&["toy/large", "toy/owl", "toy/small", "toy/mystery"]);
    for policy in policies.iter() {
        let decision = router::route(&world.facts(), policy);
        assert_eq!(decision.attempts.len(), 1, "{}", policy.id);
    }
}

#[test]
fn best_is_the_best_and_cheap_the_cheapest() {
    let data = DataTree::embedded();
    let policies = Policies::read(data.below("routing")).unwrap();
    let world = World::new();
    let first = |id: &str| {
        let decision = router::route(&world.facts(), policies.get(id).unwrap());
        decision.first().unwrap().deployment.0.clone()
    };
    assert_eq!(
        [first("auto"), first("best"), first("cheap")],
        ["toy/large", "toy/large", "local/tiny"].map(str::to_owned)
    );
}

#[test]
fn what_cannot_be_right_is_refused_by_its_field() {
    for (way, word) in [
        ("kind = \"fastest\"\n", "fastest"),
        ("kind = \"fixed\"\ntarget = \"\"\n", "way.target"),
        ("kind = \"fall_back\"\nchain = []\n", "way.chain"),
        ("kind = \"balance\"\nweights = { large = 101 }\n", "way.weights"),
        ("kind = \"balance\"\nweights = { large = 0 }\n", "way.weights"),
        ("kind = \"cheapest\"\nfloor = { usual = \"55\" }\n", "a share is a number from 0 to 1"),
        ("kind = \"cheapest\"\nflor = { usual = \"0.5\" }\n", "flor"),
        ("kind = \"cascade\"\nfloor = {}\nescalations = \"0.4\"\ncheck = { kind = \"json\" }\n", "way.floor"),
        (
            "kind = \"cascade\"\nfloor = { usual = \"0.5\" }\nescalations = \"0.4\"\n\
             check = { kind = \"agreement\", answers = 1, agree = 1 }\n",
            "way.check.answers",
        ),
        (
            "kind = \"cascade\"\nfloor = { usual = \"0.5\" }\nescalations = \"0.4\"\n\
             check = { kind = \"confidence\", mean_logprob = 1 }\n",
            "way.check.mean_logprob",
        ),
        (
            "kind = \"cascade\"\nfloor = { usual = \"0.5\" }\nescalations = \"0.4\"\n\
             check = { kind = \"agreement\", answers = 3, agree = 4 }\n",
            "way.check.agree",
        ),
        (
            "kind = \"cascade\"\nfloor = { usual = \"0.5\" }\nescalations = \"0.4\"\n\
             check = { kind = \"pattern\", regex = \"(\" }\n",
            "way.check.regex",
        ),
        (
            "kind = \"cascade\"\nfloor = { usual = \"0.5\" }\nescalations = \"0.4\"\n\
             check = { kind = \"number\", least = 3, most = 2 }\n",
            "way.check.most",
        ),
    ] {
        let error = read_policy(way).unwrap_err().to_string();
        assert!(error.starts_with("data/routing/toy.toml: ") && error.contains(word), "{error}");
    }
    let other = Policies::read([(
        "other.toml",
        "id = \"toy\"\nname = { zh = \"一\", en = \"a\" }\nway = { kind = \"cheapest\" }\n",
    )]);
    assert!(other.unwrap_err().to_string().contains("as the file is named"));
}

#[test]
fn signs_are_never_empty() {
    let text = "code = [\"\"]\nmath = []\nknowledge = []\nhard = []\n";
    assert!(Signs::read("signs.toml", text).unwrap_err().to_string().contains("code"));
    let data = DataTree::embedded();
    assert!(Signs::read("signs.toml", data.get("routing/signs.toml").unwrap()).is_ok());
}

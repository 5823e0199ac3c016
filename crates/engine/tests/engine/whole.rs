//! Models whose state cannot be cut: what was computed is kept and given back as a whole, and nobody can tell by what the
//! model says.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::Engine;
use futures_util::StreamExt as _;
use ports::{ChatEvent, ChatMessage, ChatModel as _, ChatRequest};
use rustix::process::{Signal, kill_process};
use tinymodels::{KINDS, Kind, Recipe};
use wire::Role;

use crate::prefixes::{FRANCE, RIVER, cached, files, instructions, question, wait_for_disk};
use crate::support::{
    Answer, SMOLLM, Setup, alike, answer, ask, collect, eventually, model_file, until_text, with_template,
    worker_process,
};

/// How far the logarithms of a token's probability may lie apart that was computed in other pieces or beside others. Measured
/// up to 0.008 for these models, where keys and values are in half precision; other words before it change it by some units.
const LAST_DIGITS: f32 = 0.05;

fn recipe(kind: Kind) -> Recipe {
    Recipe::new(kind, model_file(SMOLLM))
}

/// A model and the place for what was computed.
struct Tiny {
    folder: tempfile::TempDir,
    model: PathBuf,
}

impl Tiny {
    fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let model = recipe(kind).make(folder.path());
        Self { folder, model }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn start(&self) -> Engine {
        Setup::file(SMOLLM, self.model.clone()).cache(&self.cache()).start()
    }

    /// What the model says when nothing was computed before.
    async fn cold(&self, request: ChatRequest) -> Answer {
        cold(&self.model, request).await
    }
}

async fn cold(model: &Path, request: ChatRequest) -> Answer {
    let engine = Setup::file(SMOLLM, model.to_owned()).start();
    let answer = answer(&engine, request).await.unwrap();
    assert_eq!(answer.usage.cached_tokens, 0);
    engine.shut_down().await;
    answer
}

/// A question to an agent, of which more than the text is told.
fn told(scope: &str, agent: &str, text: &str) -> ChatRequest {
    ChatRequest { logprobs: Some(3), ..question(Some(scope), agent, text) }
}

#[track_caller]
fn assert_same(kind: Kind, one: &Answer, other: &Answer) {
    assert_eq!(one.text, other.text, "{kind:?}");
    assert!(!one.tokens.is_empty() && one.tokens.len() == other.tokens.len(), "{kind:?}");
    for (one, other) in one.tokens.iter().zip(&other.tokens) {
        assert!((one.logprob - other.logprob).abs() < LAST_DIGITS, "{kind:?}: {one:?} and {other:?}");
    }
}

/// The same for answers that were written beside others.
#[track_caller]
fn assert_alike(kind: Kind, one: &Answer, other: &Answer) {
    alike(&kind, &one.tokens, &other.tokens, LAST_DIGITS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_tiny_models_say_hangs_on_all_that_was_said_before() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let one = tiny.cold(told("anna", "Ada", FRANCE)).await;
        let words: HashSet<&str> = one.tokens.iter().map(|token| token.token.as_str()).collect();
        assert!(words.len() >= 8, "{kind:?}: {:?}", one.text);
        // Another agent's name, some hundred tokens before; windows alone do not reach so far.
        let other = tiny.cold(told("anna", "Eve", FRANCE)).await.text;
        assert_eq!(other != one.text, kind != Kind::SlidingHybrid, "{kind:?}: {other:?}");
        assert_ne!(tiny.cold(told("anna", "Ada", RIVER)).await.text, one.text, "{kind:?}");
        assert_same(kind, &tiny.cold(told("anna", "Ada", FRANCE)).await, &one);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_question_is_answered_alike_and_computed_once() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let request = || told("anna", "Ada", FRANCE);
        let first = tiny.cold(request()).await;
        let knows = |answer: &Answer| {
            assert_same(kind, answer, &first);
            assert!(
                answer.usage.cached_tokens + 8 > first.usage.input_tokens,
                "{kind:?}: {:?}",
                answer.usage
            );
        };
        let engine = tiny.start();
        assert_same(kind, &answer(&engine, request()).await.unwrap(), &first);
        knows(&answer(&engine, request()).await.unwrap());
        wait_for_disk(&engine, 2).await;
        engine.shut_down().await;
        let engine = tiny.start();
        knows(&answer(&engine, request()).await.unwrap());
        knows(&answer(&engine, request()).await.unwrap());
        let mut stream = engine.chat(ask("Tell a story.", 900));
        until_text(&mut stream).await;
        kill_process(worker_process(&engine), Signal::KILL).unwrap();
        assert!(collect(stream).await.is_err());
        knows(&answer(&engine, request()).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_prompt_is_shared_and_nobodys_words_are() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let engine = tiny.start();
        let first = answer(&engine, told("anna", "Ada", FRANCE)).await.unwrap();
        assert_eq!(first.usage.cached_tokens, 0);
        let other = answer(&engine, told("bert", "Ada", RIVER)).await.unwrap();
        let agent = other.usage.cached_tokens;
        assert!(agent > 400 && agent < first.usage.input_tokens - 3, "{kind:?}: {agent}");
        assert_same(kind, &other, &tiny.cold(told("bert", "Ada", RIVER)).await);
        // The same question gets not a token more.
        let same = answer(&engine, told("carl", "Ada", FRANCE)).await.unwrap();
        assert_eq!(same.usage.cached_tokens, agent, "{kind:?}");
        assert_same(kind, &same, &first);
        assert_eq!(cached(&engine, question(None, "Ada", FRANCE)).await, agent, "{kind:?}");
        assert_eq!(cached(&engine, question(None, "Ada", FRANCE)).await, agent, "{kind:?}");
        assert!(cached(&engine, question(Some("anna"), "Ada", FRANCE)).await > agent, "{kind:?}");
        assert_eq!(cached(&engine, question(Some("anna"), "Eve", FRANCE)).await, 0, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_who_come_at_once_compute_what_they_share_once() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let engine = tiny.start();
        answer(&engine, ask("Hi", 1)).await.unwrap();
        let both = || [told("anna", "Ada", RIVER), told("bert", "Ada", FRANCE)];
        let [first, second] = both().map(|request| answer(&engine, request));
        let (first, second) = tokio::join!(first, second);
        let told = [first.unwrap(), second.unwrap()];
        let mut cached = [told[0].usage.cached_tokens, told[1].usage.cached_tokens];
        cached.sort_unstable();
        assert!(cached[0] == 0 && cached[1] > 400, "{kind:?}: {cached:?}");
        for (request, told) in both().into_iter().zip(told) {
            assert_same(kind, &told, &tiny.cold(request).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_goes_on_where_it_was() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let engine = tiny.start();
        let mut request = told("anna", "Ada", FRANCE);
        // Always the same word: whole sentences of a tiny model are not cut into the same tokens again.
        request.sampling.logit_bias = vec![(2264, 100.0)];
        request.sampling.max_tokens = Some(24);
        let first = answer(&engine, request.clone()).await.unwrap();
        request.messages.push(ChatMessage::text(Role::Assistant, first.text));
        request.messages.push(ChatMessage::text(Role::User, RIVER));
        request.sampling.logit_bias.clear();
        let alone = tiny.cold(request.clone()).await;
        let second = answer(&engine, request.clone()).await.unwrap();
        assert_same(kind, &second, &alone);
        let answered = first.usage.input_tokens + first.usage.output_tokens;
        assert!(second.usage.cached_tokens + 4 >= answered, "{kind:?}: {:?} {:?}", first.usage, second.usage);
        wait_for_disk(&engine, 4).await;
        engine.shut_down().await;
        let engine = tiny.start();
        // Taken up from the first answer again, and changed.
        request.messages[3] = ChatMessage::text(Role::User, "And three plants.");
        let changed = answer(&engine, request.clone()).await.unwrap();
        assert_same(kind, &changed, &tiny.cold(request.clone()).await);
        assert!(changed.usage.cached_tokens + 4 >= answered, "{kind:?}: {:?}", changed.usage);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_side_by_side_are_those_of_each_alone() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let ask = |member, agent, text| {
            let mut request = told(member, agent, text);
            request.sampling.max_tokens = Some(40);
            request
        };
        let requests = || {
            [
                ask("anna", "Ada", FRANCE),
                ask("bert", "Ada", RIVER),
                ask("carl", "Eve", FRANCE),
                ask("dora", "Eve", "Short."),
                ask("anna", "Ada", RIVER),
            ]
        };
        let mut alone = Vec::new();
        for request in requests() {
            alone.push(tiny.cold(request).await);
        }
        let engine = tiny.start();
        for round in 0..3 {
            // Somebody who goes in the middle.
            let mut gone = engine.chat(ask("emil", "Ida", FRANCE));
            while !matches!(gone.next().await.unwrap().unwrap(), ChatEvent::Started(_)) {}
            let [one, two, three, four, five] = requests().map(|request| answer(&engine, request));
            let all = async { tokio::join!(one, two, three, four, five) };
            let (all, ()) = tokio::join!(all, async {
                tokio::time::sleep(Duration::from_millis(30 * round)).await;
                drop(gone);
            });
            let (one, two, three, four, five) = all;
            for (alone, told) in alone.iter().zip([one, two, three, four, five]) {
                assert_alike(kind, &told.unwrap(), alone);
            }
        }
        // Nothing missed the moment when it was to be kept.
        for request in requests() {
            let again = answer(&engine, request).await.unwrap().usage;
            assert!(again.cached_tokens + 12 > again.input_tokens, "{kind:?}: {again:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_behind_a_cancelled_request_gets_their_own_answer() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let engine = Setup::file(SMOLLM, tiny.model.clone()).streams(1).start();
        let alone = tiny.cold(told("anna", "Ada", FRANCE)).await;
        for text in [RIVER, FRANCE] {
            let mut request = told("anna", "Ada", text);
            request.sampling.max_tokens = Some(300);
            let mut stream = engine.chat(request);
            until_text(&mut stream).await;
            drop(stream);
            assert_same(kind, &answer(&engine, told("anna", "Ada", FRANCE)).await.unwrap(), &alone);
        }
        let mut stream = engine.chat(told("anna", "Eve", FRANCE));
        while !matches!(stream.next().await.unwrap().unwrap(), ChatEvent::Started(_)) {}
        drop(stream);
        assert_same(kind, &answer(&engine, told("anna", "Ada", FRANCE)).await.unwrap(), &alone);
        let eve = answer(&engine, told("anna", "Eve", FRANCE)).await.unwrap();
        assert_same(kind, &eve, &tiny.cold(told("anna", "Eve", FRANCE)).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_are_warm_before_anybody_asks() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let prompts = vec![vec![instructions("Ada")], vec![instructions("Eve")]];
        let engine = Setup::file(SMOLLM, tiny.model.clone()).cache(&tiny.cache()).prompts(prompts).start();
        answer(&engine, ask("Hi", 2)).await.unwrap();
        wait_for_disk(&engine, 2).await;
        for name in ["Ada", "Eve"] {
            let warm = answer(&engine, told("anna", name, FRANCE)).await.unwrap();
            assert!(warm.usage.cached_tokens > 400, "{kind:?}: {:?}", warm.usage);
            assert_same(kind, &warm, &tiny.cold(told("anna", name, FRANCE)).await);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_that_is_expected_is_above_what_is_used_and_not_far_above() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let mut setup = Setup::file(SMOLLM, tiny.model.clone());
        setup.settings.cache_memory_mib = 0;
        let expected = engine::estimate(&tiny.model, &setup.settings).unwrap();
        let engine = setup.start();
        answer(&engine, ask("Hi", 1)).await.unwrap();
        let used = engine.resident()[0].memory_bytes;
        assert!(expected.total() >= used, "{kind:?}: {expected:?} for {used}");
        assert!(expected.weights + expected.kv <= used, "{kind:?}: {expected:?} for {used}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_dropped_and_the_answer_is_the_same() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let engine = tiny.start();
        let first = answer(&engine, told("anna", "Ada", FRANCE)).await.unwrap();
        wait_for_disk(&engine, 2).await;
        engine.shut_down().await;
        for (n, file) in files(&tiny.cache()).into_iter().enumerate() {
            let mut bytes = std::fs::read(&file).unwrap();
            let half = bytes.len() / 2;
            if n % 2 == 0 {
                bytes.truncate(half)
            } else {
                bytes[half] ^= 0x10
            }
            std::fs::write(&file, bytes).unwrap();
        }
        let again = answer(&tiny.start(), told("anna", "Ada", FRANCE)).await.unwrap();
        assert_same(kind, &again, &first);
        assert_eq!(again.usage.cached_tokens, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_that_the_library_refuses_leaves_nothing_behind() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let engine = tiny.start();
        answer(&engine, told("anna", "Ada", FRANCE)).await.unwrap();
        wait_for_disk(&engine, 2).await;
        engine.shut_down().await;
        // Another model that is said to be the same one: its states have another form.
        let other = Recipe { layers: 5, ..recipe(kind) }.make(tiny.folder.path());
        let engine = Setup::file(SMOLLM, other.clone()).cache(&tiny.cache()).start();
        let refused = answer(&engine, told("anna", "Ada", FRANCE)).await.unwrap();
        assert_same(kind, &refused, &cold(&other, told("anna", "Ada", FRANCE)).await);
        assert_eq!(refused.usage.cached_tokens, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_asks_for_no_answer_is_taken_back_too() {
    let template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}";
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let words = with_template(folder.path(), template);
        let model = Recipe { words, ..recipe(kind) }.make(folder.path());
        let engine = Setup::file(SMOLLM, model.clone()).cache(&folder.path().join("cache")).start();
        let request = || told("anna", "Ada", FRANCE);
        let first = answer(&engine, request()).await.unwrap();
        let second = answer(&engine, request()).await.unwrap();
        assert_same(kind, &second, &first);
        assert!(second.usage.cached_tokens + 2 > first.usage.input_tokens, "{kind:?}: {:?}", second.usage);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_who_goes_leaves_nothing() {
    for kind in KINDS {
        let tiny = Tiny::new(kind);
        let engine = tiny.start();
        answer(&engine, told("anna", "Ada", FRANCE)).await.unwrap();
        wait_for_disk(&engine, 2).await;
        let before = files(&tiny.cache()).len();
        engine.forget("anna");
        eventually("the files are gone", || files(&tiny.cache()).len() < before).await;
        let agent = cached(&engine, question(Some("bert"), "Ada", RIVER)).await;
        assert_eq!(cached(&engine, question(Some("anna"), "Ada", FRANCE)).await, agent, "{kind:?}");
    }
}

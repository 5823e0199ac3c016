//! Sound files pass, broken ones are named, and nothing panics or allocates without need.

use hostile::{counted, mutants};
use proptest::prelude::*;

use super::sample::{Sample, array, count, text, typed};
use super::{GgufError, ModelFacts, inspect};

fn read(bytes: &[u8]) -> Result<ModelFacts, GgufError> {
    inspect(bytes, u64::try_from(bytes.len()).unwrap())
}

fn error(sample: &Sample) -> GgufError {
    read(&sample.build().0).unwrap_err()
}

const HUGE: u64 = 1 << 60;

#[test]
fn a_sound_file_gives_its_facts() {
    let (bytes, _) = Sample::sound().build();
    let facts = read(&bytes).unwrap();
    let expected = ModelFacts {
        architecture: "llama".to_owned(),
        name: Some("Tiny".to_owned()),
        layers: 2,
        heads: 4,
        kv_heads: vec![1, 2],
        recurrent_length: 0,
        embedding_length: 64,
        key_length: 16,
        value_length: 16,
        feed_forward_length: 256,
        context_length: 128,
        vocabulary: 3,
        tensors: 2,
        tensor_bytes: 74,
        file_bytes: u64::try_from(bytes.len()).unwrap(),
        has_chat_template: true,
    };
    assert_eq!(facts, expected);
}

#[test]
fn versions_and_byte_orders_are_told_apart() {
    let version = |version| Sample { version, ..Sample::sound() };
    assert!(read(&version(2).build().0).is_ok());
    assert!(matches!(error(&version(1)), GgufError::Version(1)));
    assert!(matches!(error(&version(4)), GgufError::Version(4)));
    assert!(matches!(error(&version(0)), GgufError::Version(0)));
    assert!(matches!(error(&version(0x0300_0000)), GgufError::BigEndian));
    assert!(matches!(read(b"GGML and more"), Err(GgufError::Magic)));
    assert!(matches!(read(b""), Err(GgufError::Truncated { .. })));
}

#[test]
fn a_cut_at_any_byte_is_an_error() {
    let (bytes, ends) = Sample::sound().build();
    for end in ends {
        assert_eq!(end == bytes.len(), read(&bytes[..end]).is_ok(), "cut at the boundary {end}");
    }
    for end in 0..bytes.len() {
        assert!(read(&bytes[..end]).is_err(), "cut at {end} of {}", bytes.len());
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_an_error() {
    let (bytes, _) = Sample::sound().build();
    for end in 0..400 {
        assert!(inspect(&bytes[..end], u64::try_from(bytes.len()).unwrap()).is_err());
    }
}

#[test]
fn absurd_counts_are_refused_before_anything_is_allocated() {
    for value in [HUGE, u64::MAX, 1 << 32, 100_000] {
        let tensors = Sample { tensor_count: Some(value), ..Sample::sound() };
        assert!(matches!(error(&tensors), GgufError::Limit { what: "the number of tensors", .. }));
        let keys = Sample { key_count: Some(value), ..Sample::sound() };
        assert!(matches!(error(&keys), GgufError::Limit { what: "the number of keys", .. }));
    }
    let more = Sample { tensor_count: Some(60_000), ..Sample::sound() };
    assert!(matches!(error(&more), GgufError::Truncated { what: "the header", .. }));
    let none = Sample { tensor_count: Some(0), tensors: Vec::new(), ..Sample::sound() };
    assert!(matches!(error(&none), GgufError::NoTensors));
}

#[test]
fn absurd_lengths_are_refused_before_anything_is_allocated() {
    for length in [HUGE, u64::MAX, 1 << 31] {
        let long_text = Sample::sound().set("x", typed(8, &length.to_le_bytes()));
        assert!(matches!(error(&long_text), GgufError::Truncated { .. }));
        for kind in [0, 1, 5, 6, 8, 10, 12] {
            let long_array = Sample::sound().set("x", array(kind, length, &[0; 64]));
            assert!(matches!(error(&long_array), GgufError::Truncated { .. }));
        }
        let in_array =
            Sample::sound().set("x", array(8, 2, &[text("a"), length.to_le_bytes().to_vec()].concat()));
        assert!(matches!(error(&in_array), GgufError::Truncated { .. }));
    }
}

#[test]
fn a_template_beyond_the_limit_is_refused() {
    let long = "x".repeat((1 << 20) + 1);
    let sample = Sample::sound().set("tokenizer.chat_template", typed(8, &text(&long)));
    assert!(matches!(error(&sample), GgufError::Limit { .. }));
}

#[test]
fn many_long_texts_together_are_refused() {
    let long = "x".repeat(1 << 20);
    let mut sample = Sample::sound();
    for n in 0..20 {
        sample = sample.set(&format!("k{n}"), typed(8, &text(&long)));
    }
    assert!(matches!(error(&sample), GgufError::Limit { what: "the size of all keys and texts", .. }));
}

#[test]
fn arrays_of_arrays_and_unknown_types_are_refused() {
    let nested = Sample::sound().set("x", array(9, 1, &array(0, 1, &[0])[4..]));
    assert!(matches!(error(&nested), GgufError::NestedArray(key) if key == "x"));
    let deep = Sample::sound().set("x", array(9, HUGE, &[9, 0, 0, 0].repeat(1000)));
    assert!(matches!(error(&deep), GgufError::NestedArray(_)));
    let unknown = Sample::sound().set("x", typed(13, &[0]));
    assert!(matches!(error(&unknown), GgufError::ValueType { kind: 13, .. }));
}

#[test]
fn keys_stand_once_and_are_texts() {
    let mut twice = Sample::sound();
    twice.values.push(("flag".to_owned(), typed(7, &[0])));
    assert!(matches!(error(&twice), GgufError::DuplicateKey(key) if key == "flag"));
    assert!(matches!(error(&Sample::sound().set("", count(1))), GgufError::Text { .. }));
    let not_text = Sample::sound().set("x", typed(8, &[1, 0, 0, 0, 0, 0, 0, 0, 0xff]));
    assert!(matches!(error(&not_text), GgufError::Text { .. }));
}

#[test]
fn facts_that_must_be_there_are_asked_for() {
    for key in ["general.architecture", "llama.block_count", "llama.embedding_length", "llama.context_length"]
    {
        assert!(matches!(error(&Sample::sound().without(key)), GgufError::Key(missing) if missing == key));
        let wrong = Sample::sound().set(key, typed(6, &[0; 4]));
        assert!(matches!(error(&wrong), GgufError::Key(missing) if missing == key));
    }
    for absurd in [0, u32::MAX] {
        let sample = Sample::sound().set("llama.block_count", count(absurd));
        assert!(matches!(error(&sample), GgufError::Key(_)));
    }
    let negative = Sample::sound().set("llama.block_count", typed(5, &(-1_i32).to_le_bytes()));
    assert!(matches!(error(&negative), GgufError::Key(_)));
    let short = Sample::sound().set("llama.attention.head_count_kv", array(5, 1, &[1, 0, 0, 0]));
    assert!(matches!(error(&short), GgufError::Key(_)));
}

/// The sound file as one of another kind, with more keys.
fn of_kind(architecture: &str, keys: &[(&str, Vec<u8>)]) -> Sample {
    let mut sample = Sample::sound().set("general.architecture", typed(8, &text(architecture)));
    for (key, value) in &mut sample.values {
        if let Some(rest) = key.strip_prefix("llama.") {
            (*key, *value) = (format!("{architecture}.{rest}"), std::mem::take(value));
        }
    }
    for (key, value) in keys {
        sample = sample.set(&format!("{architecture}.{key}"), value.clone());
    }
    sample
}

#[test]
fn a_model_without_attention_has_a_state_and_no_keys() {
    let state = [("conv_kernel", 4), ("inner_size", 128), ("state_size", 16), ("time_step_rank", 8)];
    let keys = state.map(|(key, n)| (format!("ssm.{key}"), count(n)));
    let keys: Vec<_> = keys.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    let mamba = of_kind("mamba", &keys).without("mamba.attention.head_count_kv");
    for heads in [
        mamba.clone().set("mamba.attention.head_count", count(0)),
        mamba.clone().without("mamba.attention.head_count"),
    ] {
        let facts = read(&heads.set("mamba.feed_forward_length", count(0)).build().0).unwrap();
        assert_eq!((facts.kv_heads, facts.recurrent_length), (vec![0, 0], 3 * 128 + 16 * 128));
    }
    let groups = mamba.set("mamba.ssm.group_count", count(2));
    assert_eq!(read(&groups.build().0).unwrap().recurrent_length, 3 * (128 + 2 * 2 * 16) + 16 * 128);
    let rwkv = read(&of_kind("rwkv6", &[("wkv.head_size", count(32))]).build().0).unwrap();
    assert_eq!(rwkv.recurrent_length, 64 * (2 + 32));
}

#[test]
fn layers_between_those_with_attention_have_no_keys() {
    let some = array(4, 2, &[0, 0, 0, 0, 2, 0, 0, 0]);
    let keys = [("attention.head_count_kv", some), ("shortconv.l_cache", count(3))];
    let hybrid = read(&of_kind("lfm2", &keys).build().0).unwrap();
    assert_eq!((hybrid.kv_heads, hybrid.recurrent_length), (vec![0, 2], 2 * 64));
    let spaced = |interval| {
        let keys = [("attention.head_count_kv", count(2)), ("full_attention_interval", count(interval))];
        of_kind("qwen3next", &keys)
    };
    assert_eq!(read(&spaced(2).build().0).unwrap().kv_heads, [0, 2]);
    assert_eq!(read(&spaced(1).build().0).unwrap().kv_heads, [2, 2]);
    // The library would divide by it.
    assert!(matches!(error(&spaced(0)), GgufError::Key(_)));
}

#[test]
fn heads_count_for_keys_too_where_these_are_not_said() {
    let each = array(4, 2, &[4, 0, 0, 0, 8, 0, 0, 0]);
    let heads = Sample::sound().without("llama.attention.head_count_kv");
    assert_eq!(read(&heads.build().0).unwrap().kv_heads, [4, 4]);
    let facts = read(&heads.set("llama.attention.head_count", each).build().0).unwrap();
    assert_eq!((facts.heads, facts.kv_heads), (8, vec![4, 8]));
}

#[test]
fn the_alignment_is_a_power_of_two() {
    for bad in [0, 3, 1 << 30] {
        assert!(matches!(
            error(&Sample::sound().set("general.alignment", count(bad))),
            GgufError::Alignment(_)
        ));
    }
    let mut wide = Sample { alignment: 64, ..Sample::sound() }.set("general.alignment", count(64));
    wide.tensors[1].offset = 64;
    assert!(read(&wide.build().0).is_ok());
}

#[test]
fn one_part_of_many_is_refused() {
    let part = Sample::sound().set("split.count", typed(2, &[3, 0]));
    assert!(matches!(error(&part), GgufError::Split(3)));
}

#[test]
fn shapes_are_checked() {
    let shaped = |shape: &[u64], kind| {
        let mut sample = Sample::sound();
        sample.tensors[0].shape = shape.to_vec();
        sample.tensors[0].kind = kind;
        error(&sample)
    };
    assert!(matches!(shaped(&[], 2), GgufError::Shape { .. }));
    assert!(matches!(shaped(&[32, 1, 1, 1, 1], 2), GgufError::Shape { .. }));
    assert!(matches!(shaped(&[32, 0], 2), GgufError::Shape { .. }));
    assert!(matches!(shaped(&[33], 2), GgufError::Shape { .. }));
    assert!(matches!(shaped(&[1 << 40, 1 << 40], 0), GgufError::Shape { .. }));
    assert!(matches!(shaped(&[u64::MAX], 0), GgufError::Shape { .. }));
    assert!(matches!(shaped(&[1 << 62], 28), GgufError::Shape { .. }));
    assert!(matches!(shaped(&[HUGE], 0), GgufError::TensorBeyondEnd { .. }));
    for withdrawn in [4, 5, 31, 33, 36, 44, u32::MAX] {
        assert!(matches!(shaped(&[32, 3], withdrawn), GgufError::TensorType { .. }));
    }
}

#[test]
fn tensors_follow_each_other() {
    for offset in [0, 32, 65, HUGE, u64::MAX] {
        let mut sample = Sample::sound();
        sample.tensors[1].offset = offset;
        assert!(matches!(error(&sample), GgufError::Offset { expected: 64, .. }));
    }
    let mut twice = Sample::sound();
    twice.tensors[1].name = "a".to_owned();
    assert!(matches!(error(&twice), GgufError::DuplicateTensor(_)));
    let mut long = Sample::sound();
    long.tensors[0].name = "n".repeat(64);
    assert!(matches!(error(&long), GgufError::Limit { what: "a tensor's name", .. }));
}

/// Sound files of several shapes.
fn sound_files() -> Vec<Vec<u8>> {
    let mut wide = Sample { alignment: 64, ..Sample::sound() }.set("general.alignment", count(64));
    wide.tensors[1].offset = 64;
    let words = (0..200).flat_map(|n| text(&format!("token {n}"))).collect::<Vec<u8>>();
    let large = Sample::sound()
        .set("tokenizer.ggml.tokens", array(8, 200, &words))
        .set("tokenizer.ggml.token_type", array(5, 200, &[1, 0, 0, 0].repeat(200)));
    let older = Sample { version: 2, ..Sample::sound() }.without("tokenizer.chat_template");
    [Sample::sound(), wide, large, older].iter().map(|sample| sample.build().0).collect()
}

/// Hands out bytes and counts them.
struct Metered<'a> {
    bytes: &'a [u8],
    read: usize,
}

impl std::io::Read for &mut Metered<'_> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let read = self.bytes.read(target)?;
        self.read += read;
        Ok(read)
    }
}

/// Many times what a header of this size needs, and a fraction of what one absurd number could ask for.
const ENOUGH: usize = 256 << 10;

#[test]
fn twenty_thousand_broken_files_cost_no_more_than_sound_ones() {
    let samples = sound_files();
    let mut sound = 0;
    mutants(&samples, 20_000, |bytes| {
        let mut source = Metered { bytes, read: 0 };
        let length = u64::try_from(bytes.len()).unwrap();
        let (facts, asked) = counted(|| inspect(&mut source, length));
        assert!(asked.total < ENOUGH, "{asked:?} for {}", bytes.escape_ascii());
        assert!(source.read <= bytes.len());
        if let Ok(facts) = facts {
            assert!(facts.tensor_bytes <= length && facts.file_bytes == length);
            sound += 1;
        }
    });
    assert!((500..15_000).contains(&sound), "{sound} were sound: the mutants are too tame or too wild");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        prop_assert!(read(&bytes).is_err());
        let _ = read(&[b"GGUF\x03\0\0\0".as_slice(), &bytes].concat());
    }

    #[test]
    fn flipped_bits_are_survived(flips in proptest::collection::vec((any::<usize>(), 0_u8..8), 1..6)) {
        let (mut bytes, _) = Sample::sound().build();
        for (at, bit) in flips {
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
        }
        let _ = read(&bytes);
    }

    #[test]
    fn words_replaced_by_extremes_are_survived(at in any::<usize>(), word in prop_oneof![
        Just(0_u64), Just(u64::MAX), Just(HUGE), Just(1 << 31), Just(1 << 63), any::<u64>()
    ]) {
        let (mut bytes, _) = Sample::sound().build();
        let at = at % (bytes.len() - 8);
        bytes[at..at + 8].copy_from_slice(&word.to_le_bytes());
        let _ = read(&bytes);
    }
}

//! Low-rank adapters, and whether one fits a model.
//!
//! What llama.cpp checks by assertions, or not at all, is refused here: a wrong type of a key, weights that it would look
//! up and not multiply, matrices that do not multiply.

use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use super::GgufError;
use super::header::Header;
use super::tensor::Layout;
use super::value::Value;

/// Rank of the widest adapters that anybody has published, and some room.
const RANK_LIMIT: u64 = 4096;
/// Types of an adapter's weights: F32, F16, Q8_0, BF16.
const KINDS: [u32; 4] = [0, 1, 8, 30];

/// Facts of a low-rank adapter, from its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdapterFacts {
    /// The kind of model that it is for, for example `qwen2` or `llama`.
    pub architecture: String,
    /// What its weights take together, in bytes.
    pub tensor_bytes: u64,
    /// The two factors for each of the model's weights that it changes.
    pairs: BTreeMap<String, (Layout, Layout)>,
}

/// What a model's weights look like.
#[derive(Clone, Debug)]
pub struct ModelShapes {
    architecture: String,
    tensors: HashMap<String, Layout>,
}

/// Why an adapter is not for a model.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Misfit {
    /// It is for models of another kind.
    #[error("it is for models of the kind {adapter}, and the model is of the kind {model}")]
    Architecture {
        /// The adapter's.
        adapter: String,
        /// The model's.
        model: String,
    },
    /// It changes a weight that the model does not have.
    #[error("it changes {0:?}, which the model does not have")]
    Missing(String),
    /// It changes a weight that has other sizes in the model.
    #[error("it changes {0:?}, which has other sizes in the model")]
    Sizes(String),
}

impl AdapterFacts {
    pub(super) fn gather(header: &Header) -> Result<Self, GgufError> {
        let is = |key: &str, expected: &str| match header.values.get(key) {
            Some(Value::Text(text)) => text == expected,
            _ => false,
        };
        if !is("general.type", "adapter") {
            return Err(GgufError::NotAnAdapter("its general.type is not `adapter`"));
        }
        if !is("adapter.type", "lora") {
            return Err(GgufError::NotAnAdapter("its adapter.type is not `lora`"));
        }
        if header.values.contains_key("adapter.alora.invocation_tokens") {
            return Err(GgufError::NotAnAdapter(
                "adapters that words in the prompt switch on are not supported",
            ));
        }
        // Read by the library only with the type that it expects.
        if header.values.contains_key("general.alignment") {
            return Err(GgufError::NotAnAdapter("it has an alignment of its own"));
        }
        match header.values.get("adapter.lora.alpha") {
            None => {}
            Some(Value::Float(alpha)) if alpha.is_finite() => {}
            Some(_) => return Err(GgufError::Key("adapter.lora.alpha".to_owned())),
        }
        Ok(Self {
            architecture: header.architecture()?.to_owned(),
            tensor_bytes: header.tensor_bytes,
            pairs: pairs(&header.tensors)?,
        })
    }

    /// Whether it can be put on a model.
    ///
    /// # Errors
    /// [`Misfit`] names the first thing in which they differ.
    pub fn fits(&self, model: &ModelShapes) -> Result<(), Misfit> {
        if self.architecture != model.architecture {
            let (adapter, model) = (self.architecture.clone(), model.architecture.clone());
            return Err(Misfit::Architecture { adapter, model });
        }
        for (name, (a, b)) in &self.pairs {
            let weight = model.tensors.get(name).ok_or_else(|| Misfit::Missing(name.clone()))?;
            let [width, height, experts, rest] = weight.shape;
            let [_, rank, ..] = a.shape;
            let is_matrix = height > 1;
            let fits = a.shape == [width, rank, experts, rest] && b.shape == [rank, height, experts, rest];
            if !is_matrix || !fits {
                return Err(Misfit::Sizes(name.clone()));
            }
        }
        Ok(())
    }
}

impl ModelShapes {
    pub(super) fn gather(header: Header) -> Result<Self, GgufError> {
        Ok(Self { architecture: header.architecture()?.to_owned(), tensors: header.tensors })
    }
}

/// The factors by the name of the weight that they change.
fn pairs(tensors: &HashMap<String, Layout>) -> Result<BTreeMap<String, (Layout, Layout)>, GgufError> {
    let refuse = |name: &str, reason| GgufError::AdapterTensor { name: name.to_owned(), reason };
    let mut pairs = BTreeMap::new();
    for (name, layout) in tensors {
        if !KINDS.contains(&layout.kind) {
            return Err(refuse(name, "its type is not F32, F16, BF16 or Q8_0"));
        }
        let Some((weight, factor)) = name.rsplit_once(".lora_") else {
            return Err(refuse(name, "its name ends neither in `.lora_a` nor in `.lora_b`"));
        };
        // Looked up by token and not multiplied; where the output is tied to it, it would be both.
        if weight == "token_embd.weight" || weight.contains(".lora_") {
            return Err(refuse(name, "changes to it are not supported"));
        }
        let other = match factor {
            "a" => tensors.get(&format!("{weight}.lora_b")),
            "b" if tensors.contains_key(&format!("{weight}.lora_a")) => continue,
            _ => None,
        };
        let other = other.ok_or_else(|| refuse(name, "it stands without its other factor"))?;
        let ([_, rank, ..], [width, ..]) = (layout.shape, other.shape);
        if rank != width || rank > RANK_LIMIT {
            return Err(refuse(name, "its rank is not that of its other factor, or too large"));
        }
        pairs.insert(weight.to_owned(), (*layout, *other));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use hostile::mutants;

    use super::*;
    use crate::sample::{Sample, SampleTensor, text, typed};
    use crate::{inspect_adapter, shapes};

    const WEIGHT: &str = "blk.0.attn_q.weight";

    fn tensors(parts: &[(&str, &[u64])]) -> Vec<SampleTensor> {
        let mut offset = 0;
        let tensor = |(name, shape): &(&str, &[u64])| {
            let data = vec![0; usize::try_from(shape.iter().product::<u64>() * 4).unwrap()];
            let at = offset;
            offset += u64::try_from(data.len()).unwrap().next_multiple_of(32);
            SampleTensor { name: (*name).to_owned(), shape: shape.to_vec(), kind: 0, offset: at, data }
        };
        parts.iter().map(tensor).collect()
    }

    /// For a weight of 8 by 6.
    fn adapter() -> Sample {
        let (a, b) = (format!("{WEIGHT}.lora_a"), format!("{WEIGHT}.lora_b"));
        Sample { values: Vec::new(), tensors: tensors(&[(&a, &[8, 2]), (&b, &[2, 6])]), ..Sample::sound() }
            .set("general.architecture", typed(8, &text("llama")))
            .set("general.type", typed(8, &text("adapter")))
            .set("adapter.type", typed(8, &text("lora")))
            .set("adapter.lora.alpha", typed(6, &4_f32.to_le_bytes()))
    }

    fn read(sample: &Sample) -> Result<AdapterFacts, GgufError> {
        let bytes = sample.build().0;
        inspect_adapter(bytes.as_slice(), u64::try_from(bytes.len()).unwrap())
    }

    fn model(architecture: &str, name: &str, shape: &[u64]) -> ModelShapes {
        let sample = Sample { tensors: tensors(&[(name, shape)]), ..Sample::sound() }
            .set("general.architecture", typed(8, &text(architecture)));
        let bytes = sample.build().0;
        shapes(bytes.as_slice(), u64::try_from(bytes.len()).unwrap()).unwrap()
    }

    fn misfit(model: &ModelShapes) -> String {
        read(&adapter()).unwrap().fits(model).unwrap_err().to_string()
    }

    #[test]
    fn an_adapter_fits_the_model_that_it_was_made_for() {
        let facts = read(&adapter()).unwrap();
        assert_eq!((facts.architecture.as_str(), facts.tensor_bytes), ("llama", 64 + 48));
        assert_eq!(facts.fits(&model("llama", WEIGHT, &[8, 6])), Ok(()));
        assert!(read(&adapter().without("adapter.lora.alpha")).is_ok());
    }

    #[test]
    fn an_adapter_for_another_model_is_told_by_what_differs() {
        assert_eq!(
            misfit(&model("qwen2", WEIGHT, &[8, 6])),
            "it is for models of the kind llama, and the model is of the kind qwen2"
        );
        assert!(misfit(&model("llama", "other", &[8, 6])).ends_with("which the model does not have"));
        for shape in [[6, 8].as_slice(), &[8, 7], &[16, 6], &[8, 6, 2], &[8]] {
            assert!(
                misfit(&model("llama", WEIGHT, shape)).ends_with("other sizes in the model"),
                "{shape:?}"
            );
        }
    }

    #[test]
    fn a_model_is_no_adapter_and_neither_is_another_kind() {
        for sample in [
            Sample::sound(),
            adapter().without("general.type"),
            adapter().set("general.type", typed(4, &[1, 0, 0, 0])),
            adapter().set("adapter.type", typed(8, &text("control"))),
            adapter().set("adapter.alora.invocation_tokens", typed(9, &[4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
            adapter().set("general.alignment", typed(4, &[32, 0, 0, 0])),
        ] {
            assert!(matches!(read(&sample), Err(GgufError::NotAnAdapter(_))));
        }
    }

    #[test]
    fn a_key_of_a_wrong_type_would_abort_the_library_and_is_refused() {
        for value in [typed(12, &[0; 8]), typed(8, &text("16")), typed(6, &f32::NAN.to_le_bytes())] {
            let sample = adapter().set("adapter.lora.alpha", value);
            assert!(matches!(read(&sample), Err(GgufError::Key(key)) if key == "adapter.lora.alpha"));
        }
        let nameless = adapter().set("general.architecture", typed(4, &[1, 0, 0, 0]));
        assert!(matches!(read(&nameless), Err(GgufError::Key(_))));
    }

    #[test]
    fn factors_come_in_pairs_that_multiply() {
        let with = |parts: &[(&str, &[u64])]| read(&Sample { tensors: tensors(parts), ..adapter() });
        for parts in [
            [("x.lora_a", [8, 2].as_slice())].as_slice(),
            &[("x.lora_b", &[2, 6])],
            &[("x.lora_c", &[2, 6])],
            &[("x", &[8, 6])],
            &[("x.lora_a", &[8, 2]), ("x.lora_b", &[3, 6])],
            &[("token_embd.weight.lora_a", &[8, 2]), ("token_embd.weight.lora_b", &[2, 6])],
            &[("x.lora_a.lora_a", &[8, 2]), ("x.lora_a.lora_b", &[2, 6])],
        ] {
            assert!(matches!(with(parts), Err(GgufError::AdapterTensor { .. })), "{parts:?}");
        }
        let mut integers = adapter();
        integers.tensors[0].kind = 26;
        assert!(matches!(read(&integers), Err(GgufError::AdapterTensor { .. })));
    }

    #[test]
    fn a_cut_adapter_is_an_error_and_a_broken_one_no_panic() {
        let (bytes, _) = adapter().build();
        for end in 0..bytes.len() {
            assert!(inspect_adapter(&bytes[..end], u64::try_from(end).unwrap()).is_err());
        }
        let target = model("llama", WEIGHT, &[8, 6]);
        mutants(&[bytes], 5_000, |bytes| {
            if let Ok(facts) = inspect_adapter(bytes, u64::try_from(bytes.len()).unwrap()) {
                let _ = facts.fits(&target);
            }
        });
    }
}

//! Lists of prices as LiteLLM keeps them: `model_prices_and_context_window_backup.json`.

use std::collections::BTreeMap;

use money::{MoneyError, Rate, Unit};
use serde_json::value::RawValue;
use thiserror::Error;

use super::diff::{Quoted, Rates};
use super::{ServiceClass, Terms};

/// What somebody else's list says, by vendor and model. Numbers are read from their text: no floating point touches them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignList(BTreeMap<(String, String), Rates>);

/// A text that is no such list.
#[derive(Debug, Error)]
pub enum ListError {
    /// It is no JSON object of objects.
    #[error("the list is not a JSON object with an object for each model: {0}")]
    Shape(#[from] serde_json::Error),
    /// It prices nothing.
    #[error("the list has no model with a vendor (`litellm_provider`) and a price")]
    Empty,
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

impl ForeignList {
    /// Reads a list.
    ///
    /// # Errors
    /// When it is no such list. What is not about money is passed over.
    pub fn read(text: &str) -> Result<Self, ListError> {
        let entries: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
        let mut list = Self::default();
        for (name, entry) in entries {
            let fields: Fields<'_> = serde_json::from_str(entry.get())?;
            let vendor =
                fields.get("litellm_provider").map(|text| serde_json::from_str::<String>(text.get()));
            let Some(Ok(vendor)) = vendor else { continue };
            let rates = read_entry(&fields)?;
            if rates.is_empty() {
                continue;
            }
            let model = name.strip_prefix(&format!("{vendor}/")).unwrap_or(&name).to_owned();
            list.0.insert((vendor, model), rates);
        }
        if list.0.is_empty() { Err(ListError::Empty) } else { Ok(list) }
    }

    /// What it says about a vendor's models.
    pub(super) fn models_of(&self, vendor: &str) -> impl Iterator<Item = (&str, &Rates)> {
        let of_vendor = self.0.iter().filter(move |((of, _), _)| of == vendor);
        of_vendor.map(|((_, model), rates)| (model.as_str(), rates))
    }
}

fn read_entry(fields: &Fields<'_>) -> Result<Rates, ListError> {
    let mut rates = Rates::new();
    add(&mut rates, fields, None);
    if let Some(other_hours) = fields.get("off_peak_pricing") {
        add(&mut rates, &serde_json::from_str(other_hours.get())?, None);
    }
    if let Some(tiers) = fields.get("tiered_pricing") {
        let tiers: Vec<&RawValue> = serde_json::from_str(tiers.get())?;
        for tier in tiers {
            let tier: Fields<'_> = serde_json::from_str(tier.get())?;
            add(&mut rates, &tier, tier.get("range").and_then(|range| lower_end(range.get())));
        }
    }
    Ok(rates)
}

/// Whatever is a price among some fields, above so many input tokens unless the field says so itself.
fn add(rates: &mut Rates, fields: &Fields<'_>, input_above: Option<u64>) {
    for (name, value) in fields {
        let Some((unit, mut terms)) = meaning(name) else { continue };
        terms.input_above = terms.input_above.or(input_above);
        let quoted = match Rate::of_number(value.get()) {
            Ok(rate) => Quoted::Exact(rate),
            Err(MoneyError::TooFine { text, .. }) => Quoted::TooFine(text),
            Err(_) => continue,
        };
        rates.entry((unit, terms)).or_default().insert(quoted);
    }
}

/// The 256000 of `[256000.0, 1000000.0]`; nothing when it begins at none.
fn lower_end(range: &str) -> Option<u64> {
    let first = range.trim_start_matches('[').split(',').next()?.trim();
    let whole = first.split('.').next()?;
    whole.parse().ok().filter(|tokens| *tokens > 0)
}

/// What a field is about: `input_cost_per_token_above_200k_tokens_batches`.
fn meaning(field: &str) -> Option<(Unit, Terms)> {
    let classes = [
        ("_batches", ServiceClass::Batch),
        ("_flex", ServiceClass::Flex),
        ("_priority", ServiceClass::Priority),
    ];
    let of_class = classes.iter().find_map(|(end, class)| Some((field.strip_suffix(end)?, *class)));
    let (field, class) = of_class.unwrap_or((field, ServiceClass::Standard));
    let tier = field.rsplit_once("_above_").and_then(|(name, tokens)| {
        let thousands: u64 = tokens.strip_suffix("k_tokens")?.parse().ok()?;
        Some((name, thousands.checked_mul(1_000)?))
    });
    let (name, input_above) = tier.map_or((field, None), |(name, tokens)| (name, Some(tokens)));
    let unit = match name {
        "input_cost_per_token" => Unit::Input,
        "cache_read_input_token_cost" => Unit::CacheRead,
        "cache_creation_input_token_cost" => Unit::CacheWrite5m,
        "cache_creation_input_token_cost_above_1hr" => Unit::CacheWrite1h,
        "input_cost_per_audio_token" => Unit::AudioInput,
        "input_cost_per_image_token" => Unit::ImageInput,
        "output_cost_per_token" => Unit::Output,
        "output_cost_per_reasoning_token" => Unit::Reasoning,
        "output_cost_per_audio_token" => Unit::AudioOutput,
        "output_cost_per_image_token" => Unit::ImageOutput,
        "output_cost_per_image" => Unit::Images,
        "output_cost_per_second" => Unit::Seconds,
        "ocr_cost_per_page" => Unit::Pages,
        _ => return None,
    };
    Some((unit, Terms { class, input_above, ..Terms::default() }))
}

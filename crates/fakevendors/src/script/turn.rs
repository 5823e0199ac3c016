//! Which word of a name turns what.

use std::time::Duration;

use super::{Complaint, Content, ContentType, Counts, Ending, Faults, Pace, UsageForm};
use crate::knob::{Knob, NoKnob};

impl Content {
    pub(super) fn turn(&mut self, knob: &Knob<'_>) -> Result<bool, NoKnob> {
        match knob.name {
            "say" => self.say = knob.number()?,
            "seed" => self.seed = knob.number()?.unwrap_or(1).into(),
            "think" => self.think = knob.number()?.unwrap_or(8),
            "hidden" => self.hidden = knob.number()?.unwrap_or(8),
            "json" => self.is_json = true,
            "dims" => self.dims = knob.number()?.filter(|length| (1..=8_192).contains(length)),
            "line" => self.line = knob.bytes()?,
            "call" => self.calls.get_or_insert_default().name = knob.value.map(str::to_owned),
            "calls" => self.calls.get_or_insert_default().count = knob.number()?.unwrap_or(2),
            "badargs" => self.calls.get_or_insert_default().is_broken = true,
            "refuse" => self.is_refusal = true,
            "filter" => self.filtered_after = Some(knob.number()?.unwrap_or(4)),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Counts {
    pub(super) fn turn(&mut self, knob: &Knob<'_>) -> Result<bool, NoKnob> {
        let number = || Ok(knob.number()?.map(u64::from));
        match knob.name {
            "usage" => {
                self.usage = match knob.value {
                    Some("none") => UsageForm::None,
                    Some("last") => UsageForm::Last,
                    Some("behind") => UsageForm::Behind,
                    Some("each") => UsageForm::Each,
                    Some("late") => UsageForm::Late,
                    Some("odd") => UsageForm::Odd,
                    _ => return Err(knob.wrong("none, last, behind, each, late or odd")),
                }
            }
            "prompt" => self.prompt = number()?,
            "cached" => self.cached = number()?.unwrap_or(u64::MAX),
            "written" => self.written = number()?.unwrap_or(u64::MAX),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Pace {
    pub(super) fn turn(&mut self, knob: &Knob<'_>) -> Result<bool, NoKnob> {
        match knob.name {
            "head" => self.head = knob.span()?,
            "first" => self.first = knob.span()?,
            "tps" => self.per_second = Some(knob.number()?.filter(|rate| *rate > 0).unwrap_or(50)),
            "pause" => self.pause = Some(knob.number_and_span()?),
            "trickle" => {
                self.trickle = Some(if knob.value.is_some() { knob.span()? } else { Duration::ZERO });
            }
            "batch" => self.batch = Some(knob.number()?.filter(|size| *size > 0).unwrap_or(u32::MAX)),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

impl Faults {
    pub(super) fn turn(&mut self, knob: &Knob<'_>) -> Result<bool, NoKnob> {
        let complaint = match knob.name {
            "busy" => Complaint::Busy(knob.retry()?),
            "overloaded" => Complaint::Overloaded,
            "down" => Complaint::Down,
            "unavailable" => Complaint::Unavailable,
            "long" => Complaint::TooLong,
            "badkey" => Complaint::Key,
            "broke" => Complaint::Funds,
            "unknown" => Complaint::UnknownModel,
            "filtered" => Complaint::Filtered,
            "bad" => Complaint::Bad,
            "html" => Complaint::Page(knob.status()?.unwrap_or(502)),
            "inside" => Complaint::InGoodAnswer,
            _ => return self.turn_middle(knob),
        };
        self.complaint = Some(complaint);
        Ok(true)
    }

    fn turn_middle(&mut self, knob: &Knob<'_>) -> Result<bool, NoKnob> {
        match knob.name {
            "cut" => self.ending = Some((Ending::Cut, knob.at()?)),
            "reset" => self.ending = Some((Ending::Reset, knob.at()?)),
            "hang" => self.ending = Some((Ending::Hang, knob.at()?)),
            "short" => self.ending = Some((Ending::Short, knob.at()?)),
            "break" => self.break_after = Some(knob.number()?.unwrap_or(4)),
            "flaky" => self.flaky = Some(knob.number()?.unwrap_or(1)),
            "type" => {
                self.content_type = Some(match knob.value {
                    Some("none") => ContentType::None,
                    Some("html") => ContentType::Html,
                    Some("text") => ContentType::Text,
                    Some("json") => ContentType::Json,
                    _ => return Err(knob.wrong("none, html, text or json")),
                });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

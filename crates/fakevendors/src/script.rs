//! What a model is to do, read from its name.

mod turn;

use std::time::Duration;

use thiserror::Error;

use crate::knob::{Knob, NoKnob};

/// What stands before this in a model's name is decoration.
const DECORATION: &str = "__";

/// What a model does with every question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// What it answers.
    pub content: Content,
    /// What its vendor says that was used.
    pub counts: Counts,
    /// How fast.
    pub pace: Pace,
    /// What goes wrong.
    pub faults: Faults,
}

/// What a model answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// What it says; absent: words without meaning.
    pub text: Option<String>,
    /// Tokens of text; absent: twelve, or none when it calls tools.
    pub say: Option<u32>,
    /// Another text for the same question.
    pub seed: u64,
    /// Tokens of reasoning that are shown, before the text.
    pub think: u32,
    /// Tokens of reasoning that are counted and not shown.
    pub hidden: u32,
    /// The text is an object of JSON, of the schema that was asked for when there is one.
    pub is_json: bool,
    /// Numbers of a vector; absent: as many as are asked for.
    pub dims: Option<u32>,
    /// One token of so many bytes, at the end of the text.
    pub line: u32,
    /// Tools that it calls, unless it has just been told what a tool answered.
    pub calls: Option<Calls>,
    /// It declines, in so many words.
    pub is_refusal: bool,
    /// The vendor's filter ends the answer after so many tokens.
    pub filtered_after: Option<u32>,
}

/// Tools that a model calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// Which; absent: the first one that it was offered.
    pub name: Option<String>,
    /// How often, in parallel.
    pub count: u32,
    /// Arguments that are no JSON.
    pub is_broken: bool,
}

impl Default for Calls {
    fn default() -> Self {
        Self { name: None, count: 1, is_broken: false }
    }
}

/// What a vendor says that was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Where it stands.
    pub usage: UsageForm,
    /// Tokens of the question; absent: counted.
    pub prompt: Option<u64>,
    /// Of these, read from a cache.
    pub cached: u64,
    /// Of these, written into a cache.
    pub written: u64,
}

/// Where a vendor says what was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UsageForm {
    /// As its dialect does: when it is asked, where it is documented.
    #[default]
    Usual,
    /// Nowhere, although it was asked.
    None,
    /// Without being asked, in the piece that says why the answer ended.
    Last,
    /// Without being asked, in a piece behind that one.
    Behind,
    /// Without being asked, in every piece, so far.
    Each,
    /// Behind the mark that ends the stream.
    Late,
    /// With a total that is not the sum of its parts.
    Odd,
}

/// How fast an answer comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// Before the head of the response.
    pub head: Duration,
    /// Between the head and the first byte.
    pub first: Duration,
    /// Tokens in a second; absent: as fast as they are taken.
    pub per_second: Option<u32>,
    /// After so many tokens nothing comes for so long.
    pub pause: Option<(u32, Duration)>,
    /// One byte at a time, with so long between two.
    pub trickle: Option<Duration>,
    /// Pieces that are sent together; absent: one.
    pub batch: Option<u32>,
}

/// What goes wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// It is refused at once.
    pub complaint: Option<Complaint>,
    /// The body ends before its time.
    pub ending: Option<(Ending, At)>,
    /// After so many tokens comes a complaint.
    pub break_after: Option<u32>,
    /// What is said that the body is; absent: the truth.
    pub content_type: Option<ContentType>,
    /// Only the first so many requests of a key meet the faults; absent: all do.
    pub flaky: Option<u32>,
}

/// A refusal in the place of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// Too many requests; when it is worth coming again, and in which form that is said.
    Busy(Option<Retry>),
    /// It has too much to do for everybody.
    Overloaded,
    /// It has a fault.
    Down,
    /// It is being mended.
    Unavailable,
    /// The question is too long.
    TooLong,
    /// The key is not taken.
    Key,
    /// The account is empty.
    Funds,
    /// There is no such model.
    UnknownModel,
    /// The filter does not let the question through.
    Filtered,
    /// The question is not understood.
    Bad,
    /// A page for people, of something that stands before the vendor, with this status.
    Page(u16),
    /// A fault of its own, said with status 200.
    InGoodAnswer,
}

/// When it is worth coming again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// `retry-after: 3`.
    Seconds(u64),
    /// `retry-after: Mon, 23 Nov 2026 08:00:03 GMT`, so long from now.
    Date(u64),
    /// `retry-after-ms: 1500`.
    Millis(u64),
}

/// How a body ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The connection is closed.
    Cut,
    /// The connection is reset.
    Reset,
    /// Nothing more comes, and the connection stays open.
    Hang,
    /// The body ends as if that were all.
    Short,
}

/// Where a body ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// After so many bytes.
    Byte(u64),
    /// In the middle of the first character that has several bytes; of the body where none has.
    Half,
}

/// What is said that a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentType {
    /// Nothing is said.
    None,
    /// A page for people.
    Html,
    /// Text.
    Text,
    /// JSON, also for a stream.
    Json,
}

impl ContentType {
    pub(crate) fn header(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Html => Some("text/html; charset=utf-8"),
            Self::Text => Some("text/plain"),
            Self::Json => Some("application/json"),
        }
    }
}

/// A name that no model here has.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UnknownModel {
    /// It has no knobs at all.
    #[error("the model `{0}` does not exist")]
    Plain(String),
    /// One of its knobs is none.
    #[error("the model `{model}` does not exist: {knob}")]
    Knob {
        /// The whole name.
        model: String,
        /// What is wrong.
        knob: NoKnob,
    },
}

impl Script {
    /// Reads a model's name. What comes later goes before what came earlier.
    ///
    /// # Errors
    /// When it is not made of knobs.
    pub fn read(model: &str) -> Result<Self, UnknownModel> {
        let knobs = model.rsplit_once(DECORATION).map_or(model, |(_, knobs)| knobs);
        let mut script = Self::default();
        for (at, text) in knobs.split('.').enumerate() {
            let knob = Knob::read(text);
            match knob.and_then(|knob| script.turn(&knob)) {
                Ok(()) => {}
                // A name of another world altogether.
                Err(NoKnob::Unknown(_)) if at == 0 => return Err(UnknownModel::Plain(model.to_owned())),
                Err(knob) => return Err(UnknownModel::Knob { model: model.to_owned(), knob }),
            }
        }
        Ok(script)
    }

    fn turn(&mut self, knob: &Knob<'_>) -> Result<(), NoKnob> {
        let known = self.content.turn(knob)?
            || self.counts.turn(knob)?
            || self.pace.turn(knob)?
            || self.faults.turn(knob)?;
        if known { Ok(()) } else { Err(NoKnob::Unknown(knob.name.to_owned())) }
    }

    /// The same without what goes wrong.
    #[must_use]
    pub fn well(&self) -> Self {
        Self { faults: Faults::default(), ..self.clone() }
    }
}

impl Faults {
    /// True when something goes wrong.
    pub fn are_any(&self) -> bool {
        *self != Self { flaky: self.flaky, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_are_composed_and_the_last_one_counts() {
        let script = Script::read("lane-v2__say-40.tps-200.first-300ms.cut-1234.usage-none.say-41").unwrap();
        let mut meant = Script::default();
        meant.content.say = Some(41);
        meant.pace.per_second = Some(200);
        meant.pace.first = Duration::from_millis(300);
        meant.faults.ending = Some((Ending::Cut, At::Byte(1_234)));
        meant.counts.usage = UsageForm::None;
        assert_eq!(script, meant);
        assert!(!script.well().faults.are_any());
    }

    #[test]
    fn a_retry_is_said_in_three_forms() {
        let of = |name: &str| Script::read(name).unwrap().faults.complaint;
        assert_eq!(of("busy"), Some(Complaint::Busy(None)));
        assert_eq!(of("busy-3s"), Some(Complaint::Busy(Some(Retry::Seconds(3)))));
        assert_eq!(of("busy-1500ms"), Some(Complaint::Busy(Some(Retry::Millis(1_500)))));
        assert_eq!(of("busy-date-3s"), Some(Complaint::Busy(Some(Retry::Date(3)))));
    }

    #[test]
    fn names_that_are_none_say_which_knob_is_wrong() {
        let said = |name: &str| Script::read(name).unwrap_err().to_string();
        assert_eq!(said("lane-v2"), "the model `lane-v2` does not exist");
        assert_eq!(said("say-4.cot-3"), "the model `say-4.cot-3` does not exist: there is no knob `cot`");
        assert_eq!(
            said("cut-x"),
            "the model `cut-x` does not exist: the knob `cut` takes a number of bytes or `half`, not `x`",
        );
        for name in ["", "say-4.", "say-4..json", "say-1000000", "first-3", "pause-3", "usage-no", "html-99"]
        {
            Script::read(name).unwrap_err();
        }
    }

    #[test]
    fn tools_may_have_dashes_in_their_names() {
        let calls = Script::read("call-get_the-weather.calls-3").unwrap().content.calls.unwrap();
        assert_eq!((calls.name.as_deref(), calls.count), (Some("get_the-weather"), 3));
    }
}

//! An answer with a form: JSON, or calls of tools. It is read again and again while it grows, and what has become
//! certain is given out.

use super::reasoning::{Piece, ReasoningSplitter};
use super::stop::StopMatcher;
use super::utf8::Utf8Assembler;
use super::{CallDelta, Delta};

/// What a text means, as far as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What was thought.
    pub reasoning: String,
    /// What is said.
    pub content: String,
    /// What is called.
    pub calls: Vec<ParsedCall>,
}

/// A call of a tool, as far as it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedCall {
    /// The tool.
    pub name: String,
    /// JSON, as it was written.
    pub arguments: String,
    /// Nothing will be added to it.
    pub is_whole: bool,
}

/// Takes a text apart; nothing when it does not have its form. The second word says that the text goes on.
pub type Read = Box<dyn Fn(&str, bool) -> Option<Parsed> + Send>;

/// Who takes the text apart.
pub enum Reader {
    /// We do, what comes after the reasoning. It costs next to nothing.
    Ours(Read),
    /// The library does, everything.
    Library(Read),
}

/// What the text must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON and nothing else.
    Json,
    /// Words, or calls of these tools.
    Calls(Calls),
}

/// What may be called, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calls {
    /// What may be called.
    pub names: Vec<String>,
    /// Several in one answer.
    pub parallel: bool,
    /// A grammar holds them, so that what has begun as a call will be one.
    pub held: bool,
    /// What is said instead of a call must be JSON.
    pub json: bool,
    /// Stop strings; they end words and never a call.
    pub stop: Vec<String>,
}

/// How a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The model ended it.
    Whole,
    /// A limit or a person ended it.
    Cut,
}

/// What was told at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Words or JSON.
    Said(Delta),
    /// The model waits for the results of its calls.
    Called(Delta),
    /// What came is not what was asked for, and is not given out.
    Broken,
}

/// Reads one answer with a form.
pub struct StructuredText {
    reader: Reader,
    form: Form,
    utf8: Utf8Assembler,
    reasoning: ReasoningSplitter,
    stop: StopMatcher,
    /// Everything that was written.
    raw: String,
    /// The part of it that is not reasoning.
    answer: String,
    told: Parsed,
    /// Length of the text at which it is worth reading again.
    next_look: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reads,
    /// The text lost its form: the rest of it is words.
    Words,
    /// A stop string was met.
    Stopped,
}

impl StructuredText {
    /// An answer of which nothing was written yet.
    pub fn new(reader: Reader, form: Form, reasoning: ReasoningSplitter) -> Self {
        let stop = match &form {
            Form::Json => Vec::new(),
            Form::Calls(calls) => calls.stop.clone(),
        };
        Self {
            reader,
            form,
            utf8: Utf8Assembler::default(),
            reasoning,
            stop: StopMatcher::new(stop),
            raw: String::new(),
            answer: String::new(),
            told: Parsed::default(),
            next_look: 0,
            state: State::Reads,
        }
    }

    /// True while the model reasons.
    pub fn is_reasoning(&self) -> bool {
        self.reasoning.is_inside()
    }

    /// True when no character is half written.
    pub fn is_whole(&self) -> bool {
        self.utf8.is_whole()
    }

    /// Adds the bytes of one token. When what was written is not held to its form any more, the rest of it is words.
    pub fn push(&mut self, bytes: &[u8], is_held: impl FnOnce(&str) -> bool) -> Delta {
        // A zero would end the text where C reads it.
        let text = self.utf8.push(bytes).replace('\0', "\u{fffd}");
        let mut reasoned = String::new();
        for piece in self.reasoning.push(&text) {
            match piece {
                Piece::Reasoning(text) => reasoned.push_str(&text),
                Piece::Answer(text) => self.answer.push_str(&text),
            }
        }
        self.raw.push_str(&text);
        if !is_held(&self.answer) && self.state == State::Reads && self.form != Form::Json {
            self.state = State::Words;
        }
        let mut delta = self.look(&text);
        if matches!(self.reader, Reader::Ours(_)) {
            delta.reasoning = reasoned;
        }
        delta
    }

    fn look(&mut self, text: &str) -> Delta {
        match self.state {
            State::Stopped => return Delta::default(),
            State::Words => return self.rest(),
            State::Reads if text.is_empty() || self.raw.len() < self.next_look => return Delta::default(),
            State::Reads => {}
        }
        // The library begins at the beginning every time: the longer the text, the more of it must be new.
        let growth = if matches!(self.reader, Reader::Library(_)) { self.raw.len() / 64 } else { 0 };
        self.next_look = self.raw.len() + growth;
        self.read(true).map(|parsed| self.tell(parsed, false)).unwrap_or_default()
    }

    /// What was not given out yet.
    pub fn finish(&mut self, end: End) -> Ended {
        let mut reasoned = String::new();
        for piece in self.reasoning.finish() {
            match piece {
                Piece::Reasoning(text) => reasoned.push_str(&text),
                Piece::Answer(text) => self.answer.push_str(&text),
            }
        }
        let mut ended = self.end(end);
        if let Ended::Said(delta) | Ended::Called(delta) = &mut ended {
            if matches!(self.reader, Reader::Ours(_)) {
                delta.reasoning = reasoned;
            }
            if self.state != State::Stopped {
                delta.text.push_str(&self.stop.finish());
            }
        }
        ended
    }

    fn end(&mut self, end: End) -> Ended {
        match self.state {
            State::Stopped => return Ended::Said(Delta::default()),
            State::Words => return Ended::Said(self.rest()),
            State::Reads => {}
        }
        let parsed = self.read(end == End::Cut);
        match (self.form.clone(), end) {
            (Form::Json, End::Cut) => {
                parsed.map_or(Ended::Broken, |parsed| Ended::Said(self.tell(parsed, true)))
            }
            (Form::Json, End::Whole) => match parsed.filter(|parsed| is_json(&parsed.content)) {
                Some(parsed) => Ended::Said(self.tell(parsed, true)),
                None => Ended::Broken,
            },
            (Form::Calls(_), End::Cut) => Ended::Said(self.cut(parsed)),
            (Form::Calls(calls), End::Whole) => self.whole(&calls, parsed),
        }
    }

    /// The end of words or calls that did not come to theirs.
    fn cut(&mut self, parsed: Option<Parsed>) -> Delta {
        let Some(parsed) = parsed else { return self.rest() };
        let delta = self.tell(parsed, true);
        // What was held back as the beginning of a mark is words when no call came of it.
        if self.told.calls.is_empty() && self.answer.starts_with(&self.told.content) {
            let rest = self.rest();
            return Delta { text: delta.text + &rest.text, stopped: rest.stopped, ..delta };
        }
        delta
    }

    fn whole(&mut self, calls: &Calls, parsed: Option<Parsed>) -> Ended {
        match parsed.filter(|parsed| calls.fit(parsed)) {
            Some(parsed) if !parsed.calls.is_empty() => Ended::Called(self.tell(parsed, true)),
            Some(parsed) if calls.json && !is_json(&parsed.content) => Ended::Broken,
            // The library gives out something else than what was written, and leaves out what it cannot read.
            Some(parsed) if !self.answer.starts_with(&parsed.content) => Ended::Said(self.tell(parsed, true)),
            Some(_) => Ended::Said(self.rest()),
            None if calls.json => Ended::Broken,
            None => Ended::Said(self.rest()),
        }
    }

    /// All of the answer that was not told, whatever its form: nothing is lost.
    fn rest(&mut self) -> Delta {
        let rest = self.answer.strip_prefix(self.told.content.as_str()).unwrap_or(&self.answer).to_owned();
        self.told.content.clone_from(&self.answer);
        self.say(&rest)
    }

    fn say(&mut self, text: &str) -> Delta {
        let (text, stopped) = self.stop.push(text);
        if stopped {
            self.state = State::Stopped;
        }
        Delta { text, stopped, ..Delta::default() }
    }

    fn read(&self, goes_on: bool) -> Option<Parsed> {
        match &self.reader {
            Reader::Ours(read) => read(&self.answer, goes_on),
            Reader::Library(read) => read(&self.raw, goes_on),
        }
    }

    /// Tells what is new; calls that no grammar holds only at the end, when they have turned out well.
    fn tell(&mut self, mut parsed: Parsed, is_end: bool) -> Delta {
        let mut too_many = false;
        if let Form::Calls(calls) = &self.form {
            too_many = !calls.parallel && parsed.calls.len() > 1;
            if too_many {
                parsed.calls.truncate(1);
            }
            if !calls.held && !is_end {
                parsed.calls.clear();
            }
        }
        let reasoning = news(&mut self.told.reasoning, parsed.reasoning);
        let content = news(&mut self.told.content, parsed.content);
        let mut delta = self.say(&content);
        if self.state == State::Stopped {
            return Delta { reasoning, ..delta };
        }
        for (index, call) in (0..).zip(parsed.calls) {
            self.tell_call(index, call, &mut delta);
        }
        Delta { reasoning, stopped: delta.stopped || too_many && !is_end, ..delta }
    }

    fn tell_call(&mut self, index: u32, call: ParsedCall, delta: &mut Delta) {
        let place = usize::try_from(index).unwrap_or(usize::MAX);
        if self.told.calls.len() <= place {
            delta.calls.push(CallDelta::Begins { index, name: call.name.clone() });
            let told = ParsedCall { name: call.name, arguments: String::new(), is_whole: false };
            self.told.calls.push(told);
        }
        if let Some(told) = self.told.calls.get_mut(place) {
            let text = news(&mut told.arguments, call.arguments);
            if !text.is_empty() {
                delta.calls.push(CallDelta::Arguments { index, text });
            }
        }
    }
}

impl Calls {
    /// Whether all that is called can be, and is whole.
    fn fit(&self, parsed: &Parsed) -> bool {
        parsed.calls.iter().all(|call| {
            let arguments = serde_json::from_str::<serde::de::IgnoredAny>(&call.arguments);
            call.is_whole
                && self.names.contains(&call.name)
                && call.arguments.starts_with('{')
                && arguments.is_ok()
        })
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// What a text has more than was told of it. What was told is never taken back.
fn news(told: &mut String, now: String) -> String {
    match now.strip_prefix(told.as_str()).map(str::to_owned) {
        Some(more) => {
            *told = now;
            more
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;

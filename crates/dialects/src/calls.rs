//! Calls of tools, one after the other, however a provider mixes them.

use crate::Event;

/// The calls of one answer. A call is told to its end before the next one begins: what comes early waits.
#[derive(Debug)]
pub(crate) struct Calls {
    made: Vec<Call>,
    /// The one that is being told.
    current: usize,
    held: usize,
    limit: usize,
}

#[derive(Debug, Default)]
struct Call {
    /// The provider's number of it; several calls may have the same, as some number all of them 0.
    number: Option<usize>,
    id: Option<String>,
    name: String,
    held: String,
    is_announced: bool,
    has_arguments: bool,
    is_over: bool,
    balance: Balance,
}

/// Calls or their arguments are more than can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMuch;

/// More calls than any answer has.
const MOST_CALLS: usize = 1_024;

impl Calls {
    /// Of which at most `limit` bytes wait.
    pub(crate) fn new(limit: usize) -> Self {
        Self { made: Vec::new(), current: 0, held: 0, limit }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.made.is_empty()
    }

    /// The call that a piece belongs to, by the provider's number or id, or else the last one; `None` when the piece
    /// begins another one.
    pub(crate) fn find(&self, number: Option<usize>, id: Option<&str>, is_named: bool) -> Option<usize> {
        let same_id = |call: &Call| id.is_some() && call.id.as_deref() == id;
        if let Some(at) = self.made.iter().rposition(same_id) {
            return Some(at);
        }
        let at = match number {
            Some(_) => self.made.iter().rposition(|call| call.number == number)?,
            None => self.made.len().checked_sub(1)?,
        };
        let call = self.made.get(at)?;
        let is_other = match (id, call.id.as_deref()) {
            (Some(_), Some(_)) => is_named,
            (Some(_), None) => is_named && call.is_begun(),
            // Without numbers and ids, a name is the beginning of a call.
            (None, _) => is_named && number.is_none() && call.is_begun(),
        };
        (!is_other).then_some(at)
    }

    /// A call begins; the name may come later.
    pub(crate) fn begin_at(
        &mut self,
        number: Option<usize>,
        id: Option<String>,
        name: &str,
        events: &mut Vec<Event>,
    ) -> Result<usize, TooMuch> {
        if self.made.len() >= MOST_CALLS {
            return Err(TooMuch);
        }
        self.made.push(Call { number, id, name: name.to_owned(), ..Call::default() });
        self.tell(events);
        Ok(self.made.len().saturating_sub(1))
    }

    /// More is known of a call: its name, its id, a piece of its arguments.
    pub(crate) fn add(
        &mut self,
        at: usize,
        name: &str,
        arguments: &str,
        events: &mut Vec<Event>,
    ) -> Result<(), TooMuch> {
        let Some(call) = self.made.get_mut(at) else { return Ok(()) };
        if call.name.is_empty() {
            name.clone_into(&mut call.name);
        }
        if !arguments.is_empty() {
            call.has_arguments = true;
            call.balance.push(arguments);
            call.held.push_str(arguments);
            self.held = self.held.saturating_add(arguments.len());
        }
        self.tell(events);
        if self.held > self.limit { Err(TooMuch) } else { Ok(()) }
    }

    /// Nothing more will be said of a call.
    pub(crate) fn end(&mut self, at: usize, events: &mut Vec<Event>) {
        if let Some(call) = self.made.get_mut(at) {
            call.is_over = true;
        }
        self.tell(events);
    }

    /// Nothing more will be said of any call.
    pub(crate) fn finish(&mut self, events: &mut Vec<Event>) {
        self.made.iter_mut().for_each(|call| call.is_over = true);
        self.tell(events);
    }

    fn tell(&mut self, events: &mut Vec<Event>) {
        let is_last = |current: usize, made: usize| current.saturating_add(1) >= made;
        let made = self.made.len();
        while let Some(call) = self.made.get_mut(self.current) {
            let Ok(index) = u32::try_from(self.current) else { return };
            call.tell(index, events, &mut self.held);
            // One without a name waits for it: nothing of it was told.
            let is_told = call.is_announced && call.balance.is_whole();
            let may_go_on = call.is_over || (is_told && !is_last(self.current, made));
            if !may_go_on {
                return;
            }
            self.current = self.current.saturating_add(1);
        }
    }
}

impl Call {
    fn is_begun(&self) -> bool {
        !self.name.is_empty()
    }

    fn tell(&mut self, index: u32, events: &mut Vec<Event>, held: &mut usize) {
        if !self.is_announced && (!self.name.is_empty() || self.is_over) {
            self.is_announced = true;
            let (id, name) = (self.id.clone(), self.name.clone());
            events.push(Event::ToolCall { index, id, name });
        }
        if !self.is_announced {
            return;
        }
        if self.is_over && !self.has_arguments {
            self.has_arguments = true;
            self.held.push_str("{}");
        } else {
            *held = held.saturating_sub(self.held.len());
        }
        if !self.held.is_empty() {
            events.push(Event::ToolArguments { index, text: std::mem::take(&mut self.held) });
        }
    }
}

/// Whether an object of JSON has come to its end.
#[derive(Debug, Default)]
struct Balance {
    depth: u32,
    has_begun: bool,
    in_string: bool,
    after_backslash: bool,
}

impl Balance {
    fn push(&mut self, text: &str) {
        for byte in text.bytes() {
            if std::mem::take(&mut self.after_backslash) {
                continue;
            }
            match byte {
                b'\\' if self.in_string => self.after_backslash = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => {
                    self.has_begun = true;
                    self.depth = self.depth.saturating_add(1);
                }
                b'}' | b']' if !self.in_string => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    fn is_whole(&self) -> bool {
        self.has_begun && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(index: u32, name: &str) -> Event {
        Event::ToolCall { index, id: None, name: name.to_owned() }
    }

    fn arguments(index: u32, text: &str) -> Event {
        Event::ToolArguments { index, text: text.to_owned() }
    }

    #[test]
    fn a_call_is_told_to_its_end_before_the_next_begins() {
        let (mut calls, mut events) = (Calls::new(1_000), Vec::new());
        let first = calls.begin_at(None, None, "a", &mut events).unwrap();
        let second = calls.begin_at(None, None, "b", &mut events).unwrap();
        calls.add(second, "", "{\"}", &mut events).unwrap();
        calls.add(first, "", "{\"x\":", &mut events).unwrap();
        calls.add(second, "", "\":1}", &mut events).unwrap();
        assert_eq!(events, [call(0, "a"), arguments(0, "{\"x\":")]);
        calls.add(first, "", "1}", &mut events).unwrap();
        let told = [arguments(0, "1}"), call(1, "b"), arguments(1, "{\"}\":1}")];
        assert_eq!(events[2..], told);
        calls.finish(&mut events);
        assert_eq!(events.len(), 5);
    }

    #[test]
    fn arguments_that_never_came_are_an_empty_object_and_late_names_are_waited_for() {
        let (mut calls, mut events) = (Calls::new(1_000), Vec::new());
        let first = calls.begin_at(None, None, "", &mut events).unwrap();
        assert!(events.is_empty());
        calls.add(first, "a", "", &mut events).unwrap();
        calls.finish(&mut events);
        assert_eq!(events, [call(0, "a"), arguments(0, "{}")]);
    }

    /// Found by the fuzzer: the arguments were lost, and the next call had the number 1 without a 0 before it.
    #[test]
    fn a_whole_call_without_a_name_is_not_passed_over() {
        let (mut calls, mut events) = (Calls::new(1_000), Vec::new());
        let first = calls.begin_at(Some(0), None, "", &mut events).unwrap();
        calls.add(first, "", "{\"x\":1}", &mut events).unwrap();
        calls.begin_at(Some(1), None, "b", &mut events).unwrap();
        assert!(events.is_empty());
        calls.finish(&mut events);
        let told = [call(0, ""), arguments(0, "{\"x\":1}"), call(1, "b"), arguments(1, "{}")];
        assert_eq!(events, told);
    }

    #[test]
    fn what_waits_is_bounded() {
        let (mut calls, mut events) = (Calls::new(10), Vec::new());
        calls.begin_at(None, None, "a", &mut events).unwrap();
        let second = calls.begin_at(None, None, "b", &mut events).unwrap();
        assert_eq!(calls.add(second, "", "0123456789", &mut events), Ok(()));
        assert_eq!(calls.add(second, "", "0", &mut events), Err(TooMuch));
    }
}

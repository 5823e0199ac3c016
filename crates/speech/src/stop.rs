//! Stop strings that may lie across tokens.

/// Finds the stop string that completes first and never gives out text that might turn out to belong to one.
#[derive(Debug)]
pub(super) struct StopMatcher {
    stops: Vec<String>,
    /// The end of the text, as long as it may be the beginning of a stop string.
    held: String,
}

impl StopMatcher {
    pub(super) fn new(mut stops: Vec<String>) -> Self {
        stops.retain(|stop| !stop.is_empty());
        Self { stops, held: String::new() }
    }

    /// Adds text. Returns what is certain to lie before any stop string, and whether one was met.
    pub(super) fn push(&mut self, text: &str) -> (String, bool) {
        self.held.push_str(text);
        let mut out = std::mem::take(&mut self.held);
        let first = self.stops.iter().filter_map(|stop| {
            let start = out.find(stop.as_str())?;
            Some((start + stop.len(), start))
        });
        if let Some((_, start)) = first.min() {
            out.truncate(start);
            return (out, true);
        }
        self.held = out.split_off(self.hold_from(&out));
        (out, false)
    }

    /// Gives out what is held when no more text will come.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Where the longest end of `text` begins that is the beginning of a stop string.
    fn hold_from(&self, text: &str) -> usize {
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let nearest = text.len().saturating_sub(longest);
        let ends = text.char_indices().map(|(at, _)| at).filter(|at| *at >= nearest);
        ends.filter_map(|at| Some((at, text.get(at..)?)))
            .find(|(_, end)| self.stops.iter().any(|stop| stop.starts_with(end)))
            .map_or(text.len(), |(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(stops: &[&str]) -> StopMatcher {
        StopMatcher::new(stops.iter().map(|s| (*s).to_owned()).collect())
    }

    #[test]
    fn holds_no_more_than_could_become_a_stop_string() {
        let mut stop = matcher(&["\n\nUser:"]);
        assert_eq!(stop.push("Hi\n"), ("Hi".to_owned(), false));
        assert_eq!(stop.push("\nUs"), (String::new(), false));
        assert_eq!(stop.push("ual"), ("\n\nUsual".to_owned(), false));
        assert_eq!(stop.push("\n\nUser: x"), (String::new(), true));
    }

    #[test]
    fn a_beginning_that_repeats_itself_is_found() {
        let mut stop = matcher(&["aab"]);
        assert_eq!(stop.push("aa"), (String::new(), false));
        assert_eq!(stop.push("a"), ("a".to_owned(), false));
        assert_eq!(stop.push("b"), (String::new(), true));
    }

    #[test]
    fn of_two_the_one_that_completes_first_ends_the_text() {
        assert_eq!(matcher(&["abcd", "bc"]).push("xabcd"), ("xa".to_owned(), true));
        assert_eq!(matcher(&["cd", "abcd"]).push("xabcd"), ("x".to_owned(), true));
    }

    #[test]
    fn an_empty_stop_string_stops_nothing() {
        assert_eq!(matcher(&[""]).push("text"), ("text".to_owned(), false));
    }

    #[test]
    fn characters_of_several_bytes_are_never_cut() {
        let mut stop = matcher(&["好了"]);
        assert_eq!(stop.push("你好"), ("你".to_owned(), false));
        assert_eq!(stop.push("吗"), ("好吗".to_owned(), false));
    }
}

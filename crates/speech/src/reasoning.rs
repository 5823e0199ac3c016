//! Reasoning apart from the answer.

/// The marks around reasoning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReasoningTags {
    /// Before it.
    pub open: String,
    /// Behind it.
    pub close: String,
    /// The template has already written the opening mark.
    pub begins_inside: bool,
}

impl Default for ReasoningTags {
    fn default() -> Self {
        Self { open: "<think>".to_owned(), close: "</think>".to_owned(), begins_inside: false }
    }
}

/// A piece of text with its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Reasoning(String),
    Answer(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing but blanks so far.
    Start,
    /// Inside, nothing but blanks so far.
    Opened,
    Inside,
    /// After the closing mark, nothing but blanks so far.
    Closed,
    Answer,
}

/// Splits a text that may begin with reasoning. Blanks around the marks belong to neither side. A mark later in the
/// answer is ordinary text: models quote it.
#[derive(Debug)]
pub struct ReasoningSplitter {
    tags: ReasoningTags,
    state: State,
    held: String,
}

impl ReasoningSplitter {
    /// Without tags everything is answer.
    pub fn new(tags: Option<ReasoningTags>) -> Self {
        let state = match &tags {
            None => State::Answer,
            Some(tags) if tags.begins_inside => State::Opened,
            Some(_) => State::Start,
        };
        Self { tags: tags.unwrap_or_default(), state, held: String::new() }
    }

    /// True between the marks, and before the closing one when the template has written the other.
    pub(super) fn is_inside(&self) -> bool {
        matches!(self.state, State::Opened | State::Inside)
    }

    pub(super) fn push(&mut self, text: &str) -> Vec<Piece> {
        self.held.push_str(text);
        let mut pieces = Vec::new();
        while !self.held.is_empty() && self.step(&mut pieces) {}
        pieces
    }

    pub(super) fn finish(&mut self) -> Vec<Piece> {
        let rest = std::mem::take(&mut self.held);
        match self.state {
            State::Inside | State::Opened if !rest.trim().is_empty() => vec![Piece::Reasoning(rest)],
            State::Start | State::Answer if !rest.is_empty() => vec![Piece::Answer(rest)],
            _ => Vec::new(),
        }
    }

    /// Goes on as far as the held text allows; false when more text is needed.
    fn step(&mut self, pieces: &mut Vec<Piece>) -> bool {
        match self.state {
            State::Start => self.look_for_opening(),
            State::Opened => self.pass_blanks(State::Inside),
            State::Closed => self.pass_blanks(State::Answer),
            State::Inside => self.read_inside(pieces),
            State::Answer => {
                pieces.push(Piece::Answer(std::mem::take(&mut self.held)));
                false
            }
        }
    }

    fn look_for_opening(&mut self) -> bool {
        let text = self.held.trim_start();
        if let Some(rest) = text.strip_prefix(self.tags.open.as_str()) {
            self.held = rest.to_owned();
            self.state = State::Opened;
            return true;
        }
        if self.tags.open.starts_with(text) {
            return false;
        }
        self.state = State::Answer;
        true
    }

    fn pass_blanks(&mut self, next: State) -> bool {
        let text = self.held.trim_start().to_owned();
        if text.is_empty() {
            self.held.clear();
            return false;
        }
        self.held = text;
        self.state = next;
        true
    }

    fn read_inside(&mut self, pieces: &mut Vec<Piece>) -> bool {
        if let Some((inside, rest)) = self.held.split_once(self.tags.close.as_str()) {
            let inside = inside.trim_end();
            if !inside.is_empty() {
                pieces.push(Piece::Reasoning(inside.to_owned()));
            }
            self.held = rest.to_owned();
            self.state = State::Closed;
            return true;
        }
        // Held back: blanks at the end, and what may be the beginning of the mark.
        let ends = self.held.char_indices().map(|(at, _)| at);
        let from = ends
            .filter_map(|at| Some((at, self.held.get(at..)?)))
            .find(|(_, end)| self.tags.close.starts_with(end))
            .map_or(self.held.len(), |(at, _)| at);
        let certain = self.held.get(..from).unwrap_or_default().trim_end().len();
        let rest = self.held.split_off(certain);
        let certain = std::mem::replace(&mut self.held, rest);
        if !certain.is_empty() {
            pieces.push(Piece::Reasoning(certain));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(tags: Option<ReasoningTags>, chunks: &[&str]) -> (String, String) {
        let mut splitter = ReasoningSplitter::new(tags);
        let mut pieces: Vec<Piece> = chunks.iter().flat_map(|chunk| splitter.push(chunk)).collect();
        pieces.extend(splitter.finish());
        let (mut reasoning, mut answer) = (String::new(), String::new());
        for piece in pieces {
            match piece {
                Piece::Reasoning(text) => reasoning += &text,
                Piece::Answer(text) => answer += &text,
            }
        }
        (reasoning, answer)
    }

    fn pair(reasoning: &str, answer: &str) -> (String, String) {
        (reasoning.to_owned(), answer.to_owned())
    }

    #[test]
    fn marks_and_the_blanks_around_them_go() {
        let tags = Some(ReasoningTags::default());
        let chunks = ["<th", "ink>\n", "a  b", "\n</", "think>\n", "\nYes", "."];
        assert_eq!(split(tags, &chunks), pair("a  b", "Yes."));
    }

    #[test]
    fn empty_reasoning_is_no_reasoning() {
        let tags = Some(ReasoningTags::default());
        assert_eq!(split(tags, &["<think>\n\n</think>\n\nHi"]), pair("", "Hi"));
    }

    #[test]
    fn an_answer_without_reasoning_passes_through() {
        let tags = Some(ReasoningTags::default());
        assert_eq!(split(tags.clone(), &[" <", "b>hi"]), pair("", " <b>hi"));
        assert_eq!(split(tags, &["The tag <think> is quoted"]), pair("", "The tag <think> is quoted"));
        assert_eq!(split(None, &["<think>raw</think>"]), pair("", "<think>raw</think>"));
    }

    #[test]
    fn a_template_may_open_the_reasoning() {
        let tags = ReasoningTags { begins_inside: true, ..ReasoningTags::default() };
        assert_eq!(split(Some(tags), &["thus </b", "></think>", "So"]), pair("thus </b>", "So"));
    }

    #[test]
    fn reasoning_that_never_ends_is_reasoning() {
        let tags = Some(ReasoningTags::default());
        assert_eq!(split(tags, &["<think>and then </th"]), pair("and then </th", ""));
    }
}

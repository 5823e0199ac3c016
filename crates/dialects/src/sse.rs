//! Events that a server sends, from bytes as they come (the event stream format of the HTML standard).

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    /// Its name; often none.
    pub(crate) name: String,
    /// Its lines, joined.
    pub(crate) data: String,
}

/// A line or an event is longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Puts events together. How the bytes were cut changes nothing, and no more than two lines' worth of them is kept.
#[derive(Debug)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    message: Message,
    has_data: bool,
    after_return: bool,
    is_first_line: bool,
    limit: usize,
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl EventReader {
    /// A reader that refuses lines and events of more bytes than `limit`.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            message: Message::default(),
            has_data: false,
            after_return: false,
            is_first_line: true,
            limit,
        }
    }

    /// Adds bytes; gives the events that became whole.
    pub(crate) fn push(&mut self, bytes: &[u8], whole: &mut Vec<Message>) -> Result<(), TooLong> {
        let mut rest = bytes;
        while let Some((first, behind)) = rest.split_first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                rest = behind;
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let (piece, behind) = rest.split_at(end.unwrap_or(rest.len()));
            if self.line.len().saturating_add(piece.len()) > self.limit {
                return Err(TooLong);
            }
            self.line.extend_from_slice(piece);
            let Some((ending, behind)) = behind.split_first() else { return Ok(()) };
            self.after_return = *ending == b'\r';
            rest = behind;
            self.end_line(whole)?;
        }
        Ok(())
    }

    /// No more bytes will come. A last line or event without an end is taken as it is: many servers forget it.
    pub(crate) fn finish(&mut self, whole: &mut Vec<Message>) -> Result<(), TooLong> {
        if !self.line.is_empty() {
            self.end_line(whole)?;
        }
        self.end_message(whole);
        Ok(())
    }

    fn end_line(&mut self, whole: &mut Vec<Message>) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        let is_first = std::mem::replace(&mut self.is_first_line, false);
        let bytes = line.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_first).unwrap_or(&line);
        if bytes.is_empty() {
            self.end_message(whole);
            return Ok(());
        }
        let text = String::from_utf8_lossy(bytes);
        let (field, value) = text.split_once(':').unwrap_or((&text, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.add_data(value),
            "event" => {
                value.clone_into(&mut self.message.name);
                Ok(())
            }
            // A comment has no name; `id` and `retry` are for those who come again.
            _ => Ok(()),
        }
    }

    fn add_data(&mut self, value: &str) -> Result<(), TooLong> {
        let data = &mut self.message.data;
        if data.len().saturating_add(value.len()) > self.limit {
            return Err(TooLong);
        }
        if self.has_data {
            data.push('\n');
        }
        data.push_str(value);
        self.has_data = true;
        Ok(())
    }

    fn end_message(&mut self, whole: &mut Vec<Message>) {
        let message = std::mem::take(&mut self.message);
        if std::mem::take(&mut self.has_data) {
            whole.push(message);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(chunks: &[&[u8]], limit: usize) -> (Vec<Message>, Result<(), TooLong>) {
        let mut reader = EventReader::new(limit);
        let mut whole = Vec::new();
        let result = chunks.iter().try_for_each(|chunk| reader.push(chunk, &mut whole));
        let result = result.and_then(|()| reader.finish(&mut whole));
        (whole, result)
    }

    fn texts(stream: &str) -> Vec<(String, String)> {
        let (whole, result) = read(&[stream.as_bytes()], 1_000);
        assert_eq!(result, Ok(()));
        whole.into_iter().map(|message| (message.name, message.data)).collect()
    }

    fn named(name: &str, data: &str) -> (String, String) {
        (name.to_owned(), data.to_owned())
    }

    #[test]
    fn lines_end_in_three_ways_and_the_last_may_not_end_at_all() {
        for stream in ["data: a\n\ndata: b\n\n", "data: a\r\rdata: b\r\r", "data: a\r\n\r\ndata: b"] {
            assert_eq!(texts(stream), [named("", "a"), named("", "b")], "{stream:?}");
        }
    }

    #[test]
    fn marks_comments_names_and_several_lines() {
        let stream = "\u{feff}: keep-alive\n\nevent: x\ndata:one\ndata:  two\ndata\nid: 3\nretry: 9\n\n:\n\nevent: y\n\n";
        assert_eq!(texts(stream), [named("x", "one\n two\n")]);
    }

    #[test]
    fn a_name_does_not_outlive_its_event() {
        assert_eq!(texts("event: x\n\ndata: a\n\n"), [named("", "a")]);
    }

    #[test]
    fn what_is_too_long_is_told_and_what_came_before_is_given() {
        let (whole, result) = read(&[b"data: a\n\ndata: 12345\n\n"], 10);
        assert_eq!((whole.len(), result), (1, Err(TooLong)));
        let (whole, result) = read(&[b"data: 1234\ndata: 1234\ndata: 1234\n\n"], 10);
        assert_eq!((whole.len(), result), (0, Err(TooLong)));
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(bytes in prop::collection::vec(prop::sample::select(b"da:t \r\n\xEF\xBB\xBFx".to_vec()), 0..60), cut in 0_usize..60, limit in 4_usize..40) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(read(&[&bytes], limit), read(&[&bytes[..cut], &bytes[cut..]], limit));
        }
    }
}

//! What providers send. The first byte says in whose words, the second where the rest is cut: however it is, there is
//! exactly one end, nothing behind it, the same events with the cut as without, and no token counted twice.
#![no_main]

use std::sync::LazyLock;

use catalog::{DataTree, Endpoint};
use dialects::{Decoder, Event, Spent};
use libfuzzer_sys::fuzz_target;

static ENDPOINTS: LazyLock<Vec<Endpoint>> = LazyLock::new(|| {
    let all = catalog::providers(&DataTree::embedded()).expect("the shipped files are sound");
    all.iter().flat_map(|vendor| vendor.endpoints.clone()).collect()
});

fuzz_target!(|data: &[u8]| {
    let [which, cut, bytes @ ..] = data else { return };
    let endpoint = &ENDPOINTS[usize::from(*which) % ENDPOINTS.len()];
    let (before, behind) = bytes.split_at(usize::from(*cut) * bytes.len() / 256);
    let whole = hear(endpoint, &[bytes]);
    assert_eq!(whole, hear(endpoint, &[before, behind]));
    check(&whole);
    check(&Decoder::whole(endpoint, "m", bytes));
});

fn hear(endpoint: &Endpoint, pieces: &[&[u8]]) -> Vec<Event> {
    let mut decoder = Decoder::with_limit(endpoint, "m", 4_096);
    let mut events: Vec<Event> = pieces.iter().flat_map(|piece| decoder.push(piece)).collect();
    events.extend(decoder.finish());
    assert!(decoder.is_over() && decoder.push(b"data: {}\n\n").is_empty() && decoder.finish().is_empty());
    events
}

fn check(events: &[Event]) {
    let is_end = |event: &Event| matches!(event, Event::Done(_) | Event::Failed(_));
    assert_eq!(events.iter().position(is_end), events.len().checked_sub(1));
    let mut call = None;
    for event in events {
        match event {
            Event::Text(text) | Event::Reasoning(text) | Event::Refusal(text) => assert!(!text.is_empty()),
            Event::ToolCall { index, .. } => {
                assert_eq!(*index, call.map_or(0, |last: u32| last + 1));
                call = Some(*index);
            }
            Event::ToolArguments { index, text } => assert!(Some(*index) == call && !text.is_empty()),
            Event::Done(end) => check_counts(end.spent.as_ref()),
            Event::Failed(broken) => check_counts(broken.spent.as_ref()),
            Event::Began { .. } | Event::Logprobs(_) | Event::Keep(_) => {}
        }
    }
}

fn check_counts(spent: Option<&Spent>) {
    let Some(spent) = spent else { return };
    let tokens = spent.tokens();
    assert!(tokens.cached_tokens <= tokens.input_tokens && tokens.reasoning_tokens <= tokens.output_tokens);
    assert_eq!(tokens.input_tokens + tokens.output_tokens, spent.usage.total_tokens());
}

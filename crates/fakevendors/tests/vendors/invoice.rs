//! The other side's books.

use dialects::{Delivery, Event};
use fakevendors::{Invoice, Outcome, Sums};

use crate::client::{KEY, call, endpoints, question, town};

#[tokio::test]
async fn every_answer_stands_in_the_books_before_its_end_is_heard() {
    for endpoint in endpoints() {
        let town = town().await;
        let mut sum = Sums::default();
        for delivery in [Delivery::Streamed, Delivery::Whole] {
            let model = "say-7.think-2.hidden-1.prompt-50.cached-30";
            let heard = town.ask(&endpoint, model, delivery, &question()).await;
            heard.end();
            sum.requests += 1;
            sum.input_tokens += 50;
            sum.cached_tokens += 30;
            sum.output_tokens += 10;
            sum.reasoning_tokens += 3;
            sum.told_tokens += 10;
            let invoice = town.vendors.invoice();
            assert_eq!((invoice.open, invoice.total), (0, sum), "{:?} {delivery:?}", endpoint.dialect);
            assert_eq!((invoice.lines.len(), invoice.lines[0].key.as_str()), (1, KEY));
            let entry = town.vendors.entries().pop().unwrap();
            assert_eq!(Some(entry.request.as_str()), heard.header("x-request-id"));
            assert_eq!(entry.outcome, Outcome::Answered);
        }
        assert_eq!(town.stream(&endpoint, "down").await.status, 500);
        sum.requests += 1;
        sum.refused += 1;
        assert_eq!(town.vendors.invoice().total, sum);
    }
}

#[tokio::test]
async fn what_was_cut_is_charged_as_far_as_it_was_made() {
    let town = town().await;
    for endpoint in endpoints() {
        let length = town.stream(&endpoint, "say-6.cut-99999").await.bytes.len();
        for at in (0..length).step_by(23) {
            let heard = town.stream(&endpoint, &format!("say-6.cut-{at:05}")).await;
            let pieces = heard.events.iter().filter(|event| matches!(event, Event::Text(_))).count();
            let entry = town.vendors.entries().pop().unwrap();
            let name = format!("{:?} at {at}: {entry:?}", endpoint.dialect);
            assert_eq!((entry.outcome, entry.sums.cut), (Outcome::Cut, 1), "{name}");
            let heard_of = u64::try_from(pieces).unwrap();
            // The last event may have been whole but for the blank line behind it.
            assert!(
                (entry.sums.told_tokens..=entry.sums.output_tokens).contains(&heard_of),
                "{name} {heard_of}"
            );
            assert!(entry.sums.output_tokens - entry.sums.told_tokens <= 1, "{name}");
        }
    }
}

#[tokio::test]
async fn a_complaint_in_the_middle_is_charged_until_there() {
    let town = town().await;
    for endpoint in endpoints() {
        town.stream(&endpoint, "say-9.break-4").await.broken();
        let entry = town.vendors.entries().pop().unwrap();
        assert_eq!((entry.outcome, entry.sums.output_tokens, entry.sums.told_tokens), (Outcome::Cut, 4, 4));
    }
}

#[tokio::test]
async fn whoever_leaves_pays_for_what_was_made_until_then() {
    let town = town().await;
    for endpoint in endpoints() {
        let call = call(&endpoint, "say-50.pause-5-600s", Delivery::Streamed, &question());
        let mut response = town.post(&endpoint, &call.path, call.body, KEY).send().await.unwrap();
        let mut decoder = dialects::Decoder::new(&endpoint, "m");
        let mut texts = 0;
        while texts < 5 {
            let events = decoder.push(&response.chunk().await.unwrap().unwrap());
            texts += events.iter().filter(|event| matches!(event, Event::Text(_))).count();
        }
        assert_eq!(town.vendors.invoice().open, 1);
        drop(response);
        town.vendors.settled().await;
        let entry = town.vendors.entries().pop().unwrap();
        assert_eq!((entry.outcome, entry.sums.output_tokens), (Outcome::Left, 5), "{:?}", endpoint.dialect);
    }
}

#[tokio::test]
async fn the_books_can_be_read_from_outside() {
    let town = town().await;
    town.stream(&endpoints()[0], "say-3").await.end();
    let read = |path: &str| town.client.get(format!("http://{}{path}", town.vendors.address())).send();
    let invoice: Invoice =
        serde_json::from_slice(&read("/invoice").await.unwrap().bytes().await.unwrap()).unwrap();
    assert_eq!(invoice, town.vendors.invoice());
    assert_eq!(invoice.total.told_tokens, 3);
    let entries = read("/invoice/entries").await.unwrap().text().await.unwrap();
    assert!(entries.contains("\"outcome\":\"answered\""), "{entries}");
}

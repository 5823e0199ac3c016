//! How many tokens a second the vendors here tell: `cargo run --release -p fakevendors --example speed`. So many
//! connections ask at once; whoever reads only counts bytes, in the same process, so that a reader that does something
//! gets less. One line a dialect and protocol.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a bench may panic")]

use std::sync::Arc;

use catalog::Dialect;
use fakevendors::{FakeVendors, House};
use serde_json::json;
use stdx::{Clock as _, SystemClock};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CONNECTIONS: u64 = 64;
const ANSWERS: u64 = 40;
const TOKENS: u64 = 500;
const ROUNDS: usize = 5;

#[tokio::main]
async fn main() {
    let clock = Arc::new(SystemClock::new());
    let vendors = House::new(clock.clone()).open(0).await.unwrap();
    for (name, dialect) in [
        ("chat-completions", Dialect::ChatCompletions),
        ("responses", Dialect::Responses),
        ("messages", Dialect::Messages),
        ("generate-content", Dialect::GenerateContent),
    ] {
        for (kind, knobs) in [("a token a chunk", ""), ("eight tokens a chunk", ".batch-8")] {
            let mut rates = Vec::new();
            for _ in 0..ROUNDS {
                let before = vendors.invoice().total.told_tokens;
                let begun = clock.monotonic();
                let readers: Vec<_> = (0..CONNECTIONS)
                    .map(|_| tokio::spawn(read(vendors.address(), request(&vendors, dialect, knobs))))
                    .collect();
                for reader in readers {
                    reader.await.unwrap();
                }
                let took = clock.monotonic().saturating_sub(begun).as_secs_f64();
                let told = vendors.invoice().total.told_tokens - before;
                assert_eq!(told, CONNECTIONS * ANSWERS * TOKENS);
                rates.push(f64::from(u32::try_from(told).unwrap()) / took);
            }
            rates.sort_by(f64::total_cmp);
            let (least, median, most) = (rates[0], rates[ROUNDS / 2], rates[ROUNDS - 1]);
            println!("{name}, {kind}: {median:.0} tokens/s ({least:.0}-{most:.0})");
        }
    }
}

fn request(vendors: &FakeVendors, dialect: Dialect, knobs: &str) -> Vec<u8> {
    let model = format!("say-{TOKENS}{knobs}");
    let path = match dialect {
        Dialect::ChatCompletions => "/v1/chat/completions".to_owned(),
        Dialect::Responses => "/v1/responses".to_owned(),
        Dialect::Messages => "/v1/messages".to_owned(),
        Dialect::GenerateContent => format!("/v1beta/models/{model}:streamGenerateContent?alt=sse"),
    };
    let turn = json!([{"role": "user", "content": "Which lane is it?"}]);
    let contents = json!([{"role": "user", "parts": [{"text": "Which lane is it?"}]}]);
    let body = json!({"model": model, "messages": turn, "input": turn, "contents": contents,
        "max_tokens": TOKENS, "stream": true});
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer fake-speed\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        vendors.address(),
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

async fn read(address: std::net::SocketAddr, request: Vec<u8>) {
    const END: &[u8] = b"\r\n0\r\n\r\n";
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 65_536];
    for _ in 0..ANSWERS {
        stream.write_all(&request).await.unwrap();
        let mut tail: Vec<u8> = Vec::new();
        while !tail.ends_with(END) {
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0);
            tail.extend_from_slice(&buffer[..count][count.saturating_sub(END.len())..]);
            let keep = tail.len().saturating_sub(END.len());
            tail.drain(..keep);
        }
    }
}

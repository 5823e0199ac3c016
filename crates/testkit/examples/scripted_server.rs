//! The whole server on loopback with a scripted model, for benches: `scripted_server PIECES PAUSE_MS`. Every answer has
//! so many pieces, with a pause before each but the first. Prints one line of JSON that says where it is and how to speak to it, and ends when its
//! standard input does.

#![expect(clippy::unwrap_used, reason = "a bench may panic")]

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use serde_json::json;
use testkit::{LOCAL_TOKEN, Script, TestApp};

/// Messages in the long thread.
const MESSAGES: usize = 300;

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>().unwrap());
    let (pieces, pause) = (numbers.next().unwrap(), Duration::from_millis(numbers.next().unwrap()));
    let app = TestApp::start().await;
    let lin = app.owner().await;
    let thread = lin.open_thread("tutor").await;
    let mut parent = None;
    for number in 0..MESSAGES / 2 {
        app.model.next(Script::says(["A sentence about the lane, as long as sentences are. "; 8]));
        let question = format!("Question {number} about a lane in the north of the town.");
        let run = lin.ask_below(&thread, parent.as_deref(), &question).await;
        let run = lin.finished(&run).await;
        parent = run.get("reply_id").and_then(|id| id.as_str()).map(str::to_owned);
    }
    let paced = |script: Script| if pause.is_zero() { script } else { script.pauses(pause) };
    let answer =
        (1..pieces).fold(Script::new().started().text(" lane"), |script, _| paced(script).text(" lane"));
    app.model.always(answer.done());
    let listener = tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    println!(
        "{}",
        json!({"address": address, "session": lin.session(), "token": LOCAL_TOKEN, "thread": thread})
    );
    let stdin = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0; 1]));
    tokio::select! {
        served = axum::serve(listener.tap_io(|stream| stream.set_nodelay(true).unwrap()), app.router()) => served.unwrap(),
        _ = stdin => {}
    }
}

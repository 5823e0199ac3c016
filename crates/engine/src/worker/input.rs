//! Reads what the server says. The end of the pipe means that the server is gone, however it went.

use std::io::BufReader;
use std::sync::mpsc::Sender;
use std::thread;

use super::output::{Output, end_now};
use crate::protocol::{self, FromWorker, ToWorker};

/// Starts the thread that reads.
pub(super) fn start(output: Output, frames: Sender<ToWorker>) {
    thread::spawn(move || {
        let mut source = BufReader::new(std::io::stdin());
        loop {
            match protocol::read_frame(&mut source) {
                Ok(Some(ToWorker::Ping { nonce })) => output.send(&FromWorker::Pong { nonce }),
                Ok(Some(frame)) => {
                    if frames.send(frame).is_err() {
                        // The main thread is ending.
                        return;
                    }
                }
                Ok(None) => end_now(),
                Err(error) => {
                    eprintln!("The server broke the protocol: {error}");
                    end_now();
                }
            }
        }
    });
}

//! What server and worker say to each other: frames of JSON with their length before them (four bytes,
//! little-endian) over the child's standard input and output. Private to this crate: both ends are always the same
//! build.

use std::io::{self, Read, Write};

use ports::{
    CacheUse, ChatMessage, Family, Guesses, Isolation, PortErrorKind, Reasoning, Sampling, TokenLogprob,
    Tools,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wire::{ErrorCode, FinishReason, Usage};

use crate::adapters::Adapter;
use machine::calibration::Way;

/// The largest frame: four times the largest body that the API accepts.
pub(crate) const FRAME_LIMIT: usize = 16 << 20;

/// One request for an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Generate {
    /// Unique within the life of the worker.
    pub(crate) id: u64,
    pub(crate) messages: Vec<ChatMessage>,
    /// On top of the model.
    pub(crate) adapter: Option<Adapter>,
    pub(crate) sampling: Sampling,
    /// Whether guesses may be computed with the answer: with them, its last digits are not always the same.
    pub(crate) drafts: bool,
    /// What the answer must match: a schema of which the library enforces every word.
    pub(crate) schema: Option<String>,
    pub(crate) tools: Tools,
    pub(crate) reasoning: Reasoning,
    /// Alternatives to be told of each token; absent: nothing is told.
    pub(crate) logprobs: Option<u8>,
    /// Those that ask the same wait until the prompt is computed once.
    pub(crate) family: Option<Family>,
    pub(crate) weight: u32,
    /// Requests of one scope may share computed prompts; absent: with nobody.
    pub(crate) scope: Option<String>,
    /// So many of the first messages are an agent's own: everybody may share what is computed of them.
    pub(crate) fixed_messages: usize,
}

/// Texts to be encoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Encode {
    /// Unique within the life of the worker.
    pub(crate) id: u64,
    /// What the texts are compared with; absent when they are to become vectors.
    pub(crate) query: Option<String>,
    pub(crate) texts: Vec<String>,
    /// Keep so many of the first numbers of each vector; absent: all.
    pub(crate) dimensions: Option<u32>,
    /// Whether a text that is too long is cut; otherwise it is an error.
    pub(crate) truncate: bool,
    /// Whose turn it is; absent: nobody's in particular.
    pub(crate) scope: Option<String>,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ToWorker {
    Generate(Box<Generate>),
    Encode(Encode),
    Cancel {
        id: u64,
    },
    /// What conversations with an agent begin with, to be computed in idle time.
    Warm {
        messages: Vec<ChatMessage>,
    },
    /// Nothing that was computed for this scope is to be kept.
    Forget {
        scope: String,
    },
    Ping {
        nonce: u64,
    },
    Shutdown,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum FromWorker {
    /// The model is being read.
    Loading,
    /// Requests are accepted.
    Ready {
        loaded: Loaded,
    },
    /// The model cannot be used; the worker ends.
    LoadFailed(Failure),
    /// This way is the fastest here; for the next load.
    Calibrated {
        way: Way,
    },
    /// Behind so many others.
    Queued {
        id: u64,
        position: u32,
        wait_ms: Option<u64>,
    },
    /// The prompt is being computed.
    Started {
        id: u64,
        usage: Usage,
    },
    /// Of the text that comes next.
    Logprobs {
        id: u64,
        tokens: Vec<TokenLogprob>,
    },
    Text {
        id: u64,
        text: String,
    },
    Reasoning {
        id: u64,
        text: String,
    },
    /// What became of one text: a vector, or a single score.
    Encoded {
        id: u64,
        index: usize,
        values: Vec<f32>,
    },
    /// A tool is called.
    Call {
        id: u64,
        index: u32,
        name: String,
    },
    /// More of a call's arguments.
    Arguments {
        id: u64,
        index: u32,
        text: String,
    },
    Done {
        id: u64,
        reason: FinishReason,
        usage: Usage,
        timings: StepTimings,
    },
    Failed {
        id: u64,
        failure: Failure,
    },
    /// Every half second, from a thread of its own.
    Heartbeat(Heartbeat),
    Pong {
        nonce: u64,
    },
}

/// Why something failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: ErrorCode,
    pub(crate) detail: String,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    /// What the caller can do about it.
    pub(crate) fn kind(&self) -> PortErrorKind {
        match self.code {
            ErrorCode::Overloaded => PortErrorKind::Quota,
            ErrorCode::EngineFailed | ErrorCode::Internal => PortErrorKind::Retry,
            ErrorCode::ModelNotInstalled | ErrorCode::ModelCorrupt | ErrorCode::OutOfMemory => {
                PortErrorKind::Down
            }
            _ => PortErrorKind::Bad,
        }
    }
}

/// What was brought up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Loaded {
    pub(crate) context_tokens: u32,
    pub(crate) kv_tokens: u32,
    pub(crate) threads: u32,
    pub(crate) load_ms: u64,
    pub(crate) memory: MemoryUse,
    pub(crate) isolation: Isolation,
}

/// What llama.cpp allocated, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MemoryUse {
    pub(crate) weights: u64,
    pub(crate) kv: u64,
    pub(crate) compute: u64,
}

/// A sign of life that also tells whether the computing thread gets on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heartbeat {
    /// Grows with every unit of work.
    pub(crate) progress: u64,
    /// Whether there is work.
    pub(crate) busy: bool,
    /// What the prefix cache holds.
    pub(crate) cache: CacheUse,
    /// What became of guesses.
    pub(crate) guesses: Guesses,
}

/// How long the phases of a request took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StepTimings {
    pub(crate) queued_ms: u64,
    pub(crate) prompt_ms: u64,
    pub(crate) decode_ms: u64,
}

/// The bytes of a frame.
pub(crate) fn encode(frame: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, frame)?;
    let size = bytes.len() - 4;
    let prefix = u32::try_from(size).ok().filter(|_| size <= FRAME_LIMIT);
    let prefix =
        prefix.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the frame is too large"))?;
    for (to, from) in bytes.iter_mut().zip(prefix.to_le_bytes()) {
        *to = from;
    }
    Ok(bytes)
}

/// The length of the body that follows a prefix.
pub(crate) fn body_length(prefix: [u8; 4]) -> io::Result<usize> {
    match usize::try_from(u32::from_le_bytes(prefix)) {
        Ok(size) if size <= FRAME_LIMIT => Ok(size),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the frame is too large")),
    }
}

/// Reads one frame; nothing at a clean end of the stream.
pub(crate) fn read_frame<T: DeserializeOwned>(source: &mut impl Read) -> io::Result<Option<T>> {
    let mut prefix = [0; 4];
    if let Err(error) = source.read_exact(&mut prefix) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let mut body = vec![0; body_length(prefix)?];
    source.read_exact(&mut body)?;
    Ok(Some(serde_json::from_slice(&body)?))
}

/// Writes one frame.
pub(crate) fn write_frame(target: &mut impl Write, frame: &impl Serialize) -> io::Result<()> {
    target.write_all(&encode(frame)?)?;
    target.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hostile::{counted, mutants};

    fn sample() -> ToWorker {
        ToWorker::Generate(Box::new(Generate {
            id: 7,
            messages: vec![ChatMessage::text(wire::Role::User, "你好\0\n".to_owned())],
            adapter: None,
            drafts: true,
            sampling: Sampling { stop: vec!["\n\n".to_owned()], ..Sampling::default() },
            schema: None,
            tools: Tools::default(),
            reasoning: Reasoning::default(),
            logprobs: None,
            family: None,
            weight: 1,
            scope: Some("member".to_owned()),
            fixed_messages: 0,
        }))
    }

    #[test]
    fn frames_follow_each_other_and_end_cleanly() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, &sample()).unwrap();
        write_frame(&mut bytes, &ToWorker::Cancel { id: 7 }).unwrap();
        let mut source = bytes.as_slice();
        assert_eq!(read_frame(&mut source).unwrap(), Some(sample()));
        assert_eq!(read_frame(&mut source).unwrap(), Some(ToWorker::Cancel { id: 7 }));
        assert_eq!(read_frame::<ToWorker>(&mut source).unwrap(), None);
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_anything_is_allocated() {
        let error = read_frame::<ToWorker>(&mut [0xff, 0xff, 0xff, 0xff, b'{'].as_slice()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn a_frame_that_is_cut_or_is_not_json_is_an_error() {
        let bytes = encode(&sample()).unwrap();
        assert!(read_frame::<ToWorker>(&mut &bytes[..bytes.len() - 1]).is_err());
        assert!(read_frame::<ToWorker>(&mut [1, 0, 0, 0, b'x'].as_slice()).is_err());
    }

    #[test]
    fn a_frame_that_is_too_large_is_not_sent() {
        let frame = FromWorker::Text { id: 1, text: "x".repeat(FRAME_LIMIT) };
        assert_eq!(encode(&frame).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    }

    /// One frame of each kind that goes either way.
    fn frames() -> Vec<Vec<u8>> {
        let failure = Failure::new(ErrorCode::EngineFailed, "It stopped.");
        let usage = Usage::default();
        let loaded = Loaded {
            context_tokens: 8192,
            kv_tokens: 16_384,
            threads: 2,
            load_ms: 900,
            memory: MemoryUse { weights: 1 << 29, kv: 1 << 27, compute: 1 << 26 },
            isolation: Isolation { landlock: Some(7), seccomp: true },
        };
        let texts = Encode {
            id: 8,
            query: Some("?".to_owned()),
            texts: vec!["胡同".to_owned()],
            dimensions: None,
            truncate: true,
            scope: None,
        };
        let to = [
            sample(),
            ToWorker::Encode(texts),
            ToWorker::Cancel { id: 7 },
            ToWorker::Ping { nonce: 1 },
            ToWorker::Shutdown,
        ];
        let from = [
            FromWorker::Loading,
            FromWorker::Ready { loaded },
            FromWorker::LoadFailed(failure.clone()),
            FromWorker::Queued { id: 7, position: 3, wait_ms: Some(1_500) },
            FromWorker::Started { id: 7, usage: Usage::default() },
            FromWorker::Text { id: 7, text: "胡同\u{1}".to_owned() },
            FromWorker::Reasoning { id: 7, text: "…".to_owned() },
            FromWorker::Encoded { id: 8, index: 0, values: vec![0.5, -1e-9] },
            FromWorker::Done { id: 7, reason: FinishReason::Stop, usage, timings: StepTimings::default() },
            FromWorker::Failed { id: 7, failure },
            FromWorker::Heartbeat(Heartbeat {
                progress: 9,
                busy: true,
                cache: CacheUse::default(),
                guesses: Guesses { made: 9, right: 7 },
            }),
            FromWorker::Pong { nonce: 1 },
        ];
        let to = to.iter().map(|frame| encode(frame).unwrap());
        to.chain(from.iter().map(|frame| encode(frame).unwrap())).collect()
    }

    /// Reads until the end or the first mistake; returns how many frames were understood.
    fn read_all<T: DeserializeOwned>(mut bytes: &[u8]) -> usize {
        std::iter::from_fn(|| read_frame::<T>(&mut bytes).ok().flatten()).count()
    }

    #[test]
    fn twenty_thousand_broken_frames_are_refused_without_harm() {
        let mut understood = 0;
        let mut take = |bytes: &[u8]| {
            let (frames, asked) = counted(|| (read_all::<ToWorker>(bytes), read_all::<FromWorker>(bytes)));
            assert!(asked.largest <= FRAME_LIMIT, "{asked:?} for {}", bytes.escape_ascii());
            // Each direction may take one frame that announces more than there is; the rest is as long as the input.
            assert!(asked.total <= 2 * FRAME_LIMIT + 64 * bytes.len() + 4096, "{asked:?}");
            understood += frames.0 + frames.1;
        };
        mutants(&frames(), 10_000, &mut take);
        // Nearly all of those break on their length: the same again with the length of what is there.
        mutants(&frames(), 10_000, |bytes| {
            let body = bytes.get(4..).unwrap_or_default();
            take(&[u32::try_from(body.len()).unwrap().to_le_bytes().as_slice(), body].concat());
        });
        assert!((100..15_000).contains(&understood), "{understood} were understood");
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        let body = "[".repeat(200_000);
        let bytes = [u32::try_from(body.len()).unwrap().to_le_bytes().as_slice(), body.as_bytes()].concat();
        assert!(read_frame::<ToWorker>(&mut bytes.as_slice()).is_err());
        assert!(read_frame::<FromWorker>(&mut bytes.as_slice()).is_err());
    }
}

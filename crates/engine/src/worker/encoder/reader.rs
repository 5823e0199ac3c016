//! From texts to tokens, beside the computation.

use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use llama_cpp_4::model::{AddBos, LlamaModel, Special};
use llama_cpp_4::token::LlamaToken;
use stdx::Clock;
use wire::{ErrorCode, ModelKind};

use super::super::output::Output;
use crate::protocol::{Encode, Failure, FromWorker, ToWorker};
use crate::settings::ModelSettings;

/// Where a template for reranking puts the two texts.
const PLACES: [&str; 2] = ["{query}", "{document}"];

/// What the computing thread is told.
pub(super) enum Work {
    Run(Texts),
    Cancel(u64),
    Shutdown,
}

/// A request in tokens.
pub(super) struct Texts {
    pub(super) id: u64,
    pub(super) scope: Option<String>,
    /// At least one token each.
    pub(super) rows: Vec<Vec<LlamaToken>>,
    pub(super) dimensions: Option<usize>,
    /// When it was accepted, on the worker's clock.
    pub(super) accepted: Duration,
}

impl Texts {
    pub(super) fn tokens(&self) -> usize {
        self.rows.iter().map(Vec::len).sum()
    }
}

/// What stands around each text of a request: the model's own marks, and the query.
#[derive(Clone, Default)]
struct Frame {
    head: Vec<LlamaToken>,
    tail: Vec<LlamaToken>,
}

/// Reads requests for one model.
pub(super) struct Reader<'a> {
    model: &'a LlamaModel,
    settings: ModelSettings,
    output: &'a Output,
    clock: &'a dyn Clock,
    /// The model's own marks.
    marks: Frame,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        model: &'a LlamaModel,
        settings: &ModelSettings,
        output: &'a Output,
        clock: &'a dyn Clock,
    ) -> Result<Self, Failure> {
        let mut tail = tokenize(model, "", AddBos::Always, Special::Plaintext)?;
        let begins = model.add_bos_token() && tail.first() == Some(&model.token_bos());
        let head = tail.drain(..usize::from(begins)).collect();
        Ok(Self { model, settings: *settings, output, clock, marks: Frame { head, tail } })
    }

    /// Works until the server or the computing thread is gone. Keeps the order of frames, so that a cancel never
    /// overtakes its request.
    pub(super) fn run(&self, frames: &Receiver<ToWorker>, work: &Sender<Work>) {
        for frame in frames {
            let (id, read) = match frame {
                ToWorker::Encode(encode) => (encode.id, self.read(encode).map(Work::Run)),
                ToWorker::Generate(generate) => (generate.id, Err(self.refusal("does not chat"))),
                ToWorker::Cancel { id } => (id, Ok(Work::Cancel(id))),
                ToWorker::Shutdown => (0, Ok(Work::Shutdown)),
                // Nothing is computed ahead, and nothing is kept.
                ToWorker::Warm { .. } | ToWorker::Forget { .. } | ToWorker::Ping { .. } => continue,
            };
            match read {
                Err(failure) => self.output.send(&FromWorker::Failed { id, failure }),
                Ok(item) => {
                    let is_last = matches!(item, Work::Shutdown);
                    if work.send(item).is_err() || is_last {
                        return;
                    }
                }
            }
        }
    }

    fn read(&self, encode: Encode) -> Result<Texts, Failure> {
        let accepted = self.clock.monotonic();
        let dimensions = encode.dimensions.map(|wanted| self.dimensions(wanted)).transpose()?;
        let frame = match (&encode.query, self.settings.kind) {
            (None, ModelKind::Embedding) => self.marks.clone(),
            (Some(query), ModelKind::Rerank) => self.around(query)?,
            (None, _) => return Err(self.refusal("gives no vectors")),
            (Some(_), _) => return Err(self.refusal("gives no scores")),
        };
        let texts = encode.texts.iter().enumerate();
        let rows = texts.map(|(index, text)| self.row(&frame, index, text, encode.truncate));
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(Texts { id: encode.id, scope: encode.scope, rows, dimensions, accepted })
    }

    fn row(
        &self,
        frame: &Frame,
        index: usize,
        text: &str,
        truncate: bool,
    ) -> Result<Vec<LlamaToken>, Failure> {
        let mut body = tokenize(self.model, text, AddBos::Never, Special::Plaintext)?;
        let around = frame.head.len() + frame.tail.len();
        let limit = usize::try_from(self.settings.context_tokens).unwrap_or(usize::MAX);
        if truncate && around < limit {
            body.truncate(limit - around);
        }
        let length = around + body.len();
        if length > limit {
            let detail = format!("Text {index} has {length} tokens and the model can read {limit} at once.");
            return Err(Failure::new(ErrorCode::ContextExceeded, detail));
        }
        if length == 0 {
            return Err(Failure::new(ErrorCode::InvalidRequest, format!("Text {index} is empty.")));
        }
        Ok([frame.head.as_slice(), &body, &frame.tail].concat())
    }

    /// A pair is put together as the model's own template says. Without one the query and a document follow each other
    /// between the marks, with those that end a text between them.
    fn around(&self, query: &str) -> Result<Frame, Failure> {
        if let Ok(template) = self.model.chat_template(Some("rerank"))
            && let Some((before, after)) = template.split_once(PLACES[1])
        {
            let (head, tail) = (self.render(before, query)?, self.render(after, query)?);
            return Ok(Frame { head, tail });
        }
        let query = tokenize(self.model, query, AddBos::Never, Special::Plaintext)?;
        let mut head = [self.marks.head.as_slice(), &query, &self.marks.tail].concat();
        let parts = self.model.meta_val_str("tokenizer.ggml.add_sep_token", 8);
        if self.model.add_eos_token() && parts.is_ok_and(|parts| parts == "true") {
            head.push(self.model.token_sep());
        }
        Ok(Frame { head, tail: self.marks.tail.clone() })
    }

    /// A part of a template. What people wrote is never read as control tokens.
    fn render(&self, part: &str, query: &str) -> Result<Vec<LlamaToken>, Failure> {
        let mut tokens = Vec::new();
        for (index, literal) in part.split(PLACES[0]).enumerate() {
            if index > 0 {
                tokens.extend(tokenize(self.model, query, AddBos::Never, Special::Plaintext)?);
            }
            tokens.extend(tokenize(self.model, literal, AddBos::Never, Special::Tokenize)?);
        }
        Ok(tokens)
    }

    fn dimensions(&self, wanted: u32) -> Result<usize, Failure> {
        let width = u32::try_from(self.model.n_embd_out()).unwrap_or(0);
        if !(1..=width).contains(&wanted) {
            let detail =
                format!("dimensions: {wanted} were asked for, and the model gives from 1 to {width}.");
            return Err(Failure::new(ErrorCode::InvalidRequest, detail));
        }
        Ok(usize::try_from(wanted).unwrap_or(usize::MAX))
    }

    fn refusal(&self, what: &str) -> Failure {
        let detail = format!("This model is for `{}`; it {what}.", self.settings.kind);
        Failure::new(ErrorCode::InvalidRequest, detail)
    }
}

/// C strings end at a zero.
fn tokenize(
    model: &LlamaModel,
    text: &str,
    add_marks: AddBos,
    special: Special,
) -> Result<Vec<LlamaToken>, Failure> {
    let text = text.replace('\0', "\u{fffd}");
    model.str_to_token_with_special(&text, add_marks, special).map_err(|error| {
        eprintln!("A text cannot be turned into tokens: {error}");
        Failure::new(ErrorCode::Internal, "A text cannot be turned into tokens.")
    })
}

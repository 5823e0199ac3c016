//! What is known of a course while it is followed, and when it is over.

use ports::{Attempt, AttemptEnding, ChatEvent};
use wire::{RouteDraft, RouteTried, Usage};

use crate::Heard;

/// Who was asked on a course, and what that came to.
#[derive(Clone, Debug, Default)]
pub struct Followed {
    /// Who is asked, or answered.
    pub model: String,
    /// Who was asked before, in vain.
    pub tried: Vec<RouteTried>,
    /// What was found of a cheap model's answer, if one was looked at.
    pub draft: Option<RouteDraft>,
    /// What was written unseen that no attempt tells of: by a model of this machine, or not to its end yet.
    pub unseen: Usage,
}

/// What whoever follows a course hears, when what is for the books is taken out.
#[derive(Debug)]
pub enum News {
    /// A model says this.
    Told(ChatEvent),
    /// This model is asked instead.
    Turned(String),
}

impl Followed {
    /// A course that begins with this model.
    pub fn of(model: &str) -> Self {
        Self { model: model.to_owned(), ..Self::default() }
    }

    /// Who was asked first.
    pub fn first(&self) -> &str {
        let draft = self.draft.as_ref().map(|draft| &draft.model);
        draft.or(self.tried.first().map(|tried| &tried.model)).unwrap_or(&self.model)
    }

    /// Writes down what was heard; what is for others comes back.
    pub fn hear(&mut self, heard: Heard, attempts: &mut Vec<Attempt>) -> Option<News> {
        match heard {
            Heard::Told(ChatEvent::Attempted(attempt)) => {
                attempts.push(*attempt);
                None
            }
            Heard::Told(event) => Some(News::Told(event)),
            Heard::Unseen { attempt, usage } => {
                attempts.extend(attempt.map(|it| *it));
                self.unseen = usage;
                None
            }
            Heard::Turned { tried, model } => {
                self.tried.push(tried);
                self.unseen = Usage::default();
                Some(self.turn(model))
            }
            Heard::Checked { draft, shown, model } => {
                show(attempts, shown);
                let passed = draft.passed;
                self.draft = Some(draft);
                (!passed).then(|| self.turn(model))
            }
        }
    }

    /// Whose it is that was written unseen, as far as no attempt tells of it.
    pub fn unseen_by(&self) -> &str {
        self.draft.as_ref().map_or(&self.model, |draft| &draft.model)
    }

    fn turn(&mut self, model: String) -> News {
        self.model.clone_from(&model);
        News::Turned(model)
    }
}

/// Says of the attempts that were told which of them wrote what is shown: it is the last then, and has answered.
pub(crate) fn show(attempts: &mut Vec<Attempt>, shown: Option<usize>) {
    if let Some(at) = shown.filter(|at| *at < attempts.len()) {
        let mut attempt = attempts.remove(at);
        attempt.ending = AttemptEnding::Answered;
        attempts.push(attempt);
    }
}

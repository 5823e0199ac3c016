//! Who answers, as whoever asked is told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::PortError;

use crate::{Course, Heard};

/// Who answers a question. Clones know the same.
#[derive(Clone, Debug)]
pub struct Answerer {
    /// What was asked for, where that is not who answers.
    asked: Option<String>,
    /// An agent answers under its own name, whichever model it has.
    agent: Option<String>,
    is_alone: bool,
    model: Arc<Mutex<String>>,
    /// The last name that somebody was told.
    told: String,
}

impl Answerer {
    /// Of a course; asked for was a model, a policy or an agent, which has a name of its own then.
    pub fn of(course: &Course, asked: &str, agent: Option<&str>) -> Self {
        let model = course.first().model.clone();
        let asked = Some(agent.unwrap_or(asked)).filter(|asked| *asked != model).map(str::to_owned);
        let agent = agent.map(str::to_owned);
        let told = agent.clone().unwrap_or_else(|| model.clone());
        let is_alone = course.draft.is_none() && course.others.is_empty();
        Self { asked, agent, is_alone, model: Arc::new(Mutex::new(model)), told }
    }

    /// Notes what is heard on the course.
    pub fn hear(&self, heard: &Result<Heard, PortError>) {
        match heard {
            Ok(Heard::Turned { model, .. } | Heard::Checked { model, .. }) => self.model().clone_from(model),
            Ok(Heard::Told(_) | Heard::Unseen { .. }) | Err(_) => {}
        }
    }

    /// Whose name stands under the answer, as far as it is known.
    pub fn name(&self) -> String {
        self.agent.clone().unwrap_or_else(|| self.model().clone())
    }

    /// The name stays as it is, whatever happens.
    pub fn is_sure(&self) -> bool {
        self.is_alone || self.agent.is_some()
    }

    /// The name, if it is another one than it was.
    pub fn turned(&mut self) -> Option<String> {
        if self.is_sure() {
            return None;
        }
        let name = self.name();
        (name != self.told).then(|| self.told.clone_from(&name)).map(|()| name)
    }

    /// What was asked for and which model that came to, `auto; vendor/model`; nothing where a model that was asked for answers.
    pub fn route(&self) -> Option<String> {
        self.asked.as_ref().map(|asked| format!("{asked}; {}", self.model()))
    }

    fn model(&self) -> MutexGuard<'_, String> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use ports::ChatRequest;
    use wire::{ErrorCode, RouteTried};

    use super::*;

    fn turn(model: &str) -> Result<Heard, PortError> {
        let tried = RouteTried { model: "first".to_owned(), code: ErrorCode::UpstreamDown };
        Ok(Heard::Turned { tried, model: model.to_owned() })
    }

    #[test]
    fn whoever_is_asked_instead_is_named_once() {
        let course = Course::of(ChatRequest::new("first", Vec::new()));
        let course = course.or(ChatRequest::new("second", Vec::new()));
        let mut by = Answerer::of(&course, "auto", None);
        assert_eq!((by.name().as_str(), by.is_sure(), by.turned()), ("first", false, None));
        assert_eq!(by.route().as_deref(), Some("auto; first"));
        by.clone().hear(&turn("second"));
        assert_eq!((by.turned().as_deref(), by.turned()), (Some("second"), None));
        assert_eq!(by.route().as_deref(), Some("auto; second"));
    }

    #[test]
    fn a_model_that_was_asked_for_needs_no_route_and_an_agent_keeps_its_name() {
        let course = Course::of(ChatRequest::new("first", Vec::new()));
        let by = Answerer::of(&course, "first", None);
        assert_eq!((by.route(), by.is_sure()), (None, true));
        let course = course.or(ChatRequest::new("second", Vec::new()));
        let mut by = Answerer::of(&course, "auto", Some("agent/tutor"));
        by.hear(&turn("second"));
        assert_eq!((by.name().as_str(), by.is_sure(), by.turned()), ("agent/tutor", true, None));
        assert_eq!(by.route().as_deref(), Some("agent/tutor; second"));
    }
}

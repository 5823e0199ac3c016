//! Several places of tools as one.

use std::sync::Arc;

use ports::{ToolFacts, ToolFuture, ToolRequest, Toolbox};

use crate::wrong;

/// Several toolboxes; a call goes to the first that has the tool.
#[derive(Clone, Debug)]
pub struct Several {
    boxes: Vec<Arc<dyn Toolbox>>,
}

impl Several {
    /// All of these, in this order.
    pub fn new(boxes: Vec<Arc<dyn Toolbox>>) -> Self {
        Self { boxes }
    }
}

impl Toolbox for Several {
    fn tools(&self) -> Vec<ToolFacts> {
        let mut known: Vec<ToolFacts> = Vec::new();
        for facts in self.boxes.iter().flat_map(|one| one.tools()) {
            if known.iter().all(|other| other.tool.name != facts.tool.name) {
                known.push(facts);
            }
        }
        known
    }

    fn call(&self, request: ToolRequest) -> ToolFuture {
        let has_it =
            |one: &&Arc<dyn Toolbox>| one.tools().iter().any(|facts| facts.tool.name == request.name);
        match self.boxes.iter().find(has_it) {
            Some(one) => one.call(request),
            None => {
                let names: Vec<String> = self.tools().into_iter().map(|facts| facts.tool.name).collect();
                let shown: String = request.name.chars().take(64).collect();
                let detail = format!("There is no tool `{shown}`. There are: {}.", names.join(", "));
                Box::pin(async move { Err(wrong(detail)) })
            }
        }
    }
}

//! This machine's models and those of vendors as one.

use std::collections::HashMap;
use std::sync::Arc;

use ports::{ChatModel, ChatRequest, ChatStream, EmbedFuture, EmbedRequest, Embedder, PortError, Standing};

/// Sends a request where its model is: models of vendors have the vendor's name and a slash before theirs, those of this
/// machine have none.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    local: Arc<dyn ChatModel>,
    remote: Arc<dyn ChatModel>,
}

impl Dispatcher {
    /// For these two.
    pub fn new(local: Arc<dyn ChatModel>, remote: Arc<dyn ChatModel>) -> Self {
        Self { local, remote }
    }

    fn of(&self, model: &str) -> &dyn ChatModel {
        if model.contains('/') { self.remote.as_ref() } else { self.local.as_ref() }
    }
}

impl ChatModel for Dispatcher {
    fn check(&self, request: &ChatRequest) -> Result<(), PortError> {
        self.of(&request.model).check(request)
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        self.of(&request.model).chat(request)
    }

    /// Models of this machine cost the same, warm or not.
    fn warm(&self, request: &ChatRequest) -> HashMap<String, u64> {
        self.remote.warm(request)
    }

    fn standing(&self, model: &str) -> Standing {
        self.of(model).standing(model)
    }

    fn forget(&self, scope: &str) {
        self.local.forget(scope);
        self.remote.forget(scope);
    }
}

/// The same for texts that are to become vectors.
#[derive(Clone, Debug)]
pub struct EmbedDispatcher {
    local: Arc<dyn Embedder>,
    remote: Arc<dyn Embedder>,
}

impl EmbedDispatcher {
    /// For these two.
    pub fn new(local: Arc<dyn Embedder>, remote: Arc<dyn Embedder>) -> Self {
        Self { local, remote }
    }
}

impl Embedder for EmbedDispatcher {
    fn embed(&self, request: EmbedRequest) -> EmbedFuture {
        let to = if request.model.contains('/') { &self.remote } else { &self.local };
        to.embed(request)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use futures_util::stream;

    use super::*;

    #[derive(Debug, Default)]
    struct Listener(Mutex<Vec<String>>);

    impl ChatModel for Listener {
        fn chat(&self, request: ChatRequest) -> ChatStream {
            self.0.lock().unwrap().push(request.model);
            Box::pin(stream::empty())
        }

        fn forget(&self, scope: &str) {
            self.0.lock().unwrap().push(format!("forget {scope}"));
        }
    }

    #[test]
    fn a_slash_leads_to_a_vendor_and_all_forget() {
        let (local, remote) = (Arc::new(Listener::default()), Arc::new(Listener::default()));
        let both = Dispatcher::new(local.clone(), remote.clone());
        drop(both.chat(ChatRequest::new("tiny", Vec::new())));
        drop(both.chat(ChatRequest::new("toy/tiny", Vec::new())));
        both.forget("lin");
        assert_eq!(*local.0.lock().unwrap(), ["tiny", "forget lin"]);
        assert_eq!(*remote.0.lock().unwrap(), ["toy/tiny", "forget lin"]);
    }
}

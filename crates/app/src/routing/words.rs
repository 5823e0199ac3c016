//! What a misspelt name may have meant.

use catalog::slips;

use crate::{Actor, App, AppError};

impl App {
    /// There is no model and no policy of this name; perhaps another one was meant, of those that the caller may call.
    pub(crate) fn no_such_model(&self, actor: Option<&Actor>, id: &str) -> AppError {
        let mut error = AppError::not_found("model");
        let policies = self.policies().map(|policy| ("policy", policy.id.as_str()));
        let remote: Vec<String> = self.offer.providers.remote().offered().map(|(id, _)| id).collect();
        let models = self.catalog.iter().map(|spec| spec.id.as_str());
        let models = models.chain(remote.iter().map(String::as_str)).map(|id| ("model", id));
        let may = |id: &str| actor.is_none_or(|actor| actor.may_call_model(id));
        let known = policies.chain(models).filter(|(_, known)| may(known));
        let near = known.filter_map(|(what, known)| Some((slips(id, known)?, what, known)));
        if let Some((_, what, known)) = near.min() {
            error.detail.push_str(&format!(" Did you mean the {what} `{known}`?"));
        }
        error
    }
}

//! Which adapter a request has on top of its model.

mod adapter;

use ports::{ChatRequest, PortError, PortErrorKind};
use wire::ErrorCode;

pub(crate) use adapter::Adapter;

use crate::config::{AdapterFile, ModelFiles};

/// The strongest that an adapter may count, either way; beyond it nothing is left of the model.
pub const MOST_SCALE: f32 = 16.0;

/// Finds the adapter that a request names; nothing when it names none, or one that does not count.
///
/// # Errors
/// When there is no such adapter, it is for another model, or there are several: the library takes one at a time.
pub(crate) fn resolve(files: &dyn ModelFiles, request: &ChatRequest) -> Result<Option<Adapter>, PortError> {
    let wanted = match request.adapters.as_slice() {
        [] => return Ok(None),
        [wanted] => wanted,
        _ => return Err(bad(ErrorCode::InvalidRequest, "adapters: one request has at most one.".to_owned())),
    };
    let id = &wanted.id;
    let Some(AdapterFile { path, sha256, model, scale }) = files.adapter(id) else {
        return Err(bad(ErrorCode::NotFound, format!("There is no adapter `{id}`.")));
    };
    if model != request.model {
        let asked = &request.model;
        let detail = format!("The adapter `{id}` is for the model `{model}` and not for `{asked}`.");
        return Err(bad(ErrorCode::AdapterUnusable, detail));
    }
    let scale = wanted.scale.unwrap_or(scale);
    if !(-MOST_SCALE..=MOST_SCALE).contains(&scale) {
        let detail = format!("adapters: a scale is between -{MOST_SCALE} and {MOST_SCALE}.");
        return Err(bad(ErrorCode::InvalidRequest, detail));
    }
    let counts = scale != 0.0;
    let path = std::path::absolute(&path).unwrap_or(path);
    Ok(counts.then(|| Adapter { id: id.clone(), path, sha256, scale }))
}

fn bad(code: ErrorCode, detail: String) -> PortError {
    PortError::new(PortErrorKind::Bad, code, detail)
}

#[cfg(test)]
mod tests {
    use ports::AdapterUse;

    use super::*;
    use crate::config::ModelFile;

    #[derive(Debug)]
    struct One;

    impl ModelFiles for One {
        fn locate(&self, _model: &str) -> Option<ModelFile> {
            None
        }

        fn adapter(&self, id: &str) -> Option<AdapterFile> {
            (id == "poet").then(|| AdapterFile {
                path: "/adapters/poet/adapter.gguf".into(),
                sha256: "4f".to_owned(),
                model: "m".to_owned(),
                scale: 0.5,
            })
        }
    }

    fn with(model: &str, adapters: &[(&str, Option<f32>)]) -> Result<Option<Adapter>, PortError> {
        let adapters = adapters.iter().map(|(id, scale)| AdapterUse { id: (*id).to_owned(), scale: *scale });
        resolve(&One, &ChatRequest { adapters: adapters.collect(), ..ChatRequest::new(model, Vec::new()) })
    }

    #[test]
    fn a_scale_is_the_requests_or_that_of_the_registration() {
        assert_eq!(with("m", &[]), Ok(None));
        assert_eq!(with("m", &[("poet", None)]).unwrap().map(|adapter| adapter.scale), Some(0.5));
        assert_eq!(with("m", &[("poet", Some(2.0))]).unwrap().map(|adapter| adapter.scale), Some(2.0));
        assert_eq!(with("m", &[("poet", Some(0.0))]), Ok(None));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        let refused = |model, adapters: &[_]| with(model, adapters).unwrap_err();
        let unknown = refused("m", &[("bard", None)]);
        assert_eq!(
            (unknown.code, unknown.detail.as_str()),
            (ErrorCode::NotFound, "There is no adapter `bard`.")
        );
        let other = refused("n", &[("poet", None)]);
        assert_eq!(other.code, ErrorCode::AdapterUnusable);
        assert_eq!(other.detail, "The adapter `poet` is for the model `m` and not for `n`.");
        assert!(refused("m", &[("poet", None), ("poet", None)]).detail.contains("at most one"));
        for scale in [f32::NAN, f32::INFINITY, 17.0, -17.0] {
            assert!(refused("m", &[("poet", Some(scale))]).detail.contains("scale"));
        }
    }
}

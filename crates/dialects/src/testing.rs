//! What tests share.

use catalog::{DataTree, Endpoint};

/// An endpoint as it is shipped.
pub(crate) fn endpoint(vendor: &str, id: &str) -> Endpoint {
    let all = catalog::providers(&DataTree::embedded()).unwrap();
    all.get(vendor).unwrap().endpoint(id).unwrap().clone()
}

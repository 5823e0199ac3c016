//! Which part of an office document points to which other.

use std::collections::BTreeMap;

use crate::error::ReadError;
use crate::package::Package;
use crate::xml::{self, Bounds, Step};

/// The parts that `part` points to, by the ids that stand in it: full names, and only those inside of the file.
pub(crate) fn of(
    package: &mut Package<'_>,
    part: &str,
    bounds: Bounds<'_>,
) -> Result<BTreeMap<String, String>, ReadError> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let mut targets = BTreeMap::new();
    let Some(text) = package.text(&join(folder, &format!("_rels/{file}.rels")))? else {
        return Ok(targets);
    };
    xml::walk(&text, bounds, |step| {
        if let Step::Open(element) = step
            && element.name == "Relationship"
            && element.attribute("TargetMode").as_deref() != Some("External")
            && let (Some(id), Some(target)) = (element.attribute("Id"), element.attribute("Target"))
        {
            targets.insert(id, join(folder, &target));
        }
        Ok(())
    })?;
    Ok(targets)
}

/// `target` as seen from `folder`.
pub(crate) fn join(folder: &str, target: &str) -> String {
    let mut path: Vec<&str> = if target.starts_with('/') { Vec::new() } else { folder.split('/').collect() };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => drop(path.pop()),
            step => path.push(step),
        }
    }
    path.retain(|step| !step.is_empty());
    path.join("/")
}

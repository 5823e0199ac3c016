//! The choice and its consequences: a file to start, or the reason why there is none.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::choice::{Choice, Reason};
use crate::levels::Levels;
use crate::packed::Packed;
use crate::processor::Features;
use crate::shelf::Shelf;
use crate::trial;

/// The workers of this program on this machine.
#[derive(Debug)]
pub struct Workers {
    choice: Choice,
    packed: Option<Packed>,
    shelf: Shelf,
    was_tried: AtomicBool,
}

/// Why the chosen worker cannot be used here; the program's own can.
#[derive(Debug)]
pub struct Unusable {
    level: String,
    source: io::Error,
}

impl Workers {
    /// The workers that this program carries, to be unpacked into `folder`; `wanted` is the level that the operator asks
    /// for, if any.
    pub fn carried(folder: PathBuf, wanted: Option<&str>) -> Self {
        Self::new(Packed::all(), folder, &Features::here(), wanted)
    }

    fn new(carried: &[Packed], folder: PathBuf, features: &Features, wanted: Option<&str>) -> Self {
        let names: Vec<&str> = carried.iter().map(|packed| packed.level).collect();
        let choice = match Levels::read() {
            Ok(levels) => Choice::of(&levels, &names, features, wanted),
            Err(error) => {
                tracing::error!(%error, "The list of levels is broken.");
                Choice { level: None, reason: Reason::NothingCarried }
            }
        };
        let packed = carried.iter().find(|packed| Some(packed.level) == choice.level.as_deref()).copied();
        Self { choice, packed, shelf: Shelf::new(folder), was_tried: AtomicBool::new(false) }
    }

    /// What was chosen, and why.
    pub fn choice(&self) -> &Choice {
        &self.choice
    }

    /// The file of the chosen worker, intact; nothing when it is the program itself. Blocks: reads the file, and the
    /// first time writes and tries it.
    ///
    /// # Errors
    /// When it cannot be used here.
    pub fn executable(&self) -> Result<Option<PathBuf>, Unusable> {
        let Some(packed) = &self.packed else { return Ok(None) };
        let unusable = |source| Unusable { level: packed.level.to_owned(), source };
        let file = self.shelf.take(packed).map_err(unusable)?;
        if !self.was_tried.load(Ordering::Relaxed) {
            trial::run(&file).map_err(unusable)?;
            self.was_tried.store(true, Ordering::Relaxed);
        }
        Ok(Some(file))
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the worker for the level {} cannot be used: {}", self.level, self.source)
    }
}

impl std::error::Error for Unusable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::*;
    use crate::packed::tests::packed;

    const GOOD: &str = "#!/bin/sh\nexit 0\n";

    fn workers(folder: &Path, program: &str, wanted: Option<&str>) -> Workers {
        let levels = Levels::read().unwrap();
        let needs = levels.baseline.needs.iter().chain(&levels.levels[0].needs);
        let features = Features::of(needs.map(String::as_str));
        Workers::new(&[packed("v3", program)], folder.join("workers"), &features, wanted)
    }

    #[test]
    fn the_chosen_worker_is_unpacked_and_runs() {
        let folder = tempfile::tempdir().unwrap();
        let workers = workers(folder.path(), GOOD, None);
        let file = workers.executable().unwrap().unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), GOOD);
        assert_eq!(workers.executable().unwrap(), Some(file));
    }

    #[test]
    fn nothing_is_unpacked_for_the_baseline() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(workers(folder.path(), GOOD, Some("baseline")).executable().unwrap(), None);
        assert!(!folder.path().join("workers").exists());
    }

    #[test]
    fn a_worker_that_does_not_run_here_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let error = workers(folder.path(), "#!/bin/sh\nkill -ILL $$\n", None).executable().unwrap_err();
        assert!(
            error.to_string().starts_with("the worker for the level v3 cannot be used: it ended"),
            "{error}"
        );
    }

    #[test]
    fn what_stood_in_the_way_may_go_away_again() {
        let folder = tempfile::tempdir().unwrap();
        let workers = workers(folder.path(), GOOD, None);
        fs::write(folder.path().join("workers"), "a file is in the way").unwrap();
        assert!(workers.executable().is_err());
        fs::remove_file(folder.path().join("workers")).unwrap();
        let file = workers.executable().unwrap().unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(workers.executable().is_err());
    }
}

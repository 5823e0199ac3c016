//! What was found out, in a small file: by model, processor and build.

use std::collections::BTreeMap;
use std::path::Path;

use super::Way;
use crate::Machine;

/// Changes when ways are tried otherwise, so that it is found out again.
const TRIAL: u32 = 3;

/// What a finding holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machinery {
    key: String,
}

impl Machinery {
    /// This processor with so many granted threads, what computes on it, and a model by the hash of its file.
    pub fn new(machine: &Machine, granted: u32, library: &str, sha256: &str) -> Self {
        let text = machine.text("proc/cpuinfo").unwrap_or_default();
        let cpu = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
        let cpu = cpu.map_or(std::env::consts::ARCH, |(_, name)| name.trim());
        Self { key: format!("{cpu} | {granted} threads | {library} | trial {TRIAL} | {sha256}") }
    }
}

/// What was found out; nothing when nothing was, or the file cannot be read.
pub fn load(file: &Path, machinery: &Machinery) -> Option<Way> {
    all(file).remove(&machinery.key)
}

/// Keeps a finding beside the others.
///
/// # Errors
/// When the file cannot be written; that costs another trial.
pub fn store(file: &Path, machinery: Machinery, way: Way) -> std::io::Result<()> {
    let mut all = all(file);
    all.insert(machinery.key, way);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("part");
    std::fs::write(&part, serde_json::to_vec_pretty(&all)?)?;
    std::fs::rename(&part, file)
}

fn all(file: &Path) -> BTreeMap<String, Way> {
    std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAY: Way = Way { flash_attention: false, threads: 3, piece: 64 };

    fn machinery(sha256: &str, granted: u32) -> Machinery {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("proc")).unwrap();
        std::fs::write(root.path().join("proc/cpuinfo"), "processor : 0\nmodel name\t: Test 9000\n").unwrap();
        Machinery::new(&Machine::at(root.path()), granted, "llama 1", sha256)
    }

    #[test]
    fn a_finding_holds_for_one_model_on_one_machine() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cache/calibration.json");
        assert_eq!(load(&file, &machinery("a", 2)), None);
        store(&file, machinery("a", 2), WAY).unwrap();
        store(&file, machinery("b", 2), Way { threads: 1, ..WAY }).unwrap();
        assert_eq!(load(&file, &machinery("a", 2)), Some(WAY));
        assert_eq!(load(&file, &machinery("a", 4)), None);
        assert_eq!(load(&file, &machinery("c", 2)), None);
    }

    #[test]
    fn a_damaged_file_is_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("calibration.json");
        std::fs::write(&file, b"{").unwrap();
        assert_eq!(load(&file, &machinery("a", 2)), None);
        store(&file, machinery("a", 2), WAY).unwrap();
        assert_eq!(load(&file, &machinery("a", 2)), Some(WAY));
    }

    #[test]
    fn the_processor_is_part_of_the_key() {
        assert!(machinery("a", 2).key.starts_with("Test 9000 | 2 threads | llama"));
    }
}

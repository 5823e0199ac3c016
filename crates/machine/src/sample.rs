//! For tests: a machine that is made of a few files.

use crate::Machine;

/// A machine with these files, by path below its root. It lasts as long as the folder.
pub(crate) fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Machine) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let machine = Machine::at(root.path());
    (root, machine)
}

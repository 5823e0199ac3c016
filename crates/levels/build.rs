//! Puts the workers that `./x dist` has made into the crate; without any, an empty table.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The folder with two files for each level: `<name>.deflate`, the packed program, and `<name>.sha256`, the hash of the
/// program itself in hexadecimal.
const WORKERS: &str = "HUTONG_WORKERS";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-env-changed={WORKERS}");
    println!("cargo::rerun-if-changed=build.rs");
    let mut table = String::from("&[\n");
    if let Some(folder) = variable(WORKERS).filter(|folder| !folder.is_empty()) {
        let folder = PathBuf::from(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let mut files =
            fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        files.sort_unstable();
        for packed in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "deflate")) {
            table.push_str(&row(packed)?);
        }
    }
    table.push(']');
    let out = variable("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    fs::write(Path::new(&out).join("carried.rs"), table)
}

fn row(packed: &Path) -> io::Result<String> {
    let text =
        |path: &Path| path.to_str().map(str::to_owned).ok_or_else(|| io::Error::other("a path is not text"));
    let level = packed.file_stem().map(Path::new).ok_or_else(|| io::Error::other("a file without a name"))?;
    let sha256 = fs::read_to_string(packed.with_extension("sha256"))?;
    let mut row = String::new();
    let (level, sha256, packed) = (text(level)?, sha256.trim(), text(packed)?);
    writeln!(
        row,
        "    Packed {{ level: {level:?}, sha256: {sha256:?}, deflated: include_bytes!({packed:?}) }},"
    )
    .map_err(io::Error::other)?;
    Ok(row)
}

#[expect(clippy::disallowed_methods, reason = "cargo tells build scripts through the environment")]
fn variable(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}

//! Puts the built web app where it can be embedded; without a build, a page that says how to make one.

use std::fs;
use std::io;
use std::path::Path;

const NO_WEB: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Hutong</title>\
    <p>This server was built without its pages. Run <code>./x up</code>, which builds them first; the API works.</p></html>";

fn main() -> io::Result<()> {
    // From the package's folder, where cargo starts it: a checkout that shares its target folder with another must not get
    // the other's pages.
    let root = Path::new("../../web/dist");
    println!("cargo::rerun-if-changed={}", root.display());
    #[expect(clippy::disallowed_methods, reason = "cargo tells build scripts through the environment")]
    let out = std::env::var_os("OUT_DIR").ok_or_else(|| io::Error::other("OUT_DIR is not set"))?;
    let out = Path::new(&out).join("web");
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    if root.join("index.html").is_file() {
        return copy(root, &out);
    }
    fs::write(out.join("index.html"), NO_WEB)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let Some(name) = path.file_name() else { continue };
        let target = to.join(name);
        if path.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

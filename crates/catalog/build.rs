//! Builds the crate anew when a file of `data/` appears or goes; changes inside known files are noticed anyway.

fn main() {
    println!("cargo::rerun-if-changed=../../data");
}

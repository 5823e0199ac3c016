//! Prints what a file says: `cargo run -p reading --example read -- FILE…`.
#![expect(clippy::print_stdout, reason = "it prints")]

fn main() {
    for path in std::env::args().skip(1) {
        println!("=== {path}");
        match std::fs::read(&path).map(|bytes| reading::read(&bytes, &reading::Limits::default())) {
            Ok(Ok(document)) => {
                println!("{:?} {:?}", document.kind, document.title);
                for block in document.blocks {
                    println!("{:?} {:?} {}", block.kind, block.place, block.text);
                }
            }
            Ok(Err(error)) => println!("{error}"),
            Err(error) => println!("{error}"),
        }
    }
}

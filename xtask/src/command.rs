//! Running other programs: shown before they start, and an error when they fail.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};

use crate::host;

/// What a program printed while it ran.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) ok: bool,
    /// Standard output and standard error, line by line as they came, without colours.
    pub(crate) text: String,
}

/// A program in a folder, its arguments written as words.
pub(crate) fn command(folder: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    command
}

/// Runs a program with this terminal; failure is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("{} cannot be started", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs a program and gives back its standard output; failure is an error that quotes standard error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{} cannot be started", shown(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        bail!("{} ended with {}: {}", shown(command), output.status, complaint.trim());
    }
    String::from_utf8(output.stdout)
        .with_context(|| format!("{} printed something that is not text", shown(command)))
}

/// Runs a program, shows what it prints and keeps it.
pub(crate) fn tee(command: &mut Command) -> Result<Printed> {
    announce(command);
    let mut child = command
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", shown(command)))?;
    let kept = Mutex::new(String::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| stdout.map(|stream| pass_on(stream, &mut std::io::stdout(), &kept)));
        scope.spawn(|| stderr.map(|stream| pass_on(stream, &mut std::io::stderr(), &kept)));
    });
    let status = child.wait()?;
    let text = kept.into_inner().map_err(|_| anyhow!("a reader of {} died", shown(command)))?;
    Ok(Printed { ok: status.success(), text })
}

/// Runs a program silently; true when it succeeds in time. One that takes longer is ended.
pub(crate) fn succeeds_within(command: &mut Command, limit: Duration) -> bool {
    let started = host::now();
    let Ok(mut child) = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    else {
        return false;
    };
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if started.elapsed() < limit => std::thread::sleep(Duration::from_millis(50)),
            Ok(None) | Err(_) => {
                // It may have ended by itself in this instant; then there is nothing left to do.
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

fn announce(command: &Command) {
    eprintln!("$ {}", shown(command));
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_else(|| command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn pass_on(stream: impl Read, to: &mut impl Write, kept: &Mutex<String>) {
    let mut reader = BufReader::new(stream);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // A closed terminal does not end the run: the counts are still wanted.
        let _ = to.write_all(&line).and_then(|()| to.flush());
        if let Ok(mut kept) = kept.lock() {
            kept.push_str(&without_colours(&String::from_utf8_lossy(&line)));
        }
        line.clear();
    }
}

/// Takes terminal escapes out of a text.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |mut plain, piece| {
        let end = piece.find(|c: char| c.is_ascii_alphabetic()).map_or(piece.len(), |at| at + 1);
        plain.push_str(piece.get(end..).unwrap_or_default());
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        command(Path::new("/"), "sh", &["-c", script])
    }

    #[test]
    fn both_streams_are_kept_without_colours() {
        let printed = tee(&mut shell("printf '\\033[1;32mgreen\\033[0m\\n'; echo red >&2; exit 3")).unwrap();
        let mut lines: Vec<_> = printed.text.lines().collect();
        lines.sort_unstable();
        assert_eq!(lines, ["green", "red"]);
        assert!(!printed.ok);
    }

    #[test]
    fn a_failure_quotes_what_was_said() {
        let error = output(&mut shell("echo no >&2; exit 1")).unwrap_err().to_string();
        assert!(error.ends_with("exit status: 1: no"), "{error}");
        assert_eq!(output(&mut shell("echo yes")).unwrap(), "yes\n");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        assert!(!succeeds_within(&mut shell("exec sleep 1000"), Duration::from_millis(80)));
        assert!(succeeds_within(&mut shell("true"), Duration::from_secs(60)));
        assert!(!succeeds_within(
            &mut command(Path::new("/"), "no-program-has-this-name", &[]),
            Duration::ZERO
        ));
    }
}

//! How a command that failed says so.

use std::fmt;
use std::process::ExitCode;

use app::AppError;
use wire::ErrorCode;

/// Something that is not there: a model, an agent, an owner.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) String);

/// Something that is in use: a port, a data folder.
#[derive(Debug)]
pub(crate) struct Busy(pub(crate) String);

/// What a running server refused.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: ErrorCode,
    pub(crate) detail: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Missing {}
impl std::error::Error for Refused {}
impl std::error::Error for Busy {}

/// One paragraph on standard error, and the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("hutong: {error:#}{}", remedy(error));
    ExitCode::from(code_of(error))
}

/// What to do, where a command of this program does it.
fn remedy(error: &anyhow::Error) -> &'static str {
    match error.chain().find_map(error_code) {
        Some(ErrorCode::ModelNotInstalled) => " `hutong models pull` fetches it.",
        Some(ErrorCode::ModelCorrupt) => " `hutong models pull` checks it and fetches it again.",
        _ => "",
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    let kind = error.chain().find_map(|cause| {
        if cause.is::<Missing>() {
            return Some(3);
        }
        if cause.is::<Busy>() {
            return Some(4);
        }
        match error_code(cause)? {
            ErrorCode::NotFound | ErrorCode::ModelNotInstalled | ErrorCode::Unauthenticated => Some(3),
            ErrorCode::Overloaded => Some(4),
            _ => None,
        }
    });
    kind.unwrap_or(1)
}

/// The code of a failure of the application, here or in a running server.
fn error_code(error: &(dyn std::error::Error + 'static)) -> Option<ErrorCode> {
    let here = error.downcast_ref::<AppError>().map(|error| error.code);
    here.or_else(|| error.downcast_ref::<Refused>().map(|error| error.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_follow_the_kind_of_failure() {
        let missing = anyhow::Error::new(Missing("no model".to_owned())).context("while asking");
        assert_eq!(code_of(&missing), 3);
        assert_eq!(code_of(&anyhow::Error::new(Busy("in use".to_owned()))), 4);
        assert_eq!(code_of(&anyhow::Error::new(AppError::not_found("agent"))), 3);
        let refused = Refused { code: ErrorCode::ModelNotInstalled, detail: "not here".to_owned() };
        assert_eq!(code_of(&anyhow::Error::new(refused)), 3);
        assert_eq!(code_of(&anyhow::anyhow!("other")), 1);
    }
}

//! `hutong openapi`

use super::say;

pub(crate) fn run() -> anyhow::Result<()> {
    say(api::openapi_json()?)
}

//! Members, where a use case is about something of theirs.

use stdx::MemberId;
use store::members::{self, Me, Member};

use crate::{Actor, App, AppError};

impl App {
    /// Who asks.
    pub(crate) async fn me(&self, actor: &Actor) -> Result<Me, AppError> {
        members::me(&self.db, actor.scope()).await?.ok_or_else(|| AppError::not_found("member"))
    }

    /// A member of the actor's workspace, for those who run it.
    pub(crate) async fn administered(&self, actor: &Actor, id: MemberId) -> Result<Member, AppError> {
        let found = members::get(&self.db, actor.scope_of(id)?).await?;
        found.ok_or_else(|| AppError::not_found("member"))
    }
}

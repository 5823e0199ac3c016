//! What is in a wallet, and how it came to be.

use money::Money;
use store::Scope;
use store::wallet::{self, Movement};

use crate::read_threads::page_bounds;
use crate::{Actor, App, AppError};

/// What is in a wallet, and some of what changed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalletPage {
    /// What is in it now.
    pub balance: Money,
    /// The latest first.
    pub movements: Vec<Movement>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl App {
    /// The wallet of the actor's member.
    ///
    /// # Errors
    /// `invalid_request` for a cursor or a limit that cannot be.
    pub async fn wallet(
        &self,
        actor: &Actor,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<WalletPage, AppError> {
        let balance = self.holding(actor).await?.wallet;
        self.wallet_page(actor.scope(), balance, before, limit).await
    }

    /// The wallet of a member, for those who run the workspace.
    ///
    /// # Errors
    /// `forbidden` for members and guests, `not_found`, and as for [`App::wallet`].
    pub async fn wallet_of_member(
        &self,
        actor: &Actor,
        member: stdx::MemberId,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<WalletPage, AppError> {
        let member = self.administered(actor, member).await?;
        let balance = self.holding_of(member.scope(), member.role).await?.wallet;
        self.wallet_page(member.scope(), balance, before, limit).await
    }

    async fn wallet_page(
        &self,
        scope: Scope,
        balance: money::Amount,
        before: Option<&str>,
        limit: Option<u32>,
    ) -> Result<WalletPage, AppError> {
        let (before, limit) = page_bounds(before, limit)?;
        let currency = self.tariff.currency;
        let page = wallet::movements(&self.db, scope, currency, before.as_ref(), limit).await?;
        let next = page.next.map(|cursor| cursor.to_string());
        Ok(WalletPage { balance: balance.of(currency), movements: page.items, next })
    }
}

//! `hutong members list|invite|role|suspend|restore|remove|recover|wallet|sign-up|requests|approve|refuse`: works on the data
//! folder itself as the owner, also while the server runs, which holds to it from its next request on.

use std::time::Duration;

use accounts::{Accounts, Invite, KeyWish, Member, MemberInfo, SignUp, UpdateMember};
use api::UseCases;
use app::{Actor, MoveWallet, Role};
use clap::{Subcommand, ValueEnum};
use money::Amount;
use stdx::{JoinRequestId, Secret};

use super::say;
use crate::paths::DataDir;
use crate::running;
use crate::wiring::{House, Tokens};

/// List, invite and change members
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the members
    List,
    /// Make a link that lets somebody in, and print it; it is shown this once
    Invite {
        /// What they may do
        #[arg(long, default_value = "member")]
        role: RoleWord,
        /// An agent that a guest may use; repeat it for more
        #[arg(long = "agent", value_name = "ID")]
        agents: Vec<String>,
        /// How many it lets in
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// How long it is good for
        #[arg(long, default_value_t = 168)]
        hours: u32,
    },
    /// Change what a member may do
    Role {
        /// What they sign in with
        login: String,
        /// What they may do
        role: RoleWord,
        /// An agent that a guest may use; repeat it for more
        #[arg(long = "agent", value_name = "ID")]
        agents: Vec<String>,
    },
    /// Shut a member out at once: sessions end, keys open nothing
    Suspend {
        /// What they sign in with
        login: String,
    },
    /// Let a suspended member in again
    Restore {
        /// What they sign in with
        login: String,
    },
    /// Remove a member with their conversations and keys
    Remove {
        /// What they sign in with
        login: String,
        /// Really
        #[arg(long, required = true)]
        yes: bool,
    },
    /// Make a link by which a member sets a new password, and print it; it is good for an hour and for one use
    Recover {
        /// What they sign in with
        login: String,
        /// Take the second factor away too, for those who lost it
        #[arg(long)]
        drop_second_factor: bool,
    },
    /// Add a service account with a key, and print the key; it is shown this once
    Service {
        /// A short name that nobody else has
        login: String,
    },
    /// Show what is in a member's wallet, or pay in cash or out of it
    Wallet(WalletArgs),
    /// Show, or say, who may become a member
    SignUp {
        /// Who may become a member; shown when absent
        policy: Option<PolicyWord>,
    },
    /// List who asks to be let in
    Requests,
    /// Let somebody in who asked
    Approve {
        /// As `members requests` shows it
        id: JoinRequestId,
    },
    /// Turn somebody away who asked
    Refuse {
        /// As `members requests` shows it
        id: JoinRequestId,
    },
}

#[derive(Debug, clap::Args)]
struct WalletArgs {
    /// What they sign in with
    login: String,
    /// What is paid in, such as 50 or 12.50; below zero what is paid out
    #[arg(allow_negative_numbers = true)]
    amount: Option<Amount>,
    /// What for; the member sees it
    #[arg(long, default_value = "", requires = "amount")]
    note: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleWord {
    Owner,
    Admin,
    Member,
    Guest,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PolicyWord {
    /// Nobody
    Closed,
    /// Whoever has a link
    Invite,
    /// Whoever has a link, and whoever asks and is let in
    Open,
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let house = House::open(data.paths()?)?;
    let use_cases = house.use_cases(&house.engine()?, Tokens::default()).await?;
    let accounts = &use_cases.accounts;
    let owner = accounts.owner().await?;
    match args.command {
        Command::List => list(accounts, &owner).await,
        Command::Invite { role, agents, uses, hours } => {
            let (id, role) = (accounts.fresh_id_of(), Role::from(role));
            let lifetime = Duration::from_secs(u64::from(hours).saturating_mul(3_600));
            let agents = (role == Role::Guest).then_some(agents);
            let wish = Invite { id, role, agents, group_ids: Vec::new(), most_uses: uses, lifetime };
            let made = accounts.invite(&owner, wish).await?;
            say(link(&house, "join", &made.token))
        }
        Command::Role { login, role, agents } => {
            let role = Role::from(role);
            let agents = (role == Role::Guest).then_some(agents);
            let wish = UpdateMember { role: Some(role), agents, ..UpdateMember::default() };
            change(accounts, &owner, &login, wish).await
        }
        Command::Suspend { login } => {
            let wish = UpdateMember { suspended: Some(true), ..UpdateMember::default() };
            change(accounts, &owner, &login, wish).await
        }
        Command::Restore { login } => {
            let wish = UpdateMember { suspended: Some(false), ..UpdateMember::default() };
            change(accounts, &owner, &login, wish).await
        }
        Command::Remove { login, .. } => {
            let member = accounts.member_by_login(&owner, &login).await?;
            accounts.remove_member(&owner, member.id).await?;
            say(format_args!("{} is removed.", member.login))
        }
        Command::Recover { login, drop_second_factor } => {
            let member = accounts.member_by_login(&owner, &login).await?;
            let made = accounts.create_recovery_link(&owner, member.id, drop_second_factor).await?;
            say(link(&house, "recover", &made.token))
        }
        Command::Service { login } => service(accounts, &owner, login).await,
        Command::Wallet(args) => wallet(&use_cases, &owner, args).await,
        Command::SignUp { policy } => sign_up(accounts, &owner, policy).await,
        Command::Requests => requests(accounts, &owner).await,
        Command::Approve { id } => {
            let info = accounts.approve_join_request(&owner, id, Role::Member, None).await?;
            say(format_args!("{} may sign in now.", info.member.login))
        }
        Command::Refuse { id } => {
            accounts.refuse_join_request(&owner, id).await?;
            say("Refused.")
        }
    }
}

async fn list(accounts: &Accounts, owner: &Actor) -> anyhow::Result<()> {
    let members = accounts.members(owner).await?;
    let width = members.iter().map(|info| info.member.login.chars().count()).max().unwrap_or(0);
    for MemberInfo { member, has_second_factor, .. } in members {
        let Member { login, name, suspended_at, .. } = &member;
        let state = suspended_at.map_or_else(|| "active".to_owned(), |at| format!("suspended {at}"));
        let factor = if has_second_factor { "  second factor" } else { "" };
        say(format_args!("{login:width$}  {:6}  {state}{factor}  {name}", word(member.role)))?;
    }
    Ok(())
}

async fn change(accounts: &Accounts, owner: &Actor, login: &str, change: UpdateMember) -> anyhow::Result<()> {
    let member = accounts.member_by_login(owner, login).await?;
    let MemberInfo { member, .. } = accounts.update_member(owner, member.id, change).await?;
    let state = if member.suspended_at.is_some() { "suspended" } else { "active" };
    say(format_args!("{}: {}, {state}", member.login, word(member.role)))
}

async fn service(accounts: &Accounts, owner: &Actor, login: String) -> anyhow::Result<()> {
    let wish =
        accounts::CreateServiceAccount { name: login.clone(), login, role: Role::Member, agents: None };
    let account = accounts.create_service_account(owner, accounts.fresh_id_of(), wish).await?.member;
    let wish = KeyWish { name: account.login, ..KeyWish::default() };
    let key = accounts.create_key(owner, accounts.fresh_id_of(), Some(account.id), wish).await?;
    say(key.token.expose())
}

async fn wallet(
    UseCases { accounts, app }: &UseCases,
    owner: &Actor,
    args: WalletArgs,
) -> anyhow::Result<()> {
    let member = accounts.member_by_login(owner, &args.login).await?;
    if let Some(amount) = args.amount {
        let wish =
            MoveWallet { id: accounts.fresh_id_of(), money: amount.of(app.currency()), note: args.note };
        let balance = app.move_wallet(owner, member.id, &wish).await?;
        return say(format_args!("{}: {} {}", member.login, balance.amount, balance.currency));
    }
    let page = app.wallet_of_member(owner, member.id, None, None).await?;
    for movement in page.movements.iter().rev() {
        let (at, amount, reason) = (movement.at, movement.amount, movement.reason.as_str());
        let said = [&movement.plan, &movement.note].into_iter().flatten().cloned().collect::<Vec<_>>();
        say(format_args!("{at}  {amount:>16}  {reason}  {}", said.join("  ")))?;
    }
    say(format_args!("{}: {} {}", member.login, page.balance.amount, page.balance.currency))
}

async fn sign_up(accounts: &Accounts, owner: &Actor, policy: Option<PolicyWord>) -> anyhow::Result<()> {
    if let Some(policy) = policy {
        accounts.set_sign_up(owner, policy.into()).await?;
    }
    say(match accounts.sign_up().await? {
        SignUp::Closed => "closed: nobody may become a member",
        SignUp::Invite => "invite: whoever has a link",
        SignUp::Open => "open: whoever has a link, and whoever asks and is let in",
    })
}

async fn requests(accounts: &Accounts, owner: &Actor) -> anyhow::Result<()> {
    for request in accounts.join_requests(owner).await? {
        let (id, at, login, note) = (request.id, request.created_at, request.login, request.note);
        say(format_args!("{id}  {at}  {login}  {}", note.replace(char::is_control, " ")))?;
    }
    Ok(())
}

/// Where the running server serves it, or where the next one does by default.
fn link(house: &House, page: &str, token: &Secret<String>) -> String {
    let address = running::find(&house.paths).map(|server| server.address.to_string());
    let address = address.unwrap_or_else(|| "127.0.0.1:7700".to_owned());
    format!("http://{address}/{page}#token={}", token.expose())
}

fn word(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Member => "member",
        Role::Guest => "guest",
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Owner => Self::Owner,
            RoleWord::Admin => Self::Admin,
            RoleWord::Member => Self::Member,
            RoleWord::Guest => Self::Guest,
        }
    }
}

impl From<PolicyWord> for SignUp {
    fn from(word: PolicyWord) -> Self {
        match word {
            PolicyWord::Closed => Self::Closed,
            PolicyWord::Invite => Self::Invite,
            PolicyWord::Open => Self::Open,
        }
    }
}

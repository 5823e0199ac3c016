//! Who there is, and the ways in: use cases about members, groups, invitations, sessions, passwords, second factors and keys,
//! one file each.
//!
//! Every use case is a method of [`Accounts`]; what a member does with agents, models and money is the crate `app`, which
//! knows nothing of this one, nor this one of it. Both begin with an [`Actor`], who is made in `ways_in.rs` and nowhere else.
//!
//! To add a use case: a file named after it with `impl Accounts { pub async fn … }`, its input struct beside it, and a line
//! below. A use case that keeps something runs as one [`store::Batch`].

mod accept_invitation;
mod accounts;
mod change_password;
mod create_key;
mod create_service_account;
mod get_me;
mod hash_of;
mod invite;
mod layout;
mod list_keys;
mod list_members;
mod manage_groups;
mod my_sessions;
mod recover;
mod revoke_key;
mod second_factor;
mod set_up;
mod sign_in;
mod sign_out;
mod sign_up;
mod update_key;
mod update_me;
mod update_member;
mod ways_in;

pub use accept_invitation::{AcceptInvitation, InvitationView};
pub use accounts::{Accounts, AccountsParts};
pub use actors::{Actor, AppError, Carrier, Role};
pub use create_key::{CreatedKey, KeyWish};
pub use create_service_account::CreateServiceAccount;
pub use doors::{Doors, LONGEST_PASSWORD, SHORTEST_PASSWORD, SealKey, TokenHash, fresh_token};
pub use get_me::Me;
pub use invite::{CreatedInvitation, Invitation, Invite};
pub use list_keys::KeyInfo;
pub use list_members::MemberInfo;
pub use manage_groups::GroupInfo;
pub use my_sessions::Session;
pub use recover::{CreatedRecoveryLink, RecoveryView};
pub use second_factor::{BegunSecondFactor, SecondFactorState};
pub use set_up::SetUp;
pub use sign_in::{SignIn, SignedIn};
pub use sign_up::{AskToJoin, JoinRequest, SignUp};
pub use store::{BudgetTerm, Face, Group, KeyBudget, KeyScope, Member, MemberKind, Workspace};
pub use update_me::UpdateMe;
pub use update_member::UpdateMember;

//! Who there is in a workspace, and what each may: members and their roles, whose data is whose, and what of its member's
//! rights a key has.

mod key;
mod member;
mod pattern;
mod role;
mod scope;

pub use key::{BudgetTerm, Face, KeyBudget, KeyScope};
pub use member::{Member, MemberKind};
pub use role::MemberRole;
pub use scope::Scope;

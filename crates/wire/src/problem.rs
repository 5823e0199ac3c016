//! The one table of error codes.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:tt, retryable: $retryable:literal;)+) => {
        /// What went wrong, as a stable word. Clients translate codes, never sentences; `api` alone maps them to
        /// HTTP statuses.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ #[serde(rename = $code)] $variant,)+
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire, and the anchor in `docs/errors.md`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// True when the same request may succeed later without a change.
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable),+ }
            }
        }
    };
}

codes! {
    /// The body, a parameter or a header does not have the documented shape.
    InvalidRequest = "invalid_request", retryable: false;
    /// The body is larger than the limit.
    TooLarge = "too_large", retryable: false;
    /// No valid session or key came with the request.
    Unauthenticated = "unauthenticated", retryable: false;
    /// The name or the password is wrong.
    WrongCredentials = "wrong_credentials", retryable: false;
    /// The password is right, and a code of the second factor is needed beside it.
    SecondFactorRequired = "second_factor_required", retryable: false;
    /// The account is suspended.
    Suspended = "suspended", retryable: false;
    /// The link is spent, over, taken back, or was never made.
    LinkInvalid = "link_invalid", retryable: false;
    /// The member or key may not do this.
    Forbidden = "forbidden", retryable: false;
    /// The request came from a page or by a name that this server does not trust.
    UntrustedOrigin = "untrusted_origin", retryable: false;
    /// There is no such thing, or it belongs to somebody else.
    NotFound = "not_found", retryable: false;
    /// The id was used before for something else.
    Conflict = "conflict", retryable: false;
    /// No call of the answer waits for a word any more.
    ApprovalOver = "approval_over", retryable: false;
    /// The server was set up before; the link is spent.
    AlreadySetUp = "already_set_up", retryable: false;
    /// Somebody else signs in with this name.
    LoginTaken = "login_taken", retryable: false;
    /// The workspace would be left without an owner.
    LastOwner = "last_owner", retryable: false;
    /// Too many requests from this member or address.
    RateLimited = "rate_limited", retryable: true;
    /// The member's plan does not have what was asked for.
    PlanRequired = "plan_required", retryable: false;
    /// What the plan includes is used up for now.
    QuotaExceeded = "quota_exceeded", retryable: true;
    /// As many answers are being written as the plan allows at once.
    TooManyRuns = "too_many_runs", retryable: true;
    /// The wallet has too little to go on.
    WalletEmpty = "wallet_empty", retryable: false;
    /// A budget of the key, the member, the group or the workspace is used up.
    BudgetExceeded = "budget_exceeded", retryable: false;
    /// The payment gateway understood, and declined.
    PaymentDeclined = "payment_declined", retryable: false;
    /// The payment gateway does not answer, so nobody knows yet what it did.
    GatewayDown = "gateway_down", retryable: true;
    /// The plan is not on offer, was tried before, or is not above the one that is held.
    PlanUnavailable = "plan_unavailable", retryable: false;
    /// There is no voucher with this code.
    VoucherUnknown = "voucher_unknown", retryable: false;
    /// The voucher is not valid any more, or not yet.
    VoucherExpired = "voucher_expired", retryable: false;
    /// The voucher was redeemed as often as it can be.
    VoucherUsedUp = "voucher_used_up", retryable: false;
    /// The member has redeemed the voucher before.
    VoucherYours = "voucher_yours", retryable: false;
    /// More work than the machine can queue.
    Overloaded = "overloaded", retryable: true;
    /// The database was lost in the very moment of keeping; whether it kept is not known. The same request with the same id
    /// finds out, and is carried out once.
    OutcomeUnknown = "outcome_unknown", retryable: true;
    /// The disk is full; nothing new can be kept.
    DiskFull = "disk_full", retryable: true;
    /// The prompt does not fit the model's context.
    ContextExceeded = "context_exceeded", retryable: false;
    /// The model is not on this machine yet.
    ModelNotInstalled = "model_not_installed", retryable: false;
    /// Of those who may be asked, nobody can answer as the policy wants it.
    NoRoute = "no_route", retryable: true;
    /// The model file is damaged or not a model.
    ModelCorrupt = "model_corrupt", retryable: false;
    /// The adapter is damaged, or is for another model.
    AdapterUnusable = "adapter_unusable", retryable: false;
    /// The model needs more memory than the machine has.
    OutOfMemory = "out_of_memory", retryable: false;
    /// The model could not be fetched.
    DownloadFailed = "download_failed", retryable: true;
    /// The model stopped working in the middle; it is being restarted.
    EngineFailed = "engine_failed", retryable: true;
    /// The provider of the model has too much to do, or may not be asked more at the moment.
    UpstreamBusy = "upstream_busy", retryable: true;
    /// The provider of the model was not reached, has a fault, or did not answer in time.
    UpstreamDown = "upstream_down", retryable: true;
    /// The provider of the model broke off in the middle of the answer.
    UpstreamCut = "upstream_cut", retryable: true;
    /// The provider of the model does not take the workspace's key.
    UpstreamKey = "upstream_key", retryable: false;
    /// The workspace's account at the provider of the model is empty.
    UpstreamFunds = "upstream_funds", retryable: false;
    /// The provider of the model understood, and declined.
    UpstreamRefused = "upstream_refused", retryable: false;
    /// The server was stopped while the run was working.
    Interrupted = "interrupted", retryable: true;
    /// A mistake of ours; the log has the cause under the request's id.
    Internal = "internal", retryable: true;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_on_the_wire_are_their_names_and_unique() {
        let mut seen = std::collections::HashSet::new();
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
            assert!(seen.insert(code.as_str()), "{code} stands twice");
        }
    }
}

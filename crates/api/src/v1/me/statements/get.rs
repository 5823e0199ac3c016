//! `GET /me/statements/{month}`: a document, a table to download, or a page to print.

use app::MonthStatement;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use stdx::{RunId, Timestamp};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::page;
use crate::extract::{Path, Query, Signed};
use crate::problem::{Failure, Problem};
use crate::router::ApiState;
use crate::v1::me::MovementReason;
use crate::v1::money::MoneyDocument;

const CSV: &str = "text/csv; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
/// So that spreadsheets know what the bytes are.
const BYTE_ORDER_MARK: &str = "\u{feff}";

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(get_statement))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StatementQuery {
    /// `json` when absent; `csv` is a file to download, `html` a page to print.
    #[param(inline)]
    format: Option<StatementFormat>,
}

/// How a statement is written.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StatementFormat {
    Json,
    Csv,
    Html,
}

/// What a member had, got, used and has. `opening` and all lines add up to `closing`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
struct StatementDocument {
    /// `2026-11`.
    month: String,
    /// Three letters (ISO 4217).
    currency: String,
    /// Wallet and allowance together when the month began.
    opening: MoneyDocument,
    /// Wallet and allowance together when the month ended.
    closing: MoneyDocument,
    /// The lines by reason.
    totals: Vec<StatementTotal>,
    /// One for each run and account and for each other movement, in the order of time.
    lines: Vec<StatementLineDocument>,
}

/// All lines of one reason.
#[derive(Debug, Serialize, ToSchema)]
struct StatementTotal {
    reason: MovementReason,
    amount: MoneyDocument,
}

/// Which of a member's accounts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StatementAccount {
    /// What was paid in.
    Wallet,
    /// What the plan includes.
    Allowance,
}

/// A movement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLine)]
struct StatementLineDocument {
    at: Timestamp,
    account: StatementAccount,
    /// Why; for a run, how it stands at the end of the month.
    reason: MovementReason,
    amount: MoneyDocument,
    /// Wallet and allowance together after it.
    balance: MoneyDocument,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// The agent that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    /// The model that it was answered with.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// The plan that was bought or given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<String>,
    /// What whoever paid in or out wrote beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A month of who is signed in.
#[utoipa::path(
    get, path = "/me/statements/{month}", tag = "me", params(("month" = String, Path), StatementQuery),
    responses(
        (status = 200, content(
            (StatementDocument = "application/json"), (String = "text/csv; charset=utf-8"), (String = "text/html; charset=utf-8"),
        )),
        (status = "default", response = Problem),
    ),
)]
async fn get_statement(
    State(state): State<ApiState>,
    Signed(actor): Signed,
    Path(month): Path,
    Query(query): Query<StatementQuery>,
) -> Result<Response, Failure> {
    let statement = state.app.statement(&actor, &month).await?;
    Ok(match query.format.unwrap_or(StatementFormat::Json) {
        StatementFormat::Json => Json(document(&statement)).into_response(),
        StatementFormat::Csv => {
            let name = format!("attachment; filename=\"statement-{}.csv\"", statement.month);
            let name = HeaderValue::from_str(&name).map_err(app::AppError::internal)?;
            let headers =
                [(header::CONTENT_TYPE, HeaderValue::from_static(CSV)), (header::CONTENT_DISPOSITION, name)];
            (headers, format!("{BYTE_ORDER_MARK}{}", statement.csv()?)).into_response()
        }
        StatementFormat::Html => {
            let policy = HeaderValue::from_str(&page::policy()).map_err(app::AppError::internal)?;
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static(HTML)),
                (header::CONTENT_SECURITY_POLICY, policy),
            ];
            let page = page::html(&statement).map_err(app::AppError::internal)?;
            (headers, page).into_response()
        }
    })
}

fn document(month: &MonthStatement) -> StatementDocument {
    let statement = &month.statement;
    let money = |amount: money::Amount| MoneyDocument::from(amount.of(statement.currency));
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let lines = month.lines().map(|(line, balance)| {
        let label = month.label(line);
        StatementLineDocument {
            at: line.at,
            account: match line.account {
                ledger::Account::Wallet(_) => StatementAccount::Wallet,
                _ => StatementAccount::Allowance,
            },
            reason: line.reason.into(),
            amount: money(line.amount),
            balance: money(balance),
            run_id: line.run,
            agent_id: some(label.agent),
            model: some(label.model),
            plan: some(label.plan),
            note: some(label.note),
        }
    });
    let totals = statement.totals.iter();
    StatementDocument {
        month: month.month.to_string(),
        currency: statement.currency.to_string(),
        opening: money(statement.opening),
        closing: money(statement.closing),
        totals: totals
            .map(|(reason, amount)| StatementTotal { reason: (*reason).into(), amount: money(*amount) })
            .collect(),
        lines: lines.collect(),
    }
}

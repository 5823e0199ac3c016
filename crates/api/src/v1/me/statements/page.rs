//! A statement as a page to print: no script, no picture, nothing from elsewhere, every text escaped.

use std::fmt::Write as _;

use app::MonthStatement;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{Account, Label, Reason};
use money::{Amount, MoneyError};
use sha2::{Digest, Sha256};
use stdx::Timestamp;

const STYLE: &str = "body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem;margin:0}p{margin:.2rem 0}table{border-collapse:collapse;width:100%;margin:1rem 0}\
th,td{text-align:start;padding:.3rem .5rem;border-bottom:1px solid;vertical-align:top}\
td.n,th.n{text-align:end;font-variant-numeric:tabular-nums;white-space:nowrap}thead{display:table-header-group}\
tr{break-inside:avoid}tfoot td{font-weight:600}small{overflow-wrap:anywhere}\
@page{margin:1.5cm}@media print{body{margin:0;max-width:none;font-size:11px}}";

/// What the page says, in the member's language.
struct Words {
    lang: &'static str,
    title: &'static str,
    of: &'static str,
    times: &'static str,
    columns: [&'static str; 5],
    opening: &'static str,
    closing: &'static str,
    totals: &'static str,
    aside: &'static str,
    covered: &'static str,
    nothing: &'static str,
    wallet: &'static str,
    allowance: &'static str,
    exact: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    title: "Statement",
    of: "Member",
    times: "Times are those of UTC",
    columns: ["Time", "Account", "What", "Amount", "In the wallet"],
    opening: "Wallet at the beginning",
    closing: "Wallet at the end",
    totals: "In sum",
    aside: "Set aside by the plan for answers that go on",
    covered: "Answers that the plan paid for",
    nothing: "Nothing moved in this month.",
    wallet: "Wallet",
    allowance: "Plan",
    exact: "Amounts are exact to a millionth of the currency; zeros at the end are left out.",
};

const CHINESE: Words = Words {
    lang: "zh-CN",
    title: "账单",
    of: "成员",
    times: "时间为 UTC",
    columns: ["时间", "账户", "事项", "金额", "钱包余额"],
    opening: "期初余额",
    closing: "期末余额",
    totals: "合计",
    aside: "套餐为未完成的回答预留",
    covered: "套餐已支付的回答",
    nothing: "本月没有变动。",
    wallet: "钱包",
    allowance: "套餐",
    exact: "金额精确到货币的百万分之一，末尾的零已省略。",
};

/// What the page may load: its own style and nothing else.
pub(super) fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The page. The wallet adds up; what the plan gave stands beside it, as on the page of the web.
///
/// # Errors
/// Never for what was read from sound books.
pub(super) fn html(month: &MonthStatement) -> Result<String, MoneyError> {
    let words = if month.locale.starts_with("zh") { &CHINESE } else { &ENGLISH };
    let (statement, folded) = (&month.statement, month.statement.folded()?);
    let (currency, name) = (statement.currency, month.month);
    let title = format!("{} {name}", words.title);
    let mut page = format!(
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1><p>{}</p><p>{}: {}</p><p>{}{}</p>",
        words.lang,
        escape(&month.workspace),
        words.of,
        escape(&month.member),
        words.times,
        offset(month.offset_minutes),
    );
    let mut body = String::new();
    for (line, left) in folded.lines {
        let account = match line.account {
            Account::Wallet(_) => words.wallet,
            _ => words.allowance,
        };
        let what = format!("{} {}", reason(line.reason, words), said(&month.label(line)));
        let cells = [instant(line.at, month.offset_minutes), account.to_owned(), what];
        row(&mut body, &cells, [amount(line.amount), amount(left)]);
    }
    if body.is_empty() {
        let _ = write!(body, "<tr><td colspan=\"5\">{}</td></tr>", words.nothing);
    }
    let [time, account, what, sum, after] = words.columns;
    let _ = write!(
        page,
        "<table><thead><tr><th>{time}</th><th>{account}</th><th>{what}</th><th class=\"n\">{sum} ({currency})</th>\
         <th class=\"n\">{after}</th></tr></thead><tbody><tr><td colspan=\"4\">{}</td><td class=\"n\">{}</td></tr>{body}</tbody>\
         <tfoot><tr><td colspan=\"4\">{}</td><td class=\"n\">{}</td></tr></tfoot></table>",
        words.opening,
        amount(statement.opening),
        words.closing,
        amount(statement.closing),
    );
    let _ = write!(page, "<h2>{}</h2><table><tbody>", words.totals);
    let mut sum = |name: &str, sum: Amount| {
        let _ = write!(page, "<tr><td>{name}</td><td class=\"n\">{}</td></tr>", amount(sum));
    };
    sum(words.opening, statement.opening);
    for (why, total) in folded.totals {
        sum(reason(why, words), total);
    }
    if folded.aside != Amount::ZERO {
        sum(words.aside, folded.aside);
    }
    sum(words.closing, statement.closing);
    if folded.covered_answers > 0 {
        sum(&format!("{}: {}", words.covered, folded.covered_answers), folded.covered);
    }
    let _ = write!(page, "</tbody></table><p><small>{}</small></p></body></html>", words.exact);
    Ok(page)
}

fn row(body: &mut String, cells: &[String; 3], numbers: [String; 2]) {
    body.push_str("<tr>");
    for cell in cells {
        let _ = write!(body, "<td>{cell}</td>");
    }
    for number in numbers {
        let _ = write!(body, "<td class=\"n\">{number}</td>");
    }
    body.push_str("</tr>");
}

/// What is said about a line, escaped.
fn said(label: &Label) -> String {
    let Label { agent, model, plan, note } = label;
    let parts: Vec<String> = [plan, agent, model, note]
        .into_iter()
        .filter(|text| !text.is_empty())
        .map(|text| escape(text))
        .collect();
    if parts.is_empty() { String::new() } else { format!("<small>{}</small>", parts.join(" · ")) }
}

fn reason(reason: Reason, words: &Words) -> &'static str {
    let (chinese, english) = match reason {
        Reason::TopUp => ("充值", "Paid in"),
        Reason::Payout => ("提现", "Paid out"),
        Reason::Voucher => ("兑换码", "Voucher"),
        Reason::Grant => ("套餐额度", "Granted by the plan"),
        Reason::Lapse => ("退回套餐额度", "Returned to the plan"),
        Reason::Purchase => ("购买套餐", "Plan"),
        Reason::Refund => ("退款", "Given back"),
        Reason::Correction => ("更正", "Correction"),
        Reason::ProviderPayment => ("付给供应商", "Paid to a provider"),
        Reason::Rounding => ("舍入", "Rounding"),
        Reason::Hold | Reason::Extension => ("回答（进行中）", "Answer, going on"),
        Reason::Settlement | Reason::Expiry => ("回答", "Answer"),
        Reason::Release => ("回答（未收费）", "Answer, not charged"),
        Reason::Cost => ("供应商成本", "Provider's cost"),
    };
    if words.lang == "en" { english } else { chinese }
}

/// `12.50`, and as many decimals more as there are.
fn amount(amount: Amount) -> String {
    let text = amount.to_string();
    let Some((whole, decimals)) = text.split_once('.') else { return text };
    let exact = decimals.trim_end_matches('0');
    format!("{whole}.{exact:0<2}")
}

/// `2026-11-22 16:00` where the workspace is.
fn instant(at: Timestamp, offset_minutes: i32) -> String {
    let minutes =
        at.as_micros().div_euclid(60_000_000).saturating_add(offset_minutes.into()).rem_euclid(1_440);
    let day = plans::Day::of(at, offset_minutes);
    format!("{day} {:02}:{:02}", minutes / 60, minutes % 60)
}

/// `+08:00`.
fn offset(minutes: i32) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.unsigned_abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_every_digit_that_counts() {
        for (micros, text) in [(0, "0.00"), (12_500_000, "12.50"), (-43, "-0.000043"), (1_100_100, "1.1001")]
        {
            assert_eq!(amount(Amount::from_micros(micros)), text);
        }
    }

    #[test]
    fn times_are_those_of_the_workspace() {
        let at = Timestamp::from_micros(1_795_334_400_000_000);
        assert_eq!((instant(at, 480), offset(480)), ("2026-11-22 16:00".to_owned(), "+08:00".to_owned()));
        assert_eq!((instant(at, -570), offset(-570)), ("2026-11-21 22:30".to_owned(), "-09:30".to_owned()));
    }

    #[test]
    fn no_text_is_markup() {
        assert_eq!(escape("<b a=\"1\">&'"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;");
    }
}

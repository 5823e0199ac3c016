//! Statements and sums of spending.

use std::time::Duration;

use app::Role;
use serde_json::{Value, json};
use testkit::{Client, Script, TestApp};

use crate::money::{priced, top_up};

const YUAN: i64 = 1_000_000;

async fn ask(app: &TestApp, client: &Client, agent: &str) {
    app.model.next(Script::says(["Hello", " there"]));
    let run = client.ask(&client.open_thread(agent).await, "hello").await;
    client.finished(&run).await;
}

async fn statement(client: &Client, month: &str) -> Value {
    client.get(&format!("/api/v1/me/statements/{month}")).await.expect(200).json()
}

#[tokio::test]
async fn a_month_is_told_in_three_ways_and_adds_up() {
    let app = priced().start().await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    let id = app.scope_of(&mei).await.member_id;
    assert_eq!(mei.get("/api/v1/me/statements").await.expect(200).json(), json!({"items": []}));
    let cash = json!({
        "id": lin.id(), "amount": {"micros": 40 * YUAN, "currency": "CNY"}, "note": "=cmd|' /C calc'!A0 <script>",
    });
    lin.clone().post(&format!("/api/v1/members/{id}/wallet"), cash).await.expect(200);
    app.clock.advance(Duration::from_secs(1));
    mei.clone().post("/api/v1/me/plan", json!({"plan": "plus"})).await.expect(200);
    app.clock.advance(Duration::from_secs(1));
    ask(&app, &mei, "tutor").await;

    assert_eq!(mei.get("/api/v1/me/statements").await.expect(200).json(), json!({"items": ["2026-11"]}));
    let told = statement(&mei, "2026-11").await;
    assert_eq!((&told["opening"]["micros"], &told["closing"]["micros"]), (&json!(0), &json!(YUAN)));
    let lines = told["lines"].as_array().unwrap();
    let sum: i64 = lines.iter().map(|line| line["amount"]["micros"].as_i64().unwrap()).sum();
    assert_eq!((sum, &lines.last().unwrap()["balance"]), (YUAN, &told["closing"]));
    let words: Vec<&str> = lines.iter().map(|line| line["reason"].as_str().unwrap()).collect();
    assert_eq!(&words[..2], ["top_up", "purchase"]);
    let run = lines.iter().find(|line| line["reason"] == "settlement").unwrap();
    assert_eq!(
        (&run["account"], &run["amount"]["micros"], &run["agent_id"], &run["model"]),
        (&json!("allowance"), &json!(-43), &json!("tutor"), &json!("tiny-chat"))
    );

    let csv = mei.get("/api/v1/me/statements/2026-11?format=csv").await.expect(200);
    assert_eq!(csv.header("content-disposition"), Some("attachment; filename=\"statement-2026-11.csv\""));
    let text = csv.text();
    assert!(
        text.starts_with("\u{feff}time,account,reason,run,currency,amount,balance,agent,model,plan,note\r\n")
    );
    assert!(
        text.contains(",wallet,top_up,,CNY,40.000000,40.000000,,,,\"'=cmd|' /C calc'!A0 <script>\"\r\n"),
        "{text}"
    );
    assert!(text.contains(",allowance,settlement,") && text.contains(",CNY,-0.000043,"), "{text}");

    let page = mei.get("/api/v1/me/statements/2026-11?format=html").await.expect(200);
    let policy = page.header("content-security-policy").unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("script"),
        "{policy}"
    );
    let html = page.text();
    assert!(html.contains("账单 2026-11") && html.contains("lang=\"zh-CN\""), "mei reads Chinese: {html}");
    assert!(
        html.contains("=cmd|&#39; /C calc&#39;!A0 &lt;script&gt;") && !html.contains("<script"),
        "{html}"
    );
    assert!(html.contains("-0.000043") && html.contains("tutor · tiny-chat"), "{html}");
    for folded in ["套餐额度", "退回套餐额度"] {
        assert!(!html.contains(folded), "what was granted for an answer stands in its line: {html}");
    }
    assert!(html.contains("套餐已支付的回答: 1</td><td class=\"n\">0.000043"), "{html}");
    let own = lin.get("/api/v1/me/statements/2026-11?format=html").await.expect(200).text();
    assert!(own.contains("Statement 2026-11") && own.contains("Nothing moved in this month."), "{own}");
}

#[tokio::test]
async fn a_month_begins_with_what_the_one_before_left() {
    let app = priced().start().await;
    app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    top_up(&app, &mei, 3 * YUAN).await;
    // Midnight of the first of December in Beijing, less a second.
    let scope = app.scope_of(&mei).await;
    app.clock.advance(Duration::from_secs(8 * 86_400 + 8 * 3_600 - 2));
    let mei = app.session_of(scope).await;
    top_up(&app, &mei, 5 * YUAN).await;
    app.clock.advance(Duration::from_secs(2));
    top_up(&app, &mei, 7 * YUAN).await;
    let (november, december) = (statement(&mei, "2026-11").await, statement(&mei, "2026-12").await);
    let ends = |told: &Value| (told["opening"]["micros"].clone(), told["closing"]["micros"].clone());
    assert_eq!(ends(&november), (json!(0), json!(8 * YUAN)));
    assert_eq!(ends(&december), (json!(8 * YUAN), json!(15 * YUAN)));
    let months = mei.get("/api/v1/me/statements").await.expect(200).json();
    assert_eq!(months, json!({"items": ["2026-12", "2026-11"]}));
    for bad in ["2027-01", "2026-13", "x", "2026-11-01"] {
        assert_eq!(mei.get(&format!("/api/v1/me/statements/{bad}")).await.problem(404), "not_found", "{bad}");
    }
    assert_eq!(mei.get("/api/v1/me/statements/2026-11?format=pdf").await.problem(400), "invalid_request");
}

#[tokio::test]
async fn nobody_sees_the_statement_of_another() {
    let app = priced().start().await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    top_up(&app, &mei, YUAN).await;
    assert_eq!(statement(&lin, "2026-11").await["lines"], json!([]));
    assert_eq!(lin.get("/api/v1/me/wallet").await.expect(200).json()["movements"], json!([]));
}

#[tokio::test]
async fn spending_is_added_up_by_day_agent_model_and_member() {
    let app = priced().start().await;
    let lin = app.owner().await;
    let mei = app.member("mei", Role::Member).await;
    ask(&app, &mei, "tutor").await;
    ask(&app, &mei, "ask").await;
    let mut program = app.key_of(&mei).await;
    app.model.next(Script::says(["a"]));
    let call = json!({"model": "tiny-chat", "messages": [{"role": "user", "content": "hi"}]});
    program.post("/v1/chat/completions", call).await.expect(200);
    let scopes = (app.scope_of(&lin).await, app.scope_of(&mei).await);
    app.clock.advance(Duration::from_secs(86_400));
    let (lin, mei) = (app.session_of(scopes.0).await, app.session_of(scopes.1).await);
    ask(&app, &lin, "ask").await;

    let spend = |client: &Client, query: &str| {
        let (client, path) = (client.clone(), query.to_owned());
        async move { client.get(&path).await.expect(200).json() }
    };
    let rows = |told: &Value| -> Vec<(String, i64, i64)> {
        let row = |row: &Value| {
            let key = row["key"].as_str().unwrap().to_owned();
            (key, row["amount"]["micros"].as_i64().unwrap(), row["runs"].as_i64().unwrap())
        };
        told["rows"].as_array().unwrap().iter().map(row).collect()
    };
    let by_agent = spend(&mei, "/api/v1/me/spend?by=agent").await;
    let row = |key: &str, micros, runs| (key.to_owned(), micros, runs);
    assert_eq!(rows(&by_agent), [row("ask", 43, 1), row("tutor", 43, 1), row("", 28, 1)]);
    assert_eq!((&by_agent["from"], &by_agent["until"]), (&json!("2026-11-01"), &json!("2026-11-23")));
    let by_day = spend(&lin, "/api/v1/spend?by=day").await;
    assert_eq!(rows(&by_day), [row("2026-11-22", 114, 3), row("2026-11-23", 43, 1)]);
    let by_model = spend(&lin, "/api/v1/spend?by=model&from=2026-11-23&until=2026-11-23").await;
    assert_eq!(rows(&by_model), [row("tiny-chat", 43, 1)]);
    let by_member = spend(&lin, "/api/v1/spend?by=member").await;
    let names: Vec<&str> =
        by_member["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!((names, &by_member["total"]["amount"]["micros"]), (vec!["mei", "Lin"], &json!(157)));

    // 7 tokens in, 2 out at the reference: 4 × 8 + 3 × 2 + 2 × 28 = 94 micro-yuan; 43 were paid.
    let reference = json!({"vendor": "zhipu", "model": "glm-5.3"});
    assert_eq!(by_model["reference"], reference);
    assert_eq!(by_model["total"]["at_reference"], json!({"micros": 94, "currency": "CNY"}));
    assert_eq!(by_model["total"]["saved"], json!({"micros": 51, "currency": "CNY"}));

    assert_eq!(mei.get("/api/v1/spend?by=day").await.problem(403), "forbidden");
    for bad in [
        "by=member",
        "by=week",
        "",
        "by=day&from=x",
        "by=day&from=2026-11-24&until=2026-11-23",
        "by=day&from=2025-01-01",
    ] {
        assert_eq!(
            mei.get(&format!("/api/v1/me/spend?{bad}")).await.problem(400),
            "invalid_request",
            "{bad}"
        );
    }
}

//! A workspace with everybody in it, and their things: for tests that try all doors.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use accounts::{Invite, KeyScope, KeyWish};
use app::{Actor, AddVoucher, BudgetName, Face, Role, SetBudget, SetProvider};
use money::Amount;
use plans::{Measure, Worth};
use serde_json::json;
use stdx::{Clock, GroupId, MemberId, Secret};
use store::{
    Alert, AlertScope, Batch, BudgetTerm, Durability, JoinRequest, Member, MemberKind, Scope, SignUp,
};
use testkit::{Client, DEFAULT_MODEL, TestApp};

/// A workspace with everybody in it.
pub(crate) struct Lane {
    pub(crate) app: TestApp,
    pub(crate) owner: Client,
    scopes: HashMap<&'static str, Scope>,
}

impl Lane {
    pub(crate) async fn start() -> Self {
        let app = TestApp::start().await;
        let owner = app.owner().await;
        let stranger = app.stranger().await;
        let home = app.home_id().await;
        let mut scopes = HashMap::from([
            ("owner", app.scope_of(&owner).await),
            ("stranger", app.scope_of(&stranger).await),
        ]);
        let person = |login, role| app.fresh_member(home, login, role);
        for (name, member) in [
            ("admin", person("zhao", Role::Admin)),
            ("mei", person("mei", Role::Member)),
            ("member", person("qian", Role::Member)),
            ("guest", Member { agents: Some(vec!["tutor".to_owned()]), ..person("sun", Role::Guest) }),
            ("suspended", Member { suspended_at: Some(app.clock.now()), ..person("li", Role::Admin) }),
            ("service", Member { kind: MemberKind::Service, ..person("robot", Role::Member) }),
        ] {
            app.settle(&member).await;
            scopes.insert(name, member.scope());
        }
        let lane = Self { app, owner, scopes };
        lane.app.accounts.set_sign_up(&lane.actor().await, SignUp::Open).await.unwrap();
        lane
    }

    /// So long a pause that no door is shut for too many tries.
    pub(crate) fn rest(&self) {
        self.app.clock.advance(Duration::from_secs(301));
    }

    /// The same where sessions have to last.
    pub(crate) fn rest_briefly(&self) {
        self.app.clock.advance(Duration::from_millis(1));
    }

    pub(crate) fn scope(&self, name: &str) -> Scope {
        self.scopes[name]
    }

    /// The owner, for what has no route.
    pub(crate) async fn actor(&self) -> Actor {
        self.app.accounts.owner().await.unwrap()
    }

    /// Somebody with a fresh session or key: `who/carrier`.
    pub(crate) async fn caller(&self, name: &str) -> Client {
        let app = &self.app;
        let Some((who, carrier)) = name.split_once('/') else { return app.anonymous() };
        match (who, carrier) {
            (_, "local") => app.local_program(),
            ("key", _) => app.anonymous().with_session(&self.key("owner").await),
            ("session", _) => {
                let session = app.session_of(self.scope("owner")).await.session();
                app.anonymous().with_bearer(&session)
            }
            (_, "cookie") => app.session_of(self.scope(who)).await,
            (_, "bearer") => app.anonymous().with_bearer(&self.key(who).await),
            (_, "x-api-key") => app.anonymous().with_api_key(&self.key(who).await),
            _ => panic!("{name}"),
        }
    }

    async fn key(&self, who: &str) -> String {
        let mut wish = KeyWish { name: who.to_owned(), ..KeyWish::default() };
        let list = |text: &str| Some(vec![text.to_owned()]);
        match who {
            "narrow" => {
                let faces = Some(vec![Face::Embeddings]);
                wish.scope =
                    KeyScope { faces, models: list("*-embed"), agents: list("ask"), ..KeyScope::default() };
            }
            "page" => wish.scope.origins = list("https://lane.example"),
            "expired" => wish.expires_at = Some(self.app.clock.now()),
            _ => {}
        }
        let of = self.scopes.get(who).copied().unwrap_or(self.scope("owner"));
        self.app.key_for(of, wish).await.1
    }
}

/// What one request is about, made when it is named: things of mei, and of the workspace.
pub(crate) struct Things<'a> {
    lane: &'a Lane,
    made: RefCell<HashMap<String, String>>,
}

impl<'a> Things<'a> {
    pub(crate) fn new(lane: &'a Lane) -> Self {
        Self { lane, made: RefCell::default() }
    }

    /// The text with things in the place of their names. A name is the same thing everywhere, but for `{fresh}`.
    pub(crate) async fn fill(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, name, behind)) = next_name(rest) {
            filled.push_str(before);
            let known = self.made.borrow().get(name).cloned();
            filled.push_str(&match known {
                Some(thing) => thing,
                None => self.make(name).await,
            });
            rest = behind;
        }
        filled + rest
    }

    async fn make(&self, name: &str) -> String {
        let Lane { app, owner, .. } = self.lane;
        let thing = match name {
            "fresh" => return owner.id(),
            "login" => return format!("n-{}", owner.id()),
            "ask" | "tutor" => name.to_owned(),
            "model" => DEFAULT_MODEL.to_owned(),
            "scope" => "member".to_owned(),
            "spender" => self.spender().await.to_string(),
            "alert" => self.alert().await,
            "month" => "2026-11".to_owned(),
            "adapter" => {
                let id = format!("poet-{}", owner.id());
                app.home.register_adapter(&id, DEFAULT_MODEL);
                id
            }
            "thread" => self.mei().await.open_thread("ask").await,
            "run" => {
                let mei = self.mei().await;
                let run = mei.ask(&mei.open_thread("ask").await, "hers").await;
                mei.finished(&run).await["id"].as_str().unwrap().to_owned()
            }
            "session" => {
                self.mei().await;
                let scope = self.lane.scope("mei");
                let sessions = store::sessions::list(&app.db, scope, app.clock.now()).await.unwrap();
                sessions.last().unwrap().id.to_string()
            }
            "key" => {
                let wish = KeyWish { name: "hers".to_owned(), ..KeyWish::default() };
                app.key_for(self.lane.scope("mei"), wish).await.0.to_string()
            }
            "order" => self.order().await,
            "paid_order" => {
                let order = self.order().await;
                app.app.confirm_order(&self.lane.actor().await, order.parse().unwrap()).await.unwrap();
                order
            }
            "member" => self.somebody(Role::Member).await.to_string(),
            "other_owner" => self.somebody(Role::Owner).await.to_string(),
            "group" => self.group().await.to_string(),
            "invitation" | "invitation_token" => self.invitation(name).await,
            "recovery_token" => {
                let (actor, member) = (self.lane.actor().await, self.somebody(Role::Member).await);
                let link = app.accounts.create_recovery_link(&actor, member, true).await.unwrap();
                link.token.expose().clone()
            }
            "provider" => self.provider().await,
            "request" => self.request().await,
            "voucher" | "voucher_code" => self.voucher(name).await,
            other => panic!("{{{other}}}"),
        };
        self.made.borrow_mut().insert(name.to_owned(), thing.clone());
        thing
    }

    async fn mei(&self) -> Client {
        self.lane.app.session_of(self.lane.scope("mei")).await
    }

    /// An order of hers that waits to be confirmed by hand.
    async fn order(&self) -> String {
        let id = self.lane.owner.id();
        let product = json!({"product": "top_up", "micros": 20_000_000});
        let body = json!({"id": id, "product": product, "gateway": "manual"});
        self.mei().await.post("/api/v1/me/orders", body).await.expect(201);
        id
    }

    async fn somebody(&self, role: Role) -> MemberId {
        let app = &self.lane.app;
        let member = app.fresh_member(app.home_id().await, &format!("m-{}", self.lane.owner.id()), role);
        app.settle(&member).await;
        member.id
    }

    /// Somebody with a budget.
    async fn spender(&self) -> MemberId {
        let (app, member) = (&self.lane.app, self.somebody(Role::Member).await);
        let wish = SetBudget { micros: 1, term: BudgetTerm::Day, alert_at: None };
        let name = BudgetName::Member(member);
        app.app.set_budget(&self.lane.actor().await, name, wish).await.unwrap();
        member
    }

    /// A provider that was set, and where nobody listens.
    async fn provider(&self) -> String {
        let (app, id) = (&self.lane.app, "vllm");
        let base_url = Some("http://127.0.0.1:1/v1".to_owned());
        let wish = SetProvider { base_url, is_on: true, ..SetProvider::default() };
        let actor = self.lane.actor().await;
        // The key of another row of the table is for another address.
        app.app.remove_provider(&actor, id).await.ok();
        app.app.set_provider(&actor, id, wish).await.unwrap();
        id.to_owned()
    }

    /// Mei has used much of her plan.
    async fn alert(&self) -> String {
        let (app, scope) = (&self.lane.app, self.lane.scope("mei"));
        let alert = Alert {
            id: app.id(),
            workspace_id: scope.workspace_id,
            member_id: Some(scope.member_id),
            scope: AlertScope::Plan,
            subject_id: scope.member_id.to_string(),
            name: "free".to_owned(),
            stretch: "day".to_owned(),
            measure: Measure::Tokens,
            percent: 80,
            used: 80,
            // Another limit each time, so that it is an alert of its own.
            most: u64::try_from(app.clock.now().as_micros()).unwrap(),
            period: None,
            at: app.clock.now(),
        };
        app.db.write(Batch::new(Durability::Full).with(store::alerts::insert(&alert))).await.unwrap();
        alert.id.to_string()
    }

    /// A group with the member in it.
    async fn group(&self) -> GroupId {
        let (app, actor) = (&self.lane.app, self.lane.actor().await);
        // There are only so many.
        for old in app.accounts.groups(&actor).await.unwrap() {
            app.accounts.delete_group(&actor, old.group.id).await.unwrap();
        }
        let group =
            app.accounts.create_group(&actor, app.id(), &self.lane.owner.id()).await.unwrap().group.id;
        let member = self.somebody(Role::Member).await;
        app.accounts.join_group(&actor, group, member).await.unwrap();
        self.made.borrow_mut().insert("member".to_owned(), member.to_string());
        group
    }

    async fn invitation(&self, name: &str) -> String {
        let (app, actor) = (&self.lane.app, self.lane.actor().await);
        let wish = Invite {
            id: app.id(),
            role: Role::Member,
            agents: None,
            group_ids: Vec::new(),
            most_uses: 1,
            lifetime: Duration::from_secs(60),
        };
        let made = app.accounts.invite(&actor, wish).await.unwrap();
        if name == "invitation" { made.invitation.id.to_string() } else { made.token.expose().clone() }
    }

    async fn voucher(&self, name: &str) -> String {
        let (app, actor) = (&self.lane.app, self.lane.actor().await);
        let wish = AddVoucher {
            id: app.id(),
            worth: Worth::Credit(Amount::from_micros(1).of("CNY".parse().unwrap())),
            most_members: 1,
            valid_from: None,
            expires_at: None,
            note: String::new(),
        };
        let made = app.app.add_voucher(&actor, wish).await.unwrap();
        if name == "voucher" { made.row.id.to_string() } else { made.code.unwrap() }
    }

    async fn request(&self) -> String {
        let app = &self.lane.app;
        let request = JoinRequest {
            id: app.id(),
            workspace_id: app.home_id().await,
            login: format!("r-{}", self.lane.owner.id()),
            name: "New".to_owned(),
            locale: "en".to_owned(),
            note: String::new(),
            created_at: app.clock.now(),
        };
        let write = store::join_requests::insert(&request, &Secret::new("hash".to_owned()));
        app.db.write(Batch::new(Durability::Full).with(write)).await.unwrap();
        request.id.to_string()
    }
}

/// What stands before the first `{name}`, the name, and what stands behind. Braces of JSON are no names.
fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    for (at, _) in text.match_indices('{') {
        let behind = &text[at + 1..];
        let length = behind.find(|c| !is_letter(c)).unwrap_or(behind.len());
        if length > 0 && behind[length..].starts_with('}') {
            return Some((&text[..at], &behind[..length], &behind[length + 1..]));
        }
    }
    None
}

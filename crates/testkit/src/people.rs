//! Who is there.

use std::time::Duration;

use accounts::{KeyWish, MemberKind, Role, SignUp, TokenHash};
use serde_json::json;
use stdx::{Clock, EntityId, KeyId, Secret, Timestamp, WorkspaceId};
use store::{
    ApiKey, Batch, Durability, Member, Scope, Session, Workspace, keys, members, sessions, workspaces,
};

use crate::app::{LOCAL_TOKEN, SETUP_TOKEN, TestApp};
use crate::client::Client;

/// The owner's password.
pub const PASSWORD: &str = "correct horse battery";

impl TestApp {
    /// Lin, who opened the printed link: the owner, signed in by a browser.
    pub async fn owner(&self) -> Client {
        let mut lin = self.anonymous();
        let account = json!({
            "token": SETUP_TOKEN, "login": "lin", "password": PASSWORD, "name": "Lin", "locale": "en",
        });
        lin.post("/api/v1/setup", account).await.expect(201);
        lin
    }

    /// Somebody else in the owner's workspace, signed in by a browser. There must be an owner.
    pub async fn member(&self, login: &str, role: Role) -> Client {
        let home = self.home_id().await;
        let member = self.fresh_member(home, login, role);
        self.settle(&member).await;
        self.session_of(member.scope()).await
    }

    /// A guest of the owner's workspace who may use these agents, signed in by a browser.
    pub async fn guest(&self, login: &str, agents: &[&str]) -> Client {
        let agents = Some(agents.iter().map(|agent| (*agent).to_owned()).collect());
        let home = self.home_id().await;
        let member = Member { agents, ..self.fresh_member(home, login, Role::Guest) };
        self.settle(&member).await;
        self.session_of(member.scope()).await
    }

    /// The owner of another workspace, signed in by a browser. There must be an owner of the first.
    pub async fn stranger(&self) -> Client {
        // The first workspace is the oldest one.
        self.clock.advance(Duration::from_millis(1));
        let workspace = Workspace {
            id: self.id(),
            name: "Elsewhere".to_owned(),
            created_at: self.clock.now(),
            sign_up: SignUp::Invite,
        };
        self.db.write(Batch::new(Durability::Full).with(workspaces::insert(&workspace))).await.unwrap();
        let member = self.fresh_member(workspace.id, "wang", Role::Owner);
        self.settle(&member).await;
        self.session_of(member.scope()).await
    }

    /// A program with an API key of the person behind `client`.
    pub async fn key_of(&self, client: &Client) -> Client {
        let wish = KeyWish { name: "a program".to_owned(), ..KeyWish::default() };
        self.anonymous().with_bearer(&self.key_for(self.scope_of(client).await, wish).await.1)
    }

    /// A key of somebody, and its token, put into the database.
    pub async fn key_for(&self, scope: Scope, wish: KeyWish) -> (KeyId, String) {
        let key = ApiKey {
            id: self.id(),
            workspace_id: scope.workspace_id,
            member_id: scope.member_id,
            name: wish.name,
            created_at: Timestamp::from_micros(0),
            revoked_at: None,
            scope: wish.scope,
            budget: wish.budget,
            expires_at: wish.expires_at,
            previous_until: None,
        };
        let token = format!("hk_of-{}", key.id.uuid());
        let write = keys::insert(&key, store::TokenHash::from_bytes(TokenHash::of(&token).bytes()));
        self.db.write(Batch::new(Durability::Full).with(write)).await.unwrap();
        (key.id, token)
    }

    /// A program of the user who runs the server.
    pub fn local_program(&self) -> Client {
        self.anonymous().with_bearer(LOCAL_TOKEN)
    }

    /// Who is behind a session.
    pub async fn scope_of(&self, client: &Client) -> Scope {
        let actor = self.accounts.actor_of_session(&Secret::new(client.session())).await.unwrap();
        Scope { workspace_id: actor.workspace_id, member_id: actor.member_id }
    }

    /// One more browser of somebody, put into the database.
    pub async fn session_of(&self, scope: Scope) -> Client {
        let now = self.clock.now();
        let session = Session {
            id: self.id(),
            scope,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(Duration::from_secs(3_600)),
            client: None,
        };
        let token = format!("session-{}", session.id.uuid());
        let write = sessions::insert(&session, store::TokenHash::from_bytes(TokenHash::of(&token).bytes()));
        self.db.write(Batch::new(Durability::Full).with(write)).await.unwrap();
        self.anonymous().with_session(&token)
    }

    /// Somebody who could be there, younger than everybody else: lists are in the order of age.
    pub fn fresh_member(&self, workspace_id: WorkspaceId, login: &str, role: Role) -> Member {
        self.clock.advance(Duration::from_millis(1));
        Member {
            id: self.id(),
            workspace_id,
            login: login.to_owned(),
            name: login.to_owned(),
            role,
            locale: "zh-CN".to_owned(),
            created_at: self.clock.now(),
            kind: MemberKind::Person,
            suspended_at: None,
            agents: None,
        }
    }

    /// Puts somebody into the database.
    pub async fn settle(&self, member: &Member) {
        let write = members::insert(member, &Secret::new("no password opens this".to_owned()));
        self.db.write(Batch::new(Durability::Full).with(write)).await.unwrap();
    }

    /// The owner's workspace.
    pub async fn home_id(&self) -> WorkspaceId {
        workspaces::first(&self.db).await.unwrap().unwrap().id
    }
}

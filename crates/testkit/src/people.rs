//! Who is there.

use std::time::Duration;

use app::{Role, TokenHash};
use serde_json::json;
use stdx::{EntityId, Secret, WorkspaceId};
use store::{Batch, Durability, Member, Session, Workspace, members, sessions, workspaces};

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
        let workspace = workspaces::first(&self.db).await.unwrap().unwrap();
        self.enter(workspace.id, login, role, Vec::new()).await
    }

    /// The owner of another workspace, signed in by a browser. There must be an owner of the first.
    pub async fn stranger(&self) -> Client {
        let workspace = Workspace {
            id: self.id(),
            name: "Elsewhere".to_owned(),
            created_at: stdx::Clock::now(&self.clock),
        };
        self.clock.advance(Duration::from_millis(1));
        self.enter(workspace.id, "wang", Role::Owner, vec![workspaces::insert(&workspace)]).await
    }

    /// A program with an API key of the person behind `client`.
    pub async fn key_of(&self, client: &Client) -> Client {
        let actor = self.app.actor_of_session(&Secret::new(client.session())).await.unwrap();
        let key = self.app.create_key(&actor, "a program").await.unwrap();
        self.anonymous().with_bearer(key.token.expose())
    }

    /// A program of the user who runs the server.
    pub fn local_program(&self) -> Client {
        self.anonymous().with_bearer(LOCAL_TOKEN)
    }

    async fn enter(
        &self,
        workspace_id: WorkspaceId,
        login: &str,
        role: Role,
        first: Vec<store::Write>,
    ) -> Client {
        let now = stdx::Clock::now(&self.clock);
        let member = Member {
            id: self.id(),
            workspace_id,
            login: login.to_owned(),
            name: login.to_owned(),
            role,
            locale: "zh-CN".to_owned(),
            created_at: now,
        };
        let session = Session {
            id: self.id(),
            scope: member.scope(),
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(Duration::from_secs(3_600)),
        };
        let token = format!("session-of-{}", member.id.uuid());
        let mut batch = Batch::new(Durability::Full);
        batch.extend(first);
        batch.push(members::insert(&member, &Secret::new("no password opens this".to_owned())));
        batch.push(sessions::insert(&session, TokenHash::of(&token).into()));
        self.db.write(batch).await.unwrap();
        self.anonymous().with_session(&token)
    }
}

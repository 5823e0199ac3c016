//! People and things for the scenes.

use std::any::Any;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use stdx::{EntityId, IdMaker, MessageId, MockClock, Secret, SeededRng, SystemClock, Timestamp, WorkspaceId};
use store::{
    ApiKey, Batch, Changes, Db, Durability, Finish, KeyScope, Member, MemberKind, MemberRole, OpenOptions,
    Scope, Session, SignUp, StoreError, Thread, TokenHash, Workspace, Write, members, messages, runs,
    threads, workspaces,
};
use wire::{Event, Frame, Message, Part, Role, Run, RunState};

/// An empty database, and what must live as long as it does.
pub(crate) struct Opened {
    pub(crate) db: Db,
    pub(crate) keep: Box<dyn Any + Send + Sync>,
}

/// The usual options for a file.
pub(crate) fn options(path: &Path) -> OpenOptions {
    OpenOptions::new(path, Arc::new(SystemClock::new()))
}

/// A database in a folder that goes away with it.
pub(crate) async fn open_temporary() -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(options(&folder.path().join("hutong.db"))).await.unwrap();
    Opened { db, keep: Box::new(folder) }
}

/// Alice and Bob share a workspace; Carol has one of her own.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) alice: Scope,
    pub(crate) bob: Scope,
    pub(crate) carol: Scope,
    ids: IdMaker,
    clock: MockClock,
    _keep: Box<dyn Any + Send + Sync>,
}

impl World {
    pub(crate) async fn new(opened: Opened) -> Self {
        Self::with_seed(opened, 1).await
    }

    /// Another seed makes other ids.
    pub(crate) async fn with_seed(opened: Opened, seed: u64) -> Self {
        let clock = MockClock::at(Timestamp::from_micros(1_795_334_400_000_000));
        let ids = IdMaker::new(Arc::new(clock.clone()), Arc::new(SeededRng::new(seed)));
        let nobody = Scope { workspace_id: ids.make(), member_id: ids.make() };
        let Opened { db, keep } = opened;
        let mut world = Self { db, alice: nobody, bob: nobody, carol: nobody, ids, clock, _keep: keep };
        let (home, elsewhere) = (world.workspace("Home"), world.workspace("Elsewhere"));
        world.keep([workspaces::insert(&home), workspaces::insert(&elsewhere)]).await;
        world.alice = world.join(home.id, "alice").await;
        world.bob = world.join(home.id, "bob").await;
        world.carol = world.join(elsewhere.id, "carol").await;
        world
    }

    pub(crate) fn id<I: EntityId>(&self) -> I {
        self.ids.make()
    }

    /// A later time at every call.
    pub(crate) fn now(&self) -> Timestamp {
        use stdx::Clock;
        self.clock.advance(Duration::from_millis(1));
        self.clock.now()
    }

    /// A hash that nobody else has.
    pub(crate) fn token(&self) -> TokenHash {
        let mut bytes = [7; 32];
        let id: MessageId = self.id();
        bytes[..16].copy_from_slice(id.uuid().as_bytes());
        TokenHash::from_bytes(bytes)
    }

    pub(crate) async fn write(&self, writes: impl IntoIterator<Item = Write>) -> Result<Changes, StoreError> {
        let mut batch = Batch::new(Durability::Full);
        batch.extend(writes);
        self.db.write(batch).await
    }

    pub(crate) async fn keep(&self, writes: impl IntoIterator<Item = Write>) {
        self.write(writes).await.unwrap();
    }

    pub(crate) fn workspace(&self, name: &str) -> Workspace {
        Workspace { id: self.id(), name: name.to_owned(), created_at: self.now(), sign_up: SignUp::default() }
    }

    pub(crate) fn member(&self, workspace_id: WorkspaceId, login: &str) -> Member {
        Member {
            id: self.id(),
            workspace_id,
            login: login.to_owned(),
            name: login.to_uppercase(),
            role: MemberRole::Member,
            locale: "zh-CN".to_owned(),
            created_at: self.now(),
            kind: MemberKind::Person,
            suspended_at: None,
            agents: None,
        }
    }

    pub(crate) fn session(&self, scope: Scope) -> Session {
        let now = self.now();
        Session {
            id: self.id(),
            scope,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus(Duration::from_secs(60)),
            client: Some("a browser".to_owned()),
        }
    }

    pub(crate) fn key(&self, scope: Scope, name: &str) -> ApiKey {
        ApiKey {
            id: self.id(),
            workspace_id: scope.workspace_id,
            member_id: scope.member_id,
            name: name.to_owned(),
            created_at: self.now(),
            revoked_at: None,
            scope: KeyScope::default(),
            budget: None,
            expires_at: None,
            previous_until: None,
        }
    }

    async fn join(&self, workspace_id: WorkspaceId, login: &str) -> Scope {
        let member = self.member(workspace_id, login);
        self.keep([members::insert(&member, &Secret::new(format!("hash of {login}")))]).await;
        member.scope()
    }

    pub(crate) fn thread(&self, scope: Scope, agent_id: &str) -> Thread {
        let now = self.now();
        Thread {
            id: self.id(),
            workspace_id: scope.workspace_id,
            member_id: scope.member_id,
            agent_id: agent_id.to_owned(),
            title: None,
            leaf_id: None,
            active_run_id: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// A thread that is kept.
    pub(crate) async fn begin(&self, scope: Scope) -> Thread {
        let thread = self.thread(scope, "tutor");
        self.keep([threads::insert(&thread)]).await;
        thread
    }

    pub(crate) fn message(&self, thread: &Thread, parent_id: Option<MessageId>, role: Role) -> Message {
        let id: MessageId = self.id();
        Message {
            id,
            thread_id: thread.id,
            parent_id,
            role,
            parts: vec![Part::Text { text: format!("你好 {id}") }],
            run_id: None,
            created_at: self.now(),
        }
    }

    /// A question, the reply to be written, and the run that writes it, as they are before they are kept.
    pub(crate) fn turn(&self, thread: &Thread, parent_id: Option<MessageId>) -> (Message, Message, Run) {
        let ask = self.message(thread, parent_id, Role::User);
        let mut reply = self.message(thread, Some(ask.id), Role::Assistant);
        let run = Run {
            id: self.id(),
            thread_id: thread.id,
            message_id: ask.id,
            reply_id: reply.id,
            agent_id: thread.agent_id.clone(),
            model: "qwen2.5-coder-0.5b-instruct".to_owned(),
            state: RunState::Queued,
            finish_reason: None,
            usage: None,
            timings: None,
            error: None,
            cost: None,
            route: None,
            created_at: self.now(),
            finished_at: None,
        };
        reply.parts.clear();
        reply.run_id = Some(run.id);
        (ask, reply, run)
    }

    /// A turn that is kept.
    pub(crate) async fn ask(
        &self,
        scope: Scope,
        thread: &Thread,
        parent: Option<MessageId>,
    ) -> (Message, Message, Run) {
        let (ask, reply, run) = self.turn(thread, parent);
        let mut writes = messages::insert(scope, &ask);
        writes.extend(messages::insert(scope, &reply));
        writes.push(runs::insert(scope, &run));
        writes.push(threads::set_leaf(scope, thread.id, reply.id));
        writes.push(threads::touch(scope, thread.id, run.created_at));
        self.keep(writes).await;
        (ask, reply, run)
    }

    pub(crate) fn finish(&self, state: RunState) -> Finish {
        Finish { state, finish_reason: None, usage: None, timings: None, error: None, at: self.now() }
    }
}

/// Frames with these numbers.
pub(crate) fn frames(seqs: std::ops::RangeInclusive<u64>) -> Vec<Frame> {
    seqs.map(|seq| Frame { seq, event: Event::TextDelta { text: format!("{seq} ") } }).collect()
}

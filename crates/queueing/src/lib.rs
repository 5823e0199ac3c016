//! Who is served next: weighted fair queueing over members, without a model, a clock or a thread.
//!
//! Every member has an account of the computing time spent on them, divided by their weight. Whoever has had least goes
//! first: to a sequence, to a piece of their prompt, to their next token. Nobody gets ahead of another active member by
//! more than one unit, so fifty requests of one member weigh as much as one of another; a debt is bounded, so that a
//! long prompt is paid for by a pause that is hardly felt and not by a long silence. A member who comes back after a
//! while begins where the others are: being away earns nothing.
//!
//! Requests of different groups cannot be computed in one step (a model has one set of adapters at a time). A step belongs
//! to the group of whoever is served next; the others are passed over and come first soon, since their accounts stand
//! still meanwhile.

mod account;
mod forecast;
mod pace;
#[cfg(test)]
mod simulation;

use std::collections::BTreeMap;
use std::time::Duration;

use account::Accounts;
pub use forecast::Forecast;
pub use pace::Pace;

/// What can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sequences that may hold a request at the same time.
    pub sequences: usize,
    /// Tokens written by one step.
    pub width: usize,
    /// Sequences that a member who runs nothing yet finds free, whatever the others ask for.
    pub spare: usize,
    /// Tokens of memory that all requests share.
    pub memory: u32,
    /// Tokens of memory that a member who runs nothing yet finds free, whatever the others ask for.
    pub reserve: u32,
    /// Requests that wait; more are refused.
    pub waiting: usize,
}

/// A request, as far as its turn depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its number.
    pub id: u64,
    /// Whose it is.
    pub member: String,
    /// How much the member counts against others; at least 1.
    pub weight: u32,
    /// All the memory it may ever need, in tokens.
    pub memory: u32,
    /// Only requests of one group are computed in one step.
    pub group: u64,
}

/// What the next step computes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Requests that get their next token.
    pub write: Vec<u64>,
    /// Requests that get on with their prompt, and by how many tokens.
    pub read: Vec<(u64, u32)>,
}

/// Answers that are being written while a step is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writers {
    /// Those that get their next token by this step.
    pub served: usize,
    /// Those of other groups, which wait for it to end.
    pub waiting: usize,
}

/// Too many requests wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// What a token costs to compute, as measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// Of a prompt.
    pub read: Duration,
    /// Of an answer.
    pub write: Duration,
}

/// A request that has a sequence.
#[derive(Debug)]
struct Running {
    wish: Wish,
    /// Tokens of its prompt that are still to be computed; nothing while it waits for what another one computes.
    unread: Option<u32>,
    /// When it was served last, in the count of all that were served.
    served: u64,
}

/// Decides who is served next.
#[derive(Debug)]
pub struct Policy {
    limits: Limits,
    accounts: Accounts,
    /// In the order in which they came.
    waiting: Vec<Wish>,
    running: Vec<Running>,
    /// How often anybody was served, and what of it was before the step that is planned.
    served: u64,
    before: u64,
}

impl Policy {
    /// Nobody wants anything yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            accounts: Accounts::default(),
            waiting: Vec::new(),
            running: Vec::new(),
            served: 0,
            before: 0,
        }
    }

    /// How many requests have a sequence.
    pub fn running(&self) -> usize {
        self.running.len()
    }

    /// True when nobody wants anything.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty() && self.running.is_empty()
    }

    /// Takes a request into the queue.
    ///
    /// # Errors
    /// When too many wait.
    pub fn arrive(&mut self, wish: Wish) -> Result<(), Full> {
        if self.waiting.len() >= self.limits.waiting {
            return Err(Full);
        }
        if !self.is_active(&wish.member) {
            self.accounts.enter(&wish.member);
        }
        self.waiting.push(wish);
        Ok(())
    }

    /// Forgets a request, whether it waits or runs.
    pub fn leave(&mut self, id: u64) {
        self.waiting.retain(|wish| wish.id != id);
        self.running.retain(|running| running.wish.id != id);
        let (waiting, running) = (&self.waiting, &self.running);
        self.accounts.retain(|member| {
            waiting
                .iter()
                .chain(running.iter().map(|running| &running.wish))
                .any(|wish| wish.member == member)
        });
    }

    /// The requests that wait, in the order in which they would be started if nobody else came.
    pub fn queue(&self) -> Vec<u64> {
        // How many requests of the same member are before a request: every one of them costs a turn.
        let mut before: BTreeMap<&str, u32> = BTreeMap::new();
        for running in &self.running {
            *before.entry(&running.wish.member).or_default() += 1;
        }
        let mut order: Vec<(u32, Duration, usize, u64)> = Vec::new();
        for (index, wish) in self.waiting.iter().enumerate() {
            let turns = before.entry(&wish.member).or_default();
            order.push((*turns / wish.weight.max(1), self.accounts.of(&wish.member), index, wish.id));
            *turns += 1;
        }
        order.sort_unstable();
        order.into_iter().map(|(.., id)| id).collect()
    }

    /// Moves the request whose turn it is to the running ones; `fits` says whether there is room for it now, apart
    /// from what is kept free for other members. Nobody overtakes the one whose turn it is.
    pub fn admit(&mut self, fits: impl FnOnce(&Wish) -> bool) -> Option<u64> {
        if self.waiting.is_empty() || self.running.len() >= self.limits.sequences {
            return None;
        }
        let id = *self.queue().iter().find(|id| self.may_have_more(**id))?;
        let index = self.waiting.iter().position(|wish| wish.id == id)?;
        if !fits(self.waiting.get(index)?) {
            return None;
        }
        let wish = self.waiting.remove(index);
        self.running.push(Running { wish, unread: Some(0), served: self.served });
        Some(id)
    }

    /// Says how much of an admitted request's prompt is to be computed.
    pub fn reads(&mut self, id: u64, unread: u32) {
        if let Some(running) = self.running.iter_mut().find(|running| running.wish.id == id) {
            running.unread = Some(unread);
        }
    }

    /// Passes an admitted request over until it is said again how much it [`reads`](Self::reads).
    pub fn hold(&mut self, id: u64) {
        if let Some(running) = self.running.iter_mut().find(|running| running.wish.id == id) {
            running.unread = None;
        }
    }

    /// Plans the next step and charges for it. `piece` gives the tokens of prompts that one step may compute, told
    /// who writes meanwhile.
    pub fn plan(&mut self, costs: Costs, piece: impl FnOnce(Writers) -> u32) -> Plan {
        self.before = self.served;
        let mut plan = Plan::default();
        let Some(group) = self.next_group() else { return plan };
        while plan.write.len() < self.limits.width {
            let Some(index) = self.next(group, |running| running.unread == Some(0)) else { break };
            plan.write.extend(self.serve(index, costs.write));
        }
        let mut room = piece(Writers { served: plan.write.len(), waiting: self.writers_beside(group) });
        while room > 0 {
            let Some(index) = self.next(group, |running| running.unread > Some(0)) else { break };
            let Some(running) = self.running.get_mut(index) else { break };
            let unread = running.unread.unwrap_or(0);
            let tokens = unread.min(room);
            running.unread = Some(unread - tokens);
            room -= tokens;
            plan.read.extend(self.serve(index, costs.read * tokens).map(|id| (id, tokens)));
        }
        plan
    }

    /// The group of whoever is served next.
    fn next_group(&self) -> Option<u64> {
        let candidates = self.running.iter().filter(|running| running.unread.is_some());
        candidates.min_by_key(|running| self.turn(running)).map(|running| running.wish.group)
    }

    fn writers_beside(&self, group: u64) -> usize {
        self.running.iter().filter(|running| running.unread == Some(0) && running.wish.group != group).count()
    }

    /// The request of a group to be served next among those that `qualify` and were not served yet: of the member who
    /// has had least, the one that has waited longest. Members who are ahead of another active one are passed over.
    fn next(&self, group: u64, qualify: impl Fn(&Running) -> bool) -> Option<usize> {
        let candidates = self.running.iter().enumerate().filter(|(_, running)| {
            running.wish.group == group && running.served <= self.before && qualify(running)
        });
        let (index, first) = candidates.min_by_key(|(_, running)| self.turn(running))?;
        let had = self.accounts.of(&first.wish.member);
        self.least_of_others(&first.wish.member).is_none_or(|least| had <= least).then_some(index)
    }

    /// Whose turn it is: the least comes first.
    fn turn(&self, running: &Running) -> (Duration, u64, u64) {
        (self.accounts.of(&running.wish.member), running.served, running.wish.id)
    }

    /// What the one has had who has had least among the members that can be served, apart from one.
    fn least_of_others(&self, member: &str) -> Option<Duration> {
        let served = |running: &&Running| running.unread.is_some() && running.wish.member != member;
        let others = self.running.iter().filter(served);
        others.map(|running| self.accounts.of(&running.wish.member)).min()
    }

    fn serve(&mut self, index: usize, cost: Duration) -> Option<u64> {
        self.served += 1;
        let running = self.running.get_mut(index)?;
        running.served = self.served;
        let id = running.wish.id;
        let (member, weight) = (running.wish.member.clone(), running.wish.weight);
        let least = self.least_of_others(&member);
        self.accounts.charge(&member, cost / weight.max(1), least);
        Some(id)
    }

    /// Whether a request may take room, or must leave it to members who run nothing yet.
    fn may_have_more(&self, id: u64) -> bool {
        let Some(wish) = self.waiting.iter().find(|wish| wish.id == id) else { return false };
        if self.running_of(&wish.member) == 0 {
            return true;
        }
        let used: u32 = self.running.iter().map(|running| running.wish.memory).sum();
        let left = self.limits.memory.saturating_sub(used).saturating_sub(wish.memory);
        left >= self.limits.reserve && self.running.len() + self.limits.spare < self.limits.sequences
    }

    fn running_of(&self, member: &str) -> usize {
        self.running.iter().filter(|running| running.wish.member == member).count()
    }

    fn is_active(&self, member: &str) -> bool {
        self.waiting.iter().any(|wish| wish.member == member) || self.running_of(member) > 0
    }
}

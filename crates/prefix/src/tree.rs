//! Which units there are: a tree of prompts, with what is in memory and what is on disk. Pure; bytes in, keys out.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use ports::TierUse;

use super::owner::Owner;
use super::unit::{Key, Unit};

/// A unit as the tree knows it.
#[derive(Clone, Debug)]
struct Node {
    parent: Key,
    owner: Owner,
    start: usize,
    tokens: Box<[i32]>,
    bytes: u64,
    memory: Option<Arc<Unit>>,
    on_disk: bool,
    /// When it was last used; grows.
    used: u64,
}

/// What a file says about its unit without its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sketch {
    pub(super) key: Key,
    pub(super) parent: Key,
    pub(super) owner: Owner,
    pub(super) start: usize,
    pub(super) tokens: Box<[i32]>,
    pub(super) bytes: u64,
}

impl From<&Unit> for Sketch {
    fn from(unit: &Unit) -> Self {
        Self {
            key: unit.key,
            parent: unit.parent,
            owner: unit.owner,
            start: unit.start,
            tokens: unit.tokens.clone(),
            bytes: unit.bytes(),
        }
    }
}

/// The units of one model.
#[derive(Debug, Default)]
pub(super) struct Tree {
    nodes: HashMap<Key, Node>,
    children: HashMap<Key, Vec<Key>>,
    uses: u64,
}

impl Tree {
    /// The path of units behind a root that covers most of a prompt, from its beginning, for somebody who may use it.
    /// Counts as a use of each.
    pub(super) fn find(&mut self, root: Key, prompt: &[i32], reader: Option<Owner>) -> Vec<Key> {
        let mut best: Vec<Key> = Vec::new();
        let mut reach = 0;
        // Paths to go on with, with the position that they reach.
        let mut open: Vec<(Vec<Key>, usize)> = vec![(Vec::new(), 0)];
        while let Some((path, at)) = open.pop() {
            let rest = prompt.get(at..).unwrap_or_default();
            let here = path.last().copied().unwrap_or(root);
            for key in self.children.get(&here).into_iter().flatten() {
                let Some(node) = self.nodes.get(key) else { continue };
                if node.start == at && node.owner.admits(reader) && rest.starts_with(&node.tokens) {
                    let longer: Vec<Key> = path.iter().copied().chain([*key]).collect();
                    open.push((longer, at + node.tokens.len()));
                }
            }
            if at > reach {
                (reach, best) = (at, path);
            }
        }
        if let Some(last) = best.last() {
            self.touch(*last);
        }
        best
    }

    /// Notes a use of a unit, and with it of all before it: a unit is never older than one that follows it.
    fn touch(&mut self, key: Key) {
        let mut at = key;
        while let Some(node) = self.nodes.get_mut(&at) {
            self.uses += 1;
            node.used = self.uses;
            at = node.parent;
        }
    }

    pub(super) fn contains(&self, key: Key) -> bool {
        self.nodes.contains_key(&key)
    }

    /// The position behind a unit.
    pub(super) fn end(&self, key: Key) -> Option<usize> {
        self.nodes.get(&key).map(|node| node.start + node.tokens.len())
    }

    /// The unit, when it is in memory.
    pub(super) fn in_memory(&self, key: Key) -> Option<Arc<Unit>> {
        self.nodes.get(&key)?.memory.clone()
    }

    /// Takes a unit in that is in memory now.
    pub(super) fn keep(&mut self, unit: &Arc<Unit>) {
        self.enter(Sketch::from(unit.as_ref()));
        self.touch(unit.key);
        if let Some(node) = self.nodes.get_mut(&unit.key) {
            node.memory = Some(Arc::clone(unit));
        }
    }

    /// Takes a unit in that is on disk now; later ones count as used later.
    pub(super) fn written(&mut self, sketch: Sketch) {
        let key = sketch.key;
        self.enter(sketch);
        if let Some(node) = self.nodes.get_mut(&key) {
            node.on_disk = true;
        }
    }

    fn enter(&mut self, sketch: Sketch) {
        if self.nodes.contains_key(&sketch.key) {
            return;
        }
        let Sketch { key, parent, owner, start, tokens, bytes } = sketch;
        self.children.entry(parent).or_default().push(key);
        let node = Node { parent, owner, start, tokens, bytes, memory: None, on_disk: false, used: 0 };
        self.nodes.insert(key, node);
        self.touch(key);
    }

    /// Forgets units whose beginning is gone: nobody can reach them.
    pub(super) fn drop_orphans(&mut self) -> Vec<Key> {
        let mut gone = Vec::new();
        loop {
            let orphan = self
                .nodes
                .iter()
                .find(|(_, node)| node.start > 0 && !self.nodes.contains_key(&node.parent))
                .map(|(key, _)| *key);
            match orphan {
                Some(key) => gone.extend(self.remove(key)),
                None => return gone,
            }
        }
    }

    /// Forgets a unit and all that follow it; returns those that are on disk.
    pub(super) fn remove(&mut self, key: Key) -> Vec<Key> {
        let mut on_disk = Vec::new();
        let mut open = vec![key];
        while let Some(key) = open.pop() {
            open.extend(self.children.remove(&key).unwrap_or_default());
            let Some(node) = self.nodes.remove(&key) else { continue };
            if let Some(siblings) = self.children.get_mut(&node.parent) {
                siblings.retain(|sibling| *sibling != key);
            }
            if node.on_disk {
                on_disk.push(key);
            }
        }
        on_disk
    }

    /// Forgets all units of one owner; returns those that are on disk.
    pub(super) fn remove_owner(&mut self, owner: Owner) -> Vec<Key> {
        let theirs: Vec<Key> =
            self.nodes.iter().filter(|(_, node)| node.owner == owner).map(|(key, _)| *key).collect();
        theirs.into_iter().flat_map(|key| self.remove(key)).collect()
    }

    /// Gives memory back until no more than `limit` bytes are used, what was unused longest first; agents' own prompts
    /// stay as long as there is anything else. Returns the files that are of no use any more.
    pub(super) fn shrink_memory(&mut self, limit: u64) -> Vec<Key> {
        let mut files = Vec::new();
        while self.memory().bytes > limit {
            let Some(key) = self.least_wanted(|node| node.memory.is_some()) else { break };
            match self.nodes.get_mut(&key) {
                Some(node) if node.on_disk => node.memory = None,
                _ => files.extend(self.remove(key)),
            }
        }
        files
    }

    /// Chooses units to be deleted from disk until no more than `limit` bytes are used there.
    pub(super) fn shrink_disk(&mut self, limit: u64) -> Vec<Key> {
        let mut files = Vec::new();
        while self.disk().bytes > limit {
            let Some(key) = self.least_wanted(|node| node.on_disk) else { break };
            files.extend(self.remove(key));
        }
        files
    }

    fn least_wanted(&self, qualifies: impl Fn(&Node) -> bool) -> Option<Key> {
        self.nodes
            .iter()
            .filter(|(_, node)| qualifies(node))
            .min_by_key(|(key, node)| (node.owner == Owner::Everybody, node.used, Reverse(node.start), **key))
            .map(|(key, _)| *key)
    }

    pub(super) fn memory(&self) -> TierUse {
        self.held(|node| node.memory.is_some())
    }

    pub(super) fn disk(&self) -> TierUse {
        self.held(|node| node.on_disk)
    }

    fn held(&self, qualifies: impl Fn(&Node) -> bool) -> TierUse {
        self.nodes.values().filter(|node| qualifies(node)).fold(TierUse::default(), |held, node| TierUse {
            units: held.units + 1,
            tokens: held.tokens + u64::try_from(node.tokens.len()).unwrap_or(u64::MAX),
            bytes: held.bytes + node.bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [1; 32];

    fn root() -> Key {
        Key::root("model")
    }

    fn anna() -> Owner {
        Owner::member(&SECRET, "anna")
    }

    fn unit(parent: Option<&Arc<Unit>>, owner: Owner, tokens: &[i32], bytes: usize) -> Arc<Unit> {
        let (before, start) = parent.map_or((root(), 0), |parent| (parent.key, parent.end()));
        Arc::new(Unit {
            key: before.child(owner, tokens),
            parent: before,
            owner,
            start,
            tokens: tokens.into(),
            state: vec![0; bytes - 4 * tokens.len()].into(),
        })
    }

    /// An agent's prompt (1, 2), and behind it a question (3) of Anna's and its answer (4).
    fn conversation() -> (Tree, [Arc<Unit>; 3]) {
        let agent = unit(None, Owner::Everybody, &[1, 2], 100);
        let question = unit(Some(&agent), anna(), &[3], 100);
        let answer = unit(Some(&question), anna(), &[4], 100);
        let mut tree = Tree::default();
        for unit in [&agent, &question, &answer] {
            tree.keep(unit);
        }
        (tree, [agent, question, answer])
    }

    #[test]
    fn a_prompt_is_covered_as_far_as_whole_units_match() {
        let (mut tree, [agent, question, answer]) = conversation();
        assert_eq!(tree.find(root(), &[1, 2, 3, 4, 5], Some(anna())), [agent.key, question.key, answer.key]);
        assert_eq!(tree.find(root(), &[1, 2, 3, 9], Some(anna())), [agent.key, question.key]);
        assert_eq!(tree.find(root(), &[1, 9], Some(anna())), []);
    }

    #[test]
    fn others_see_only_what_belongs_to_everybody() {
        let (mut tree, [agent, ..]) = conversation();
        let bert = Owner::member(&SECRET, "bert");
        assert_eq!(tree.find(root(), &[1, 2, 3, 4], Some(bert)), [agent.key]);
        assert_eq!(tree.find(root(), &[1, 2, 3, 4], None), [agent.key]);
    }

    #[test]
    fn of_two_paths_the_longer_one_wins() {
        let (mut tree, [agent, ..]) = conversation();
        let long = unit(Some(&agent), anna(), &[3, 4, 5], 100);
        tree.keep(&long);
        assert_eq!(tree.find(root(), &[1, 2, 3, 4, 5], Some(anna())), [agent.key, long.key]);
    }

    #[test]
    fn what_was_computed_with_an_adapter_is_found_with_it_alone() {
        let (mut tree, [agent, ..]) = conversation();
        let adapted = root().adapted("4f", 1.0);
        assert_eq!(tree.find(adapted, &[1, 2, 3], Some(anna())), []);
        let unit = Unit { key: adapted.child(agent.owner, &[1, 2]), parent: adapted, ..(*agent).clone() };
        tree.written(Sketch::from(&unit));
        assert_eq!(tree.drop_orphans(), []);
        assert_eq!(tree.find(adapted, &[1, 2, 3], Some(anna())), [unit.key]);
    }

    #[test]
    fn memory_goes_to_what_was_used_last_and_agents_stay() {
        let (mut tree, [agent, question, answer]) = conversation();
        let other = unit(Some(&agent), Owner::member(&SECRET, "bert"), &[7], 100);
        tree.keep(&other);
        tree.find(root(), &[1, 2, 3, 4], Some(anna()));
        assert_eq!(tree.shrink_memory(300), []);
        assert!(!tree.contains(other.key));
        assert!(tree.shrink_memory(200).is_empty());
        assert!(tree.contains(question.key) && !tree.contains(answer.key));
        tree.shrink_memory(100);
        assert!(tree.contains(agent.key) && !tree.contains(question.key));
        tree.shrink_memory(0);
        assert_eq!(tree.memory(), TierUse::default());
    }

    #[test]
    fn what_is_on_disk_outlives_its_memory() {
        let (mut tree, [agent, ..]) = conversation();
        tree.written(Sketch::from(agent.as_ref()));
        tree.shrink_memory(0);
        assert_eq!(tree.find(root(), &[1, 2, 3], None), [agent.key]);
        assert_eq!(tree.in_memory(agent.key), None);
        assert_eq!((tree.disk().units, tree.memory().units), (1, 0));
    }

    #[test]
    fn what_cannot_be_reached_any_more_goes_with_its_beginning() {
        let (mut tree, [agent, question, answer]) = conversation();
        for unit in [&agent, &question, &answer] {
            tree.written(Sketch::from(unit.as_ref()));
        }
        let mut gone = tree.remove(question.key);
        gone.sort_unstable();
        let mut expected = vec![question.key, answer.key];
        expected.sort_unstable();
        assert_eq!(gone, expected);
        assert!(tree.contains(agent.key));
    }

    #[test]
    fn the_disk_is_cleared_from_the_ends_of_conversations() {
        let (mut tree, [agent, question, answer]) = conversation();
        for unit in [&agent, &question, &answer] {
            tree.written(Sketch::from(unit.as_ref()));
        }
        tree.find(root(), &[1, 2, 3, 4], Some(anna()));
        assert_eq!(tree.shrink_disk(299), [answer.key]);
        assert_eq!(tree.shrink_disk(100), [question.key]);
        assert_eq!(tree.shrink_disk(99), [agent.key]);
    }

    #[test]
    fn a_member_can_be_forgotten() {
        let (mut tree, [agent, question, _]) = conversation();
        tree.written(Sketch::from(question.as_ref()));
        assert_eq!(tree.remove_owner(anna()), [question.key]);
        assert_eq!(tree.find(root(), &[1, 2, 3], Some(anna())), [agent.key]);
    }

    #[test]
    fn units_without_a_beginning_are_orphans() {
        let (_, [agent, question, answer]) = conversation();
        let mut tree = Tree::default();
        tree.written(Sketch::from(answer.as_ref()));
        tree.written(Sketch::from(agent.as_ref()));
        assert_eq!(tree.drop_orphans(), [answer.key]);
        tree.written(Sketch::from(question.as_ref()));
        assert_eq!(tree.drop_orphans(), []);
    }
}

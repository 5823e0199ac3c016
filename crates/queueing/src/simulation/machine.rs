//! A machine that computes nothing and takes the time that a real one would.

use std::time::Duration;

use crate::{Costs, Limits, Pace, Plan, Policy, Wish};

pub(super) const LIMITS: Limits =
    Limits { sequences: 16, width: 8, spare: 2, memory: 16_384, reserve: 2_048, waiting: 10_000 };
/// As measured with half a billion parameters on two cores: a token of a prompt, a step that writes, a token in it.
pub(super) const READ: Duration = Duration::from_millis(8);
pub(super) const STEP: Duration = Duration::from_millis(35);
pub(super) const ROW: Duration = Duration::from_millis(13);
pub(super) const COSTS: Costs = Costs { read: READ, write: Duration::from_millis(25) };
/// The usual piece of a prompt, and the largest.
const PIECE: u32 = 128;

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) member: usize,
    pub(super) weight: u32,
    pub(super) at: Duration,
    pub(super) prompt: u32,
    pub(super) output: u32,
    pub(super) group: u64,
}

/// What became of a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    pub(super) started: Option<Duration>,
    pub(super) tokens: Vec<Duration>,
    /// Of its prompt, and then of its answer.
    pub(super) left: (u32, u32),
}

pub(super) struct Machine {
    pub(super) policy: Policy,
    pace: Pace,
    /// How much slower than usual it is.
    pub(super) slowness: u32,
    pub(super) requests: Vec<Request>,
    pub(super) fates: Vec<Fate>,
    now: Duration,
    arrived: usize,
}

impl Machine {
    pub(super) fn new(mut requests: Vec<Request>) -> Self {
        requests.sort_by_key(|request| request.at);
        let fates =
            requests.iter().map(|request| Fate { left: (request.prompt, request.output), ..Fate::default() });
        Self {
            policy: Policy::new(LIMITS),
            pace: Pace::new(PIECE),
            slowness: 1,
            fates: fates.collect(),
            requests,
            now: Duration::ZERO,
            arrived: 0,
        }
    }

    /// Works until all is done or `until` is reached.
    pub(super) fn run(&mut self, until: Duration) -> &mut Self {
        while self.now < until {
            self.take_in();
            if self.policy.is_idle() {
                let Some(next) = self.requests.get(self.arrived) else { break };
                self.now = next.at;
                continue;
            }
            while let Some(id) = self.policy.admit(|_| true) {
                let index = usize::try_from(id).unwrap();
                self.policy.reads(id, self.requests[index].prompt);
                self.fates[index].started = Some(self.now);
            }
            let pace = self.pace;
            let plan = self.policy.plan(pace.costs(), |writers| pace.chunk(writers, PIECE));
            assert!(!plan.write.is_empty() || !plan.read.is_empty(), "work is there and nobody is served");
            assert!(plan.write.len() <= LIMITS.width);
            self.compute(&plan);
        }
        self
    }

    fn take_in(&mut self) {
        while let Some(request) = self.requests.get(self.arrived).filter(|request| request.at <= self.now) {
            let wish = Wish {
                id: u64::try_from(self.arrived).unwrap(),
                member: request.member.to_string(),
                weight: request.weight,
                memory: request.prompt + request.output,
                group: request.group,
            };
            self.policy.arrive(wish).unwrap();
            self.arrived += 1;
        }
    }

    fn compute(&mut self, plan: &Plan) {
        let served = plan.write.iter().chain(plan.read.iter().map(|(id, _)| id));
        let mut groups = served.map(|id| self.requests[usize::try_from(*id).unwrap()].group);
        let group = groups.next().unwrap();
        assert!(groups.all(|other| other == group), "a step computes one group");
        let rows = u32::try_from(plan.write.len()).unwrap();
        let read: u32 = plan.read.iter().map(|(_, tokens)| tokens).sum();
        let took = (STEP + ROW * rows + READ * read) * self.slowness;
        self.now += took;
        match read {
            0 => self.pace.observe_writing(rows, took),
            _ => self.pace.observe(rows, read, took),
        }
        for id in &plan.write {
            self.token(*id);
        }
        for (id, tokens) in &plan.read {
            let fate = &mut self.fates[usize::try_from(*id).unwrap()];
            fate.left.0 -= tokens;
            if fate.left.0 == 0 {
                self.token(*id);
            }
        }
    }

    fn token(&mut self, id: u64) {
        let fate = &mut self.fates[usize::try_from(id).unwrap()];
        assert_eq!(fate.left.0, 0, "nothing is written before the prompt is read");
        fate.tokens.push(self.now);
        fate.left.1 -= 1;
        if fate.left.1 == 0 {
            self.policy.leave(id);
        }
    }

    pub(super) fn of(&self, member: usize) -> impl Iterator<Item = &Fate> {
        self.requests
            .iter()
            .zip(&self.fates)
            .filter(move |(request, _)| request.member == member)
            .map(|(_, fate)| fate)
    }

    /// Tokens that a member got between two moments.
    pub(super) fn tokens(&self, member: usize, from: Duration, to: Duration) -> usize {
        self.of(member).flat_map(|fate| &fate.tokens).filter(|at| (from..to).contains(*at)).count()
    }
}

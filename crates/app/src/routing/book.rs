//! What a route really saved.

use catalog::ModelRef;
use money::{Amount, Usage};
use router::Policy;
use stdx::Timestamp;
use wire::{RouteDraft, RouteEnding};

use super::Trail;
use crate::App;

/// What was really used, as far as it was told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used<'a> {
    /// When it began.
    pub(crate) began_at: Timestamp,
    /// What the answer used.
    pub(crate) answer: &'a Usage,
    /// What that costs; absent without a price.
    pub(crate) cost: Option<Amount>,
    /// What drafts that were not shown cost whoever asked; absent where that has no price.
    pub(crate) drafted: Option<Amount>,
    /// What attempts before it cost; absent where something of that has no price.
    pub(crate) before: Option<Amount>,
}

impl Used<'_> {
    /// All of it; absent where something of it has no price.
    pub(crate) fn total(&self) -> Option<Amount> {
        self.cost.zip(self.before).and_then(|(answer, before)| answer.checked_add(before))
    }
}

/// What came of a route: with figures where somebody answered.
pub(crate) fn ending(app: &App, trail: &Trail, answered: Option<Used<'_>>) -> RouteEnding {
    let policy = trail.policy.as_deref().and_then(|id| app.policy(id));
    let figures = answered.zip(policy).map(|(used, policy)| {
        let cost = used.total();
        let reference = app.reference_of(policy);
        let reference = reference.and_then(|it| app.tariff.cost_at(it, used.began_at, used.answer));
        (cost, reference)
    });
    let (cost, reference) = figures.unwrap_or_default();
    let saved = reference.zip(cost).and_then(|(reference, cost)| reference.checked_sub(cost));
    let drafted = answered.and_then(|used| used.drafted).map(Amount::micros);
    let draft = trail.followed.draft.clone().map(|draft| RouteDraft { cost_micros: drafted, ..draft });
    RouteEnding {
        draft,
        tried: trail.followed.tried.clone(),
        model: trail.followed.model.clone(),
        cost_micros: cost.map(Amount::micros),
        reference_micros: reference.map(Amount::micros),
        saved_micros: saved.map(Amount::micros),
    }
}

impl App {
    /// What a policy's savings are told against.
    pub(super) fn reference_of<'a>(&'a self, policy: &'a Policy) -> Option<ModelRef<'a>> {
        let own = policy.reference.as_ref();
        let own = own.map(|own| ModelRef { vendor: &own.vendor, model: &own.model });
        own.or_else(|| self.tariff.prices.reference())
    }
}

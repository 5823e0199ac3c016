use money::{Amount, Currency};
use stdx::Timestamp;

use crate::calendar::Every;
use crate::file::{self, PlanError};
use crate::thresholds::Thresholds;
use crate::window::{Measure, Window};

/// What a member is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The name of its file: `plus`.
    pub id: String,
    /// Higher plans offer more; no two have one rank. A plan with rank 0 is what members have who hold none.
    pub rank: u32,
    /// Members of these roles have it without buying it. Such a plan is not offered.
    pub roles: Vec<String>,
    /// For people.
    pub name: Names,
    /// The currency of its price and its credits.
    pub currency: Currency,
    /// What a period costs.
    pub price: Amount,
    /// How long a period is.
    pub every: Every,
    /// How long it may be tried free of charge.
    pub trial_days: u32,
    /// What may be used.
    pub access: Access,
    /// The policy that chooses who answers where neither the question nor its agent names a model, and for whoever asks for
    /// `auto`.
    pub policy: Option<String>,
    /// How many runs may go on at once.
    pub concurrent_runs: u32,
    /// How much its members count against others when a local model is busy.
    pub weight: u32,
    /// How fast it may be used; there is no paying around these.
    pub rates: Vec<Allowance>,
    /// How much of it may be used; every one of them must have room.
    pub allowances: Vec<Allowance>,
    /// What happens when an allowance is used up.
    pub at_end: AtEnd,
}

/// A name in the languages of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Agents by id.
    pub agents: Patterns,
    /// Models by id.
    pub models: Patterns,
    /// Tools by name.
    pub tools: Patterns,
    /// Apps by id.
    pub apps: Patterns,
    /// Whether models may be used that have no price. They are shown as unpriced, never as free.
    pub unpriced_models: bool,
}

/// Names, or beginnings of names that end in `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns(pub(crate) Vec<String>);

impl Plan {
    /// True for a plan that members can choose and have to choose: neither a role's own nor the one everybody has.
    pub fn is_for_sale(&self) -> bool {
        self.roles.is_empty() && self.rank > 0
    }

    /// Runs that began after this instant count in some window of the plan.
    pub fn counts_since(&self, now: Timestamp, offset_minutes: i32) -> Timestamp {
        let windows = self.rates.iter().chain(&self.allowances);
        let begins = windows.map(|allowance| allowance.window.counts_since(now, offset_minutes));
        begins.min().unwrap_or(now)
    }
}

impl Patterns {
    /// Whether one of them matches.
    pub fn allow(&self, name: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => pattern == name,
        })
    }
}

/// So much in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// The window that it is counted in.
    pub window: Window,
    /// What is counted.
    pub measure: Measure,
    /// How much: micro-units for credits.
    pub most: u64,
    /// When people are told how much of it is used, where the plan says so itself.
    pub alert_at: Option<Thresholds>,
}

/// What happens when an allowance is used up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// Nothing more until there is room again.
    Stop,
    /// It goes on with this model, at no further cost.
    CheaperModel(String),
    /// It goes on from the wallet.
    Wallet,
}

/// All plans, by rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plans {
    currency: Currency,
    list: Vec<Plan>,
}

impl Plans {
    /// Reads the plans of these files: path for messages, and text.
    ///
    /// # Errors
    /// At the first file or field that cannot be right, or when two plans have one id or rank, or none has rank 0; the
    /// error says which and what is expected.
    pub fn read<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, PlanError> {
        let mut plans: Vec<Plan> = Vec::new();
        for (path, text) in files {
            let plan = file::read(path, text)?;
            for other in &plans {
                let wrong = |field, expected: &str, found: String| {
                    Err(PlanError::Value {
                        file: path.to_owned(),
                        field,
                        expected: expected.to_owned(),
                        found,
                    })
                };
                if other.id == plan.id {
                    return wrong("id".to_owned(), "an id that no other plan has", plan.id);
                }
                if other.rank == plan.rank {
                    let expected = format!("another rank than `{}` has", other.id);
                    return wrong("rank".to_owned(), &expected, plan.rank.to_string());
                }
                if other.currency != plan.currency {
                    let expected = format!("{}, as `{}` has", other.currency, other.id);
                    return wrong("price.currency".to_owned(), &expected, plan.currency.to_string());
                }
            }
            plans.push(plan);
        }
        plans.sort_by_key(|plan| plan.rank);
        match plans.first() {
            Some(first) if first.rank == 0 && first.price == Amount::ZERO && first.roles.is_empty() => {
                Ok(Self { currency: first.currency, list: plans })
            }
            _ => Err(PlanError::NoneForAll),
        }
    }

    /// The plan of this id.
    pub fn get(&self, id: &str) -> Option<&Plan> {
        self.list.iter().find(|plan| plan.id == id)
    }

    /// All plans, the least first.
    pub fn iter(&self) -> impl Iterator<Item = &Plan> {
        self.list.iter()
    }

    /// The one currency of all of them.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// What a member of a role has who bought nothing: the highest plan of the role, or the least one of all.
    pub fn of_role(&self, role: &str) -> Option<&Plan> {
        let has_role = |plan: &&Plan| plan.roles.iter().any(|other| other == role);
        self.list.iter().rev().find(has_role).or_else(|| self.list.first())
    }

    /// The least plan above a rank that satisfies a wish.
    pub(crate) fn above(&self, rank: u32, wish: impl Fn(&Plan) -> bool) -> Option<&Plan> {
        self.list.iter().find(|plan| plan.rank > rank && plan.roles.is_empty() && wish(plan))
    }
}

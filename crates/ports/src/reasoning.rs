//! How long a model may think before it answers.

use serde::{Deserialize, Serialize};

/// How much thought a question is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effort {
    /// None at all, as far as the model can do without.
    None,
    /// A glance.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// As much as the model likes.
    High,
}

/// How long a model may think before it answers. Models that do not think are not concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reasoning {
    /// Told to the models that understand it, and a budget for all of them; absent: as the model likes.
    pub effort: Option<Effort>,
    /// Tokens, whatever the effort; absent: by the effort.
    pub budget: Option<u32>,
}

impl Reasoning {
    /// Tokens after which the reasoning is ended; nothing when it ends by itself.
    pub fn tokens(self) -> Option<u32> {
        self.budget.or_else(|| match self.effort? {
            Effort::None => Some(0),
            Effort::Minimal => Some(128),
            Effort::Low => Some(512),
            Effort::Medium => Some(2048),
            Effort::High => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_counts_more_than_an_effort() {
        let both = |effort, budget| Reasoning { effort, budget }.tokens();
        assert_eq!(both(None, None), None);
        assert_eq!(both(Some(Effort::High), None), None);
        assert_eq!(both(Some(Effort::None), None), Some(0));
        assert_eq!(both(Some(Effort::None), Some(9)), Some(9));
        assert_eq!(both(None, Some(9)), Some(9));
        let budgets = [Effort::None, Effort::Minimal, Effort::Low, Effort::Medium];
        let budgets = budgets.map(|effort| both(Some(effort), None).unwrap());
        assert!(budgets.is_sorted(), "{budgets:?}");
    }
}

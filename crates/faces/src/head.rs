//! What the documents of one answer have in common, and what all its choices consumed together.

use wire::Usage;

/// What every document of one answer has in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Ours, without what a face puts before it.
    pub id: String,
    /// Seconds since 1970.
    pub created: u64,
    /// Who answers.
    pub model: String,
    /// Nobody else may come to answer: what is told of the answer's beginning needs to wait for nothing.
    pub is_sure: bool,
}

impl Head {
    /// The id of a call: unique, and the same however the answer is read.
    pub(crate) fn call_id(&self, choice: u32, call: u32) -> String {
        let id = &self.id;
        match choice {
            0 => format!("call_{id}_{call}"),
            choice => format!("call_{id}_{choice}_{call}"),
        }
    }
}

/// What several choices consumed: each its own answer, and all of them one prompt.
#[derive(Debug, Default)]
pub(crate) struct Total(Usage);

impl Total {
    /// Adds what one choice reports. The first of them has computed the prompt.
    pub(crate) fn add(&mut self, choice: u32, usage: Usage) {
        self.0.output_tokens += usage.output_tokens;
        self.0.reasoning_tokens += usage.reasoning_tokens;
        if choice == 0 {
            let Usage { output_tokens, reasoning_tokens, .. } = self.0;
            self.0 = Usage { output_tokens, reasoning_tokens, ..usage };
        }
    }

    /// The sum so far.
    pub(crate) fn usage(&self) -> Usage {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_counts_once_whichever_choice_ends_first() {
        let usage = |cached_tokens, output_tokens| Usage {
            input_tokens: 7,
            cached_tokens,
            output_tokens,
            reasoning_tokens: 1,
        };
        for order in [[0, 1], [1, 0]] {
            let mut total = Total::default();
            for choice in order {
                total.add(choice, if choice == 0 { usage(3, 5) } else { usage(6, 4) });
            }
            assert_eq!(total.usage(), Usage { reasoning_tokens: 2, ..usage(3, 9) });
        }
    }

    #[test]
    fn calls_of_different_choices_have_different_ids() {
        let head = Head { id: "x".to_owned(), created: 0, model: String::new(), is_sure: true };
        assert_eq!(
            [head.call_id(0, 0), head.call_id(0, 1), head.call_id(1, 0)],
            ["call_x_0", "call_x_1", "call_x_1_0"]
        );
    }
}

//! Knobs in any company.

use std::sync::LazyLock;

use dialects::Delivery;
use proptest::prelude::*;

use crate::client::{Town, endpoints, question, town};
use crate::streams::account;

static TOWN: LazyLock<(tokio::runtime::Runtime, Town)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let town = runtime.block_on(town());
    (runtime, town)
});

/// Knobs that change nothing about what is to be heard.
const HARMLESS: [&str; 8] =
    ["batch-3", "batch", "trickle", "tps-9000", "first-1ms", "head-1ms", "flaky-3.flaky-0", "pause-2-1ms"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn what_is_heard_is_what_was_scripted(
        say in 1_u32..30,
        think in 0_u32..6,
        hidden in 0_u32..6,
        counts in (1_u64..500, 0_u64..500, 0_u64..500),
        extra in prop::sample::subsequence(HARMLESS.to_vec(), 0..3),
        kind in prop::sample::select(vec!["", ".json", ".calls-2", ".seed-7"]),
        usage in prop::sample::select(vec!["", ".usage-last", ".usage-behind", ".usage-each"]),
        which in 0_usize..4,
        is_whole: bool,
    ) {
        let (prompt, cached, written) = counts;
        let extra: String = extra.iter().map(|knob| format!(".{knob}")).collect();
        let model = format!("say-{say}.think-{think}.hidden-{hidden}.prompt-{prompt}.cached-{cached}.written-{written}{kind}{usage}{extra}");
        let (runtime, town) = &*TOWN;
        let endpoint = &endpoints()[which];
        let delivery = if is_whole { Delivery::Whole } else { Delivery::Streamed };
        let heard = runtime.block_on(town.ask(endpoint, &model, delivery, &question()));
        let meant = town.meant(endpoint, &model, &question());
        prop_assert_eq!((heard.status, heard.is_broken), (200, false));
        prop_assert_eq!((heard.said(), heard.thought()), (meant.said(), meant.thought()));
        prop_assert_eq!(heard.calls().len(), meant.calls.len());
        prop_assert_eq!(account(&heard), Some(meant.account));
    }
}

//! How a call ended, in the ledger's words: who pays for which attempt.

use agent::Outcome;
use ledger::{Attempt, Basis, Ending, Share};
use money::{Report, Usage, UsageError};
use ports::AttemptEnding;
use wire::RunState;

/// Who pays for what.
#[derive(Debug)]
pub(super) struct Shares<'a> {
    /// What the member pays for.
    pub(super) member: Share,
    /// What the operator pays for: each share with its attempt. The last one has none when nobody waited for its end.
    pub(super) operator: Vec<(Option<&'a ports::Attempt>, Share)>,
}

/// Sorts what came of a call. Without attempts a model of this machine was asked, or nobody waited for a provider's end.
pub(super) fn shares<'a>(
    outcome: &Outcome,
    attempts: &'a [ports::Attempt],
    is_local: bool,
) -> Result<Shares<'a>, UsageError> {
    let counted = normalise(outcome.usage)?;
    if attempts.iter().any(|attempt| attempt.ending == AttemptEnding::Recalled) {
        let found = Ending::FromCache { usage: at_cache_price(outcome.usage)? }.shares();
        // Whoever was asked in vain before somebody had the answer is paid all the same.
        let before: Vec<_> = attempts.iter().filter(|it| it.ending != AttemptEnding::Recalled).collect();
        let given_up = before.iter().map(|attempt| given_up_for_another(attempt)).collect();
        let last = Attempt {
            outcome: ledger::Outcome::FailedBeforeFirstToken,
            reported: None,
            counted: Usage::default(),
        };
        let operator = Ending::Called { given_up, last }.shares().operator;
        let operator = before.into_iter().map(Some).zip(operator).collect();
        return Ok(Shares { member: found.member, operator });
    }
    let (given_up, last) = match attempts.split_last() {
        // A model of this machine answers, and those before it were asked in vain.
        _ if is_local => (attempts, None),
        Some((last, before)) if is_last(outcome.state, last) => (before, Some(last)),
        _ => (attempts, None),
    };
    let reported = last.map(|last| last.reported().map(|spent| spent.usage.clone()));
    let reported = match (reported, outcome.state) {
        (Some(reported), _) => reported,
        // What a model of this machine reports stands in the outcome of a run that succeeded; of all others it was counted
        // what was shown.
        (None, RunState::Succeeded) if is_local => Some(counted.clone()),
        (None, _) => None,
    };
    let how = how(outcome, reported.is_some());
    let ending = Ending::Called {
        given_up: given_up.iter().map(given_up_for_another).collect(),
        last: Attempt { outcome: how, reported, counted: counted.clone() },
    };
    let found = ending.shares();
    // This machine's own models have no provider to be paid.
    let told = given_up.iter().map(Some).chain((!is_local).then_some(last));
    let answers = attempts.iter().filter(|attempt| attempt.ending == AttemptEnding::Answered).count();
    // Several answers to one prompt are one bill, of what was added up over all of them.
    let member = if answers > 1 && outcome.state == RunState::Succeeded {
        Share { usage: counted, basis: Basis::Reported }
    } else {
        found.member
    };
    Ok(Shares { member, operator: told.zip(found.operator).collect() })
}

/// Whether an attempt is the one that the member saw. Nobody heard of the one that a member stopped.
fn is_last(state: RunState, attempt: &ports::Attempt) -> bool {
    match state {
        RunState::Succeeded | RunState::Failed => true,
        RunState::Cancelled | RunState::Interrupted | RunState::Queued | RunState::Running => {
            attempt.first_token.is_some()
        }
    }
}

fn how(outcome: &Outcome, is_reported: bool) -> ledger::Outcome {
    match outcome.state {
        RunState::Succeeded if is_reported => ledger::Outcome::Complete,
        RunState::Succeeded => ledger::Outcome::EndedWithoutUsage,
        RunState::Cancelled => ledger::Outcome::Cancelled,
        RunState::Failed if outcome.usage.output_tokens == 0 => ledger::Outcome::FailedBeforeFirstToken,
        RunState::Failed => ledger::Outcome::FailedAfterTokens,
        RunState::Interrupted | RunState::Queued | RunState::Running => ledger::Outcome::Crashed,
    }
}

/// Nothing of it was shown, but for the other answers to the same prompt, which the member's share has in it.
fn given_up_for_another(attempt: &ports::Attempt) -> Attempt {
    let outcome = match attempt.ending {
        AttemptEnding::Answered => ledger::Outcome::Complete,
        AttemptEnding::Failed(_) | AttemptEnding::Left | AttemptEnding::Recalled => {
            ledger::Outcome::FailedBeforeFirstToken
        }
    };
    let reported = attempt.reported().map(|spent| spent.usage.clone());
    Attempt { outcome, reported, counted: Usage::default() }
}

/// What a kept answer is paid for: its prompt, as one that a cache has. Nothing was written.
fn at_cache_price(usage: wire::Usage) -> Result<Usage, UsageError> {
    normalise(wire::Usage {
        cached_tokens: usage.input_tokens,
        output_tokens: 0,
        reasoning_tokens: 0,
        ..usage
    })
}

/// What was counted, in the words of prices.
pub(super) fn normalise(usage: wire::Usage) -> Result<Usage, UsageError> {
    let wire::Usage { input_tokens, cached_tokens, output_tokens, reasoning_tokens } = usage;
    let report = Report {
        input: input_tokens,
        cache_read: cached_tokens.min(input_tokens),
        output: output_tokens,
        reasoning: reasoning_tokens.min(output_tokens),
        ..Report::default()
    };
    report.normalise()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use money::Unit;
    use ports::{Consumed, Spent};
    use stdx::Timestamp;
    use wire::{ErrorCode, Timings};

    use super::*;

    const SHOWN: wire::Usage =
        wire::Usage { input_tokens: 10, cached_tokens: 0, output_tokens: 2, reasoning_tokens: 0 };

    fn outcome(state: RunState, usage: wire::Usage) -> Outcome {
        Outcome { state, finish_reason: None, usage, timings: Timings::default(), error: None }
    }

    fn used(output: u64) -> Usage {
        Usage::of([(Unit::Input, 10), (Unit::CacheWrite5m, 5), (Unit::Output, output)]).unwrap()
    }

    fn attempt(ending: AttemptEnding, told: Option<u64>) -> ports::Attempt {
        let spent = |output| Spent {
            usage: used(output),
            raw: String::new(),
            is_doubtful: false,
            cost: None,
            class: None,
        };
        ports::Attempt {
            deployment: "toy/m".to_owned(),
            provider: "toy".to_owned(),
            model: "m".to_owned(),
            began_at: Timestamp::from_micros(1),
            first_token: (ending == AttemptEnding::Answered).then_some(Duration::ZERO),
            took: Duration::ZERO,
            ending,
            consumed: told
                .map_or(Consumed::Unknown { bytes: 1 }, |output| Consumed::Told(Box::new(spent(output)))),
            request_id: None,
        }
    }

    fn bases(shares: &Shares<'_>) -> (Basis, Vec<(bool, Basis)>) {
        let operator = shares.operator.iter().map(|(told, share)| (told.is_some(), share.basis));
        (shares.member.basis, operator.collect())
    }

    const BUSY: AttemptEnding = AttemptEnding::Failed(ErrorCode::UpstreamBusy);

    #[test]
    fn the_member_pays_the_report_of_the_last_attempt_and_the_operator_all() {
        let attempts =
            [attempt(BUSY, Some(0)), attempt(BUSY, None), attempt(AttemptEnding::Answered, Some(3))];
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &attempts, false).unwrap();
        let told = [(true, Basis::Reported), (true, Basis::Nothing), (true, Basis::Reported)];
        assert_eq!(bases(&found), (Basis::Reported, told.to_vec()));
        assert_eq!(found.member.usage, used(3), "written to a cache and all");
    }

    #[test]
    fn without_a_report_both_pay_an_estimate() {
        let attempts = [attempt(AttemptEnding::Answered, None)];
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &attempts, false).unwrap();
        assert_eq!(bases(&found), (Basis::Estimated, vec![(true, Basis::Estimated)]));
        assert_eq!(found.member.usage.total_tokens(), 12);
    }

    #[test]
    fn who_stops_an_answer_pays_what_was_shown_and_attempts_before_it_are_the_operators() {
        let attempts = [attempt(BUSY, None)];
        let found = shares(&outcome(RunState::Cancelled, SHOWN), &attempts, false).unwrap();
        assert_eq!(bases(&found), (Basis::Counted, vec![(true, Basis::Nothing), (false, Basis::Estimated)]));
        let failed = shares(&outcome(RunState::Failed, wire::Usage::default()), &attempts, false).unwrap();
        assert_eq!(bases(&failed), (Basis::Nothing, vec![(true, Basis::Nothing)]));
    }

    #[test]
    fn several_answers_are_one_bill_of_all_and_each_is_the_operators() {
        let attempts = [attempt(AttemptEnding::Answered, Some(1)), attempt(AttemptEnding::Answered, Some(2))];
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &attempts, false).unwrap();
        assert_eq!(found.member.usage.total_tokens(), 12);
        assert_eq!(bases(&found).1, [(true, Basis::Reported); 2]);
    }

    #[test]
    fn a_model_of_this_machine_that_steps_in_is_paid_for_by_the_member_and_the_others_by_the_operator() {
        let attempts = [attempt(BUSY, Some(3)), attempt(BUSY, None)];
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &attempts, true).unwrap();
        assert_eq!(bases(&found), (Basis::Reported, vec![(true, Basis::Reported), (true, Basis::Nothing)]));
        assert_eq!(found.member.usage.total_tokens(), 12);
    }

    #[test]
    fn a_model_of_this_machine_has_no_operator_to_pay() {
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &[], true).unwrap();
        assert_eq!(bases(&found), (Basis::Reported, Vec::new()));
    }
}

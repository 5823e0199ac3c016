//! How a call ended, in the ledger's words: who pays for which attempt.

use agent::Outcome;
use ledger::{Attempt, Basis, Ending, Share};
use money::{Report, Usage, UsageError};
use ports::AttemptEnding;
use wire::RunState;

use crate::Followed;

/// Who pays for what.
#[derive(Debug)]
pub struct Shares<'a> {
    /// What the member pays for the answer.
    pub member: Share,
    /// What the member pays for drafts that were written to their end and not shown: whoever asks a policy that tries a cheap
    /// model first pays for both, as its price says. All of them are [`Followed::unseen_by`]'s.
    pub drafts: Vec<Share>,
    /// What the operator pays for: each share with its attempt. The last one has none when nobody waited for its end.
    pub operator: Vec<(Option<&'a ports::Attempt>, Share)>,
}

/// Sorts what came of a call. Without attempts a model of this machine was asked, or nobody waited for a provider's end.
///
/// # Errors
/// When what was told or counted cannot be a usage.
pub fn shares<'a>(
    outcome: &Outcome,
    attempts: &'a [ports::Attempt],
    followed: &Followed,
    is_local: bool,
) -> Result<Shares<'a>, UsageError> {
    // Whoever stops a draft has stopped the only thing that was written.
    let is_stopped_draft = outcome.state == RunState::Cancelled && followed.draft.is_none();
    let counted = if is_stopped_draft && followed.unseen != wire::Usage::default() {
        normalise(followed.unseen)?
    } else {
        normalise(outcome.usage)?
    };
    let drafts = drafts(outcome, attempts, followed)?;
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
        return Ok(Shares { member: found.member, drafts, operator });
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
    Ok(Shares { member, drafts, operator: told.zip(found.operator).collect() })
}

/// What the member owes for drafts: nothing where nothing came of them.
fn drafts(
    outcome: &Outcome,
    attempts: &[ports::Attempt],
    followed: &Followed,
) -> Result<Vec<Share>, UsageError> {
    match outcome.state {
        RunState::Succeeded | RunState::Cancelled => {}
        RunState::Failed if outcome.usage.output_tokens > 0 => {}
        RunState::Failed | RunState::Interrupted | RunState::Queued | RunState::Running => {
            return Ok(Vec::new());
        }
    }
    let told = attempts.iter().filter(|it| matches!(it.ending, AttemptEnding::Drafted(_)));
    let told = told.map(|attempt| {
        let Attempt { reported, counted, .. } = given_up_for_another(attempt);
        let basis = if reported.is_some() { Basis::Reported } else { Basis::Estimated };
        Share { usage: reported.unwrap_or(counted), basis }
    });
    // What is not told of by an attempt was written here, where it is counted.
    let own = followed.draft.as_ref().map(|_| normalise(followed.unseen)).transpose()?;
    let own = own.filter(|usage| !usage.is_empty()).map(|usage| Share { usage, basis: Basis::Reported });
    Ok(told.chain(own).collect())
}

/// Whether an attempt is the one that the member saw. Nobody heard of the one that a member stopped, nor of drafts.
fn is_last(state: RunState, attempt: &ports::Attempt) -> bool {
    if matches!(attempt.ending, AttemptEnding::Drafted(_)) {
        return false;
    }
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
    let reported = attempt.reported().map(|spent| spent.usage.clone());
    let counted = match attempt.ending {
        AttemptEnding::Drafted(counted) => normalise(counted).unwrap_or_default(),
        _ => Usage::default(),
    };
    let outcome = match attempt.ending {
        AttemptEnding::Drafted(_) if reported.is_none() => ledger::Outcome::EndedWithoutUsage,
        AttemptEnding::Answered | AttemptEnding::Drafted(_) => ledger::Outcome::Complete,
        AttemptEnding::Failed(_) | AttemptEnding::Left | AttemptEnding::Recalled => {
            ledger::Outcome::FailedBeforeFirstToken
        }
    };
    Attempt { outcome, reported, counted }
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
///
/// # Errors
/// When it cannot be a usage.
pub fn normalise(usage: wire::Usage) -> Result<Usage, UsageError> {
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
            span: None,
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
        let found =
            shares(&outcome(RunState::Succeeded, SHOWN), &attempts, &Followed::default(), false).unwrap();
        let told = [(true, Basis::Reported), (true, Basis::Nothing), (true, Basis::Reported)];
        assert_eq!(bases(&found), (Basis::Reported, told.to_vec()));
        assert_eq!(found.member.usage, used(3), "written to a cache and all");
    }

    #[test]
    fn without_a_report_both_pay_an_estimate() {
        let attempts = [attempt(AttemptEnding::Answered, None)];
        let found =
            shares(&outcome(RunState::Succeeded, SHOWN), &attempts, &Followed::default(), false).unwrap();
        assert_eq!(bases(&found), (Basis::Estimated, vec![(true, Basis::Estimated)]));
        assert_eq!(found.member.usage.total_tokens(), 12);
    }

    #[test]
    fn who_stops_an_answer_pays_what_was_shown_and_attempts_before_it_are_the_operators() {
        let attempts = [attempt(BUSY, None)];
        let found =
            shares(&outcome(RunState::Cancelled, SHOWN), &attempts, &Followed::default(), false).unwrap();
        assert_eq!(bases(&found), (Basis::Counted, vec![(true, Basis::Nothing), (false, Basis::Estimated)]));
        let failed = shares(
            &outcome(RunState::Failed, wire::Usage::default()),
            &attempts,
            &Followed::default(),
            false,
        )
        .unwrap();
        assert_eq!(bases(&failed), (Basis::Nothing, vec![(true, Basis::Nothing)]));
    }

    #[test]
    fn several_answers_are_one_bill_of_all_and_each_is_the_operators() {
        let attempts = [attempt(AttemptEnding::Answered, Some(1)), attempt(AttemptEnding::Answered, Some(2))];
        let found =
            shares(&outcome(RunState::Succeeded, SHOWN), &attempts, &Followed::default(), false).unwrap();
        assert_eq!(found.member.usage.total_tokens(), 12);
        assert_eq!(bases(&found).1, [(true, Basis::Reported); 2]);
    }

    #[test]
    fn a_model_of_this_machine_that_steps_in_is_paid_for_by_the_member_and_the_others_by_the_operator() {
        let attempts = [attempt(BUSY, Some(3)), attempt(BUSY, None)];
        let found =
            shares(&outcome(RunState::Succeeded, SHOWN), &attempts, &Followed::default(), true).unwrap();
        assert_eq!(bases(&found), (Basis::Reported, vec![(true, Basis::Reported), (true, Basis::Nothing)]));
        assert_eq!(found.member.usage.total_tokens(), 12);
    }

    #[test]
    fn a_draft_that_nobody_saw_is_paid_beside_the_answer() {
        let drafted = AttemptEnding::Drafted(SHOWN);
        let attempts =
            [attempt(drafted, Some(7)), attempt(drafted, None), attempt(AttemptEnding::Answered, Some(3))];
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &attempts, &doubted(), false).unwrap();
        assert_eq!(found.member.usage, used(3));
        let drafts = found.drafts.iter().map(|it| (it.usage.total_tokens(), it.basis)).collect::<Vec<_>>();
        assert_eq!(drafts, [(used(7).total_tokens(), Basis::Reported), (12, Basis::Estimated)]);
        let told = [(true, Basis::Reported), (true, Basis::Estimated), (true, Basis::Reported)];
        assert_eq!(bases(&found), (Basis::Reported, told.to_vec()));
        assert_eq!((&found.operator[0].1.usage, found.operator[1].1.usage.total_tokens()), (&used(7), 12));

        // Nothing came of it: the better one failed, too.
        let nothing = outcome(RunState::Failed, wire::Usage::default());
        let failed = [attempts[0].clone(), attempt(AttemptEnding::Failed(ErrorCode::UpstreamDown), None)];
        let found = shares(&nothing, &failed, &doubted(), false).unwrap();
        assert!(found.member.usage.is_empty() && found.drafts.is_empty(), "{found:?}");
        assert_eq!(found.operator[0].1.usage, used(7));

        // The one that is shown is the last, whenever it was written, and the other one is paid, too.
        let mut attempts = attempts[..2].to_vec();
        crate::followed::show(&mut attempts, Some(0));
        assert_eq!((attempts[0].ending, attempts[1].ending), (drafted, AttemptEnding::Answered));
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &attempts, &doubted(), false).unwrap();
        assert_eq!((&found.member.usage, found.drafts.len()), (&used(7), 1));
    }

    #[test]
    fn whoever_stops_a_draft_pays_what_was_written_of_it() {
        let stopped = outcome(RunState::Cancelled, wire::Usage::default());
        let writing = Followed { unseen: SHOWN, ..Followed::of("toy/small") };
        let found = shares(&stopped, &[], &writing, false).unwrap();
        assert_eq!((found.member.usage.total_tokens(), found.member.basis), (12, Basis::Counted));
        assert_eq!((found.drafts.len(), found.operator[0].1.usage.total_tokens()), (0, 12));

        // Of two, one is complete.
        let complete = [attempt(AttemptEnding::Drafted(SHOWN), Some(7))];
        let found = shares(&stopped, &complete, &writing, false).unwrap();
        assert_eq!((found.member.usage.total_tokens(), &found.drafts[0].usage), (12, &used(7)));
        assert_eq!(found.operator.len(), 2);
    }

    #[test]
    fn a_draft_of_this_machine_is_counted_here() {
        let answered = [attempt(AttemptEnding::Answered, Some(3))];
        let followed = Followed { unseen: SHOWN, ..doubted() };
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &answered, &followed, false).unwrap();
        assert_eq!((&found.member.usage, found.drafts[0].usage.total_tokens()), (&used(3), 12));
        assert_eq!(found.operator.len(), 1);
    }

    fn doubted() -> Followed {
        let found = wire::RouteFinding::NotJson;
        let model = "toy/small".to_owned();
        let draft = wire::RouteDraft { model, answers: 1, passed: false, found, cost_micros: None };
        Followed { draft: Some(draft), ..Followed::of("toy/large") }
    }

    #[test]
    fn a_model_of_this_machine_has_no_operator_to_pay() {
        let found = shares(&outcome(RunState::Succeeded, SHOWN), &[], &Followed::default(), true).unwrap();
        assert_eq!(bases(&found), (Basis::Reported, Vec::new()));
    }
}

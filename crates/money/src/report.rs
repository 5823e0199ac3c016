//! From what providers report to one record.

use crate::{Unit, Usage, UsageError};

/// Whether a provider counts a part inside the total or beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placement {
    /// The total has the part in it.
    #[default]
    Inside,
    /// The part comes on top of the total.
    Beside,
}

/// Counts of tokens in a provider's words. Dialects differ in what their totals contain: some count cached tokens inside
/// the input, some beside it, one does either depending on the event; some count reasoning inside the output, some
/// beside it. Whoever reads a dialect says which, and [`Report::normalise`] does the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tokens of the input as reported.
    pub input: u64,
    /// Whether cached tokens, read and written, are inside `input`.
    pub cached: Placement,
    /// Tokens read from a cache.
    pub cache_read: u64,
    /// Tokens written to a cache for five minutes.
    pub cache_write_5m: u64,
    /// Tokens written to a cache for an hour.
    pub cache_write_1h: u64,
    /// Tokens of sound inside `input`.
    pub audio_input: u64,
    /// Tokens of pictures inside `input`, when they are priced apart.
    pub image_input: u64,
    /// Tokens of the output as reported.
    pub output: u64,
    /// Whether reasoning is inside `output`.
    pub reasoned: Placement,
    /// Tokens of reasoning.
    pub reasoning: u64,
    /// Tokens of sound inside `output`.
    pub audio_output: u64,
    /// Tokens of pictures inside `output`.
    pub image_output: u64,
    /// The provider's grand total, when it gives one.
    pub total: Option<u64>,
}

impl Report {
    /// The same counts without overlaps.
    ///
    /// # Errors
    /// When parts are more than the total they are in, or the grand total is not the sum.
    pub fn normalise(self) -> Result<Usage, UsageError> {
        let cached = sum([self.cache_read, self.cache_write_5m, self.cache_write_1h])?;
        let cached_inside = if self.cached == Placement::Inside { cached } else { 0 };
        let other_inside = sum([cached_inside, self.audio_input, self.image_input])?;
        let reasoning_inside = if self.reasoned == Placement::Inside { self.reasoning } else { 0 };
        let said_inside = sum([reasoning_inside, self.audio_output, self.image_output])?;
        let usage = Usage::of([
            (Unit::Input, rest(self.input, other_inside, "input")?),
            (Unit::CacheRead, self.cache_read),
            (Unit::CacheWrite5m, self.cache_write_5m),
            (Unit::CacheWrite1h, self.cache_write_1h),
            (Unit::AudioInput, self.audio_input),
            (Unit::ImageInput, self.image_input),
            (Unit::Output, rest(self.output, said_inside, "output")?),
            (Unit::Reasoning, self.reasoning),
            (Unit::AudioOutput, self.audio_output),
            (Unit::ImageOutput, self.image_output),
        ])?;
        match self.total {
            Some(reported) if reported != usage.total_tokens() => {
                Err(UsageError::TotalDiffers { reported, sum: usage.total_tokens() })
            }
            _ => Ok(usage),
        }
    }
}

fn sum<const N: usize>(counts: [u64; N]) -> Result<u64, UsageError> {
    counts.iter().try_fold(0_u64, |sum, count| sum.checked_add(*count)).ok_or(UsageError::Overflow)
}

fn rest(total: u64, parts: u64, of: &'static str) -> Result<u64, UsageError> {
    total.checked_sub(parts).ok_or(UsageError::PartsBeyondTotal { parts, total, of })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cached_tokens_inside_or_beside_the_input_are_the_same_record() {
        let inside =
            Report { input: 1_000, cache_read: 900, output: 5, total: Some(1_005), ..Report::default() };
        let beside = Report { input: 100, cached: Placement::Beside, total: None, ..inside };
        assert_eq!(inside.normalise(), beside.normalise());
        assert_eq!(inside.normalise().unwrap().input_tokens(), 1_000);
    }

    #[test]
    fn reasoning_is_never_billed_twice() {
        let inside = Report { output: 600, reasoning: 550, ..Report::default() }.normalise().unwrap();
        assert_eq!((inside.count(Unit::Output), inside.output_tokens()), (50, 600));
        let beside = Report { output: 50, reasoned: Placement::Beside, reasoning: 550, ..Report::default() };
        assert_eq!(beside.normalise(), Ok(inside));
    }

    #[test]
    fn a_report_that_contradicts_itself_is_refused_with_its_figures() {
        let cached = Report { input: 10, cache_read: 11, ..Report::default() };
        let error = UsageError::PartsBeyondTotal { parts: 11, total: 10, of: "input" };
        assert_eq!(cached.normalise(), Err(error));
        let thought = Report { output: 1, reasoning: 2, ..Report::default() };
        assert!(matches!(thought.normalise(), Err(UsageError::PartsBeyondTotal { of: "output", .. })));
        let total = Report { input: 2, output: 2, total: Some(5), ..Report::default() };
        assert_eq!(total.normalise(), Err(UsageError::TotalDiffers { reported: 5, sum: 4 }));
    }

    proptest! {
        #[test]
        fn a_record_has_every_reported_token_once(input: u32, output: u32, read: u32, write: u32, reasoning: u32, beside: bool) {
            let placement = if beside { Placement::Beside } else { Placement::Inside };
            let (input, output) = (u64::from(input), u64::from(output));
            let report = Report {
                input, output, cached: placement, reasoned: placement, cache_read: u64::from(read),
                cache_write_1h: u64::from(write), reasoning: u64::from(reasoning), ..Report::default()
            };
            let parts = u64::from(read) + u64::from(write);
            if let Ok(usage) = report.normalise() {
                let extra = if beside { parts + u64::from(reasoning) } else { 0 };
                prop_assert_eq!(usage.total_tokens(), input + output + extra);
            } else {
                prop_assert!(!beside && (parts > input || u64::from(reasoning) > output));
            }
        }
    }
}

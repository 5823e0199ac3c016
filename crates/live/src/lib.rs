//! What this process is writing now: the runs that it drives, what their readers see of them, and answers that nobody waits
//! for. All of it can be lost; what counts is stored.

mod background;
mod live_runs;
mod run_log;
mod running_cost;
mod tape;

pub use background::{Background, Entered};
pub use live_runs::{LiveRun, LiveRuns, Stop};
pub use run_log::{Follower, RunLog};
pub use running_cost::RunningCost;
pub use tape::{Line, Tape, TapeReader};

//! What was asked of models and what came of it: a record for each request, and many of them at a glance.
//!
//! What a request cost and which tokens it took stands with its charge, under the same id; here is what the charge does not
//! know. To keep something more of each request: a field of [`Record`], its column in `store`, and a line where `app` fills
//! it in. To show something more of many: a field of [`Sum`].

mod histogram;
mod moment;
mod overview;
mod record;
mod secrets;

pub use histogram::{Histogram, Quantiles};
pub use moment::Moment;
pub use overview::{Dimension, Glance, Overview, Point, Span, Sum, Tally};
pub use record::{Came, Keeping, Level, Record, RecordedAttempt, Texts};
pub use secrets::without_secrets;

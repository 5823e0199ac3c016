//! The tools that agents may have.

use ports::ToolFacts;

use crate::App;

impl App {
    /// Those that can be called now.
    pub(crate) fn tools(&self) -> Vec<ToolFacts> {
        self.offer.toolbox.tools()
    }
}

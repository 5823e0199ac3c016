//! The tools that only compute.

use std::fmt;
use std::sync::Arc;

use catalog::{CatalogError, DataTree};
use ports::{PortError, ToolAnswer, ToolFacts, ToolFuture, ToolRequest, Toolbox};
use stdx::{Clock, Timestamp};

use crate::calculate::Calculate;
use crate::calendar::CalendarFile;
use crate::chart::DrawChart;
use crate::convert::Convert;
use crate::now::Now;
use crate::table::Table;
use crate::{Described, answer, wrong};

/// A tool that computes its answer from its arguments and the time.
pub(crate) trait Builtin: Send + Sync + fmt::Debug {
    /// What it answers. Errors are for the model.
    fn answer(&self, call: &Call<'_>) -> Result<ToolAnswer, PortError>;
}

/// A call that is to be answered.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a ToolRequest,
    pub(crate) described: &'a Described,
    pub(crate) now: Timestamp,
}

/// The tools that only compute: nothing outside is told or changed.
#[derive(Clone, Debug)]
pub struct Builtins {
    clock: Arc<dyn Clock>,
    tools: Arc<Vec<(Described, Box<dyn Builtin>)>>,
}

impl Builtins {
    /// All of them, as `data` describes them.
    ///
    /// # Errors
    /// When a tool's file is missing or cannot be right.
    pub fn new(data: &DataTree, clock: Arc<dyn Clock>) -> Result<Self, CatalogError> {
        let tools: [(&str, Box<dyn Builtin>); 6] = [
            ("now", Box::new(Now)),
            ("calculate", Box::new(Calculate)),
            ("convert", Box::new(Convert::read(data)?)),
            ("calendar_file", Box::new(CalendarFile)),
            ("chart", Box::new(DrawChart)),
            ("table", Box::new(Table)),
        ];
        let described = tools.into_iter().map(|(name, tool)| Ok((Described::read(data, name)?, tool)));
        Ok(Self { clock, tools: Arc::new(described.collect::<Result<_, CatalogError>>()?) })
    }

    fn answer(&self, request: &ToolRequest) -> Result<ToolAnswer, PortError> {
        let named = self.tools.iter().find(|(described, _)| described.facts().tool.name == request.name);
        let Some((described, tool)) = named else {
            return Err(wrong(format!("There is no tool `{}`.", request.name)));
        };
        let mut told = tool.answer(&Call { request, described, now: self.clock.now() })?;
        told.text = answer::cut(&told.text);
        Ok(told)
    }
}

impl Toolbox for Builtins {
    fn tools(&self) -> Vec<ToolFacts> {
        self.tools.iter().map(|(described, _)| described.facts().clone()).collect()
    }

    fn call(&self, request: ToolRequest) -> ToolFuture {
        let this = self.clone();
        Box::pin(async move { this.answer(&request) })
    }
}

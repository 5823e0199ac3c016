//! Tools that do what their arguments say.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ports::{
    PortError, PortErrorKind, Tool, ToolAnswer, ToolFacts, ToolFuture, ToolRequest, ToolSource, Toolbox,
};
use serde::Deserialize;
use tokio::sync::watch;
use wire::{Bilingual, ErrorCode, ToolClass};

use crate::Gate;
use crate::events::in_time;

/// Six tools: `look` and `add` look, `fetch` looks at what strangers wrote, `note` changes something, `save` does so once for
/// each key, `pay` costs money. The argument `say` is what one answers; `do` is `fail`, `hang`, `panic`, `big` or `odd`. Clones
/// are the same tools.
#[derive(Clone, Debug)]
pub struct ScriptedTools {
    desk: Arc<Desk>,
}

#[derive(Debug)]
struct Desk {
    made: Mutex<Vec<ToolRequest>>,
    gates: Mutex<HashMap<String, Gate>>,
    begun: watch::Sender<usize>,
}

#[derive(Debug, Default, Deserialize)]
struct Arguments {
    say: Option<String>,
    r#do: Option<String>,
    #[serde(default)]
    links: Vec<String>,
}

impl Default for ScriptedTools {
    fn default() -> Self {
        let desk = Desk { made: Mutex::default(), gates: Mutex::default(), begun: watch::Sender::new(0) };
        Self { desk: Arc::new(desk) }
    }
}

impl ScriptedTools {
    /// The names, in the order of an agent that has them all.
    pub const NAMES: [&str; 6] = ["look", "add", "fetch", "note", "save", "pay"];

    /// All calls that were begun, in order.
    pub fn made(&self) -> Vec<ToolRequest> {
        lock(&self.desk.made).clone()
    }

    /// How often a tool was begun.
    pub fn times(&self, name: &str) -> usize {
        self.made().iter().filter(|request| request.name == name).count()
    }

    /// Lets a tool wait for a gate before it does anything.
    pub fn behind(&self, name: &str, gate: &Gate) {
        lock(&self.desk.gates).insert(name.to_owned(), gate.clone());
    }

    /// Waits until so many calls were begun.
    pub async fn begun(&self, times: usize) {
        let mut begun = self.desk.begun.subscribe();
        in_time("a tool", begun.wait_for(|begun| *begun >= times)).await.unwrap();
    }

    fn facts(name: &str) -> ToolFacts {
        let class = match name {
            "note" | "save" => ToolClass::Write,
            "pay" => ToolClass::Spend,
            _ => ToolClass::Read,
        };
        let is_outside = name == "fetch";
        ToolFacts {
            tool: Tool {
                name: name.to_owned(),
                description: format!("The tool {name}."),
                parameters:
                    r#"{"type":"object","properties":{"say":{"type":"string"},"do":{"type":"string"}}}"#
                        .to_owned(),
                strict: false,
            },
            title: Bilingual { zh: format!("工具 {name}"), en: format!("Tool {name}") },
            class,
            source: if is_outside { ToolSource::Outside } else { ToolSource::Inside },
            tells_outside: is_outside,
            is_keyed: name == "save",
        }
    }
}

impl Toolbox for ScriptedTools {
    fn tools(&self) -> Vec<ToolFacts> {
        Self::NAMES.iter().map(|name| Self::facts(name)).collect()
    }

    fn call(&self, request: ToolRequest) -> ToolFuture {
        let arguments: Arguments = serde_json::from_str(&request.arguments).unwrap_or_default();
        let gate = lock(&self.desk.gates).get(&request.name).cloned();
        let name = request.name.clone();
        lock(&self.desk.made).push(request);
        self.desk.begun.send_modify(|begun| *begun += 1);
        Box::pin(async move {
            if let Some(gate) = gate {
                gate.pass().await;
            }
            let text = arguments.say.unwrap_or_else(|| format!("{name} is done."));
            match arguments.r#do.as_deref() {
                Some("fail") => Err(PortError::new(PortErrorKind::Bad, ErrorCode::InvalidRequest, text)),
                Some("hang") => std::future::pending().await,
                Some("panic") => panic!("as it was asked to"),
                Some("big") => Ok(ToolAnswer::text("大".repeat(20_000_000))),
                Some("odd") => Ok(ToolAnswer::text("a\0b\u{1b}[2Jc\nd")),
                _ => Ok(ToolAnswer { links: arguments.links, ..ToolAnswer::text(text) }),
            }
        })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

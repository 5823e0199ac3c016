//! The fake vendors as a program.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use catalog::Dialect;
use clap::Parser;
use fakevendors::{House, HouseError};
use serde_json::json;
use stdx::SystemClock;

/// Vendors of models on loopback whose models do what their names say, as `say-40.tps-200.cut-1234`. Prints one line of
/// JSON that says where they are.
#[derive(Debug, Parser)]
struct Arguments {
    /// The port; 0 for any.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Stops by itself after so many seconds.
    #[arg(long, default_value_t = 3_600)]
    life: u64,
    /// Connections at a time.
    #[arg(long, default_value_t = 1_024)]
    connections: usize,
    /// A key that is taken besides those that begin with `fake-`; may be given several times.
    #[arg(long)]
    key: Vec<String>,
    /// A model with a name of its own, as `lane-v2=say-40.tps-50`; may be given several times.
    #[arg(long)]
    model: Vec<String>,
    /// Prints, instead of JSON, the file that makes them a provider (`overlay/providers/ID.toml`) of this id.
    #[arg(long)]
    provider: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match open(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told when this cannot be written.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn open(arguments: Arguments) -> Result<(), HouseError> {
    let life = Duration::from_secs(arguments.life);
    let mut house =
        House::new(Arc::new(SystemClock::new())).with_connections(arguments.connections).with_life(life);
    for key in &arguments.key {
        house = house.with_key(key);
    }
    for model in &arguments.model {
        let (name, knobs) = model.split_once('=').unwrap_or((model, model));
        house = house.with_model(name, knobs);
    }
    let vendors = house.open(arguments.port).await?;
    let greeting = json!({
        "address": vendors.address(),
        "invoice": format!("http://{}/invoice", vendors.address()),
        "chat_completions": vendors.base_url(Dialect::ChatCompletions),
        "responses": vendors.base_url(Dialect::Responses),
        "messages": vendors.base_url(Dialect::Messages),
        "generate_content": vendors.base_url(Dialect::GenerateContent),
    });
    let told = match &arguments.provider {
        Some(id) => vendors.provider(id),
        None => format!("{greeting}\n"),
    };
    // At once: whoever has read what it needs may close the pipe.
    std::io::stdout().lock().write_all(told.as_bytes()).map_err(HouseError::Greeting)?;
    tokio::select! {
        () = vendors.ended() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

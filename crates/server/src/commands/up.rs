//! `hutong up`: the server.

use std::net::SocketAddr;
use std::time::Duration;

use accounts::{TokenHash, fresh_token};
use api::{ApiOptions, TrustedHosts, UseCases};
use stdx::Secret;
use store::StoreError;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::say;
use crate::failure::Busy;
use crate::paths::{DataDir, has_desktop};
use crate::running;
use crate::wiring::{House, Tokens};

/// How long answers that are being written may take to store their end when the server stops.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often an idle stream sends a comment.
const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);

/// How often it is looked for what was held for too long, and for plans whose period is over.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// How often it is stored what came of requests.
const STORE_REQUESTS_EVERY: Duration = Duration::from_secs(1);

/// Start the server and print its address
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen
    #[arg(long, env = "HUTONG_ADDR", default_value = "127.0.0.1:7700")]
    addr: SocketAddr,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
    /// With a provider whose answers are scripted, to see everything without a key
    #[arg(long)]
    demo_upstream: bool,
}

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    start_log();
    let paths = data.paths()?;
    paths.make()?;
    let held = running::hold(&paths)?;
    let listener = listen(args.addr).await?;
    let address = listener.local_addr()?;
    let house = House::open(paths)?;
    let house = if args.demo_upstream { house.with_demo().await? } else { house };
    for missing in house.gateways()?.missing() {
        tracing::warn!("{missing} in hutong.toml");
    }
    let local = fresh_token("hl_", house.rng.as_ref());
    let setup = fresh_token("", house.rng.as_ref());
    let tokens =
        Tokens { local: Some(TokenHash::of(local.expose())), setup: Some(TokenHash::of(setup.expose())) };
    let engine = house.engine()?;
    let use_cases = house.use_cases(&engine, tokens).await?;
    let UseCases { accounts, app } = use_cases.clone();
    app.take_seat().await.map_err(in_use)?;
    let recovered = app.recover_runs().await?;
    if recovered > 0 {
        tracing::info!(runs = recovered, "answers that an earlier stop cut off were kept as interrupted");
    }
    let released = app.release_holds().await?;
    if released > 0 {
        tracing::info!(
            calls = released,
            "what was held for calls that an earlier stop cut off was given back"
        );
    }
    app.load_pinned().await?;
    held.announce(address, &local)?;
    let url = greet(address, accounts.setup_required().await?.then_some(&setup))?;
    if args.demo_upstream {
        say(format_args!(
            "The provider `demo` plays a script: its answers are written beforehand, by no model."
        ))?;
    }
    if !args.no_open && has_desktop() {
        open_browser(&url);
    }
    let options = ApiOptions {
        hosts: TrustedHosts::new(house.config.hosts().chain([address.ip().to_string()])),
        https: house.config.server.https,
        stream_heartbeat: STREAM_HEARTBEAT,
        body_patience: api::BODY_PATIENCE,
    };
    let sweeping = tokio::spawn(sweep(std::sync::Arc::clone(&app)));
    let noting = tokio::spawn(store_requests(std::sync::Arc::clone(&app)));
    let asking = tokio::spawn(ask_gateways(std::sync::Arc::clone(&app)));
    let router = api::router(use_cases, options);
    let serving = api::serve(listener, router, api::HEAD_PATIENCE);
    let ended = tokio::select! {
        () = serving => Ok(()),
        result = stop_signal() => result,
        () = app.unseated() => Err(anyhow::anyhow!(
            "another server has taken this database over while this one could not reach it. This one wrote nothing since and \
             stops; keep one of them."
        )),
    };
    sweeping.abort();
    asking.abort();
    noting.abort();
    // Readers are cut off where they are and come back to the next server; writers store their end.
    let stored = async { tokio::join!(app.shut_down(), accounts.shut_down()) };
    if tokio::time::timeout(PATIENCE, stored).await.is_err() {
        tracing::warn!("some answers could not store their end in time; the next start marks them");
    }
    engine.shut_down().await;
    ended
}

/// Only one server works on a database, wherever its data folder is.
fn in_use(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::SeatTaken { .. } => {
            let remedy = "Stop that one first (a copy or a restore that runs counts too), or name another database in hutong.toml.";
            Busy(format!("{error}. {remedy}")).into()
        }
        other => other.into(),
    }
}

/// Gives back what is held for longer than any run may take, sees to plans whose period is over, and tells those who come near
/// a limit.
async fn sweep(app: std::sync::Arc<app::App>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        match app.turn_plans().await {
            Ok(0) => {}
            Ok(plans) => tracing::info!(plans, "plans whose period was over were seen to"),
            Err(error) => tracing::warn!(%error, "plans could not be looked at"),
        }
        match app.expire_holds().await {
            Ok(0) => {}
            Ok(holds) => tracing::warn!(holds, "what was held for too long was given back"),
            Err(error) => tracing::warn!(%error, "holds could not be looked at"),
        }
        match app.prune_requests().await {
            Ok(0) => {}
            Ok(requests) => tracing::info!(requests, "requests whose time was over were deleted"),
            Err(error) => tracing::warn!(%error, "old requests could not be deleted"),
        }
        if let Err(error) = app.expire_responses().await {
            tracing::warn!(%error, "answers that are past their time could not be deleted");
        }
        if let Err(error) = app.note_alerts().await {
            tracing::warn!(%error, "limits could not be looked at");
        }
    }
}

/// Stores what came of requests, a moment later, and many at once.
async fn store_requests(app: std::sync::Arc<app::App>) {
    loop {
        tokio::time::sleep(STORE_REQUESTS_EVERY).await;
        if let Err(error) = app.store_requests().await {
            tracing::warn!(%error, "what came of requests could not be stored");
        }
    }
}

/// Asks payment gateways what became of orders that nobody called back for. Apart from the other sweep: gateways may take
/// their time.
async fn ask_gateways(app: std::sync::Arc<app::App>) {
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        if let Err(error) = app.ask_gateways().await {
            tracing::warn!(%error, "payment gateways could not be asked");
        }
    }
}

async fn listen(addr: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            Busy(format!("{addr} is in use by another program. Stop it, or choose another --addr.")).into()
        }
        _ => anyhow::Error::new(error).context(format!("{addr} cannot be listened on")),
    })
}

fn greet(address: SocketAddr, setup: Option<&Secret<String>>) -> anyhow::Result<String> {
    let home = format!("http://{address}/");
    say(format_args!("Hutong {} is up at {home}", env!("CARGO_PKG_VERSION")))?;
    if let Some(token) = setup {
        let link = format!("{home}setup#token={}", token.expose());
        say(format_args!("Make the owner's account here (the link works once):\n{link}"))?;
        return Ok(link);
    }
    Ok(home)
}

fn open_browser(url: &str) {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let quiet = std::process::Stdio::null;
    let started =
        std::process::Command::new(opener).arg(url).stdin(quiet()).stdout(quiet()).stderr(quiet()).spawn();
    if let Err(error) = started {
        tracing::debug!(%error, "no browser could be opened");
    }
}

async fn stop_signal() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result?,
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(())
}

/// Sentences with fields on standard error; `HUTONG_LOG` filters them.
fn start_log() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_env_var("HUTONG_LOG")
        .with_default_directive(tracing::Level::INFO.into())
        .from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

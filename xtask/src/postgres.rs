//! A Postgres server for the tests: private, on loopback, with data that goes away with it.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;

use crate::command::{output, succeeds_within};
use crate::host;

/// Tells tests where the server is. One that is set already is used as it is.
pub(crate) const URL: &str = "HUTONG_TEST_POSTGRES";

/// A running server. It syncs as one in production does. Dropping it stops it.
#[derive(Debug)]
pub(crate) struct Cluster {
    url: String,
    /// What is to be stopped.
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    programs: PathBuf,
    folder: TempDir,
    account: Option<Account>,
    server: Child,
}

/// Whom the server runs as when this runs as root, which it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Account {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Makes a cluster in a temporary folder and starts it on a free port; takes the one that the environment names, if it
    /// does.
    pub(crate) fn start() -> Result<Self> {
        match host::variable(URL) {
            Some(url) => Ok(Self { url, own: None }),
            None => Self::start_in(&std::env::temp_dir(), &[]),
        }
    }

    /// Makes a cluster in a new folder in this one and starts it on a free port, with these settings beside ours.
    pub(crate) fn start_in(parent: &Path, more: &[&str]) -> Result<Self> {
        let programs = programs().context("Postgres was not found; ./x installs it where it may")?;
        let folder = tempfile::Builder::new().prefix("hutong-postgres-").tempdir_in(parent)?;
        let account = if folder.path().metadata()?.uid() == 0 { Some(other_account()?) } else { None };
        let password = password()?;
        fs::write(folder.path().join("password"), &password)?;
        if let Some(Account { uid, gid }) = account {
            chown(folder.path(), Some(uid), Some(gid))?;
            chown(folder.path().join("password"), Some(uid), Some(gid))?;
        }
        // The order of a language: what has to be in the order of bytes must say so itself.
        let initdb = ["--username=hutong", "--pwfile=password", "--auth=scram-sha-256", "--encoding=UTF8"];
        let order = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en", "--pgdata=data"];
        output(run_as(account, &folder, &programs, "initdb").args(initdb).args(order))?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let log = fs::File::create(folder.path().join("log"))?;
        let settings = [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=400",
            "max_locks_per_transaction=256",
        ];
        let server = run_as(account, &folder, &programs, "postgres")
            .args(["-D", "data", "-p", &port.to_string()])
            .args(settings.iter().chain(more).flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("the server cannot be started")?;
        let url = format!("postgres://hutong:{password}@127.0.0.1:{port}/postgres");
        let mut own = Own { programs, folder, account, server };
        own.wait(port)?;
        Ok(Self { url, own: Some(own) })
    }

    /// Makes an empty database on a server of our own; gives its address.
    pub(crate) fn create(&self, database: &str) -> Result<String> {
        let own = self.own.as_ref().context("databases are made on a server of our own only")?;
        let mut program = run_as(own.account, &own.folder, &own.programs, "createdb");
        output(program.args(["--maintenance-db", &self.url, database]))?;
        let server = self.url.strip_suffix("postgres").context("the address of the server")?;
        Ok(format!("{server}{database}"))
    }

    /// An address for tests.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Own {
    fn wait(&mut self, port: u16) -> Result<()> {
        const PATIENCE: Duration = Duration::from_secs(60);
        let started = host::now();
        while started.elapsed() < PATIENCE {
            let mut ready = Command::new(self.programs.join("pg_isready"));
            ready.args(["--quiet", "--host=127.0.0.1", &format!("--port={port}")]);
            if succeeds_within(&mut ready, Duration::from_secs(5)) {
                return Ok(());
            }
            ensure!(self.server.try_wait()?.is_none(), "the server ended: {}", self.log());
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the server is not ready after a minute: {}", self.log())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let stop = ["stop", "--silent", "--pgdata=data", "--mode=immediate"];
        if let Err(error) = output(run_as(self.account, &self.folder, &self.programs, "pg_ctl").args(stop)) {
            eprintln!("The test server is killed, since it does not stop: {error:#}");
            drop(self.server.kill());
        }
        drop(self.server.wait());
    }
}

fn run_as(account: Option<Account>, folder: &TempDir, programs: &Path, name: &str) -> Command {
    let mut command = Command::new(programs.join(name));
    command.current_dir(folder.path()).env("LC_ALL", "C");
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid);
    }
    command
}

/// The newest of Debian's, or what is on the path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let of_debian = versions.filter_map(|entry| {
        let version: u32 = entry.as_ref().ok()?.file_name().to_str()?.parse().ok()?;
        let folder = entry.ok()?.path().join("bin");
        folder.join("initdb").is_file().then_some((version, folder))
    });
    let newest = of_debian.max().map(|(_, folder)| folder);
    newest.or_else(|| host::find_program("initdb")?.parent().map(Path::to_path_buf))
}

/// Debian's account for Postgres, or nobody's.
fn other_account() -> Result<Account> {
    let accounts = fs::read_to_string("/etc/passwd").context("/etc/passwd")?;
    let found = account(&accounts, "postgres").or_else(|| account(&accounts, "nobody"));
    found
        .context("there is neither an account `postgres` nor `nobody`, and as root the server does not start")
}

fn account(accounts: &str, name: &str) -> Option<Account> {
    let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    Some(Account { uid: ids.next()?.ok()?, gid: ids.next()?.ok()? })
}

/// Other people of this machine may reach the port.
fn password() -> Result<String> {
    use std::io::Read as _;
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_name() {
        let accounts =
            "root:x:0:0:root:/root:/bin/bash\npostgresx:x:1:1::/:/x\npostgres:x:101:104:,,,:/var:/bin/bash\n";
        assert_eq!(account(accounts, "postgres"), Some(Account { uid: 101, gid: 104 }));
        assert_eq!(account(accounts, "nobody"), None);
    }

    #[test]
    fn a_server_starts_and_its_data_goes_away_with_it() {
        if programs().is_none() || host::variable(URL).is_some() {
            return; // `./x test` itself could not have come here
        }
        let cluster = Cluster::start().unwrap();
        let folder = cluster.own.as_ref().unwrap().folder.path().to_owned();
        assert!(
            cluster.url().starts_with("postgres://hutong:") && folder.join("data/postmaster.pid").is_file()
        );
        drop(cluster);
        assert!(!folder.exists());
    }

    #[test]
    fn passwords_differ() {
        assert_ne!(password().unwrap(), password().unwrap());
    }
}

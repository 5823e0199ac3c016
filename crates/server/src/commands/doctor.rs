//! `hutong doctor`: looks at everything a person would have to look at, and says what to do.

use std::fmt::Display;

use engine::{Isolation, MachineReport};
use indicatif::HumanBytes;
use models::Disk;
use store::{Link, Place};

use super::say;
use crate::paths::DataDir;
use crate::running;
use crate::wiring::House;

/// Check this installation and say what to do
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also read every installed model and compare its SHA-256
    #[arg(long)]
    verify: bool,
}

/// What was found: a good thing, or a bad one with its remedy.
type Finding = Result<String, String>;

pub(crate) async fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let paths = data.paths()?;
    let house = match House::open(paths) {
        Ok(house) => house,
        Err(error) => {
            say(format_args!("✗ {error:#}"))?;
            anyhow::bail!("the installation cannot be read");
        }
    };
    let machine = MachineReport::look();
    let mut findings = vec![
        Ok(format!("data folder {}", house.paths.root().display())),
        free_space(&house),
        database(&house).await,
        books(&house).await,
        prices(&house),
        payments(&house),
        agents(&house),
        memory(&house, machine),
        server(&house),
    ];
    findings.extend(installed_models(&house, args.verify));
    let weak = [link(&house).await, isolation(machine.isolation), level(&house)];
    for finding in &findings {
        match finding {
            Ok(good) => say(format_args!("✓ {good}"))?,
            Err(bad) => say(format_args!("✗ {bad}"))?,
        }
    }
    for finding in &weak {
        match finding {
            Ok(good) => say(format_args!("✓ {good}"))?,
            Err(weak) => say(format_args!("! {weak}"))?,
        }
    }
    let bad = findings.iter().filter(|finding| finding.is_err()).count();
    anyhow::ensure!(bad == 0, "{bad} of {} checks need you", findings.len());
    Ok(())
}

fn free_space(house: &House) -> Finding {
    const ENOUGH: u64 = 1 << 30;
    let root = house.paths.root();
    let free =
        models::SystemDisk.available(root).map_err(|error| format!("free space cannot be asked: {error}"))?;
    let text = format!("{} free on the disk of the data folder", HumanBytes(free));
    if free >= ENOUGH {
        Ok(text)
    } else {
        Err(format!("only {text}. Free some, or move the folder with --data."))
    }
}

async fn database(house: &House) -> Finding {
    let place = house.place().map_err(|error| format!("{error:#}"))?;
    let help = match place {
        Place::File(_) => "Restore a backup (docs/database.md says how).",
        Place::Server(_) => {
            "Look at its address in hutong.toml and at the server; when data is damaged, restore a backup \
             (docs/database.md has both)."
        }
    };
    let remedy = |error: &dyn Display| format!("database: {error}. {help}");
    let db = house.database().await.map_err(|error| remedy(&format_args!("{error:#}")))?;
    db.check().await.map_err(|error| remedy(&error))?;
    Ok("database is intact".to_owned())
}

/// How the way to the database is kept from others. Whoever lets it be read may have their reasons, and is told.
async fn link(house: &House) -> Finding {
    let place = house.place().map_err(|error| format!("{error:#}"))?;
    let db = house.database().await.map_err(|_| format!("nobody knows how {place} is reached"))?;
    let link = db.link().await.map_err(|_| format!("nobody knows how {place} is reached"))?;
    in_words(link, &place)
}

fn in_words(link: Link, place: &dyn Display) -> Finding {
    match link {
        Link::Local => Ok("the database is on this machine".to_owned()),
        Link::Proven => Ok(format!("the way to {place} is encrypted, and its certificate is checked")),
        Link::Encrypted => Err(format!(
            "the way to {place} is encrypted, but nobody checks who answers. sslmode=verify-full in its address does."
        )),
        Link::Plain => Err(format!(
            "the way to {place} is not encrypted: whoever is on it reads conversations and can change them. Give the server \
             a certificate, and its address sslmode=verify-full (docs/database.md)."
        )),
    }
}

async fn books(house: &House) -> Finding {
    let remedy = "Keep a copy of the data folder and report it: this must not happen.";
    let db = house.database().await.map_err(|error| format!("the ledger cannot be read: {error:#}"))?;
    let checked = app::check_books(&db, house.clock.now()).await;
    let books = checked.map_err(|error| format!("the ledger cannot be read: {error}"))?;
    match books.breaches.as_slice() {
        [] => {
            Ok(format!("the ledger is in order: {} entries, {} holds open", books.entries, books.open_holds))
        }
        [first, others @ ..] => {
            Err(format!("the ledger is wrong in {} places, first: {first}. {remedy}", others.len() + 1))
        }
    }
}

/// The files of prices and plans.
fn prices(house: &House) -> Finding {
    let tariff = house.tariff().map_err(|error| format!("{error:#}. Correct or remove that file."))?;
    let (plans, vendors) = (tariff.plans.iter().count(), tariff.prices.vendors().count());
    Ok(format!("{plans} plans, prices of {vendors} vendors, in {}", tariff.currency))
}

/// How members can pay, and what is missing where somebody began to set a gateway up.
fn payments(house: &House) -> Finding {
    let all = house.gateways().map_err(|error| format!("{error:#}"))?;
    if let Some(missing) = all.missing().first() {
        return Err(format!("{missing} in hutong.toml; docs/adding/payment.md shows the whole section"));
    }
    let names = all.names().collect::<Vec<_>>().join(", ");
    Ok(if names.is_empty() { "nobody can pay here".to_owned() } else { format!("members can pay: {names}") })
}

fn agents(house: &House) -> Finding {
    let agents =
        house.agents().map_err(|error| format!("agents: {error:#}. Correct or remove that package."))?;
    Ok(format!("{} agents", agents.len()))
}

/// How far models are kept apart from the rest; what a kernel lacks is worth knowing and no reason to fail.
fn isolation(isolation: Isolation) -> Finding {
    if isolation.is_complete() {
        return Ok(format!("models are isolated by {isolation}"));
    }
    Err(format!(
        "models are isolated by {isolation}: this kernel, or the container's profile, does not offer more. They run all \
         the same; load only models whose makers you trust."
    ))
}

/// Which worker runs, and why. What can be wrong with it costs speed, but hardly ever an answer.
fn level(house: &House) -> Finding {
    let workers = house.workers();
    let choice = workers.choice();
    let usable = workers.executable().map_err(|error| {
        format!(
            "{error}. Models run on the program's own worker, which is slower. A data folder that can be written and \
             executed from is what it takes."
        )
    });
    let text = format!("models run on {choice}");
    match usable {
        Ok(_) if choice.is_sound() => Ok(text),
        Ok(_) => Err(text),
        Err(error) => Err(error),
    }
}

fn memory(house: &House, machine: MachineReport) -> Finding {
    let MachineReport { threads, free_bytes, .. } = machine;
    let free_bytes = free_bytes.unwrap_or(u64::MAX);
    let free = HumanBytes(free_bytes);
    let Some(spec) = house.catalog.get(house.catalog.default_id()) else {
        return Err("the catalogue has no default model".to_owned());
    };
    let Some(path) = house.installer.store().path(spec) else {
        return Ok(format!("{threads} threads, {free} of memory free"));
    };
    let estimate = engine::estimate(&path, &house.settings())
        .map_err(|error| format!("{}: {error}. Remove the model and pull it again.", spec.id))?;
    let needs = HumanBytes(estimate.total());
    let text = format!("{threads} threads, {free} of memory free; {} needs {needs}", spec.id);
    if estimate.total() <= free_bytes { Ok(text) } else { Err(format!("{text}. Close other programs.")) }
}

fn server(house: &House) -> Finding {
    Ok(match running::find(&house.paths) {
        Some(server) => format!("a server runs at http://{}", server.address),
        None => "no server runs on this folder; `hutong up` starts one".to_owned(),
    })
}

fn installed_models(house: &House, verify: bool) -> Vec<Finding> {
    let store = house.installer.store();
    let here: Vec<_> = house.catalog.iter().filter(|spec| store.installed(spec).is_some()).collect();
    let changed = house.catalog.iter().filter(|spec| store.has_changed(spec)).map(|spec| {
        let id = &spec.id;
        Err(format!(
            "the file of {id} has changed. `hutong models pull {id}` checks it, or fetches it again."
        ))
    });
    let changed: Vec<Finding> = changed.collect();
    if here.is_empty() && changed.is_empty() {
        return vec![Err("no model is installed. `hutong models pull` fetches the default one.".to_owned())];
    }
    let check = |spec: &&catalog::ModelSpec| -> Finding {
        if verify {
            store.verify(spec, |_| {}).map_err(|error| format!("model {}: {error}", spec.id))?;
            return Ok(format!("model {} is intact", spec.id));
        }
        Ok(format!("model {} is installed", spec.id))
    };
    here.iter().map(check).chain(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_that_others_can_read_is_told_with_what_helps() {
        let of = |link| in_words(link, &"postgres://db.example:5432/hutong");
        assert!(of(Link::Local).is_ok() && of(Link::Proven).is_ok());
        for weak in [Link::Plain, Link::Encrypted] {
            let told = of(weak).unwrap_err();
            assert!(told.contains("db.example") && told.contains("sslmode=verify-full"), "{told}");
        }
    }

    #[test]
    fn a_kernel_without_walls_is_told_and_is_no_failure_of_the_installation() {
        let of = |landlock, seccomp| isolation(Isolation { landlock, seccomp });
        assert_eq!(of(Some(7), true), Ok("models are isolated by Landlock 7 and seccomp".to_owned()));
        let weak = of(None, true).unwrap_err();
        assert!(weak.starts_with("models are isolated by seccomp, without Landlock"), "{weak}");
        assert!(of(None, false).unwrap_err().contains("neither Landlock nor seccomp"));
    }
}

//! `hutong router eval`: how good routers are, held against answers whose correctness is known.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Subcommand;
use router::Signs;
use router::eval::{
    Judged, Named, Published, Report, RouterKind, RowFile, Verdict, evaluate, published, read_rows,
};
use serde::Serialize;
use stdx::SeededRng;

use super::say;
use crate::paths::DataDir;
use crate::wiring::House;

/// Evaluate how models are chosen
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hold the routers against answers whose correctness is known
    ///
    /// A file has rows of a prompt and who answers it rightly: CSV with the columns prompt, strong_correct and weak_correct,
    /// RouteLLM's own files, or JSON lines. Exit code 1 when a file cannot be used.
    Eval {
        /// CSV or .jsonl files, or folders of them [default: the rows that are shipped]
        files: Vec<PathBuf>,
        /// The column of the stronger model
        #[arg(long, requires = "weak", value_name = "COLUMN")]
        strong: Option<String>,
        /// The column of the weaker model
        #[arg(long, requires = "strong", value_name = "COLUMN")]
        weak: Option<String>,
        /// Print JSON for programs
        #[arg(long)]
        json: bool,
    },
}

/// What `--json` prints.
#[derive(Serialize)]
struct Evaluated {
    report: Report,
    published: Vec<Published>,
}

/// The rows that are shipped.
const SHIPPED: &str = "benchmarks/lane.jsonl";
const PUBLISHED: &str = "benchmarks/published.toml";
const SIGNS: &str = "routing/signs.toml";
/// The same rows give the same report.
const SEED: u64 = 1;

pub(crate) fn run(args: Args, data: DataDir) -> anyhow::Result<()> {
    let Command::Eval { files, strong, weak, json } = args.command;
    let house = House::open(data.paths()?)?;
    let fact = |path: &str| house.data.get(path).with_context(|| format!("data/{path} is missing"));
    let texts = if files.is_empty() {
        vec![("lane.jsonl".to_owned(), fact(SHIPPED)?.to_owned())]
    } else {
        read_files(&files)?
    };
    let files: Vec<RowFile<'_>> = texts.iter().map(|(name, text)| RowFile { name, text }).collect();
    let named = strong.zip(weak).map(|(strong, weak)| Named { strong, weak });
    let table = read_rows(&files, named.as_ref())?;
    let signs = Signs::read(&format!("data/{SIGNS}"), fact(SIGNS)?)?;
    let report = evaluate(&table, &signs, &SeededRng::new(SEED))?;
    let published = published(&format!("data/{PUBLISHED}"), fact(PUBLISHED)?)?;
    if json {
        return say(serde_json::to_string(&Evaluated { report, published })?);
    }
    lines(&report, &published).into_iter().try_for_each(say)
}

/// The files, and those of the folders in the order of their names.
fn read_files(paths: &[PathBuf]) -> anyhow::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let unreadable = || format!("{} cannot be read", path.display());
        let entries = std::fs::read_dir(path).with_context(unreadable)?;
        let mut inside = entries.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<Vec<_>>>()?;
        inside.retain(|path| path.extension().is_some_and(|kind| kind == "csv" || kind == "jsonl"));
        anyhow::ensure!(!inside.is_empty(), "{} has no .csv and no .jsonl files", path.display());
        inside.sort();
        found.extend(inside);
    }
    found.iter().map(|path| read_file(path)).collect()
}

fn read_file(path: &Path) -> anyhow::Result<(String, String)> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok((name, text))
}

fn lines(report: &Report, published: &[Published]) -> Vec<String> {
    let mut lines = head(report);
    lines.push(String::new());
    lines.extend(figures(report));
    lines.push(String::new());
    lines.extend(qualities(&report.routers));
    lines.push(String::new());
    lines.extend(others(published));
    lines
}

fn head(report: &Report) -> Vec<String> {
    let outcomes = report.outcomes;
    let share = |count: u32| part(count, report.rows);
    let mut lines = vec![
        format!("{} rows. Strong: {}, weak: {}.", report.rows, report.strong, report.weak),
        format!(
            "Right answers: strong {}, weak {}, either {}. Only the strong one: {} rows, only the weak one: {}.",
            share(outcomes.strong_right),
            share(outcomes.weak_right),
            share(report.rows - outcomes.neither),
            outcomes.only_strong,
            outcomes.only_weak,
        ),
    ];
    if let Some(costs) = report.costs {
        lines.push(format!(
            "All answers cost {} with the strong one, {} with the weak one.",
            costs.strong, costs.weak
        ));
    }
    lines
}

/// RouteLLM's figures, a line for each router, and one for asking none.
fn figures(report: &Report) -> Vec<String> {
    let mut lines = vec![format!(
        "{:12} {:>6} {:>6} {:>6} {:>6} {:>7}  {}",
        "router", "APGR", "CPT50", "CPT80", "CPT95", "chance", "verdict"
    )];
    for router in &report.routers {
        let metrics = &router.metrics;
        let share = |share: Option<u32>| optional(share.map(i64::from));
        let [cpt_50, cpt_80, cpt_95] = [metrics.cpt_50, metrics.cpt_80, metrics.cpt_95].map(share);
        let chance = share(router.chance);
        let apgr = optional(metrics.apgr);
        let (name, verdict) = (router.name, verdict(router));
        lines.push(format!("{name:12} {apgr:>6} {cpt_50:>6} {cpt_80:>6} {cpt_95:>6} {chance:>7}  {verdict}"));
    }
    let gap = report.outcomes.strong_right > report.outcomes.weak_right;
    let none = if gap { "0.000" } else { "-" };
    lines.push(format!(
        "{:12} {none:>6} {:>6} {:>6} {:>6} {:>7}  always the weak one, to compare with: right in {}",
        "cheaper",
        "-",
        "-",
        "-",
        "-",
        part(report.outcomes.weak_right, report.rows),
    ));
    lines.extend(settings(&report.routers));
    lines.push("APGR: the part of the gap between both models that is recovered, on average over all shares of strong calls.".to_owned());
    lines.push("CPT: the share of strong calls that recovers so many percent of the gap. Chance: how often shuffled scores do as well.".to_owned());
    lines
}

fn verdict(router: &Judged) -> String {
    let worth = match router.verdict {
        Verdict::On => "on: better than a coin",
        Verdict::NotShown => "not shown to be better than a coin",
        Verdict::Off => "off: worse than always the cheaper",
        Verdict::Compared => "to compare with",
    };
    let asks = if router.kind == RouterKind::Cascade { ", asks the weak one first" } else { "" };
    let cost = router.at_95.as_ref().and_then(|at| {
        let cost = at.cost?;
        Some(format!("; 95 % of the gap for {cost}"))
    });
    format!("{worth}{asks}{}", cost.unwrap_or_default())
}

/// What a policy's check would do: its threshold, and the `escalations` that belong to it.
fn settings(routers: &[Judged]) -> Vec<String> {
    let settings = routers.iter().flat_map(|router| router.settings.iter().map(move |it| (router.name, it)));
    let line = |(name, setting): (&str, &router::eval::Setting)| {
        let [escalations, quality] =
            [setting.escalations, setting.quality].map(|it| thousandths(i64::from(it)));
        format!("{name:12} from {} on: escalations {escalations}, right in {quality}", setting.threshold)
    };
    settings.map(line).collect()
}

/// Quality by share of strong calls. Below always the cheaper there is nothing to pay for.
fn qualities(routers: &[Judged]) -> Vec<String> {
    let shares: Vec<String> = (0..=10).map(|tenths| format!("{:>7}", format!("{} %", tenths * 10))).collect();
    let mut lines = vec![format!("{:12}{}", "strong calls", shares.concat())];
    for router in routers {
        let cheaper = routers.iter().find(|other| other.name == "random").and_then(|it| it.deciles.first());
        let shown = router.deciles.iter().map(|quality| {
            let mark = if Some(quality) < cheaper { "!" } else { "" };
            format!("{:>7}", format!("{}{mark}", thousandths(i64::from(*quality))))
        });
        lines.push(format!("{:12}{}", router.name, shown.collect::<String>()));
    }
    lines.push(
        "Always the cheaper is the first column of `random`; !: worse than that, so it is off there."
            .to_owned(),
    );
    lines
}

fn others(published: &[Published]) -> Vec<String> {
    let mut lines = vec!["What others report, of other models and questions:".to_owned()];
    for figure in published {
        lines.push(format!("  {} ({})", figure.work, figure.setting));
        let cpt = [("CPT50", figure.cpt_50), ("CPT80", figure.cpt_80), ("CPT95", figure.cpt_95)];
        let cpt = cpt.into_iter().filter_map(|(name, share)| Some(format!("{name} {}. ", share?)));
        lines.push(format!("    {}{} [{}]", cpt.collect::<String>(), figure.reports, figure.source_url));
    }
    lines
}

fn optional(value: Option<i64>) -> String {
    value.map_or_else(|| "-".to_owned(), thousandths)
}

fn part(count: u32, of: u32) -> String {
    thousandths(i64::from(count) * 1_000 / i64::from(of.max(1)))
}

fn thousandths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    format!("{sign}{}.{:03}", value / 1_000, value % 1_000)
}

#[cfg(test)]
mod tests {
    use catalog::DataTree;

    use super::*;

    const ROWS: &str = "prompt,small,large,weak_cost,strong_cost,weak_mean_logprob\n\
        Say hello,True,True,0.001,0.01,-100\n\
        \"Prove step by step that 7 * 8 is 56, and explain why\",False,True,0.001,0.02,-700\n\
        Say no,True,False,0.001,0.01,-300\n\
        How many are 7 * 8?,False,True,0.001,0.01,-200\n";

    fn report(text: &str) -> Report {
        let data = DataTree::embedded();
        let table = read_rows(&[RowFile { name: "rows.csv", text }], None).unwrap();
        let signs = Signs::read(SIGNS, data.get(SIGNS).unwrap()).unwrap();
        evaluate(&table, &signs, &SeededRng::new(SEED)).unwrap()
    }

    #[test]
    fn a_report_reads_as_committed() {
        let published = published(
            "p.toml",
            "[[published]]\nwork = \"Somebody\"\nsetting = \"two models\"\nreports = \"Half.\"\ncpt_50 = \"0.25\"\n\
             source_url = \"https://example.org\"\nchecked_on = \"2026-11-23\"\n",
        );
        insta::assert_snapshot!(lines(&report(ROWS), &published.unwrap()).join("\n"));
    }

    #[test]
    fn files_and_folders_are_read_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.jsonl", "notes.txt"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let names = |paths: &[PathBuf]| -> Vec<String> {
            read_files(paths).unwrap().into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names(&[folder.path().to_owned()]), ["a.jsonl", "b.csv"]);
        assert_eq!(names(&[folder.path().join("notes.txt")]), ["notes.txt"]);
        let missing = format!("{:#}", read_files(&[folder.path().join("gone.csv")]).unwrap_err());
        assert!(missing.contains("gone.csv cannot be read"), "{missing}");
        std::fs::remove_file(folder.path().join("a.jsonl")).unwrap();
        std::fs::remove_file(folder.path().join("b.csv")).unwrap();
        let empty = read_files(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(empty.contains("no .csv and no .jsonl files"), "{empty}");
    }
}

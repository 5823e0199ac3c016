//! The crate graph: layers, depth, and libraries that must not be seen.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use toml::Table;

use super::checkout::Checkout;
use super::finding::{Finding, Limit};
use super::layers::Layers;

const DEPTH: Limit = Limit::only_hard("crate-depth", 6);
const RULE: &str = "layer";

/// Layers, depth and libraries.
pub(crate) fn check(checkout: &Checkout) -> Vec<Finding> {
    let mut findings = Vec::new();
    let manifests = match manifests(checkout) {
        Ok(manifests) => manifests,
        Err(error) => return vec![Finding::hard("parse", "Cargo.toml", 0, format!("{error:#}"))],
    };
    let members: BTreeSet<&str> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    for manifest in &manifests {
        if checkout.layers.height(&manifest.name).is_none() && !checkout.layers.is_development(&manifest.name)
        {
            let message = format!("crate `{}` has no layer, add it to xtask/layers.toml", manifest.name);
            findings.push(Finding::hard(RULE, &manifest.path, 0, message));
        }
        for dependency in &manifest.dependencies {
            let wrong = if members.contains(dependency.name.as_str()) {
                wrong_edge(&checkout.layers, manifest, dependency)
            } else {
                wrong_library(&checkout.layers, manifest, dependency)
            };
            let line = || line_of(checkout, &manifest.path, &dependency.key);
            findings.extend(wrong.map(|message| Finding::hard(RULE, &manifest.path, line(), message)));
        }
    }
    let chain = longest_chain(&checkout.layers, &manifests);
    let edges = chain.len().saturating_sub(1);
    findings.extend(Finding::measured(DEPTH, "Cargo.toml", 0, edges, |limit| {
        format!("{} is {edges} edges long, more than {limit}: cut one", chain.join(" → "))
    }));
    findings
}

/// Edges on the longest chain of workspace crates.
pub(crate) fn depth(checkout: &Checkout) -> usize {
    let manifests = manifests(checkout).unwrap_or_default();
    longest_chain(&checkout.layers, &manifests).len().saturating_sub(1)
}

struct Manifest {
    path: String,
    name: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    /// As written in the manifest.
    key: String,
    /// The name of the package.
    name: String,
    for_tests: bool,
}

fn manifests(checkout: &Checkout) -> Result<Vec<Manifest>> {
    let is_member = |path: &str| {
        path == "xtask/Cargo.toml" || (path.starts_with("crates/") && path.ends_with("/Cargo.toml"))
    };
    let members = checkout.tree.files.iter().filter(|file| is_member(&file.path));
    members.map(|file| manifest(&file.path, &file.text).with_context(|| file.path.clone())).collect()
}

fn manifest(path: &str, text: &str) -> Result<Manifest> {
    let table: Table = text.parse()?;
    let name = table
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(|name| name.as_str())
        .context("there is no package.name")?;
    let mut dependencies = Vec::new();
    collect(&table, &mut dependencies);
    for (_, target) in table.get("target").and_then(|target| target.as_table()).into_iter().flatten() {
        target.as_table().into_iter().for_each(|target| collect(target, &mut dependencies));
    }
    Ok(Manifest { path: path.to_owned(), name: name.to_owned(), dependencies })
}

fn collect(table: &Table, into: &mut Vec<Dependency>) {
    for (section, for_tests) in
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)]
    {
        for (key, value) in table.get(section).and_then(|section| section.as_table()).into_iter().flatten() {
            let name = value.get("package").and_then(|package| package.as_str()).unwrap_or(key);
            into.push(Dependency { key: key.clone(), name: name.to_owned(), for_tests });
        }
    }
}

fn wrong_edge(layers: &Layers, user: &Manifest, used: &Dependency) -> Option<String> {
    let (from, to) = (user.name.as_str(), used.name.as_str());
    if layers.is_development(from) || (layers.is_development(to) && used.for_tests) {
        return None;
    }
    if layers.is_development(to) {
        return Some(format!("`{from}` is shipped and `{to}` is not: make it a dev-dependency"));
    }
    let (user_height, used_height) = (layers.height(from)?, layers.height(to)?);
    if user_height > used_height || layers.are_neighbours(from, to) {
        return None;
    }
    let layer = |height: usize| layers.layers.get(height).map_or("?", |layer| layer.name.as_str());
    Some(format!(
        "`{from}` ({}) may not see `{to}` ({}): depend on a port or move the code down",
        layer(user_height),
        layer(used_height),
    ))
}

fn wrong_library(layers: &Layers, user: &Manifest, used: &Dependency) -> Option<String> {
    let from = user.name.as_str();
    if used.for_tests || layers.is_development(from) {
        return None;
    }
    let layer = layers.height(from).and_then(|height| layers.layers.get(height)).map(|layer| &layer.name);
    let names = |list: &[String]| list.contains(&used.name);
    let forbidden = layers
        .forbidden
        .iter()
        .find(|rule| layer.is_some_and(|layer| rule.layers.contains(layer)) && names(&rule.libraries))
        .map(|rule| &rule.reason);
    let elsewhere = layers
        .only
        .iter()
        .find(|rule| names(&rule.libraries) && !rule.crates.iter().any(|name| name == from))
        .map(|rule| &rule.reason);
    forbidden.or(elsewhere).map(|reason| format!("`{from}` may not use `{}`: {reason}", used.name))
}

fn longest_chain<'a>(layers: &Layers, manifests: &'a [Manifest]) -> Vec<&'a str> {
    let shipped = manifests.iter().filter(|manifest| !layers.is_development(&manifest.name));
    let graph: BTreeMap<&str, Vec<&str>> = shipped
        .map(|manifest| {
            let used = manifest.dependencies.iter().filter(|used| !used.for_tests);
            (manifest.name.as_str(), used.map(|used| used.name.as_str()).collect())
        })
        .collect();
    let mut known = BTreeMap::new();
    let chains = graph.keys().map(|name| chain_from(name, &graph, &mut known, 0));
    chains.fold(Vec::new(), |longest, chain| if chain.len() > longest.len() { chain } else { longest })
}

fn chain_from<'a>(
    name: &'a str,
    graph: &BTreeMap<&'a str, Vec<&'a str>>,
    known: &mut BTreeMap<&'a str, Vec<&'a str>>,
    height: usize,
) -> Vec<&'a str> {
    if let Some(chain) = known.get(name) {
        return chain.clone();
    }
    let mut longest = Vec::new();
    // Cargo refuses cycles; the bound only keeps a broken manifest from hanging tidy.
    if height <= graph.len() {
        for used in graph.get(name).into_iter().flatten().filter(|used| graph.contains_key(*used)) {
            let chain = chain_from(used, graph, known, height + 1);
            if chain.len() > longest.len() {
                longest = chain;
            }
        }
    }
    longest.insert(0, name);
    known.insert(name, longest.clone());
    longest
}

fn line_of(checkout: &Checkout, path: &str, key: &str) -> usize {
    let starts = |line: &str| {
        line.trim_start().strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    checkout.tree.get(path).and_then(|file| file.text.lines().position(starts)).map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::super::checkout::checkout;
    use super::*;

    fn messages(manifests: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<(String, String)> = manifests
            .iter()
            .map(|(name, rest)| {
                let folder = if *name == "xtask" { "xtask".to_owned() } else { format!("crates/{name}") };
                (format!("{folder}/Cargo.toml"), format!("[package]\nname = \"{name}\"\n{rest}"))
            })
            .collect();
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        check(&checkout(&files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lower_layers_and_named_neighbours_are_fine() {
        let seen = messages(&[
            ("stdx", ""),
            ("wire", "[dependencies]\nstdx.workspace = true\nserde = \"1\"\n"),
            (
                "ports",
                "[dependencies]\nwire.workspace = true\n[dev-dependencies]\ntokio = \"1\"\ntestkit.workspace = true\n",
            ),
            ("api", "[dependencies]\nwire.workspace = true\naxum = \"0.8\"\n"),
            ("server", "[dependencies]\napi.workspace = true\n"),
            ("testkit", "[dependencies]\nserver.workspace = true\n"),
        ]);
        assert_eq!(seen, Vec::<String>::new());
    }

    #[test]
    fn upward_and_sideways_edges_fail() {
        let seen = messages(&[
            ("ports", "[dependencies]\napp.workspace = true\n"),
            ("engine", "\n[dependencies]\nstore.workspace = true\n"),
            ("store", "[dependencies]\ntestkit.workspace = true\n"),
            ("app", ""),
            ("testkit", ""),
        ]);
        assert_eq!(
            seen,
            [
                "crates/ports/Cargo.toml:4: layer: `ports` (L2) may not see `app` (L4): depend on a port or move the code down",
                "crates/engine/Cargo.toml:5: layer: `engine` (L3) may not see `store` (L3): depend on a port or move the code down",
                "crates/store/Cargo.toml:4: layer: `store` is shipped and `testkit` is not: make it a dev-dependency",
            ],
        );
    }

    #[test]
    fn libraries_stay_in_their_layer() {
        let seen = messages(&[
            ("catalog", "[dependencies]\ntokio.workspace = true\n"),
            ("app", "[dependencies]\nsql = { package = \"rusqlite\", version = \"0.41\" }\n"),
            ("models", "[target.'cfg(unix)'.dependencies]\naxum = \"0.8\"\n"),
        ]);
        assert_eq!(seen.len(), 3, "{seen:?}");
        assert!(
            seen.iter()
                .any(|m| m.contains("crates/catalog/Cargo.toml:4: layer: `catalog` may not use `tokio`"))
        );
        assert!(seen.iter().any(|m| m.contains("`app` may not use `rusqlite`: only db knows the databases")));
        assert!(seen.iter().any(|m| m.contains("`models` may not use `axum`")));
    }

    #[test]
    fn a_crate_without_a_layer_fails() {
        let seen = messages(&[("novelty", "")]);
        assert_eq!(
            seen,
            ["crates/novelty/Cargo.toml: layer: crate `novelty` has no layer, add it to xtask/layers.toml"],
        );
    }

    #[test]
    fn the_longest_chain_is_named_when_it_is_too_long() {
        let uses = |name: &str| format!("[dependencies]\n{name}.workspace = true\n");
        let all = [
            ("server", uses("api")),
            ("api", uses("app")),
            ("app", uses("models")),
            ("models", uses("ports")),
            ("ports", uses("catalog")),
            ("catalog", uses("wire")),
            ("wire", uses("stdx")),
            ("stdx", String::new()),
        ];
        let manifests: Vec<_> = all.iter().map(|(name, rest)| (*name, rest.as_str())).collect();
        let seen = messages(&manifests);
        assert_eq!(
            seen,
            [
                "Cargo.toml: crate-depth: server → api → app → models → ports → catalog → wire → stdx is 7 edges long, more than 6: cut one"
            ],
        );
        assert!(messages(manifests.get(1..).unwrap()).is_empty());
    }
}

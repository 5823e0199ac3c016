//! The command line of a worker. The binary that hosts it and the supervisor that starts it share this file.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::settings::ModelSettings;

/// What a worker is told when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerArgs {
    /// The model file.
    pub model: PathBuf,
    /// How to run it.
    pub settings: ModelSettings,
    /// Where computed prompts are kept; without it they do not outlive the worker.
    pub cache: Option<CacheArgs>,
    /// The folder of the adapters that requests may name.
    pub adapters: Option<PathBuf>,
    /// Whether to find out, in idle time, which way of computing is fastest.
    pub calibrates: bool,
}

/// Where a worker keeps computed prompts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheArgs {
    /// The model's own folder; made when there is none.
    pub folder: PathBuf,
    /// Identifies the content of the model file, as its SHA-256 does.
    pub model: String,
}

impl WorkerArgs {
    /// Reads `--key value` pairs; what is absent has its default.
    ///
    /// # Errors
    /// A sentence for the person who typed it.
    pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Self, String> {
        let (mut model, mut folder, mut identity, mut calibrates) = (None, None, None, false);
        let mut adapters = None;
        let mut settings = ModelSettings::default();
        let mut args = args.into_iter();
        while let Some(key) = args.next() {
            let key = key.into_string().map_err(|key| format!("{key:?} is not a known option"))?;
            let value = args.next().ok_or_else(|| format!("{key} needs a value"))?;
            match key.as_str() {
                "--model" => model = Some(PathBuf::from(value)),
                "--kind" => settings.kind = number(&key, &value)?,
                "--context-tokens" => settings.context_tokens = number(&key, &value)?,
                "--kv-tokens" => settings.kv_tokens = number(&key, &value)?,
                "--streams" => settings.streams = number(&key, &value)?,
                "--batch-tokens" => settings.batch_tokens = number(&key, &value)?,
                "--piece-tokens" => settings.piece_tokens = number(&key, &value)?,
                "--threads" => settings.threads = number(&key, &value)?,
                "--nice" => settings.nice = number(&key, &value)?,
                "--cache-memory-mib" => settings.cache_memory_mib = number(&key, &value)?,
                "--cache-disk-mib" => settings.cache_disk_mib = number(&key, &value)?,
                "--flash-attention" => settings.flash_attention = Some(number(&key, &value)?),
                "--calibrate" => calibrates = number(&key, &value)?,
                "--adapters" => adapters = Some(PathBuf::from(value)),
                "--cache" => folder = Some(PathBuf::from(value)),
                "--identity" => identity = Some(number(&key, &value)?),
                _ => return Err(format!("{key} is not a known option")),
            }
        }
        let model = model.ok_or("--model is missing")?;
        let cache = folder.zip(identity).map(|(folder, model)| CacheArgs { folder, model });
        Ok(Self { model, settings: settings.bounded(), cache, adapters, calibrates })
    }

    /// The arguments that [`parse`](Self::parse) reads back.
    pub fn to_args(&self) -> Vec<OsString> {
        let settings = &self.settings;
        let mut args = vec![OsString::from("--model"), self.model.clone().into_os_string()];
        let mut push = |key: &str, value: String| args.extend([OsString::from(key), OsString::from(value)]);
        push("--kind", settings.kind.to_string());
        push("--context-tokens", settings.context_tokens.to_string());
        push("--kv-tokens", settings.kv_tokens.to_string());
        push("--streams", settings.streams.to_string());
        push("--batch-tokens", settings.batch_tokens.to_string());
        push("--piece-tokens", settings.piece_tokens.to_string());
        push("--threads", settings.threads.to_string());
        push("--nice", settings.nice.to_string());
        push("--cache-memory-mib", settings.cache_memory_mib.to_string());
        push("--cache-disk-mib", settings.cache_disk_mib.to_string());
        push("--calibrate", self.calibrates.to_string());
        if let Some(flash) = settings.flash_attention {
            push("--flash-attention", flash.to_string());
        }
        if let Some(cache) = &self.cache {
            push("--identity", cache.model.clone());
            args.extend([OsString::from("--cache"), cache.folder.clone().into_os_string()]);
        }
        if let Some(adapters) = &self.adapters {
            args.extend([OsString::from("--adapters"), adapters.clone().into_os_string()]);
        }
        args
    }
}

fn number<T: std::str::FromStr>(key: &str, value: &OsString) -> Result<T, String> {
    value
        .to_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| format!("{key}: {value:?} is not a value for it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_back_as_they_were_written() {
        let settings = ModelSettings {
            kind: wire::ModelKind::Rerank,
            threads: 3,
            streams: 2,
            nice: 5,
            piece_tokens: 128,
            ..ModelSettings::default()
        };
        let cache = Some(CacheArgs { folder: "/cache/a b".into(), model: "4f".to_owned() });
        let settings = ModelSettings { flash_attention: Some(false), ..settings };
        let adapters = Some("/adapters".into());
        let args =
            WorkerArgs { model: "/models/a b.gguf".into(), settings, cache, adapters, calibrates: true };
        assert_eq!(WorkerArgs::parse(args.to_args()), Ok(args));
    }

    #[test]
    fn mistakes_are_named() {
        let parse = |words: &[&str]| WorkerArgs::parse(words.iter().map(OsString::from)).unwrap_err();
        assert_eq!(parse(&[]), "--model is missing");
        assert_eq!(parse(&["--model"]), "--model needs a value");
        assert_eq!(parse(&["--colour", "red"]), "--colour is not a known option");
        assert_eq!(
            parse(&["--model", "m", "--threads", "many"]),
            "--threads: \"many\" is not a value for it"
        );
    }

    #[test]
    fn values_out_of_range_are_moved_into_it() {
        let words = ["--model", "m", "--streams", "0", "--context-tokens", "7", "--batch-tokens", "0"];
        let args = WorkerArgs::parse(words.iter().map(OsString::from)).unwrap();
        assert_eq!(args.settings.streams, 1);
        assert!(args.settings.kv_tokens >= args.settings.context_tokens);
        assert!(args.settings.batch_tokens >= 1);
    }
}

//! What this processor has, and the operating system lets programs use.

use std::collections::BTreeSet;

/// A set of features by the names that Rust and the compilers have for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(BTreeSet<String>);

impl Features {
    /// These features.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }

    /// Asks the processor.
    pub fn here() -> Self {
        Self::of(here())
    }

    /// True when the feature is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// Makes a function that asks for each of the features; the macro of the standard library takes nothing but literals.
macro_rules! features {
    ($($name:tt),* $(,)?) => {
        /// What can be asked for.
        #[cfg(test)]
        pub(crate) const KNOWN: &[&str] = &[$($name),*];

        #[cfg(target_arch = "x86_64")]
        fn here() -> Vec<&'static str> {
            let asked = [$(($name, std::arch::is_x86_feature_detected!($name))),*];
            asked.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect()
        }
    };
}

features!(
    "ssse3",
    "sse4.1",
    "sse4.2",
    "popcnt",
    "avx",
    "avx2",
    "bmi2",
    "f16c",
    "fma",
    "avxvnni",
    "avx512f",
    "avx512bw",
    "avx512cd",
    "avx512dq",
    "avx512vl",
    "avx512vnni",
    "avx512vbmi",
    "avx512bf16",
);

/// Other processors have no levels.
#[cfg(not(target_arch = "x86_64"))]
fn here() -> Vec<&'static str> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_processor_has_what_its_kernel_says_it_has() {
        let Ok(text) = std::fs::read_to_string("/proc/cpuinfo") else { return };
        let Some(flags) = text.lines().find_map(|line| line.strip_prefix("flags")?.split_once(':')) else {
            return;
        };
        let flags: Vec<&str> = flags.1.split_whitespace().collect();
        let here = Features::here();
        for (name, flag) in [("avx2", "avx2"), ("avx512f", "avx512f"), ("avx512vnni", "avx512_vnni")] {
            assert_eq!(here.has(name), flags.contains(&flag), "{name}");
        }
    }
}

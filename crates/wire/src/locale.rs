//! The languages that members are spoken to in.

use serde::{Deserialize, Serialize};

/// The language an agent speaks to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    /// `zh-CN`.
    Chinese,
    /// `en`.
    English,
}

impl Locale {
    /// From a BCP 47 tag: everything that begins with `zh` is Chinese, all else English.
    pub fn from_tag(tag: &str) -> Self {
        if tag.get(..2).is_some_and(|head| head.eq_ignore_ascii_case("zh")) {
            Self::Chinese
        } else {
            Self::English
        }
    }

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }
}

/// One text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The text in a language.
    pub fn get(&self, locale: Locale) -> &str {
        match locale {
            Locale::Chinese => &self.zh,
            Locale::English => &self.en,
        }
    }

    /// True when one of them says nothing.
    pub fn is_blank(&self) -> bool {
        self.zh.trim().is_empty() || self.en.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_locales() {
        assert_eq!(Locale::from_tag("ZH-hans"), Locale::Chinese);
        assert_eq!(Locale::from_tag("en-GB"), Locale::English);
        assert_eq!(Locale::from_tag(""), Locale::English);
    }
}

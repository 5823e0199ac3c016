//! Time zones by the names that models give them.

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use ports::PortError;

use crate::wrong;

/// How many names are offered for one that is not known.
const MOST_OFFERED: usize = 3;
/// Cities that have no zone of their own name, and what many write instead of a name.
const OTHER_NAMES: [(&str, &str); 12] = [
    ("beijing", "Asia/Shanghai"),
    ("北京", "Asia/Shanghai"),
    ("上海", "Asia/Shanghai"),
    ("shenzhen", "Asia/Shanghai"),
    ("guangzhou", "Asia/Shanghai"),
    ("香港", "Asia/Hong_Kong"),
    ("台北", "Asia/Taipei"),
    ("东京", "Asia/Tokyo"),
    ("delhi", "Asia/Kolkata"),
    ("san francisco", "America/Los_Angeles"),
    ("munich", "Europe/Berlin"),
    ("z", "UTC"),
];

/// The zone of a name (`Asia/Shanghai`, `tokyo`) or an offset (`+08:00`, `UTC+8`).
///
/// # Errors
/// Names that nobody knows, with some that are like it.
pub(crate) fn zone(name: &str) -> Result<TimeZone, PortError> {
    let name = name.trim();
    let known = TimeZoneDatabase::bundled();
    if let Some(offset) = offset(name) {
        return Ok(TimeZone::fixed(offset));
    }
    if let Ok(zone) = known.get(&name.replace(' ', "_")) {
        return Ok(zone);
    }
    let lower = name.to_lowercase();
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == lower).map(|(_, zone)| *zone);
    if let Some(zone) = other.and_then(|other| known.get(other).ok()) {
        return Ok(zone);
    }
    let city = lower.rsplit('/').next().unwrap_or_default().replace(' ', "_");
    let is_bare = !lower.contains('/');
    let mut near: Vec<(usize, String)> = Vec::new();
    for candidate in known.available() {
        let last = candidate.as_str().rsplit('/').next().unwrap_or_default().to_lowercase();
        if is_bare && last == city && candidate.as_str().contains('/') {
            return known.get(candidate.as_str()).map_err(|error| wrong(error.to_string()));
        }
        near.push((strsim::damerau_levenshtein(&last, &city), candidate.to_string()));
    }
    near.sort();
    let near: Vec<String> = near.into_iter().take(MOST_OFFERED).map(|(_, name)| name).collect();
    let shown: String = name.chars().take(60).collect();
    Err(wrong(format!(
        "There is no time zone `{shown}`. Write an IANA name such as Asia/Shanghai or Europe/Berlin, or an \
         offset such as +08:00. Near it: {}.",
        near.join(", ")
    )))
}

/// How a zone is told: its name, or its offset.
pub(crate) fn name(zone: &TimeZone) -> String {
    match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => zone.to_fixed_offset().map(|offset| format!("UTC{offset}")).unwrap_or_default(),
    }
}

fn offset(text: &str) -> Option<Offset> {
    let upper = text.to_ascii_uppercase();
    let bare = upper.strip_prefix("UTC").or_else(|| upper.strip_prefix("GMT")).unwrap_or(&upper);
    let (sign, rest) = match (bare.strip_prefix('+'), bare.strip_prefix(['-', '\u{2212}'])) {
        (Some(rest), _) => (1, rest),
        (_, Some(rest)) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match (rest.split_once(':'), rest.len()) {
        (Some((hours, minutes)), _) if minutes.len() == 2 => (hours, minutes),
        (None, 4) => rest.split_at_checked(2)?,
        (None, 1 | 2) => (rest, "0"),
        _ => return None,
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i32>().ok())?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    if hours > 14 || minutes > 59 {
        return None;
    }
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> String {
        zone(text).map_or_else(|error| error.detail, |zone| name(&zone))
    }

    #[test]
    fn zones_are_found_by_the_names_that_models_write() {
        assert_eq!(named("asia/shanghai"), "Asia/Shanghai");
        assert_eq!(named("Beijing"), "Asia/Shanghai");
        assert_eq!(named("New York"), "America/New_York");
        assert_eq!(named("tokyo"), "Asia/Tokyo");
        assert_eq!(named("UTC"), "UTC");
        assert_eq!(named("UTC+8"), "UTC+08");
        assert_eq!(named("+05:30"), "UTC+05:30");
        assert_eq!(named("GMT-3"), "UTC-03");
        assert_eq!(named("-0330"), "UTC-03:30");
    }

    #[test]
    fn a_name_that_nobody_knows_is_answered_with_some_that_are_like_it() {
        assert_eq!(
            named("Europe/Berln"),
            "There is no time zone `Europe/Berln`. Write an IANA name such as Asia/Shanghai or Europe/Berlin, or \
             an offset such as +08:00. Near it: Europe/Berlin, America/Belem, America/North_Dakota/Beulah."
        );
        for name in ["+99", "UTC+8:5", "+1a", "../etc/passwd", ""] {
            assert!(named(name).starts_with("There is no time zone"), "{name}");
        }
    }
}

//! Numbers with their units, whatever they are written in: `1,234.5万元`, `12 percent`, `三个工作日`, `$3.2 billion`.

use unicode_normalization::UnicodeNormalization as _;

/// A number of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Number {
    pub(crate) value: f64,
    /// The name of its unit; nothing for plain counts.
    pub(crate) unit: Option<&'static str>,
}

impl Number {
    /// Whether two numbers say the same. A unit that is not written may be any.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let close = (self.value - other.value).abs() <= 1e-9 * self.value.abs().max(other.value.abs());
        close && (self.unit == other.unit || self.unit.is_none() || other.unit.is_none())
    }

    /// A year of the calendar, which a text names once for all that follows.
    pub(crate) fn is_year(&self) -> bool {
        (1_000.0..3_000.0).contains(&self.value) && matches!(self.unit, None | Some("year"))
    }
}

/// The numbers of a text, in their order.
pub(crate) fn numbers(text: &str) -> Vec<Number> {
    let text = text.nfkc().collect::<String>().to_lowercase();
    let mut found = Vec::new();
    let mut rest = text.as_str();
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        match digits(rest).or_else(|| chinese(rest)).or_else(|| english(rest, before)) {
            Some((number, length)) => {
                let unit_before = before.and_then(currency);
                let after = rest.get(length..).unwrap_or_default();
                // What has letters on both sides, such as `ip68`, is a name.
                let is_name = before.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
                let (value, unit) = scaled(number, after);
                if !is_name && (unit.is_some() || !is_idle(rest, length)) {
                    found.push(Number { value, unit: unit_before.or(unit) });
                }
                before = rest.get(..length).and_then(|number| number.chars().next_back());
                rest = after;
            }
            None => {
                before = Some(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
    }
    found
}

fn currency(c: char) -> Option<&'static str> {
    match c {
        '$' => Some("dollar"),
        '¥' | '￥' => Some("yuan"),
        '€' => Some("euro"),
        '£' => Some("pound"),
        _ => None,
    }
}

/// `1,234.5` at the beginning of `text`, and its length.
fn digits(text: &str) -> Option<(f64, usize)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    if !digit(0) {
        return None;
    }
    let mut length = 0;
    while digit(length) || (matches!(bytes.get(length), Some(b'.' | b',')) && digit(length + 1)) {
        length += 1;
    }
    let number = text.get(..length)?.replace(',', "");
    number.parse().ok().map(|value| (value, length))
}

fn numeral(c: char) -> Option<f64> {
    let digits = ["零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九"];
    let value = digits.iter().position(|same| same.contains(c))?;
    u32::try_from(value).ok().map(f64::from)
}

fn power(c: char) -> Option<f64> {
    match c {
        '十' => Some(10.0),
        '百' => Some(100.0),
        '千' => Some(1_000.0),
        _ => None,
    }
}

/// `二百五十` at the beginning of `text`, and its length.
fn chinese(text: &str) -> Option<(f64, usize)> {
    let (mut total, mut digit, mut length) = (0.0, None::<f64>, 0);
    for c in text.chars() {
        match (numeral(c), power(c)) {
            // Digits one after the other, as in years, are read as digits are.
            (Some(next), _) => digit = Some(digit.map_or(next, |digit| digit * 10.0 + next)),
            (_, Some(power)) => {
                total += digit.unwrap_or(1.0) * power;
                digit = None;
            }
            _ => break,
        }
        length += c.len_utf8();
    }
    (length > 0).then(|| (total + digit.unwrap_or_default(), length))
}

const ENGLISH: [(&str, f64); 27] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("seventy", 70.0),
    ("eighty", 80.0),
    ("ninety", 90.0),
];

/// `twenty-five` at the beginning of `text`, where a word begins, and its length.
fn english(text: &str, before: Option<char>) -> Option<(f64, usize)> {
    if before.is_some_and(char::is_alphabetic) {
        return None;
    }
    let (value, length) = english_word(text)?;
    let after = text.get(length..).unwrap_or_default();
    if value >= 20.0
        && let Some(rest) = after.strip_prefix(['-', ' '])
        && let Some((one, more)) = english_word(rest)
        && one < 10.0
    {
        return Some((value + one, length + 1 + more));
    }
    Some((value, length))
}

fn english_word(text: &str) -> Option<(f64, usize)> {
    let length = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let word = text.get(..length)?;
    ENGLISH.iter().find(|(name, _)| *name == word).map(|(_, value)| (*value, length))
}

/// `一` and `one` count only where a unit follows; they are mostly articles. So are `千` and its like alone.
fn is_idle(text: &str, length: usize) -> bool {
    let word = text.get(..length).unwrap_or_default();
    matches!(word, "一" | "one" | "两" | "十" | "百" | "千" | "零")
}

/// What multiplies a number, the longest first.
const SCALES: [(&str, f64); 8] = [
    ("万亿", 1e12),
    ("百万", 1e6),
    ("thousand", 1e3),
    ("million", 1e6),
    ("billion", 1e9),
    ("亿", 1e8),
    ("万", 1e4),
    ("hundred", 1e2),
];

/// How units are written, and their names: the longer of two that begin alike first.
const UNITS: [(&str, &str); 88] = [
    ("%", "percent"),
    ("percent", "percent"),
    ("per cent", "percent"),
    ("个百分点", "point"),
    ("percentage point", "point"),
    ("个工作日", "working day"),
    ("工作日", "working day"),
    ("working day", "working day"),
    ("business day", "working day"),
    ("个小时", "hour"),
    ("小时", "hour"),
    ("hour", "hour"),
    ("分钟", "minute"),
    ("minute", "minute"),
    ("秒", "second"),
    ("second", "second"),
    ("个月", "month"),
    ("month", "month"),
    ("月", "month of the year"),
    ("个星期", "week"),
    ("星期", "week"),
    ("周", "week"),
    ("week", "week"),
    ("天", "day"),
    ("日", "day"),
    ("day", "day"),
    ("世纪", "century"),
    ("年代", "decade"),
    ("年", "year"),
    ("year", "year"),
    ("岁", "year of age"),
    ("a.m", "am"),
    ("am ", "am"),
    ("p.m", "pm"),
    ("pm ", "pm"),
    ("美元", "dollar"),
    ("dollar", "dollar"),
    ("欧元", "euro"),
    ("euro", "euro"),
    ("元", "yuan"),
    ("块钱", "yuan"),
    ("yuan", "yuan"),
    ("crown", "crown"),
    ("cent", "cent"),
    ("平方公里", "square kilometre"),
    ("square kilomet", "square kilometre"),
    ("平方米", "square metre"),
    ("square met", "square metre"),
    ("公里", "kilometre"),
    ("千米", "kilometre"),
    ("kilomet", "kilometre"),
    ("km", "kilometre"),
    ("厘米", "centimetre"),
    ("centimet", "centimetre"),
    ("cm", "centimetre"),
    ("毫米", "millimetre"),
    ("millimet", "millimetre"),
    ("mm", "millimetre"),
    ("英寸", "inch"),
    ("inch", "inch"),
    ("米", "metre"),
    ("metre", "metre"),
    ("meter", "metre"),
    ("公斤", "kilogram"),
    ("千克", "kilogram"),
    ("kilogram", "kilogram"),
    ("kg", "kilogram"),
    ("毫克", "milligram"),
    ("milligram", "milligram"),
    ("mg", "milligram"),
    ("克", "gram"),
    ("gram", "gram"),
    ("吨", "tonne"),
    ("毫升", "millilitre"),
    ("ml", "millilitre"),
    ("升", "litre"),
    ("litre", "litre"),
    ("毫安时", "milliampere hour"),
    ("mah", "milliampere hour"),
    ("瓦", "watt"),
    ("watt", "watt"),
    ("赫兹", "hertz"),
    ("像素", "pixel"),
    ("degree", "degree"),
    ("摄氏度", "degree"),
    ("度", "degree"),
    ("倍", "times"),
    ("times", "times"),
];

/// The value with what multiplies it, and the unit that follows.
fn scaled(value: f64, after: &str) -> (f64, Option<&'static str>) {
    let (mut value, mut rest) = (value, after);
    loop {
        let word = rest.trim_start_matches(['-', ' ']);
        let Some((name, scale)) = SCALES.iter().find(|(name, _)| word.starts_with(name)) else { break };
        value *= scale;
        rest = word.get(name.len()..).unwrap_or_default();
    }
    let word = rest.trim_start_matches(['-', ' ', '多', '余', '几']);
    (value, UNITS.iter().find(|(name, _)| word.starts_with(name)).map(|(_, unit)| *unit))
}

#[cfg(test)]
mod tests {
    use super::{Number, numbers};

    #[test]
    fn numbers_are_the_same_however_they_are_written() {
        for (text, value, unit) in [
            ("1,234.5万元", 12_345_000.0, Some("yuan")),
            ("１２%", 12.0, Some("percent")),
            ("twelve percent", 12.0, Some("percent")),
            ("三个工作日", 3.0, Some("working day")),
            ("二百五十公里", 250.0, Some("kilometre")),
            ("$3.2 billion", 3.2e9, Some("dollar")),
            ("twenty-five years", 25.0, Some("year")),
            ("a two-year warranty", 2.0, Some("year")),
            ("六百多条", 600.0, None),
            ("5000万像素", 5e7, Some("pixel")),
            ("二〇二三年", 2_023.0, Some("year")),
        ] {
            assert_eq!(numbers(text), [Number { value, unit }], "{text}");
        }
        assert!(numbers("一个人说他一般不去，型号IP68，someone").is_empty());
    }
}

//! Whether a clause says yes or no, and which of two opposites it names.

/// Phrases with a word of denial in them that deny nothing, or not what they stand in.
const NO_DENIAL: [&str; 32] = [
    "无理由",
    "不仅",
    "不但",
    "无论",
    "不论",
    "不管",
    "不断",
    "不同",
    "不少",
    "非常",
    "不过",
    "未来",
    "无线",
    "不锈钢",
    "不久",
    "不锈",
    "没收",
    "非洲",
    "无锡",
    "无人机",
    "不得不",
    "否则",
    "不足",
    "不超过",
    "未休",
    "不满",
    "not only",
    "nothing but",
    "no later than",
    "no more than",
    "no less than",
    "not least",
];
const DENIALS: [&str; 16] = [
    "不", "没", "无", "非", "未", "勿", "禁", "拒", "免", "not ", "n't ", "no ", "never", "without",
    "cannot", "neither",
];
/// Words that deny by what they mean.
const DENYING_WORDS: [&str; 5] = ["banned", "forbidden", "prohibited", "rejected", "denied"];

/// Whether a clause in small letters denies what it names: once, three times and so on.
pub(crate) fn denies(clause: &str) -> bool {
    let mut clause = format!("{clause} ");
    for phrase in NO_DENIAL {
        clause = clause.replace(phrase, " ");
    }
    let words = DENIALS.iter().map(|word| match word.strip_suffix(' ') {
        // `no ` is a word of its own, `n't ` the end of one.
        Some("no") => clause.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == "no").count(),
        Some("not") => clause.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == "not").count(),
        _ => clause.matches(word).count(),
    });
    let denying = DENYING_WORDS.iter().map(|word| clause.matches(word).count());
    (words.sum::<usize>() + denying.sum::<usize>()) % 2 == 1
}

/// Words of which a clause can hold only one. What stands first in a pair is held against what stands second.
const OPPOSITES: [(&[&str], &[&str]); 26] = [
    (&["增长", "上升", "增加", "提高", "上涨", "增至"], &["下降", "减少", "降低", "下跌", "下滑", "减至"]),
    (&["高于", "以上", "超过", "大于"], &["低于", "以下", "以内", "小于", "不足"]),
    (&["最高", "最大", "最多"], &["最低", "最小", "最少"]),
    (&["盈利"], &["亏损"]),
    (&["支持", "赞成", "同意", "批准"], &["反对", "拒绝", "否决"]),
    (&["允许", "可以"], &["禁止", "不得", "不准"]),
    (&["免费"], &["收费", "付费"]),
    (&["开始", "开幕", "开业"], &["结束", "闭幕", "停业"]),
    (&["早于", "之前", "以前"], &["晚于", "之后", "以后"]),
    (&["买入", "购买"], &["卖出", "出售"]),
    (&["进口"], &["出口"]),
    (&["收入"], &["支出"]),
    (&["成功"], &["失败"]),
    (
        &["rise", "rose", "risen", "grew", "grow", "increase", "higher", "up from", "gain"],
        &["fall", "fell", "fallen", "decline", "decrease", "drop", "lower", "down from", "shrank"],
    ),
    (&["above"], &["below"]),
    (&["before", "earlier than"], &["after", "later than"]),
    (&["more than", "over", "older than"], &["less than", "under", "younger than"]),
    (&["at most", "maximum", "up to"], &["at least", "minimum"]),
    (&["profit"], &["loss"]),
    (&["open"], &["closed"]),
    (&["allowed", "permitted", "may be"], &["banned", "forbidden", "prohibited"]),
    (&["approved", "accepted"], &["rejected", "refused"]),
    (&["began", "begin", "started", "starts"], &["ended", "ends", "finished"]),
    (&["rare"], &["common", "frequent"]),
    (&["free of charge", "is free", "for free"], &["costs "]),
    (&["first"], &["last"]),
];

/// Whether one clause names one of two opposites, and the other only the other. Both in small letters.
pub(crate) fn opposed(one: &str, other: &str) -> bool {
    let holds = |clause: &str, words: &[&str]| words.iter().any(|word| contains_word(clause, word));
    OPPOSITES.iter().any(|(these, those)| {
        let turned = |one: &str, other: &str| {
            holds(one, these) && !holds(one, those) && holds(other, those) && !holds(other, these)
        };
        turned(one, other) || turned(other, one)
    })
}

/// English words begin where a word begins, so that `over` is not in `cover`.
fn contains_word(clause: &str, word: &str) -> bool {
    clause.match_indices(word).any(|(at, _)| {
        let before = clause.get(..at).unwrap_or_default().chars().next_back();
        !word.is_ascii() || !before.is_some_and(|c| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::{denies, opposed};

    #[test]
    fn denial_is_told_from_words_that_look_like_it() {
        for clause in
            ["不支持无线充电", "生鲜食品概不退换", "it is not covered", "they can't return", "no refunds"]
        {
            assert!(denies(clause), "{clause}");
        }
        for clause in ["七天内可以无理由退货", "不仅如此", "非常好", "notes and knots", "并非不可以"]
        {
            assert!(!denies(clause), "{clause}");
        }
    }

    #[test]
    fn opposites_are_opposed_and_both_together_are_not() {
        assert!(opposed("收入增长12%", "收入下降12%"));
        assert!(opposed("sales rose", "sales fell 6%"));
        assert!(!opposed("sales rose", "revenue rose while sales fell"));
        assert!(!opposed("it covers drops", "over there"));
    }
}

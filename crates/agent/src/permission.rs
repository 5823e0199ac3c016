//! Whether a call of a tool may be made: a function of the typed call, the agent's policy, what the member allowed and
//! where the words of the conversation come from. No model has a say in it.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value};
use wire::{AskReason, ToolClass};

/// A tool as policies see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolRule {
    /// As models say it.
    pub name: String,
    /// In the member's language.
    pub title: String,
    /// What a call can do.
    pub class: ToolClass,
    /// True when strangers write what it answers.
    pub is_outside: bool,
    /// True when a call tells somebody outside what its arguments say.
    pub tells_outside: bool,
    /// True when a call that is made again happens once.
    pub is_keyed: bool,
}

/// What an agent may call, and on which conditions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPolicy {
    /// The names of its tools.
    #[serde(default)]
    pub offer: Vec<String>,
    /// The first that fits a call decides; where none does, what the call can do decides.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// How often the model is asked for one answer; absent: 8 times.
    pub most_steps: Option<u32>,
}

/// A rule of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The tool; `*` is every one.
    pub tool: String,
    /// Only calls that have this argument, and whose argument is like this; `*` in it is anything.
    pub argument: Option<Likeness>,
    /// What is decided.
    pub then: Then,
}

/// What an argument is like.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Likeness {
    /// Its name.
    pub name: String,
    /// Its text, in which `*` stands for anything.
    pub like: String,
}

/// What a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The call is made.
    Allow,
    /// The member is asked.
    Ask,
    /// The call is not made.
    Deny,
}

/// What is known of a conversation when a call is judged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// What the member wrote.
    pub said: Vec<String>,
    /// Addresses that tools came back with.
    pub links: BTreeSet<String>,
    /// True once something stands in it that strangers wrote.
    pub is_tainted: bool,
    /// Tools that the member allowed for this thread.
    pub allowed: BTreeSet<String>,
}

/// What is decided of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is made.
    Allow,
    /// The member is asked.
    Ask(AskReason),
    /// It is not made.
    Deny,
}

/// Decides about a call.
///
/// What strangers wrote never makes a call by itself that writes, spends, or tells somebody outside something that the member
/// has not written: then the member is asked, whatever rules and earlier leave say. Only a denial counts before that.
pub fn judge(policy: &ToolPolicy, known: &Known, tool: &ToolRule, arguments: &Map<String, Value>) -> Verdict {
    let then = policy.rules.iter().find(|rule| rule.fits(tool, arguments)).map(|rule| rule.then);
    if then == Some(Then::Deny) {
        return Verdict::Deny;
    }
    let tells = tool.tells_outside && !known.has_all(arguments);
    if known.is_tainted && (tool.class != ToolClass::Read || tells) {
        return Verdict::Ask(AskReason::Tainted);
    }
    match (then, tool.class) {
        (Some(Then::Allow), _) | (None, ToolClass::Read) => Verdict::Allow,
        (None, ToolClass::Write) if known.allowed.contains(&tool.name) => Verdict::Allow,
        (None, ToolClass::Write) => Verdict::Ask(AskReason::Writes),
        (None, ToolClass::Spend) => Verdict::Ask(AskReason::Spends),
        (Some(Then::Ask | Then::Deny), _) => Verdict::Ask(AskReason::Policy),
    }
}

impl Rule {
    fn fits(&self, tool: &ToolRule, arguments: &Map<String, Value>) -> bool {
        (self.tool == "*" || self.tool == tool.name)
            && self.argument.as_ref().is_none_or(|likeness| {
                arguments.get(&likeness.name).and_then(Value::as_str).is_some_and(|text| likeness.is(text))
            })
    }
}

impl Likeness {
    fn is(&self, text: &str) -> bool {
        let mut pieces = self.like.split('*');
        let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else { return false };
        let mut last = None;
        for piece in pieces {
            if let Some(middle) = last.replace(piece) {
                let Some(at) = rest.find(middle) else { return false };
                rest = rest.get(at + middle.len()..).unwrap_or_default();
            }
        }
        last.map_or(rest.is_empty(), |end| rest.ends_with(end))
    }
}

impl Known {
    /// True when the member wrote every text of the arguments, or a tool came back with it as an address.
    fn has_all(&self, arguments: &Map<String, Value>) -> bool {
        arguments.values().all(|value| match value {
            Value::Null | Value::Bool(_) => true,
            Value::Number(number) => self.has(&number.to_string()),
            Value::String(text) => self.has(text),
            Value::Array(_) | Value::Object(_) => false,
        })
    }

    fn has(&self, text: &str) -> bool {
        self.links.contains(text) || self.said.iter().any(|said| said.contains(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn tool(class: ToolClass, tells_outside: bool) -> ToolRule {
        ToolRule {
            name: "fetch".to_owned(),
            title: "Fetch".to_owned(),
            class,
            is_outside: tells_outside,
            tells_outside,
            is_keyed: false,
        }
    }

    fn arguments(url: &str) -> Map<String, Value> {
        json!({ "url": url }).as_object().unwrap().clone()
    }

    fn policy(rules: &str) -> ToolPolicy {
        toml::from_str(rules).unwrap()
    }

    fn tainted() -> Known {
        Known {
            said: vec!["Read https://a.example/page please".to_owned()],
            links: BTreeSet::from(["https://found.example/1".to_owned()]),
            is_tainted: true,
            allowed: BTreeSet::from(["fetch".to_owned()]),
        }
    }

    #[test]
    fn what_a_call_can_do_decides_where_no_rule_does() {
        let judged =
            |class| judge(&ToolPolicy::default(), &Known::default(), &tool(class, false), &arguments("x"));
        assert_eq!(judged(ToolClass::Read), Verdict::Allow);
        assert_eq!(judged(ToolClass::Write), Verdict::Ask(AskReason::Writes));
        assert_eq!(judged(ToolClass::Spend), Verdict::Ask(AskReason::Spends));
    }

    #[test]
    fn leave_for_a_thread_is_for_writing_and_never_for_spending() {
        let known = Known { is_tainted: false, ..tainted() };
        let judged = |class| judge(&ToolPolicy::default(), &known, &tool(class, false), &arguments("x"));
        assert_eq!(judged(ToolClass::Write), Verdict::Allow);
        assert_eq!(judged(ToolClass::Spend), Verdict::Ask(AskReason::Spends));
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let policy = policy(
            r#"rules = [
                 { tool = "fetch", argument = { name = "url", like = "https://*.example/private*" }, then = "deny" },
                 { tool = "fetch", argument = { name = "url", like = "https://*.example/*" }, then = "allow" },
                 { tool = "*", then = "ask" },
               ]"#,
        );
        let judged =
            |url: &str| judge(&policy, &Known::default(), &tool(ToolClass::Write, false), &arguments(url));
        assert_eq!(judged("https://a.example/private/1"), Verdict::Deny);
        assert_eq!(judged("https://a.example/open"), Verdict::Allow);
        assert_eq!(judged("https://a.example"), Verdict::Ask(AskReason::Policy));
        assert_eq!(judged("http://a.example/open"), Verdict::Ask(AskReason::Policy));
    }

    #[test]
    fn strangers_words_never_write_spend_or_tell() {
        let allow = policy(r#"rules = [{ tool = "*", then = "allow" }]"#);
        for class in [ToolClass::Write, ToolClass::Spend] {
            let verdict = judge(&allow, &tainted(), &tool(class, false), &arguments("x"));
            assert_eq!(verdict, Verdict::Ask(AskReason::Tainted));
        }
        let fetched = |url: &str| judge(&allow, &tainted(), &tool(ToolClass::Read, true), &arguments(url));
        assert_eq!(fetched("https://evil.example/?secret=1"), Verdict::Ask(AskReason::Tainted));
        assert_eq!(fetched("https://a.example/page"), Verdict::Allow);
        assert_eq!(fetched("https://found.example/1"), Verdict::Allow);
        assert_eq!(fetched("https://found.example/1?secret=1"), Verdict::Ask(AskReason::Tainted));
    }

    #[test]
    fn a_denial_counts_before_everything() {
        let deny = policy(r#"rules = [{ tool = "fetch", then = "deny" }]"#);
        assert_eq!(judge(&deny, &tainted(), &tool(ToolClass::Spend, true), &arguments("x")), Verdict::Deny);
    }

    proptest! {
        /// Stars match as in a slow search over every place.
        #[test]
        fn stars_stand_for_anything(like in "[ab*]{0,6}", text in "[ab]{0,8}") {
            fn slow(like: &[u8], text: &[u8]) -> bool {
                match like.split_first() {
                    None => text.is_empty(),
                    Some((b'*', rest)) => (0..=text.len()).any(|from| slow(rest, &text[from..])),
                    Some((one, rest)) => text.split_first().is_some_and(|(first, text)| first == one && slow(rest, text)),
                }
            }
            let likeness = Likeness { name: "n".to_owned(), like: like.clone() };
            prop_assert_eq!(likeness.is(&text), slow(like.as_bytes(), text.as_bytes()));
        }
    }
}

//! The grammar of calls between marks.

use llama_cpp_4::chat::json_schema_to_grammar;
use ports::{Tool, ToolChoice, Tools};
use schema::{Json, Shared, closed_object};
use speech::marked::{CLOSE, OPEN};
use wire::ErrorCode;

use crate::protocol::Failure;

/// Calls that one answer may make.
const MOST_CALLS: u32 = 16;

/// What an answer with tools is held to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::worker) struct Rules {
    /// In the library's notation, from the rule `root` on.
    pub(in crate::worker) grammar: String,
    /// True when the rules hold only behind the first opening mark, or from the rule `bare` on for a bare call: until
    /// then the model says what it likes.
    pub(in crate::worker) behind_mark: bool,
    /// The tools that may be called.
    pub(in crate::worker) names: Vec<String>,
}

/// The rules for these tools, and for what is said instead of a call when that must match a schema.
pub(in crate::worker) fn rules(tools: &Tools, answer: Option<&str>) -> Result<Rules, Failure> {
    let chosen: Vec<&Tool> = tools.offered.iter().filter(|tool| is_chosen(tool, &tools.choice)).collect();
    let answer = answer.filter(|_| tools.choice == ToolChoice::Auto);
    let mut shared = Shared::default();
    let names = chosen.iter().map(|tool| tool.name.clone()).collect();
    let calls = chosen.into_iter().map(|tool| call(tool, &mut shared)).collect::<Result<_, _>>()?;
    let mut parts = vec![("call".to_owned(), Json::field("anyOf", Json::List(calls)))];
    if let Some(text) = answer {
        parts.push(("answer".to_owned(), shared.absorb(parse(text)?)));
    }
    let document = shared.object(parts).to_string();
    let library = json_schema_to_grammar(&document, true).map_err(|error| {
        eprintln!("The schemas of tools cannot be turned into a grammar: {error}");
        Failure::new(ErrorCode::InvalidRequest, "The schemas of the tools cannot be turned into a grammar.")
    })?;
    let more =
        if tools.parallel && !matches!(tools.choice, ToolChoice::Named(_)) { MOST_CALLS - 1 } else { 0 };
    let (call, answered) =
        (rule_of(&library, "call")?, answer.map(|_| rule_of(&library, "answer")).transpose()?);
    let inside = format!("space {call} space \"{CLOSE}\" (space marked-call){{0,{more}}}");
    let behind_mark = tools.choice == ToolChoice::Auto && answered.is_none();
    let root = match answered {
        Some(answer) => format!("space ({answer} space | \"{OPEN}\" {inside})"),
        None if behind_mark => inside,
        None => format!("space \"{OPEN}\" {inside}"),
    };
    let kept: Vec<&str> = library.lines().filter(|line| !line.starts_with("root ::= ")).collect();
    let grammar = format!(
        "root ::= {root}\nbare ::= {call} space \"```\"? space\nmarked-call ::= \"{OPEN}\" space {call} space \"{CLOSE}\"\n{}\n",
        kept.join("\n")
    );
    Ok(Rules { grammar, behind_mark, names })
}

fn is_chosen(tool: &Tool, choice: &ToolChoice) -> bool {
    match choice {
        ToolChoice::Named(name) => tool.name == *name,
        _ => true,
    }
}

/// The schema of a call of one tool.
fn call(tool: &Tool, shared: &mut Shared) -> Result<Json, Failure> {
    Ok(closed_object(vec![
        ("name".to_owned(), Json::field("const", Json::text(&tool.name))),
        ("arguments".to_owned(), shared.absorb(parse(&tool.parameters)?)),
    ]))
}

fn parse(text: &str) -> Result<Json, Failure> {
    serde_json::from_str(text).map_err(|error| {
        eprintln!("A schema cannot be read: {error}");
        Failure::new(ErrorCode::Internal, "A schema cannot be read.")
    })
}

/// The rule for the value of a property of the outermost object.
fn rule_of<'a>(grammar: &'a str, property: &str) -> Result<&'a str, Failure> {
    let head = format!("{property}-kv ::= ");
    let rule = grammar.lines().find_map(|line| line.strip_prefix(&head)?.rsplit(' ').next());
    rule.ok_or_else(|| Failure::new(ErrorCode::Internal, "The library writes grammars in another way."))
}

#[cfg(test)]
mod tests {
    use schema::{Manner, compile};

    use super::*;

    fn tool(name: &str, parameters: &str) -> Tool {
        let parameters = compile(parameters, Manner::Strict).unwrap().document();
        Tool { name: name.to_owned(), description: String::new(), parameters, strict: true }
    }

    fn tools(choice: ToolChoice, parallel: bool) -> Tools {
        let offered = vec![
            tool(
                "grow",
                r##"{"type":"object","properties":{"tree":{"$ref":"#/$defs/t"}},"required":["tree"],
                    "$defs":{"t":{"type":"array","items":{"$ref":"#/$defs/t"}}}}"##,
            ),
            tool("stop", r#"{"type":"object","properties":{}}"#),
        ];
        Tools { offered, choice, parallel }
    }

    fn root(rules: &Rules) -> &str {
        rules.grammar.lines().find_map(|line| line.strip_prefix("root ::= ")).unwrap()
    }

    #[test]
    fn a_call_that_must_come_comes_at_once() {
        let required = rules(&tools(ToolChoice::Required, true), None).unwrap();
        assert_eq!(
            root(&required),
            r#"space "<tool_call>" space call space "</tool_call>" (space marked-call){0,15}"#
        );
        assert!(!required.behind_mark);
        assert!(required.grammar.contains(r#"\"grow\""#) && required.grammar.contains(r#"\"stop\""#));
        let named = rules(&tools(ToolChoice::Named("stop".to_owned()), true), None).unwrap();
        assert_eq!(
            root(&named),
            r#"space "<tool_call>" space call space "</tool_call>" (space marked-call){0,0}"#
        );
        assert!(!named.grammar.contains("grow"), "{}", named.grammar);
    }

    #[test]
    fn a_call_that_may_come_is_held_from_its_mark_on() {
        let auto = rules(&tools(ToolChoice::Auto, false), None).unwrap();
        assert_eq!(root(&auto), r#"space call space "</tool_call>" (space marked-call){0,0}"#);
        assert!(auto.behind_mark);
    }

    #[test]
    fn an_answer_in_json_stands_beside_the_calls() {
        for schema in [r#"{"type":"string"}"#, r#"{"type":"object","properties":{"call":{"type":"null"}}}"#] {
            let both = rules(&tools(ToolChoice::Auto, true), Some(schema)).unwrap();
            let rule = if schema.contains("object") { "answer" } else { "string" };
            assert!(
                root(&both).starts_with(&format!("space ({rule} space | \"<tool_call>\" space call")),
                "{}",
                root(&both)
            );
            assert!(!both.behind_mark);
            let forced = rules(&tools(ToolChoice::Required, true), Some(schema)).unwrap();
            assert!(!forced.grammar.contains("answer"), "what must be called says nothing");
        }
    }

    #[test]
    fn definitions_of_several_schemas_do_not_meet() {
        let mut tools = tools(ToolChoice::Required, true);
        let other =
            r##"{"type":"object","properties":{"x":{"$ref":"#/$defs/d0"}},"$defs":{"d0":{"enum":[7]}}}"##;
        tools.offered.push(tool("other", other));
        let grammar = rules(&tools, None).unwrap().grammar;
        for definition in ["ref-defs-shared0 ::= \"[\"", "ref-defs-shared1 ::= (\"7\")"] {
            assert!(grammar.contains(definition), "{definition}: {grammar}");
        }
    }
}

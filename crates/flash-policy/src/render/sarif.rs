//! SARIF 2.1.0, by hand: one run, the rules that were met, and a result for each finding. What passed is left out.

use std::collections::HashMap;

use flash_policy_core::diagnostics::{Rule, Severity, rules};
use serde_json::{Value, json};

use super::{STDIN, block, is_path, level, line, names_itself, path};
use crate::commands::explain::explain;
use crate::report::{Done, Entry, State, without_lines};

pub(crate) fn sarif(done: &Done) -> String {
    let mut rules = Rules::default();
    let mut seen = HashMap::new();
    let results: Vec<_> =
        done.entries.iter().filter_map(|entry| result(entry, &mut rules, &mut seen)).collect();
    let driver = json!({
        "name": "flash-policy",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.described,
    });
    super::json(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    }))
}

/// The rules that were met, in order; a result points at its own by the index.
#[derive(Default)]
struct Rules<'a> {
    ids: Vec<&'a str>,
    described: Vec<Value>,
}

impl<'a> Rules<'a> {
    fn index(&mut self, id: &'a str, severity: Severity) -> usize {
        self.ids.iter().position(|known| *known == id).unwrap_or_else(|| {
            self.ids.push(id);
            self.described.push(match rules::find(id) {
                Some(rule) => described(rule),
                None => described_by_id(id, severity),
            });
            self.ids.len() - 1
        })
    }
}

fn described(rule: &Rule) -> Value {
    let tags: &[_] = if is_over_broad(rule) { &["security", "external/cwe/cwe-942"] } else { &[] };
    json!({
        "id": rule.id(),
        "name": pascal_case(rule.name()),
        "shortDescription": { "text": rule.text() },
        "fullDescription": { "text": rule.text() },
        "help": { "text": rule.help() },
        "defaultConfiguration": { "level": level(rule.severity(), "note") },
        "properties": { "tags": tags },
    })
}

/// What is no rule is the cause of a verdict, the direction of a change, or the state of a case or file.
fn described_by_id(id: &str, severity: Severity) -> Value {
    let words = line(&id.replace('-', " "));
    let help = explain(id).unwrap_or_else(|_| help(id).to_owned());
    json!({
        "id": line(id),
        "name": pascal_case(id),
        "shortDescription": { "text": words },
        "fullDescription": { "text": words },
        "help": { "text": block(&help) },
        "defaultConfiguration": { "level": level(severity, "note") },
        "properties": { "tags": [] },
    })
}

fn help(id: &str) -> &'static str {
    match id {
        "matrix" => {
            "if the cells are as they shall be, accept them: flash-policy test --update FILE"
        }
        "newly-permitted" => {
            "if it is meant, accept it: flash-policy diff --allow-widening OLD NEW"
        }
        "newly-denied" => "see whether anybody still needs it",
        "invalid-scenario" | "unreadable-file" => {
            "correct the file: flash-policy test FILE shows the place"
        }
        "nothing-to-test" => "add a [[case]] or a [matrix], or name another file",
        "server-crashed" => {
            "see what the server said, and mend it: a server that ends denies every player after it"
        }
        "not-run" => {
            "this says nothing of the policy: mend what the machine lacks, and run it again"
        }
        "disagreement" => "this is a defect of flash-policy: please report it with the details",
        _ => "compare what was expected with what came of it",
    }
}

/// CWE-942, permissive cross-domain policy with untrusted domains.
fn is_over_broad(rule: &Rule) -> bool {
    [rules::D14, rules::L19, rules::L21, rules::L23].contains(rule)
}

fn pascal_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

fn result<'a>(
    entry: &'a Entry,
    rules: &mut Rules<'a>,
    seen: &mut HashMap<u64, usize>,
) -> Option<Value> {
    let (severity, suppressions) = match &entry.state {
        State::Passed | State::Skipped => return None,
        State::Found { severity, .. } => (*severity, json!([])),
        State::NotRun => (Severity::Error, json!([])),
        State::Suppressed { severity, reason, in_source } => {
            let kind = if *in_source { "inSource" } else { "external" };
            (
                *severity,
                json!([{ "kind": kind, "status": "accepted", "justification": line(reason) }]),
            )
        }
    };
    let fingerprint = fingerprint(entry);
    let number = seen.entry(fingerprint).or_insert(0);
    *number += 1;
    Some(json!({
        "ruleId": line(&entry.id),
        "ruleIndex": rules.index(&entry.id, severity),
        "level": level(severity, "note"),
        "kind": "fail",
        "message": { "text": sentence(entry) },
        "locations": [{ "physicalLocation": location(entry) }],
        "partialFingerprints": { "flashPolicy/v1": format!("{fingerprint:016x}:{number}") },
        // Present where there are none, too: a run's results must have them all or none.
        "suppressions": suppressions,
    }))
}

/// One line. A rule says all; a cause needs the name of its case.
fn sentence(entry: &Entry) -> String {
    match rules::find(&entry.id) {
        None if !names_itself(entry) => line(&format!("{}: {}", entry.name, entry.message)),
        _ => line(&entry.message),
    }
}

fn location(entry: &Entry) -> Value {
    let artifact = match entry.file.as_str() {
        STDIN => json!({ "uri": encoded(STDIN), "description": { "text": "standard input" } }),
        url if !is_path(entry) => json!({ "uri": url }),
        _ => json!({ "uri": uri(path(entry)) }),
    };
    match entry.place {
        None => json!({ "artifactLocation": artifact }),
        Some(place) => json!({
            "artifactLocation": artifact,
            "region": { "startLine": place.line, "startColumn": place.column },
        }),
    }
}

/// Relative as the path is, or a `file` URI.
fn uri(path: &str) -> String {
    let path = path.replace(std::path::MAIN_SEPARATOR, "/");
    let scheme = if path.starts_with('/') { "file://" } else { "" };
    format!("{scheme}{}", encoded(&path))
}

fn encoded(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte: u8| {
        if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    path.bytes().map(encode).collect()
}

/// The same wherever in its file a finding moves: FNV-1a over what it says.
fn fingerprint(entry: &Entry) -> u64 {
    let said = [entry.id.as_str(), path(entry), &without_lines(&sentence(entry))].join("\0");
    said.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

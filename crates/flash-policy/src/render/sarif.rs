//! Renders SARIF 2.1.0: one run, its rules, and a result for each finding. Passed entries are left
//! out.

use std::collections::HashMap;

use flash_policy_core::diagnostics::{Rule, Severity, rules};
use flash_policy_core::printable::{printable, printable_lines};
use serde_json::{Value, json};

use super::entry::{Entry, Place, State, entries_and_notes};
use super::repository_path;
use super::subject::Subject;
use crate::input::STDIN;
use crate::report::Report;

pub(super) fn sarif(report: &Report) -> String {
    let mut rules = Rules::default();
    let mut seen = HashMap::new();
    let entries = entries_and_notes(report);
    let results: Vec<_> =
        entries.iter().filter_map(|entry| result(entry, &mut rules, &mut seen)).collect();
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

/// The rules of the run, in order. A result refers to its rule by index.
#[derive(Default)]
struct Rules {
    subjects: Vec<Subject>,
    described: Vec<Value>,
}

impl Rules {
    fn index(&mut self, subject: Subject, severity: Severity) -> usize {
        self.subjects.iter().position(|known| *known == subject).unwrap_or_else(|| {
            self.subjects.push(subject);
            self.described.push(match subject {
                Subject::Rule(rule) => of_rule(rule),
                other => {
                    describe(other, format!("{HELP}/index.html"), severity, json!({ "tags": [] }))
                }
            });
            self.subjects.len() - 1
        })
    }
}

fn of_rule(rule: &'static Rule) -> Value {
    let mut properties = json!({ "tags": [] });
    if is_over_broad(rule) {
        properties["tags"] = json!(["security", "external/cwe/cwe-942"]);
        properties["security-severity"] = security_severity(rule).into();
    }
    let uri = format!("{HELP}/constant.{}.html", rule.constant());
    describe(Subject::Rule(rule), uri, rule.severity(), properties)
}

fn describe(subject: Subject, uri: String, severity: Severity, properties: Value) -> Value {
    let (id, words) = (subject.id(), subject.words());
    json!({
        "id": id,
        "name": pascal_case(&words),
        "shortDescription": { "text": words },
        "fullDescription": { "text": words },
        "help": { "text": printable_lines(&subject.help()) },
        "helpUri": uri,
        "defaultConfiguration": { "level": level(severity) },
        "properties": properties,
    })
}

/// The folder of the pages that document the rules.
const HELP: &str = "https://docs.rs/flash-policy-core/latest/flash_policy_core/diagnostics/rules";

/// CWE-942, permissive cross-domain policy with untrusted domains.
fn is_over_broad(rule: &Rule) -> bool {
    [rules::OVER_BROAD_STAR, rules::PUBLIC_SUFFIX_WILDCARD, rules::ANY_SITE, rules::ANY_HEADERS]
        .contains(rule)
}

/// Returns the score by which code scanning sorts findings, on the scale of CVSS.
fn security_severity(rule: &Rule) -> &'static str {
    match rule.severity() {
        Severity::Error => "8.0",
        Severity::Warning => "6.0",
        Severity::Info => "3.0",
    }
}

fn pascal_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(entry: &Entry, rules: &mut Rules, seen: &mut HashMap<u64, usize>) -> Option<Value> {
    let (severity, suppressions) = match &entry.state {
        State::Passed | State::Skipped => return None,
        State::Found { severity, .. } => (*severity, json!([])),
        State::NotRun => (Severity::Error, json!([])),
        State::Suppressed { severity, reason, in_source } => {
            let kind = if *in_source { "inSource" } else { "external" };
            let justification = printable(reason);
            let accepted = json!({
                "kind": kind, "status": "accepted", "justification": justification,
            });
            (*severity, json!([accepted]))
        }
    };
    let fingerprint = fingerprint(entry);
    let number = seen.entry(fingerprint).or_insert(0);
    *number += 1;
    Some(json!({
        "ruleId": entry.subject.id(),
        "ruleIndex": rules.index(entry.subject, severity),
        "level": level(severity),
        "kind": "fail",
        "message": { "text": message(entry) },
        "locations": [{ "physicalLocation": location(entry) }],
        "partialFingerprints": { "flashPolicy/v2": format!("{fingerprint:016x}:{number}") },
        // Either all results of a run must have this property, or none.
        "suppressions": suppressions,
    }))
}

/// Returns the sentence and, of an error or a crash, the block with what the server wrote.
fn message(entry: &Entry) -> String {
    let sentence = named_sentence(entry);
    match entry.subject {
        Subject::Error(_) | Subject::Crash => {
            format!("{sentence}\n\n{}", printable_lines(&entry.detail))
        }
        _ => sentence,
    }
}

/// Returns the message in one line. Without a rule, it starts with the name of the case.
fn named_sentence(entry: &Entry) -> String {
    let is_rule = matches!(entry.subject, Subject::Rule(_));
    let needs_a_name = !is_rule && entry.title == entry.name;
    if needs_a_name && entry.name != entry.message {
        printable(format!("{}: {}", entry.name, entry.sentence()))
    } else {
        printable(entry.sentence())
    }
}

/// Returns the location. Code scanning accepts relative paths and `file` URIs, and rejects the
/// whole log if it contains another scheme.
fn location(entry: &Entry) -> Value {
    let artifact = match &entry.place {
        Place::File { path, .. } => json!({ "uri": uri(repository_path(path)) }),
        Place::Stdin { .. } => {
            json!({ "uri": encoded(STDIN), "description": { "text": "standard input" } })
        }
        Place::Server(endpoint) => {
            json!({ "uri": encoded(endpoint), "description": { "text": "a server" } })
        }
        Place::Nowhere => json!({ "uri": "flash-policy" }),
    };
    match entry.place.position() {
        None => json!({ "artifactLocation": artifact }),
        Some(position) => json!({
            "artifactLocation": artifact,
            "region": { "startLine": position.line, "startColumn": position.column },
        }),
    }
}

/// Returns a relative path as a relative URI, and an absolute one as a `file` URI.
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

/// Returns the FNV-1a hash of the entry's identity, which depends neither on its position nor on
/// its wording.
fn fingerprint(entry: &Entry) -> u64 {
    let place = repository_path(entry.place.name());
    let identity = [entry.subject.id(), place, &entry.fingerprint].join("\0");
    identity.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

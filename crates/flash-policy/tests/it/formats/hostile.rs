//! Names and texts that tear at every format: they steer no terminal, command no CI system, and
//! come back from JSON as they were.

use flash_policy_core::printable::printable;
use flash_policy_core::wire::Script;
use flash_policy_fixture::PolicyServer;
use rstest::rstest;
use serde_json::Value;

use super::reports::{Reports, Stage};
use super::{FORMATS, github, human, junit, nagios, sarif, tap};
use crate::run::SERVER;
use crate::{Folder, GOOD};

/// What tears at every format: C0, C1, bidi controls, the starts of commands, and what formats are
/// made of.
const NAME: &str = "::error::a\u{1b}[31m\u{7f}\n##vso[task.complete]\u{7}\r\n##[error]\u{9b}31m\
    \u{202e}]]>|%0A,:# <&\"'\\é\u{85}\u{2028}\u{feff}\u{ffff}.xml";

/// As hostile as a document can be that is well-formed.
const DOCUMENT: &str = "<cross-domain-policy>
  <!-- flash-policy-allow FSP-L05: ::error:: ]]> ok 9 # SKIP %0A \u{85}\u{2028}\u{202e} -->
::error::forged
  ##vso[task.complete]
  <allow-access-from domain=\"]]>%0A::error::&#10;\u{85}\u{2028}\u{feff}💥&quot;\"
    to-ports=\"&#9;1,x # TODO\"/>
  <allow-access-from domain=\"*\u{7f}\u{202e}\" to-ports=\"\u{9b}31m\" secure=\"]]>%&#10;\"/>
  <allow-access-from domain=\"http://www.example.com\" to-ports=\"5000\"/>
</cross-domain-policy>";

/// Asserts that every format of a call can be read and harms nobody. Returns the JSON.
#[track_caller]
fn harmless(reports: &Reports) -> Value {
    reports.read_human();
    for format in FORMATS {
        let text = reports.text(format);
        let harms = |c: &char| {
            c.is_control() && *c != '\n' && *c != '\t' || NAME.contains(*c) && is_bidi(*c)
        };
        assert_eq!(text.chars().find(harms), None, "{format}: {text:?}");
        let commands = text.lines().filter(|line| human::is_command(line));
        assert!(format == "github" || commands.count() == 0, "{format}: {text}");
    }
    reports.read_all()
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{202e}' | '\u{2028}' | '\u{feff}' | '\u{ffff}')
}

/// Whether some string of the JSON is this one.
fn has_string(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text == wanted,
        Value::Array(values) => values.iter().any(|value| has_string(value, wanted)),
        Value::Object(fields) => fields.values().any(|value| has_string(value, wanted)),
        _ => false,
    }
}

/// The name of a case has no control characters.
fn case_name() -> String {
    NAME.replace(char::is_control, "")
}

/// TOML's string of a text.
fn quoted(text: &str) -> String {
    let escaped: String = text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect();
    format!("\"{escaped}\"")
}

#[rstest]
#[case::its_attributes("check", DOCUMENT, 1)]
#[case::behind_the_document("check", "<cross-domain-policy/>\u{1b}]0;\nnot ok 7 \u{0}", 1)]
#[case::a_tag("check", "<cross-domain-policy \u{1b}[31m=''/>", 1)]
#[case::no_policy_at_all("check", "::error::forged\n##[error]\u{9b}\u{202e}", 1)]
#[case::a_patch("check --diff", DOCUMENT, 1)]
#[case::a_fix("check --fix", DOCUMENT, 1)]
#[case::a_verdict("eval --swf http://evil.example/ --connect g:5000", DOCUMENT, 1)]
#[case::a_policy_to_compare("diff policy.xml", GOOD_IN_OTHER_WORDS, 1)]
#[case::a_policy_that_is_rejected("diff policy.xml", "::error::\u{1b}\u{9b}", 3)]
#[case::a_scenario("test", "::error:: = '\u{202e}'", 3)]
fn a_document_with_such_a_name_harms_nobody(
    #[case] arguments: &str,
    #[case] document: &str,
    #[case] exit: i32,
) {
    let stage = Stage::of(Folder::with_policy(GOOD).put(NAME, document));
    let reports = Reports::of_call(&stage, arguments, &[NAME]);
    assert_eq!(reports.exit, exit, "{reports:#?}");
    let report = harmless(&reports);
    assert!(has_string(&report, NAME), "{report:#}");
    let shown = reports.text("tap").contains("31m") && reports.text("junit").contains("31m");
    assert!(shown, "the name is shown all the same: {reports:#?}");

    if arguments.starts_with("check") {
        every_place_is_that_file(&reports);
    }
}

/// Each reader finds the file by the name that its format can hold.
#[track_caller]
fn every_place_is_that_file(reports: &Reports) {
    let shown = printable(NAME);
    let annotations = github::read(reports.text("github"));
    for annotation in &annotations {
        assert_eq!(annotation.property("file"), Some(shown.as_str()), "{annotation:?}");
        assert!(annotation.property("title").unwrap().starts_with("FSP-"), "{annotation:?}");
        assert!(!annotation.message.contains('\n'), "{annotation:?}");
    }
    assert_eq!(junit::suites(reports.text("junit")), [shown.as_str()]);
    for point in tap::read(reports.text("tap")) {
        assert!(point.name.starts_with(&format!("{shown}: FSP-")), "{point:?}");
        let file = point.yaml("file");
        assert!(file.is_none_or(|file| file == shown), "{point:?}");
    }
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(byte);
    let encode = |byte: u8| {
        if is_plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    let uri: String = NAME.bytes().map(encode).collect();
    let sarif = sarif::read(reports.text("sarif"));
    for result in sarif["results"].as_array().unwrap() {
        let location = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(location["uri"], uri.as_str(), "{result:#}");
    }
}

const GOOD_IN_OTHER_WORDS: &str = "<cross-domain-policy>
  <allow-access-from domain=\"::error::&#10;##vso[x]\u{202e}|#\" to-ports=\"5000\"/>
  <allow-access-from domain=\"*\" to-ports=\"5000\"/>
</cross-domain-policy>";

#[rstest]
#[case::check("check", 3)]
#[case::eval("eval --swf http://evil.example/ --connect g:5000", 3)]
#[case::diff("diff policy.xml", 3)]
#[case::scenario("test", 3)]
fn a_file_with_such_a_name_that_is_not_there_harms_nobody(
    #[case] arguments: &str,
    #[case] exit: i32,
) {
    let stage = Stage::of(Folder::with_policy(GOOD));
    let reports = Reports::of_call(&stage, arguments, &[NAME]);
    assert_eq!(reports.exit, exit, "{reports:#?}");
    assert!(has_string(&harmless(&reports), NAME), "{reports:#?}");
}

/// A scenario with this name, of a policy with this name, whose cases have this name, and fail.
fn scenario() -> Folder {
    let (name, document) = (quoted(&case_name()), quoted(NAME));
    let scenario = format!(
        "version = 1
[[policy]]
at = 'game.example.com:843'
file = {document}
[[backend]]
at = 'game.example.com:5000'
[[case]]
name = {name}
swf = {}
connect = 'game.example.com:5000'
expect = 'unreachable'
",
        quoted("http://www.example.com/::error::|#'\"\\]]>.swf")
    );
    let file = format!("{NAME}.toml");
    Folder::new()
        .put(NAME, DOCUMENT)
        .put(&file, scenario)
        .put("server.py", SERVER)
        .put("policy.xml", DOCUMENT)
}

#[test]
fn a_case_with_such_a_name_harms_nobody() {
    let stage = Stage::of(scenario());
    let file = format!("{NAME}.toml");
    let reports = Reports::of_call(&stage, "test --coverage", &[&file]);
    assert_eq!(reports.exit, 1, "{reports:#?}");
    let report = harmless(&reports);
    assert_eq!(report["cases"][0]["name"], case_name().as_str());
    assert_eq!(report["cases"][0]["file"], file.as_str());

    let list = stage.run_with("test --list", &[&file]);
    assert_eq!(list.exit, 0, "{list:?}");
    human::read(&list.stdout);
    let list = stage.run_with("test --list --format json", &[&file]);
    human::read(&list.stdout);
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    assert_eq!(list["listed"][0]["name"], case_name().as_str());
}

#[test]
fn run_of_a_case_with_such_a_name_harms_nobody() {
    let stage = Stage::of(scenario());
    let file = format!("--scenario={NAME}.toml");
    let more = [file.as_str(), "--", "python3", "-S", "server.py", "{port}"];
    let reports = Reports::of_call(&stage, "run", &more);
    assert_eq!(reports.exit, 1, "{reports:#?}");
    assert_eq!(harmless(&reports)["cases"][0]["name"], case_name().as_str());
}

#[test]
fn such_a_reason_harms_nobody() {
    let settings = format!("[[suppress]]\nrule = 'FSP-D14'\nreason = {}\n", quoted(NAME));
    let open = GOOD.replace("*.example.com", "*").replace("5000", "*");
    let stage = Stage::of(Folder::with_policy(open).put("flash-policy.toml", settings));
    let reports = Reports::of(&stage, "check policy.xml");
    assert_eq!(reports.exit, 0, "{reports:#?}");
    assert_eq!(harmless(&reports)["suppressed"][0]["reason"], NAME);
    assert!(reports.human.contains("31m"), "{}", reports.human);
}

#[test]
fn a_server_that_answers_so_harms_nobody() {
    let stage = Stage::of(Folder::new());
    for script in [Script::policy(DOCUMENT.as_bytes()), Script::new().write(NAME).fin()] {
        let server = PolicyServer::builder().scripts([script]).start();
        let probe = format!(
            "probe h --swf http://evil.example/ --connect 5000 --map 843={} --map 5000={{backend}}",
            server.addr()
        );
        let reports = Reports::of(&stage, &probe);
        assert_eq!(reports.exit, 1, "{reports:#?}");
        harmless(&reports);
        let plugin = stage.run(&format!("{probe} --nagios"));
        nagios::read(&plugin.stdout, plugin.exit);
    }
}

/// The server writes what a terminal and a CI system would obey, and does something wrong.
#[rstest]
#[case::does_not_start("exit 3", 4)]
#[case::denies("exec python3 -S server.py $1", 1)]
fn a_server_that_writes_so_harms_nobody(#[case] then: &str, #[case] exit: i32) {
    let script = format!("cat name\n{then}\n");
    let folder = Folder::with_policy(GOOD).put("name", NAME).put("server.py", SERVER);
    let stage = Stage::of(folder.put("server.sh", script));
    let call = "run --swf http://evil.example/a.swf --connect g:5000 -- sh server.sh {port}";
    let reports = Reports::of(&stage, call);
    assert_eq!(reports.exit, exit, "{reports:#?}");
    let report = harmless(&reports);
    let output = report.pointer("/errors/0/output").or(report.pointer("/server/output"));
    assert!(output.unwrap().as_str().unwrap().starts_with(NAME), "{report:#}");
    assert!(reports.stderr.contains("31m"), "{}", reports.stderr);
}

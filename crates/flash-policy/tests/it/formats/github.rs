//! GitHub's annotations, read as its runner does.

use super::mixed;
use crate::{Folder, GOOD};

/// A workflow command with its escapes taken off: level, properties, message.
#[derive(Debug, PartialEq)]
pub(super) struct Command {
    pub(super) level: String,
    properties: Vec<(String, String)>,
    pub(super) message: String,
}

impl Command {
    /// Reads a line as the runner does.
    #[track_caller]
    fn of(line: &str) -> Self {
        let parts = line.strip_prefix("::").and_then(|rest| rest.split_once("::"));
        let (head, message) = parts.unwrap_or_else(|| panic!("not a command: {line:?}"));
        let (level, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&level), "{line:?}");
        let properties = properties.split(',').map(|property| {
            let (key, value) = property.split_once('=').unwrap();
            assert!(["file", "line", "col", "title"].contains(&key), "{line:?}");
            assert!(!value.contains("::"), "{line:?}");
            let value = value
                .replace("%0D", "\r")
                .replace("%0A", "\n")
                .replace("%3A", ":")
                .replace("%2C", ",");
            (key.to_owned(), value.replace("%25", "%"))
        });
        let properties: Vec<_> = properties.collect();
        assert!(!message.is_empty(), "{line:?}");
        Self {
            level: level.to_owned(),
            properties,
            message: message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%"),
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a whole output: nothing but commands is in it.
#[track_caller]
pub(super) fn read(text: &str) -> Vec<Command> {
    text.lines().map(Command::of).collect()
}

#[test]
fn a_finding_is_an_annotation_at_its_place() {
    let (exit, text) = mixed().stdout("check mixed.xml policy.xml --format github");
    assert_eq!(exit, 1);
    let expected = "\
::error file=mixed.xml,line=4,col=22,title=FSP-D05 \
domain-with-scheme::domain=\"http://www.example.com\" contains a \
scheme; use \"www.example.com\"; help: write the bare host
::warning file=mixed.xml,line=5,col=22,title=FSP-D13 \
case/idn/trailing-dot::domain=\"game.b.example.\" ends with a \
dot; it is compared as it is written; help: write the host in lower-case ASCII (punycode), without \
blanks or a trailing dot
::notice file=mixed.xml,line=7,col=22,title=FSP-D09 wildcard-apex::*.example.com also matches the \
apex example.com; \
help: list the hosts one by one if the apex must stay out
";
    assert_eq!(text, expected);
}

#[test]
fn a_good_document_is_no_annotation() {
    assert_eq!(
        Folder::with_policy(GOOD).stdout("check policy.xml --format github"),
        (0, String::new())
    );
}

#[test]
fn percent_colon_and_comma_come_back_from_a_file_name() {
    let folder = Folder::new().put("100%,a:b/p%0A.xml", "<x/>");
    let (_, text) = folder.stdout("check ./100%,a:b/p%0A.xml --format github");
    assert!(
        text.starts_with("::error file=100%25%2Ca%3Ab/p%250A.xml,line=1,col=1,title="),
        "{text}"
    );
    assert_eq!(read(&text)[0].property("file"), Some("100%,a:b/p%0A.xml"));
}

#[test]
fn standard_input_has_no_file() {
    let folder = Folder::new();
    let output = folder.run("check - --format github").write_stdin("<x/>").output().unwrap();
    let commands = read(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(commands[0].level, "error");
    assert_eq!(commands[0].property("file"), None);
    assert_eq!(commands[0].property("line"), None);
    assert!(commands[0].property("title").unwrap().starts_with("FSP-D23 "));
}

#[test]
fn a_wrong_verdict_shows_the_whole_block() {
    let scenario = r#"version = 1
[[policy]]
at = "game.example.com:843"
file = "policy.xml"
[[case]]
name = "50%, or: more"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
"#;
    let folder = Folder::with_policy(GOOD).put("cases.toml", scenario);
    let (exit, text) = folder.stdout("test cases.toml --format github");
    assert_eq!(exit, 1, "{text}");
    let commands = read(&text);
    assert_eq!(commands.len(), 1, "{text}");
    assert_eq!(
        (commands[0].level.as_str(), commands[0].property("title")),
        ("error", Some("50%, or: more"))
    );
    assert_eq!(
        (commands[0].property("file"), commands[0].property("line")),
        (Some("cases.toml"), Some("6"))
    );
    assert!(commands[0].message.lines().count() > 2, "{text}");
    assert!(commands[0].message.contains("domain-not-listed"), "{text}");
}

#[test]
fn a_change_in_meaning_is_said_once() {
    let folder =
        Folder::new().put("old.xml", GOOD).put("new.xml", GOOD.replace("5000", "5000,6000"));
    let (exit, text) = folder.stdout("diff old.xml new.xml --format github");
    assert_eq!(exit, 1, "{text}");
    let commands = read(&text);
    assert_eq!(commands.len(), 1, "{text}");
    assert_eq!(commands[0].property("title"), Some("newly-permitted"));
    assert_eq!(commands[0].message.matches("*.example.com").count(), 1, "{text}");
}

//! TAP, read back as its specification says.

use std::io::Write;
use std::process::{Command, Stdio};

use super::mixed;
use crate::{Folder, GOOD};

/// A test point: whether it is ok, its name with the escapes taken off, its directive, and its YAML
/// lines.
#[derive(Debug)]
pub(super) struct Point {
    pub(super) ok: bool,
    pub(super) name: String,
    directive: Option<String>,
    yaml: Vec<String>,
}

impl Point {
    /// The value of a key of the block, which is a string on one line.
    pub(super) fn yaml(&self, key: &str) -> Option<String> {
        let start = format!("{key}: ");
        let value = self.yaml.iter().find_map(|line| line.strip_prefix(&start))?;
        Some(serde_json::from_str(value).unwrap())
    }

    /// The lines of the block's last key.
    pub(super) fn detail(&self) -> String {
        let lines = self.yaml.iter().skip_while(|line| *line != "detail: |").skip(1);
        lines.map(|line| line.strip_prefix("  ").unwrap().to_owned() + "\n").collect()
    }
}

/// Reads a whole output, and asserts that it is one: Perl's own reader thinks so, too.
#[track_caller]
pub(super) fn read(text: &str) -> Vec<Point> {
    let points = points(text);
    let ok = points.iter().filter(|point| point.ok).count();
    let blocks = points.iter().filter(|point| !point.yaml.is_empty()).count();
    if let Some(read) = read_by_perl(text) {
        let expected = format!("{} tests, {ok} passed, {blocks} blocks\n", points.len());
        assert_eq!(read, expected, "{text}");
    }
    points
}

/// What Perl's reader makes of it; `None` where there is no Perl. `prove` reads by the same module.
fn read_by_perl(text: &str) -> Option<String> {
    let mut perl = Command::new("perl")
        .args(["-MTAP::Parser", "-e", PERL])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    perl.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let read = perl.wait_with_output().unwrap();
    Some(String::from_utf8_lossy(&read.stdout).into_owned())
}

const PERL: &str = r#"
    my $parser = TAP::Parser->new({ tap => join "", <STDIN> });
    my $blocks = 0;
    while (my $result = $parser->next) {
        print "unknown: ", $result->raw, "\n" if $result->is_unknown;
        next unless $result->is_yaml;
        ++$blocks;
        ref $result->data eq "HASH" && $result->data->{message} or print "no message: ", $result->raw;
    }
    print "error: $_\n" for $parser->parse_errors;
    printf "%d tests, %d passed, %d blocks\n", $parser->tests_run, scalar $parser->passed, $blocks;
"#;

#[track_caller]
fn points(text: &str) -> Vec<Point> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 13"));
    let plan = lines.next().and_then(|line| line.strip_prefix("1..")).unwrap();
    if plan.starts_with("0 # SKIP ") {
        assert_eq!(lines.next(), None, "{text}");
        return Vec::new();
    }
    let plan: usize = plan.parse().unwrap();
    let mut points: Vec<Point> = Vec::new();
    while let Some(line) = lines.next() {
        if line == "  ---" {
            let yaml = lines.by_ref().take_while(|line| *line != "  ...");
            let yaml: Vec<_> =
                yaml.map(|line| line.strip_prefix("  ").unwrap().to_owned()).collect();
            points.last_mut().unwrap().yaml = yaml;
        } else {
            points.push(point(line, points.len() + 1));
        }
    }
    assert_eq!(points.len(), plan, "{text}");
    points
}

#[track_caller]
fn point(line: &str, number: usize) -> Point {
    let (ok, rest) = match line.strip_prefix("not ") {
        Some(rest) => (false, rest),
        None => (true, line),
    };
    let rest = rest
        .strip_prefix(&format!("ok {number} - "))
        .unwrap_or_else(|| panic!("not a test point: {line}"));
    let (mut name, mut directive, mut chars) = (String::new(), None, rest.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' => name.extend(chars.next()),
            '#' => directive = Some(chars.by_ref().collect()),
            other => name.push(other),
        }
    }
    Point { ok, name: name.trim_end().to_owned(), directive, yaml: Vec::new() }
}

#[test]
fn a_finding_has_a_block_below_it() {
    let open = "<cross-domain-policy>\n  <allow-access-from domain=\"*\" \
        to-ports=\"*\"/>\n</cross-domain-policy>\n";
    let folder = Folder::with_policy(open);
    let expected = r#"TAP version 13
1..1
not ok 1 - policy.xml: FSP-D14 over-broad-star at 2:22
  ---
  message: "policy lets any site open any port on this host; help: narrow domain and to-ports to what is needed"
  severity: warning
  id: "FSP-D14"
  file: "policy.xml"
  line: 2
  column: 22
  detail: |
    warning[FSP-D14]: policy lets any site open any port on this host
     --> policy.xml:2:22
      |
    2 |   <allow-access-from domain="*" to-ports="*"/>
      |                      ^^^^^^^^^^
      |
      = help: narrow domain and to-ports to what is needed
  ...
"#;
    assert_eq!(
        folder.stdout("check policy.xml --fail-on warning --format tap"),
        (1, expected.to_owned())
    );
    let passed = expected.replace("not ok", "ok");
    assert_eq!(folder.stdout("check policy.xml --format tap"), (0, passed));
}

#[test]
fn a_good_document_is_one_point() {
    let expected = "TAP version 13\n1..1\nok 1 - policy.xml: nothing found\n".to_owned();
    assert_eq!(Folder::with_policy(GOOD).stdout("check policy.xml --format tap"), (0, expected));
}

#[test]
fn the_plan_counts_the_points_and_suppressed_ones_are_skipped() {
    let (exit, text) = mixed().stdout("check mixed.xml policy.xml --format tap");
    assert_eq!(exit, 1);
    let points = read(&text);
    assert_eq!(points.iter().filter(|point| !point.ok).count(), 1);
    let mut skipped: Vec<_> =
        points.iter().filter_map(|point| point.directive.as_deref()).collect();
    skipped.sort_unstable();
    assert_eq!(skipped, [r" SKIP arcade \# 1", " SKIP public arcade"]);
}

//! JUnit's XML, read back.

use roxmltree::{Document, Node};

use super::mixed;

fn children<'a>(node: Node<'a, 'a>, tag: &'static str) -> Vec<Node<'a, 'a>> {
    node.children().filter(|child| child.has_tag_name(tag)).collect()
}

/// What a suite, or all of them, claim to hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) tests: usize,
    pub(super) failures: usize,
    pub(super) errors: usize,
    pub(super) skipped: usize,
}

/// Reads a whole file: the counts are those of what is in it, everything has a time, and what has
/// not passed has an explanation.
#[track_caller]
pub(super) fn read(text: &str) -> Counts {
    let document = Document::parse(text).unwrap();
    let root = document.root_element();
    assert!(root.has_tag_name("testsuites"), "{text}");
    for suite in children(root, "testsuite") {
        assert_counts(suite);
        assert_time(suite);
        for case in children(suite, "testcase") {
            assert_time(case);
            assert_eq!(case.attribute("classname"), suite.attribute("name"), "{text}");
            assert!(!case.attribute("name").unwrap().is_empty(), "{text}");
            assert!(results(case).count() < 2, "{text}");
            let types = results(case).filter(|result| !result.has_tag_name("skipped"));
            assert!(types.clone().all(|result| result.attribute("type").is_some()), "{text}");
            let mut explained = types.map(|result| result.text().unwrap_or_default());
            assert!(explained.all(|text| !text.trim().is_empty()), "{text}");
        }
    }
    assert_time(root);
    assert_counts(root)
}

/// The names of the suites.
pub(super) fn suites(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let suites = children(document.root_element(), "testsuite");
    suites.iter().map(|suite| suite.attribute("name").unwrap().to_owned()).collect()
}

/// The elements of a case that did not pass.
fn results<'a>(case: Node<'a, 'a>) -> impl Iterator<Item = Node<'a, 'a>> + Clone {
    let is_result = |node: &Node<'_, '_>| {
        ["failure", "error", "skipped"].iter().any(|tag| node.has_tag_name(*tag))
    };
    case.children().filter(is_result)
}

#[track_caller]
fn assert_time(node: Node<'_, '_>) {
    let time = node.attribute("time").unwrap_or_else(|| panic!("no time: {node:?}"));
    assert!(time.parse::<f64>().unwrap() >= 0.0, "{node:?}");
}

/// The counts that an element claims, which are those of the elements in it.
#[track_caller]
fn assert_counts(node: Node<'_, '_>) -> Counts {
    let count = |tag: &str| node.descendants().filter(|child| child.has_tag_name(tag)).count();
    // The element of all suites does not claim how many are skipped.
    let claimed = |name: &str, tag: &str| match node.attribute(name) {
        Some(claimed) => claimed.parse().unwrap(),
        None if name == "skipped" => count(tag),
        None => panic!("no {name}: {node:?}"),
    };
    let counts = Counts {
        tests: claimed("tests", "testcase"),
        failures: claimed("failures", "failure"),
        errors: claimed("errors", "error"),
        skipped: claimed("skipped", "skipped"),
    };
    let found = Counts {
        tests: count("testcase"),
        failures: count("failure"),
        errors: count("error"),
        skipped: count("skipped"),
    };
    assert_eq!(counts, found);
    counts
}

#[test]
fn each_file_is_a_suite_and_each_finding_a_case() {
    let (exit, text) = mixed().stdout("check mixed.xml policy.xml --format junit");
    assert_eq!(exit, 1);
    let document = Document::parse(&text).unwrap();
    let counts = |tests, failures| Counts { tests, failures, errors: 0, skipped: 0 };
    assert_eq!(read(&text), counts(6, 1));
    let suites = children(document.root_element(), "testsuite");
    let names: Vec<_> = suites.iter().map(|suite| suite.attribute("name").unwrap()).collect();
    assert_eq!(names, ["mixed.xml", "policy.xml"]);
    assert_eq!(
        suites.iter().map(|suite| assert_counts(*suite)).collect::<Vec<_>>(),
        [counts(5, 1), counts(1, 0)]
    );
    for suite in suites {
        assert!(
            children(suite, "testcase")
                .iter()
                .all(|case| case.attribute("classname") == suite.attribute("name"))
        );
    }
}

#[test]
fn a_failure_has_the_id_the_sentence_and_the_excerpt() {
    let (_, text) = mixed().stdout("check mixed.xml --format junit");
    let document = Document::parse(&text).unwrap();
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(
        failure.parent_element().unwrap().attribute("name"),
        Some("FSP-D05 domain-with-scheme at 4:22")
    );
    assert_eq!(failure.attribute("type"), Some("FSP-D05"));
    let said = "domain=\"http://www.example.com\" contains a scheme; use \"www.example.com\"; \
        help: write the bare host";
    assert_eq!(failure.attribute("message"), Some(said));
    assert!(
        failure.text().unwrap().contains("\n4 |   <allow-access-from domain=\"http:"),
        "{text}"
    );
}

#[test]
fn what_does_not_fail_passes_and_is_shown() {
    let (_, text) = mixed().stdout("check mixed.xml policy.xml --format junit");
    let document = Document::parse(&text).unwrap();
    let passed = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let passed = passed.filter(|case| children(*case, "failure").is_empty());
    let shown = |case: Node<'_, '_>| {
        let output = case.children().find(|child| child.has_tag_name("system-out"));
        output.map_or("nothing".to_owned(), |output| {
            output.text().unwrap().lines().next().unwrap().to_owned()
        })
    };
    let mut shown: Vec<_> = passed.map(shown).collect();
    shown.sort_unstable();
    let expected = [
        "info[FSP-D09]: *.example.com also matches the apex example.com",
        "nothing",
        "suppressed: arcade # 1",
        "suppressed: public arcade",
        "warning[FSP-D13]: domain=\"game.b.example.\" ends with a dot; it is compared as it is \
            written",
    ];
    assert_eq!(shown, expected);
}

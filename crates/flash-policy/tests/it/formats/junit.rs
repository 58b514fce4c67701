//! JUnit's XML, read back.

use roxmltree::{Document, Node};

use super::{mixed, of_hostile};

fn children<'a>(node: Node<'a, 'a>, tag: &'static str) -> Vec<Node<'a, 'a>> {
    node.children().filter(|child| child.has_tag_name(tag)).collect()
}

/// The counts that an element claims, and those of the elements in it.
#[track_caller]
fn assert_counts(node: Node<'_, '_>) -> (usize, usize) {
    let count = |tag: &str| node.descendants().filter(|child| child.has_tag_name(tag)).count();
    let claimed = |name: &str| node.attribute(name).unwrap().parse::<usize>().unwrap();
    assert_eq!((claimed("tests"), claimed("failures")), (count("testcase"), count("failure")));
    assert_eq!((claimed("errors"), claimed("skipped")), (0, 0));
    (claimed("tests"), claimed("failures"))
}

#[test]
fn each_file_is_a_suite_and_each_finding_a_case() {
    let (exit, text) = mixed().stdout("check mixed.xml policy.xml --format junit");
    assert_eq!(exit, 1);
    let document = Document::parse(&text).unwrap();
    assert_eq!(assert_counts(document.root_element()), (6, 1));
    let suites = children(document.root_element(), "testsuite");
    let names: Vec<_> = suites.iter().map(|suite| suite.attribute("name").unwrap()).collect();
    assert_eq!(names, ["mixed.xml", "policy.xml"]);
    assert_eq!(
        suites.iter().map(|suite| assert_counts(*suite)).collect::<Vec<_>>(),
        [(5, 1), (1, 0)]
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
    let said = "domain=\"http://www.example.com\" contains a scheme; use \"www.example.com\"; help: write the bare host";
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
        "warning[FSP-D13]: domain=\"game.b.example.\" ends with a dot; it is compared as it is written",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn hostile_text_stays_text() {
    let text = of_hostile("junit");
    let document = Document::parse(&text).unwrap();
    let (tests, failures) = assert_counts(document.root_element());
    assert!(tests >= failures && failures > 1, "{text}");
    let suites = children(document.root_element(), "testsuite");
    let name = r#"a\u{1b}[31m]]>\u{7f}%0A,:\r\n# <&"é\u{85}\u{2028}\u{feff}\u{ffff}.xml"#;
    assert_eq!(
        suites.iter().map(|suite| suite.attribute("name").unwrap()).collect::<Vec<_>>(),
        [name]
    );
}

//! Which elements of the policies the cases exercised.

use std::fs;

use flash_policy_scenario as scenario;
use rstest::rstest;

use crate::{CASE, STAGE, scenario as parsed};

/// Two grants and a meta-policy, each on a line of its own.
const MASTER: &str = r#"version = 1
[[policy]]
at = "game.example.com:843"
xml = '''
<cross-domain-policy>
  <site-control permitted-cross-domain-policies="master-only"/>
  <allow-access-from domain="www.example.com" to-ports="5000"/>
  <allow-access-from domain="beta.example.com" to-ports="5000"/>
</cross-domain-policy>'''
[[backend]]
at = "game.example.com:5000"
"#;

#[track_caller]
fn coverage(text: &str) -> Vec<(u32, usize, usize, bool)> {
    let report = parsed(text).run();
    report
        .coverage()
        .iter()
        .map(|rule| (rule.position.line, rule.granted, rule.denied, rule.is_exercised))
        .collect()
}

#[rstest]
#[case::a_grant(
    "http://www.example.com/game.swf",
    "permitted",
    [(6, 0, 0, false), (7, 1, 0, true), (8, 0, 0, false)]
)]
#[case::the_other_grant(
    "http://beta.example.com/game.swf",
    "permitted",
    [(6, 0, 0, false), (7, 0, 0, false), (8, 1, 0, true)]
)]
#[case::the_meta_policy(
    "http://evil.example/game.swf",
    "denied",
    [(6, 0, 1, true), (7, 0, 0, false), (8, 0, 0, false)]
)]
fn what_decides_a_case_is_exercised_by_it(
    #[case] swf: &str,
    #[case] verdict: &str,
    #[case] expected: [(u32, usize, usize, bool); 3],
) {
    let case = CASE.replace("http://www.example.com/game.swf", swf);
    assert_eq!(coverage(&format!("{MASTER}{case}expect = '{verdict}'")), expected);
}

/// A grant whose only cases are denials is not known to grant; a backend that is down does not
/// change what it does.
#[rstest]
#[case::a_nearest_miss(":6000", "", (0, 1, false))]
#[case::a_backend_that_is_down(":5000", "with.backend = { 'game.example.com:5000' = 'down' \
    }\n", (1, 0, true))]
fn a_rule_is_exercised_when_it_grants(
    #[case] port: &str,
    #[case] with: &str,
    #[case] (granted, denied, is_exercised): (usize, usize, bool),
) {
    let case = CASE.replace(":5000", port);
    assert_eq!(
        coverage(&format!("{STAGE}{case}{with}expect = 'permitted'")),
        [(4, granted, denied, is_exercised)]
    );
}

#[test]
fn a_meta_policy_that_forbids_nothing_is_no_gap() {
    let master = MASTER.replace("master-only", "all");
    assert_eq!(coverage(&format!("{master}{CASE}expect = 'permitted'"))[0], (6, 0, 0, true));
}

#[test]
fn the_cells_of_a_matrix_count() {
    let matrix = "[matrix]\nswf = ['http://www.example.com/a.swf', \
        'http://beta.example.com/b.swf']\n\
        connect = ['game.example.com:5000']\nsnapshot = 'none.txt'";
    assert_eq!(
        coverage(&format!("{MASTER}{matrix}")),
        [(6, 0, 0, false), (7, 1, 0, true), (8, 1, 0, true)]
    );
}

/// A fault that moves the element on the wire does not hide it; one that makes the file malformed
/// lets it decide nothing.
#[rstest]
#[case::split("split=1,30", (1, 0, true))]
#[case::http("http-400", (0, 0, false))]
fn faults_do_not_confuse_it(
    #[case] fault: &str,
    #[case] (granted, denied, is_exercised): (usize, usize, bool),
) {
    let with = format!("with.faults = {{ 'game.example.com:843' = ['{fault}'] }}\n");
    assert_eq!(
        coverage(&format!("{STAGE}{CASE}{with}expect = 'permitted'")),
        [(4, granted, denied, is_exercised)]
    );
}

/// One policy file, two scenarios in two folders: what one of them exercises is exercised.
#[test]
fn a_policy_file_is_counted_once_for_all_its_scenarios() {
    let folder = tempfile::tempdir().unwrap();
    let policy = "<cross-domain-policy>\n<allow-access-from domain=\"a.example\" to-ports=\"1\"/>\n\
        <allow-access-from domain=\"b.example\" to-ports=\"1\"/>\n</cross-domain-policy>";
    fs::write(folder.path().join("policy.xml"), policy).unwrap();
    for name in ["a", "b"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        let text = format!(
            "version = 1\npolicy = [{{ at = '{name}.example:843', file = '../policy.xml' }}]\n\
             case = [{{ name = 'x', swf = 'http://{name}.example/x.swf', connect = \
             '{name}.example:1', expect = 'unreachable' }}]"
        );
        fs::write(folder.path().join(name).join("s.toml"), text).unwrap();
    }
    let report = scenario::run(folder.path()).unwrap();
    let told: Vec<String> = report.coverage().iter().map(ToString::to_string).collect();
    let path = folder.path().join("policy.xml");
    let line = |line, domain| {
        format!(
            "{}:{line}:1: <allow-access-from domain=\"{domain}.example\" to-ports=\"1\"/>: granted \
                1, denied 0",
            path.display()
        )
    };
    assert_eq!(told, [line(2, "a"), line(3, "b")]);
}

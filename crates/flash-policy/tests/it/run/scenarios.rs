//! Scenarios that are run against the server.

use rstest::rstest;

use super::Servers;

const SCENARIO: &str = r#"version = 1

[[policy]]
at = "game.example.com:843"
file = "policy.xml"

[[backend]]
at = "game.example.com:5000"

[[case]]
name = "our site may play"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
granted-by = "game.example.com:843"
requests = { "game.example.com:843" = 1 }

[[case]]
name = "nobody else may"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "denied"
cause = "domain-not-listed"

[[case]]
name = "another host has no policy"
swf = "http://www.example.com/game.swf"
connect = "other.example.com:5000"
unknown-host = true
expect = "denied"
cause = "no-policy"

[[case]]
name = "a silent policy server"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
with.policy = { "game.example.com:843" = "silent" }
expect = "denied"
"#;

#[test]
fn scenarios_are_run_with_the_server_in_the_place_of_what_they_declare() {
    let servers = Servers { folder: Servers::new().folder.put("cases.toml", SCENARIO) };
    let ran = servers.run(
        "--port policy=843 --scenario cases.toml",
        &["python3", "-S", "server.py", "{policy}"],
    );
    let expected = "\
cases.toml
  ok   our site may play
  ok   nobody else may
  ok   another host has no policy
  skip a silent policy server: it changes what stands at game.example.com:843, where a real \
    server is

3 passed, 0 failed, 1 skipped
";
    assert_eq!((ran.exit, ran.stdout.as_str(), ran.stderr.as_str()), (0, expected, ""));
}

#[test]
fn a_scenario_whose_every_case_is_skipped_tests_nothing() {
    let (before, _) = SCENARIO.split_once("[[case]]").unwrap();
    let (_, last) = SCENARIO.rsplit_once("[[case]]").unwrap();
    let servers = Servers {
        folder: Servers::new().folder.put("cases.toml", format!("{before}[[case]]{last}")),
    };
    let ran = servers.run("--scenario cases.toml", &["python3", "-S", "server.py", "{port}"]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    assert!(ran.stdout.ends_with("0 passed, 0 failed, 1 skipped\n"), "{}", ran.stdout);
}

#[test]
fn a_scenario_tells_that_the_server_serves_another_policy() {
    let servers = Servers { folder: Servers::new().folder.put("cases.toml", SCENARIO) };
    let command = "cp policy.xml own.xml && sed -i s/5000/6000/ own.xml && sed \
        s/policy.xml/own.xml/ server.py > own.py && \
        exec python3 -S own.py {port}";
    let ran = servers.run("--scenario cases.toml --format json", &[command]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["cases"][0]["got"]["cause"], "port-not-listed", "{report:#}");
    assert_eq!(
        report["cases"][3]["skipped"],
        "it changes what stands at game.example.com:843, where a real server is"
    );
    let summary = &report["summary"];
    assert_eq!(
        (&summary["cases"], &summary["passed"], &summary["skipped"]),
        (&4.into(), &2.into(), &1.into())
    );
    crate::formats::assert_valid(&report);
}

#[rstest]
#[case::a_misspelt_host(
    "--port p=gane.example.com:843",
    "error: --port p=gane.example.com:843 stands for an endpoint that no scenario has, so the \
        server would not be asked there; the scenarios have game.example.com:843, \
        game.example.com:5000, other.example.com:843, other.example.com:5000; did you mean --port \
        p=game.example.com:843?\n"
)]
#[case::a_misspelt_port("--port p=844", "did you mean --port p=843?\n")]
#[case::one_of_two(
    "--port p=843 --port game=6000 --env GAME={game}",
    "error: --port game=6000 stands for a port that no scenario has"
)]
#[case::no_logical_port(
    "--port p",
    "error: no logical port is mapped to {p}, so nothing would be asked of the server; write \
        --port p=843, or the port that the server stands for\n"
)]
fn a_port_that_no_scenario_asks_is_wrong_usage(#[case] options: &str, #[case] said: &str) {
    let servers = Servers { folder: Servers::new().folder.put("cases.toml", SCENARIO) };
    let options = format!("{options} --scenario cases.toml");
    let ran = servers.run(&options, &["touch", "started", "{p}"]);
    assert_eq!(ran.exit, 2, "{ran:?}");
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    assert!(!servers.folder.path("started").exists());
}

/// The server of the tests, which sends its policy twice.
const TWICE: &str =
    r#"sed 's/\(open.*b"\\0"\))/(\1) * 2)/' server.py > own.py && exec python3 -S own.py {port}"#;

#[rstest]
#[case::the_expectations_decide("", 0)]
#[case::an_error("--fail-on error", 1)]
#[case::an_error_that_is_allowed("--fail-on error --allow FSP-T25", 0)]
fn an_error_in_an_answer_is_shown_and_fails_a_scenario_if_asked_to(
    #[case] options: &str,
    #[case] exit: i32,
) {
    let servers = Servers { folder: Servers::new().folder.put("cases.toml", SCENARIO) };
    let ran = servers.run(&format!("--scenario cases.toml {options}"), &[TWICE]);
    let shown = "3 passed, 0 failed, 1 skipped\n\nerror: game.example.com:843: FSP-T25: 2 policies \
        on one connection; help: answer once, then close\n";
    assert!(ran.stdout.contains(shown), "{ran:?}");
    assert_eq!(ran.exit, exit, "{ran:?}");
    let fails =
        ran.stdout.contains("fails game.example.com:843: FSP-T25; --allow ID accepts one\n");
    assert_eq!(fails, exit == 1, "{ran:?}");
}

#[test]
fn an_error_in_an_answer_to_a_matrix_is_shown_too() {
    let (stage, _) = SCENARIO.split_once("[[case]]").unwrap();
    let matrix = "[matrix]\nswf = ['http://www.example.com/game.swf']\n\
        connect = ['game.example.com:5000']\nsnapshot = 'table.txt'\n";
    let table = "swf                              game.example.com:5000\n\
        http://www.example.com/game.swf  permitted\n";
    let folder = Servers::new().folder.put("cases.toml", format!("{stage}{matrix}"));
    let servers = Servers { folder: folder.put("table.txt", table) };
    let ran = servers.run("--scenario cases.toml --fail-on error", &[TWICE]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(ran.stdout.contains("error: game.example.com:843: FSP-T25: "), "{ran:?}");
}

//! Scenarios that are run against the server.

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

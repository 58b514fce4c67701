//! What the picked ports change, which the server's own policy does not know of.

use rstest::rstest;
use serde_json::Value;

use super::Servers;
use crate::GOOD;
use crate::raw::SWF;

/// A server that lists in its policy the port that it is given last.
fn lists(port: &str) -> String {
    format!(
        "sed s/5000/{port}/ policy.xml > own.xml && sed s/policy.xml/own.xml/ server.py > own.py"
    )
}

#[rstest]
#[case::the_port_of_the_target(
    "--port game=5000",
    &["{game}"],
    "{game}",
    "use --port 5000=5000, with 5000 in the place of {game}: it lists PORT, the port that was \
     picked for game.example.com:5000"
)]
#[case::the_port_of_the_target_of_one_host(
    "--port policy=843 --port game=game.example.com:5000",
    &["{policy}", "{game}"],
    "{game}",
    "use --port 5000=game.example.com:5000, with 5000 in the place of {game}: it lists PORT, the \
     port that was picked for game.example.com:5000"
)]
#[case::the_port_of_the_policy_itself(
    "--port policy=843",
    &["{policy}"],
    "{policy}",
    "list port 5000 in the to-ports of that rule of game.example.com:843: it lists PORT, the port \
     that was picked for game.example.com:843"
)]
#[case::another_port(
    "--port policy=843",
    &["{policy}"],
    "6000",
    "add 5000 to the to-ports of that rule in the policy of game.example.com:843"
)]
fn a_policy_that_lists_a_picked_port_is_told_so_in_every_format(
    #[case] options: &str,
    #[case] ports: &[&str],
    #[case] listed: &str,
    #[case] advice: &str,
) {
    let command = format!("{} && exec python3 -S own.py {}", lists(listed), ports.join(" "));
    let options = format!(
        "{options} --swf {SWF} --connect game.example.com:5000 --format human --format \
         json=r.json --format junit=r.xml --format tap=r.tap --format sarif=r.sarif --format \
         github=r.github"
    );
    let servers = Servers::new();
    let ran = servers.run(&options, &[&command]);
    let report: Value = serde_json::from_str(&servers.folder.read("r.json")).unwrap();
    assert_eq!(report["cases"][0]["got"]["cause"], "port-not-listed", "{report:#}");
    let name = listed.trim_matches(['{', '}']);
    let port = report["server"]["ports"][name].to_string();
    let advice = advice.replace("PORT", &port);
    assert!(ran.stdout.contains(&format!("  advice   {advice} (FSP-D02)\n")), "{}", ran.stdout);
    let findings = report["answer_findings"].as_array().unwrap();
    let finding = findings.iter().find(|finding| finding["id"] == "FSP-D02").unwrap();
    assert_eq!(finding["help"], advice);
    for format in ["r.xml", "r.tap", "r.sarif", "r.github"] {
        let text = servers.folder.read(format);
        assert!(text.contains(&advice), "{format}: {text}");
    }
}

#[test]
fn a_scenario_says_so_too() {
    let scenario = format!(
        "version = 1\n[[policy]]\nat = \"game.example.com:5000\"\nfile = \"policy.xml\"\n[[case]]\n\
         name = \"ours\"\nswf = \"{SWF}\"\nconnect = \"game.example.com:5000\"\nexpect = \
         \"permitted\"\n"
    );
    let servers = Servers { folder: Servers::new().folder.put("game.toml", scenario) };
    let command = format!("{} && exec python3 -S own.py {{game}}", lists("{game}"));
    let ran = servers.run("--port game=5000 --scenario game.toml", &[&command]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(ran.stdout.contains("the port that was picked for game.example.com:5000"), "{ran:?}");
    assert!(!ran.stdout.contains("add 5000"), "{ran:?}");
}

#[test]
fn every_swf_is_probed_with_every_target() {
    let policy = GOOD.replace("5000", "5000,6000");
    let servers = Servers { folder: Servers::new().folder.put("policy.xml", policy) };
    let options = "--swf http://www.example.com/a.swf --swf http://evil.example/b.swf \
        --connect game.example.com:5000 --connect chat.example.com:6000 --connect 7000";
    let command = ["python3", "-S", "server.py", "{port}"];
    let ran = servers.run(&format!("{options} --format json"), &command);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let cases = report["cases"].as_array().unwrap().iter();
    let cases: Vec<_> = cases
        .map(|case| (case["name"].as_str().unwrap(), case["got"]["cause"].as_str().unwrap()))
        .collect();
    assert_eq!(
        cases,
        [
            ("http://www.example.com/a.swf to game.example.com:5000", "connected"),
            ("http://www.example.com/a.swf to chat.example.com:6000", "connected"),
            ("http://www.example.com/a.swf to localhost:7000", "port-not-listed"),
            ("http://evil.example/b.swf to game.example.com:5000", "domain-not-listed"),
            ("http://evil.example/b.swf to chat.example.com:6000", "domain-not-listed"),
            ("http://evil.example/b.swf to localhost:7000", "domain-not-listed"),
        ]
    );
    let played = ["game.example.com:5000", "chat.example.com:6000", "localhost:7000"];
    assert_eq!(report["played"], serde_json::json!(played));
    assert_eq!((ran.exit, &report["summary"]["passed"]), (1, &2.into()));
}

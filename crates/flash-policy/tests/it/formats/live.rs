//! `--fail-on` and `--allow`: a connection that is permitted, by servers that do something wrong.

use flash_policy_core::wire::Fault;
use flash_policy_fixture::PolicyServer;
use rstest::rstest;

use super::nagios;
use super::reports::{Reports, Stage};
use crate::{Folder, GOOD};

/// A server whose first port accepts and says nothing, and whose second one serves `policy.xml`.
const SILENT_MASTER: &str = r#"
import socket, sys, threading

master, own = [socket.create_server(("127.0.0.1", int(port))) for port in sys.argv[1:]]
policy = open("policy.xml", "rb").read() + b"\0"

def answer(peer):
    if b"\0" in peer.recv(64):
        peer.sendall(policy)
    peer.recv(64)
    peer.close()

while True:
    threading.Thread(target=answer, args=own.accept()[:1], daemon=True).start()
"#;

/// Calls that all meet a silent master, and a policy on the port of the game that grants: each
/// waits for the master as long as a player, so they are made side by side.
#[test]
fn a_silent_master_fails_in_every_format_unless_it_is_allowed() {
    let master = PolicyServer::builder().document(GOOD).fault(Fault::Silent).start();
    let in_band = PolicyServer::start(GOOD);
    let probe = format!(
        "probe game.example.com --swf http://www.example.com/a.swf --connect 5000 \
         --map 843={} --map 5000={}",
        master.addr(),
        in_band.addr()
    );
    let run = |options: &str| {
        format!(
            "run --swf http://www.example.com/a.swf --connect game.example.com:5000 {options} \
             --port policy=843 --port game=5000 -- python3 -S silent.py {{policy}} {{game}}"
        )
    };
    std::thread::scope(|scope| {
        scope.spawn(|| is_in_every_format(&probe, 1));
        scope.spawn(|| is_in_every_format(&format!("{probe} --allow FSP-T04"), 0));
        scope.spawn(|| is_in_every_format(&format!("{probe} --fail-on never"), 0));
        scope.spawn(|| is_in_every_format(&run(""), 1));
        scope.spawn(|| is_in_every_format(&run("--allow FSP-T04"), 0));
        scope.spawn(|| is_a_warning_to_nagios(&probe));
    });
}

fn stage() -> Stage {
    Stage::of(Folder::with_policy(GOOD).put("silent.py", SILENT_MASTER))
}

#[track_caller]
fn is_in_every_format(arguments: &str, exit: i32) {
    let reports = Reports::of(&stage(), arguments);
    assert_eq!(reports.exit, exit, "{reports:#?}");
    assert!(reports.human.contains("the connection is permitted"), "{}", reports.human);
    let says_why = reports.human.contains("fails game.example.com:843: FSP-T04; --allow");
    assert_eq!(says_why, exit == 1, "{}", reports.human);
    reports.read_human();
    let report = reports.read_all();
    assert_eq!(report["cases"][0]["got"]["outcome"], "permitted", "{report:#}");
    let finding = &report["answer_findings"][0];
    assert_eq!((&finding["id"], &finding["fails"]), (&"FSP-T04".into(), &(exit == 1).into()));
    for format in super::FORMATS {
        let text = reports.text(format);
        assert!(text.contains("FSP-T04"), "{format}: {text}");
        assert!(!text.contains("xmlsocket://"), "code scanning refuses that: {text}");
    }
}

/// A monitor looks at what players get, and how long they wait for it.
#[track_caller]
fn is_a_warning_to_nagios(probe: &str) {
    let ended = stage().run(&format!("{probe} --nagios"));
    let status = nagios::read(&ended.stdout, ended.exit);
    assert_eq!(status.state, "WARNING");
    assert!(status.text.contains("permitted by game.example.com:5000"), "{}", status.text);
}

#[rstest]
#[case::counts_errors("", 0)]
#[case::counts_warnings("--fail-on warning", 1)]
#[case::counts_warnings_but_for_those_allowed("--fail-on warning --allow FSP-T15", 0)]
fn fail_on_counts_without_torture(#[case] options: &str, #[case] exit: i32) {
    let call = "probe game.example.com --swf http://www.example.com/a.swf --connect 5000 \
        --map 843={no-nul} --map 5000={backend}";
    let reports = Reports::of(&Stage::of(Folder::new()), &format!("{call} {options}"));
    assert_eq!(reports.exit, exit, "{reports:#?}");
    let report = reports.read_all();
    assert_eq!(report["cases"][0]["passed"], true, "{report:#}");
    assert_eq!(report["answer_findings"][0]["id"], "FSP-T15", "{report:#}");
    assert_eq!(report["answer_findings"][0]["fails"], exit == 1, "{report:#}");
}

/// The expectations of its cases alone decide.
#[test]
fn test_ignores_what_its_servers_do_wrong() {
    let scenario = r#"version = 1
[[policy]]
at = "game.example.com:843"
file = "policy.xml"
[[policy]]
at = "game.example.com:5000"
file = "policy.xml"
[[backend]]
at = "game.example.com:5000"
[[case]]
name = "works all the same"
swf = "http://www.example.com/a.swf"
connect = "game.example.com:5000"
with.policy = { "game.example.com:843" = "silent" }
expect = "permitted"
granted-by = "game.example.com:5000"
"#;
    let stage = Stage::of(Folder::with_policy(GOOD).put("cases.toml", scenario));
    let reports = Reports::of(&stage, "test cases.toml");
    assert_eq!(reports.exit, 0, "{reports:#?}");
    let report = reports.read_all();
    assert_eq!(report["cases"][0]["got"]["asked"][0]["diagnostics"][0]["id"], "FSP-T04");
    assert_eq!(report["answer_findings"], serde_json::Value::Null);
    let refused = stage.run("test cases.toml --fail-on error");
    assert_eq!(refused.exit, 2, "{refused:?}");
}

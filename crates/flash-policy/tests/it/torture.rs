//! The conformance checks of `probe` and `run`: which are made, where, and how they are told.

use std::net::TcpListener;

use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{Backend, PolicyServer};
use serde_json::Value;

use crate::run::{SERVER, Servers};
use crate::{Folder, GOOD};

#[test]
fn checks_can_be_chosen() {
    let server = PolicyServer::start(GOOD);
    let call = format!("probe 127.0.0.1 --map 843={} --torture --check idle,closes", server.addr());
    let report = Folder::new().json(&call);
    let ids: Vec<_> = report["checks"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(ids, ["closes", "idle"], "in the order in which they are made");
    assert_eq!(report["conformance"]["passed"], 2);
}

#[test]
fn an_unknown_check_is_wrong_usage() {
    let (exit, text) = Folder::new().stderr("probe 127.0.0.1 --torture --check leak");
    assert!(
        exit == 2 && text.contains("there is no check `leak`; did you mean `leaks`?"),
        "{text}"
    );
    let (exit, text) = Folder::new().stderr("probe 127.0.0.1 --check leaks");
    assert!(exit == 2 && text.contains("--torture"), "{text}");
}

/// The second port answers with another policy than the first.
#[test]
fn the_in_band_port_can_be_tortured_while_a_master_exists() {
    let both = SERVER.replace("[Policy, Echo]", "[Policy, Policy]");
    let servers = Servers { folder: Servers::new().folder.put("both.py", both) };
    let command = ["python3", "-S", "both.py", "{policy}", "{game}"];
    for named in ["game", "5000"] {
        let options = format!(
            "--port policy=843 --port game=game.example.com:5000 --torture={named} --check closes \
             --format json"
        );
        let report: Value = serde_json::from_str(&servers.run(&options, &command).stdout).unwrap();
        assert_eq!(report["conformance"]["endpoint"], "game.example.com:5000");
        let address = format!("127.0.0.1:{}", report["server"]["ports"]["game"]);
        assert_eq!(report["conformance"]["address"], address);
    }
    let ran = servers.run("--torture=chat --port policy=843", &["touch", "started", "{policy}"]);
    let told = "error: --torture=chat names no --port; expected one of policy\n";
    assert_eq!((ran.exit, ran.stderr.as_str()), (2, told));
}

#[test]
fn probe_can_torture_another_port_than_the_one_that_answers() {
    let (master, in_band) = (PolicyServer::start(GOOD), PolicyServer::start(GOOD));
    let call = format!(
        "probe 127.0.0.1 --map 843={} --map 5000={} --swf http://www.example.com/a.swf --connect \
         5000 --torture=5000 --check closes",
        master.addr(),
        in_band.addr()
    );
    let report = Folder::new().json(&call);
    assert_eq!(report["conformance"]["endpoint"], "127.0.0.1:5000", "{report:#}");
    let (exit, text) = Folder::new().stderr("probe 127.0.0.1 --torture=game");
    assert!(exit == 2 && text.contains("--torture takes a port of the host"), "{text}");
}

#[test]
fn where_nothing_answers_one_line_says_so() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = free.local_addr().unwrap();
    drop(free);
    let (exit, text) = Folder::new().stdout(&format!("probe 127.0.0.1 --map 843={addr} --torture"));
    let not_run: Vec<_> = text.lines().filter(|line| line.starts_with("not-run")).collect();
    assert_eq!((exit, not_run.len()), (1, 1), "{text}");
    assert!(not_run[0].ends_with(" more: the server sent no policy"), "{}", not_run[0]);
}

#[test]
fn the_help_stands_below_the_check_that_fails() {
    let server = PolicyServer::builder().document(GOOD).fault(Fault::Twice).start();
    let call = format!("probe 127.0.0.1 --map 843={} --torture --check copies", server.addr());
    let (_, text) = Folder::new().stdout(&format!("{call} --fail-on warning"));
    let mut lines = text.lines().skip_while(|line| !line.contains("copies"));
    assert!(lines.next().is_some(), "{text}");
    assert!(lines.next().is_some_and(|line| line.trim_start().starts_with("help: ")), "{text}");
}

#[test]
fn nagios_is_told_of_the_checks() {
    let backend = Backend::echo().start();
    let good = PolicyServer::start(GOOD);
    let call = |server: &PolicyServer, check: &str| {
        let call = format!(
            "probe 127.0.0.1 --map 843={} --map 5000={} --swf http://www.example.com/a.swf \
             --connect 5000 --nagios --torture --check {check}",
            server.addr(),
            backend.addr()
        );
        Folder::new().stdout(&call)
    };
    let (exit, text) = call(&good, "idle,closes");
    assert!(
        exit == 0
            && text.contains("; checks of 127.0.0.1:843: 2 passed, 0 tolerated, 0 not run | "),
        "{text}"
    );
    let one_read = PolicyServer::builder().document(GOOD).fault(Fault::OneRead).start();
    let (exit, text) = call(&one_read, "split-in-two");
    assert!(
        exit == 2 && text.contains("; checks of 127.0.0.1:843: failed split-in-two | "),
        "{text}"
    );
}

/// It dies of an HTTP request.
#[test]
fn a_server_that_dies_in_a_check_is_started_again_for_those_after_it() {
    let end = "            if not more:\n";
    let death =
        "            if b\"GET\" in asked + more:\n                import os; os._exit(3)\n";
    let dying = SERVER.replace(end, &format!("{death}{end}"));
    assert_ne!(dying, SERVER);
    let servers = Servers { folder: Servers::new().folder.put("dying.py", dying) };
    let options = "--torture --check http-get,half-close,idle --format json";
    let ran = servers.run(options, &["python3", "-S", "dying.py", "{port}"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let verdicts: Vec<_> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| (check["id"].as_str().unwrap(), check["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(verdicts, [("http-get", "fail"), ("idle", "pass"), ("half-close", "pass")]);
    let remark = report["server"]["remarks"][0].as_str().unwrap();
    assert_eq!(
        remark,
        "it ended by itself (exit status: 3) after the check http-get, and was started again"
    );
    assert_eq!((ran.exit, &report["conformance"]["not_run"]), (1, &0.into()));
}

//! Servers that end by themselves, and are started again.

use serde_json::Value;

use super::{SERVER, Servers};

/// A server that ends with this exit code after its first answer.
fn ends_after_an_answer(exit: u8) -> Servers {
    let ending = SERVER.replace(
        "open(\"policy.xml\", \"rb\").read() + b\"\\0\")",
        &format!(
            "open(\"policy.xml\", \"rb\").read() + b\"\\0\"); print(\"answered\", flush=True); \
             import os; os._exit({exit})"
        ),
    );
    assert_ne!(ending, SERVER);
    Servers { folder: Servers::new().folder.put("ending.py", ending) }
}

const COMMAND: [&str; 4] = ["python3", "-S", "ending.py", "{port}"];

const TWO: &str = "--swf http://www.example.com/a.swf --connect game.example.com:5000 --connect \
    chat.example.com:5000";

#[test]
fn a_server_that_crashes_is_started_again_for_the_next_case_and_its_crash_counts() {
    let servers = ends_after_an_answer(3);
    let ran = servers.run(&format!("{TWO} --format json=r.json --format human"), &COMMAND);
    let report: Value = serde_json::from_str(&servers.folder.read("r.json")).unwrap();
    let causes: Vec<_> =
        report["cases"].as_array().unwrap().iter().map(|case| &case["got"]["cause"]).collect();
    assert_eq!(causes, ["connected", "connected"], "neither is blamed for the crash");
    let server = &report["server"];
    assert_eq!(
        (ran.exit, &server["crashes"], &server["restarts"], &report["summary"]["crashes"]),
        (1, &2.into(), &1.into(), &2.into()),
    );
    assert_eq!(
        server["output"],
        "serving\nanswered\n(flash-policy started the server again)\nserving\nanswered\n"
    );
    let remark = server["remarks"][0].as_str().unwrap();
    // The second part of the sentence stands there if the end came late.
    let after = "it ended by itself (exit status: 3) after http://www.example.com/a.swf to \
        game.example.com:5000";
    assert!(remark.starts_with(after) && remark.ends_with(", and was started again"), "{remark}");
    assert!(ran.stdout.contains(&format!("fails the server: {remark}\n")), "{}", ran.stdout);
    assert!(ran.stderr.contains(&format!("note: the server: {remark}\n")), "{}", ran.stderr);
    crate::formats::assert_valid(&report);
}

#[test]
fn every_format_says_that_the_server_was_started_again() {
    let formats = ["human", "junit", "tap", "sarif", "github"];
    let targets = formats.map(|format| format!("--format {format}=r.{format}"));
    let servers = ends_after_an_answer(3);
    servers.run(&format!("{TWO} {}", targets.join(" ")), &COMMAND);
    for format in formats {
        let text = servers.folder.read(&format!("r.{format}"));
        assert!(text.contains("and was started again"), "{format}: {text}");
    }
}

#[test]
fn a_server_that_serves_one_client_and_ends_well_fails_nothing() {
    let ran = ends_after_an_answer(0).run(TWO, &COMMAND);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(ran.stderr.contains("and was started again\n"), "{}", ran.stderr);
}

#[test]
fn cases_of_a_scenario_have_a_running_server_each_and_the_counts_tell_of_the_crash() {
    let case = |name: &str| {
        format!(
            "[[case]]\nname = \"{name}\"\nswf = \"http://www.example.com/a.swf\"\nconnect = \
             \"game.example.com:5000\"\nexpect = \"permitted\"\n"
        )
    };
    let scenario = format!(
        "version = 1\n[[policy]]\nat = \"game.example.com:843\"\nfile = \"policy.xml\"\n\
         [[backend]]\nat = \"game.example.com:5000\"\n{}{}",
        case("first"),
        case("second")
    );
    let servers = ends_after_an_answer(3);
    let servers = Servers { folder: servers.folder.put("game.toml", scenario) };
    let ran = servers.run("--scenario game.toml --format json=r.json --format human", &COMMAND);
    let counts = "2 passed, 0 failed, and the server crashed 2 times\n";
    assert!(ran.exit == 1 && ran.stdout.contains(counts), "{ran:?}");
    let report: Value = serde_json::from_str(&servers.folder.read("r.json")).unwrap();
    assert_eq!(report["server"]["location"], "game.example.com:843");
    assert!(
        ran.stdout.contains("fails the server: it ended by itself (exit status: 3) after first")
    );
}

#[test]
fn repeated_lines_of_its_output_are_folded_in_every_format() {
    let formats = ["junit", "tap", "github"];
    let targets = formats.map(|format| format!("--format {format}=r.{format}"));
    let command =
        "for i in 1 2 3 4 5; do echo policy request; done; exec python3 -S server.py {port}";
    let servers = Servers::new();
    let options = format!("--swf http://evil.example/a.swf --connect 5000 {}", targets.join(" "));
    let ran = servers.run(&options, &[command]);
    assert_eq!(ran.exit, 1, "{ran:?}");
    assert!(ran.stderr.contains("policy request ×5\nserving\n---\n"), "{}", ran.stderr);
    for format in formats {
        let text = servers.folder.read(&format!("r.{format}"));
        assert!(text.contains("policy request ×5"), "{format}: {text}");
    }
}

#[test]
fn the_death_of_the_server_is_the_first_reason_of_a_denial() {
    let dies = SERVER.replace("self.request.sendall(open", "import os; os._exit(1); print(open");
    assert_ne!(dies, SERVER);
    let servers = Servers { folder: Servers::new().folder.put("ending.py", dies) };
    let ask = "--swf http://www.example.com/a.swf --connect game.example.com:5000";
    let ran = servers.run(ask, &COMMAND);
    let first = "\nthe connection is denied: no-policy\n  because  the server ended by itself \
        (exit status: 1)\n  because  error FSP-";
    assert!(ran.stdout.contains(first), "{}", ran.stdout);
    assert!(!ran.stdout.contains("\n  or  ") && !ran.stdout.contains("\n  ask "), "{}", ran.stdout);
    assert_eq!(ran.exit, 1);
}

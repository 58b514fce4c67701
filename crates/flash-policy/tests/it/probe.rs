//! `flash-policy probe`, against servers that it does not know to be this crate's.

use std::net::{Ipv6Addr, SocketAddr};
use std::time::Duration;

use flash_policy_core::wire::{Fault, Script};
use flash_policy_fixture::{Backend, PolicyServer, Port, RunningBackend, Stage};
use rstest::rstest;

use crate::raw::SWF;
use crate::{Folder, GOOD};

/// A policy server and a backend, and the arguments that map a host's ports to them.
struct Servers {
    policy: PolicyServer,
    backend: RunningBackend,
}

impl Servers {
    fn serving(server: impl Into<flash_policy_fixture::server::PolicyServerBuilder>) -> Self {
        Self { policy: server.into().start(), backend: Backend::echo().start() }
    }

    fn probe(&self, more: &str) -> String {
        let (policy, backend) = (self.policy.addr(), self.backend.addr());
        format!(
            "probe game.example.com --swf {SWF} --connect 5000 --map 843={policy} --map \
                5000={backend} {more}"
        )
    }
}

#[test]
fn a_permitted_connection_ends_with_0_and_shows_the_bytes_and_the_latency() {
    let servers = Servers::serving(GOOD);
    let (exit, said) = Folder::new().stdout(&servers.probe(""));
    assert_eq!(exit, 0, "{said}");
    assert!(said.starts_with(&format!(
        "{SWF} to game.example.com:5000\nthe connection is permitted: connected\n"
    )));
    assert!(said.contains(r"  > <policy-file-request/>\0"), "{said}");
    assert!(
        said.contains(r#"<   <allow-access-from domain="*.example.com" to-ports="5000"/>\n"#),
        "{said}"
    );
    assert!(said.contains("  latency  game.example.com:843 in "), "{said}");
    assert!(said.ends_with(" ms, of the 3000 ms that a player waits\n"), "{said}");
    assert_eq!(servers.policy.journal().policy_requests(), 1);
}

#[rstest]
#[case::of_another_site("--swf http://evil.example/game.swf", "denied", "domain-not-listed")]
#[case::of_local_files("--swf sandbox:local-with-file", "denied", "sandbox-local-with-file")]
fn another_swf_may_not(#[case] swf: &str, #[case] outcome: &str, #[case] cause: &str) {
    let servers = Servers::serving(GOOD);
    let arguments = servers.probe("").replace(&format!("--swf {SWF}"), swf);
    let report = Folder::new().json(&arguments);
    let got = &report["cases"][0]["got"];
    assert_eq!((&got["outcome"], &got["cause"]), (&outcome.into(), &cause.into()));
    assert_eq!(Folder::new().stdout(&arguments).0, 1);
}

#[test]
fn a_backend_that_is_down_is_told_from_a_policy_that_denies() {
    let servers = Servers::serving(GOOD);
    servers.backend.down();
    let report = Folder::new().json(&servers.probe(""));
    let got = &report["cases"][0]["got"];
    assert_eq!(
        (&got["outcome"], &got["cause"]),
        (&"unreachable".into(), &"backend-refused".into())
    );
    assert_eq!(got["granted_by"], "game.example.com:843");
}

#[test]
fn what_a_server_does_wrong_is_named_with_its_bytes() {
    let servers = Servers::serving(PolicyServer::builder().document(GOOD).fault(Fault::Http400));
    let (exit, said) = Folder::new().stdout(&servers.probe(""));
    assert_eq!(exit, 1);
    assert!(said.contains(r"  < HTTP/1.1 400 Bad Request\r\n"), "{said}");
    assert!(said.contains("FSP-T11"), "{said}");
}

#[test]
fn a_location_that_the_swf_names_is_asked_too() {
    let (master, backend) =
        (PolicyServer::start("<cross-domain-policy/>"), Backend::echo().start());
    let other = PolicyServer::start(GOOD);
    let arguments = format!(
        "probe game.example.com --swf {SWF} --connect 5000 --load-policy-file \
            xmlsocket://game.example.com:2525 \
         --map 843={} --map 2525={} --map 5000={}",
        master.addr(),
        other.addr(),
        backend.addr()
    );
    let report = Folder::new().json(&arguments);
    assert_eq!(report["cases"][0]["got"]["granted_by"], "game.example.com:2525", "{report:#}");
}

#[rstest]
#[case::first_by_ipv6(
    "--address ::1 --address 127.0.0.1",
    "error FSP-T30: game.example.com resolves to ::1 first but policy is only on 127.0.0.1"
)]
#[case::first_by_ipv4(
    "--address 127.0.0.1 --address ::1",
    "over IPv4 it may connect, and over IPv6 it may not"
)]
fn a_host_with_both_address_families_is_probed_over_each(
    #[case] addresses: &str,
    #[case] told: &str,
) {
    let policy = GOOD.replace("5000", "*");
    let stage = Stage::builder()
        .policy("h:5000", policy.as_str())
        .backend("h:5000", Backend::echo())
        .start();
    let port = stage.backend("h:5000").port();
    let nothing = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    assert!(std::net::TcpStream::connect(nothing).is_err());
    let down = Port::reserve().unwrap();

    let arguments = format!(
        "probe game.example.com --swf {SWF} --connect {port} {addresses} --map 843={}",
        down.addr()
    );
    let (exit, said) = Folder::new().stdout(&arguments);
    assert_eq!(exit, 1);
    assert!(
        said.contains("over IPv4 (127.0.0.1)\nthe connection is permitted: connected\n"),
        "{said}"
    );
    assert!(said.contains("over IPv6 (::1)\nthe connection is denied: no-policy\n"), "{said}");
    assert!(said.contains(told), "{said}");
    let report = Folder::new().json(&arguments);
    let first = addresses.split(' ').nth(1).unwrap();
    assert_eq!(
        (&report["cases"][0]["route"]["address"], &report["summary"]["passed"]),
        (&first.into(), &1.into())
    );
}

#[rstest]
#[case::an_address(
    "203.0.113.4",
    "error: 203.0.113.4:843 is at 203.0.113.4:843, which is not this machine; add --allow-remote"
)]
#[case::a_mapped_port(
    "127.0.0.1 --map 5000=203.0.113.4:5000",
    "error: 127.0.0.1:5000 is at 203.0.113.4:5000, which is not this machine;"
)]
#[case::a_map_that_nobody_asks(
    "127.0.0.1 --map 844=127.0.0.1:10843",
    "error: --map names port 844, which nobody asks; the player asks 843, 5000"
)]
#[case::a_host_with_a_port(
    "127.0.0.1:843",
    "expected a name or an address without a port, as in game.example.com or 127.0.0.1"
)]
#[case::two_maps_of_a_port(
    "127.0.0.1 --map 843=127.0.0.1:1 --map 843=127.0.0.1:2",
    "error: --map says twice where port 843 is; leave one of them out"
)]
#[case::a_map_to_no_port(
    "127.0.0.1 --map 843=127.0.0.1:0",
    "expected PORT=ADDRESS:PORT, as in 843=127.0.0.1:10843"
)]
#[case::half_a_map(
    "127.0.0.1 --map 843=10843",
    "expected PORT=ADDRESS:PORT, as in 843=127.0.0.1:10843"
)]
fn what_cannot_be_probed_is_said_before_anything_is_connected(
    #[case] host: &str,
    #[case] told: &str,
) {
    let (exit, said) = Folder::new().stderr(&format!("probe {host} --swf {SWF} --connect 5000"));
    assert_eq!(exit, 2);
    assert!(said.contains(told), "{said}");
}

#[test]
fn a_name_that_does_not_resolve_is_told_with_what_the_resolver_says() {
    let (exit, said) =
        Folder::new().stdout(&format!("probe game.invalid --swf {SWF} --connect 5000"));
    assert_eq!(exit, 1);
    assert!(said.contains("FSP-T34: game.invalid does not resolve"), "{said}");
    assert!(said.contains("\n  resolver game.invalid: "), "{said}");
}

#[rstest]
#[case::permitted(Script::policy(GOOD.as_bytes()), "", 0, "OK - ", "permitted by \
    game.example.com:843 in ")]
#[case::permitted_without_a_nul(
    Fault::NoNul.script(GOOD.as_bytes()), "", 1, "WARNING - ", ", but warning FSP-T15: \
        game.example.com:843 closed the connection and sent no NUL byte"
)]
#[case::permitted_late(Script::policy(GOOD.as_bytes()), "--warning 0ms", 1, "WARNING \
    - ", "permitted by game.example.com:843 in ")]
#[case::denied(
    Script::policy(b"<cross-domain-policy/>"),
    "",
    2,
    "CRITICAL - ",
    ": denied: domain-not-listed"
)]
#[case::malformed(Fault::Http400.script(b""), "", 2, "CRITICAL - ", ": denied: malformed-policy")]
fn nagios_is_told_in_one_line_with_figures(
    #[case] script: Script,
    #[case] more: &str,
    #[case] code: i32,
    #[case] state: &str,
    #[case] told: &str,
) {
    let servers = Servers::serving(PolicyServer::builder().scripts([script]));
    let (exit, said) = Folder::new().stdout(&servers.probe(&format!("--nagios {more}")));
    assert_eq!(exit, code, "{said}");
    let (text, figures) = said.split_once(" | ").unwrap();
    assert!(
        text.starts_with(&format!("FLASH_POLICY {state}{SWF} to game.example.com:5000")),
        "{text}"
    );
    assert!(text.contains(told), "{text}");
    assert!(figures.contains("decided=0."), "{figures}");
    assert_eq!(said.lines().count(), 1);
    for figure in figures.split_whitespace() {
        let (label, value) = figure.split_once('=').unwrap();
        assert!(label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{figure}");
        assert!(value.split_once("s;").unwrap().0.parse::<f64>().is_ok(), "{figure}");
    }
}

#[test]
fn nagios_is_warned_where_another_location_keeps_each_player_waiting() {
    let late = Script::new().read_request().wait(Duration::from_millis(300)).fin();
    let (master, in_band) =
        (PolicyServer::builder().scripts([late]).start(), PolicyServer::start(GOOD));
    let maps = format!("--map 843={} --map 5000={}", master.addr(), in_band.addr());
    let arguments = format!(
        "probe game.example.com --swf {SWF} --connect 5000 {maps} --nagios --warning 200ms"
    );
    let (exit, said) = Folder::new().stdout(&arguments);
    assert_eq!(exit, 1, "{said}");
    assert!(said.contains("permitted by game.example.com:5000 in "), "{said}");
    assert!(said.contains(", but only after "), "{said}");
}

#[test]
fn nagios_is_told_how_late_a_policy_was_and_may_be() {
    let servers = Servers::serving(GOOD);
    let (_, said) = Folder::new().stdout(&servers.probe("--nagios --warning 1500ms"));
    assert!(said.contains(" | policy_843=0."), "{said}");
    assert!(said.contains("s;1.500;3.000;0 decided=0."), "{said}");
}

#[rstest]
#[case::wrong_usage(
    "probe h --swf http://www.example.com/game.swf --nagios",
    "UNKNOWN - the following required arguments were not provided: --connect <[HOST:]PORT>\n"
)]
#[case::another_machine(
    "probe 203.0.113.4 --swf http://www.example.com/game.swf --connect 5000 --nagios",
    "UNKNOWN - 203.0.113.4:843 is at "
)]
fn nagios_is_told_that_nothing_is_known(#[case] arguments: &str, #[case] told: &str) {
    let (exit, said) = Folder::new().stdout(arguments);
    assert_eq!((exit, said.lines().count()), (3, 1), "{said}");
    assert!(said.contains(told), "{said}");
}

#[test]
fn nagios_is_told_what_the_resolver_says() {
    let (exit, said) =
        Folder::new().stdout(&format!("probe game.invalid --swf {SWF} --connect 5000 --nagios"));
    assert_eq!(exit, 2);
    assert!(said.contains(": denied: no-policy; game.invalid does not resolve: "), "{said}");
}

#[test]
fn a_good_server_passes_the_torture() {
    let servers = Servers::serving(GOOD);
    let (exit, said) = Folder::new().stdout(&servers.probe("--torture"));
    assert_eq!(exit, 0, "{said}");
    assert!(
        said.contains(&format!(
            "\ntorture of game.example.com:843 at {}\npass ",
            servers.policy.addr()
        )),
        "{said}"
    );
    // A busy machine says so, and blames nothing on the server.
    let is_good = |line: &&str| {
        line.starts_with("pass ") || line.ends_with(" this machine was too busy to tell")
    };
    assert_eq!(said.lines().filter(is_good).count(), 30, "{said}");
    assert!(said.contains(" checks passed, 0 tolerated, 0 failed, "), "{said}");
}

#[test]
fn what_players_cope_with_is_tolerated() {
    let servers = Servers::serving(PolicyServer::builder().document(GOOD).fault(Fault::NoNul));
    let arguments =
        format!("probe 127.0.0.1 --map 843={} --torture --format json", servers.policy.addr());
    let output = Folder::new().run(&arguments).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report:#}");
    assert_eq!(
        (&report["conformance"]["tolerated"], &report["conformance"]["failed"]),
        (&1.into(), &0.into())
    );
    let end = &report["checks"][2];
    assert_eq!(
        (&end["id"], &end["verdict"], &end["rule"]),
        (&"answer-end".into(), &"tolerated".into(), &"FSP-T15".into())
    );
    super::formats::assert_valid(&report);
}

#[test]
fn without_a_policy_to_ask_for_most_of_the_torture_is_left_out() {
    let options = |servers: &Servers| {
        format!("probe 127.0.0.1 --map 843={} --torture --format", servers.policy.addr())
    };
    let policy = PolicyServer::builder().document(GOOD).fault(Fault::CloseOnRequest);
    let servers = Servers::serving(policy);
    let (exit, tap) = Folder::new().stdout(&format!("{} tap", options(&servers)));
    assert_eq!(exit, 1);
    assert!(tap.contains("not ok 1 - 127.0.0.1:843: torture: request\n"), "{tap}");
    assert!(tap.contains("torture: at-once # SKIP the server sent no policy\n"), "{tap}");

    let servers = Servers::serving(PolicyServer::builder().document(GOOD).fault(Fault::Http400));
    let (_, sarif) = Folder::new().stdout(&format!("{} sarif", options(&servers)));
    let sarif: serde_json::Value = serde_json::from_str(&sarif).unwrap();
    let first = &sarif["runs"][0]["results"][0];
    assert_eq!(first["ruleId"], "FSP-T11");
    let place = &first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    // Code scanning refuses a whole file in which a location has a scheme that it does not know.
    assert_eq!(place, "127.0.0.1%3A843");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it_with_4_and_a_report_in_every_format() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new();
    let arguments = format!(
        "probe 127.0.0.1 --swf {SWF} --connect 5000 --map 843={} --format json=out.json \
         --format junit=out.xml",
        silent.local_addr().unwrap()
    );
    let mut probe = std::process::Command::new(assert_cmd::cargo::cargo_bin("flash-policy"))
        .current_dir(folder.path(""))
        .args(arguments.split_whitespace())
        .spawn()
        .unwrap();
    let _player = silent.accept().unwrap();

    let kill = ["-TERM", &probe.id().to_string()];
    assert!(std::process::Command::new("kill").args(kill).status().unwrap().success());
    assert_eq!(probe.wait().unwrap().code(), Some(4));
    let report: serde_json::Value = serde_json::from_str(&folder.read("out.json")).unwrap();
    assert_eq!(report["errors"][0]["kind"], "interrupted", "{report:#}");
    assert!(folder.read("out.xml").contains("type=\"interrupted\""));
}

//! Options that take an endpoint take the same forms in every subcommand.

use rstest::rstest;

use crate::{Folder, GOOD};

/// Each call without the value of its last option.
const CALLS: [&str; 7] = [
    "check policy.xml --served-from",
    "eval policy.xml --swf http://www.example.com/a.swf --connect",
    "eval policy.xml --swf http://www.example.com/a.swf --connect [::1]:5000 --served-from",
    "diff policy.xml policy.xml --served-from",
    "probe ::1 --map 5000=[::1]:9 --map 843=[::1]:9 --swf http://www.example.com/a.swf --connect",
    "run --ready delay=1ms --swf http://www.example.com/a.swf --connect",
    "run --ready delay=1ms --swf http://www.example.com/a.swf --connect 5000 --port game=",
];

fn call(call: &str, value: &str) -> (i32, String) {
    let space = if call.ends_with('=') { "" } else { " " };
    let command = if call.starts_with("run") { " -- sleep 600 {port} {game}" } else { "" };
    let command = if call.contains("game=") {
        command.replace(" {port}", "")
    } else {
        command.replace(" {game}", "")
    };
    let whole = format!("{call}{space}{value}{command}");
    let (exit, _, text) = Folder::with_policy(GOOD).output(&whole);
    (exit, text)
}

#[rstest]
#[case::a_port("5000")]
#[case::a_host_and_a_port("[::1]:5000")]
fn every_option_takes_it(#[case] value: &str) {
    for one in CALLS {
        let (exit, text) = call(one, value);
        assert!(exit == 0 || exit == 1, "{one} {value}: exit {exit}: {text}");
    }
}

#[rstest]
#[case::a_host_alone("game.example.com")]
#[case::a_port_with_a_leading_zero("0843")]
#[case::a_port_with_a_sign("+843")]
#[case::an_address_without_brackets("::1:5000")]
fn every_option_says_what_it_takes(#[case] value: &str) {
    for one in CALLS {
        let (exit, text) = call(one, value);
        let expected = "expected PORT or HOST:PORT, as in 5000, game.example.com:5000 or \
            [2001:db8::1]:5000";
        assert!(exit == 2 && text.contains(expected), "{one} {value}: exit {exit}: {text}");
    }
}

#[test]
fn the_target_of_a_probe_is_on_its_host() {
    let call =
        "probe 127.0.0.1 --swf http://www.example.com/a.swf --connect other.example.com:5000";
    let (exit, text) = Folder::new().stderr(call);
    let told = "--connect other.example.com:5000 is not on 127.0.0.1, which is probed";
    assert!(exit == 2 && text.contains(told), "{text}");
}

#[test]
fn a_port_alone_is_served_from_the_host_of_the_target() {
    let call = "eval policy.xml --swf http://www.example.com/a.swf --connect \
        game.example.com:5000 --served-from 2525";
    let (exit, text) = Folder::with_policy(GOOD).stdout(call);
    assert_eq!(exit, 0, "{text}");
    assert!(text.contains("by game.example.com:2525, line 3"), "{text}");
}

#[rstest]
#[case::of_a_document("check policy.xml --served-from", "0")]
#[case::of_a_host("check policy.xml --served-from", "game.example.com:0")]
#[case::of_two_policies("diff policy.xml policy.xml --served-from", "0")]
#[case::of_the_server("run --torture --port game=", "0")]
fn no_server_listens_on_port_0(#[case] one: &str, #[case] value: &str) {
    let (exit, text) = call(one, value);
    assert_eq!(exit, 2, "{text}");
    let said = "no server can listen on port 0; expected a port from 1 to 65535";
    assert!(text.contains(said), "{text}");
}

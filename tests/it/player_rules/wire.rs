//! Rulebook W: the bytes on the wire.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::Duration;

use flash_policy_fixture::player::{Action, Event, Lookup, Purpose, Session};
use flash_policy_fixture::server::Traffic;
use flash_policy_fixture::wire::{Fault, MAX_ANSWER_BYTES, Script};
use flash_policy_fixture::{Backend, Profile, Stage};
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy, with_nul};
use crate::scene::{Scene, scene};

/// The request, written byte by byte: `<policy-file-request/>` and a NUL.
const REQUEST: [u8; 23] = *b"\x3c\x70\x6f\x6c\x69\x63\x79\x2d\x66\x69\x6c\x65\
    \x2d\x72\x65\x71\x75\x65\x73\x74\x2f\x3e\x00";

/// Answers a request with these bytes, and keeps the connection open.
fn reply(bytes: impl AsRef<[u8]>) -> Script {
    Script::new().read_request().write(bytes)
}

/// Returns a policy of exactly this many bytes, which allows everybody.
fn policy_of(bytes: usize) -> String {
    let policy = policy([allow("*", "*")]);
    let padding = bytes - policy.len() - "<!---->".len();
    policy.replace("</cross", &format!("<!--{}--></cross", "x".repeat(padding)))
}

// W1, W2: the 23 bytes come first on every policy connection: to port 843, to an explicit location
// and to the destination.
#[test]
fn the_request_is_sent_at_once_to_every_location() {
    let stage = Stage::builder()
        .policy("h:843", policy([allow("b.com", "*")]))
        .policy("h:2525", policy([allow("b.com", "*")]))
        .policy("h:5000", policy([allow("a.com", "*")]))
        .backend("h:5000", Backend::echo())
        .start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    client.load_policy_file("xmlsocket://h:2525").connect("h", 5000).expect_permitted();
    for at in ["h:843", "h:2525", "h:5000"] {
        let journal = stage.policy_server(at).journal();
        assert_eq!(
            journal.exchanges()[0].traffic()[0],
            Traffic::Received(REQUEST.to_vec()),
            "at {at}"
        );
    }
    assert_eq!(stage.real_timers(), 0);
}

// W2: the player sends the request before it reads anything.
#[test]
fn the_request_is_the_first_act_on_a_new_connection() {
    let mut session = Session::new(Profile::flash_10());
    let swf = "http://a.com/game.swf".parse().unwrap();
    let mut lookup = Lookup::start(&mut session, &swf, "h", 5000);
    lookup.handle(&mut session, Event::Connected, Duration::ZERO);
    assert_eq!(lookup.action(), Action::Send(&REQUEST));
}

#[rstest]
// W3: a policy that the server sends before the request counts.
#[case::pushed_at_accept(scene().master(Fault::Unprompted), permitted_by(843))]
#[case::pushed_at_accept_by_a_server_that_stays(
    scene().master(Script::new().write(with_nul(policy([allow("*", "*")])))),
    permitted_by(843)
)]
// W4: the first NUL ends the policy, whatever follows, and whether the server closes or not.
#[case::bytes_behind_the_nul(
    scene().master(reply(with_nul(policy([allow("*", "*")]))).write("\n\0<more/>").fin()),
    permitted_by(843).diagnostics(["FSP-T17"])
)]
#[case::open_behind_the_nul(
    scene().master(reply(with_nul(policy([allow("*", "*")])))),
    permitted_by(843)
)]
#[case::a_second_policy_behind_the_nul(
    scene().master(
        reply(
            [with_nul(policy([allow("b.com", "*")])), with_nul(policy([allow("*", "*")]))].concat(),
        )
        .fin(),
    ),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28", "FSP-T25"])
)]
// W5: the end of the stream ends the policy too. For a strict player it is a failed load.
#[case::ended_by_fin(scene().master(Fault::NoNul), permitted_by(843).diagnostics(["FSP-T15"]))]
#[case::ended_by_fin_before_a_strict_player(
    scene().master(Fault::NoNul).in_band(policy([allow("*", "*")])).profile(Profile::strict()),
    permitted_by(5000)
        .asked([(843, "closed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T15"])
)]
// W6: without a NUL and without an end of the stream, the load is pending until the deadline.
#[case::pending_without_nul(
    scene().master(Fault::NoNulOpen).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T14"])
)]
#[case::pending_half_a_policy(
    scene().master(reply("<cross-domain-")).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-D21", "FSP-T14"])
)]
// W7: the division into segments does not matter.
#[case::split(scene().master(Fault::Split(vec![1, 2, 30])), permitted_by(843))]
#[case::one_byte_at_a_time(
    scene().master(Fault::Drip { bytes: 1, every: Duration::from_millis(1) }),
    permitted_by(843).decided_at_ms(policy([allow("*", "*")]).len() as u64)
)]
// W9: an answer without a byte is a failed load, at once.
#[case::fin_without_a_byte(
    scene().master(Fault::CloseOnAccept).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "closed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"])
)]
#[case::rst_without_a_byte(
    scene().master(Fault::ResetOnRequest).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "reset"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"])
)]
#[case::rst_at_accept(
    scene().master(Script::new().rst()).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "reset"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"])
)]
#[case::rst_inside_a_policy(
    scene().master(reply("<cross-domain-policy>").rst()).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "reset"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T06"])
)]
// W9: anything else is a malformed policy.
#[case::http(
    scene().master(Fault::Http400),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T11"])
)]
#[case::binary(
    scene().master(reply(b"\x15\x03\x01\x00\x02\x02\x46").fin()),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T12"])
)]
// W10: a policy up to the cap is read; a larger answer is a failed load.
#[case::at_the_cap(scene().master(policy_of(MAX_ANSWER_BYTES)), permitted_by(843))]
#[case::above_the_cap(
    scene().master(policy_of(MAX_ANSWER_BYTES + 1)).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "too-large"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T23"])
)]
#[case::endless(
    scene().master(reply(vec![b'x'; 3 * MAX_ANSWER_BYTES])).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "too-large"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T23"])
)]
// W11: the request is sent in the clear even to a port that speaks TLS.
#[case::plain_before_tls(
    scene().in_band(policy([allow("*", "443")])).connect_to(443),
    permitted_by(443)
        .asked([(843, "refused"), (443, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
// W12: an HTTP server never grants, not even if it sends a policy.
#[case::a_policy_over_http(
    scene().master(
        reply(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n{}",
            policy([allow("*", "*")])
        ))
        .fin(),
    ),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T11"])
)]
fn an_answer_is_read(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

// W8: the player opens two connections to the destination, and sends nothing on the second.
#[test]
fn the_policy_connection_is_never_reused() {
    let stage = Stage::builder()
        .policy("h:5000", policy([allow("*", "*")]))
        .backend("h:5000", Backend::echo())
        .start();
    let outcome = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000);
    let purposes: Vec<_> =
        outcome.transcript().iter().map(|connection| connection.purpose()).collect();
    assert_eq!(purposes, [Purpose::Policy, Purpose::Payload]);
    drop(outcome);
    let journal = stage.backend("h:5000").journal();
    let received: Vec<_> = journal.exchanges().iter().map(|exchange| exchange.received()).collect();
    assert_eq!(received, [REQUEST.to_vec(), Vec::new()]);
    assert_ne!(journal.exchanges()[0].peer(), journal.exchanges()[1].peer());
}

// W13: the proxy settings of the environment are ignored.
#[test]
fn the_environment_s_proxy_is_not_used() {
    let dead = "http://127.0.0.1:9";
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "player_rules::wire::the_request_is_sent_at_once_to_every_location"])
        .envs(
            ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"]
                .map(|name| (name, dead)),
        )
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
}

// W14: the first bytes distinguish a policy request from the backend's own protocol.
#[rstest]
#[case::the_request(REQUEST.to_vec(), with_nul(policy([allow("*", "*")])))]
#[case::another_word(b"<pong/>\0".to_vec(), b"<pong/>\0".to_vec())]
#[case::a_word_that_begins_alike(
    b"<policy-file-requests/>\0".to_vec(),
    b"<policy-file-requests/>\0".to_vec()
)]
#[case::half_a_request(b"<policy".to_vec(), b"<policy".to_vec())]
fn a_shared_port_tells_by_the_first_bytes(#[case] sent: Vec<u8>, #[case] expected: Vec<u8>) {
    let stage = Stage::builder()
        .policy("h:5000", policy([allow("*", "*")]))
        .backend("h:5000", Backend::echo())
        .start();
    let mut peer = TcpStream::connect(stage.backend("h:5000").addr()).unwrap();
    peer.write_all(&sent).unwrap();
    peer.shutdown(Shutdown::Write).unwrap();
    let mut received = Vec::new();
    peer.read_to_end(&mut received).unwrap();
    assert_eq!(received, expected);
    assert_eq!(stage.real_timers(), 0);
}

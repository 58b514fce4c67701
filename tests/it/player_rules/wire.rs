//! Rulebook W: what crosses the wire.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::time::Duration;

use flash_policy_fixture::player::{Action, Event, Lookup, Purpose, Session};
use flash_policy_fixture::server::Traffic;
use flash_policy_fixture::wire::{Fault, MAX_ANSWER_BYTES, Script};
use flash_policy_fixture::{Backend, Profile, Stage};
use rstest::rstest;

use crate::support::{Scene, Seen, document, m, ok, scene, se};

const REQUEST: [u8; 23] =
    *b"\x3c\x70\x6f\x6c\x69\x63\x79\x2d\x66\x69\x6c\x65\x2d\x72\x65\x71\x75\x65\x73\x74\x2f\x3e\x00";

fn reply(bytes: impl AsRef<[u8]>) -> Script {
    Script::new().read_request().write(bytes)
}

fn with_nul(notation: &str) -> Vec<u8> {
    [document(notation).as_bytes(), b"\0"].concat()
}

/// A policy for everybody of exactly so many bytes.
fn policy_of(bytes: usize) -> String {
    let policy = document("G(*|*)");
    let padding = bytes - policy.len() - "<!---->".len();
    policy.replace("</cross", &format!("<!--{}--></cross", "x".repeat(padding)))
}

// W1, W2: the 23 bytes come first on every policy connection: 843, an explicit location, the destination.
#[test]
fn the_request_is_sent_at_once_to_every_location() {
    let stage = Stage::builder()
        .policy("h:843", document("G(b.com|*)").as_str())
        .policy("h:2525", document("G(b.com|*)").as_str())
        .policy("h:5000", document("G(a.com|*)").as_str())
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

// W2: nothing is read before the request is sent.
#[test]
fn the_request_is_the_first_act_on_a_new_connection() {
    let mut session = Session::new(Profile::flash_10());
    let swf = "http://a.com/game.swf".parse().unwrap();
    let mut lookup = Lookup::start(&mut session, &swf, "h", 5000);
    lookup.handle(&mut session, Event::Connected, Duration::ZERO);
    assert_eq!(lookup.action(), Action::Send(&REQUEST));
}

#[rstest]
// W3: a policy that is pushed at accept counts.
#[case::pushed_at_accept(m(Fault::Unprompted), ok(843))]
#[case::pushed_at_accept_by_a_server_that_stays(m([Script::new().write(with_nul("G(*|*)"))]), ok(843))]
// W4: the first NUL ends the policy, whatever follows, and whether the server closes or not.
#[case::bytes_behind_the_nul(m([reply(with_nul("G(*|*)")).write("\n\0<more/>").fin()]), ok(843).notes("T17"))]
#[case::open_behind_the_nul(m([reply(with_nul("G(*|*)"))]), ok(843))]
#[case::a_second_policy_behind_the_nul(
    m([reply([with_nul("G(b.com|*)"), with_nul("G(*|*)")].concat()).fin()]),
    se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("T17 T27"))]
// W5: the end of the stream ends the policy too, unless the player is strict: then it is a failed load.
#[case::ended_by_fin(m(Fault::NoNul), ok(843).notes("T15"))]
#[case::ended_by_fin_before_a_strict_player(
    m(Fault::NoNul).t("G(*|*)").player(Profile::strict()), ok(5000).asked("843=closed 5000=policy").t(2).notes("T15"))]
// W6: without a NUL and without an end it is pending until the deadline.
#[case::pending_without_nul(
    m(Fault::NoNulOpen).t("G(*|*)"), ok(5000).after(3000).asked("843=none 5000=policy").t(2).notes("T14"))]
#[case::pending_half_a_policy(
    m([reply("<cross-domain-")]).t("G(*|*)"), ok(5000).after(3000).asked("843=none 5000=policy").t(2).notes("T05"))]
// W7: segments mean nothing.
#[case::split(m(Fault::Split(vec![1, 2, 30])), ok(843))]
#[case::one_byte_at_a_time(m(Fault::Drip { bytes: 1, every: Duration::from_millis(1) }), ok(843).after(document("G(*|*)").len() as u128))]
// W9: nothing at all is a failed load, at once.
#[case::fin_without_a_byte(m(Fault::CloseOnAccept).t("G(*|*)"), ok(5000).asked("843=closed 5000=policy").t(2).notes("T27"))]
#[case::rst_without_a_byte(m(Fault::ResetOnRequest).t("G(*|*)"), ok(5000).asked("843=reset 5000=policy").t(2))]
#[case::rst_at_accept(m([Script::new().rst()]).t("G(*|*)"), ok(5000).asked("843=reset 5000=policy").t(2))]
#[case::rst_inside_a_policy(m([reply("<cross-domain-policy>").rst()]).t("G(*|*)"), ok(5000).asked("843=reset 5000=policy").t(2))]
// W9: anything else is a malformed policy.
#[case::http(m(Fault::Http400), se("malformed-policy").asked("843=malformed 5000=closed").t(1).notes("T11 T27"))]
#[case::binary(m([reply(b"\x15\x03\x01\x00\x02\x02\x46").fin()]), se("malformed-policy").asked("843=malformed 5000=closed").t(1).notes("T12 T27"))]
// W10: up to the cap a policy is read; above it is a failed load.
#[case::at_the_cap(m(policy_of(MAX_ANSWER_BYTES)), ok(843))]
#[case::above_the_cap(
    m(policy_of(MAX_ANSWER_BYTES + 1)).t("G(*|*)"), ok(5000).asked("843=too-large 5000=policy").t(2).notes("T23"))]
#[case::endless(
    m([reply(vec![b'x'; 3 * MAX_ANSWER_BYTES])]).t("G(*|*)"), ok(5000).asked("843=too-large 5000=policy").t(2).notes("T23"))]
// W11: before a port that speaks TLS the request is plain all the same.
#[case::plain_before_tls(scene().t("G(*|443)").dst(443), ok(443).asked("843=refused 443=policy").t(2).notes("T01"))]
// W12: an HTTP server never authorises, not even one that sends a policy.
#[case::a_policy_over_http(
    m([reply(format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n{}", document("G(*|*)"))).fin()]),
    se("malformed-policy").asked("843=malformed 5000=closed").t(1).notes("T11 T27"))]
fn an_answer_is_read(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

// W8: two connections to the destination; on the second the player says nothing.
#[test]
fn the_policy_connection_is_never_reused() {
    let stage = Stage::builder()
        .policy("h:5000", document("G(*|*)").as_str())
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

// W13: a proxy of the environment changes nothing.
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
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && told.contains("1 passed"), "{told}");
}

// W14: the first bytes tell a policy request from the backend's own protocol.
#[rstest]
#[case::the_request(REQUEST.to_vec(), with_nul("G(*|*)"))]
#[case::another_word(b"<pong/>\0".to_vec(), b"<pong/>\0".to_vec())]
#[case::a_word_that_begins_alike(b"<policy-file-requests/>\0".to_vec(), b"<policy-file-requests/>\0".to_vec())]
#[case::half_a_request(b"<policy".to_vec(), b"<policy".to_vec())]
fn a_shared_port_tells_by_the_first_bytes(#[case] sent: Vec<u8>, #[case] expected: Vec<u8>) {
    let stage = Stage::builder()
        .policy("h:5000", document("G(*|*)").as_str())
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

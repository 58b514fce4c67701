//! Servers that speak another protocol, echo the request, or put a length before the document.

use std::time::Duration;

use flash_policy_fixture::wire::Script;
use rstest::rstest;

use super::{answer, assert_found, open_policy};
use crate::scene::scene;

const HTTP: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
const TLS_ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02\x46";
const ECHO: &[u8] = b"<policy-file-request/>\0";
const ECHO_WITHOUT_NUL: &[u8] = b"<policy-file-request/>";

/// The document with its length before it, in two bytes, as Java's `writeUTF` sends it.
fn with_length(document: &str) -> (Vec<u8>, Vec<u8>) {
    let length = u16::try_from(document.len()).unwrap();
    (length.to_be_bytes().to_vec(), document.as_bytes().to_vec())
}

/// A policy that allows everybody, of more than 255 bytes.
fn long_policy() -> String {
    format!("<!--{}-->{}", "x".repeat(256), open_policy())
}

// HTTP on 843 comes from the server there. On another port a proxy may stand in front.
#[rstest]
#[case::http_left_open(answer(HTTP), "FSP-T11", "FSP-T10")]
#[case::http_closed(answer(HTTP).fin(), "FSP-T11", "FSP-T10")]
#[case::http_reset(answer(HTTP).rst(), "FSP-T11", "FSP-T10")]
#[case::http_with_a_nul(answer([HTTP, b"\0"].concat()), "FSP-T11", "FSP-T10")]
#[case::http_in_two_segments(
    answer(&HTTP[..5]).wait(Duration::from_millis(50)).write(&HTTP[5..]),
    "FSP-T11",
    "FSP-T10"
)]
#[case::tls_left_open(answer(TLS_ALERT), "FSP-T12", "FSP-T12")]
#[case::tls_closed(answer(TLS_ALERT).fin(), "FSP-T12", "FSP-T12")]
#[case::tls_reset(answer(TLS_ALERT).rst(), "FSP-T12", "FSP-T12")]
#[case::an_echo_left_open(answer(ECHO), "FSP-L30", "FSP-L30")]
#[case::an_echo_closed(answer(ECHO).fin(), "FSP-L30", "FSP-L30")]
#[case::an_echo_without_its_nul_left_open(answer(ECHO_WITHOUT_NUL), "FSP-L30", "FSP-L30")]
#[case::an_echo_without_its_nul_closed(answer(ECHO_WITHOUT_NUL).fin(), "FSP-L30", "FSP-L30")]
fn another_protocol_is_named_however_it_ends(
    #[case] server: Script,
    #[case] as_master: &str,
    #[case] in_band: &str,
) {
    assert_found(scene().master(server.clone()), &[&format!("error {as_master}")]);
    let in_band = format!("error {in_band}");
    assert_found(scene().in_band(server), &[&in_band, "warning FSP-T01"]);
}

// A length below 256 begins with a NUL, which ends the document before it begins.
#[rstest]
#[case::below_256(&open_policy())]
#[case::from_256_on(&long_policy())]
fn a_length_before_the_document_is_named(#[case] document: &str) {
    let (length, document) = with_length(document);
    let whole = [length.clone(), document.clone()].concat();
    let apart = answer(&length).wait(Duration::from_millis(20)).write(&document);
    let halves = answer(&length[..1]).write(&length[1..]).write(&document);
    for server in [answer(&whole), apart, halves] {
        assert_found(scene().master(server.clone().fin()), &["error FSP-L13"]);
        assert_found(scene().in_band(server), &["error FSP-L13", "warning FSP-T01"]);
    }
}

// A NUL alone, or before something else, is no length.
#[rstest]
#[case::a_bare_nul(answer("\0"), "error FSP-L11")]
#[case::a_nul_before_a_policy(
    answer([b"\0", open_policy().as_bytes()].concat()),
    "error FSP-D19"
)]
#[case::binary(answer(b"\0\0\0\x10\x03\0\x04ping"), "error FSP-D19")]
fn an_empty_document_is_no_length(#[case] server: Script, #[case] expected: &str) {
    let found = scene().master(server).diagnostics();
    assert_eq!(found, [expected]);
}

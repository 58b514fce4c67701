//! Rulebook X: which documents the player accepts. The tests of `policy_file` in the core cover how
//! a document is parsed.

use flash_policy_fixture::wire::{Fault, Script};
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy};
use crate::scene::{Scene, scene};

const STAR: &str = "<allow-access-from domain='*' to-ports='*'/>";

const DOCTYPE: &str = "<!DOCTYPE cross-domain-policy SYSTEM \
    'http://www.adobe.com/xml/dtds/cross-domain-policy.dtd'>";

const SCHEMA_ATTRIBUTES: &str = " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' \
    xsi:noNamespaceSchemaLocation='http://www.adobe.com/xml/schemas/PolicyFileSocket.xsd'";

fn root(elements: &str) -> String {
    format!("<cross-domain-policy>{elements}</cross-domain-policy>")
}

fn root_with_attributes(attributes: &str) -> String {
    format!("<cross-domain-policy{attributes}>{STAR}</cross-domain-policy>")
}

/// Returns the bytes that Java's `writeUTF` sends, padded so that the length contains no NUL.
fn written_by_java(document: &str) -> String {
    let padded = format!("{document}{}", " ".repeat(0x0101 - document.len()));
    format!("\u{1}\u{1}{padded}")
}

#[rstest]
// X1: text anywhere, a wrong root or ill-formed XML: the whole file is rejected, with its
// meta-policy.
#[case::text_before(
    scene().master(format!("hi {}", root(STAR))),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L12"])
)]
#[case::text_behind(
    scene().master(format!("{} hi", root(STAR))),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D20"])
)]
#[case::wrong_root(
    scene().master("<policy/>"),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D23"])
)]
#[case::ill_formed(
    scene().master("<cross-domain-policy>"),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D21"])
)]
#[case::its_meta_policy_too(
    scene()
        .master(root("<site-control permitted-cross-domain-policies='none'/>hi"))
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-L06"])
)]
// X2: white space around the document is accepted.
#[case::blank_line_before(
    scene().master(format!("\n<?xml version='1.0'?>{}\n\n", root(STAR))),
    permitted_by(843).diagnostics(["FSP-D16"])
)]
// X3: no declaration and no DOCTYPE is needed, and a DOCTYPE is not fetched.
#[case::bare(scene().master(root(STAR)), permitted_by(843))]
#[case::doctype(scene().master(format!("{DOCTYPE}{}", root(STAR))), permitted_by(843))]
// X4: the attributes of XML Schema are accepted, elements in a namespace are not.
#[case::schema_attributes(
    scene().master(root_with_attributes(SCHEMA_ATTRIBUTES)),
    permitted_by(843)
)]
#[case::namespace(
    scene().master(root_with_attributes(" xmlns='urn:x'")),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L07"])
)]
// X5: unknown elements are ignored. Names are case-sensitive.
#[case::unknown_element(
    scene().master(root(&format!("<hello/>{STAR}"))),
    permitted_by(843).diagnostics(["FSP-L02"])
)]
#[case::headers_element(
    scene()
        .master(root(&format!("<allow-http-request-headers-from domain='*' headers='*'/>{STAR}"))),
    permitted_by(843).diagnostics(["FSP-D26"])
)]
#[case::case_of_an_element(
    scene().master(root("<Allow-Access-From domain='*' to-ports='*'/>")),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D30", "FSP-L02"])
)]
// X6: a byte order mark is accepted; Java's length prefix and UTF-16 are not.
#[case::byte_order_mark(
    scene().master(format!("\u{feff}{}", root(STAR))),
    permitted_by(843).diagnostics(["FSP-D17"])
)]
#[case::length_prefix(
    scene().master(written_by_java(&root(STAR))),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L13"])
)]
#[case::utf_16(
    scene().master(Script::policy(b"\xff\xfe<\0c\0")),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D18"])
)]
// X7: a bare NUL is malformed. An empty root is valid and grants nothing; its meta-policy is all.
#[case::bare_nul(
    scene().master(Script::policy(b"")),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L11"])
)]
#[case::empty_root(
    scene().master("<cross-domain-policy/>").in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "policy"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-D30"])
)]
// X8: the order of the elements is free.
#[case::site_control_last(
    scene().master(root(&format!("{STAR}<site-control permitted-cross-domain-policies='none'/>"))),
    denied("meta-policy-none").diagnostics(["FSP-S03"])
)]
// X9: secure is false unless its value is true. Then only an https SWF may connect.
#[case::secure_absent(scene().master(policy([allow("*", "*")])), permitted_by(843))]
#[case::secure_false(scene().master(policy([allow("*", "*").secure("false")])), permitted_by(843))]
#[case::secure_true(
    scene().master(policy([allow("*", "*").secure("true")])),
    denied("secure-only")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D15"])
)]
#[case::secure_true_over_https(
    scene().master(policy([allow("*", "*").secure("true")])).swf("https://a.com/game.swf"),
    permitted_by(843)
)]
#[case::secure_unknown(
    scene().master(policy([allow("*", "*").secure("yes")])),
    permitted_by(843).diagnostics(["FSP-L05"])
)]
// X10: true is the default of secure in policies for URLs only, also for an https SWF.
#[case::secure_absent_over_https(
    scene().master(policy([allow("*", "*")])).swf("https://a.com/game.swf"),
    permitted_by(843)
)]
// X11: the same rules apply to a TLS port. Its policy is sent in the clear.
#[case::tls_port(
    scene().in_band(policy([allow("*", "443")])).connect_to(443),
    permitted_by(443)
        .asked([(843, "refused"), (443, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
#[case::tls_port_denied(
    scene().in_band(Fault::Http400).connect_to(443),
    denied("malformed-policy")
        .asked([(843, "refused"), (443, "malformed")])
        .connections(1)
        .diagnostics(["FSP-T10", "FSP-T01"])
)]
fn a_document_is_accepted_or_not(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

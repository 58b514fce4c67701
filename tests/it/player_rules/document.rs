//! Rulebook M, P, D and X as the player acts on them; how a document is read is tested with `policy_file`.

use flash_policy_fixture::Evaluator;
use flash_policy_fixture::wire::{Fault, Script};
use rstest::rstest;

use crate::support::{Scene, Seen, document, m, ok, scene, se};

/// Denied by the master for this cause, and then the destination has no policy.
fn denied(cause: &str) -> Seen {
    se(cause).asked("843=policy 5000=closed").t(1).notes("T27")
}

fn malformed(notes: &str) -> Seen {
    se("malformed-policy").asked("843=malformed 5000=closed").t(1).notes(&format!("{notes} T27"))
}

/// Granted by the destination, after a master that grants nothing.
fn passed_over(notes: &str) -> Seen {
    ok(5000).asked("843=policy 5000=policy").t(2).notes(notes)
}

#[rstest]
// M1: a site-control counts in the master only.
#[case::none_in_the_destination_s_file(
    scene().t("SC=none G(*|*)"), ok(5000).asked("843=refused 5000=policy").t(2).notes("T01 S05"))]
#[case::none_in_an_explicit_file(
    m("G(b.com|*)").e(2525, "SC=none G(b.com|*)").t("G(*|*)"),
    ok(5000).asked("843=policy 2525=policy 5000=policy").t(2).notes("S05"))]
// M2: none, master-only, all.
#[case::none(m("SC=none G(b.com|*)").t("G(*|*)"), se("meta-policy-none"))]
#[case::master_only(m("SC=master-only G(b.com|*)").t("G(*|*)"), se("master-only"))]
#[case::all(m("SC=all G(b.com|*)").t("G(*|*)"), passed_over(""))]
// M3: of several the strictest counts, wherever it stands.
#[case::none_of_several(m("SC=all SC=none G(*|*)").t("G(*|*)"), se("meta-policy-none").notes("L04"))]
#[case::master_only_of_several(m("SC=master-only SC=all G(b.com|*)").t("G(*|*)"), se("master-only").notes("L04"))]
// M4: what speaks of HTTP or FTP is read as master-only.
#[case::by_content_type(m("SC=by-content-type G(b.com|*)").t("G(*|*)"), se("master-only").notes("S04"))]
#[case::by_ftp_filename_keeps_its_own_grants(m("SC=by-ftp-filename G(*|*)").t("G(*|*)"), ok(843).notes("S04"))]
#[case::none_this_response(m("SC=none-this-response G(b.com|*)").t("G(*|*)"), se("master-only").notes("S04"))]
// M5: what is unknown or empty is read as none; values are compared exactly.
#[case::unknown(m("SC=bogus G(*|*)").t("G(*|*)"), se("meta-policy-none").notes("S06"))]
#[case::empty(m("SC= G(*|*)").t("G(*|*)"), se("meta-policy-none").notes("S06"))]
#[case::upper_case(m("SC=ALL G(*|*)").t("G(*|*)"), se("meta-policy-none").notes("S06"))]
// M6: grants next to none are dead.
#[case::dead_grants(m("SC=none G(a.com|5000)G(*|*)").t("G(*|*)"), se("meta-policy-none"))]
fn a_meta_policy_is_heeded(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

#[rstest]
// P1: below 1024 a port may grant any port; from 1024 on only ports from 1024 on.
#[case::from_1023_to_80(scene().e(1023, "G(*|*)").dst(80), ok(1023).asked("843=refused 1023=policy").t(1).notes("T01"))]
#[case::from_1024_to_1023(
    scene().e(1024, "G(*|*)").dst(1023), se("low-port").asked("843=refused 1024=policy 1023=closed").t(1).notes("T01 T27"))]
#[case::from_1024_to_1024(scene().t("G(*|*)").dst(1024), ok(1024).asked("843=refused 1024=policy").t(2).notes("T01"))]
// P2: a range that straddles 1024 is cut, not rejected.
#[case::below_in_a_straddling_range(
    scene().e(2525, "G(*|1000-1040)").dst(1023), se("low-port").asked("843=refused 2525=policy 1023=closed").t(1).notes("T01 T27"))]
#[case::above_in_a_straddling_range(
    scene().e(2525, "G(*|1000-1040)").dst(1035), ok(2525).asked("843=refused 2525=policy").t(1).notes("T01"))]
// P3: the grammar; a star still obeys P1, also inside a list.
#[case::below_a_range(m("G(*|5001-5010)"), denied("port-not-listed"))]
#[case::behind_a_range(m("G(*|80,4990-4999)"), denied("port-not-listed"))]
#[case::star_in_a_list(m("G(*|80,*)"), ok(843).t(1))]
#[case::star_from_a_high_port(
    scene().e(2525, "G(*|80,*)").dst(80), se("low-port").asked("843=refused 2525=policy 80=closed").t(1).notes("T01 T27"))]
// P4: empty to-ports grant nothing.
#[case::empty_ports(m("G(*|)"), denied("port-not-listed").notes("D30 D01 T27"))]
// P5: blanks are accepted.
#[case::blanks(m("G(*|\" 80 , 4999 - 5001 \")"), ok(843).t(1).notes("L01"))]
// P6: one bad item voids its element, and no other.
#[case::bad_item(m("G(*|5000,x)"), denied("port-not-listed").notes("D30 D04 T27"))]
#[case::reversed_range(m("G(*|5000,523-516)"), denied("port-not-listed").notes("D30 D04 T27"))]
#[case::bad_item_beside_a_good_rule(m("G(*|x)G(*|5000)"), ok(843).t(1).notes("D04"))]
// P7: ports may be left out of a policy for URLs; as a policy for sockets the same file grants nothing.
#[case::a_policy_for_urls(
    m("<cross-domain-policy><allow-access-from domain='*'/></cross-domain-policy>"),
    denied("port-not-listed").notes("D30 D01 T27"))]
// P9: the blocklist of HTTP ports concerns neither connect nor policy loads.
#[case::ftp(m("G(*|*)").dst(21), ok(843).t(1))]
#[case::smtp_by_itself(scene().t("G(*|*)").dst(25), ok(25).asked("843=refused 25=policy").t(2).notes("T01"))]
#[case::x11(m("G(*|*)").dst(6000), ok(843).t(1))]
fn ports_are_granted(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

// P8: a port out of range throws, without I/O; port 0 is in range, and cannot be connected to.
#[rstest]
#[case::negative(-1, "invalid-port", "throw#2003")]
#[case::just_too_large(65536, "invalid-port", "throw#2003")]
#[case::far_too_large(i64::MAX, "invalid-port", "throw#2003")]
#[case::far_too_small(i64::MIN, "invalid-port", "throw#2003")]
#[case::zero(0, "backend-refused", "ioError#2031")]
#[case::highest(65535, "backend-refused", "ioError#2031")]
fn a_port_is_checked_first(#[case] port: i64, #[case] cause: &str, #[case] event: &str) {
    let mut player =
        Evaluator::new("http://a.com/game.swf").unwrap().policy("h:843", document("G(*|*)"));
    let outcome = player.connect("h", port);
    assert_eq!(
        (outcome.cause().as_str(), outcome.events()[0].to_string()),
        (cause, event.to_owned())
    );
    assert_eq!(outcome.transcript().is_empty(), cause == "invalid-port");
}

#[rstest]
// D1: a star, a suffix, a host, an address, and nothing else.
#[case::any("*", "a.com", true, "")]
#[case::suffix("*.a.com", "www.a.com", true, "")]
#[case::host("a.com", "a.com", true, "")]
#[case::address("192.0.2.7", "192.0.2.7", true, "")]
// D2: a star covers addresses too.
#[case::any_address("*", "192.0.2.7", true, "")]
#[case::any_ipv6("*", "[::1]", true, "")]
// D3: a suffix covers any depth and its own root, and nothing that only looks alike.
#[case::depth("*.a.com", "x.y.a.com", true, "")]
#[case::root("*.a.com", "a.com", true, "")]
#[case::glued("*.a.com", "nota.com", false, "")]
#[case::continued("*.a.com", "a.com.evil", false, "")]
// D4: a star anywhere else is invalid.
#[case::no_dot("*a.com", "a.com", false, "D30 D08")]
#[case::middle("www.*.com", "www.a.com", false, "D30 D08")]
#[case::end("a.*", "a.com", false, "D30 D08")]
#[case::bare("*.", "a.com", false, "D30 D08")]
// D5: no wildcards in addresses.
#[case::wild_address("192.0.2.*", "192.0.2.7", false, "D30 D08")]
#[case::wild_head("*.0.2.7", "192.0.2.7", false, "D30 D08")]
// D6: a name is not its address, and the other way round.
#[case::localhost("localhost", "127.0.0.1", false, "")]
#[case::loopback("127.0.0.1", "localhost", false, "")]
#[case::loopback_6("127.0.0.1", "[::1]", false, "")]
// D7: ASCII case does not matter.
#[case::case_of_the_rule("WWW.A.com", "www.a.com", true, "")]
#[case::case_of_the_requester("www.a.com", "WWW.A.COM", true, "")]
// D8: nothing is normalised, but IPv6 addresses are parsed.
#[case::dot_of_the_rule("a.com.", "a.com", false, "D13")]
#[case::dot_of_the_requester("a.com", "a.com.", false, "D13")]
#[case::dot_of_both("a.com.", "a.com.", true, "D13")]
#[case::ipv6_spellings("::1", "[0:0:0:0:0:0:0:1]", true, "")]
#[case::ipv6_brackets("[::1]", "[::1]", true, "")]
// D9: a port, a scheme or a path make it match nothing.
#[case::port("a.com:80", "a.com", false, "D30 D06")]
#[case::scheme("http://a.com", "a.com", false, "D30 D05")]
// D10: a host covers no subdomain.
#[case::subdomain("a.com", "www.a.com", false, "")]
// D11: an empty domain grants nothing.
#[case::empty("", "a.com", false, "D30 L08")]
fn a_domain_is_matched(
    #[case] domain: &str,
    #[case] requester: &str,
    #[case] matches: bool,
    #[case] notes: &str,
) {
    let expected = match matches {
        true => ok(843).t(1).notes(notes),
        false => denied("domain-not-listed").notes(format!("{notes} T27").trim_start()),
    };
    assert_eq!(
        m(format!("G({domain}|*)")).req(requester).play(),
        expected,
        "left: got, right: expected"
    );
}

// D12: the SWF's scheme, port, path and user-info are not part of its identity.
#[rstest]
#[case::https("https://a.com/game.swf")]
#[case::port("http://a.com:8080/game.swf")]
#[case::user_info("http://b.com@a.com/game.swf?http://c.com/")]
#[case::no_path("http://a.com")]
fn only_the_host_of_the_swf_counts(#[case] url: &str) {
    assert_eq!(m("G(a.com|*)").swf(url).play(), ok(843).t(1), "left: got, right: expected");
}

const STAR: &str = "<allow-access-from domain='*' to-ports='*'/>";

fn root(elements: &str) -> String {
    format!("<cross-domain-policy>{elements}</cross-domain-policy>")
}

#[rstest]
// X1: text anywhere, a wrong root and ill-formed XML reject the whole file, its meta-policy included.
#[case::text_before(m(format!("hi {}", root(STAR))), malformed("L12"))]
#[case::text_behind(m(format!("{} hi", root(STAR))), malformed("D20"))]
#[case::wrong_root(m("<policy/>"), malformed("D23"))]
#[case::ill_formed(m("<cross-domain-policy>"), malformed("D21"))]
#[case::its_meta_policy_too(
    m("<cross-domain-policy><site-control permitted-cross-domain-policies='none'/>hi</cross-domain-policy>").t("G(*|*)"),
    ok(5000).asked("843=malformed 5000=policy").t(2).notes("L06"))]
// X2: white space around the document is accepted.
#[case::blank_line_before(m(format!("\n<?xml version='1.0'?>{}\n\n", root(STAR))), ok(843).t(1).notes("D16"))]
// X3: neither declaration nor DOCTYPE is needed, and a DOCTYPE is not fetched.
#[case::bare(m(root(STAR)), ok(843).t(1))]
#[case::doctype(
    m(format!("<!DOCTYPE cross-domain-policy SYSTEM 'http://www.adobe.com/xml/dtds/cross-domain-policy.dtd'>{}", root(STAR))),
    ok(843).t(1))]
// X4: the attributes of XML Schema are accepted, elements in a namespace are not.
#[case::schema_attributes(
    m(root(STAR).replace("-policy><", "-policy xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:noNamespaceSchemaLocation='http://www.adobe.com/xml/schemas/PolicyFileSocket.xsd'><")),
    ok(843).t(1))]
#[case::namespace(m(root(STAR).replace("<cross-domain-policy>", "<cross-domain-policy xmlns='urn:x'>")), malformed("L07"))]
// X5: unknown elements are ignored, and names are compared with their case.
#[case::unknown_element(m(root(&format!("<hello/>{STAR}"))), ok(843).t(1).notes("L02"))]
#[case::headers_element(
    m(root(&format!("<allow-http-request-headers-from domain='*' headers='*'/>{STAR}"))), ok(843).t(1).notes("D26"))]
#[case::case_of_an_element(m(root("<Allow-Access-From domain='*' to-ports='*'/>")), denied("domain-not-listed").notes("D30 L02 T27"))]
// X6: a byte order mark is accepted, Java's length prefix and UTF-16 are not.
#[case::byte_order_mark(m(format!("\u{feff}{}", root(STAR))), ok(843).t(1).notes("D17"))]
#[case::length_prefix(m(written_by_java(&root(STAR))), malformed("L13"))]
#[case::utf_16(m([answer(b"\xff\xfe<\0c\0")]), malformed("D18"))]
// X7: a bare NUL is malformed; an empty root is valid, grants nothing, and means all.
#[case::bare_nul(m([answer(b"")]), malformed("L11"))]
#[case::empty_root(m("<cross-domain-policy/>").t("G(*|*)"), passed_over("D30"))]
// X8: the order of the elements is free.
#[case::site_control_last(
    m(root(&format!("{STAR}<site-control permitted-cross-domain-policies='none'/>"))), se("meta-policy-none"))]
// X9: secure is false unless it says true; then only an https SWF may connect.
#[case::secure_absent(m("G(*|*)"), ok(843).t(1))]
#[case::secure_false(m("G(*|*|false)"), ok(843).t(1))]
#[case::secure_true(m("G(*|*|true)"), denied("secure-only"))]
#[case::secure_true_over_https(m("G(*|*|true)").swf("https://a.com/game.swf"), ok(843).t(1))]
#[case::secure_unknown(m("G(*|*|yes)"), ok(843).t(1).notes("L05"))]
// X10: the default of policies for URLs, true, is not the one for sockets, whatever the SWF came over.
#[case::secure_absent_over_https(m("G(*|*)").swf("https://a.com/game.swf"), ok(843).t(1))]
// X11: a TLS port obeys the same rules; its policy travels in the clear.
#[case::tls_port(scene().t("G(*|443)").dst(443), ok(443).asked("843=refused 443=policy").t(2).notes("T01"))]
#[case::tls_port_denied(scene().t(Fault::Http400).dst(443), se("malformed-policy").asked("843=refused 443=malformed").t(1).notes("T01 T10"))]
fn a_document_is_accepted_or_not(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

fn answer(document: &[u8]) -> Script {
    Script::policy(document)
}

/// What Java's `writeUTF` makes of it, padded so that the length has no NUL.
fn written_by_java(document: &str) -> String {
    let padded = format!("{document}{}", " ".repeat(0x0101 - document.len()));
    format!("\u{1}\u{1}{padded}")
}

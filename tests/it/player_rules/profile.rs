//! Every field of `Profile` changes some outcome: one case for each of its readings, by its question (rulebook
//! section 15); and the presets.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use flash_policy_fixture::player::{
    CacheKey, Dead, Leniency, MalformedMaster, RefusedBackend, SecurityErrorAt, TrailingDot,
    TrustedScope,
};
use flash_policy_fixture::policy::MetaPolicy;
use flash_policy_fixture::wire::{EndpointState, Fault, MAX_ANSWER_BYTES};
use flash_policy_fixture::{Cause, Evaluator, Profile, Sandbox};
use rstest::rstest;

use crate::support::{Scene, Seen, document, exempt, m, ok, scene, se, unreachable};

fn denied(cause: &str) -> Seen {
    se(cause).asked("843=policy 5000=closed").t(1).notes("T27")
}

fn malformed(notes: &str) -> Seen {
    denied("malformed-policy").asked("843=malformed 5000=closed").notes(&format!("{notes} T27"))
}

const STAR: &str =
    "<cross-domain-policy><allow-access-from domain='*' to-ports='*'/></cross-domain-policy>";
const NO_PORTS: &str = "<cross-domain-policy><allow-access-from domain='*'/>\
    <allow-access-from domain='a.com' to-ports='5000'/></cross-domain-policy>";

fn explicit_and_destination() -> Scene {
    m("G(b.com|*)").e(2525, "G(b.com|*)").t("G(*|*)")
}

fn refused() -> Scene {
    m("G(*|*)").down()
}

fn trusted() -> Scene {
    m("G(b.com|*)").swf(Sandbox::LocalTrusted)
}

#[rstest]
// Q1: destination_fallback.
#[case::q1_yes(explicit_and_destination(), ok(5000).asked("843=policy 2525=policy 5000=policy").t(2))]
#[case::q1_no(
    explicit_and_destination().but(|p| p.lookup.destination_fallback = false),
    se("domain-not-listed").asked("843=policy 2525=policy").t(0))]
// Q2: destination_by_default.
#[case::q2_yes(m("G(b.com|*)").t("G(*|*)"), ok(5000).asked("843=policy 5000=policy").t(2))]
#[case::q2_no(
    m("G(b.com|*)").t("G(*|*)").but(|p| p.lookup.destination_by_default = false), se("domain-not-listed").t(0))]
// Q3: malformed_master.
#[case::q3_continue(m("oops").t("G(*|*)"), ok(5000).asked("843=malformed 5000=policy").t(2).notes("L12"))]
#[case::q3_deny(
    m("oops").t("G(*|*)").but(|p| p.lookup.malformed_master = MalformedMaster::Deny),
    se("malformed-policy").asked("843=malformed").t(0).notes("L12"))]
// Q4: missing_nul.
#[case::q4_accept(m(Fault::NoNul), ok(843).notes("T15"))]
#[case::q4_reject(
    m(Fault::NoNul).but(|p| p.wire.missing_nul = Leniency::Reject),
    se("no-policy").asked("843=closed 5000=closed").t(1).notes("T15 T27"))]
// W10: answer_cap.
#[case::w10_below_the_cap(m("G(*|*)"), ok(843))]
#[case::w10_above_the_cap(
    m("G(*|*)").but(|p| p.wire.answer_cap = 50),
    se("no-policy").asked("843=too-large 5000=closed").t(1).notes("T23 T27"))]
// Q5, T1: destination_timeout and master_timeout.
#[case::q5_destination_timeout(
    scene().t(Fault::Silent).but(|p| p.timing.destination_timeout = Duration::from_secs(2)),
    se("no-policy").after(2000).asked("843=refused 5000=none").t(1).notes("T01 T04"))]
#[case::t1_master_timeout(
    m(Fault::Silent).but(|p| p.timing.master_timeout = Duration::from_secs(1)),
    se("no-policy").after(1000).asked("843=none 5000=closed").t(1).notes("T04 T27"))]
// T4: socket_timeout.
#[case::t4_socket_timeout(
    m("G(*|*)").filtered().but(|p| p.timing.socket_timeout = Some(Duration::from_secs(7))),
    unreachable("backend-timed-out", "843", "securityError#2048@7000").after(7000))]
#[case::t4_no_socket_timeout(
    m("G(b.com|*)").but(|p| p.timing.socket_timeout = None), denied("domain-not-listed").told("securityError#2048@never"))]
// T2: connect_timeout and patience.
#[case::t2_connect_timeout(
    scene().e(2525, EndpointState::Dropped).but(|p| p.timing.connect_timeout = Duration::from_secs(4)),
    se("no-policy").after(4000).asked("843=refused 2525=dropped 5000=closed").t(1).notes("T01 T03 T27"))]
#[case::t2_patience(
    scene().e(2525, Fault::Silent).but(|p| {
        p.timing.socket_timeout = None;
        p.timing.patience = Duration::from_secs(30);
    }),
    se("timed-out").told("securityError#2048@never").after(30_000).asked("843=refused 2525=none").t(0).notes("T01 T04"))]
// Q6: refused_backend.
#[case::q6_both(
    refused(),
    unreachable("backend-refused", "843", "ioError#2031@0 securityError#2048@20000")
)]
#[case::q6_io_error(
    refused().but(|p| p.report.refused_backend = RefusedBackend::IoError),
    unreachable("backend-refused", "843", "ioError#2031@0"))]
#[case::q6_security_error(
    refused().but(|p| p.report.refused_backend = RefusedBackend::SecurityError),
    unreachable("backend-refused", "843", "securityError#2048@20000"))]
// Q7: security_error.
#[case::q7_late(m("SC=none"), se("meta-policy-none").told("securityError#2048@20000").notes("D30"))]
#[case::q7_at_once(
    m("SC=none").but(|p| p.report.security_error = SecurityErrorAt::Decision),
    se("meta-policy-none").told("securityError#2048@0").notes("D30"))]
// Q8: missing_to_ports.
#[case::q8_element(m(NO_PORTS), ok(843).notes("D01"))]
#[case::q8_file(m(NO_PORTS).but(|p| p.document.missing_to_ports = Dead::File), malformed("D01"))]
// Q10: bad_to_ports.
#[case::q10_element(m("G(*|x,5000)"), denied("port-not-listed").notes("D30 D04 T27"))]
#[case::q10_item(m("G(*|x,5000)").but(|p| p.document.bad_to_ports = Dead::Item), ok(843).notes("D30 D04"))]
#[case::q10_file(m("G(*|x)G(*|5000)").but(|p| p.document.bad_to_ports = Dead::File), malformed("D04"))]
// Q11: byte_order_mark and leading_white_space.
#[case::q11_mark_accepted(m(format!("\u{feff}{STAR}")), ok(843).notes("D17"))]
#[case::q11_mark_rejected(
    m(format!("\u{feff}{STAR}")).but(|p| p.document.byte_order_mark = Leniency::Reject), malformed("D17"))]
#[case::q11_blank_accepted(m(format!("\n{STAR}")), ok(843).notes("D16"))]
#[case::q11_blank_rejected(
    m(format!("\n{STAR}")).but(|p| p.document.leading_white_space = Leniency::Reject), malformed("D16"))]
// Q12: secure_by_default.
#[case::q12_false(m("G(*|*)"), ok(843))]
#[case::q12_true(m("G(*|*)").but(|p| p.document.secure_by_default = true), denied("secure-only"))]
// Q13: local_trusted.
#[case::q13_all(trusted(), exempt())]
#[case::q13_loopback(trusted().but(|p| p.lookup.local_trusted = TrustedScope::Loopback), denied("domain-not-listed"))]
// Q15: unknown_meta_policy and inapplicable_meta_policy.
#[case::q15_unknown_is_none(m("SC=bogus G(*|*)"), se("meta-policy-none").notes("S06"))]
#[case::q15_unknown_is_all(
    m("SC=bogus G(*|*)").but(|p| p.document.unknown_meta_policy = MetaPolicy::All), ok(843).notes("S06"))]
#[case::q15_inapplicable_is_master_only(m("SC=by-content-type G(b.com|*)").t("G(*|*)"), se("master-only").notes("S04"))]
#[case::q15_inapplicable_is_none(
    m("SC=by-content-type G(*|*)").but(|p| p.document.inapplicable_meta_policy = MetaPolicy::None),
    se("meta-policy-none").notes("S04"))]
// Q16: destination_site_control; a site-control of an explicit location, or next to a master, never counts.
#[case::q16_ignored(scene().t("SC=none G(*|*)"), ok(5000).asked("843=refused 5000=policy").t(2).notes("T01 S05"))]
#[case::q16_heeded(
    scene().t("SC=none G(*|*)").but(|p| p.lookup.destination_site_control = true),
    se("meta-policy-none").asked("843=refused 5000=policy").t(1).notes("T01"))]
#[case::q16_not_beside_a_master(
    m("G(b.com|*)").t("SC=none G(*|*)").but(|p| p.lookup.destination_site_control = true),
    ok(5000).asked("843=policy 5000=policy").t(2).notes("S05"))]
#[case::q16_not_in_an_explicit_file(
    scene().e(2525, "SC=none G(*|*)").but(|p| p.lookup.destination_site_control = true),
    ok(2525).asked("843=refused 2525=policy").t(1).notes("T01 S05"))]
// Q17: trailing_dot.
#[case::q17_significant(m("G(a.com.|*)"), denied("domain-not-listed").notes("D13 T27"))]
#[case::q17_ignored(m("G(a.com.|*)").but(|p| p.document.trailing_dot = TrailingDot::Ignored), ok(843).notes("D13"))]
// Q18: grant_waits_for_explicit.
#[case::q18_no(m("G(*|*)").e(2525, Fault::CloseOnAccept), ok(843))]
#[case::q18_yes(
    m("G(*|*)").e(2525, Fault::Delay(Duration::from_secs(4))).but(|p| p.lookup.grant_waits_for_explicit = true),
    ok(843).after(4000).asked("843=policy 2525=policy"))]
#[case::q18_until_the_timeout(
    m("G(*|*)").e(2525, Fault::Silent).but(|p| p.lookup.grant_waits_for_explicit = true),
    se("timed-out").after(20_000).asked("843=policy 2525=none").notes("T04"))]
// Q19: unknown_elements.
#[case::q19_accepted(m(STAR.replace("<allow", "<x/><allow")), ok(843).notes("L02"))]
#[case::q19_rejected(
    m(STAR.replace("<allow", "<x/><allow")).but(|p| p.document.unknown_elements = Leniency::Reject), malformed("L02"))]
// L15: blocked_policy_ports.
#[case::l15_blocked(
    scene().e(25, "G(*|*)").but(|p| p.lookup.blocked_policy_ports = vec![25]),
    se("no-policy").asked("843=refused 25=not-asked 5000=closed").t(1).notes("T01 T33 T27"))]
// C2: cache_failures.
#[case::c2_remembered(
    m([Fault::CloseOnAccept, Fault::Ok]).times(2), se("no-policy").asked("843=cached 5000=cached").t(1).notes("T27 T27"))]
#[case::c2_forgotten(
    m([Fault::CloseOnAccept, Fault::Ok]).times(2).but(|p| p.lookup.cache_failures = false), ok(843).t(2))]
// The presets.
#[case::preset_flash_10_forgives(m(format!("\n\u{20}{STAR}")).player(Profile::flash_10()), ok(843).notes("D16"))]
#[case::preset_flash_9_forgives(m(format!("\n{STAR}")).player(Profile::flash_9_124()), ok(843).notes("D16"))]
#[case::preset_strict_stops_at_a_malformed_master(
    m(format!("\n{STAR}")).t("G(*|*)").player(Profile::strict()),
    se("malformed-policy").asked("843=malformed").t(0).notes("D16"))]
#[case::preset_flash_9_has_no_socket_timeout(
    scene().e(2525, Fault::Delay(Duration::from_secs(60))).player(Profile::flash_9_124()),
    ok(2525).after(60_000).asked("843=refused 2525=policy").notes("T01"))]
fn a_choice_changes_the_outcome(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

// Q9: cache_key: two names of one address share a policy, or not.
#[rstest]
#[case::host(CacheKey::Host, Cause::MetaPolicyNone)]
#[case::address(CacheKey::Address, Cause::BackendRefused)]
fn q9_two_names_of_one_address(#[case] key: CacheKey, #[case] expected: Cause) {
    let mut profile = Profile::flash_10();
    profile.lookup.cache_key = key;
    let mut player = Evaluator::with_profile("http://a.com/game.swf".parse().unwrap(), profile)
        .policy("h:843", document("G(*|*)"))
        .policy("i:843", document("SC=none G(*|*)"));
    let address = IpAddr::from(Ipv4Addr::new(192, 0, 2, 7));
    player.session().resolve("h", address);
    player.session().resolve("I", address);
    assert_eq!(player.connect("h", 5000).cause(), Cause::BackendRefused);
    assert_eq!(player.connect("i", 5000).cause(), expected);
}

// Q13: the loopback names, where only they are exempt.
#[rstest]
#[case("localhost", 0)]
#[case("127.0.0.1", 0)]
#[case("h", 2)]
fn q13_loopback_is_exempt(#[case] host: &str, #[case] consulted: usize) {
    let mut profile = Profile::flash_10();
    profile.lookup.local_trusted = TrustedScope::Loopback;
    let outcome =
        Evaluator::with_profile(Sandbox::LocalTrusted.into(), profile).connect(host, 5000);
    assert_eq!(outcome.asked().len(), consulted);
}

#[test]
fn the_default_player_is_flash_10() {
    assert_eq!(Profile::default(), Profile::flash_10());
    assert_eq!(Profile::flash_10().wire.answer_cap, MAX_ANSWER_BYTES);
    assert!(
        Profile::flash_10() != Profile::flash_9_124() && Profile::flash_10() != Profile::strict()
    );
}

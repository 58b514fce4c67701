//! The choices of a `Profile`, each of which changes an outcome, and the presets. A row is named
//! after its question in rulebook section 15; there is a row for each answer.

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

use crate::observed::{
    NEVER, Observed, at_ms, denied, permitted_by, permitted_by_sandbox, unreachable,
};
use crate::policies::{allow, policy, site_control};
use crate::scene::{Scene, faults_by_connection, scene};

const STAR: &str =
    "<cross-domain-policy><allow-access-from domain='*' to-ports='*'/></cross-domain-policy>";

/// One rule without `to-ports`, and one that grants.
const NO_PORTS: &str = "<cross-domain-policy><allow-access-from domain='*'/>\
    <allow-access-from domain='a.com' to-ports='5000'/></cross-domain-policy>";

/// The master and an explicit location grant nothing; the destination grants.
fn granted_in_band_only() -> Scene {
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, policy([allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")]))
}

fn granted_but_down() -> Scene {
    scene().master(policy([allow("*", "*")])).backend_down()
}

fn trusted() -> Scene {
    scene().master(policy([allow("b.com", "*")])).swf(Sandbox::LocalTrusted)
}

#[rstest]
// Q1: destination_fallback.
#[case::q1_yes(
    granted_in_band_only(),
    permitted_by(5000).asked([(843, "policy"), (2525, "policy"), (5000, "policy")]).connections(2)
)]
#[case::q1_no(
    granted_in_band_only().profile_with(|profile| profile.lookup.destination_fallback = false),
    denied("domain-not-listed").asked([(843, "policy"), (2525, "policy")]).diagnostics(["FSP-L28"])
)]
// Q2: destination_by_default.
#[case::q2_yes(
    scene().master(policy([allow("b.com", "*")])).in_band(policy([allow("*", "*")])),
    permitted_by(5000).asked([(843, "policy"), (5000, "policy")]).connections(2)
)]
#[case::q2_no(
    scene()
        .master(policy([allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")]))
        .profile_with(|profile| profile.lookup.destination_by_default = false),
    denied("domain-not-listed").diagnostics(["FSP-L28"])
)]
// Q3: malformed_master.
#[case::q3_continue(
    scene().master("oops").in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-L12"])
)]
#[case::q3_deny(
    scene()
        .master("oops")
        .in_band(policy([allow("*", "*")]))
        .profile_with(|profile| profile.lookup.malformed_master = MalformedMaster::Deny),
    denied("malformed-policy").asked([(843, "malformed")]).diagnostics(["FSP-L12"])
)]
// Q4: missing_nul.
#[case::q4_accept(scene().master(Fault::NoNul), permitted_by(843).diagnostics(["FSP-T15"]))]
#[case::q4_reject(
    scene()
        .master(Fault::NoNul)
        .profile_with(|profile| profile.wire.missing_nul = Leniency::Reject),
    denied("no-policy")
        .asked([(843, "closed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T15"])
)]
// W10: answer_cap.
#[case::w10_below_the_cap(scene().master(policy([allow("*", "*")])), permitted_by(843))]
#[case::w10_above_the_cap(
    scene().master(policy([allow("*", "*")])).profile_with(|profile| profile.wire.answer_cap = 50),
    denied("no-policy")
        .asked([(843, "too-large"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T23"])
)]
// Q5, T1: destination_timeout and master_timeout.
#[case::q5_destination_timeout(
    scene()
        .in_band(Fault::Silent)
        .profile_with(|profile| profile.timing.destination_timeout = Duration::from_secs(2)),
    denied("no-policy")
        .decided_at_ms(2000)
        .asked([(843, "refused"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T04", "FSP-T01"])
)]
#[case::t1_master_timeout(
    scene()
        .master(Fault::Silent)
        .profile_with(|profile| profile.timing.master_timeout = Duration::from_secs(1)),
    denied("no-policy")
        .decided_at_ms(1000)
        .asked([(843, "none"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T04"])
)]
// T4: socket_timeout.
#[case::t4_socket_timeout(
    scene()
        .master(policy([allow("*", "*")]))
        .backend_firewalled()
        .profile_with(|profile| profile.timing.socket_timeout = Some(Duration::from_secs(7))),
    unreachable("backend-timed-out")
        .granted_by(843)
        .events([("securityError#2048", at_ms(7000))])
        .decided_at_ms(7000)
        .diagnostics(["FSP-B02"])
)]
#[case::t4_no_socket_timeout(
    scene()
        .master(policy([allow("b.com", "*")]))
        .profile_with(|profile| profile.timing.socket_timeout = None),
    denied("domain-not-listed")
        .events([("securityError#2048", NEVER)])
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28"])
)]
// T2: connect_timeout and patience.
#[case::t2_connect_timeout(
    scene()
        .explicit(2525, EndpointState::Dropped)
        .profile_with(|profile| profile.timing.connect_timeout = Duration::from_secs(4)),
    denied("no-policy")
        .decided_at_ms(4000)
        .asked([(843, "refused"), (2525, "dropped"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T03", "FSP-T01"])
)]
#[case::t2_patience(
    scene().explicit(2525, Fault::Silent).profile_with(|profile| {
        profile.timing.socket_timeout = None;
        profile.timing.patience = Duration::from_secs(30);
    }),
    denied("timed-out")
        .events([("securityError#2048", NEVER)])
        .decided_at_ms(30_000)
        .asked([(843, "refused"), (2525, "none")])
        .diagnostics(["FSP-S13", "FSP-T04", "FSP-T01"])
)]
// Q6: refused_backend.
#[case::q6_both(
    granted_but_down(),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("ioError#2031", at_ms(0)), ("securityError#2048", at_ms(20_000))])
        .diagnostics(["FSP-B01"])
)]
#[case::q6_io_error(
    granted_but_down()
        .profile_with(|profile| profile.report.refused_backend = RefusedBackend::IoError),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("ioError#2031", at_ms(0))])
        .diagnostics(["FSP-B01"])
)]
#[case::q6_security_error(
    granted_but_down()
        .profile_with(|profile| profile.report.refused_backend = RefusedBackend::SecurityError),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("securityError#2048", at_ms(20_000))])
        .diagnostics(["FSP-B01"])
)]
// Q7: security_error.
#[case::q7_late(
    scene().master(policy([site_control("none")])),
    denied("meta-policy-none")
        .events([("securityError#2048", at_ms(20_000))])
        .diagnostics(["FSP-S03", "FSP-D30"])
)]
#[case::q7_at_once(
    scene()
        .master(policy([site_control("none")]))
        .profile_with(|profile| profile.report.security_error = SecurityErrorAt::Decision),
    denied("meta-policy-none")
        .events([("securityError#2048", at_ms(0))])
        .diagnostics(["FSP-S03", "FSP-D30"])
)]
// Q8: missing_to_ports.
#[case::q8_element(scene().master(NO_PORTS), permitted_by(843).diagnostics(["FSP-D01"]))]
#[case::q8_file(
    scene().master(NO_PORTS).profile_with(|profile| profile.document.missing_to_ports = Dead::File),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D01"])
)]
// Q10: bad_to_ports.
#[case::q10_element(
    scene().master(policy([allow("*", "x,5000")])),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D04", "FSP-D30"])
)]
#[case::q10_item(
    scene()
        .master(policy([allow("*", "x,5000")]))
        .profile_with(|profile| profile.document.bad_to_ports = Dead::Item),
    permitted_by(843).diagnostics(["FSP-D04"])
)]
#[case::q10_file(
    scene()
        .master(policy([allow("*", "x"), allow("*", "5000")]))
        .profile_with(|profile| profile.document.bad_to_ports = Dead::File),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D04"])
)]
// Q11: byte_order_mark and leading_white_space.
#[case::q11_mark_accepted(
    scene().master(format!("\u{feff}{STAR}")),
    permitted_by(843).diagnostics(["FSP-D17"])
)]
#[case::q11_mark_rejected(
    scene()
        .master(format!("\u{feff}{STAR}"))
        .profile_with(|profile| profile.document.byte_order_mark = Leniency::Reject),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D17"])
)]
#[case::q11_blank_accepted(
    scene().master(format!("\n{STAR}")),
    permitted_by(843).diagnostics(["FSP-D16"])
)]
#[case::q11_blank_rejected(
    scene()
        .master(format!("\n{STAR}"))
        .profile_with(|profile| profile.document.leading_white_space = Leniency::Reject),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D16"])
)]
// Q12: secure_by_default.
#[case::q12_false(scene().master(policy([allow("*", "*")])), permitted_by(843))]
#[case::q12_true(
    scene()
        .master(policy([allow("*", "*")]))
        .profile_with(|profile| profile.document.secure_by_default = true),
    denied("secure-only")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D15"])
)]
// Q13: local_trusted.
#[case::q13_all(trusted(), permitted_by_sandbox().diagnostics(["FSP-R03"]))]
#[case::q13_loopback(
    trusted().profile_with(|profile| profile.lookup.local_trusted = TrustedScope::Loopback),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28"])
)]
// Q15: unknown_meta_policy and inapplicable_meta_policy.
#[case::q15_unknown_is_none(
    scene().master(policy([site_control("bogus"), allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S06"])
)]
#[case::q15_unknown_is_all(
    scene()
        .master(policy([site_control("bogus"), allow("*", "*")]))
        .profile_with(|profile| profile.document.unknown_meta_policy = MetaPolicy::All),
    permitted_by(843).diagnostics(["FSP-S06"])
)]
#[case::q15_inapplicable_is_master_only(
    scene()
        .master(policy([site_control("by-content-type"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("domain-not-listed").diagnostics(["FSP-L28", "FSP-S04", "FSP-S16"])
)]
#[case::q15_inapplicable_is_none(
    scene()
        .master(policy([site_control("by-content-type"), allow("*", "*")]))
        .profile_with(|profile| profile.document.inapplicable_meta_policy = MetaPolicy::None),
    denied("meta-policy-none").diagnostics(["FSP-S04"])
)]
// Q16: destination_site_control. A site-control in an explicit file never counts, nor does one in
// the destination's file if there is a master.
#[case::q16_ignored(
    scene().in_band(policy([site_control("none"), allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-S05", "FSP-T01"])
)]
#[case::q16_heeded(
    scene()
        .in_band(policy([site_control("none"), allow("*", "*")]))
        .profile_with(|profile| profile.lookup.destination_site_control = true),
    denied("meta-policy-none")
        .asked([(843, "refused"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-S03", "FSP-T01"])
)]
#[case::q16_not_beside_a_master(
    scene()
        .master(policy([allow("b.com", "*")]))
        .in_band(policy([site_control("none"), allow("*", "*")]))
        .profile_with(|profile| profile.lookup.destination_site_control = true),
    permitted_by(5000)
        .asked([(843, "policy"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-S05"])
)]
#[case::q16_not_in_an_explicit_file(
    scene()
        .explicit(2525, policy([site_control("none"), allow("*", "*")]))
        .profile_with(|profile| profile.lookup.destination_site_control = true),
    permitted_by(2525)
        .asked([(843, "refused"), (2525, "policy")])
        .diagnostics(["FSP-S05", "FSP-T01"])
)]
// Q17: trailing_dot.
#[case::q17_significant(
    scene().master(policy([allow("a.com.", "*")])),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D13"])
)]
#[case::q17_ignored(
    scene()
        .master(policy([allow("a.com.", "*")]))
        .profile_with(|profile| profile.document.trailing_dot = TrailingDot::Ignored),
    permitted_by(843).diagnostics(["FSP-D13"])
)]
// Q18: grant_waits_for_explicit.
#[case::q18_no(
    scene().master(policy([allow("*", "*")])).explicit(2525, Fault::CloseOnAccept),
    permitted_by(843)
)]
#[case::q18_yes(
    scene()
        .master(policy([allow("*", "*")]))
        .explicit(2525, Fault::Delay(Duration::from_secs(4)))
        .profile_with(|profile| profile.lookup.grant_waits_for_explicit = true),
    permitted_by(843).decided_at_ms(4000).asked([(843, "policy"), (2525, "policy")])
)]
#[case::q18_until_the_timeout(
    scene()
        .master(policy([allow("*", "*")]))
        .explicit(2525, Fault::Silent)
        .profile_with(|profile| profile.lookup.grant_waits_for_explicit = true),
    denied("timed-out")
        .decided_at_ms(20_000)
        .asked([(843, "policy"), (2525, "none")])
        .diagnostics(["FSP-S13", "FSP-T04"])
)]
// Q19: unknown_elements.
#[case::q19_accepted(
    scene().master(STAR.replace("<allow", "<x/><allow")),
    permitted_by(843).diagnostics(["FSP-L02"])
)]
#[case::q19_rejected(
    scene()
        .master(STAR.replace("<allow", "<x/><allow"))
        .profile_with(|profile| profile.document.unknown_elements = Leniency::Reject),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L02"])
)]
// L15: blocked_policy_ports.
#[case::l15_blocked(
    scene()
        .explicit(25, policy([allow("*", "*")]))
        .profile_with(|profile| profile.lookup.blocked_policy_ports = vec![25]),
    denied("no-policy")
        .asked([(843, "refused"), (25, "not-asked"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T33", "FSP-T01"])
)]
// C2: cache_failures.
#[case::c2_remembered(
    scene().master(faults_by_connection([Fault::CloseOnAccept, Fault::Ok])).connects_per_session(2),
    denied("no-policy")
        .asked([(843, "cached"), (5000, "cached")])
        .connections(1)
        .diagnostics(["FSP-T27", "FSP-S15"])
)]
#[case::c2_forgotten(
    scene()
        .master(faults_by_connection([Fault::CloseOnAccept, Fault::Ok]))
        .connects_per_session(2)
        .profile_with(|profile| profile.lookup.cache_failures = false),
    permitted_by(843).connections(2)
)]
// The presets.
#[case::preset_flash_10_forgives(
    scene().master(format!("\n\u{20}{STAR}")).profile(Profile::flash_10()),
    permitted_by(843).diagnostics(["FSP-D16"])
)]
#[case::preset_flash_9_forgives(
    scene().master(format!("\n{STAR}")).profile(Profile::flash_9_124()),
    permitted_by(843).diagnostics(["FSP-D16"])
)]
#[case::preset_strict_stops_at_a_malformed_master(
    scene()
        .master(format!("\n{STAR}"))
        .in_band(policy([allow("*", "*")]))
        .profile(Profile::strict()),
    denied("malformed-policy").asked([(843, "malformed")]).diagnostics(["FSP-D16"])
)]
#[case::preset_flash_9_has_no_socket_timeout(
    scene().explicit(2525, Fault::Delay(Duration::from_secs(60))).profile(Profile::flash_9_124()),
    permitted_by(2525)
        .decided_at_ms(60_000)
        .asked([(843, "refused"), (2525, "policy")])
        .diagnostics(["FSP-T01"])
)]
fn a_choice_changes_the_outcome(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

// Q9: cache_key. Two names of one address share a policy or not.
#[rstest]
#[case::host(CacheKey::Host, Cause::MetaPolicyNone)]
#[case::address(CacheKey::Address, Cause::BackendRefused)]
fn q9_two_names_of_one_address(#[case] key: CacheKey, #[case] expected: Cause) {
    let mut profile = Profile::flash_10();
    profile.lookup.cache_key = key;
    let mut player = Evaluator::with_profile("http://a.com/game.swf".parse().unwrap(), profile)
        .policy("h:843", policy([allow("*", "*")]))
        .policy("i:843", policy([site_control("none"), allow("*", "*")]));
    let address = IpAddr::from(Ipv4Addr::new(192, 0, 2, 7));
    player.session().resolve("h", address);
    player.session().resolve("I", address);
    assert_eq!(player.connect("h", 5000).cause(), Cause::BackendRefused);
    assert_eq!(player.connect("i", 5000).cause(), expected);
}

// Q13: local_trusted. Where only loopback is exempt, these names are.
#[rstest]
#[case("localhost", 0)]
#[case("127.0.0.1", 0)]
#[case("h", 2)]
fn q13_loopback_is_exempt(#[case] host: &str, #[case] locations_asked: usize) {
    let mut profile = Profile::flash_10();
    profile.lookup.local_trusted = TrustedScope::Loopback;
    let outcome =
        Evaluator::with_profile(Sandbox::LocalTrusted.into(), profile).connect(host, 5000);
    assert_eq!(outcome.asked().len(), locations_asked);
}

#[test]
fn the_default_player_is_flash_10() {
    assert_eq!(Profile::default(), Profile::flash_10());
    assert_eq!(Profile::flash_10().wire.answer_cap, MAX_ANSWER_BYTES);
    assert!(
        Profile::flash_10() != Profile::flash_9_124() && Profile::flash_10() != Profile::strict()
    );
}

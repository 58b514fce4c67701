//! The worked cases of rulebook section 17, each decided by the evaluator and over real sockets.

use flash_policy_fixture::wire::{EndpointState, Fault};
use flash_policy_fixture::{Profile, Sandbox};
use rstest::rstest;

use crate::observed::{Observed, at_ms, denied, permitted_by, thrown, unreachable};
use crate::policies::{allow, policy, site_control};
use crate::scene::{Scene, policies_by_connection, scene};

/// A policy whose only rule has no `to-ports`.
const NO_PORTS: &str =
    r#"<cross-domain-policy><allow-access-from domain="*"/></cross-domain-policy>"#;

const TEXT_IN_THE_ROOT: &str = concat!(
    "<cross-domain-policy>hello",
    r#"<allow-access-from domain="*" to-ports="*"/></cross-domain-policy>"#
);

/// A policy without XML declaration and DOCTYPE.
const BARE: &str = concat!(
    "<cross-domain-policy>",
    r#"<allow-access-from domain="*" to-ports="*"/></cross-domain-policy>"#
);

#[rstest]
#[case::w1_a_master_for_everybody(1, scene().master(policy([allow("*", "*")])), permitted_by(843))]
#[case::w3_the_end_of_a_range(
    3,
    scene().master(policy([allow("*", "5000-5010")])).connect_to(5010),
    permitted_by(843)
)]
#[case::w5_the_start_of_a_range_in_a_list(
    5,
    scene().master(policy([allow("*", "507,516-523")])).connect_to(516),
    permitted_by(843)
)]
#[case::w7_the_master_grants_a_low_port(
    7,
    scene().master(policy([allow("*", "80")])).connect_to(80),
    permitted_by(843)
)]
#[case::w9_a_low_port_grants_itself(
    9,
    scene().in_band(policy([allow("*", "80")])).connect_to(80),
    permitted_by(80)
        .asked([(843, "refused"), (80, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
#[case::w11_a_high_port_cannot_grant_the_low_part_of_a_range(
    11,
    scene().explicit(2525, policy([allow("*", "1000-1040")])).connect_to(1010),
    denied("low-port")
        .asked([(843, "refused"), (2525, "policy"), (1010, "closed")])
        .connections(1)
        .diagnostics(["FSP-S01", "FSP-T01"])
)]
#[case::w13_a_low_port_grants_the_low_part_of_a_range(
    13,
    scene().explicit(1000, policy([allow("*", "1000-1040")])).connect_to(1010),
    permitted_by(1000).asked([(843, "refused"), (1000, "policy")]).diagnostics(["FSP-T01"])
)]
#[case::w15_port_1023_is_low_and_grants_itself(
    15,
    scene().explicit(1023, policy([allow("*", "*")])).connect_to(1023),
    permitted_by(1023)
        .asked([(843, "refused"), (1023, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
#[case::w17_the_master_says_none(
    17,
    scene()
        .master(policy([site_control("none"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S03"])
)]
#[case::w19_master_only_and_no_grant_of_its_own(
    19,
    scene()
        .master(policy([site_control("master-only"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("domain-not-listed").diagnostics(["FSP-L28", "FSP-S16"])
)]
#[case::w21_all_lets_the_destination_grant(
    21,
    scene()
        .master(policy([site_control("all"), allow("b.com", "*")]))
        .in_band(policy([allow("a.com", "*")])),
    permitted_by(5000).asked([(843, "policy"), (5000, "policy")]).connections(2)
)]
#[case::w23_an_explicit_location_grants(
    23,
    scene().master(policy([allow("b.com", "*")])).explicit(2525, policy([allow("a.com", "*")])),
    permitted_by(2525).asked([(843, "policy"), (2525, "policy")])
)]
#[case::w25_a_filtered_master_costs_three_seconds(
    25,
    scene().master(EndpointState::Dropped).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "dropped"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T02"])
)]
#[case::w27_a_master_that_closes_at_once_costs_nothing(
    27,
    scene().master(Fault::CloseOnAccept).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "closed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"])
)]
#[case::w29_a_malformed_master_is_passed_over(
    29,
    scene().master(Fault::Http400).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T11"])
)]
#[case::w31_a_suffix_covers_any_depth(
    31,
    scene().master(policy([allow("*.example.com", "*")])).requester("a.b.example.com"),
    permitted_by(843)
)]
#[case::w33_an_exact_host_covers_no_subdomain(
    33,
    scene().master(policy([allow("example.com", "*")])).requester("www.example.com"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D10"])
)]
#[case::w35_localhost_is_not_its_address(
    35,
    scene().master(policy([allow("127.0.0.1", "*")])).requester("localhost"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D12"])
)]
#[case::w37_an_address_that_is_spelt_the_same(
    37,
    scene().master(policy([allow("192.0.2.7", "*")])).requester("192.0.2.7"),
    permitted_by(843)
)]
#[case::w39_a_star_without_its_dot(
    39,
    scene().master(policy([allow("*example.com", "*")])).requester("www.example.com"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D08", "FSP-D30"])
)]
#[case::w41_a_port_in_the_domain(
    41,
    scene().master(policy([allow("a.com:8080", "*")])),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D06", "FSP-D30"])
)]
#[case::w43_a_trailing_dot_of_the_requester(
    43,
    scene().master(policy([allow("a.com", "*")])).requester("a.com."),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D13"])
)]
#[case::w45_the_own_host_needs_a_policy_too(
    45,
    scene().requester("h"),
    denied("no-policy")
        .asked([(843, "refused"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T01"])
)]
#[case::w47_missing_ports_grant_nothing(
    47,
    scene().master(NO_PORTS),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D01", "FSP-D30"])
)]
#[case::w49_blanks_in_the_ports(
    49,
    scene().master(policy([allow("*", "5000, 5001")])).connect_to(5001),
    permitted_by(843).diagnostics(["FSP-L01"])
)]
#[case::w51_a_port_that_is_too_large(
    51,
    scene().master(policy([allow("*", "70000")])),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D04", "FSP-D30"])
)]
#[case::w53_secure_for_an_https_swf(
    53,
    scene().master(policy([allow("*", "5000").secure("true")])).swf("https://a.com/game.swf"),
    permitted_by(843)
)]
#[case::w55_no_nul_then_close(
    55,
    scene().master(Fault::NoNul),
    permitted_by(843).diagnostics(["FSP-T15"])
)]
#[case::w55_no_nul_then_close_before_a_strict_player(
    55,
    scene().master(Fault::NoNul).profile(Profile::strict()),
    denied("no-policy")
        .asked([(843, "closed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-T15"])
)]
#[case::w57_garbage_behind_the_nul(
    57,
    scene().master(Fault::BytesAfterNul("garbage".to_owned())),
    permitted_by(843).diagnostics(["FSP-T17"])
)]
#[case::w59_a_policy_sent_before_the_request(
    59,
    scene().master(Fault::Unprompted),
    permitted_by(843)
)]
#[case::w61_text_inside_the_root(
    61,
    scene().master(TEXT_IN_THE_ROOT),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L06"])
)]
#[case::w63_neither_declaration_nor_doctype(63, scene().master(BARE), permitted_by(843))]
#[case::w65_an_empty_master_lets_the_destination_grant(
    65,
    scene().master("<cross-domain-policy/>").in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "policy"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-D30"])
)]
#[case::w67_a_bogus_meta_policy_counts_as_none(
    67,
    scene()
        .master(policy([site_control("bogus"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S06"])
)]
#[case::w69_permitted_and_refused(
    69,
    scene().master(policy([allow("*", "*")])).backend_down(),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("ioError#2031", at_ms(0)), ("securityError#2048", at_ms(20_000))])
        .diagnostics(["FSP-B01"])
)]
#[case::w71_denied_and_down(
    71,
    scene().master(policy([allow("b.com", "*")])).backend_down(),
    denied("domain-not-listed").asked([(843, "policy"), (5000, "refused")]).diagnostics(["FSP-L28"])
)]
#[case::w73_local_with_networking_is_covered_by_the_star(
    73,
    scene().master(policy([allow("*", "*")])).swf(Sandbox::LocalWithNetworking),
    permitted_by(843)
)]
#[case::w75_local_with_file_may_not_use_sockets(
    75,
    scene().master(policy([allow("*", "*")])).swf(Sandbox::LocalWithFile),
    thrown("sandbox-local-with-file", 2010).diagnostics(["FSP-R02"])
)]
#[case::w77_a_port_out_of_range(
    77,
    scene().master(policy([allow("*", "*")])).connect_to(65536),
    thrown("invalid-port", 2003).diagnostics(["FSP-L29"])
)]
#[case::w79_a_policy_is_remembered_for_the_session(
    79,
    scene()
        .master(policies_by_connection([
            policy([allow("*", "*")]),
            policy([site_control("none"), allow("*", "*")]),
        ]))
        .connects_per_session(2),
    permitted_by(843).asked([(843, "cached")]).connections(2)
)]
fn a_worked_case_comes_out_as_the_rulebook_says(
    #[case] number: u8,
    #[case] scene: Scene,
    #[case] expected: Observed,
) {
    assert_eq!(
        scene.play(),
        expected,
        "rulebook section 17, case {number}; left: observed, right: expected"
    );
}

//! Rulebook section 17: every worked case, decided by the evaluator and over real sockets.

use flash_policy_fixture::wire::{EndpointState, Fault, Script};
use flash_policy_fixture::{Profile, Sandbox};
use rstest::rstest;

use super::support::{Scene, Seen, document, m, ok, scene, se, throws, unreachable};

#[rstest]
#[case::w1_a_master_for_everybody(1, m("G(*|*)"), ok(843).t(1))]
#[case::w3_the_end_of_a_range(3, m("G(*|5000-5010)").dst(5010), ok(843).t(1))]
#[case::w5_the_start_of_a_range_in_a_list(5, m("G(*|507,516-523)").dst(516), ok(843).t(1))]
#[case::w7_the_master_grants_a_low_port(7, m("G(*|80)").dst(80), ok(843).t(1))]
#[case::w9_a_low_port_grants_itself(9, scene().t("G(*|80)").dst(80), ok(80).asked("843=refused 80=policy").t(2).notes("T01"))]
#[case::w11_a_high_port_cannot_grant_the_low_part_of_a_range(
    11, scene().e(2525, "G(*|1000-1040)").dst(1010), se("low-port").asked("843=refused 2525=policy 1010=closed").t(1).notes("T01 T27"))]
#[case::w13_a_low_port_grants_the_low_part_of_a_range(
    13, scene().e(1000, "G(*|1000-1040)").dst(1010), ok(1000).asked("843=refused 1000=policy").t(1).notes("T01"))]
#[case::w15_port_1023_is_low_and_grants_itself(
    15, scene().e(1023, "G(*|*)").dst(1023), ok(1023).asked("843=refused 1023=policy").t(2).notes("T01"))]
#[case::w17_the_master_says_none(17, m("SC=none G(*|*)").t("G(*|*)"), se("meta-policy-none").t(0))]
#[case::w19_master_only_and_no_grant_of_its_own(19, m("SC=master-only G(b.com|*)").t("G(*|*)"), se("master-only").t(0))]
#[case::w21_all_lets_the_destination_grant(21, m("SC=all G(b.com|*)").t("G(a.com|*)"), ok(5000).asked("843=policy 5000=policy").t(2))]
#[case::w23_an_explicit_location_grants(23, m("G(b.com|*)").e(2525, "G(a.com|*)"), ok(2525).asked("843=policy 2525=policy").t(1))]
#[case::w25_a_filtered_master_costs_three_seconds(
    25, m(EndpointState::Dropped).t("G(*|*)"), ok(5000).after(3000).asked("843=dropped 5000=policy").t(2).notes("T02"))]
#[case::w27_a_master_that_closes_at_once_costs_nothing(
    27, m(Fault::CloseOnAccept).t("G(*|*)"), ok(5000).asked("843=closed 5000=policy").t(2).notes("T27"))]
#[case::w29_a_malformed_master_is_passed_over(
    29, m(Fault::Http400).t("G(*|*)"), ok(5000).asked("843=malformed 5000=policy").t(2).notes("T11"))]
#[case::w31_a_suffix_covers_any_depth(31, m("G(*.example.com|*)").req("a.b.example.com"), ok(843).t(1))]
#[case::w33_an_exact_host_covers_no_subdomain(
    33, m("G(example.com|*)").req("www.example.com"), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("T27"))]
#[case::w35_localhost_is_not_its_address(
    35, m("G(127.0.0.1|*)").req("localhost"), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("T27"))]
#[case::w37_an_address_that_is_spelt_the_same(37, m("G(192.0.2.7|*)").req("192.0.2.7"), ok(843).t(1))]
#[case::w39_a_star_without_its_dot(
    39, m("G(*example.com|*)").req("www.example.com"), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("D30 D08 T27"))]
#[case::w41_a_port_in_the_domain(
    41, m("G(a.com:8080|*)"), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("D30 D06 T27"))]
#[case::w43_a_trailing_dot_of_the_requester(
    43, m("G(a.com|*)").req("a.com."), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("D13 T27"))]
#[case::w45_the_own_host_needs_a_policy_too(45, scene().req("h"), se("no-policy").asked("843=refused 5000=closed").t(1).notes("T01 T27"))]
#[case::w47_missing_ports_grant_nothing(
    47,
    m("<cross-domain-policy><allow-access-from domain=\"*\"/></cross-domain-policy>"),
    se("port-not-listed").asked("843=policy 5000=closed").t(1).notes("D30 D01 T27"))]
#[case::w49_blanks_in_the_ports(49, m("G(*|\"5000, 5001\")").dst(5001), ok(843).t(1).notes("L01"))]
#[case::w51_a_port_that_is_too_large(
    51, m("G(*|\"70000\")"), se("port-not-listed").asked("843=policy 5000=closed").t(1).notes("D30 D04 T27"))]
#[case::w53_secure_for_an_https_swf(53, m("G(*|5000|true)").swf("https://a.com/game.swf"), ok(843).t(1))]
#[case::w55_no_nul_then_close(55, m(Fault::NoNul), ok(843).t(1).notes("T15"))]
#[case::w55_no_nul_then_close_before_a_strict_player(
    55, m(Fault::NoNul).player(Profile::strict()), se("no-policy").asked("843=closed 5000=closed").t(1).notes("T15 T27"))]
#[case::w57_garbage_behind_the_nul(57, m(Fault::BytesAfterNul("garbage".to_owned())), ok(843).t(1).notes("T17"))]
#[case::w59_a_policy_sent_before_the_request(59, m(Fault::Unprompted), ok(843).t(1))]
#[case::w61_text_inside_the_root(
    61,
    m("<cross-domain-policy>hello<allow-access-from domain=\"*\" to-ports=\"*\"/></cross-domain-policy>"),
    se("malformed-policy").asked("843=malformed 5000=closed").t(1).notes("L06 T27"))]
#[case::w63_neither_declaration_nor_doctype(
    63, m("<cross-domain-policy><allow-access-from domain=\"*\" to-ports=\"*\"/></cross-domain-policy>"), ok(843).t(1))]
#[case::w65_an_empty_master_lets_the_destination_grant(
    65, m("<cross-domain-policy/>").t("G(*|*)"), ok(5000).asked("843=policy 5000=policy").t(2).notes("D30"))]
#[case::w67_a_bogus_meta_policy_counts_as_none(67, m("SC=bogus G(*|*)").t("G(*|*)"), se("meta-policy-none").t(0).notes("S06"))]
#[case::w69_permitted_and_refused(
    69, m("G(*|*)").down(), unreachable("backend-refused", "843", "ioError#2031@0 securityError#2048@20000"))]
#[case::w71_denied_and_down(71, m("G(b.com|*)").down(), se("domain-not-listed").asked("843=policy 5000=refused"))]
#[case::w73_local_with_networking_is_covered_by_the_star(73, m("G(*|*)").swf(Sandbox::LocalWithNetworking), ok(843).t(1))]
#[case::w75_local_with_file_may_not_use_sockets(
    75, m("G(*|*)").swf(Sandbox::LocalWithFile), throws("sandbox-local-with-file", 2010))]
#[case::w77_a_port_out_of_range(77, m("G(*|*)").dst(65536), throws("invalid-port", 2003))]
#[case::w79_a_policy_is_remembered_for_the_session(
    79,
    m([Script::policy(document("G(*|*)").as_bytes()), Script::policy(document("SC=none G(*|*)").as_bytes())]).times(2),
    ok(843).asked("843=cached").t(2))]
fn a_worked_case_comes_out_as_the_rulebook_says(
    #[case] number: u8,
    #[case] scene: Scene,
    #[case] expected: Seen,
) {
    assert_eq!(
        scene.play(),
        expected,
        "rulebook section 17, case {number}; left: got, right: expected"
    );
}

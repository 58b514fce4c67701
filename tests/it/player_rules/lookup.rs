//! Rulebook L: which locations are asked, in which order, and which of them grants.

use std::time::Duration;

use flash_policy_fixture::player::Purpose;
use flash_policy_fixture::wire::{EndpointState, Fault, Script};
use flash_policy_fixture::{Backend, Stage};
use rstest::rstest;

use crate::observed::{Observed, at_ms, denied, permitted_by, unreachable};
use crate::policies::{allow, policy, site_control, with_nul};
use crate::scene::{Scene, scene};

/// Answers after 5 s, with a policy that allows everybody.
const SLOW: Fault = Fault::Delay(Duration::from_secs(5));

#[rstest]
// L1: the payload connection is opened only after a grant; it waits for the policy loads before
// it.
#[case::nothing_opens_without_a_grant(
    scene().master(policy([allow("b.com", "*")])).no_backend(),
    denied("domain-not-listed").asked([(843, "policy"), (5000, "refused")]).diagnostics(["FSP-L28"])
)]
#[case::it_waits_for_the_policy(
    scene().master(Fault::Delay(Duration::from_millis(2500))),
    permitted_by(843).decided_at_ms(2500).diagnostics(["FSP-T05"])
)]
// L2: the master, then the explicit locations in call order, then the destination, even if there
// are explicit locations.
#[case::master_explicit_destination(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2626, policy([allow("b.com", "*")]))
        .explicit(2525, policy([allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "policy"), (2626, "policy"), (2525, "policy"), (5000, "policy")])
        .connections(2)
)]
// L3: a master without a matching grant is not a final denial.
#[case::a_denial_at_the_master_goes_on(
    scene().master(policy([allow("b.com", "*")])).in_band(policy([allow("*", "*")])),
    permitted_by(5000).asked([(843, "policy"), (5000, "policy")]).connections(2)
)]
// L4: the first grant is enough. Without any grant the connection is denied.
#[case::the_first_grant_is_enough(
    scene()
        .master(policy([allow("*", "*")]))
        .explicit(2525, policy([allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    permitted_by(843)
)]
#[case::the_first_explicit_grant_is_enough(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, policy([allow("*", "*")]))
        .explicit(2626, policy([allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    permitted_by(2525).asked([(843, "policy"), (2525, "policy")])
)]
#[case::no_grant_anywhere(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, policy([allow("b.com", "*")]))
        .in_band(policy([allow("b.com", "*")])),
    denied("domain-not-listed")
        .asked([(843, "policy"), (2525, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-L28"])
)]
// L5: none ends the lookup, and the master's own grants do not count.
#[case::none_stops(
    scene()
        .master(policy([site_control("none"), allow("*", "*")]))
        .explicit(2525, policy([allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S03"])
)]
// L6: with master-only, the master's own grants count, and no other location is contacted.
#[case::master_only_grants(
    scene()
        .master(policy([site_control("master-only"), allow("*", "*")]))
        .explicit(2525, policy([allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    permitted_by(843)
)]
#[case::master_only_stops(
    scene()
        .master(policy([site_control("master-only"), allow("b.com", "*")]))
        .explicit(2525, policy([allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("master-only").diagnostics(["FSP-S02"])
)]
// L7: a missing master, or one without site-control, means all.
#[case::absent_means_all(
    scene().explicit(2525, policy([allow("*", "*")])),
    permitted_by(2525).asked([(843, "refused"), (2525, "policy")]).diagnostics(["FSP-T01"])
)]
#[case::silent_about_it_means_all(
    scene().master(policy([allow("b.com", "*")])).explicit(2525, policy([allow("*", "*")])),
    permitted_by(2525).asked([(843, "policy"), (2525, "policy")])
)]
// L8: a master that does not answer within 3 s counts as missing; one that refuses, resets or
// closes counts as missing at once.
#[case::silent(
    scene().master(Fault::Silent).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04"])
)]
#[case::dropped(
    scene().master(EndpointState::Dropped).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "dropped"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T02"])
)]
#[case::refused(
    scene().master(EndpointState::Refused).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
#[case::closed(
    scene().master(Fault::CloseOnAccept).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "closed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T27"])
)]
// L9: a malformed master grants nothing and sets no meta-policy, and the lookup continues.
#[case::malformed(
    scene()
        .master("<cross-domain-policy><site-control permitted-cross-domain-policies='none'/>")
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-D21"])
)]
// L10: the phases follow each other, and so do the explicit locations: their times add up.
#[case::one_after_the_other(
    scene()
        .master(Fault::Silent)
        .explicit(2525, SLOW)
        .explicit(2626, SLOW)
        .in_band(policy([allow("*", "*")]))
        .requester("c.com")
        .connect_to(5000),
    permitted_by(2525)
        .decided_at_ms(8000)
        .asked([(843, "none"), (2525, "policy")])
        .diagnostics(["FSP-T04"])
)]
#[case::times_add_up(
    scene()
        .master(Fault::Silent)
        .explicit(2525, late(policy([allow("b.com", "*")])))
        .explicit(2626, late(policy([allow("b.com", "*")])))
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .decided_at_ms(13_000)
        .asked([(843, "none"), (2525, "policy"), (2626, "policy"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T04"])
)]
// L11: a denial waits for every location; a grant waits for none.
#[case::a_denial_waits_for_all(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, late(policy([allow("b.com", "*")]))),
    denied("domain-not-listed")
        .decided_at_ms(5000)
        .asked([(843, "policy"), (2525, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28"])
)]
#[case::a_grant_waits_for_none(
    scene().master(policy([allow("*", "*")])).explicit(2525, Fault::Silent),
    permitted_by(843)
)]
// L12: port 843 is asked once, also as the destination or as an explicit location. Named
// explicitly, it has more time.
#[case::destination_843_is_asked_once(
    scene().master(policy([allow("b.com", "*")])).connect_to(843),
    denied("domain-not-listed").connections(1).diagnostics(["FSP-L28"])
)]
#[case::destination_843_grants_itself(
    scene().master(policy([allow("*", "*")])).connect_to(843),
    permitted_by(843).connections(2)
)]
#[case::explicit_843_is_asked_once(
    scene()
        .master(policy([allow("b.com", "*")]))
        .load_policy_file("xmlsocket://h:843")
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000).asked([(843, "policy"), (5000, "policy")]).connections(2)
)]
#[case::explicit_843_has_more_patience(
    scene().master(SLOW).load_policy_file("xmlsocket://h:843"),
    permitted_by(843).decided_at_ms(5000)
)]
// L13: a policy applies to its own host. Hosts are compared as written, but ignoring ASCII case.
#[case::another_host_s_policy_is_not_consulted(
    scene()
        .policy_at("other:2525", policy([allow("*", "*")]))
        .policy_at("other:843", policy([allow("*", "*")]))
        .load_policy_file("xmlsocket://other:2525"),
    denied("no-policy")
        .asked([(843, "refused"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-S14", "FSP-T01"])
)]
#[case::another_host_s_843_lends_no_patience(
    scene()
        .master(Fault::Silent)
        .in_band(policy([allow("*", "*")]))
        .load_policy_file("xmlsocket://other:843"),
    permitted_by(5000)
        .decided_at_ms(3000)
        .asked([(843, "none"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-S14", "FSP-T04"])
)]
#[case::case_of_the_host_does_not_matter(
    scene()
        .master(policy([allow("b.com", "*")]))
        .policy_at("h:2525", policy([allow("*", "*")]))
        .load_policy_file("xmlsocket://H:2525")
        .connect_to_host("H"),
    permitted_by(2525).asked([(843, "policy"), (2525, "policy")])
)]
// L15: a location needs the scheme xmlsocket, in any case, and a port, which may be any port.
#[case::scheme_in_any_case(
    scene()
        .master(policy([allow("b.com", "*")]))
        .policy_at("h:2525", policy([allow("*", "*")]))
        .load_policy_file("XMLSocket://h:2525"),
    permitted_by(2525).asked([(843, "policy"), (2525, "policy")])
)]
#[case::a_service_port(
    scene().explicit(25, policy([allow("*", "*")])),
    permitted_by(25).asked([(843, "refused"), (25, "policy")]).diagnostics(["FSP-T01"])
)]
#[case::without_port(
    scene().master(policy([allow("b.com", "*")])).load_policy_file("xmlsocket://h"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28", "FSP-S11"])
)]
// L16: an empty host means the host of the SWF's URL, which needs a policy too.
#[case::empty_host(
    scene().master(policy([allow("h", "*")])).requester("h").connect_to_host(""),
    permitted_by(843)
)]
#[case::empty_host_without_a_grant(
    scene().master(policy([allow("b.com", "*")])).requester("h").connect_to_host(""),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-S10"])
)]
// L18: the locations that are contacted, and how often.
#[case::contacts_of_a_master_s_grant(
    scene().master(policy([allow("*", "*")])).in_band(policy([allow("*", "*")])),
    permitted_by(843).connections(1)
)]
#[case::contacts_of_the_destination_s_grant(
    scene().in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
#[case::contacts_under_none(
    scene()
        .master(policy([site_control("none"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").connections(0).diagnostics(["FSP-S03"])
)]
#[case::contacts_under_master_only(
    scene()
        .master(policy([site_control("master-only"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("domain-not-listed").connections(0).diagnostics(["FSP-L28", "FSP-S16"])
)]
#[case::contacts_when_the_backend_is_down(
    scene().master(policy([allow("*", "*")])).backend_down(),
    unreachable("backend-refused")
        .granted_by(843)
        .events([("ioError#2031", at_ms(0)), ("securityError#2048", at_ms(20_000))])
        .connections(0)
        .diagnostics(["FSP-B01"])
)]
fn locations_are_asked(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

/// Answers after 5 s, with this policy.
fn late(policy: String) -> Script {
    Script::new().read_request().wait(Duration::from_secs(5)).write(with_nul(policy)).fin()
}

// L1: the payload connection is the last one.
#[test]
fn the_payload_connection_comes_after_every_policy_connection() {
    let stage = Stage::builder()
        .policy("h:843", policy([allow("b.com", "*")]))
        .policy("h:5000", policy([allow("*", "*")]))
        .backend("h:5000", Backend::echo())
        .start();
    let outcome = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000);
    let order: Vec<_> = outcome
        .transcript()
        .iter()
        .map(|connection| (connection.endpoint().port(), connection.purpose()))
        .collect();
    assert_eq!(order, [(843, Purpose::Policy), (5000, Purpose::Policy), (5000, Purpose::Payload)]);
}

// L14: loadPolicyFile registers a location and contacts nobody. It must be called before connect.
#[test]
fn load_policy_file_is_deferred_and_must_precede_the_connect() {
    let stage = Stage::builder()
        .policy("h:2525", policy([allow("*", "*")]))
        .backend("h:5000", Backend::closes())
        .start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    let _ = client.connect("h", 5000).expect_denied();
    client.load_policy_file("xmlsocket://h:2525");
    assert_eq!(stage.policy_server("h:2525").journal().exchanges().len(), 0);
    client.connect("h", 5000).expect_permitted();
    assert_eq!(stage.policy_server("h:2525").journal().policy_requests(), 1);
}

// L17: the policy and payload connections of an in-band endpoint go to the same real address.
#[test]
fn policy_and_payload_reach_one_address() {
    let stage = Stage::builder()
        .policy("h:5000", policy([allow("*", "*")]))
        .backend("h:5000", Backend::echo())
        .start();
    let socket = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
    assert_eq!(socket.peer_addr().unwrap(), stage.policy_server("h:5000").addr());
    drop(socket);
    assert_eq!(stage.policy_server("h:5000").journal().exchanges().len(), 2);
}

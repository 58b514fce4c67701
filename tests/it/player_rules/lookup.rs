//! Rulebook L: which locations are asked, in which order, and who grants.

use std::time::Duration;

use flash_policy_fixture::player::Purpose;
use flash_policy_fixture::wire::{EndpointState, Fault, Script};
use flash_policy_fixture::{Backend, Stage};
use rstest::rstest;

use crate::support::{Scene, Seen, document, m, ok, scene, se, unreachable};

const SLOW: Fault = Fault::Delay(Duration::from_secs(5));

#[rstest]
// L1: the payload connection is opened after a grant only; the connect waits for the loads before it.
#[case::nothing_opens_without_a_grant(m("G(b.com|*)").nobody(), se("domain-not-listed").asked("843=policy 5000=refused"))]
#[case::it_waits_for_the_policy(
    m(Fault::Delay(Duration::from_millis(2500))), ok(843).after(2500))]
// L2: master, then explicit locations in call order, then the destination, although explicit ones exist.
#[case::master_explicit_destination(
    m("G(b.com|*)").e(2626, "G(b.com|*)").e(2525, "G(b.com|*)").t("G(*|*)"),
    ok(5000).asked("843=policy 2626=policy 2525=policy 5000=policy").t(2))]
// L3: no matching grant in the master is not a final denial.
#[case::a_denial_at_the_master_goes_on(m("G(b.com|*)").t("G(*|*)"), ok(5000).asked("843=policy 5000=policy").t(2))]
// L4: the first grant is enough, and without any the connection is denied.
#[case::the_first_grant_is_enough(m("G(*|*)").e(2525, "G(*|*)").t("G(*|*)"), ok(843).t(1))]
#[case::the_first_explicit_grant_is_enough(
    m("G(b.com|*)").e(2525, "G(*|*)").e(2626, "G(*|*)").t("G(*|*)"), ok(2525).asked("843=policy 2525=policy").t(1))]
#[case::no_grant_anywhere(
    m("G(b.com|*)").e(2525, "G(b.com|*)").t("G(b.com|*)"),
    se("domain-not-listed").asked("843=policy 2525=policy 5000=policy").t(1))]
// L5: none ends it, and the master's own grants do not count.
#[case::none_stops(m("SC=none G(*|*)").e(2525, "G(*|*)").t("G(*|*)"), se("meta-policy-none"))]
// L6: master-only: its own grants count, and nobody else is contacted.
#[case::master_only_grants(m("SC=master-only G(*|*)").e(2525, "G(*|*)").t("G(*|*)"), ok(843).t(1))]
#[case::master_only_stops(m("SC=master-only G(b.com|*)").e(2525, "G(*|*)").t("G(*|*)"), se("master-only"))]
// L7: an absent master, or one without site-control, means all.
#[case::absent_means_all(scene().e(2525, "G(*|*)"), ok(2525).asked("843=refused 2525=policy").t(1).notes("T01"))]
#[case::silent_about_it_means_all(m("G(b.com|*)").e(2525, "G(*|*)"), ok(2525).asked("843=policy 2525=policy").t(1))]
// L8: no response within 3 s is an absent master; refused, reset or closed is one at once.
#[case::silent(m(Fault::Silent).t("G(*|*)"), ok(5000).after(3000).asked("843=none 5000=policy").t(2).notes("T04"))]
#[case::dropped(m(EndpointState::Dropped).t("G(*|*)"), ok(5000).after(3000).asked("843=dropped 5000=policy").t(2).notes("T02"))]
#[case::refused(m(EndpointState::Refused).t("G(*|*)"), ok(5000).asked("843=refused 5000=policy").t(2).notes("T01"))]
#[case::closed(m(Fault::CloseOnAccept).t("G(*|*)"), ok(5000).asked("843=closed 5000=policy").t(2).notes("T27"))]
// L9: a malformed master grants nothing, sets no meta-policy, and the lookup goes on.
#[case::malformed(
    m("<cross-domain-policy><site-control permitted-cross-domain-policies='none'/>").t("G(*|*)"),
    ok(5000).asked("843=malformed 5000=policy").t(2).notes("D21"))]
// L10: one phase after the other, explicit locations in call order: their times add up.
#[case::one_after_the_other(
    m(Fault::Silent).e(2525, SLOW).e(2626, SLOW).t("G(*|*)").req("c.com").dst(5000),
    ok(2525).after(8000).asked("843=none 2525=policy").t(1).notes("T04"))]
#[case::times_add_up(
    m(Fault::Silent).e(2525, [reply_late("G(b.com|*)")]).e(2626, [reply_late("G(b.com|*)")]).t("G(*|*)"),
    ok(5000).after(13_000).asked("843=none 2525=policy 2626=policy 5000=policy").t(2).notes("T04"))]
// L11: it waits for every location before it denies, and for none after a grant.
#[case::a_denial_waits_for_all(
    m("G(b.com|*)").e(2525, [reply_late("G(b.com|*)")]),
    se("domain-not-listed").after(5000).asked("843=policy 2525=policy 5000=closed").t(1).notes("T27"))]
#[case::a_grant_waits_for_none(m("G(*|*)").e(2525, Fault::Silent), ok(843).t(1))]
// L12: port 843 as the destination is asked once; named explicitly it is asked once, and waited for longer.
#[case::destination_843_is_asked_once(m("G(b.com|*)").dst(843), se("domain-not-listed").t(1))]
#[case::destination_843_grants_itself(m("G(*|*)").dst(843), ok(843).t(2))]
#[case::explicit_843_is_asked_once(m("G(b.com|*)").load("xmlsocket://h:843").t("G(*|*)"), ok(5000).asked("843=policy 5000=policy").t(2))]
#[case::explicit_843_has_more_patience(m(SLOW).load("xmlsocket://h:843"), ok(843).after(5000))]
// L13: a policy speaks for its own host; hosts are compared as written, but for ASCII case.
#[case::another_host_s_policy_is_not_consulted(
    scene().elsewhere("other:2525", "G(*|*)").elsewhere("other:843", "G(*|*)").load("xmlsocket://other:2525"),
    se("no-policy").asked("843=refused 5000=closed").t(1).notes("S14 T01 T27"))]
#[case::another_host_s_843_lends_no_patience(
    m(Fault::Silent).t("G(*|*)").load("xmlsocket://other:843"),
    ok(5000).after(3000).asked("843=none 5000=policy").t(2).notes("S14 T04"))]
#[case::case_of_the_host_does_not_matter(
    m("G(b.com|*)").at(2525, "G(*|*)").load("xmlsocket://H:2525").host("H"), ok(2525).asked("843=policy 2525=policy").t(1))]
// L15: a location needs xmlsocket, in any case, and a port; any port will do.
#[case::scheme_in_any_case(m("G(b.com|*)").at(2525, "G(*|*)").load("XMLSocket://h:2525"), ok(2525).asked("843=policy 2525=policy").t(1))]
#[case::a_service_port(scene().e(25, "G(*|*)"), ok(25).asked("843=refused 25=policy").t(1).notes("T01"))]
#[case::without_port(m("G(b.com|*)").load("xmlsocket://h"), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("S11 T27"))]
// L16: an empty host is the host of the SWF's URL, which needs a policy all the same.
#[case::empty_host(m("G(h|*)").req("h").host(""), ok(843).t(1))]
#[case::empty_host_without_a_grant(m("G(b.com|*)").req("h").host(""), se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("T27"))]
// L18: who is contacted, and how often.
#[case::contacts_of_a_master_s_grant(m("G(*|*)").t("G(*|*)"), ok(843).t(1))]
#[case::contacts_of_the_destination_s_grant(scene().t("G(*|*)"), ok(5000).asked("843=refused 5000=policy").t(2).notes("T01"))]
#[case::contacts_under_none(m("SC=none G(*|*)").t("G(*|*)"), se("meta-policy-none").t(0))]
#[case::contacts_under_master_only(m("SC=master-only G(b.com|*)").t("G(*|*)"), se("master-only").t(0))]
#[case::contacts_when_the_backend_is_down(
    m("G(*|*)").down(), unreachable("backend-refused", "843", "ioError#2031@0 securityError#2048@20000").t(0))]
fn locations_are_asked(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

fn reply_late(notation: &str) -> Script {
    let answer = [document(notation).as_bytes(), b"\0"].concat();
    Script::new().read_request().wait(Duration::from_secs(5)).write(answer).fin()
}

// L1: in the order of the connections, the payload comes last.
#[test]
fn the_payload_connection_comes_after_every_policy_connection() {
    let stage = Stage::builder()
        .policy("h:843", document("G(b.com|*)").as_str())
        .policy("h:5000", document("G(*|*)").as_str())
        .backend("h:5000", Backend::echo())
        .start();
    let outcome = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000);
    let order: Vec<_> =
        outcome.transcript().iter().map(|c| (c.endpoint().port(), c.purpose())).collect();
    assert_eq!(order, [(843, Purpose::Policy), (5000, Purpose::Policy), (5000, Purpose::Payload)]);
}

// L14: loadPolicyFile registers a location and contacts nobody; it must come before connect.
#[test]
fn load_policy_file_is_deferred_and_must_precede_the_connect() {
    let stage = Stage::builder()
        .policy("h:2525", document("G(*|*)").as_str())
        .backend("h:5000", Backend::closes())
        .start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    let _ = client.connect("h", 5000).expect_denied();
    client.load_policy_file("xmlsocket://h:2525");
    assert_eq!(stage.policy_server("h:2525").journal().exchanges().len(), 0);
    client.connect("h", 5000).expect_permitted();
    assert_eq!(stage.policy_server("h:2525").journal().policy_requests(), 1);
}

// L17: policy and payload of an in-band endpoint go to the same real address.
#[test]
fn policy_and_payload_reach_one_address() {
    let stage = Stage::builder()
        .policy("h:5000", document("G(*|*)").as_str())
        .backend("h:5000", Backend::echo())
        .start();
    let socket = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000).expect_permitted();
    assert_eq!(socket.peer_addr().unwrap(), stage.policy_server("h:5000").addr());
    drop(socket);
    assert_eq!(stage.policy_server("h:5000").journal().exchanges().len(), 2);
}

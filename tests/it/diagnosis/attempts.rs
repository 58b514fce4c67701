//! Whole attempts: stand-ins, stopped servers, firewalls, the cache, and the severity of what does
//! not explain the outcome.

use flash_policy_fixture::blocking::FlashClient;
use flash_policy_fixture::wire::{EndpointState, Fault};
use flash_policy_fixture::{Backend, PolicyServer, Stage};
use rstest::rstest;

use super::{assert_found, open_policy};
use crate::policies::{allow, policy, site_control};
use crate::scene::{Scene, faults_by_connection, scene};

// What a backend of this project does with a policy request is no fault of the user's server.
#[rstest]
#[case::it_closes(scene())]
#[case::it_echoes(scene().backend(Backend::echo()))]
#[case::it_is_silent(scene().backend(Backend::silent()))]
#[case::it_closes_at_once(scene().backend(Backend::closes()))]
fn a_stand_in_has_no_diagnostics(#[case] scene: Scene) {
    let text = scene.text();
    let reason = "because  error FSP-T01: h:843 has no server, so there is no master policy";
    assert!(text.contains(reason), "{text}");
    assert!(text.contains("at h:5000 itself, where only a backend is declared,"), "{text}");
    assert!(text.contains("no policy server is declared there"), "{text}");
    assert!(!text.contains("the request itself came back") && !text.contains("note"), "{text}");
}

// The same answer of a policy server is one.
#[test]
fn an_echo_that_is_declared_as_a_policy_server_is_diagnosed() {
    let echo = flash_policy_fixture::wire::Script::echo();
    assert_found(scene().in_band(echo), &["error FSP-L30", "warning FSP-T01"]);
}

#[test]
fn a_stopped_policy_server_is_said_to_be_stopped() {
    let server = PolicyServer::builder().document(open_policy()).start();
    let client = FlashClient::from_swf("http://a.com/game.swf").unwrap().route("h:843", &server);
    drop(server);
    let text = client.connect("h", 5000).expect_denied().to_string();
    assert!(text.contains("(master): refused, the server that stood there was stopped"), "{text}");
    assert!(text.contains("h:843 refuses connections: its server was stopped"), "{text}");
    assert!(text.contains("advice   keep the server of h:843 running"), "{text}");
}

#[test]
fn a_dropped_stage_is_said_to_be_dropped() {
    let stage = Stage::builder().policy("h:843", open_policy()).start();
    let client = stage.blocking_swf("http://a.com/game.swf");
    drop(stage);
    let text = client.connect("h", 5000).expect_denied().to_string();
    assert!(text.contains("the stage that it belongs to was dropped"), "{text}");
    assert!(!text.contains("run a master policy server"), "{text}");
}

// Silence is nearer to a grant than a refusal, and bytes are nearer than silence.
#[rstest]
#[case::refused_then_silent(
    scene().in_band(Fault::Silent),
    &["error FSP-T04", "warning FSP-T01"]
)]
#[case::silent_then_refused(scene().master(Fault::Silent).no_backend(), &["error FSP-T04"])]
#[case::silent_then_bytes(
    scene().master(Fault::Silent).in_band(Fault::NoNulOpen),
    &["error FSP-T14", "error FSP-T04"]
)]
#[case::bytes_then_silent(
    scene().master(Fault::NoNulOpen).in_band(Fault::Silent),
    &["error FSP-T14", "error FSP-T04"]
)]
#[case::dropped_then_closed(
    scene().master(EndpointState::Dropped).in_band(Fault::CloseOnRequest),
    &["error FSP-T02", "error FSP-T27"]
)]
#[case::malformed_then_silent(
    scene().master(Fault::Http400).in_band(Fault::Silent),
    &["error FSP-T11", "error FSP-T04"]
)]
#[case::a_policy_and_malformed(
    scene().master(Fault::Http400).in_band(policy([allow("a.com", "7000")])),
    &["error FSP-D02", "error FSP-T11"]
)]
fn the_nearest_location_comes_first(#[case] scene: Scene, #[case] expected: &[&str]) {
    assert_found(scene, expected);
}

// A firewall costs time wherever it stands. It is an error where it explains a denial.
#[rstest]
#[case::master_dropped_and_granted(
    scene().master(EndpointState::Dropped).in_band(open_policy()),
    &["warning FSP-T02"]
)]
#[case::master_dropped(scene().master(EndpointState::Dropped), &["error FSP-T02"])]
#[case::destination_dropped(
    scene().backend_firewalled(),
    &["error FSP-T02", "warning FSP-T01"]
)]
#[case::named_and_dropped_and_granted(
    scene().explicit(2525, EndpointState::Dropped).in_band(open_policy()),
    &["warning FSP-T03", "info FSP-T01"]
)]
#[case::two_named_and_dropped(
    scene().explicit(2525, EndpointState::Dropped).explicit(2626, EndpointState::Dropped),
    &["error FSP-S13", "error FSP-T03", "error FSP-T03", "warning FSP-T01"]
)]
#[case::named_and_silent(
    scene().master(policy([allow("b.com", "*")])).explicit(2525, Fault::Silent),
    &["error FSP-S13", "error FSP-T04"]
)]
fn waits_are_told(#[case] scene: Scene, #[case] expected: &[&str]) {
    assert_found(scene, expected);
}

// A missing master is no fault where another policy grants.
#[rstest]
#[case::granted_in_band(scene().in_band(open_policy()), &["info FSP-T01"])]
#[case::granted_by_a_location_that_was_named(
    scene().explicit(2525, open_policy()),
    &["info FSP-T01"]
)]
#[case::granted_and_down(
    scene().explicit(2525, open_policy()).backend_down(),
    &["error FSP-B01", "info FSP-T01"]
)]
#[case::granted_beside_a_silent_master(
    scene().master(Fault::Silent).in_band(open_policy()),
    &["error FSP-T04"]
)]
#[case::granted_off_the_master(
    scene().in_band(policy([site_control("none"), allow("*", "*")])),
    &["warning FSP-S05", "info FSP-T01"]
)]
fn severity_depends_on_the_grant(#[case] scene: Scene, #[case] expected: &[&str]) {
    assert_found(scene, expected);
}

#[test]
fn a_missing_master_beside_a_grant_is_left_as_it_is() {
    let text = scene().in_band(open_policy()).text();
    assert!(!text.contains("advice"), "{text}");
    assert!(text.contains("help: leave it as it is: another location's policy granted"), "{text}");
}

// A denial that rests on what the session remembers says so.
#[rstest]
#[case::a_policy(
    scene().master(policy([allow("b.com", "*")])),
    &["error FSP-L28", "info FSP-S15"]
)]
#[case::a_malformed_policy(
    scene().master(faults_by_connection([Fault::Http400, Fault::Ok])),
    &["error FSP-T11", "info FSP-S15"]
)]
#[case::silence(
    scene().master(faults_by_connection([Fault::Silent, Fault::Ok])),
    &["error FSP-T04", "info FSP-S15"]
)]
#[case::a_grant(scene().master(open_policy()), &[])]
#[case::nothing_that_could_change(scene(), &["error FSP-T01"])]
fn the_cache_is_told(#[case] scene: Scene, #[case] expected: &[&str]) {
    assert_found(scene.connects_per_session(2), expected);
}

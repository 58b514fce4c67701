//! Rulebook R: the requester.

use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{Backend, Cause, Evaluator, Sandbox, Stage, Swf};
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by, permitted_by_sandbox, thrown};
use crate::policies::{allow, policy, site_control};
use crate::scene::{Scene, scene};

#[rstest]
// R1: the requester is the host of the SWF's own URL.
#[case::the_swf_s_host(
    scene()
        .master(policy([allow("cdn.com", "*")]))
        .swf("http://cdn.com/game.swf?page=http://portal.com/"),
    permitted_by(843)
)]
#[case::not_the_page_s(
    scene()
        .master(policy([allow("portal.com", "*")]))
        .swf("http://cdn.com/game.swf?page=http://portal.com/"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28"])
)]
// R2: the SWF's own host needs a policy that lists it, on every port.
#[case::own_host(scene().master(policy([allow("h", "*")])).requester("h"), permitted_by(843))]
#[case::own_host_not_listed(
    scene().master(policy([allow("b.com", "*")])).requester("h").connect_to(80),
    denied("domain-not-listed")
        .asked([(843, "policy"), (80, "closed")])
        .connections(1)
        .diagnostics(["FSP-S10"])
)]
// R3: the sandboxes.
#[case::local_with_networking_and_a_star(
    scene().master(policy([allow("*", "*")])).swf(Sandbox::LocalWithNetworking),
    permitted_by(843)
)]
#[case::local_with_networking_and_a_suffix(
    scene().master(policy([allow("*.com", "*")])).swf(Sandbox::LocalWithNetworking),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28"])
)]
#[case::local_with_networking_is_not_secure(
    scene().master(policy([allow("*", "*").secure("true")])).swf(Sandbox::LocalWithNetworking),
    denied("secure-only")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D15"])
)]
#[case::local_with_file(
    scene().master(policy([allow("*", "*")])).swf(Sandbox::LocalWithFile),
    thrown("sandbox-local-with-file", 2010).diagnostics(["FSP-R02"])
)]
#[case::local_trusted(
    scene().master(policy([site_control("none"), allow("b.com", "*")])).swf(Sandbox::LocalTrusted),
    permitted_by_sandbox().diagnostics(["FSP-R03"])
)]
#[case::air_application(
    scene().master(Fault::Silent).swf(Sandbox::AirApplication).connect_to(80),
    permitted_by_sandbox().diagnostics(["FSP-R04"])
)]
// R3: local-with-file throws #2010 before the port is checked. An exempt sandbox needs a port in
// range too.
#[case::local_with_file_and_a_bad_port(
    scene().master(policy([allow("*", "*")])).swf(Sandbox::LocalWithFile).connect_to(-1),
    thrown("sandbox-local-with-file", 2010).diagnostics(["FSP-R02"])
)]
#[case::local_trusted_and_a_bad_port(
    scene().master(policy([allow("*", "*")])).swf(Sandbox::LocalTrusted).connect_to(-1),
    thrown("invalid-port", 2003).diagnostics(["FSP-L29"])
)]
// R5: a page that forbids networking.
#[case::without_networking(
    scene().master(policy([allow("*", "*")])).swf(without_networking("http://a.com/game.swf")),
    thrown("networking-disabled", 2146).diagnostics(["FSP-R06"])
)]
#[case::without_networking_even_if_trusted(
    scene().swf(Swf::from(Sandbox::LocalTrusted).without_networking()),
    thrown("networking-disabled", 2146).diagnostics(["FSP-R06"])
)]
// R6, W12: only xmlsocket locations apply to sockets; those of RTMP and HTTP are never asked.
#[case::rtmp_location(
    scene()
        .master(policy([allow("b.com", "*")]))
        .policy_at("h:1935", policy([allow("*", "*")]))
        .load_policy_file("rtmp://h:1935"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28", "FSP-S11"])
)]
#[case::http_location(
    scene()
        .master(policy([allow("b.com", "*")]))
        .policy_at("h:80", policy([allow("*", "*")]))
        .load_policy_file("http://h:80/crossdomain.xml"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28", "FSP-S11"])
)]
fn a_requester_is_judged(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

fn without_networking(url: &str) -> Swf {
    url.parse::<Swf>().unwrap().without_networking()
}

// R4: the SWF works in the IDE and fails on the web server, only because its sandbox differs.
#[test]
fn the_same_servers_permit_the_ide_and_deny_the_web() {
    let stage = Stage::builder()
        .policy("h:843", policy([allow("b.com", "*")]))
        .backend("h:5000", Backend::closes())
        .start();
    let ide = stage.blocking_swf(Sandbox::LocalTrusted).connect("h", 5000);
    assert_eq!((ide.cause(), ide.asked().len()), (Cause::Connected, 0));
    let web = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000);
    assert_eq!(web.cause(), Cause::DomainNotListed);
    assert_eq!(stage.real_timers(), 0);
}

// R3: every sandbox, with a master that allows everybody and a destination where nothing listens.
#[rstest]
#[case(Sandbox::LocalWithFile, Cause::SandboxLocalWithFile, 0)]
#[case(Sandbox::LocalWithNetworking, Cause::BackendRefused, 1)]
#[case(Sandbox::LocalTrusted, Cause::BackendRefused, 0)]
#[case(Sandbox::AirApplication, Cause::BackendRefused, 0)]
fn a_sandbox_is_bound_to_policies_or_not(
    #[case] sandbox: Sandbox,
    #[case] cause: Cause,
    #[case] requests: usize,
) {
    let mut player = Evaluator::new(sandbox).unwrap().policy("h:843", policy([allow("*", "*")]));
    let outcome = player.connect("h", 5000);
    assert_eq!((outcome.cause(), outcome.transcript().len()), (cause, requests));
}

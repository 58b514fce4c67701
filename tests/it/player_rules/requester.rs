//! Rulebook R: who asks.

use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{Cause, Evaluator, Sandbox, Stage, Swf};
use rstest::rstest;

use crate::support::{Scene, Seen, document, exempt, m, ok, scene, se, throws};

#[rstest]
// R1: the requester is the host of the SWF's own URL.
#[case::the_swf_s_host(m("G(cdn.com|*)").swf("http://cdn.com/game.swf?page=http://portal.com/"), ok(843).t(1))]
#[case::not_the_page_s(
    m("G(portal.com|*)").swf("http://cdn.com/game.swf?page=http://portal.com/"),
    se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("T27"))]
// R2: the SWF's own host needs a policy that lists it, on every port.
#[case::own_host(m("G(h|*)").req("h"), ok(843).t(1))]
#[case::own_host_not_listed(m("G(b.com|*)").req("h").dst(80), se("domain-not-listed").asked("843=policy 80=closed").t(1).notes("T27"))]
// R3: the sandboxes.
#[case::local_with_networking_and_a_star(m("G(*|*)").swf(Sandbox::LocalWithNetworking), ok(843).t(1))]
#[case::local_with_networking_and_a_suffix(
    m("G(*.com|*)").swf(Sandbox::LocalWithNetworking),
    se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("T27"))]
#[case::local_with_networking_is_not_secure(
    m("G(*|*|true)").swf(Sandbox::LocalWithNetworking),
    se("secure-only").asked("843=policy 5000=closed").t(1).notes("T27"))]
#[case::local_with_file(m("G(*|*)").swf(Sandbox::LocalWithFile), throws("sandbox-local-with-file", 2010))]
#[case::local_trusted(m("SC=none G(b.com|*)").swf(Sandbox::LocalTrusted), exempt())]
#[case::air_application(m(Fault::Silent).swf(Sandbox::AirApplication).dst(80), exempt())]
// R3: local-with-file throws #2010 before the port is looked at; an exempt sandbox still needs a port in range.
#[case::local_with_file_and_a_bad_port(m("G(*|*)").swf(Sandbox::LocalWithFile).dst(-1), throws("sandbox-local-with-file", 2010))]
#[case::local_trusted_and_a_bad_port(m("G(*|*)").swf(Sandbox::LocalTrusted).dst(-1), throws("invalid-port", 2003))]
// R5: a page that forbids networking.
#[case::without_networking(m("G(*|*)").swf(without_networking("http://a.com/game.swf")), throws("networking-disabled", 2146))]
#[case::without_networking_even_if_trusted(
    scene().swf(Swf::from(Sandbox::LocalTrusted).without_networking()), throws("networking-disabled", 2146))]
// R6, W12: only xmlsocket locations concern sockets; RTMP's and HTTP's are never consulted.
#[case::rtmp_location(
    m("G(b.com|*)").at(1935, "G(*|*)").load("rtmp://h:1935"),
    se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("S11 T27"))]
#[case::http_location(
    m("G(b.com|*)").at(80, "G(*|*)").load("http://h:80/crossdomain.xml"),
    se("domain-not-listed").asked("843=policy 5000=closed").t(1).notes("S11 T27"))]
fn a_requester_is_judged(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

fn without_networking(url: &str) -> Swf {
    url.parse::<Swf>().unwrap().without_networking()
}

// R4: works in the IDE, fails on the web server: nothing but the sandbox differs.
#[test]
fn the_same_servers_permit_the_ide_and_deny_the_web() {
    let stage = Stage::builder()
        .policy("h:843", document("G(b.com|*)").as_str())
        .backend("h:5000", flash_policy_fixture::Backend::closes())
        .start();
    let ide = stage.blocking_swf(Sandbox::LocalTrusted).connect("h", 5000);
    assert_eq!((ide.cause(), ide.asked().len()), (Cause::Connected, 0));
    let web = stage.blocking_swf("http://a.com/game.swf").connect("h", 5000);
    assert_eq!(web.cause(), Cause::DomainNotListed);
    assert_eq!(stage.real_timers(), 0);
}

// R3: every sandbox, where a policy for everybody stands at 843 and the destination is not on the stage.
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
    let mut player = Evaluator::new(sandbox).unwrap().policy("h:843", document("G(*|*)"));
    let outcome = player.connect("h", 5000);
    assert_eq!((outcome.cause(), outcome.transcript().len()), (cause, requests));
}

//! The true cause of an outcome, where several could be told (the design's nearest-miss order and settled readings).

use std::time::Duration;

use flash_policy_fixture::player::{Event, Lookup, Session};
use flash_policy_fixture::wire::{Fault, Script};
use flash_policy_fixture::{Backend, Cause, Evaluator, Profile, Verdict};
use rstest::rstest;

use crate::support::{Scene, Seen, document, m, ok, scene, se};

const OTHER: &str = "G(b.com|*)";
const PORT: &str = "G(a.com|7000)";
const SECURE: &str = "G(a.com|*|true)";

fn answered(cause: &str, destination: &str) -> Seen {
    se(cause).asked(&format!("843=policy 5000={destination}")).t(1)
}

#[rstest]
// Within one file, whatever the order of its rules.
#[case::port_over_domain(m("G(b.com|*)G(a.com|7000)").t(OTHER), answered("port-not-listed", "policy"))]
#[case::port_over_domain_reversed(m("G(a.com|7000)G(b.com|*)").t(OTHER), answered("port-not-listed", "policy"))]
#[case::secure_over_port(m("G(a.com|7000)G(a.com|*|true)").t(OTHER), answered("secure-only", "policy"))]
#[case::low_port_over_secure(
    scene().e(2525, "G(*|80|true)G(*|*)").dst(80), se("low-port").asked("843=refused 2525=policy 80=closed").t(1).notes("T01 T27"))]
// Over several files, whichever is read first.
#[case::secure_then_port(m(SECURE).t(PORT), answered("secure-only", "policy"))]
#[case::port_then_secure(m(PORT).t(SECURE), answered("secure-only", "policy"))]
#[case::domain_then_port(m(OTHER).t(PORT), answered("port-not-listed", "policy"))]
#[case::port_then_domain(m(PORT).t(OTHER), answered("port-not-listed", "policy"))]
#[case::domain_then_malformed(m(OTHER).t("oops"), answered("domain-not-listed", "malformed").notes("L12"))]
#[case::malformed_then_domain(m("oops").t(OTHER), answered("domain-not-listed", "policy").asked("843=malformed 5000=policy").notes("L12"))]
#[case::malformed_then_nothing(
    m("oops"), answered("malformed-policy", "closed").asked("843=malformed 5000=closed").notes("L12 T27"))]
#[case::nothing_then_malformed(
    scene().t("oops"), answered("malformed-policy", "malformed").asked("843=refused 5000=malformed").notes("T01 L12"))]
#[case::low_port_over_all(
    m("G(*|80|true)").e(2525, "G(*|80)").t(OTHER).dst(80), se("low-port").asked("843=policy 2525=policy 80=policy").t(1))]
#[case::empty_policy(m("<cross-domain-policy/>"), answered("domain-not-listed", "closed").notes("D30 T27"))]
// A meta-policy that ended the lookup wins over the master's own near misses.
#[case::none_over_a_near_miss(m("SC=none G(a.com|7000)"), se("meta-policy-none").t(0))]
#[case::none_over_a_grant(m("SC=none G(*|*)"), se("meta-policy-none").t(0))]
#[case::master_only_over_a_near_miss(m("SC=master-only G(a.com|7000)"), se("master-only").t(0))]
#[case::master_only_over_a_secure_rule(m("SC=master-only G(a.com|*|true)"), se("master-only").t(0))]
fn the_nearest_miss_is_the_cause(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

#[rstest]
#[case::an_echo_server_is_no_policy_server(
    scene().backend(Backend::echo()), answered("no-policy", "not-a-policy").asked("843=refused 5000=not-a-policy").notes("T01"))]
#[case::an_echo_server_is_no_policy_server_even_if_strict(
    scene().backend(Backend::echo()).player(Profile::strict()),
    answered("no-policy", "not-a-policy").asked("843=refused 5000=not-a-policy").notes("T01"))]
#[case::a_silent_backend(
    scene().backend(Backend::silent()),
    answered("no-policy", "none").asked("843=refused 5000=none").after(3000).notes("T01 T04"))]
#[case::rst_behind_the_nul(m([rst_after(true)]), ok(843).notes("T06"))]
#[case::rst_behind_the_nul_denies_as_well(
    m([Script::new().read_request().write([document(OTHER).as_bytes(), b"\0"].concat()).rst()]),
    answered("domain-not-listed", "closed").notes("T06 T27"))]
#[case::rst_without_a_nul(
    m([rst_after(false)]).t("G(*|*)"), ok(5000).asked("843=reset 5000=policy").t(2))]
#[case::unread_request(
    m([Script::new().write([document("G(*|*)").as_bytes(), b"\0"].concat()).rst()]), ok(843).notes("T06"))]
#[case::timed_out_in_the_policy_phase(
    m(PORT).e(2525, Fault::Silent), se("timed-out").after(20_000).asked("843=policy 2525=none").t(0).notes("T04"))]
#[case::timed_out_at_a_slow_drip(
    m(PORT).e(2525, Fault::Drip { bytes: 1, every: Duration::from_secs(1) }),
    se("timed-out").after(20_000).asked("843=policy 2525=none").t(0).notes("T05"))]
#[case::flash_9_has_no_socket_timeout(
    m(PORT).e(2525, Fault::Delay(Duration::from_secs(30))).player(Profile::flash_9_124()),
    ok(2525).after(30_000).asked("843=policy 2525=policy").t(1))]
fn a_settled_reading_holds(#[case] scene: Scene, #[case] expected: Seen) {
    assert_eq!(scene.play(), expected, "left: got, right: expected");
}

fn rst_after(nul: bool) -> Script {
    let end: &[u8] = if nul { b"\0" } else { b"" };
    Script::new().read_request().write([document("G(*|*)").as_bytes(), end].concat()).rst()
}

/// What decided is the rule of the nearest miss, wherever it stands.
#[test]
fn the_rule_of_the_nearest_miss_is_shown() {
    let mut player = flash_policy_fixture::Evaluator::new("http://a.com/game.swf")
        .unwrap()
        .policy("h:843", document(PORT))
        .policy("h:5000", document(OTHER));
    let outcome = player.connect("h", 5000);
    let rule = outcome.rule().expect("a rule was nearest");
    assert_eq!(
        (rule.endpoint().to_string(), rule.position().map(|at| at.line)),
        ("h:843".to_owned(), Some(3))
    );
}

/// Where time ran out no rule decided, and nobody granted.
#[test]
fn no_rule_decides_when_time_runs_out() {
    let mut player = flash_policy_fixture::Evaluator::new("http://a.com/game.swf")
        .unwrap()
        .policy("h:843", document(PORT));
    let silent = flash_policy_fixture::wire::Declaration::new().policy([Script::new()]);
    player.declare("h:2525".parse().unwrap(), silent);
    player.session().load_policy_file("xmlsocket://h:2525");
    let outcome = player.connect("h", 5000);
    assert_eq!(outcome.cause(), Cause::TimedOut);
    assert!(outcome.rule().is_none() && outcome.granted_by().is_none(), "{outcome}");
    assert!(
        outcome.to_string().contains("h:2525 accepted but sent nothing within 20 s"),
        "{outcome}"
    );
}

#[rstest]
#[case(Cause::Connected, Verdict::Permitted, "connected")]
#[case(Cause::NoPolicy, Verdict::Denied, "no-policy")]
#[case(Cause::MalformedPolicy, Verdict::Denied, "malformed-policy")]
#[case(Cause::DomainNotListed, Verdict::Denied, "domain-not-listed")]
#[case(Cause::PortNotListed, Verdict::Denied, "port-not-listed")]
#[case(Cause::LowPort, Verdict::Denied, "low-port")]
#[case(Cause::SecureOnly, Verdict::Denied, "secure-only")]
#[case(Cause::MetaPolicyNone, Verdict::Denied, "meta-policy-none")]
#[case(Cause::MasterOnly, Verdict::Denied, "master-only")]
#[case(Cause::TimedOut, Verdict::Denied, "timed-out")]
#[case(Cause::SandboxLocalWithFile, Verdict::Denied, "sandbox-local-with-file")]
#[case(Cause::InvalidPort, Verdict::Denied, "invalid-port")]
#[case(Cause::NetworkingDisabled, Verdict::Denied, "networking-disabled")]
#[case(Cause::BackendRefused, Verdict::Unreachable, "backend-refused")]
#[case(Cause::BackendTimedOut, Verdict::Unreachable, "backend-timed-out")]
#[case(Cause::BackendReset, Verdict::Unreachable, "backend-reset")]
#[case(Cause::NameNotFound, Verdict::Unreachable, "name-not-found")]
fn a_cause_has_its_id_and_its_verdict(
    #[case] cause: Cause,
    #[case] verdict: Verdict,
    #[case] id: &str,
) {
    assert_eq!((cause.verdict(), cause.as_str(), cause.to_string().as_str()), (verdict, id, id));
}

/// However the RST races with the client's own connect: the answer before it counts.
#[test]
fn a_reset_at_accept_takes_no_answer_with_it() {
    for _ in 0..100 {
        let script = Script::new().write([document("G(*|*)").as_bytes(), b"\0"].concat()).rst();
        assert_eq!(m([script]).play(), ok(843).notes("T06"));
    }
}

/// A connect that was reset has no bytes; those of the next location are shown below that one.
#[test]
fn bytes_are_shown_where_they_came_from() {
    let mut session = Session::new(Profile::flash_10());
    let mut lookup =
        Lookup::start(&mut session, &"http://a.com/game.swf".parse().unwrap(), "h", 5000);
    for event in [
        Event::Reset,
        Event::Connected,
        Event::Sent,
        Event::Received(b"<cross-domain-policy/>\0"),
        Event::Closed,
    ] {
        lookup.handle(&mut session, event, Duration::ZERO);
    }
    let told = lookup.finish(None::<()>).to_string();
    let place =
        |text: &str| told.find(text).unwrap_or_else(|| panic!("{text} is missing:\n{told}"));
    assert!(place("h:843 (master): reset") < place("h:5000 (destination)"), "{told}");
    assert!(place("h:5000 (destination)") < place("> <policy-file-request/>"), "{told}");
}

/// The advice names the rule of the catalogue that fits the near miss.
#[rstest]
#[case::d01_no_ports("www.a.com", r#"domain="*.a.com""#, Some("FSP-D01"))]
#[case::d02_another_port("www.a.com", r#"domain="*.a.com" to-ports="6000""#, Some("FSP-D02"))]
#[case::d03_the_policy_port("www.a.com", r#"domain="*.a.com" to-ports="843""#, Some("FSP-D03"))]
#[case::d10_www("a.com", r#"domain="www.a.com" to-ports="5000""#, Some("FSP-D10"))]
#[case::d10_the_apex("www.a.com", r#"domain="A.com" to-ports="5000""#, Some("FSP-D10"))]
#[case::d11_an_address("10.0.0.5", r#"domain="www.a.com" to-ports="5000""#, Some("FSP-D11"))]
#[case::d11_a_name("www.a.com", r#"domain="10.0.0.5" to-ports="5000""#, Some("FSP-D11"))]
#[case::d12_localhost("localhost", r#"domain="127.0.0.1" to-ports="5000""#, Some("FSP-D12"))]
#[case::r10_a_subdomain("play.www.a.com", r#"domain="www.a.com" to-ports="5000""#, Some("FSP-R10"))]
#[case::a_stranger("evil.example", r#"domain="www.a.com" to-ports="5000""#, None)]
fn the_advice_names_the_near_miss(
    #[case] host: &str,
    #[case] rule: &str,
    #[case] id: Option<&str>,
) {
    let policy = format!("<cross-domain-policy><allow-access-from {rule}/></cross-domain-policy>");
    let swf = format!("http://{host}/game.swf");
    let mut player = Evaluator::new(swf.as_str()).unwrap().policy("h:843", policy);
    let told = player.connect("h", 5000).expect_denied().to_string();
    let advice = told.lines().find(|line| line.starts_with("  advice")).unwrap();
    let named =
        advice.rsplit_once(" (FSP-").map(|(_, id)| format!("FSP-{}", id.trim_end_matches(')')));
    assert_eq!(named.as_deref(), id, "{told}");
}

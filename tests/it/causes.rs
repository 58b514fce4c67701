//! The cause of an outcome where several could be named: the nearest miss, and the readings that
//! the design settles.

use std::time::Duration;

use flash_policy_fixture::player::{Event, Lookup, Session};
use flash_policy_fixture::wire::{Declaration, Fault, Script};
use flash_policy_fixture::{Backend, Cause, Evaluator, Profile, Verdict};
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy, site_control, with_nul};
use crate::scene::{Scene, scene};

/// Does not list the requester.
fn lists_b_com() -> String {
    policy([allow("b.com", "*")])
}

/// Lists the requester, but not port 5000.
fn lists_port_7000() -> String {
    policy([allow("a.com", "7000")])
}

/// Lists the requester for https only.
fn lists_https() -> String {
    policy([allow("a.com", "*").secure("true")])
}

#[rstest]
// Several rules of one file: their order does not matter.
#[case::port_over_domain(
    scene().master(policy([allow("b.com", "*"), allow("a.com", "7000")])).in_band(lists_b_com()),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-D02"])
)]
#[case::port_over_domain_reversed(
    scene().master(policy([allow("a.com", "7000"), allow("b.com", "*")])).in_band(lists_b_com()),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-D02"])
)]
#[case::secure_over_port(
    scene()
        .master(policy([allow("a.com", "7000"), allow("a.com", "*").secure("true")]))
        .in_band(lists_b_com()),
    denied("secure-only")
        .asked([(843, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-D15"])
)]
#[case::low_port_over_secure(
    scene()
        .explicit(2525, policy([allow("*", "80").secure("true"), allow("*", "*")]))
        .connect_to(80),
    denied("low-port")
        .asked([(843, "refused"), (2525, "policy"), (80, "closed")])
        .connections(1)
        .diagnostics(["FSP-S01", "FSP-T01"])
)]
// Several files: their order does not matter.
#[case::secure_then_port(
    scene().master(lists_https()).in_band(lists_port_7000()),
    denied("secure-only")
        .asked([(843, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-D15"])
)]
#[case::port_then_secure(
    scene().master(lists_port_7000()).in_band(lists_https()),
    denied("secure-only")
        .asked([(843, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-D15"])
)]
#[case::domain_then_port(
    scene().master(lists_b_com()).in_band(lists_port_7000()),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-D02"])
)]
#[case::port_then_domain(
    scene().master(lists_port_7000()).in_band(lists_b_com()),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-D02"])
)]
#[case::domain_then_malformed(
    scene().master(lists_b_com()).in_band("oops"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-L28", "FSP-L12"])
)]
#[case::malformed_then_domain(
    scene().master("oops").in_band(lists_b_com()),
    denied("domain-not-listed")
        .asked([(843, "malformed"), (5000, "policy")])
        .connections(1)
        .diagnostics(["FSP-L28", "FSP-L12"])
)]
#[case::malformed_then_nothing(
    scene().master("oops"),
    denied("malformed-policy")
        .asked([(843, "malformed"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L12"])
)]
#[case::nothing_then_malformed(
    scene().in_band("oops"),
    denied("malformed-policy")
        .asked([(843, "refused"), (5000, "malformed")])
        .connections(1)
        .diagnostics(["FSP-L12", "FSP-T01"])
)]
#[case::low_port_over_all(
    scene()
        .master(policy([allow("*", "80").secure("true")]))
        .explicit(2525, policy([allow("*", "80")]))
        .in_band(lists_b_com())
        .connect_to(80),
    denied("low-port")
        .asked([(843, "policy"), (2525, "policy"), (80, "policy")])
        .connections(1)
        .diagnostics(["FSP-S01"])
)]
#[case::empty_policy(
    scene().master("<cross-domain-policy/>"),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D30"])
)]
// The meta-policy none takes precedence over near misses of the master itself.
#[case::none_over_a_near_miss(
    scene().master(policy([site_control("none"), allow("a.com", "7000")])),
    denied("meta-policy-none").diagnostics(["FSP-S03"])
)]
#[case::none_over_a_grant(
    scene().master(policy([site_control("none"), allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S03"])
)]
// Under master-only the near miss of the master is the cause, and the meta-policy is a note.
#[case::a_near_miss_under_master_only(
    scene().master(policy([site_control("master-only"), allow("a.com", "7000")])),
    denied("port-not-listed").diagnostics(["FSP-D02", "FSP-S16"])
)]
#[case::a_secure_rule_under_master_only(
    scene().master(policy([site_control("master-only"), allow("a.com", "*").secure("true")])),
    denied("secure-only").diagnostics(["FSP-D15", "FSP-S16"])
)]
fn the_nearest_miss_is_the_cause(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

#[rstest]
#[case::an_echo_server_is_no_policy_server(
    scene().backend(Backend::echo()),
    denied("no-policy")
        .asked([(843, "refused"), (5000, "not-a-policy")])
        .connections(1)
        .diagnostics(["FSP-T01"])
)]
#[case::an_echo_server_is_no_policy_server_even_if_strict(
    scene().backend(Backend::echo()).profile(Profile::strict()),
    denied("no-policy")
        .asked([(843, "refused"), (5000, "not-a-policy")])
        .connections(1)
        .diagnostics(["FSP-T01"])
)]
#[case::a_silent_backend(
    scene().backend(Backend::silent()),
    denied("no-policy")
        .decided_at_ms(3000)
        .asked([(843, "refused"), (5000, "none")])
        .connections(1)
        .diagnostics(["FSP-T01"])
)]
#[case::rst_behind_the_nul(
    scene().master(answer_then_reset(with_nul(policy([allow("*", "*")])))),
    permitted_by(843).diagnostics(["FSP-T06"])
)]
#[case::rst_behind_the_nul_denies_as_well(
    scene().master(answer_then_reset(with_nul(lists_b_com()))),
    denied("domain-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-L28", "FSP-T06"])
)]
#[case::rst_without_a_nul(
    scene().master(answer_then_reset(policy([allow("*", "*")]))).in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "reset"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-T06"])
)]
#[case::unread_request(
    scene().master(Script::new().write(with_nul(policy([allow("*", "*")]))).rst()),
    permitted_by(843).diagnostics(["FSP-T06"])
)]
#[case::timed_out_in_the_policy_phase(
    scene().master(lists_port_7000()).explicit(2525, Fault::Silent),
    denied("timed-out")
        .decided_at_ms(20_000)
        .asked([(843, "policy"), (2525, "none")])
        .diagnostics(["FSP-S13", "FSP-T04"])
)]
#[case::timed_out_at_a_slow_drip(
    scene()
        .master(lists_port_7000())
        .explicit(2525, Fault::Drip { bytes: 1, every: Duration::from_secs(1) }),
    denied("timed-out")
        .decided_at_ms(20_000)
        .asked([(843, "policy"), (2525, "none")])
        .diagnostics(["FSP-S13", "FSP-T05"])
)]
#[case::flash_9_has_no_socket_timeout(
    scene()
        .master(lists_port_7000())
        .explicit(2525, Fault::Delay(Duration::from_secs(30)))
        .profile(Profile::flash_9_124()),
    permitted_by(2525).decided_at_ms(30_000).asked([(843, "policy"), (2525, "policy")])
)]
fn a_settled_reading_holds(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

fn answer_then_reset(answer: impl AsRef<[u8]>) -> Script {
    Script::new().read_request().write(answer).rst()
}

/// The rule that decided is the one of the nearest miss, in whichever file it is.
#[test]
fn the_rule_of_the_nearest_miss_is_shown() {
    let mut player = Evaluator::new("http://a.com/game.swf")
        .unwrap()
        .policy("h:843", lists_port_7000())
        .policy("h:5000", lists_b_com());
    let outcome = player.connect("h", 5000);
    let rule = outcome.rule().expect("a rule was nearest");
    assert_eq!(
        (rule.endpoint().to_string(), rule.position().map(|at| at.line)),
        ("h:843".to_owned(), Some(3))
    );
}

/// When time runs out, no rule decided and nobody granted.
#[test]
fn no_rule_decides_when_time_runs_out() {
    let mut player =
        Evaluator::new("http://a.com/game.swf").unwrap().policy("h:843", lists_port_7000());
    let silent = Declaration::new().policy([Script::new()]);
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

/// The answer before a RST counts, even if the RST arrives before the client has connected.
#[test]
fn a_reset_at_accept_takes_no_answer_with_it() {
    for _ in 0..100 {
        let script = Script::new().write(with_nul(policy([allow("*", "*")]))).rst();
        assert_eq!(scene().master(script).play(), permitted_by(843).diagnostics(["FSP-T06"]));
    }
}

/// A connection that was reset while it was opened has no bytes. The bytes of the next location are
/// shown below that location.
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
    let diagnosis = lookup.finish(None::<()>).to_string();
    let place = |text: &str| {
        diagnosis.find(text).unwrap_or_else(|| panic!("{text} is missing:\n{diagnosis}"))
    };
    assert!(place("h:843 (master): reset") < place("h:5000 (destination)"), "{diagnosis}");
    assert!(place("h:5000 (destination)") < place("> <policy-file-request/>"), "{diagnosis}");
}

/// The advice ends with the id of the diagnostic that fits the near miss.
#[rstest]
#[case::d01_no_ports("www.a.com", r#"domain="*.a.com""#, "FSP-D01")]
#[case::d02_another_port("www.a.com", r#"domain="*.a.com" to-ports="6000""#, "FSP-D02")]
#[case::d03_the_policy_port("www.a.com", r#"domain="*.a.com" to-ports="843""#, "FSP-D03")]
#[case::d10_www("a.com", r#"domain="www.a.com" to-ports="5000""#, "FSP-D10")]
#[case::d10_the_apex("www.a.com", r#"domain="A.com" to-ports="5000""#, "FSP-D10")]
#[case::d11_an_address("10.0.0.5", r#"domain="www.a.com" to-ports="5000""#, "FSP-D11")]
#[case::d11_a_name("www.a.com", r#"domain="10.0.0.5" to-ports="5000""#, "FSP-D11")]
#[case::d12_localhost("localhost", r#"domain="127.0.0.1" to-ports="5000""#, "FSP-D12")]
#[case::r10_a_subdomain("play.www.a.com", r#"domain="www.a.com" to-ports="5000""#, "FSP-R10")]
#[case::a_stranger("evil.example", r#"domain="www.a.com" to-ports="5000""#, "FSP-L28")]
fn the_advice_names_the_near_miss(#[case] host: &str, #[case] rule: &str, #[case] id: &str) {
    let policy = format!("<cross-domain-policy><allow-access-from {rule}/></cross-domain-policy>");
    let swf = format!("http://{host}/game.swf");
    let mut player = Evaluator::new(swf.as_str()).unwrap().policy("h:843", policy);
    let diagnosis = player.connect("h", 5000).expect_denied().to_string();
    let advice = diagnosis.lines().find(|line| line.starts_with("  advice")).unwrap();
    let id_in_advice =
        advice.rsplit_once(" (FSP-").map(|(_, id)| format!("FSP-{}", id.trim_end_matches(')')));
    assert_eq!(id_in_advice.as_deref(), Some(id), "{diagnosis}");
}

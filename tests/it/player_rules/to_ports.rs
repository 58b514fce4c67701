//! Rulebook P: which ports a policy grants.

use flash_policy_fixture::Evaluator;
use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy};
use crate::scene::{Scene, scene};

#[rstest]
// P1: a port below 1024 may grant any port; a port from 1024 on only grants ports from 1024 on.
#[case::from_1023_to_80(
    scene().explicit(1023, policy([allow("*", "*")])).connect_to(80),
    permitted_by(1023).asked([(843, "refused"), (1023, "policy")]).diagnostics(["FSP-T01"])
)]
#[case::from_1024_to_1023(
    scene().explicit(1024, policy([allow("*", "*")])).connect_to(1023),
    denied("low-port")
        .asked([(843, "refused"), (1024, "policy"), (1023, "closed")])
        .connections(1)
        .diagnostics(["FSP-S01", "FSP-T01"])
)]
#[case::from_1024_to_1024(
    scene().in_band(policy([allow("*", "*")])).connect_to(1024),
    permitted_by(1024)
        .asked([(843, "refused"), (1024, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
// P2: a range that straddles 1024 is cut, not rejected.
#[case::below_in_a_straddling_range(
    scene().explicit(2525, policy([allow("*", "1000-1040")])).connect_to(1023),
    denied("low-port")
        .asked([(843, "refused"), (2525, "policy"), (1023, "closed")])
        .connections(1)
        .diagnostics(["FSP-S01", "FSP-T01"])
)]
#[case::above_in_a_straddling_range(
    scene().explicit(2525, policy([allow("*", "1000-1040")])).connect_to(1035),
    permitted_by(2525).asked([(843, "refused"), (2525, "policy")]).diagnostics(["FSP-T01"])
)]
// P3: the grammar; P1 applies to a star too, also inside a list.
#[case::below_a_range(
    scene().master(policy([allow("*", "5001-5010")])),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D02"])
)]
#[case::behind_a_range(
    scene().master(policy([allow("*", "80,4990-4999")])),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D02"])
)]
#[case::star_in_a_list(scene().master(policy([allow("*", "80,*")])), permitted_by(843))]
#[case::star_from_a_high_port(
    scene().explicit(2525, policy([allow("*", "80,*")])).connect_to(80),
    denied("low-port")
        .asked([(843, "refused"), (2525, "policy"), (80, "closed")])
        .connections(1)
        .diagnostics(["FSP-S01", "FSP-T01"])
)]
// P4: an empty to-ports grants nothing.
#[case::empty_ports(
    scene().master(policy([allow("*", "")])),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D01", "FSP-D30"])
)]
// P5: blanks are accepted.
#[case::blanks(
    scene().master(policy([allow("*", " 80 , 4999 - 5001 ")])),
    permitted_by(843).diagnostics(["FSP-L01"])
)]
// P6: one bad item voids its own element and no other.
#[case::bad_item(
    scene().master(policy([allow("*", "5000,x")])),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D04", "FSP-D30"])
)]
#[case::reversed_range(
    scene().master(policy([allow("*", "5000,523-516")])),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D04", "FSP-D30"])
)]
#[case::bad_item_beside_a_good_rule(
    scene().master(policy([allow("*", "x"), allow("*", "5000")])),
    permitted_by(843).diagnostics(["FSP-D04"])
)]
// P7: a policy for URLs may omit to-ports. Served as a socket policy, the same file grants nothing.
#[case::a_policy_for_urls(
    scene().master("<cross-domain-policy><allow-access-from domain='*'/></cross-domain-policy>"),
    denied("port-not-listed")
        .asked([(843, "policy"), (5000, "closed")])
        .connections(1)
        .diagnostics(["FSP-D01", "FSP-D30"])
)]
// P9: the blocklist of HTTP ports applies neither to connect nor to policy loads.
#[case::ftp(scene().master(policy([allow("*", "*")])).connect_to(21), permitted_by(843))]
#[case::smtp_by_itself(
    scene().in_band(policy([allow("*", "*")])).connect_to(25),
    permitted_by(25)
        .asked([(843, "refused"), (25, "policy")])
        .connections(2)
        .diagnostics(["FSP-T01"])
)]
#[case::x11(scene().master(policy([allow("*", "*")])).connect_to(6000), permitted_by(843))]
fn ports_are_granted(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

// P8: connect throws for a port out of range, without I/O. Port 0 is in range, but unreachable.
#[rstest]
#[case::negative(-1, "invalid-port", "throw#2003")]
#[case::just_too_large(65536, "invalid-port", "throw#2003")]
#[case::far_too_large(i64::MAX, "invalid-port", "throw#2003")]
#[case::far_too_small(i64::MIN, "invalid-port", "throw#2003")]
#[case::zero(0, "backend-refused", "ioError#2031")]
#[case::highest(65535, "backend-refused", "ioError#2031")]
fn a_port_is_checked_first(#[case] port: i64, #[case] cause: &str, #[case] event: &str) {
    let mut player =
        Evaluator::new("http://a.com/game.swf").unwrap().policy("h:843", policy([allow("*", "*")]));
    let outcome = player.connect("h", port);
    assert_eq!(
        (outcome.cause().as_str(), outcome.events()[0].to_string()),
        (cause, event.to_owned())
    );
    assert_eq!(outcome.transcript().is_empty(), cause == "invalid-port");
}

//! Rulebook M: how the meta-policy of the master affects a lookup.

use rstest::rstest;

use crate::observed::{Observed, denied, permitted_by};
use crate::policies::{allow, policy, site_control};
use crate::scene::{Scene, scene};

#[rstest]
// M1: only the master's site-control counts.
#[case::none_in_the_destination_s_file(
    scene().in_band(policy([site_control("none"), allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "refused"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-S05", "FSP-T01"])
)]
#[case::none_in_an_explicit_file(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, policy([site_control("none"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000)
        .asked([(843, "policy"), (2525, "policy"), (5000, "policy")])
        .connections(2)
        .diagnostics(["FSP-S05"])
)]
// M2: none, master-only, all.
#[case::none(
    scene()
        .master(policy([site_control("none"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S03"])
)]
#[case::master_only(
    scene()
        .master(policy([site_control("master-only"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("domain-not-listed").diagnostics(["FSP-L28", "FSP-S16"])
)]
#[case::all(
    scene()
        .master(policy([site_control("all"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    permitted_by(5000).asked([(843, "policy"), (5000, "policy")]).connections(2)
)]
// M3: of several site-controls, the strictest counts, whatever their order.
#[case::none_of_several(
    scene()
        .master(policy([site_control("all"), site_control("none"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S03", "FSP-L04"])
)]
#[case::master_only_of_several(
    scene()
        .master(policy([site_control("master-only"), site_control("all"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("domain-not-listed").diagnostics(["FSP-L28", "FSP-L04", "FSP-S16"])
)]
// M4: the values for HTTP and FTP mean master-only.
#[case::by_content_type(
    scene()
        .master(policy([site_control("by-content-type"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("domain-not-listed").diagnostics(["FSP-L28", "FSP-S04", "FSP-S16"])
)]
#[case::by_ftp_filename_keeps_its_own_grants(
    scene()
        .master(policy([site_control("by-ftp-filename"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    permitted_by(843).diagnostics(["FSP-S04"])
)]
#[case::none_this_response(
    scene()
        .master(policy([site_control("none-this-response"), allow("b.com", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("domain-not-listed").diagnostics(["FSP-L28", "FSP-S04", "FSP-S16"])
)]
// M5: unknown and empty values mean none; values are compared exactly.
#[case::unknown(
    scene()
        .master(policy([site_control("bogus"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S06"])
)]
#[case::empty(
    scene().master(policy([site_control(""), allow("*", "*")])).in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S06"])
)]
#[case::upper_case(
    scene()
        .master(policy([site_control("ALL"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S06"])
)]
// M6: next to none, grants are void.
#[case::dead_grants(
    scene()
        .master(policy([site_control("none"), allow("a.com", "5000"), allow("*", "*")]))
        .in_band(policy([allow("*", "*")])),
    denied("meta-policy-none").diagnostics(["FSP-S03"])
)]
fn a_meta_policy_is_heeded(#[case] scene: Scene, #[case] expected: Observed) {
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

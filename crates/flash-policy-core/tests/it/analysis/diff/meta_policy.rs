//! The difference of two policies in their meta-policy: whether other policies of the host count.

use flash_policy_core::document::MetaPolicy;
use flash_policy_core::{Evaluator, Profile};
use rstest::rstest;

use super::{NO_CHANGE, diff, diff_from};
use crate::analysis::policies::{allow, policy, site_control};

#[rstest]
#[case::none_to_all(
    policy([site_control("none")]),
    policy([site_control("all")]),
    Some((MetaPolicy::None, MetaPolicy::All, true))
)]
#[case::master_only_to_nothing(
    policy([site_control("master-only")]),
    policy([allow("*a.com", "1")]),
    Some((MetaPolicy::MasterOnly, MetaPolicy::All, true))
)]
#[case::all_to_master_only(
    policy([site_control("all")]),
    policy([site_control("master-only")]),
    Some((MetaPolicy::All, MetaPolicy::MasterOnly, false))
)]
#[case::nothing_to_unknown(
    policy([allow("*a.com", "1")]),
    policy([site_control("Master-Only")]),
    Some((MetaPolicy::All, MetaPolicy::None, false))
)]
#[case::all_to_inapplicable(
    policy([site_control("all")]),
    policy([site_control("by-ftp-filename")]),
    Some((MetaPolicy::All, MetaPolicy::MasterOnly, false))
)]
#[case::none_to_master_only(
    policy([site_control("none")]),
    policy([site_control("master-only")]),
    None
)]
fn which_other_policies_count_is_a_change(
    #[case] old: String,
    #[case] new: String,
    #[case] expected: Option<(MetaPolicy, MetaPolicy, bool)>,
) {
    let diff = diff(old, new);
    let change =
        diff.meta_policy().map(|change| (change.before(), change.after(), change.widens()));
    assert_eq!((change, diff.changes().len()), (expected, 0));
    assert_eq!(
        (diff.widens(), diff.is_empty()),
        (expected.is_some_and(|(.., widens)| widens), expected.is_none())
    );
}

// M1, L5: another policy of the host grants everything to everybody. The master decides whether
// that policy counts.
#[rstest]
#[case::all(policy([site_control("all")]), true)]
#[case::master_only(policy([site_control("master-only")]), false)]
#[case::none(policy([site_control("none")]), false)]
fn the_player_agrees_on_which_other_policies_count(#[case] master: String, #[case] expected: bool) {
    let mut player = Evaluator::new("http://a.com/game.swf")
        .unwrap()
        .policy("h:843", &master)
        .policy("h:5000", policy([allow("*", "*")]));
    let counts = player.connect("h", 5000).granted_by().is_some();
    let widens = diff(policy([site_control("none")]), master).widens();
    assert_eq!((counts, widens), (expected, expected));
}

#[test]
fn the_meta_policy_s_change_is_a_line_of_its_own() {
    let lifted = diff(
        policy([site_control("none"), allow("a.com", "5000")]),
        policy([allow("a.com", "5000")]),
    );
    assert_eq!(
        lifted.to_string(),
        "newly permitted: a.com may connect to 5000, \
         for example http://a.com/game.swf to port 5000\n\
         widened: other policy files of the host count now, the meta-policy was none and is all"
    );
    let restricted = diff(
        policy([site_control("all"), allow("a.com", "5000")]),
        policy([site_control("master-only"), allow("a.com", "5000")]),
    );
    assert_eq!(
        restricted.to_string(),
        "narrowed: other policy files of the host count no longer, \
         the meta-policy was all and is master-only"
    );
}

// L5: the grants of a master that says `none` are void.
#[test]
fn what_a_void_master_grants_is_no_change() {
    let still_void = diff(
        policy([site_control("none"), allow("a.com", "5000")]),
        policy([site_control("none"), allow("*", "*")]),
    );
    assert_eq!(still_void.to_string(), NO_CHANGE);
    let lifted = diff(
        policy([site_control("none"), allow("a.com", "5000")]),
        policy([site_control("master-only"), allow("a.com", "5000")]),
    );
    assert_eq!((lifted.changes().len(), lifted.meta_policy(), lifted.widens()), (1, None, true));
}

// M1: only the master's site-control counts.
#[test]
fn a_site_control_elsewhere_is_no_change() {
    let diff = diff_from(
        5000,
        policy([site_control("none"), allow("a.com", "5000")]),
        policy([allow("a.com", "5000")]),
        &Profile::default(),
    );
    assert_eq!(diff.to_string(), NO_CHANGE);
}

//! The difference of two policies, row by row. `generated` compares it with brute force.

use flash_policy_core::analysis::{Diff, Direction, PortSet, Scheme};
use flash_policy_core::document::{MetaPolicy, PolicyFile};
use flash_policy_core::player::{Dead, MASTER_PORT, TrailingDot};
use flash_policy_core::{Evaluator, Profile, Sandbox};
use rstest::rstest;

use super::policies::{allow, policy, site_control};

mod generated;
mod hostile;
mod meta_policy;

const NO_CHANGE: &str = "no change in meaning";

/// Returns the difference of two documents that the master serves, for the default player.
fn diff(old: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Diff {
    diff_from(MASTER_PORT, old, new, &Profile::default())
}

/// Returns the difference of two documents that are served from this port.
fn diff_from(
    served_from: u16,
    old: impl AsRef<[u8]>,
    new: impl AsRef<[u8]>,
    profile: &Profile,
) -> Diff {
    let (old, new) = (PolicyFile::parse(old).unwrap(), PolicyFile::parse(new).unwrap());
    Diff::between(&old, &new, served_from, profile)
}

#[rstest]
#[case::a_port_is_added(
    policy([allow("*.example.com", "5000")]),
    policy([allow("*.example.com", "5000,6000-6010")]),
    "newly permitted: *.example.com may connect to 6000-6010, \
     for example http://www.example.com/game.swf to port 6000"
)]
#[case::a_port_is_taken_away(
    policy([allow("a.com", "5000,5002")]),
    policy([allow("a.com", "5000")]),
    "newly denied: a.com may no longer connect to 5002, \
     for example http://a.com/game.swf to port 5002"
)]
#[case::a_port_is_exchanged(
    policy([allow("a.com", "5000")]),
    policy([allow("a.com", "5001")]),
    "newly permitted: a.com may connect to 5001, for example http://a.com/game.swf to port 5001\n\
     newly denied: a.com may no longer connect to 5000, \
     for example http://a.com/game.swf to port 5000"
)]
#[case::a_wildcard_is_narrowed_to_its_apex(
    policy([allow("*.example.com", "5000")]),
    policy([allow("example.com", "5000")]),
    "newly denied: *.example.com (except example.com) may no longer connect to 5000, \
     for example http://www.example.com/game.swf to port 5000"
)]
#[case::an_apex_is_widened_to_a_wildcard(
    policy([allow("example.com", "5000")]),
    policy([allow("*.example.com", "5000")]),
    "newly permitted: *.example.com (except example.com) may connect to 5000, \
     for example http://www.example.com/game.swf to port 5000"
)]
#[case::a_wildcard_is_replaced_by_hosts(
    policy([allow("*.example.com", "5000")]),
    policy([allow("www.example.com", "5000"), allow("example.com", "5000")]),
    "newly denied: *.example.com (except example.com, www.example.com) may no longer connect to \
     5000, for example http://www1.example.com/game.swf to port 5000"
)]
#[case::everybody_is_replaced_by_a_wildcard(
    policy([allow("*", "5000")]),
    policy([allow("*.example.com", "5000")]),
    "newly denied: * (except *.example.com) may no longer connect to 5000 (local-with-networking \
     SWFs too), for example http://anyone.example/game.swf to port 5000"
)]
#[case::an_exception_within_an_exception(
    policy([allow("*", "5000")]),
    policy([allow("*.a.com", "5000"), allow("b.a.com", "6000")]),
    "newly permitted: b.a.com may connect to 6000, \
     for example http://b.a.com/game.swf to port 6000\n\
     newly denied: * (except *.a.com) may no longer connect to 5000 (local-with-networking SWFs \
     too), for example http://anyone.example/game.swf to port 5000"
)]
#[case::several_origins_are_one_change(
    policy([site_control("all")]),
    policy([allow("b.com", "5000"), allow("a.com", "5000"), allow("*.c.com", "5000")]),
    "newly permitted: a.com, b.com, *.c.com may connect to 5000, \
     for example http://a.com/game.swf to port 5000"
)]
#[case::what_is_wider_is_said_once(
    policy([site_control("all")]),
    policy([allow("*", "80"), allow("www.a.com", "5000"), allow("*.a.com", "80")]),
    "newly permitted: * may connect to 80 (local-with-networking SWFs too), \
     for example http://anyone.example/game.swf to port 80\n\
     newly permitted: www.a.com may connect to 5000, \
     for example http://www.a.com/game.swf to port 5000"
)]
#[case::who_had_it_before_is_an_exception(
    policy([allow("www.a.com", "80")]),
    policy([allow("*", "80-81")]),
    "newly permitted: * (except www.a.com) may connect to 80-81 (local-with-networking SWFs too), \
     for example http://anyone.example/game.swf to port 80\n\
     newly permitted: www.a.com may connect to 81, \
     for example http://www.a.com/game.swf to port 81"
)]
#[case::secure_is_added(
    policy([allow("a.com", "5000")]),
    policy([allow("a.com", "5000").secure("true")]),
    "newly denied over http: a.com may no longer connect to 5000, \
     for example http://a.com/game.swf to port 5000"
)]
#[case::secure_is_taken_away(
    policy([allow("*", "5000").secure("true")]),
    policy([allow("*", "5000").secure("false")]),
    "newly permitted over http: * may connect to 5000 (local-with-networking SWFs too), \
     for example http://anyone.example/game.swf to port 5000"
)]
#[case::a_secure_rule_is_added(
    policy([site_control("all")]),
    policy([allow("*", "5000").secure("true")]),
    "newly permitted over https: * may connect to 5000, \
     for example https://anyone.example/game.swf to port 5000"
)]
#[case::to_ports_is_removed(
    policy([allow("a.com", "5000")]),
    "<cross-domain-policy><allow-access-from domain='a.com'/></cross-domain-policy>",
    "newly denied: a.com may no longer connect to 5000, \
     for example http://a.com/game.swf to port 5000"
)]
#[case::a_bad_domain_is_repaired(
    policy([allow("http://a.com", "5000")]),
    policy([allow("a.com", "5000")]),
    "newly permitted: a.com may connect to 5000, for example http://a.com/game.swf to port 5000"
)]
#[case::bad_ports_are_repaired(
    policy([allow("a.com", "5000,70000")]),
    policy([allow("a.com", "5000,7000")]),
    "newly permitted: a.com may connect to 5000,7000, \
     for example http://a.com/game.swf to port 5000"
)]
#[case::an_address(
    policy([allow("192.0.2.7", "5000")]),
    policy([allow("192.0.2.8", "5000")]),
    "newly permitted: 192.0.2.8 may connect to 5000, \
     for example http://192.0.2.8/game.swf to port 5000\n\
     newly denied: 192.0.2.7 may no longer connect to 5000, \
     for example http://192.0.2.7/game.swf to port 5000"
)]
#[case::an_ipv6_address(
    policy([site_control("all")]),
    policy([allow("2001:DB8::1", "5000")]),
    "newly permitted: 2001:DB8::1 may connect to 5000, \
     for example http://[2001:db8::1]/game.swf to port 5000"
)]
#[case::a_trailing_dot_is_another_host(
    policy([allow("a.com", "5000")]),
    policy([allow("a.com.", "5000")]),
    "newly permitted: a.com. may connect to 5000, \
     for example http://a.com./game.swf to port 5000\n\
     newly denied: a.com may no longer connect to 5000, \
     for example http://a.com/game.swf to port 5000"
)]
#[case::a_longer_label_is_not_below(
    policy([allow("*.a.com", "5000"), allow("my-a.com", "5000"), allow("a2.com", "5000")]),
    policy([allow("*.a.com", "5000"), allow("b.a.com", "5001")]),
    "newly permitted: b.a.com may connect to 5001, \
     for example http://b.a.com/game.swf to port 5001\n\
     newly denied: a2.com, my-a.com may no longer connect to 5000, \
     for example http://a2.com/game.swf to port 5000"
)]
#[case::every_port_but_0(
    policy([allow("a.com", "*")]),
    policy([allow("a.com", "1-65535")]),
    NO_CHANGE
)]
#[case::every_port_but_0_beside_all(
    policy([allow("*.com", "1-65535"), allow("a.com", "*")]),
    policy([allow("*.com", "1-65535")]),
    NO_CHANGE
)]
#[case::every_port(
    policy([site_control("all")]),
    policy([allow("a.com", "*")]),
    "newly permitted: a.com may connect to *, for example http://a.com/game.swf to port 1"
)]
#[case::the_usual_witnesses_are_named(
    policy([site_control("all")]),
    policy([
        allow("*", "5000"),
        allow("*.example", "6000"),
        allow("anyone.test", "6000"),
        allow("anyone", "6000"),
    ]),
    "newly permitted: * may connect to 5000 (local-with-networking SWFs too), \
     for example http://anyone1/game.swf to port 5000\n\
     newly permitted: anyone, *.example, anyone.test may connect to 6000, \
     for example http://anyone/game.swf to port 6000"
)]
fn a_change_is_named_with_a_witness(
    #[case] old: String,
    #[case] new: String,
    #[case] expected: &str,
) {
    assert_eq!(diff(old, new).to_string(), expected);
}

#[rstest]
#[case::order(
    policy([allow("a.com", "1"), allow("b.com", "2")]),
    policy([allow("b.com", "2"), allow("a.com", "1")])
)]
#[case::duplicates(
    policy([allow("a.com", "1")]),
    policy([allow("a.com", "1"), allow("a.com", "1")])
)]
#[case::white_space_and_comments(
    policy([allow("a.com", "1,2")]),
    "<cross-domain-policy> <!-- both -->\n\n<allow-access-from\n  to-ports = ' 1, 2 ' \
     domain='a.com'></allow-access-from></cross-domain-policy>"
)]
#[case::ports_in_pieces(
    policy([allow("a.com", "1-10")]),
    policy([allow("a.com", "6-10"), allow("a.com", "1-3,2-5")])
)]
#[case::overlapping_ranges(
    policy([allow("a.com", "1-10,5-20")]),
    policy([allow("a.com", "1-20,7")])
)]
#[case::any_port_among_others(policy([allow("a.com", "*")]), policy([allow("a.com", "80,*")]))]
#[case::upper_case(policy([allow("*.A.com", "1")]), policy([allow("*.a.COM", "1")]))]
#[case::ipv6_spellings(
    policy([allow("::1", "1"), allow("2001:db8:0:0:0:0:0:1", "1")]),
    policy([allow("[0:0:0:0:0:0:0:1]", "1"), allow("2001:DB8::1", "1")])
)]
#[case::the_apex_beside_its_wildcard(
    policy([allow("*.a.com", "1")]),
    policy([allow("a.com", "1"), allow("*.a.com", "1")])
)]
#[case::a_narrower_wildcard_with_less(
    policy([allow("*.a.com", "1-5")]),
    policy([allow("*.a.com", "1-5"), allow("*.b.a.com", "2")])
)]
#[case::anybody_beside_everybody(
    policy([allow("*", "1")]),
    policy([allow("*", "1"), allow("10.0.0.1", "1"), allow("www.a.com", "1").secure("true")])
)]
#[case::secure_beside_not_secure(
    policy([allow("a.com", "1")]),
    policy([allow("a.com", "1").secure("true"), allow("a.com", "1").secure("false")])
)]
#[case::an_odd_secure_counts_as_absent(
    policy([allow("a.com", "1")]),
    policy([allow("a.com", "1").secure("yes")])
)]
#[case::dead_rules(
    policy([allow("a.com", "1")]),
    policy([
        allow("a.com", "1"),
        allow("*b.com", "1"),
        allow("10.0.0.*", "1"),
        allow("c.com", "5-1"),
        allow("d.com:80", "1"),
    ])
)]
#[case::a_domain_with_blanks_names_nobody(
    policy([site_control("all")]),
    policy([allow(" a.com", "1"), allow("*.a.com ", "1")])
)]
#[case::all_is_the_default(
    policy([allow("a.com", "1")]),
    policy([site_control("all"), allow("a.com", "1")])
)]
#[case::the_strictest_counts(
    policy([site_control("master-only"), allow("a.com", "1")]),
    policy([site_control("all"), site_control("master-only"), allow("a.com", "1")])
)]
#[case::an_inapplicable_one_is_master_only(
    policy([site_control("by-content-type"), allow("a.com", "1")]),
    policy([site_control("master-only"), allow("a.com", "1")])
)]
#[case::an_unknown_one_is_none(
    policy([site_control("none"), allow("a.com", "1")]),
    policy([site_control("bogus"), allow("b.com", "1")])
)]
#[case::none_and_master_only_without_grants(
    policy([site_control("none")]),
    policy([site_control("master-only")])
)]
fn what_means_the_same_is_no_change(#[case] old: String, #[case] new: String) {
    for (old, new) in [(&old, &new), (&new, &old)] {
        let diff = diff(old, new);
        assert_eq!(
            (diff.to_string().as_str(), diff.is_empty(), diff.widens()),
            (NO_CHANGE, true, false)
        );
    }
}

// P1, P2: a policy from a high port cannot grant a low one.
#[rstest]
#[case::the_master(MASTER_PORT, "1000-1040,5000")]
#[case::the_highest_low_port(1023, "1000-1040,5000")]
#[case::the_lowest_high_port(1024, "1024-1040,5000")]
#[case::a_high_port(5000, "1024-1040,5000")]
fn what_a_location_cannot_grant_is_no_change(#[case] served_from: u16, #[case] expected: &str) {
    let added = |to_ports| {
        let (old, new) = (policy([site_control("all")]), policy([allow("a.com", to_ports)]));
        diff_from(served_from, old, new, &Profile::default())
    };
    assert_eq!(added("1000-1040,5000").changes()[0].ports().to_string(), expected);
    assert_eq!(added("1-1023").is_empty(), served_from >= 1024);
}

#[rstest]
#[case::q10_only_the_bad_item_is_void(
    |profile: &mut Profile| profile.document.bad_to_ports = Dead::Item,
    policy([allow("a.com", "5000,70000")]),
    policy([allow("a.com", "5000")])
)]
#[case::q12_secure_by_default(
    |profile: &mut Profile| profile.document.secure_by_default = true,
    policy([allow("a.com", "1")]),
    policy([allow("a.com", "1").secure("true")])
)]
#[case::q15_unknown_is_all(
    |profile: &mut Profile| profile.document.unknown_meta_policy = MetaPolicy::All,
    policy([site_control("bogus")]),
    policy([site_control("all")])
)]
#[case::q17_a_trailing_dot_is_nothing(
    |profile: &mut Profile| profile.document.trailing_dot = TrailingDot::Ignored,
    policy([allow("*.a.com.", "1"), allow("b.com", "1")]),
    policy([allow("*.a.com", "1"), allow("b.com.", "1")])
)]
#[case::strict_rejects_the_file(
    |profile: &mut Profile| *profile = Profile::strict(),
    policy([site_control("none")]),
    "<cross-domain-policy><allow-access-from domain='*' to-ports='*'/><allow-access-from \
     domain='a.com'/></cross-domain-policy>"
)]
fn the_profile_decides_what_a_document_means(
    #[case] change: fn(&mut Profile),
    #[case] old: String,
    #[case] new: String,
) {
    let mut profile = Profile::default();
    assert!(!diff_from(MASTER_PORT, &old, &new, &profile).is_empty());
    change(&mut profile);
    assert_eq!(diff_from(MASTER_PORT, &old, &new, &profile).to_string(), NO_CHANGE);
}

#[test]
fn a_change_has_its_parts() {
    let diff = diff(
        policy([allow("www.a.com", "443")]),
        policy([allow("*.a.com", "443").secure("true"), allow("www.a.com", "443")]),
    );
    let [change] = diff.changes() else { panic!("{diff}") };
    assert_eq!((change.direction(), change.scheme()), (Direction::NewlyPermitted, Scheme::Https));
    assert_eq!(
        (change.direction().as_str(), change.scheme().as_str()),
        ("newly-permitted", "https")
    );
    let [origin] = change.origins() else { panic!("{diff}") };
    let except: Vec<_> = origin.except().iter().map(ToString::to_string).collect();
    assert_eq!(
        (origin.pattern().to_string().as_str(), except),
        ("*.a.com", vec!["www.a.com".to_owned()])
    );
    assert_eq!(change.ports().ranges().collect::<Vec<_>>(), [443..=443]);
    let witness = change.witness();
    assert_eq!(
        (witness.swf().to_string().as_str(), witness.port()),
        ("https://www1.a.com/game.swf", 443)
    );
}

#[test]
fn a_long_list_says_how_much_more_there_is() {
    let ports: Vec<_> = (0..22).map(|n| (5000 + 2 * n).to_string()).collect();
    let hosts = policy((10..32).map(|n| allow(&format!("h{n}.com"), &ports.join(","))));
    let text = diff(policy([site_control("all")]), hosts).to_string();
    assert!(text.contains("h29.com and 2 more may connect to 5000,"), "{text}");
    assert!(text.contains(",5038 and 2 more, for example"), "{text}");
}

#[rstest]
#[case::nothing(&[], "")]
#[case::all(&[(0, 65535)], "*")]
#[case::all_but_0(&[(1, 65535)], "1-65535")]
#[case::touching(&[(5, 6), (1, 4), (7, 7)], "1-7")]
#[case::one_within_another(&[(1, 9), (2, 3)], "1-9")]
#[case::up_to_the_end(&[(65535, 65535), (10, 20), (65000, 65535)], "10-20,65000-65535")]
fn a_set_of_ports_is_written_as_to_ports(#[case] ranges: &[(u16, u16)], #[case] expected: &str) {
    let ports: PortSet = ranges.iter().map(|(start, end)| *start..=*end).collect();
    assert_eq!((ports.to_string().as_str(), ports.is_empty()), (expected, ranges.is_empty()));
    for port in [0, 1, 2, 4, 5, 7, 8, 9, 10, 20, 21, 64999, 65000, 65535] {
        assert_eq!(
            ports.contains(port),
            ranges.iter().any(|(start, end)| (*start..=*end).contains(&port)),
            "{port}"
        );
    }
}

// R3, D2: content without an origin is covered by a star only, as if it came over http.
#[rstest]
#[case::everybody(policy([allow("*", "5000")]), true)]
#[case::some(policy([allow("*.a.com", "5000")]), false)]
#[case::over_https(policy([allow("*", "5000").secure("true")]), false)]
fn local_with_networking_is_everybody_else(#[case] new: String, #[case] expected: bool) {
    let mut player = Evaluator::new(Sandbox::LocalWithNetworking).unwrap().policy("h:843", &new);
    let is_granted = player.connect("h", 5000).granted_by().is_some();
    let diff = diff(policy([site_control("all")]), new).to_string();
    let is_named = diff.contains("local-with-networking SWFs too");
    assert_eq!((is_granted, is_named), (expected, expected));
}

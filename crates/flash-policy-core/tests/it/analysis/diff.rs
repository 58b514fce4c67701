//! The difference of two policies, case by case; `generated` holds it against brute force.

mod generated;

use flash_policy_core::analysis::{Diff, Direction, PortSet, Scheme};
use flash_policy_core::document::{MAX_POLICY_BYTES, MetaPolicy, PolicyFile};
use flash_policy_core::player::{Dead, MASTER_PORT, TrailingDot};
use flash_policy_core::{Evaluator, Profile, Sandbox};
use rstest::rstest;

use crate::support::document;

const NO_CHANGE: &str = "no change in meaning";

/// The difference of two documents in the notation of scenes.
fn diff_from(served_from: u16, old: &str, new: &str, profile: &Profile) -> Diff {
    let [old, new] = [old, new].map(|notation| PolicyFile::parse(document(notation)).unwrap());
    Diff::between(&old, &new, served_from, profile)
}

fn diff(old: &str, new: &str) -> Diff {
    diff_from(MASTER_PORT, old, new, &Profile::default())
}

#[rstest]
#[case::a_port_is_added(
    "G(*.example.com|5000)",
    "G(*.example.com|5000,6000-6010)",
    "newly permitted: *.example.com may connect to 6000-6010, for example http://www.example.com/game.swf to port 6000"
)]
#[case::a_port_is_taken_away(
    "G(a.com|5000,5002)",
    "G(a.com|5000)",
    "newly denied: a.com may no longer connect to 5002, for example http://a.com/game.swf to port 5002"
)]
#[case::a_port_is_exchanged(
    "G(a.com|5000)",
    "G(a.com|5001)",
    "newly permitted: a.com may connect to 5001, for example http://a.com/game.swf to port 5001\n\
     newly denied: a.com may no longer connect to 5000, for example http://a.com/game.swf to port 5000"
)]
#[case::a_wildcard_is_narrowed_to_its_apex(
    "G(*.example.com|5000)",
    "G(example.com|5000)",
    "newly denied: *.example.com (except example.com) may no longer connect to 5000, \
     for example http://www.example.com/game.swf to port 5000"
)]
#[case::an_apex_is_widened_to_a_wildcard(
    "G(example.com|5000)",
    "G(*.example.com|5000)",
    "newly permitted: *.example.com (except example.com) may connect to 5000, \
     for example http://www.example.com/game.swf to port 5000"
)]
#[case::a_wildcard_is_replaced_by_hosts(
    "G(*.example.com|5000)",
    "G(www.example.com|5000)G(example.com|5000)",
    "newly denied: *.example.com (except example.com, www.example.com) may no longer connect to 5000, \
     for example http://www1.example.com/game.swf to port 5000"
)]
#[case::everybody_is_replaced_by_a_wildcard(
    "G(*|5000)",
    "G(*.example.com|5000)",
    "newly denied: * (except *.example.com) may no longer connect to 5000 (local-with-networking SWFs too), \
     for example http://anyone.example/game.swf to port 5000"
)]
#[case::an_exception_within_an_exception(
    "G(*|5000)",
    "G(*.a.com|5000)G(b.a.com|6000)",
    "newly permitted: b.a.com may connect to 6000, for example http://b.a.com/game.swf to port 6000\n\
     newly denied: * (except *.a.com) may no longer connect to 5000 (local-with-networking SWFs too), \
     for example http://anyone.example/game.swf to port 5000"
)]
#[case::several_origins_are_one_change(
    "SC=all",
    "G(b.com|5000)G(a.com|5000)G(*.c.com|5000)",
    "newly permitted: a.com, b.com, *.c.com may connect to 5000, for example http://a.com/game.swf to port 5000"
)]
#[case::what_is_wider_is_said_once(
    "SC=all",
    "G(*|80)G(www.a.com|5000)G(*.a.com|80)",
    "newly permitted: * may connect to 80 (local-with-networking SWFs too), for example http://anyone.example/game.swf to port 80\n\
     newly permitted: www.a.com may connect to 5000, for example http://www.a.com/game.swf to port 5000"
)]
#[case::who_had_it_before_is_an_exception(
    "G(www.a.com|80)",
    "G(*|80-81)",
    "newly permitted: * (except www.a.com) may connect to 80-81 (local-with-networking SWFs too), \
     for example http://anyone.example/game.swf to port 80\n\
     newly permitted: www.a.com may connect to 81, for example http://www.a.com/game.swf to port 81"
)]
#[case::secure_is_added(
    "G(a.com|5000)",
    "G(a.com|5000|true)",
    "newly denied over http: a.com may no longer connect to 5000, for example http://a.com/game.swf to port 5000"
)]
#[case::secure_is_taken_away(
    "G(*|5000|true)",
    "G(*|5000|false)",
    "newly permitted over http: * may connect to 5000 (local-with-networking SWFs too), for example http://anyone.example/game.swf to port 5000"
)]
#[case::a_secure_rule_is_added(
    "SC=all",
    "G(*|5000|true)",
    "newly permitted over https: * may connect to 5000, for example https://anyone.example/game.swf to port 5000"
)]
#[case::to_ports_is_removed(
    "G(a.com|5000)",
    "<cross-domain-policy><allow-access-from domain='a.com'/></cross-domain-policy>",
    "newly denied: a.com may no longer connect to 5000, for example http://a.com/game.swf to port 5000"
)]
#[case::a_bad_domain_is_repaired(
    "G(http://a.com|5000)",
    "G(a.com|5000)",
    "newly permitted: a.com may connect to 5000, for example http://a.com/game.swf to port 5000"
)]
#[case::bad_ports_are_repaired(
    "G(a.com|5000,70000)",
    "G(a.com|5000,7000)",
    "newly permitted: a.com may connect to 5000,7000, for example http://a.com/game.swf to port 5000"
)]
#[case::an_address(
    "G(192.0.2.7|5000)",
    "G(192.0.2.8|5000)",
    "newly permitted: 192.0.2.8 may connect to 5000, for example http://192.0.2.8/game.swf to port 5000\n\
     newly denied: 192.0.2.7 may no longer connect to 5000, for example http://192.0.2.7/game.swf to port 5000"
)]
#[case::an_ipv6_address(
    "SC=all",
    "G(2001:DB8::1|5000)",
    "newly permitted: 2001:DB8::1 may connect to 5000, for example http://[2001:db8::1]/game.swf to port 5000"
)]
#[case::a_trailing_dot_is_another_host(
    "G(a.com|5000)",
    "G(a.com.|5000)",
    "newly permitted: a.com. may connect to 5000, for example http://a.com./game.swf to port 5000\n\
     newly denied: a.com may no longer connect to 5000, for example http://a.com/game.swf to port 5000"
)]
#[case::a_longer_label_is_not_below(
    "G(*.a.com|5000)G(my-a.com|5000)G(a2.com|5000)",
    "G(*.a.com|5000)G(b.a.com|5001)",
    "newly permitted: b.a.com may connect to 5001, for example http://b.a.com/game.swf to port 5001\n\
     newly denied: a2.com, my-a.com may no longer connect to 5000, for example http://a2.com/game.swf to port 5000"
)]
#[case::every_port_but_0(
    "G(a.com|*)",
    "G(a.com|1-65535)",
    "newly denied: a.com may no longer connect to 0, for example http://a.com/game.swf to port 0"
)]
#[case::every_port(
    "SC=all",
    "G(a.com|*)",
    "newly permitted: a.com may connect to *, for example http://a.com/game.swf to port 1"
)]
#[case::the_usual_witnesses_are_named(
    "SC=all",
    "G(*|5000)G(*.example|6000)G(anyone.test|6000)G(anyone|6000)",
    "newly permitted: * may connect to 5000 (local-with-networking SWFs too), for example http://anyone1/game.swf to port 5000\n\
     newly permitted: anyone, *.example, anyone.test may connect to 6000, for example http://anyone/game.swf to port 6000"
)]
fn a_change_is_named_with_a_witness(#[case] old: &str, #[case] new: &str, #[case] expected: &str) {
    assert_eq!(diff(old, new).to_string(), expected);
}

#[rstest]
#[case::order("G(a.com|1)G(b.com|2)", "G(b.com|2)G(a.com|1)")]
#[case::duplicates("G(a.com|1)", "G(a.com|1)G(a.com|1)")]
#[case::white_space_and_comments(
    "G(a.com|1,2)",
    "<cross-domain-policy> <!-- both -->\n\n<allow-access-from\n  to-ports = ' 1, 2 ' domain='a.com'></allow-access-from></cross-domain-policy>"
)]
#[case::ports_in_pieces("G(a.com|1-10)", "G(a.com|6-10)G(a.com|1-3,2-5)")]
#[case::overlapping_ranges("G(a.com|1-10,5-20)", "G(a.com|1-20,7)")]
#[case::any_port_among_others("G(a.com|*)", "G(a.com|80,*)")]
#[case::upper_case("G(*.A.com|1)", "G(*.a.COM|1)")]
#[case::ipv6_spellings(
    "G(::1|1)G(2001:db8:0:0:0:0:0:1|1)",
    "G([0:0:0:0:0:0:0:1]|1)G(2001:DB8::1|1)"
)]
#[case::the_apex_beside_its_wildcard("G(*.a.com|1)", "G(a.com|1)G(*.a.com|1)")]
#[case::a_narrower_wildcard_with_less("G(*.a.com|1-5)", "G(*.a.com|1-5)G(*.b.a.com|2)")]
#[case::anybody_beside_everybody("G(*|1)", "G(*|1)G(10.0.0.1|1)G(www.a.com|1|true)")]
#[case::secure_beside_not_secure("G(a.com|1)", "G(a.com|1|true)G(a.com|1|false)")]
#[case::an_odd_secure_counts_as_absent("G(a.com|1)", "G(a.com|1|yes)")]
#[case::dead_rules("G(a.com|1)", "G(a.com|1)G(*b.com|1)G(10.0.0.*|1)G(c.com|5-1)G(d.com:80|1)")]
#[case::a_domain_with_blanks_names_nobody("SC=all", "G( a.com|1)G(*.a.com |1)")]
#[case::all_is_the_default("G(a.com|1)", "SC=all G(a.com|1)")]
#[case::the_strictest_counts("SC=master-only G(a.com|1)", "SC=all SC=master-only G(a.com|1)")]
#[case::an_inapplicable_one_is_master_only(
    "SC=by-content-type G(a.com|1)",
    "SC=master-only G(a.com|1)"
)]
#[case::an_unknown_one_is_none("SC=none G(a.com|1)", "SC=bogus G(b.com|1)")]
#[case::none_and_master_only_without_grants("SC=none", "SC=master-only")]
fn what_means_the_same_is_no_change(#[case] old: &str, #[case] new: &str) {
    for (old, new) in [(old, new), (new, old)] {
        let diff = diff(old, new);
        assert_eq!(
            (diff.to_string().as_str(), diff.is_empty(), diff.widens()),
            (NO_CHANGE, true, false)
        );
    }
}

#[rstest]
#[case::none_to_all("SC=none", "SC=all", Some((MetaPolicy::None, MetaPolicy::All, true)))]
#[case::master_only_to_nothing("SC=master-only", "G(*a.com|1)", Some((MetaPolicy::MasterOnly, MetaPolicy::All, true)))]
#[case::all_to_master_only("SC=all", "SC=master-only", Some((MetaPolicy::All, MetaPolicy::MasterOnly, false)))]
#[case::nothing_to_unknown("G(*a.com|1)", "SC=Master-Only", Some((MetaPolicy::All, MetaPolicy::None, false)))]
#[case::all_to_inapplicable("SC=all", "SC=by-ftp-filename", Some((MetaPolicy::All, MetaPolicy::MasterOnly, false)))]
#[case::none_to_master_only("SC=none", "SC=master-only", None)]
fn which_other_policies_count_is_a_change(
    #[case] old: &str,
    #[case] new: &str,
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

// M1, L5: another policy of the host grants everybody everything; what the master says of it decides.
#[rstest]
#[case::all("SC=all", true)]
#[case::master_only("SC=master-only", false)]
#[case::none("SC=none", false)]
fn the_player_agrees_on_which_other_policies_count(#[case] master: &str, #[case] expected: bool) {
    let mut player = Evaluator::new("http://a.com/game.swf").unwrap();
    player = player.policy("h:843", document(master)).policy("h:5000", document("G(*|*)"));
    let counts = player.connect("h", 5000).granted_by().is_some();
    assert_eq!((counts, diff("SC=none", master).widens()), (expected, expected));
}

#[test]
fn the_meta_policy_s_change_is_a_line_of_its_own() {
    let expected = "newly permitted: a.com may connect to 5000, for example http://a.com/game.swf to port 5000\n\
                    widened: other policy files of the host count now, the meta-policy was none and is all";
    assert_eq!(diff("SC=none G(a.com|5000)", "G(a.com|5000)").to_string(), expected);
    let expected = "narrowed: other policy files of the host count no longer, the meta-policy was all and is master-only";
    assert_eq!(diff("SC=all G(a.com|5000)", "SC=master-only G(a.com|5000)").to_string(), expected);
}

// L5: the grants of a master that says `none` are void.
#[test]
fn what_a_void_master_grants_is_no_change() {
    assert_eq!(diff("SC=none G(a.com|5000)", "SC=none G(*|*)").to_string(), NO_CHANGE);
    let lifted = diff("SC=none G(a.com|5000)", "SC=master-only G(a.com|5000)");
    assert_eq!((lifted.changes().len(), lifted.meta_policy(), lifted.widens()), (1, None, true));
}

// M1: a site-control is the master's alone.
#[test]
fn a_site_control_elsewhere_is_no_change() {
    let diff = diff_from(5000, "SC=none G(a.com|5000)", "G(a.com|5000)", &Profile::default());
    assert_eq!(diff.to_string(), NO_CHANGE);
}

// P1, P2: a policy from a high port cannot grant a low one.
#[rstest]
#[case::the_master(MASTER_PORT, "1000-1040,5000")]
#[case::the_highest_low_port(1023, "1000-1040,5000")]
#[case::the_lowest_high_port(1024, "1024-1040,5000")]
#[case::a_high_port(5000, "1024-1040,5000")]
fn what_a_location_cannot_grant_is_no_change(#[case] served_from: u16, #[case] expected: &str) {
    let diff = diff_from(served_from, "SC=all", "G(a.com|1000-1040,5000)", &Profile::default());
    assert_eq!(diff.changes()[0].ports().to_string(), expected);
    let low = diff_from(served_from, "SC=all", "G(a.com|1-1023)", &Profile::default());
    assert_eq!(low.is_empty(), served_from >= 1024);
}

#[rstest]
#[case::q10_only_the_bad_item_is_void(|profile: &mut Profile| profile.document.bad_to_ports = Dead::Item,
    "G(a.com|5000,70000)", "G(a.com|5000)")]
#[case::q12_secure_by_default(|profile: &mut Profile| profile.document.secure_by_default = true, "G(a.com|1)", "G(a.com|1|true)")]
#[case::q15_unknown_is_all(|profile: &mut Profile| profile.document.unknown_meta_policy = MetaPolicy::All, "SC=bogus", "SC=all")]
#[case::q17_a_trailing_dot_is_nothing(|profile: &mut Profile| profile.document.trailing_dot = TrailingDot::Ignored,
    "G(*.a.com.|1)G(b.com|1)", "G(*.a.com|1)G(b.com.|1)")]
#[case::strict_rejects_the_file(|profile: &mut Profile| *profile = Profile::strict(),
    "SC=none", "<cross-domain-policy><allow-access-from domain='*' to-ports='*'/><allow-access-from domain='a.com'/></cross-domain-policy>")]
fn the_profile_decides_what_a_document_means(
    #[case] change: fn(&mut Profile),
    #[case] old: &str,
    #[case] new: &str,
) {
    let mut profile = Profile::default();
    assert!(!diff_from(MASTER_PORT, old, new, &profile).is_empty());
    change(&mut profile);
    assert_eq!(diff_from(MASTER_PORT, old, new, &profile).to_string(), NO_CHANGE);
}

#[test]
fn a_change_has_its_parts() {
    let diff = diff("G(www.a.com|443)", "G(*.a.com|443|true)G(www.a.com|443)");
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
    let hosts: String = (10..32).map(|n| format!("G(h{n}.com|{})", ports.join(","))).collect();
    let text = diff("SC=all", &hosts).to_string();
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

// R3, D2: content without an origin counts as everybody else, over http.
#[rstest]
#[case::everybody("G(*|5000)", true)]
#[case::some("G(*.a.com|5000)", false)]
#[case::over_https("G(*|5000|true)", false)]
fn local_with_networking_is_everybody_else(#[case] new: &str, #[case] expected: bool) {
    let mut player =
        Evaluator::new(Sandbox::LocalWithNetworking).unwrap().policy("h:843", document(new));
    let is_said = diff("SC=all", new).to_string().contains("local-with-networking SWFs too");
    assert_eq!((player.connect("h", 5000).granted_by().is_some(), is_said), (expected, expected));
}

/// As many elements as a policy can hold.
fn full(element: impl Fn(usize) -> String) -> PolicyFile {
    let mut xml = String::from("<cross-domain-policy>");
    for element in (0..).map(element) {
        if xml.len() + element.len() + 30 > MAX_POLICY_BYTES {
            break;
        }
        xml.push_str(&element);
    }
    PolicyFile::parse(xml + "</cross-domain-policy>").unwrap()
}

fn rule(domain: &str, ports: &str) -> String {
    format!("<allow-access-from domain=\"{domain}\" to-ports=\"{ports}\"/>")
}

fn odd_ports(count: usize) -> String {
    let ports: Vec<_> = (0..count).map(|n| (1 + 2 * n).to_string()).collect();
    ports.join(",")
}

#[rstest]
#[case::different_hosts(|n| rule(&format!("h{n}"), "1"), |n| rule(&format!("g{n}"), "1"))]
#[case::everybody_and_different_ports(|n: usize| rule("*", &(1 + 2 * n).to_string()), |n: usize| rule("*", &(2 + 2 * n).to_string()))]
#[case::hosts_over_many_ports(
    |n: usize| if n == 0 { rule("*", &odd_ports(6000)) } else { rule(&format!("h{n}"), &(2 * n).to_string()) },
    |n: usize| rule(&format!("h{n}"), &(60_000 - n).to_string()))]
#[case::hosts_with_all_over_many_ports(
    |n| if n == 0 { rule("*", &odd_ports(6000)) } else { rule(&format!("h{n}"), "*") },
    |n| rule(&format!("h{n}"), &format!("{}-65535", 1 + 7 * n)))]
#[case::hosts_that_lack_one_of_many_ports_each(
    |n: usize| rule(&if n == 0 { "*".to_owned() } else { format!("h{n}") }, &if n == 0 { odd_ports(5500) } else { (2 * n).to_string() }),
    |n: usize| rule(&if n == 0 { "*".to_owned() } else { format!("h{n}") }, &(1 + 2 * n).to_string()))]
#[case::ever_deeper_wildcards(
    |n: usize| rule(&format!("*{}", ".a".repeat(n + 1)), &(1 + 2 * n).to_string()),
    |n: usize| rule(&format!("*{}", ".a".repeat(n + 1)), &format!("{}-65535", 1 + n)))]
#[case::one_name_as_long_as_can_be(
    |n| if n == 0 { rule(&format!("*{}", ".a".repeat(32_000)), "1") } else { rule("*", "2") },
    |n| if n == 0 { rule(&format!("b{}", ".a".repeat(32_000)), "1") } else { rule("a", "2") })]
#[case::witnesses_that_are_taken(
    |n| rule(&if n == 0 { "*.a".to_owned() } else { format!("www{n}.a") }, "1"),
    |n| rule(&if n == 0 { "www.a".to_owned() } else { format!("anyone{n}") }, "1"))]
fn hostile_policies_have_a_difference_too(
    #[case] old: fn(usize) -> String,
    #[case] new: fn(usize) -> String,
) {
    let diff = Diff::between(&full(old), &full(new), MASTER_PORT, &Profile::default());
    assert!(!diff.is_empty() && diff.to_string().starts_with("newly "));
}

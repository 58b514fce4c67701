//! Requesters that no rule names: which rule comes nearest, and in which policy.

use rstest::rstest;

use super::assert_found;
use crate::policies::{Element, allow, policy, site_control};
use crate::scene::{Scene, scene};

/// A requester that the master's policy does not name.
struct NearMiss {
    requester: &'static str,
    /// The domains that the policy lists.
    domains: &'static [&'static str],
    id: &'static str,
    /// What the reason says.
    because: &'static str,
    /// What the advice says.
    advice: &'static str,
}

#[rstest]
#[case::a_scheme(NearMiss {
    requester: "a.com",
    domains: &["b.com", "http://a.com"],
    id: "FSP-D05",
    because: "at 4:20: domain=\"http://a.com\"",
    advice: "host",
})]
#[case::a_port(NearMiss {
    requester: "a.com",
    domains: &["a.com:8080", "b.com"],
    id: "FSP-D06",
    because: "at 3:20: domain=\"a.com:8080\"",
    advice: "port",
})]
#[case::a_path(NearMiss {
    requester: "a.com",
    domains: &["a.com/game", "b.com"],
    id: "FSP-D07",
    because: "at 3:20: domain=\"a.com/game\"",
    advice: "host",
})]
#[case::a_star_in_the_middle(NearMiss {
    requester: "www.a.com",
    domains: &["www.*.com", "b.com"],
    id: "FSP-D08",
    because: "www.*.com",
    advice: "*.example.com",
})]
#[case::a_star_and_a_dot_alone(NearMiss {
    requester: "a.com",
    domains: &["*."],
    id: "FSP-D08",
    because: "*.",
    advice: "*.example.com",
})]
// A faulty rule that is not meant for the requester does not explain.
#[case::somebody_else_s_fault(NearMiss {
    requester: "a.com",
    domains: &["http://b.org", "c.org"],
    id: "FSP-L28",
    because: "no rule names the requester a.com; it lists http://b.org, c.org",
    advice: "add <allow-access-from domain=\"a.com\" to-ports=\"5000\"/> to the policy of h:843",
})]
#[case::without_www(NearMiss {
    requester: "a.com",
    domains: &["b.com", "www.a.com"],
    id: "FSP-D10",
    because: "at 4:20: requester a.com is not covered; policy lists www.a.com",
    advice: "list a.com too, or use a wildcard such as *.a.com",
})]
#[case::with_www(NearMiss {
    requester: "www.a.com",
    domains: &["a.com", "b.com"],
    id: "FSP-D10",
    because: "at 3:20: requester www.a.com is not covered; policy lists a.com",
    advice: "list www.a.com too, or use a wildcard such as *.a.com",
})]
#[case::a_name_and_an_address(NearMiss {
    requester: "10.0.0.5",
    domains: &["a.com"],
    id: "FSP-D11",
    because: "requester is 10.0.0.5, policy names a.com",
    advice: "add <allow-access-from domain=\"10.0.0.5\" to-ports=\"5000\"/>",
})]
#[case::a_name_and_an_ipv6_address(NearMiss {
    requester: "a.com",
    domains: &["[::1]"],
    id: "FSP-D11",
    because: "requester is a.com, policy names [::1]",
    advice: "add <allow-access-from domain=\"a.com\" to-ports=\"5000\"/>",
})]
#[case::localhost(NearMiss {
    requester: "localhost",
    domains: &["b.com", "127.0.0.1"],
    id: "FSP-D12",
    because: "at 4:20: localhost and 127.0.0.1 are different domains",
    advice: "add <allow-access-from domain=\"localhost\" …/> to the policy of h:843",
})]
#[case::a_dot_in_the_rule(NearMiss {
    requester: "a.com",
    domains: &["a.com."],
    id: "FSP-D13",
    because: "ends with a dot, and the requester a.com does not",
    advice: "take the dot at the end of a.com. out of that rule",
})]
#[case::a_dot_in_the_swf(NearMiss {
    requester: "a.com.",
    domains: &["a.com"],
    id: "FSP-D13",
    because: "differs from the requester a.com. by the dot at its end",
    advice: "load the SWF from a.com, without the dot, or list a.com. with it too",
})]
#[case::a_subdomain(NearMiss {
    requester: "play.a.com",
    domains: &["b.com", "a.com"],
    id: "FSP-R10",
    because: "play.a.com is a different domain from a.com",
    advice: "list play.a.com too, or use *.a.com",
})]
#[case::its_own_host(NearMiss {
    requester: "h",
    domains: &["a.com"],
    id: "FSP-S10",
    because: "policy does not list the requester's own host h",
    advice: "add <allow-access-from domain=\"h\" to-ports=\"5000\"/> to the policy of h:843",
})]
#[case::a_stranger(NearMiss {
    requester: "a.com",
    domains: &["b.org", "c.net"],
    id: "FSP-L28",
    because: "no rule names the requester a.com; it lists b.org, c.net",
    advice: "add <allow-access-from domain=\"a.com\" to-ports=\"5000\"/> to the policy of h:843",
})]
#[case::a_sibling(NearMiss {
    requester: "play.a.com",
    domains: &["b.org", "www.a.com"],
    id: "FSP-L28",
    because: "no rule names the requester play.a.com; www.a.com comes nearest",
    advice: "add <allow-access-from domain=\"play.a.com\" to-ports=\"5000\"/>",
})]
fn the_rule_that_comes_nearest_is_named(#[case] miss: NearMiss) {
    let rules: Vec<Element> = miss.domains.iter().map(|domain| allow(domain, "5000")).collect();
    let text = scene().master(policy(rules)).requester(miss.requester).text();
    let because = line(&text, "because");
    assert!(because.contains(miss.because) && because.contains(miss.id), "{text}");
    let advice = line(&text, "advice");
    assert!(advice.contains(miss.advice) && advice.contains(miss.id), "{text}");
    // Nothing that the reason said is said again.
    let others = text.lines().filter(|line| line.starts_with("  note"));
    assert!(others.clone().all(|note| !note.contains(miss.id)), "{text}");
}

// The nearest rule may be in any policy that was read, and the reason says in which.
#[rstest]
#[case::in_the_master(
    scene().master(policy([allow("www.a.com", "*")])).in_band(policy([allow("b.com", "*")])),
    "h:843: error FSP-D10 at 3:20",
    "list a.com too"
)]
#[case::in_band(
    scene().master(policy([allow("b.com", "*")])).in_band(policy([allow("www.a.com", "*")])),
    "h:5000: error FSP-D10 at 3:20",
    "list a.com too"
)]
#[case::in_a_location_that_was_named(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, policy([allow("a.com:80", "*")]))
        .in_band(policy([allow("c.com", "*")])),
    "h:2525: error FSP-D06 at 3:20",
    "port"
)]
#[case::nowhere(
    scene().master(policy([allow("b.com", "*")])).in_band(policy([allow("c.com", "*")])),
    "error FSP-L28: no rule names the requester a.com; it lists b.com, c.com",
    "to the policy of h:5000"
)]
// A rule is advised where it would grant: a policy from a high port cannot grant a low one.
#[case::a_low_port(
    scene()
        .master(policy([allow("b.com", "*")]))
        .explicit(2525, policy([allow("c.com", "*")]))
        .connect_to(80),
    "error FSP-L28: no rule names the requester a.com; it lists b.com, c.com",
    "to-ports=\"80\"/> to the policy of h:843"
)]
#[case::an_empty_policy_in_band(
    scene().in_band("<cross-domain-policy/>"),
    "h:5000: error FSP-D30 at 1:1: policy grants nothing",
    "add an <allow-access-from>"
)]
fn the_policy_of_the_nearest_rule_is_named(
    #[case] scene: Scene,
    #[case] because: &str,
    #[case] advice: &str,
) {
    let text = scene.text();
    assert!(line(&text, "because").contains(because), "{text}");
    assert!(line(&text, "advice").contains(advice), "{text}");
}

// A master that lets no other location answer does not hide its near miss.
#[rstest]
#[case::a_port(policy([site_control("master-only"), allow("a.com", "7000")]), "FSP-D02")]
#[case::its_own_port(policy([site_control("master-only"), allow("a.com", "843")]), "FSP-D03")]
#[case::https(policy([site_control("master-only"), allow("a.com", "*").secure("true")]), "FSP-D15")]
#[case::a_domain(policy([site_control("master-only"), allow("b.com", "*")]), "FSP-L28")]
#[case::www(policy([site_control("master-only"), allow("www.a.com", "*")]), "FSP-D10")]
fn a_near_miss_under_master_only_is_named(#[case] master: String, #[case] id: &str) {
    let near = format!("error {id}");
    let alone = scene().master(master.as_str());
    assert_found(alone, &[&near, "info FSP-S16"]);
    let in_band = scene().master(master.as_str()).in_band(policy([allow("*", "*")]));
    assert_found(in_band, &[&near, "info FSP-S16"]);
    // The SWF had named a location that was kept out: that is the reason.
    let named = scene().master(master.as_str()).explicit(2525, policy([allow("*", "*")]));
    assert_found(named, &["error FSP-S02"]);
    // Where the master is the only location anyway, it kept nobody out.
    let only = scene().master(master).connect_to(843).requester("c.org");
    let found = only.diagnostics();
    assert!(!found.contains(&"info FSP-S16".to_owned()), "{found:?}");
}

/// Returns the line of a diagnosis that begins with `name`.
fn line<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find(|line| line.trim_start().starts_with(name));
    line.unwrap_or_else(|| panic!("no line {name}:\n{text}"))
}

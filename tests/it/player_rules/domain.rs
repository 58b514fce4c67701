//! Rulebook D: which requesters a policy names.

use rstest::rstest;

use crate::observed::{denied, permitted_by};
use crate::policies::{allow, policy};
use crate::scene::scene;

#[rstest]
// D1: a star, a suffix, a host, an address, and nothing else.
#[case::any("*", "a.com", true, &[])]
#[case::suffix("*.a.com", "www.a.com", true, &[])]
#[case::host("a.com", "a.com", true, &[])]
#[case::address("192.0.2.7", "192.0.2.7", true, &[])]
// D2: a star covers addresses too.
#[case::any_address("*", "192.0.2.7", true, &[])]
#[case::any_ipv6("*", "[::1]", true, &[])]
// D3: a suffix covers any depth and its own root, but not a name that only looks similar.
#[case::depth("*.a.com", "x.y.a.com", true, &[])]
#[case::root("*.a.com", "a.com", true, &[])]
#[case::glued("*.a.com", "nota.com", false, &["FSP-L28"])]
#[case::continued("*.a.com", "a.com.evil", false, &["FSP-L28"])]
// D4: a star anywhere else is invalid.
#[case::no_dot("*a.com", "a.com", false, &["FSP-D08", "FSP-D30"])]
#[case::middle("www.*.com", "www.a.com", false, &["FSP-D08", "FSP-D30"])]
#[case::end("a.*", "a.com", false, &["FSP-D08", "FSP-D30"])]
#[case::bare("*.", "a.com", false, &["FSP-D08", "FSP-D30"])]
// D5: no wildcards in addresses.
#[case::wild_address("192.0.2.*", "192.0.2.7", false, &["FSP-D08", "FSP-D30"])]
#[case::wild_head("*.0.2.7", "192.0.2.7", false, &["FSP-D08", "FSP-D30"])]
// D6: a name does not match its address, nor an address its name.
#[case::localhost("localhost", "127.0.0.1", false, &["FSP-D12"])]
#[case::loopback("127.0.0.1", "localhost", false, &["FSP-D12"])]
#[case::loopback_6("127.0.0.1", "[::1]", false, &["FSP-L28"])]
// D7: ASCII case does not matter.
#[case::case_of_the_rule("WWW.A.com", "www.a.com", true, &[])]
#[case::case_of_the_requester("www.a.com", "WWW.A.COM", true, &[])]
// D8: nothing is normalised, but IPv6 addresses are parsed.
#[case::dot_of_the_rule("a.com.", "a.com", false, &["FSP-D13"])]
#[case::dot_of_the_requester("a.com", "a.com.", false, &["FSP-D13"])]
#[case::dot_of_both("a.com.", "a.com.", true, &["FSP-D13"])]
#[case::ipv6_spellings("::1", "[0:0:0:0:0:0:0:1]", true, &[])]
#[case::ipv6_brackets("[::1]", "[::1]", true, &[])]
// D9: a domain with a port, a scheme or a path matches nothing.
#[case::port("a.com:80", "a.com", false, &["FSP-D06", "FSP-D30"])]
#[case::scheme("http://a.com", "a.com", false, &["FSP-D05", "FSP-D30"])]
// D10: a host does not cover its subdomains.
#[case::subdomain("a.com", "www.a.com", false, &["FSP-D10"])]
// D11: an empty domain grants nothing.
#[case::empty("", "a.com", false, &["FSP-D30", "FSP-L08"])]
fn a_domain_is_matched(
    #[case] domain: &str,
    #[case] requester: &str,
    #[case] matches: bool,
    #[case] diagnostics: &[&str],
) {
    let diagnostics = diagnostics.iter().copied();
    let expected = if matches {
        permitted_by(843).diagnostics(diagnostics)
    } else {
        denied("domain-not-listed")
            .asked([(843, "policy"), (5000, "closed")])
            .connections(1)
            .diagnostics(diagnostics)
    };
    let scene = scene().master(policy([allow(domain, "*")])).requester(requester);
    assert_eq!(scene.play(), expected, "left: observed, right: expected");
}

// D12: the SWF's scheme, port, path and user-info are not part of its identity.
#[rstest]
#[case::https("https://a.com/game.swf")]
#[case::port("http://a.com:8080/game.swf")]
#[case::user_info("http://b.com@a.com/game.swf?http://c.com/")]
#[case::no_path("http://a.com")]
fn only_the_host_of_the_swf_counts(#[case] url: &str) {
    let scene = scene().master(policy([allow("a.com", "*")])).swf(url);
    assert_eq!(scene.play(), permitted_by(843), "left: observed, right: expected");
}

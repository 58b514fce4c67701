//! The policy that grants nothing: how bad that is, and why it is so.

use flash_policy_core::diagnostics::{Severity, rules};
use flash_policy_core::document::{PolicyFile, PolicyKind, PolicyPlace};
use rstest::rstest;

use super::policy;

/// Returns the severity, the message and the help of FSP-D30, if the document has it.
fn found(kind: PolicyKind, elements: &str) -> Option<(Severity, String, String)> {
    let policy = PolicyFile::parse_as(kind, policy(elements)).unwrap();
    let mut found = policy.diagnostics().iter();
    let found = found.find(|one| *one.rule() == rules::EMPTY_POLICY_DENY)?;
    Some((found.severity(), found.message().to_owned(), found.help().to_owned()))
}

#[rstest]
#[case::nothing("", Severity::Warning, "it has no <allow-access-from>", "add an <allow")]
#[case::all(
    "<site-control permitted-cross-domain-policies='all'/>",
    Severity::Info,
    "leaves all to other policies",
    "let each port answer"
)]
#[case::master_only(
    "<site-control permitted-cross-domain-policies='master-only'/>",
    Severity::Error,
    "forbids all other policies",
    "add an <allow-access-from>"
)]
#[case::none(
    "<site-control permitted-cross-domain-policies='none'/>",
    Severity::Error,
    "its meta-policy is none",
    "add an <allow-access-from>"
)]
#[case::the_strictest_counts(
    "<site-control permitted-cross-domain-policies='all'/>\
     <site-control permitted-cross-domain-policies='none'/>",
    Severity::Error,
    "its meta-policy is none",
    "add an <allow-access-from>"
)]
#[case::unknown(
    "<site-control permitted-cross-domain-policies='All'/>",
    Severity::Error,
    "its meta-policy is unknown",
    "did you mean \"all\"?"
)]
#[case::inside_a_site_control(
    "<site-control permitted-cross-domain-policies='all'>\
     <allow-access-from domain='a' to-ports='1'/></site-control>",
    Severity::Error,
    "<allow-access-from> stands inside <site-control>",
    "move <allow-access-from> out of <site-control>"
)]
#[case::inside_an_unknown_element(
    "<rules><allow-access-from domain='a' to-ports='1'/></rules>",
    Severity::Error,
    "<allow-access-from> stands inside <rules>",
    "move <allow-access-from> out of <rules>"
)]
#[case::misspelt(
    "<allow-acces-from domain='a' to-ports='1'/>",
    Severity::Error,
    "<allow-acces-from> is not <allow-access-from>",
    "write <allow-access-from> in place of <allow-acces-from>"
)]
#[case::misspelt_beside_a_meta_policy(
    "<site-control permitted-cross-domain-policies='all'/>\
     <allow_access_from domain='a' to-ports='1'/>",
    Severity::Error,
    "<allow_access_from> is not <allow-access-from>",
    "write <allow-access-from> in place of <allow_access_from>"
)]
#[case::no_ports(
    "<allow-access-from domain='a'/>",
    Severity::Error,
    "its only rule has no to-ports",
    "add to-ports"
)]
#[case::bad_ports(
    "<allow-access-from domain='a' to-ports='6-5'/>",
    Severity::Error,
    "its only rule has a to-ports that cannot be read",
    "write the smaller port first"
)]
#[case::a_bad_domain(
    "<allow-access-from domain='http://a' to-ports='5'/>",
    Severity::Error,
    "its only rule names no valid domain",
    "write the bare host"
)]
#[case::void_beside_a_meta_policy(
    "<site-control permitted-cross-domain-policies='all'/><allow-access-from domain='a'/>",
    Severity::Error,
    "its only rule has no to-ports",
    "add to-ports"
)]
#[case::several(
    "<allow-access-from domain='a'/><allow-access-from to-ports='5'/>",
    Severity::Error,
    "none of its 2 rules counts, and the first of them has no to-ports",
    "correct each rule"
)]
#[case::several_alike(
    "<allow-access-from domain='a'/><allow-access-from domain='b'/>",
    Severity::Error,
    "none of its 2 rules has to-ports",
    "add to-ports"
)]
fn a_policy_that_grants_nothing_says_why(
    #[case] elements: &str,
    #[case] severity: Severity,
    #[case] why: &str,
    #[case] help: &str,
) {
    let (is, message, advice) = found(PolicyKind::Socket, elements).unwrap();
    assert_eq!(is, severity, "{message}");
    assert!(message.contains(why), "{message}");
    assert!(advice.contains(help), "{advice}");
}

#[rstest]
#[case::a_rule("<allow-access-from domain='a' to-ports='1'/>")]
#[case::a_rule_beside_a_void_one(
    "<allow-access-from domain='a' to-ports='1'/><allow-access-from domain='a'/>"
)]
#[case::a_rule_beside_a_misspelt_one(
    "<allow-acces-from/><allow-access-from domain='a' to-ports='1'/>"
)]
fn a_policy_that_grants_something_is_not_empty(#[case] elements: &str) {
    assert_eq!(found(PolicyKind::Socket, elements), None);
}

#[rstest]
#[case::none("<site-control permitted-cross-domain-policies='none'/>", None)]
#[case::headers("<allow-http-request-headers-from domain='a' headers='b'/>", None)]
#[case::nothing("", Some(Severity::Warning))]
#[case::unknown("<foo/>", Some(Severity::Warning))]
#[case::misspelt("<allow-acces-from domain='a'/>", Some(Severity::Error))]
#[case::inside_a_site_control(
    "<site-control permitted-cross-domain-policies='all'><allow-access-from domain='a'/>\
     </site-control>",
    Some(Severity::Error)
)]
#[case::a_bad_domain("<allow-access-from domain='http://a'/>", Some(Severity::Error))]
fn a_policy_for_data_may_serve_other_ends(
    #[case] elements: &str,
    #[case] severity: Option<Severity>,
) {
    assert_eq!(found(PolicyKind::Url, elements).map(|(severity, ..)| severity), severity);
}

#[test]
fn a_rule_in_a_comment_is_pointed_at() {
    let xml = "<cross-domain-policy>\n<!-- <allow-access-from domain='*' to-ports='5'/> -->\n\
               </cross-domain-policy>";
    let policy = PolicyFile::parse(xml).unwrap();
    let help = "take the <allow-access-from> at 2:6 out of its comment, or add another";
    for place in [PolicyPlace::Master, PolicyPlace::Elsewhere] {
        let found = policy.diagnostics_in(place);
        assert_eq!((found.len(), found[0].help()), (1, help), "{found:?}");
    }
}

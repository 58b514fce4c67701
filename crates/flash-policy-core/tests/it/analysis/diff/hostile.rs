//! The difference of two policies of the largest size, built so that it is expensive to compute.

use flash_policy_core::Profile;
use flash_policy_core::analysis::Diff;
use flash_policy_core::document::{MAX_POLICY_BYTES, PolicyFile};
use flash_policy_core::player::MASTER_PORT;
use rstest::rstest;

/// Returns a policy with as many of these elements as fit into the largest policy.
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
#[case::everybody_and_different_ports(
    |n: usize| rule("*", &(1 + 2 * n).to_string()),
    |n: usize| rule("*", &(2 + 2 * n).to_string())
)]
#[case::hosts_over_many_ports(
    |n: usize| {
        if n == 0 {
            rule("*", &odd_ports(6000))
        } else {
            rule(&format!("h{n}"), &(2 * n).to_string())
        }
    },
    |n: usize| rule(&format!("h{n}"), &(60_000 - n).to_string())
)]
#[case::hosts_with_all_over_many_ports(
    |n| if n == 0 { rule("*", &odd_ports(6000)) } else { rule(&format!("h{n}"), "*") },
    |n| rule(&format!("h{n}"), &format!("{}-65535", 1 + 7 * n))
)]
#[case::hosts_that_lack_one_of_many_ports_each(
    |n: usize| {
        rule(
            &if n == 0 { "*".to_owned() } else { format!("h{n}") },
            &if n == 0 { odd_ports(5500) } else { (2 * n).to_string() },
        )
    },
    |n: usize| {
        rule(&if n == 0 { "*".to_owned() } else { format!("h{n}") }, &(1 + 2 * n).to_string())
    }
)]
#[case::ever_deeper_wildcards(
    |n: usize| rule(&format!("*{}", ".a".repeat(n + 1)), &(1 + 2 * n).to_string()),
    |n: usize| rule(&format!("*{}", ".a".repeat(n + 1)), &format!("{}-65535", 1 + n))
)]
#[case::one_name_as_long_as_can_be(
    |n| if n == 0 { rule(&format!("*{}", ".a".repeat(32_000)), "1") } else { rule("*", "2") },
    |n| if n == 0 { rule(&format!("b{}", ".a".repeat(32_000)), "1") } else { rule("a", "2") }
)]
#[case::witnesses_that_are_taken(
    |n| rule(&if n == 0 { "*.a".to_owned() } else { format!("www{n}.a") }, "1"),
    |n| rule(&if n == 0 { "www.a".to_owned() } else { format!("anyone{n}") }, "1")
)]
fn hostile_policies_have_a_difference_too(
    #[case] old: fn(usize) -> String,
    #[case] new: fn(usize) -> String,
) {
    let diff = Diff::between(&full(old), &full(new), MASTER_PORT, &Profile::default());
    assert!(!diff.is_empty() && diff.to_string().starts_with("newly "));
}

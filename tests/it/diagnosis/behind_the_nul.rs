//! What a server sends behind the NUL that ends its answer. The player ignores it, and the
//! diagnosis watches for it for `timing.watch_after_answer`, 0.1 s by default.

use std::time::Duration;

use flash_policy_fixture::wire::Script;
use rstest::rstest;

use super::{answer, assert_found, open_policy};
use crate::policies::{allow, policy};
use crate::scene::scene;

/// Answers with a policy that allows everybody, and sends `more` this many milliseconds later.
fn policy_then(millis: u64, more: impl AsRef<[u8]>) -> Script {
    let pause = Duration::from_millis(millis);
    answer(open_policy() + "\0").wait(pause).write(more)
}

fn second_policy() -> String {
    policy([allow("b.com", "*")]) + "\0"
}

#[rstest]
#[case::nothing(policy_then(0, ""), &[])]
#[case::one_nul(policy_then(0, "\0"), &["warning FSP-T17"])]
#[case::many_nuls(policy_then(0, "\0\0\0"), &["warning FSP-T17"])]
#[case::one_character(policy_then(0, ")"), &["warning FSP-T17"])]
#[case::a_line_end(policy_then(0, "\r\n"), &["warning FSP-T17"])]
#[case::a_nul_after_50_ms(policy_then(50, "\0"), &["warning FSP-T17"])]
#[case::a_second_policy(policy_then(0, second_policy()), &["error FSP-T25"])]
#[case::a_second_policy_without_its_nul(policy_then(0, open_policy()), &["error FSP-T25"])]
#[case::a_second_policy_after_50_ms(policy_then(50, second_policy()), &["error FSP-T25"])]
#[case::a_third_policy(
    policy_then(50, second_policy()).write(second_policy()),
    &["error FSP-T25"]
)]
#[case::a_nul_and_a_second_policy(
    policy_then(0, "\0").write(second_policy()),
    &["error FSP-T25", "warning FSP-T17"]
)]
#[case::a_second_policy_after_200_ms(policy_then(200, second_policy()), &[])]
#[case::a_nul_after_200_ms(policy_then(200, "\0"), &[])]
fn bytes_behind_the_nul_are_watched_for(#[case] server: Script, #[case] expected: &[&str]) {
    assert_found(scene().master(server.clone()), expected);
    let in_band = [expected, &["info FSP-T01"]].concat();
    assert_found(scene().in_band(server), &in_band);
}

/// The time is a field of the profile, and the player's decision does not wait for it.
#[test]
fn the_watch_is_a_field_of_the_profile() {
    let long = Duration::from_millis(500);
    let scene = scene()
        .master(policy_then(200, second_policy()))
        .profile_with(|profile| profile.timing.watch_after_answer = long);
    assert_found(scene, &["error FSP-T25"]);
    let none = crate::scene::scene()
        .master(policy_then(20, second_policy()))
        .profile_with(|profile| profile.timing.watch_after_answer = Duration::ZERO);
    assert_found(none, &[]);
}

/// The messages count what arrived and show it.
#[rstest]
#[case::one_nul("\0", "1 NUL byte behind the terminating NUL", "send exactly one NUL byte")]
#[case::two_nuls("\0\0", "2 NUL bytes behind the terminating NUL", "send exactly one NUL byte")]
#[case::one_character(")", r#"1 byte (")") behind"#, "end the answer with the NUL")]
#[case::a_word("bye", r#"3 bytes ("bye") behind"#, "end the answer with the NUL")]
#[case::a_policy(&second_policy(), "2 policies on one connection", "answer once, then close")]
fn the_message_shows_what_follows(#[case] more: &str, #[case] message: &str, #[case] help: &str) {
    let text = scene().master(policy_then(0, more)).text();
    let note = text.lines().find(|line| line.starts_with("  note")).unwrap();
    assert!(note.contains(message) && note.contains(&format!("; help: {help}")), "{text}");
}

//! Answers without a NUL: cut, escaped, slow, reset, or simply left open.

use std::time::Duration;

use flash_policy_fixture::Evaluator;
use flash_policy_fixture::wire::{Declaration, Fault, Script};
use rstest::rstest;

use super::{answer, assert_found, assert_found_anywhere, drip, late_answer, open_policy};
use crate::policies::{allow, policy};
use crate::scene::{Scene, scene};

/// A policy that allows everybody, with the text of an escape sequence behind it.
fn escaped(sequence: &str) -> String {
    open_policy() + sequence
}

/// A policy that allows everybody, without its last 12 bytes.
fn cut() -> Vec<u8> {
    let policy = open_policy().into_bytes();
    policy[..policy.len() - 12].to_vec()
}

// Bytes that came at once are judged as if the stream had ended behind them.
#[rstest]
#[case::an_escaped_nul(answer(escaped(r"\0")), &["error FSP-T16", "error FSP-T14"])]
#[case::another_escaped_nul(answer(escaped("u0000")), &["error FSP-T16", "error FSP-T14"])]
#[case::an_escaped_nul_in_a_segment_of_its_own(
    answer(open_policy()).write(r"\0"),
    &["error FSP-T16", "error FSP-T14"]
)]
#[case::an_escaped_nul_a_moment_later(
    answer(open_policy()).wait(Duration::from_millis(40)).write(r"\0"),
    &["error FSP-T16", "error FSP-T14"]
)]
#[case::a_policy_that_lacks_its_nul_alone(answer(open_policy()), &["error FSP-T14"])]
#[case::a_cut_policy(answer(cut()), &["error FSP-D21", "error FSP-T14"])]
#[case::a_cut_policy_after_a_second(
    late_answer(1000, cut()),
    &["error FSP-D21", "error FSP-T14"]
)]
#[case::text_behind_the_root(
    answer(open_policy() + "bye"),
    &["error FSP-D20", "error FSP-T14"]
)]
#[case::a_tag_that_is_not_closed(
    answer(policy([]).replace("</cross", "<a></b></cross")),
    &["error FSP-D22", "error FSP-T14"]
)]
// Bytes that were still coming when the player gave up are slow, and no fault of the document is
// known that further bytes could remove.
#[case::byte_by_byte(drip(50, open_policy()), &["error FSP-T05"])]
#[case::two_halves_far_apart(
    answer(&open_policy()[..40]).wait(Duration::from_millis(1900)).write(&open_policy()[40..80]),
    &["error FSP-T05"]
)]
#[case::one_late_burst_of_a_cut_policy(late_answer(2900, cut()), &["error FSP-T05"])]
#[case::one_late_burst_of_a_whole_policy(late_answer(2900, open_policy()), &["error FSP-T05"])]
// What came late and is wrong all the same would not help in time either.
#[case::one_late_burst_with_an_escaped_nul(
    late_answer(2900, escaped(r"\0")),
    &["error FSP-T16", "warning FSP-T05"]
)]
#[case::an_escaped_nul_byte_by_byte(
    drip(25, escaped(r"\0")),
    &["error FSP-T16", "warning FSP-T05"]
)]
fn an_open_end_is_told_by_when_the_bytes_came(#[case] server: Script, #[case] expected: &[&str]) {
    assert_found_anywhere(&server, expected);
}

// A reset before the NUL destroys the answer. The document is blamed for what the bytes show, and
// not for what the reset may have cut.
#[rstest]
#[case::before_any_byte(Script::new().read_request().rst(), &["error FSP-T27"])]
#[case::at_accept(Script::new().rst(), &["error FSP-T27"])]
#[case::inside_the_policy(answer(cut()).rst(), &["error FSP-T06"])]
#[case::inside_the_declaration(answer("<?xml ver").rst(), &["error FSP-T06"])]
#[case::behind_a_policy_without_a_nul(answer(open_policy()).rst(), &["error FSP-T06"])]
#[case::behind_an_escaped_nul(
    answer(escaped(r"\0")).rst(),
    &["error FSP-T16", "warning FSP-T06"]
)]
#[case::behind_text(answer("oops").rst(), &["error FSP-L12", "warning FSP-T06"])]
// The stream had ended, so that a reset behind the FIN changes nothing.
#[case::behind_the_fin_of_a_cut_policy(answer(cut()).fin().rst(), &["error FSP-D21"])]
#[case::behind_the_fin_of_nothing(Script::new().read_request().fin().rst(), &["error FSP-T27"])]
fn a_reset_is_told_with_what_the_bytes_show(#[case] server: Script, #[case] expected: &[&str]) {
    assert_found_anywhere(&server, expected);
}

// Beside a grant, a reset and a slow answer are what their rules say.
#[rstest]
#[case::a_reset_behind_the_nul(
    scene().master(answer(open_policy() + "\0").rst()),
    &["warning FSP-T06"]
)]
#[case::a_reset_behind_the_fin(
    scene().master(answer(open_policy()).fin().rst()),
    &["warning FSP-T15"]
)]
#[case::a_master_that_resets_and_an_in_band_grant(
    scene().master(answer(cut()).rst()).in_band(open_policy()),
    &["warning FSP-T06"]
)]
#[case::a_slow_master_and_an_in_band_grant(
    scene().master(drip(50, open_policy())).in_band(open_policy()),
    &["warning FSP-T05"]
)]
#[case::complete_in_more_than_half_the_time(
    scene().master(late_answer(1600, open_policy() + "\0")),
    &["warning FSP-T05"]
)]
#[case::complete_in_half_the_time(scene().master(late_answer(1500, open_policy() + "\0")), &[])]
#[case::a_master_without_a_deadline(
    scene().master(late_answer(9000, open_policy() + "\0")).load_policy_file("xmlsocket://h:843"),
    &[]
)]
fn beside_a_grant_it_is_a_warning(#[case] scene: Scene, #[case] expected: &[&str]) {
    assert_found(scene, expected);
}

// In a denial they are an error only where they explain it.
#[rstest]
#[case::a_reset_behind_the_nul(
    scene().master(answer(policy([allow("b.com", "*")]) + "\0").rst()),
    &["error FSP-L28", "warning FSP-T06"]
)]
#[case::a_slow_policy_that_was_read(
    scene().master(late_answer(2000, policy([allow("b.com", "*")]) + "\0")),
    &["error FSP-L28", "warning FSP-T05"]
)]
#[case::a_silent_master_and_a_policy_that_was_read(
    scene().master(Fault::Silent).in_band(policy([allow("b.com", "*")])),
    &["error FSP-L28", "error FSP-T04"]
)]
fn beside_a_nearer_miss_it_is_a_note(#[case] scene: Scene, #[case] expected: &[&str]) {
    assert_found(scene, expected);
}

/// Wherever a policy is cut, it is not called slow if it came at once, and nothing but slow or
/// reset if it was still coming or was reset.
#[test]
fn a_policy_may_be_cut_anywhere() {
    let whole = format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE cross-domain-policy SYSTEM \"{}\">\n<!-- ours -->\n{}",
        "http://www.adobe.com/xml/dtds/cross-domain-policy.dtd",
        "<cross-domain-policy><allow-access-from domain='*' to-ports='*'/></cross-domain-policy>"
    );
    for end in 1..=whole.len() {
        let part = &whole[..end];
        let open = found(answer(part));
        let has = |id: &str| open.iter().any(|found| found == id);
        assert!(has("FSP-T14") && !has("FSP-T05"), "{part:?}, left open: {open:?}");
        assert_eq!(found(answer(part).rst()), ["FSP-T06"], "{part:?}, reset");
        assert_eq!(found(late_answer(2900, part)), ["FSP-T05"], "{part:?}, late");
    }
}

/// Returns the ids that the evaluator finds where a server plays `script` on 843.
fn found(script: Script) -> Vec<String> {
    let mut player = Evaluator::new("http://a.com/game.swf").unwrap();
    player.declare("h:843".parse().unwrap(), Declaration::new().policy([script]));
    let outcome = player.connect("h", 5000);
    outcome.diagnostics().map(|found| found.rule().id().to_owned()).collect()
}

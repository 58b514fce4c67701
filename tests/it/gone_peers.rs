//! Foreign servers that close before the request arrives.

use std::future::{Future, poll_fn};
use std::io::Write;
use std::net::TcpListener;
use std::pin::pin;
use std::task::Poll;

use flash_policy_fixture::player::AnswerKind;
use flash_policy_fixture::{Backend, Cause, FlashClient};
use rstest::rstest;

const POLICY: &str =
    r#"<cross-domain-policy><allow-access-from domain="*" to-ports="5000"/></cross-domain-policy>"#;

/// Whether the request arrives before or after the server closes depends on how busy the machine
/// is. The verdict must not.
#[rstest]
#[case::a_policy_with_a_nul_counts("\0", Cause::Connected, AnswerKind::Policy, &["FSP-T06"])]
#[case::a_policy_without_a_nul_is_lost("", Cause::NoPolicy, AnswerKind::Reset, &["FSP-T06"])]
#[tokio::test]
async fn a_request_that_comes_after_the_server_closed_is_reset_all_the_same(
    #[case] end: &str,
    #[case] cause: Cause,
    #[case] answer: AnswerKind,
    #[case] notes: &[&str],
) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let backend = Backend::echo().start();
    let client = FlashClient::from_swf("http://www.example.com/game.swf")
        .unwrap()
        .route("game.example.com:843", listener.local_addr().unwrap())
        .route("game.example.com:5000", &backend);
    let mut attempt = pin!(client.connect("game.example.com", 5000));

    // The kernel completes the connection, but the client only notices when it is polled again.
    let hears_nothing_yet =
        poll_fn(|context| Poll::Ready(attempt.as_mut().poll(context).is_pending())).await;
    assert!(hears_nothing_yet);
    let (mut accepted, _) = listener.accept().unwrap();
    write!(accepted, "{POLICY}{end}").unwrap();
    drop(accepted);

    let outcome = attempt.await;
    assert_eq!((outcome.cause(), outcome.asked()[0].answer()), (cause, answer), "{outcome}");
    let ids: Vec<_> = outcome.diagnostics().map(|note| note.rule().id()).collect();
    assert_eq!(ids, notes, "{outcome}");
}

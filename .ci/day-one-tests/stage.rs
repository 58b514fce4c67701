//! Uses the names that the tests of adopters rely on.

use flash_policy_fixture::wire::Script;
use flash_policy_fixture::{Backend, Cause, PlayerEvent, PolicyFile, PolicyServer, Stage, Verdict};

const HOST: &str = "game.example.com";
const OPEN: &str = r#"<cross-domain-policy>
  <allow-access-from domain="*" to-ports="*"/>
</cross-domain-policy>"#;

#[tokio::test]
async fn a_stage_from_xml_and_backends_of_every_kind() {
    let welcome = Script::new().write(b"welcome\0").fin();
    let stage = Stage::builder()
        .policy("game.example.com:843", OPEN)
        .backend("game.example.com:5000", Backend::echo())
        .backend("game.example.com:5001", Backend::silent())
        .backend("game.example.com:5002", Backend::scripted(welcome))
        .start();
    let client = stage.swf("http://www.example.com/game.swf");
    for port in [5000, 5001, 5002] {
        let outcome = client.connect(HOST, port).await;
        assert_eq!((outcome.verdict(), outcome.cause()), (Verdict::Permitted, Cause::Connected));
        assert_eq!(outcome.events(), [PlayerEvent::Connect]);
    }
    assert!(stage.backend("game.example.com:5000").port() > 0);
    assert_eq!(stage.policy_server("game.example.com:843").journal().policy_requests(), 1);
}

#[tokio::test]
async fn a_stage_from_a_policy_file() {
    let stage = Stage::builder()
        .policy("game.example.com:843", PolicyFile::builder().allow("*.example.com", 5000).build())
        .backend("game.example.com:5000", Backend::echo())
        .start();
    let client = stage.swf("http://www.example.com/game.swf");
    client.connect(HOST, 5001).await.expect_denied_because(Cause::PortNotListed);
    stage.backend("game.example.com:5000").down();
    let outcome = client.connect(HOST, 5000).await.expect_unreachable();
    assert_eq!(outcome.cause(), Cause::BackendRefused);
    assert_eq!(outcome.events(), [PlayerEvent::IoError(2031), PlayerEvent::SecurityError(2048)]);
}

#[tokio::test]
async fn a_policy_server_alone_is_refused_after_stop() {
    let server = PolicyServer::builder().document(include_str!("../policy.xml")).start();
    let addr = server.addr();
    tokio::net::TcpStream::connect(addr).await.expect("it listens");
    server.stop();
    tokio::net::TcpStream::connect(addr).await.expect_err("nobody listens");
}

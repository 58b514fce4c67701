use flash_policy_fixture::{Backend, Cause, PlayerEvent, PolicyFile, Stage};

#[tokio::test]
async fn a_backend_that_is_down_is_not_a_policy_that_denies() {
    let stage = Stage::builder()
        .policy("game.example.com:843", PolicyFile::builder().allow("*.example.com", 5000).build())
        .backend("game.example.com:5000", Backend::echo())
        .start();
    let swf = stage.swf("http://www.example.com/game.swf");

    stage.backend("game.example.com:5000").down();
    let outcome = swf.connect("game.example.com", 5000).await.expect_unreachable();
    assert_eq!(outcome.cause(), Cause::BackendRefused);
    assert_eq!(outcome.events(), [PlayerEvent::IoError(2031), PlayerEvent::SecurityError(2048)]);

    stage.backend("game.example.com:5000").firewall(); // SYNs are dropped, on the same port
    let outcome = swf.connect("game.example.com", 5000).await.expect_unreachable();
    assert_eq!(outcome.cause(), Cause::BackendTimedOut);

    stage.backend("game.example.com:5000").up();
    swf.connect("game.example.com", 5000).await.expect_permitted();
}

use flash_policy_fixture::{Backend, Cause, Stage};

#[tokio::test]
async fn the_site_may_play_and_nobody_else() {
    let stage = Stage::builder()
        .policy("game.example.com:843", include_str!("../policy.xml"))
        .backend("game.example.com:5000", Backend::echo())
        .start();

    let ours = stage.swf("http://www.example.com/game.swf");
    let socket = ours.connect("game.example.com", 5000).await.expect_permitted();
    drop(socket); // it is the live connection to the backend: speak the game's protocol over it

    let theirs = stage.swf("http://evil.example/game.swf");
    theirs.connect("game.example.com", 5000).await.expect_denied_because(Cause::DomainNotListed);
}

use std::time::Duration;

use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{Backend, PolicyFile, PolicyServer, Stage};

#[test]
fn a_silent_master_delays_the_in_band_policy() {
    let stage = Stage::builder()
        .policy("game.example.com:843", PolicyServer::builder().fault(Fault::Silent))
        .policy("game.example.com:5000", PolicyFile::builder().allow("*.example.com", 5000).build())
        .backend("game.example.com:5000", Backend::echo())
        .start();

    let outcome =
        stage.blocking_swf("http://www.example.com/game.swf").connect("game.example.com", 5000);
    assert_eq!(outcome.decided_at(), Duration::from_secs(3));
    outcome.expect_permitted();
}

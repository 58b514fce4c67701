//! The policy permits the connection, but the backend is down or behind a firewall. The player
//! blames the policy all the same.
//!
//! Run it with `cargo run --example backend_down`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use flash_policy_fixture::{Backend, Cause, Stage};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let stage = Stage::builder()
        .policy("game.example.com:843", include_str!("../fixtures/policies/one-site.xml"))
        .backend("game.example.com:5000", Backend::echo().starting_down())
        .start();
    let swf = stage.swf("http://www.example.com/game.swf");

    let down = swf.connect("game.example.com", 5000).await.expect_unreachable();
    assert_eq!(down.cause(), Cause::BackendRefused);
    println!("{down}");

    stage.backend("game.example.com:5000").firewall();
    let filtered = swf.connect("game.example.com", 5000).await.expect_unreachable();
    assert_eq!(filtered.cause(), Cause::BackendTimedOut);
    println!("{filtered}");

    stage.backend("game.example.com:5000").up();
    swf.connect("game.example.com", 5000).await.expect_permitted();
    println!("Up again on the same port: permitted.");
}

//! The blocking client, as a plain `#[test]` uses it, and a master policy server that never
//! answers. The player waits 3 s for it, but the test does not.
//!
//! Run it with `cargo run --example blocking`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::io::{Read, Write};
use std::time::Duration;

use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{Backend, PolicyFile, PolicyServer, Stage};

fn main() -> std::io::Result<()> {
    let stage = Stage::builder()
        .policy("game.example.com:843", PolicyServer::builder().fault(Fault::Silent))
        .policy("game.example.com:5000", PolicyFile::builder().allow("*.example.com", 5000).build())
        .backend("game.example.com:5000", Backend::echo())
        .start();

    let outcome =
        stage.blocking_swf("http://www.example.com/game.swf").connect("game.example.com", 5000);
    println!("{outcome}");
    assert_eq!(
        outcome.decided_at(),
        Duration::from_secs(3),
        "the player waited 3 s for the master"
    );
    assert_eq!(stage.real_timers(), 0, "and this test did not");

    let mut socket = outcome.expect_permitted();
    socket.write_all(b"hello")?;
    let mut answer = [0; 5];
    socket.read_exact(&mut answer)?;
    assert_eq!(&answer, b"hello");
    Ok(())
}

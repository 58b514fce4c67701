//! A SWF from our own site may connect, and no other SWF may.
//!
//! Run it with `cargo run --example own_site`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use flash_policy_fixture::{Backend, Cause, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let stage = Stage::builder()
        .policy("game.example.com:843", include_str!("../fixtures/policies/one-site.xml"))
        .backend("game.example.com:5000", Backend::echo())
        .start();

    let ours = stage.swf("http://www.example.com/game.swf").connect("game.example.com", 5000).await;
    println!("{ours}");
    let mut socket = ours.expect_permitted();
    socket.write_all(b"hello").await?;
    let mut answer = [0; 5];
    socket.read_exact(&mut answer).await?;
    println!("The backend answered: {}\n", String::from_utf8_lossy(&answer));

    let theirs = stage.swf("http://evil.example/game.swf").connect("game.example.com", 5000).await;
    println!("{}", theirs.expect_denied_because(Cause::DomainNotListed));
    Ok(())
}

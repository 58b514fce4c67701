//! A policy server of your own, in the test's process, tested with the simulated Flash client.
//!
//! Run it with `cargo run --example own_server`

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use flash_policy_fixture::{Backend, FlashClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const POLICY: &[u8] = b"<cross-domain-policy>\
    <allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/>\
    </cross-domain-policy>\0";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let server = listener.local_addr()?;
    tokio::spawn(serve(listener));
    let backend = Backend::echo().start();

    let outcome = FlashClient::from_swf("http://www.example.com/game.swf")?
        .route("game.example.com:843", server)
        .route("game.example.com:5000", backend.addr())
        .connect("game.example.com", 5000)
        .await;
    println!("{outcome}");
    outcome.expect_permitted();
    Ok(())
}

/// Runs the server under test. It reads the whole request before it answers and closes.
async fn serve(listener: TcpListener) -> std::io::Result<()> {
    loop {
        let (mut player, _) = listener.accept().await?;
        let mut request = [0; 23];
        player.read_exact(&mut request).await?;
        if &request == b"<policy-file-request/>\0" {
            player.write_all(POLICY).await?;
        }
    }
}

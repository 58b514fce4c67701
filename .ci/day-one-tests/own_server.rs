//! Tests an adopter's own policy server in process, on the current-thread runtime of the test.

use flash_policy_fixture::{Backend, Cause, FlashClient, PlayerEvent, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const POLICY: &str = concat!(include_str!("../policy.xml"), "\0");

#[tokio::test]
async fn our_site_may_play_on_our_server() {
    let client = client("http://www.example.com/game.swf").await;
    let mut socket = client.connect("game.example.com", 5000).await.expect_permitted();
    socket.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    socket.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
}

#[tokio::test]
async fn nobody_else_may() {
    let client = client("http://evil.example/game.swf").await;
    let outcome = client.connect("game.example.com", 5000).await;
    assert_eq!(outcome.verdict(), Verdict::Denied);
    assert_eq!(outcome.events(), [PlayerEvent::SecurityError(2048)]);
    outcome.expect_denied_because(Cause::DomainNotListed);
}

async fn client(swf: &str) -> FlashClient {
    let master = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let game = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = FlashClient::from_swf(swf)
        .unwrap()
        .route("game.example.com:843", master.local_addr().unwrap())
        .route("game.example.com:5000", game.local_addr().unwrap());
    tokio::spawn(serve(master));
    tokio::spawn(serve(game));
    client
}

/// Serves policy requests, and echoes everything else, as a game server may.
async fn serve(listener: TcpListener) {
    loop {
        let (peer, _) = listener.accept().await.unwrap();
        tokio::spawn(talk(peer));
    }
}

async fn talk(mut peer: TcpStream) -> std::io::Result<()> {
    let mut received = Vec::new();
    while peer.read_buf(&mut received).await? > 0 {
        if received == b"<policy-file-request/>\0" {
            return peer.write_all(POLICY.as_bytes()).await;
        }
        if !b"<policy-file-request/>\0".starts_with(&received) {
            peer.write_all(&received).await?;
            received.clear();
        }
    }
    Ok(())
}

#[tokio::test]
async fn our_server_and_a_backend_of_the_fixture() {
    let master = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = master.local_addr().unwrap();
    tokio::spawn(serve(master));
    let backend = Backend::echo().start();
    FlashClient::from_swf("http://www.example.com/game.swf")
        .unwrap()
        .route("game.example.com:843", at)
        .route("game.example.com:5000", backend.addr())
        .connect("game.example.com", 5000)
        .await
        .expect_permitted();
}

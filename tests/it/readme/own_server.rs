use std::net::SocketAddr;

use flash_policy_fixture::{Backend, FlashClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn our_server_lets_our_site_in() {
    let server = start_our_server().await;
    let backend = Backend::echo().start();

    FlashClient::from_swf("http://www.example.com/game.swf")
        .unwrap()
        .route("game.example.com:843", server)
        .route("game.example.com:5000", backend.addr())
        .connect("game.example.com", 5000)
        .await
        .expect_permitted();
}

/// The server under test: here it answers one request.
async fn start_our_server() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut player, _) = listener.accept().await.unwrap();
        player.read_exact(&mut [0; 23]).await.unwrap();
        player.write_all(concat!(include_str!("../policy.xml"), "\0").as_bytes()).await.unwrap();
    });
    addr
}

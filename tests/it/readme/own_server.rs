use flash_policy_fixture::{Backend, FlashClient};

#[tokio::test]
async fn our_server_lets_our_site_in() {
    let server = my_policy_server::start().await; // anything that listens
    let backend = Backend::echo().start();

    FlashClient::from_swf("http://www.example.com/game.swf")
        .unwrap()
        .route("game.example.com:843", server.addr)
        .route("game.example.com:5000", backend.addr())
        .connect("game.example.com", 5000)
        .await
        .expect_permitted();
}

mod my_policy_server {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const POLICY: &[u8] =
        b"<cross-domain-policy><allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/></cross-domain-policy>\0";

    pub struct Server {
        pub addr: std::net::SocketAddr,
    }

    pub async fn start() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut player, _) = listener.accept().await.unwrap();
            player.read_exact(&mut [0; 23]).await.unwrap();
            player.write_all(POLICY).await.unwrap();
        });
        Server { addr }
    }
}

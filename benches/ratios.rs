//! Compares the fixture with floors that are measured in the same run, and prints a Markdown table.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use flash_policy_fixture::wire::{POLICY_REQUEST, Script};
use flash_policy_fixture::{Backend, Evaluator, PolicyFile, PolicyServer, Port, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use flash_policy_fixture_benches::Comparison;

const SWF: &str = "http://www.example.com/game.swf";
const HOST: &str = "game.example.com";
const MASTER: &str = "game.example.com:843";
const GAME: &str = "game.example.com:5000";
const XML: &str = include_str!("../fixtures/policies/one-site.xml");
const ROUNDS: usize = 200;
const LIMIT: Duration = Duration::from_secs(15);

/// Runs every comparison. `cargo test` calls it with `--test`, and then it does nothing.
fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    println!("| what | subject | median | ratio | aim | rounds |\n|---|---|---:|---:|---|---:|");
    print!("{}", policy_exchange());
    print!("{}", start_and_stop());
    print!("{}", whole_handshake());
    print!("{}", pure());
    print!("{}", other_fixtures());
}

fn policy_exchange() -> String {
    let floor = BareServer::start();
    let server = PolicyServer::start(XML);
    Comparison::new("policy exchange", Some(1.2))
        .subject("bare tokio listener", 20, || exchange(floor.addr))
        .subject("`PolicyServer`", 20, || exchange(server.addr()))
        .measure(ROUNDS, LIMIT)
}

fn start_and_stop() -> String {
    Comparison::new("start and joined stop", Some(2.0))
        .subject("bare tokio listener", 10, || BareServer::start().stop())
        .subject("`Stage`: policy server, backend, reservation", 10, || {
            let down = Port::reserve().unwrap();
            Stage::builder().policy(MASTER, XML).backend(GAME, Backend::echo()).start().stop();
            down
        })
        .subject("`PolicyServer`", 10, || PolicyServer::start(XML).stop())
        .measure(ROUNDS, LIMIT)
}

fn whole_handshake() -> String {
    let stage = Stage::builder().policy(MASTER, XML).backend(GAME, Backend::echo()).start();
    let (policy, backend) = (stage.policy_server(MASTER).addr(), stage.backend(GAME).addr());
    let runtime = runtime();
    Comparison::new("whole handshake", Some(1.3))
        .subject("two connections by hand", 20, || runtime.block_on(by_hand(policy, backend)))
        .subject("`FlashClient` of the stage", 20, || {
            runtime.block_on(async { stage.swf(SWF).connect(HOST, 5000).await.expect_permitted() })
        })
        .measure(ROUNDS, LIMIT)
}

fn pure() -> String {
    let document = PolicyFile::parse(XML).unwrap();
    let declared = Evaluator::new(SWF).unwrap().policy(MASTER, XML).backend(GAME, Script::echo());
    Comparison::new("without a network", None)
        .subject("parse a policy", 1_000, || PolicyFile::parse(XML).unwrap())
        .subject("one decision, policy cached in its session", 1_000, {
            let mut session = declared.clone();
            move || session.connect(HOST, 5000).cause()
        })
        .subject("new session, parse and decide", 1_000, || {
            declared.clone().connect(HOST, 5000).cause()
        })
        .subject("write a policy", 1_000, || document.to_xml())
        .measure(50, LIMIT)
}

fn other_fixtures() -> String {
    let tokio = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    Comparison::new("start, one exchange, stop", None)
        .subject("`PolicyServer`", 5, || {
            let server = PolicyServer::start(XML);
            exchange(server.addr());
            server.stop();
        })
        .subject("httptest", 5, || {
            let server = httptest::Server::run();
            let ok = httptest::responders::status_code(200).body(XML);
            let expected = httptest::matchers::request::method_path("GET", "/crossdomain.xml");
            server.expect(httptest::Expectation::matching(expected).respond_with(ok));
            get(server.addr());
        })
        .subject("mockito", 5, || {
            let mut server = mockito::Server::new();
            server.mock("GET", "/crossdomain.xml").with_body(XML).create();
            get(server.socket_address());
        })
        .subject("wiremock", 5, || {
            let ok = wiremock::ResponseTemplate::new(200).set_body_string(XML);
            let server = tokio.block_on(async {
                let server = wiremock::MockServer::start().await;
                let expected = wiremock::matchers::path("/crossdomain.xml");
                wiremock::Mock::given(expected).respond_with(ok).mount(&server).await;
                server
            });
            get(*server.address());
            tokio.block_on(async { drop(server) });
        })
        .measure(ROUNDS, LIMIT)
}

/// The floor: a thread with a listener that does as little as possible, and is joined.
struct BareServer {
    addr: SocketAddr,
    shutdown: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl BareServer {
    fn start() -> Self {
        let runtime = runtime();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let (shutdown, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            runtime.spawn(serve(listener));
            let _ = runtime.block_on(stopped);
        });
        Self { addr, shutdown, thread }
    }

    fn stop(self) {
        drop(self.shutdown);
        self.thread.join().unwrap();
    }
}

async fn serve(listener: std::net::TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let answer = [XML.as_bytes(), b"\0"].concat();
    while let Ok((mut stream, _)) = listener.accept().await {
        let answer = answer.clone();
        tokio::spawn(async move {
            let mut request = [0; POLICY_REQUEST.len()];
            stream.read_exact(&mut request).await?;
            stream.write_all(&answer).await?;
            stream.shutdown().await?;
            // A server of players must also wait for the player's FIN.
            stream.read_to_end(&mut Vec::new()).await
        });
    }
}

fn exchange(addr: SocketAddr) -> usize {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(POLICY_REQUEST).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert_eq!(answer.len(), XML.len() + 1);
    answer.len()
}

fn get(addr: SocketAddr) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream
        .write_all(b"GET /crossdomain.xml HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(XML.as_bytes()));
}

async fn by_hand(policy: SocketAddr, backend: SocketAddr) -> tokio::net::TcpStream {
    let mut stream = tokio::net::TcpStream::connect(policy).await.unwrap();
    stream.write_all(POLICY_REQUEST).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    drop(stream);
    tokio::net::TcpStream::connect(backend).await.unwrap()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

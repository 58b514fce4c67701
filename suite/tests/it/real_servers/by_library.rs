//! Real policy servers, as a Flash Player meets them.

use flash_policy_core::player::{AnswerKind, Purpose};
use flash_policy_fixture::process::{ServerUnderTest, ServerUnderTestBuilder};
use flash_policy_fixture::{Backend, Cause, FlashClient, Outcome};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    AUTOBAHN, AUTOBAHN_SERVER, NGINX, NGINX_CONF, POLICYFILE_IN_BAND, POLICYFILE_OF_DEBIAN,
    POLICYFILE_OF_NPM, Package, SOCAT, XINETD, XINETD_CONF, installed, is_missing,
};

const OURS: &str = "http://www.example.com/game.swf";
const POLICY: &[u8] = b"<?xml version=\"1.0\"?><cross-domain-policy>\
    <allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/></cross-domain-policy>";
/// What policyfile writes for `*.example.com:5000`.
const POLICYFILE: &str = "<?xml version=\"1.0\"?><!DOCTYPE cross-domain-policy SYSTEM \
    \"http://www.macromedia.com/xml/dtds/cross-domain-policy.dtd\"><cross-domain-policy>\
    <allow-access-from domain=\"*.example.com\" to-ports=\"5000\"/></cross-domain-policy>";

#[tokio::test]
async fn policyfile_of_debian_ends_its_policy_without_a_nul_and_permits() {
    let Some(server) = started(&POLICYFILE_OF_DEBIAN, policyfile_of_debian()) else { return };
    let outcome = asked_at_843(&server).await;
    assert_eq!(received(&outcome), POLICYFILE);
    assert_told(&outcome, Cause::Connected, AnswerKind::Policy, &["FSP-T15"]);
}

#[tokio::test]
async fn policyfile_in_band_on_an_http_server_is_beaten_by_the_http_parser() {
    let Some(server) = started(&POLICYFILE_OF_NPM, policyfile_in_band()) else { return };
    let client = FlashClient::from_swf(OURS).unwrap().route("game.example.com:5000", server.addr());
    let outcome = client.connect("game.example.com", 5000).await;
    assert_eq!(received(&outcome), "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    assert_told(&outcome, Cause::MalformedPolicy, AnswerKind::Malformed, &["FSP-T10", "FSP-T01"]);
    assert!(outcome.to_string().contains(r"< HTTP/1.1 400 Bad Request\r\n"), "{outcome}");
}

#[rstest]
#[case::in_band_where_843_refuses(&["game.example.com:5000"], &["FSP-T01"])]
#[case::with_843_forwarded_to_it(&["game.example.com:5000", "game.example.com:843"], &[])]
#[tokio::test]
async fn autobahn_permits_and_then_speaks_websocket_on_the_same_port(
    #[case] routes: &[&str],
    #[case] notes: &[&str],
) {
    let Some(server) = started(&AUTOBAHN, autobahn()) else { return };
    let client = FlashClient::from_swf(OURS).unwrap();
    let client = routes.iter().fold(client, |client, at| client.route(at, server.addr()));
    let outcome = client.connect("game.example.com", 5000).await;
    assert_told(&outcome, Cause::Connected, AnswerKind::Policy, notes);

    let mut socket = outcome.expect_permitted();
    let upgrade = "GET / HTTP/1.1\r\nHost: game.example.com:5000\r\nUpgrade: \
        websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    socket.write_all(upgrade.as_bytes()).await.unwrap();
    let mut status = [0; "HTTP/1.1 101".len()];
    socket.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 101");
}

#[tokio::test]
async fn socat_never_reads_the_request_and_permits_although_it_resets() {
    let Some(server) = started(&SOCAT, socat()) else { return };
    assert_told(&asked_at_843(&server).await, Cause::Connected, AnswerKind::Policy, &["FSP-T06"]);
}

#[tokio::test]
async fn xinetd_with_a_nul_in_its_file_permits_although_it_resets() {
    let Some(server) = started(&XINETD, xinetd(with_nul(POLICY))) else { return };
    assert_told(&asked_at_843(&server).await, Cause::Connected, AnswerKind::Policy, &["FSP-T06"]);
}

#[tokio::test]
async fn xinetd_without_a_nul_has_reset_the_policy_away() {
    let Some(server) = started(&XINETD, xinetd(POLICY)) else { return };
    let outcome = asked_at_843(&server).await;
    assert_told(&outcome, Cause::NoPolicy, AnswerKind::Reset, &["FSP-T06"]);
    assert!(outcome.to_string().contains("game.example.com:843 (master): reset"), "{outcome}");
}

#[tokio::test]
async fn nginx_sends_http_headers_before_the_policy() {
    let Some(server) = started(&NGINX, nginx()) else { return };
    let outcome = asked_at_843(&server).await;
    let answer = received(&outcome);
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\nServer: nginx/"), "{answer}");
    assert!(answer.ends_with("</cross-domain-policy>\0"), "{answer}");
    assert_told(&outcome, Cause::MalformedPolicy, AnswerKind::Malformed, &["FSP-T11"]);
}

/// Exits 0 without a word when its port is taken.
fn policyfile_of_debian() -> ServerUnderTestBuilder {
    let script = r#"require("policyfile").createServer({log: false}, ["*.example.com:5000"]).listen({port})"#;
    ServerUnderTest::command(format!("exec node -e '{script}'"))
        .env("NODE_PATH", "/usr/share/nodejs")
}

/// In-band only: a negative port opens no second listener.
fn policyfile_in_band() -> ServerUnderTestBuilder {
    ServerUnderTest::command(r#"exec node "{dir}/server.js""#)
        .template("server.js", POLICYFILE_IN_BAND)
        .env("NODE_PATH", installed("npm/node_modules").display().to_string())
        .ready_when_http("/")
}

/// `-S`, because a pyOpenSSL of Debian breaks with the `cryptography` of pip.
fn autobahn() -> ServerUnderTestBuilder {
    ServerUnderTest::command(r#"exec python3 -S -u "{dir}/server.py" {port} "{dir}/policy.xml""#)
        .file("server.py", AUTOBAHN_SERVER)
        .file("policy.xml", with_nul(POLICY))
        .env("PYTHONPATH", installed("pip").display().to_string())
}

/// One way and without a child. The recipe that people copy, `EXEC:'cat policy.xml'`, loses
/// policies at random: `cat` may have ended before socat begins to transfer ("child has already
/// died"), or before it gets the request ("Broken pipe"). And where socat ends with a FIN of its
/// own, as by default, that may hide its reset.
fn socat() -> ServerUnderTestBuilder {
    let listen = "TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,shut-none,end-close";
    ServerUnderTest::command(format!(r#"exec socat -U {listen} OPEN:"{{dir}}/policy.xml",rdonly"#))
        .file("policy.xml", with_nul(POLICY))
}

/// Gives its socket to `cat`, which never reads the request. `cps`, because its default shuts the
/// port for 10 s after 50 connections in a second. When the port is taken it stays, without a
/// service: only its log tells.
fn xinetd(policy: impl Into<Vec<u8>>) -> ServerUnderTestBuilder {
    let command = r#"cd "{dir}" && sed "s/@user@/$(id -un)/" xinetd.conf.in > xinetd.conf &&
        exec /usr/sbin/xinetd -dontfork -filelog /dev/stderr -f "{dir}/xinetd.conf" -pidfile "{dir}/xinetd.pid""#;
    ServerUnderTest::command(command)
        .template("xinetd.conf.in", XINETD_CONF)
        .file("policy.xml", policy)
}

/// The policy as the page for "400 Bad Request". One process, because a worker would run as
/// www-data, which may not read the temporary directory.
fn nginx() -> ServerUnderTestBuilder {
    ServerUnderTest::command(r#"exec /usr/sbin/nginx -e stderr -c "{dir}/nginx.conf""#)
        .template("nginx.conf", NGINX_CONF)
        .file("policy.xml", with_nul(POLICY))
}

/// The running server; `None`, to skip the test, where it is not installed and this is no CI.
#[track_caller]
fn started(package: &Package, server: ServerUnderTestBuilder) -> Option<ServerUnderTest> {
    (!is_missing(package)).then(|| server.start())
}

/// Asks `server` as the master, before a backend of ours.
async fn asked_at_843(server: &ServerUnderTest) -> Outcome {
    let backend = Backend::echo().start();
    let client = FlashClient::from_swf(OURS)
        .unwrap()
        .route("game.example.com:843", server.addr())
        .route("game.example.com:5000", &backend);
    client.connect("game.example.com", 5000).await
}

/// What the real server said, on the first policy connection.
fn received(outcome: &Outcome) -> String {
    let policy =
        outcome.transcript().iter().find(|connection| connection.purpose() == Purpose::Policy);
    String::from_utf8_lossy(policy.expect("it was asked").received()).into_owned()
}

#[track_caller]
fn assert_told(outcome: &Outcome, cause: Cause, answer: AnswerKind, notes: &[&str]) {
    assert_eq!((outcome.verdict(), outcome.cause()), (cause.verdict(), cause), "{outcome}");
    let answers: Vec<_> = outcome.asked().iter().map(|asked| asked.answer()).collect();
    assert!(answers.contains(&answer), "{outcome}");
    let ids: Vec<_> = outcome.diagnostics().map(|note| note.rule().id()).collect();
    assert_eq!(ids, notes, "{outcome}");
    let text = outcome.to_string();
    assert!(notes.iter().all(|note| text.contains(note)), "{text}");
}

fn with_nul(policy: &[u8]) -> Vec<u8> {
    [policy, b"\0"].concat()
}

//! The texts of failed expectations, word by word.

use flash_policy_fixture::server::PolicyServerBuilder;
use flash_policy_fixture::wire::{Fault, Script};
use flash_policy_fixture::{Backend, Cause, FlashClient, PolicyFile, PolicyServer, Stage};

const POLICY: &str = include_str!("policy.xml");

fn stage() -> Stage {
    Stage::builder()
        .policy("game.example.com:843", POLICY)
        .backend("game.example.com:5000", Backend::echo())
        .start()
}

#[tokio::test]
async fn an_unexpected_denial_names_the_rule_the_bytes_the_player_and_the_fix() {
    let stage = stage();
    let outcome =
        stage.swf("http://www.example.com/game.swf").connect("game.example.com", 6000).await;
    let unexpected = outcome.try_permitted().unwrap_err();
    assert_eq!(
        unexpected.to_string(),
        r#"expected the connection to be permitted
     got denied: port-not-listed
  because  game.example.com:843: error FSP-D02 at 3:3: port 6000 not in to-ports="5000"
  advice   add 6000 to the to-ports of that rule in the policy of game.example.com:843 (FSP-D02)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:6000
  decided  at 0 s, by game.example.com:843, line 3, column 3: <allow-access-from domain="*.example.com" to-ports="5000"/>
  asked    game.example.com:843 (master): policy, 1 rule
             > <policy-file-request/>\0
             < <?xml version="1.0"?>\n
             < <cross-domain-policy>\n
             <   <allow-access-from domain="*.example.com" to-ports="5000"/>\n
             < </cross-domain-policy>\n
             < \0
             130 bytes, peer-closed
  asked    game.example.com:6000 (destination): refused, nothing is mapped there
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:6000.
"#
    );
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("```text\n{unexpected}```")), "the README shows this text");
}

#[tokio::test]
async fn an_unexpected_permission_names_the_rule_that_grants() {
    let stage = stage();
    let outcome =
        stage.swf("http://www.example.com/game.swf").connect("game.example.com", 5000).await;
    let unexpected = outcome.try_denied().unwrap_err();
    assert_eq!(
        unexpected.to_string(),
        r#"expected the connection to be denied
     got permitted: connected
  advice   to deny it, narrow the domain or the to-ports of that rule of game.example.com:843.
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  granted  by game.example.com:843, line 3, column 3: <allow-access-from domain="*.example.com" to-ports="5000"/>
  decided  at 0 s
  asked    game.example.com:843 (master): policy, 1 rule
             > <policy-file-request/>\0
             < <?xml version="1.0"?>\n
             < <cross-domain-policy>\n
             <   <allow-access-from domain="*.example.com" to-ports="5000"/>\n
             < </cross-domain-policy>\n
             < \0
             130 bytes, peer-closed
  player   at 0 s: connect
"#
    );
}

#[tokio::test]
async fn a_policy_that_never_ends_is_said_to_lack_its_nul() {
    let stage = Stage::builder()
        .policy(
            "game.example.com:843",
            PolicyServer::builder().document("<cross-domain-policy/>").fault(Fault::NoNulOpen),
        )
        .start();
    let outcome =
        stage.swf("http://www.example.com/game.swf").connect("game.example.com", 5000).await;
    let unexpected = outcome.try_denied_because(Cause::DomainNotListed).unwrap_err();
    assert_eq!(
        unexpected.to_string(),
        r#"expected the connection to be denied: domain-not-listed
     got denied: no-policy
  because  error FSP-T14: game.example.com:843 sent no NUL byte to end its answer and keeps the connection open, so the player goes on waiting
  advice   send a NUL byte after the policy (FSP-T14)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  decided  at 3 s; no rule decided
  asked    game.example.com:843 (master): none
             > <policy-file-request/>\0
             < <cross-domain-policy/>
             22 bytes, deadline
  asked    game.example.com:5000 (destination): refused, nothing is mapped there
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
  note     game.example.com:843: warning FSP-D30 at 1:1: policy grants nothing: it has no <allow-access-from>; help: add an <allow-access-from>, or remove the policy server
"#
    );
}

#[tokio::test]
async fn a_misspelt_host_is_said_to_be_on_no_map() {
    let stage = stage();
    let outcome =
        stage.swf("http://www.example.com/game.swf").connect("gmae.example.com", 5000).await;
    assert_eq!(
        outcome.try_permitted().unwrap_err().to_string(),
        r#"expected the connection to be permitted
     got denied: no-policy
  because  error FSP-T01: gmae.example.com:843 has no server, so there is no master policy
  advice   put a policy server at gmae.example.com:843, or one that answers in-band at gmae.example.com:5000: nothing stands at either; is gmae.example.com spelt as you declared it? (FSP-T01)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  gmae.example.com:5000
  decided  at 0 s; no rule decided
  asked    gmae.example.com:843 (master): refused, nothing is mapped there
  asked    gmae.example.com:5000 (destination): refused, nothing is mapped there
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from gmae.example.com:5000.
"#
    );
}

/// Returns the text of a denial that a SWF of www.example.com meets on a stage with these policy
/// servers and a backend on port 5000.
fn denial<const N: usize>(servers: [(&str, PolicyServerBuilder); N]) -> String {
    let stage = Stage::builder().backend("game.example.com:5000", Backend::echo());
    let stage = servers.into_iter().fold(stage, |stage, (at, server)| stage.policy(at, server));
    let stage = stage.start();
    let client = stage.blocking_swf("http://www.example.com/game.swf");
    client.connect("game.example.com", 5000).expect_denied().to_string()
}

fn plays(script: Script) -> PolicyServerBuilder {
    PolicyServer::builder().scripts([script])
}

#[test]
fn an_escaped_nul_is_shown_and_comes_before_the_missing_one() {
    let answer = Script::new().read_request().write(r"<cross-domain-policy/>\0");
    assert_eq!(
        denial([("game.example.com:843", plays(answer))]),
        r#"the connection is denied: no-policy
  because  game.example.com:843: error FSP-T16 at 1:23: trailing text "\0" after the root element looks like an escaped NUL
  advice   send the byte 0x00, not its escape sequence (FSP-T16)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  decided  at 3 s; no rule decided
  asked    game.example.com:843 (master): none
             > <policy-file-request/>\0
             < <cross-domain-policy/>\\0
             24 bytes, deadline
  asked    game.example.com:5000 (destination): not-a-policy, no policy server is declared there
             > <policy-file-request/>\0
             < <policy-file-request/>\0
             23 bytes, client-closed
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
  note     error FSP-T14: game.example.com:843 sent no NUL byte to end its answer and keeps the connection open, so the player goes on waiting; help: send a NUL byte after the policy
"#
    );
}

#[test]
fn a_reset_is_told_with_its_usual_reason() {
    let answer = Script::new().read_request().write("<cross-domain-policy>").rst();
    assert_eq!(
        denial([("game.example.com:843", plays(answer))]),
        r#"the connection is denied: no-policy
  because  error FSP-T06: game.example.com:843 reset the connection before a NUL ended its answer (21 bytes had arrived), as a server does that closes before it has read the whole request
  advice   read all 23 bytes of the request before closing (FSP-T06)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  decided  at 0 s; no rule decided
  asked    game.example.com:843 (master): reset
             > <policy-file-request/>\0
             < <cross-domain-policy>
             21 bytes, reset
  asked    game.example.com:5000 (destination): not-a-policy, no policy server is declared there
             > <policy-file-request/>\0
             < <policy-file-request/>\0
             23 bytes, client-closed
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
"#
    );
}

#[test]
fn http_in_band_is_told_with_both_explanations() {
    let answer = Script::new().read_request().write("HTTP/1.1 400 Bad Request\r\n\r\n").fin();
    assert_eq!(
        denial([("game.example.com:5000", plays(answer))]),
        r#"the connection is denied: malformed-policy
  because  error FSP-T10: game.example.com:5000 answers HTTP, not a policy: the port itself speaks HTTP, or an HTTP proxy stands in front of it
  advice   let the server answer the 23 bytes itself, forward the port as raw TCP, or run a master policy server on 843 (FSP-T10)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  decided  at 0 s; no rule decided
  asked    game.example.com:843 (master): refused, nothing is mapped there
  asked    game.example.com:5000 (destination): malformed
             > <policy-file-request/>\0
             < HTTP/1.1 400 Bad Request\r\n
             < \r\n
             28 bytes, peer-closed
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
  note     warning FSP-T01: game.example.com:843 has no server, so there is no master policy; help: run a master policy server on 843, or answer in-band on the target port
"#
    );
}

#[test]
fn the_nearest_rule_of_two_policies_is_named_with_its_place() {
    let master = PolicyFile::builder().allow("*.example.org", "*").build();
    let in_band = PolicyFile::builder().allow("example.com", "*").build();
    assert_eq!(
        denial([
            ("game.example.com:843", master.into()),
            ("game.example.com:5000", in_band.into())
        ]),
        r#"the connection is denied: domain-not-listed
  because  game.example.com:5000: error FSP-D10 at 3:22: requester www.example.com is not covered; policy lists example.com
  advice   list www.example.com too, or use a wildcard such as *.example.com (FSP-D10)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  decided  at 0 s; no rule decided
  asked    game.example.com:843 (master): policy, 1 rule
             > <policy-file-request/>\0
             < <?xml version="1.0"?>\n
             < <cross-domain-policy>\n
             <   <allow-access-from domain="*.example.org" to-ports="*"/>\n
             < </cross-domain-policy>\n
             < \0
             127 bytes, peer-closed
  asked    game.example.com:5000 (destination): policy, 1 rule
             > <policy-file-request/>\0
             < <?xml version="1.0"?>\n
             < <cross-domain-policy>\n
             <   <allow-access-from domain="example.com" to-ports="*"/>\n
             < </cross-domain-policy>\n
             < \0
             125 bytes, peer-closed
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
"#
    );
}

#[test]
fn a_silent_master_is_told_and_the_backend_is_not_blamed() {
    let silent = PolicyServer::builder().document(POLICY).fault(Fault::Silent);
    assert_eq!(
        denial([("game.example.com:843", silent)]),
        r#"the connection is denied: no-policy
  because  error FSP-T04: game.example.com:843 accepted but sent nothing within 3 s
  advice   let game.example.com:843 answer as soon as the 23 bytes `<policy-file-request/>` and NUL are there: no newline and no end of stream follows them (FSP-T04)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  decided  at 3 s; no rule decided
  asked    game.example.com:843 (master): none
             > <policy-file-request/>\0
             0 bytes, deadline
  asked    game.example.com:5000 (destination): not-a-policy, no policy server is declared there
             > <policy-file-request/>\0
             < <policy-file-request/>\0
             23 bytes, client-closed
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
"#
    );
}

#[test]
fn a_backend_that_is_down_is_told_as_permitted() {
    let stage = stage();
    stage.backend("game.example.com:5000").down();
    let outcome =
        stage.blocking_swf("http://www.example.com/game.swf").connect("game.example.com", 5000);
    assert_eq!(
        outcome.expect_unreachable().to_string(),
        r#"the connection is unreachable: backend-refused
  because  error FSP-B01: game.example.com:5000 is permitted, but the port refuses connections; the player may report that as #2048, like a denial
  advice   start the backend: nothing listens at game.example.com:5000 (FSP-B01)
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  granted  by game.example.com:843, line 3, column 3: <allow-access-from domain="*.example.com" to-ports="5000"/>
  decided  at 0 s
  asked    game.example.com:843 (master): policy, 1 rule
             > <policy-file-request/>\0
             < <?xml version="1.0"?>\n
             < <cross-domain-policy>\n
             <   <allow-access-from domain="*.example.com" to-ports="5000"/>\n
             < </cross-domain-policy>\n
             < \0
             130 bytes, peer-closed
  player   at 0 s: ioError#2031 Error #2031: Socket Error.
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
"#
    );
}

/// A test that uses `?` or `unwrap()` shows the text, not the structure.
#[test]
fn errors_show_their_text_when_they_are_unwrapped() {
    let outcome =
        stage().blocking_swf("http://evil.example/game.swf").connect("game.example.com", 5000);
    let unexpected = outcome.try_permitted().unwrap_err();
    assert_eq!(format!("{unexpected:?}"), unexpected.to_string());
    let invalid = FlashClient::from_swf("game.swf").unwrap_err();
    assert_eq!(
        format!("{invalid:?}"),
        "`game.swf` is not the URL of a SWF: it has no scheme; expected one such as \
            http://www.example.com/game.swf"
    );
}

#[test]
fn a_denial_because_of_a_cause_is_a_denial() {
    let stage = stage();
    stage.backend("game.example.com:5000").down();
    let outcome =
        stage.blocking_swf("http://www.example.com/game.swf").connect("game.example.com", 5000);
    let unexpected = outcome.try_denied_because(Cause::BackendRefused).unwrap_err();
    assert!(unexpected.to_string().starts_with(
        "expected the connection to be denied: backend-refused\n     got unreachable: \
                backend-refused\n"
    ));
}

#[test]
fn a_failing_expectation_points_at_its_own_line_in_the_test() {
    let stage = stage();
    let outcome =
        stage.blocking_swf("http://evil.example/game.swf").connect("game.example.com", 5000);
    let (line, place) = panicking(|| drop((outcome.expect_permitted(), line!())));
    assert_eq!(place, format!("{}:{line}", file!()));
}

#[test]
fn a_stage_that_cannot_be_points_at_the_line_that_starts_it() {
    let (line, place) =
        panicking(|| drop(Stage::builder().backend("game.example.com", Backend::echo()).start()));
    assert_eq!(place, format!("{}:{line}", file!()));
}

/// Runs an action that panics. Returns the line of the caller, and the location that the panic
/// names.
#[track_caller]
fn panicking(action: impl FnOnce()) -> (u32, String) {
    use std::cell::RefCell;
    use std::panic::{AssertUnwindSafe, Location, catch_unwind, set_hook, take_hook};
    thread_local!(static PLACE: RefCell<Option<String>> = const { RefCell::new(None) });
    let before = take_hook();
    set_hook(Box::new(move |info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        PLACE.with_borrow_mut(|kept| *kept = place);
        before(info);
    }));
    let result = catch_unwind(AssertUnwindSafe(action));
    assert!(result.is_err(), "it did not panic");
    (Location::caller().line(), PLACE.take().unwrap_or_default())
}

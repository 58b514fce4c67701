//! The texts of failed expectations, word by word.

use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{Backend, Cause, FlashClient, PolicyServer, Stage};

const POLICY: &str = include_str!("policy.xml");

fn stage() -> Stage {
    Stage::builder()
        .policy("game.example.com:843", POLICY)
        .backend("game.example.com:5000", Backend::echo())
        .start()
}

#[tokio::test]
async fn an_unexpected_denial_names_the_rule_the_bytes_the_player_and_the_mend() {
    let stage = stage();
    let outcome =
        stage.swf("http://www.example.com/game.swf").connect("game.example.com", 6000).await;
    let unexpected = outcome.try_permitted().unwrap_err();
    assert_eq!(
        unexpected.to_string(),
        r#"expected the connection to be permitted
     got denied: port-not-listed
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
  advice   add 6000 to the to-ports of that rule in the policy of game.example.com:843. (FSP-D02)
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
  advice   to deny it, narrow the domain or the to-ports of that rule of game.example.com:843.
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
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  game.example.com:5000
  decided  at 3 s, by no rule of any policy
  asked    game.example.com:843 (master): none
             > <policy-file-request/>\0
             < <cross-domain-policy/>
             22 bytes, deadline
  asked    game.example.com:5000 (destination): refused, nothing is mapped there
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from game.example.com:5000.
  note     error FSP-T14: policy has no terminating NUL and the connection stays open: the player waits for ever; help: send a NUL byte after the policy
  advice   make game.example.com:843 answer with a whole policy file and its NUL: it accepted the connection, and did not.
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
  swf      http://www.example.com/game.swf, so the requester is www.example.com
  connect  gmae.example.com:5000
  decided  at 0 s, by no rule of any policy
  asked    gmae.example.com:843 (master): refused, nothing is mapped there
  asked    gmae.example.com:5000 (destination): refused, nothing is mapped there
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.com/game.swf cannot load data from gmae.example.com:5000.
  note     warning FSP-T01: 843 refused; no master policy, falling back to in-band request on 5000; help: run a master policy server on 843, or answer in-band on the target port
  advice   map gmae.example.com:843 to a policy server, or gmae.example.com:5000 to one that answers in-band: nothing is mapped at either. Is gmae.example.com spelt as it is on the map?
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

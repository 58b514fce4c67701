//! One policy that is wrong on purpose, and what each subcommand says of it: rule, line, column and
//! the fix.

use rstest::rstest;

use crate::Folder;

const WRONG: &str = r#"<?xml version="1.0"?>
<cross-domain-policy>
  <allow-access-from domain="http://www.example.com" to-ports="5000"/>
  <allow-access-from domain="*.example.org"/>
</cross-domain-policy>
"#;

const SCENARIO: &str = r#"version = 1
policy = [{ at = "game.example.com:843", file = "policy.xml" }]
backend = [{ at = "game.example.com:5000" }]

[[case]]
name = "our own site may play"
swf = "http://www.example.org/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
"#;

fn folder() -> Folder {
    Folder::with_policy(WRONG).put("game.toml", SCENARIO)
}

#[test]
fn check_names_each_mistake() {
    let expected = r#"error[FSP-D05]: domain="http://www.example.com" contains a scheme; use "www.example.com"
 --> policy.xml:3:22
  |
3 |   <allow-access-from domain="http://www.example.com" to-ports="5000"/>
  |                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write the bare host

error[FSP-D01]: <allow-access-from> has no to-ports; it grants no port
 --> policy.xml:4:3
  |
4 |   <allow-access-from domain="*.example.org"/>
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: add to-ports with the ports that the SWF connects to

error[FSP-D30]: policy grants nothing: none of its 2 rules counts, and the first of them names no valid domain
 --> policy.xml:2:1
  |
2 | <cross-domain-policy>
  | ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: correct each rule, as the finding at it says

1 socket policy examined: 3 errors, 0 warnings, 0 infos
flash-policy explain FSP-D05 says more
"#;
    assert_eq!(folder().stdout("check policy.xml"), (1, expected.to_owned()));
}

#[test]
fn eval_names_the_rule_that_misses() {
    let expected = r#"the connection is denied: port-not-listed
  because  game.example.com:843: error FSP-D01 at 4:3: <allow-access-from> has no to-ports; it grants no port
  advice   add to-ports="5000" to that rule of game.example.com:843 (FSP-D01)
  swf      http://www.example.org/game.swf, so the requester is www.example.org
  connect  game.example.com:5000
  decided  at 0 s, by game.example.com:843, line 4, column 3: <allow-access-from domain="*.example.org"/>
  asked    game.example.com:843 (master): policy, 2 rules
             > <policy-file-request/>\0
             < <?xml version="1.0"?>\n
             < <cross-domain-policy>\n
             <   <allow-access-from domain="http://www.example.com" to-ports="5000"/>\n
             <   <allow-access-from domain="*.example.org"/>\n
             < </cross-domain-policy>\n
             < \0
             185 bytes, peer-closed
  asked    game.example.com:5000 (destination): not-a-policy, no policy server is declared there
             > <policy-file-request/>\0
             < <policy-file-request/>\0
             23 bytes, client-closed
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.org/game.swf cannot load data from game.example.com:5000.
  note     game.example.com:843: error FSP-D05 at 3:22: domain="http://www.example.com" contains a scheme; use "www.example.com"; help: write the bare host
  note     game.example.com:843: error FSP-D30 at 2:1: policy grants nothing: none of its 2 rules counts, and the first of them names no valid domain; help: correct each rule, as the finding at it says

info: decided by this element
 --> policy.xml:4:3
  |
4 |   <allow-access-from domain="*.example.org"/>
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#;
    let call =
        "eval policy.xml --swf http://www.example.org/game.swf --connect game.example.com:5000";
    assert_eq!(folder().stdout(call), (1, expected.to_owned()));
}

#[test]
fn test_shows_what_was_expected_and_what_came() {
    let expected = r#"game.toml
  FAIL our own site may play

game.toml:6:8: our own site may play
expected permitted
     got denied: port-not-listed
  because  game.example.com:843: error FSP-D01 at 4:3: <allow-access-from> has no to-ports; it grants no port
  advice   add to-ports="5000" to that rule of game.example.com:843 (FSP-D01)
  swf      http://www.example.org/game.swf, so the requester is www.example.org
  connect  game.example.com:5000
  decided  at 0 s, by game.example.com:843, line 4, column 3: <allow-access-from domain="*.example.org"/>
  asked    game.example.com:843 (master): policy, 2 rules
             > <policy-file-request/>\0
             < <?xml version="1.0"?>\n
             < <cross-domain-policy>\n
             <   <allow-access-from domain="http://www.example.com" to-ports="5000"/>\n
             <   <allow-access-from domain="*.example.org"/>\n
             < </cross-domain-policy>\n
             < \0
             185 bytes, peer-closed
  asked    game.example.com:5000 (destination): not-a-policy, no policy server is declared there
             > <policy-file-request/>\0
             < <policy-file-request/>\0
             23 bytes, client-closed
  player   at 20 s: securityError#2048 Error #2048: Security sandbox violation: http://www.example.org/game.swf cannot load data from game.example.com:5000.
  note     game.example.com:843: error FSP-D05 at 3:22: domain="http://www.example.com" contains a scheme; use "www.example.com"; help: write the bare host
  note     game.example.com:843: error FSP-D30 at 2:1: policy grants nothing: none of its 2 rules counts, and the first of them names no valid domain; help: correct each rule, as the finding at it says

info: decided by this element
 --> policy.xml:4:3
  |
4 |   <allow-access-from domain="*.example.org"/>
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

0 passed, 1 failed
"#;
    assert_eq!(folder().stdout("test game.toml"), (1, expected.to_owned()));
}

#[rstest]
#[case::an_unknown_id(
    "<!-- flash-policy-allow FSP-D99: x -->",
    "a suppression without a known id (FSP-D99 is the id of no rule) suppresses nothing"
)]
#[case::no_id(
    "<!-- flash-policy-allow : x -->",
    "a suppression without the id of a rule suppresses nothing"
)]
#[case::a_tag_without_a_name("</>", "a tag has no name")]
fn what_is_missing_is_named(#[case] inside: &str, #[case] said: &str) {
    let folder =
        Folder::with_policy(format!("<cross-domain-policy>{inside}</cross-domain-policy>"));
    let text = folder.stdout("check policy.xml").1;
    assert!(text.contains(said), "{text}");
}

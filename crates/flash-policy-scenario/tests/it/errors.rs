//! Every mistake in a scenario file has a text that says what to do, and a place.

use flash_policy_scenario::Scenario;
use rstest::rstest;

use crate::{CASE, STAGE};

#[track_caller]
fn error(text: &str) -> String {
    Scenario::parse(text, "s.toml").unwrap_err().to_string()
}

#[rstest]
#[case::empty("", "s.toml:1:1: `version` is missing; begin the file with `version = 1`")]
#[case::another_version("version = 2", "s.toml:1:11: version 2 is not known; write `version = 1`")]
#[case::a_version_that_is_text(
    "version = '1'",
    "s.toml:1:11: expected a whole number, found string \"1\"; write the number without quotes"
)]
#[case::a_misspelt_key(
    "version = 1\ntitel = ''",
    "s.toml:2:1: unknown key `titel`; did you mean `title`?"
)]
#[case::a_key_that_is_near_to_none(
    "version = 1\nzzz = 1",
    "s.toml:2:1: unknown key `zzz`; expected one of `version`, `title`, `profile`, `policy`, \
        `backend`, `case`, `matrix`"
)]
#[case::a_title_that_is_a_number(
    "version = 1\ntitle = 3",
    "s.toml:2:9: expected a string, found integer `3`; put it in quotes: \"3\""
)]
#[case::a_key_twice(
    "version = 1\nversion = 1",
    "s.toml:2:1: duplicate key; leave one of them, for a key stands once in its table"
)]
#[case::an_open_string(
    "version = 1\ntitle = \"x",
    "s.toml:2:11: invalid basic string, expected `\"`"
)]
#[case::no_toml("<cross-domain-policy/>", "s.toml:1:23: key with no value, expected `=`")]
#[case::one_bracket(
    "version = 1\n[case]\nname = 'a'",
    "s.toml:2:1: expected a list, found table; write an entry of a list with two brackets, such as \
        [[case]]"
)]
#[case::an_entry_that_is_text(
    "version = 1\npolicy = ['x']",
    "s.toml:2:11: expected a table, found string \"x\"; write a table, such as { KEY = VALUE }"
)]
#[case::a_policy_without_a_place(
    "version = 1\n[[policy]]\nxml = ''",
    "s.toml:2:1: `at` is missing; add it to this table"
)]
#[case::a_profile_that_is_none(
    "version = 1\nprofile = 'flash-11'",
    "s.toml:2:11: `flash-11` is not a known profile; did you mean `flash-10`?"
)]
#[case::a_byte_order_mark_has_no_column(
    "\u{feff}version = 2",
    "s.toml:1:11: version 2 is not known; write `version = 1`"
)]
#[case::characters_count_not_bytes(
    "version = 1\ntitle = 'für'; x",
    "s.toml:2:14: unexpected key or value, expected newline, `#`"
)]
fn the_file(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(error(text), expected);
}

#[rstest]
#[case::an_endpoint_without_a_port(
    "[[policy]]\nat = 'game.example.com'\nxml = ''",
    "s.toml:8:6: `game.example.com` is not an endpoint; expected HOST:PORT such as \
        game.example.com:5000 or [::1]:843"
)]
#[case::two_policies(
    "[[policy]]\nat = 'GAME.example.com:843'\nxml = ''",
    "s.toml:8:6: GAME.example.com:843 has two policies; take one of them out"
)]
#[case::two_backends(
    "[[backend]]\nat = 'game.example.com:5000'",
    "s.toml:8:6: game.example.com:5000 has two backends; take one of them out"
)]
#[case::a_policy_of_nothing(
    "[[policy]]\nat = 'h:1'",
    "s.toml:8:6: the policy at h:1 has neither `file` nor `xml` nor `state`; give it one of them"
)]
#[case::a_policy_of_two_things(
    "[[policy]]\nat = 'h:1'\nstate = 'silent'\nxml = ''",
    "s.toml:10:7: the policy at h:1 has two of `file`, `xml` and `state`; leave one of them"
)]
#[case::a_state_of_a_policy(
    "[[policy]]\nat = 'h:1'\nstate = 'down'",
    "s.toml:9:9: `down` is not a known state of a policy; expected one of `refused`, `dropped`, \
        `silent`"
)]
#[case::a_state_of_a_backend(
    "[[backend]]\nat = 'h:1'\nstate = 'firewaled'",
    "s.toml:9:9: `firewaled` is not a known state of a backend; did you mean `firewalled`?"
)]
#[case::a_state_with_faults(
    "[[policy]]\nat = 'h:1'\nstate = 'silent'\nfaults = ['no-nul']",
    "s.toml:10:10: there is no document that faults could spoil; take `state` or `faults` out"
)]
#[case::a_fault(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['ok', 'slient']",
    "s.toml:10:17: `slient` is not a fault; did you mean `silent`?"
)]
#[case::a_fault_that_lacks_its_value(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['delay']",
    "s.toml:10:11: `delay` is not a fault; write `delay=DURATION`"
)]
#[case::a_fault_with_a_value_too_many(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['silent=1']",
    "s.toml:10:11: `silent=1` is not a fault; write `silent`"
)]
#[case::a_fault_with_a_bad_value(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['delay=soon']",
    "s.toml:10:11: fault `delay=soon`: expected a duration such as 500ms, 4s or 2m, found `soon`"
)]
#[case::a_fault_with_a_number_too_large(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['extra-nuls=70000']",
    "s.toml:10:11: fault `extra-nuls=70000`: expected a number of NULs up to 65535, found `70000`"
)]
#[case::a_fault_that_is_nearly_another(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['utf16', 'ok']",
    "s.toml:10:11: `utf16` is not a fault; did you mean `utf-16`?"
)]
#[case::a_fault_of_the_endpoint_among_others(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['silent', 'serial']",
    "s.toml:10:10: fault `serial`: it speaks of the whole endpoint, so it must be the only one in \
        its list"
)]
#[case::a_fault_that_must_stand_alone(
    "[[policy]]\nat = 'h:1'\nxml = ''\nfaults = ['refused', 'ok']",
    "s.toml:10:10: fault `refused`: it speaks of the whole endpoint, so it must be the only one in \
        its list"
)]
#[case::a_policy_file_that_is_not_there(
    "[[policy]]\nat = 'h:1'\nfile = 'no/policy.xml'",
    "s.toml:9:8: the policy file no/policy.xml: there is no such file; check the path"
)]
#[case::a_policy_file_that_is_a_folder(
    "[[policy]]\nat = 'h:1'\nfile = 'src'",
    "s.toml:9:8: the policy file src: it is a directory"
)]
#[case::an_origin(
    "[[origin]]\nat = 'http://data.example.com'",
    "s.toml:7:3: `origin` is about data over HTTP, and URL policies are not part of this version; \
        test what a socket may do: `connect`"
)]
fn the_stage(#[case] entry: &str, #[case] expected: &str) {
    assert_eq!(error(&format!("{STAGE}{entry}")), expected);
}

/// What is wrong stands in line 12 and below, and the endpoints `game.example.com:843` and `:5000`
/// are declared.
#[rstest]
#[case::a_misspelt_key(
    "expct = 'permitted'",
    "s.toml:11:1: unknown key `expct`; did you mean `expect`?"
)]
#[case::no_verdict("", "s.toml:7:1: `expect` is missing; add it to this table")]
#[case::a_verdict(
    "expect = 'allowed'",
    "s.toml:11:10: `allowed` is not a known verdict; expected one of `permitted`, `denied`, \
        `unreachable`"
)]
#[case::a_cause(
    "expect = 'denied'\ncause = 'domain-not-list'",
    "s.toml:12:9: `domain-not-list` is not a known cause; did you mean `domain-not-listed`?"
)]
#[case::a_cause_of_another_verdict(
    "expect = 'permitted'\ncause = 'low-port'",
    "s.toml:12:9: `low-port` is a cause of `denied`, and the case expects `permitted`; change \
        `expect` or `cause`"
)]
#[case::a_cause_of_the_other_failure(
    "expect = 'denied'\ncause = 'backend-refused'",
    "s.toml:12:9: `backend-refused` is a cause of `unreachable`, and the case expects `denied`; \
        change `expect` or `cause`"
)]
#[case::an_event(
    "expect = 'denied'\nevent = 'securityError'",
    "s.toml:12:9: `securityError` is not a known event; did you mean `securityError#2048`?"
)]
#[case::a_second_event(
    "expect = 'unreachable'\nthen = 'ioerror#2031'",
    "s.toml:12:8: `ioerror#2031` is not a known event; did you mean `ioError#2031`?"
)]
#[case::a_grantor(
    "expect = 'permitted'\ngranted-by = 'game.example.com'",
    "s.toml:12:14: `game.example.com` is not an endpoint; expected HOST:PORT such as \
        game.example.com:5000 or [::1]:843"
)]
#[case::a_diagnostic(
    "expect = 'denied'\ndiagnostics = ['FSP-T4']",
    "s.toml:12:16: `FSP-T4` is not the id of a rule; did you mean `FSP-T04`?"
)]
#[case::a_grantor_of_a_denial(
    "expect = 'denied'\ngranted-by = 'sandbox'",
    "s.toml:12:14: what is denied is granted by nobody; take `granted-by` out"
)]
#[case::two_requesters(
    "expect = 'denied'\nsandbox = 'local-trusted'",
    "s.toml:12:11: the case has both `swf` and `sandbox`; leave one of them"
)]
#[case::a_profile(
    "expect = 'denied'\nprofile = 'strickt'",
    "s.toml:12:11: `strickt` is not a known profile; did you mean `strict`?"
)]
#[case::a_timeout(
    "expect = 'denied'\ntimeout = '20'",
    "s.toml:12:11: `20` is not a duration; expected one such as 500ms, 4s or 2m"
)]
#[case::a_count(
    "expect = 'denied'\nrequests = { 'game.example.com:843' = -1 }",
    "s.toml:12:39: expected a whole number from 0 on, found integer `-1`; write a count from 0 on, \
        without quotes"
)]
#[case::a_count_that_is_text(
    "expect = 'denied'\nrequests = { 'game.example.com:843' = '1' }",
    "s.toml:12:39: expected a whole number from 0 on, found string \"1\"; write a count from 0 on, \
        without quotes"
)]
#[case::a_count_beyond_all_numbers(
    "expect = 'denied'\nrequests = { 'game.example.com:843' = 99999999999999999999 }",
    "s.toml:12:39: expected a whole number from 0 on, found integer `99999999999999999999`; write \
        a count from 0 on, without quotes"
)]
#[case::counts_without_endpoints(
    "expect = 'denied'\nrequests = 1",
    "s.toml:12:12: expected a table, found integer `1`; write a table, such as { KEY = VALUE }"
)]
#[case::a_timeout_that_is_a_number(
    "expect = 'denied'\ntimeout = 20",
    "s.toml:12:11: expected a string, found integer `20`; write a duration in quotes, such as \
        \"20s\""
)]
#[case::a_session_that_is_a_number(
    "expect = 'denied'\nsession = 7",
    "s.toml:12:11: expected a string, found integer `7`; put it in quotes: \"7\""
)]
#[case::a_verdict_that_is_a_list(
    "expect = ['denied']",
    "s.toml:11:10: expected a string, found list; write one value in quotes"
)]
#[case::requests_to_what_is_not_there(
    "expect = 'denied'\nrequests = { 'gmae.example.com:843' = 0 }",
    "s.toml:12:14: neither a policy nor a backend stands at gmae.example.com:843; did you mean \
        `game.example.com:843`?"
)]
#[case::a_list_that_is_text(
    "expect = 'denied'\nload-policy-files = 'x'",
    "s.toml:12:21: expected a list, found string \"x\"; put it in brackets: ['x']"
)]
#[case::a_part_of_with(
    "expect = 'denied'\nwith.bakend = {}",
    "s.toml:12:6: unknown key `bakend`; did you mean `backend`?"
)]
#[case::with_a_backend_that_is_not_there(
    "expect = 'denied'\nwith.backend = { 'game.example.com:843' = 'down' }",
    "s.toml:12:18: no backend stands at game.example.com:843; did you mean `game.example.com:5000`?"
)]
#[case::with_a_policy_that_is_not_there(
    "expect = 'denied'\nwith.policy = { 'x:1' = 'silent' }",
    "s.toml:12:17: no policy stands at x:1; expected `game.example.com:843`"
)]
#[case::with_a_state(
    "expect = 'denied'\nwith.policy = { 'game.example.com:843' = 'slient' }",
    "s.toml:12:42: `slient` is not a known state of a policy; did you mean `silent`?"
)]
#[case::with_a_fault(
    "expect = 'denied'\nwith.faults = { 'game.example.com:843' = ['nonul'] }",
    "s.toml:12:43: `nonul` is not a fault; did you mean `no-nul`?"
)]
#[case::with_a_fault_and_a_state(
    "expect = 'denied'\nwith.faults = { 'game.example.com:843' = [] }\nwith.policy = { \
        'game.example.com:843' = 'silent' }",
    "s.toml:12:17: game.example.com:843 is in `with.policy` as well; leave one of them"
)]
#[case::load(
    "load = 'http://data.example.com/x'",
    "s.toml:11:1: `load` is about data over HTTP, and URL policies are not part of this version; \
        test what a socket may do: `connect`"
)]
#[case::two_cases_of_a_name(
    "expect = 'denied'\n[[case]]\nname = 'our own site'\nsandbox = 'local-trusted'\nconnect = \
        'a:1'\nexpect = 'permitted'",
    "s.toml:13:8: two cases are called `our own site`; the other one is in line 8; call one of \
        them otherwise"
)]
#[case::another_player_in_a_session(
    "expect = 'denied'\nsession = 's'\n[[case]]\nname = 'b'\nsandbox = 'local-trusted'\nconnect = \
        'a:1'\nexpect = 'permitted'\nsession = 's'\ntimeout = '1s'",
    "s.toml:19:11: the first case of the session `s` has another profile or timeout; one session \
        is one player: give its cases the same, or another session"
)]
fn a_case(#[case] rest: &str, #[case] expected: &str) {
    assert_eq!(error(&format!("{STAGE}{CASE}{rest}")), expected);
}

#[rstest]
#[case::nobody_asks("", "s.toml:8:8: the case has neither `swf` nor `sandbox`; say who asks")]
#[case::a_swf(
    "swf = 'game.swf'",
    "s.toml:11:7: `game.swf` is not the URL of a SWF: it has no scheme; expected one such as \
        http://www.example.com/game.swf"
)]
#[case::a_sandbox(
    "sandbox = 'localtrusted'",
    "s.toml:11:11: `localtrusted` is not a known sandbox; did you mean `local-trusted`?"
)]
#[case::a_sandbox_as_a_swf(
    "swf = 'sandbox:local-truste'",
    "s.toml:11:7: `local-truste` is not a known sandbox; did you mean `local-trusted`?"
)]
#[case::remote_is_a_sandbox_with_a_url(
    "sandbox = 'remote'",
    "s.toml:11:11: `remote` is not a known sandbox; expected one of `local-with-file`, \
        `local-with-networking`, `local-trusted`, `air-application`"
)]
fn a_requester(#[case] requester: &str, #[case] expected: &str) {
    let case = "[[case]]\nname = 'a'\nconnect = 'h:1'\nexpect = 'denied'\n";
    assert_eq!(error(&format!("{STAGE}{case}{requester}")), expected);
}

#[rstest]
#[case::no_port("game.example.com")]
#[case::a_port_that_is_no_number("game.example.com:http")]
#[case::a_port_with_a_sign("game.example.com:+1")]
#[case::a_port_beyond_all_numbers("game.example.com:99999999999999999999")]
#[case::no_host(":5000")]
#[case::a_url("http://game.example.com:5000")]
fn a_target_that_is_none(#[case] connect: &str) {
    let case = CASE.replace("game.example.com:5000", connect);
    assert_eq!(
        error(&format!("{STAGE}{case}expect = 'denied'")),
        format!(
            "s.toml:10:11: `{connect}` is not HOST:PORT; expected one such as \
                game.example.com:5000 or [::1]:843"
        )
    );
}

#[rstest]
#[case::blanks(" a")]
#[case::nothing("")]
#[case::two_lines("a\\nb")]
fn a_name_that_no_test_can_have(#[case] name: &str) {
    let case = CASE.replace("our own site", name);
    assert_eq!(
        error(&format!("{STAGE}{case}expect = 'denied'")),
        "s.toml:8:8: a name is one line, without blanks around it; call the case by what it tests"
    );
}

#[rstest]
#[case::no_requester(
    "swf = []\nconnect = ['h:1']",
    "s.toml:8:7: the list is empty; put something in it, or take the matrix out"
)]
#[case::a_requester(
    "swf = ['x']\nconnect = ['h:1']",
    "s.toml:8:8: `x` is not the URL of a SWF: it has no scheme; expected one such as \
        http://www.example.com/game.swf"
)]
#[case::a_target_twice(
    "swf = ['sandbox:local-trusted']\nconnect = ['h:1', 'h:1']",
    "s.toml:9:19: `h:1` is in the list twice; take one out"
)]
#[case::a_snapshot_that_cannot_be_read(
    "swf = ['sandbox:local-trusted']\nconnect = ['h:1']\nsnapshot = '.'",
    "s.toml:10:12: the snapshot .: it is a directory"
)]
fn a_matrix(#[case] axes: &str, #[case] expected: &str) {
    let snapshot = if axes.contains("snapshot") { "" } else { "\nsnapshot = 'none.txt'" };
    assert_eq!(error(&format!("{STAGE}[matrix]\n{axes}{snapshot}")), expected);
}

#[test]
fn a_case_cannot_be_called_as_the_matrix_is() {
    let case = CASE.replace("our own site", "matrix");
    let matrix = "expect = 'denied'\n[matrix]\nswf = ['sandbox:local-trusted']\nconnect = \
        ['h:1']\nsnapshot = 'none.txt'";
    assert_eq!(
        error(&format!("{STAGE}{case}{matrix}")),
        "s.toml:8:8: `matrix` is the name of the [matrix]; call the case otherwise"
    );
}

#[test]
fn a_scenario_without_a_case_is_told_from_a_wrong_one() {
    let error = Scenario::parse(STAGE, "s.toml").unwrap_err();
    assert_eq!(error.to_string(), "s.toml: there is nothing to test; add a [[case]] or a [matrix]");
    assert!(error.is_nothing_to_test() && !error.is_unreadable());
    assert_eq!((error.line(), error.column()), (None, None));
}

#[test]
fn an_error_tells_its_parts() {
    let error = Scenario::parse("version = 1\ntitel = ''", "a/s.toml").unwrap_err();
    assert_eq!(error.path(), std::path::Path::new("a/s.toml"));
    assert_eq!((error.line(), error.column()), (Some(2), Some(1)));
    assert_eq!(
        (error.message(), error.help()),
        ("unknown key `titel`", Some("did you mean `title`?"))
    );
    assert!(!error.is_unreadable() && !error.is_nothing_to_test());
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn an_error_shows_its_line_and_a_caret() {
    let error = Scenario::parse("version = 1\ntitel = ''\n", "s.toml").unwrap_err();
    assert_eq!(
        error.render(false),
        "\
error: unknown key `titel`
 --> s.toml:2:1
  |
2 | titel = ''
  | ^^^^^
  |
  = help: did you mean `title`?"
    );
    assert!(error.render(true).contains("\u{1b}["), "in colour");
}

/// The parser stops before the stack ends.
#[test]
fn what_is_nested_too_deeply_is_told_with_what_to_do() {
    let told = error(&format!("version = 1\nx = {}", "[".repeat(10_000)));
    assert!(
        told.ends_with("; write it flat: nothing of this format is nested like that"),
        "{told}"
    );
}

/// A document that is no policy is what some scenarios test.
#[rstest]
#[case::no_xml("HTTP/1.1 400 Bad Request")]
#[case::empty("")]
#[case::open("<cross-domain-policy>")]
fn a_document_that_is_no_policy_is_no_error(#[case] xml: &str) {
    let text = format!(
        "version = 1\n[[policy]]\nat = 'game.example.com:843'\nxml = '{xml}'\n{CASE}expect = \
            'denied'\ncause = 'malformed-policy'"
    );
    super::run(&text, |report| assert!(report.passed(), "{report}"));
}

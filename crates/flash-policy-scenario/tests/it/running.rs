//! What a case declares is what happens, and what does not happen as expected is told.

use flash_policy_fixture::{Cause, Verdict};
use flash_policy_scenario::{Runner, Status};
use rstest::rstest;

use crate::{CASE, STAGE, run, scenario};

#[rstest]
#[case::up("up", "permitted", "connected", "connect")]
#[case::down("down", "unreachable", "backend-refused", "ioError#2031")]
#[case::firewalled("firewalled", "unreachable", "backend-timed-out", "securityError#2048")]
#[case::silent("silent", "permitted", "connected", "connect")]
#[case::closes("closes", "permitted", "connected", "connect")]
#[case::unknown_name("unknown-name", "denied", "no-policy", "securityError#2048")]
fn a_state_of_the_backend(
    #[case] state: &str,
    #[case] verdict: &str,
    #[case] cause: &str,
    #[case] event: &str,
    #[values(true, false)] in_the_case: bool,
) {
    let (stage, with) = match in_the_case {
        true => (
            STAGE.to_owned(),
            format!("with.backend = {{ 'game.example.com:5000' = '{state}' }}\n"),
        ),
        false => (format!("{STAGE}state = '{state}'\n"), String::new()),
    };
    let text =
        format!("{stage}{CASE}{with}expect = '{verdict}'\ncause = '{cause}'\nevent = '{event}'");
    run(&text, |report| assert!(report.passed(), "{report}"));
}

#[rstest]
#[case::refused("refused", "no-policy", 0)]
#[case::dropped("dropped", "no-policy", 0)]
#[case::silent("silent", "no-policy", 1)]
fn a_state_of_the_policy(
    #[case] state: &str,
    #[case] cause: &str,
    #[case] requests: usize,
    #[values(true, false)] in_the_case: bool,
) {
    let (stage, with) = match in_the_case {
        true => {
            (STAGE.to_owned(), format!("with.policy = {{ 'game.example.com:843' = '{state}' }}\n"))
        }
        false => (
            format!("version = 1\n[[policy]]\nat = 'game.example.com:843'\nstate = '{state}'\n"),
            String::new(),
        ),
    };
    let requests = format!("requests = {{ 'game.example.com:843' = {requests} }}");
    let text = format!("{stage}{CASE}{with}expect = 'denied'\ncause = '{cause}'\n{requests}");
    run(&text, |report| assert!(report.passed(), "{report}"));
}

#[rstest]
#[case::of_the_entry(&STAGE.replace("[[backend]]", "faults = \
    ['http-400']\n[[backend]]"), "", "malformed-policy")]
#[case::of_the_case(
    STAGE,
    "with.faults = { 'game.example.com:843' = ['http-400'] }\n",
    "malformed-policy"
)]
#[case::of_the_case_instead_of_the_entrys(
    &STAGE.replace("[[backend]]", "faults = ['http-400']\n[[backend]]"), "with.faults = { \
        'game.example.com:843' = ['silent'] }\n", "no-policy")]
#[case::none_of_the_case(
    &STAGE.replace("[[backend]]", "faults = ['http-400']\n[[backend]]"), "with.faults = { \
        'game.example.com:843' = [] }\n", "connected")]
fn faults(#[case] stage: &str, #[case] with: &str, #[case] cause: &str) {
    let verdict = if cause == "connected" { "permitted" } else { "denied" };
    let text = format!("{stage}{CASE}{with}expect = '{verdict}'\ncause = '{cause}'");
    run(&text, |report| assert!(report.passed(), "{report}"));
}

/// The player's time is part of the outcome.
#[rstest]
#[case::of_the_file("profile = 'strict'\n", "", Cause::NoPolicy)]
#[case::of_the_case("", "profile = 'strict'\n", Cause::NoPolicy)]
#[case::of_the_case_before_that_of_the_file(
    "profile = 'strict'\n",
    "profile = 'flash-10'\n",
    Cause::Connected
)]
fn the_profile(#[case] file: &str, #[case] case: &str, #[case] cause: Cause) {
    let stage = STAGE.replace("version = 1\n", &format!("version = 1\n{file}"));
    let with = "with.faults = { 'game.example.com:843' = ['no-nul'] }\n";
    let text = format!("{stage}{CASE}{with}{case}expect = 'permitted'");
    run(&text, |report| assert_eq!(report.outcome().map(|outcome| outcome.cause()), Some(cause)));
}

#[test]
fn the_timeout_is_when_the_player_reports() {
    let text = format!(
        "{STAGE}{CASE}timeout = '7s'\nexpect = 'unreachable'\nwith.backend = {{ \
            'game.example.com:5000' = 'firewalled' }}"
    );
    run(&text, |report| {
        let outcome = report.outcome().unwrap();
        assert_eq!(outcome.reported_at().map(|at| at.as_secs()), Some(7));
    });
}

#[test]
fn a_location_of_load_policy_file_is_asked_before_the_connect() {
    let explicit = "[[policy]]\nat = 'game.example.com:2525'\nxml = \
        '<cross-domain-policy><allow-access-from domain=\"evil.example\" \
        to-ports=\"5000\"/></cross-domain-policy>'\n";
    let case = CASE.replace("www.example.com", "evil.example");
    let load = "load-policy-files = ['xmlsocket://game.example.com:2525']\n";
    let text = format!(
        "{STAGE}{explicit}{case}{load}expect = 'permitted'\ngranted-by = 'game.example.com:2525'"
    );
    run(&text, |report| assert!(report.passed(), "{report}"));
}

/// Each case has a stage of its own: what the first changes the second does not see.
#[test]
fn a_case_does_not_see_the_changes_of_another() {
    let down = "with.backend = { 'game.example.com:5000' = 'down' }\nexpect = 'unreachable'\n";
    let up = CASE.replace("our own site", "and again");
    let report = scenario(&format!("{STAGE}{CASE}{down}{up}expect = 'permitted'")).run();
    assert_eq!((report.passed(), report.failed()), (2, 0), "{report}");
}

#[rstest]
#[case::the_verdict("expect = 'denied'", &["verdict: expected denied, got permitted"])]
#[case::the_cause("expect = 'unreachable'\ncause = 'backend-reset'\nwith.backend = { \
    'game.example.com:5000' = 'down' }",
    &["cause: expected backend-reset, got backend-refused"])]
#[case::the_event("expect = 'permitted'\nevent = 'ioError#2031'", &["event: expected ioError#2031, \
    got connect"])]
#[case::a_second_event("expect = 'permitted'\nthen = 'securityError#2048'", &["then: expected \
    securityError#2048, got nothing"])]
#[case::the_grantor("expect = 'permitted'\ngranted-by = 'sandbox'", &["granted-by: expected \
    sandbox, got game.example.com:843"])]
#[case::a_grantor_that_is_nobody("expect = 'permitted'\nsession = 'x'\ngranted-by = \
    'sandbox'\nwith.policy = { 'game.example.com:843' = 'silent' }",
    &["verdict: expected permitted, got denied", "granted-by: expected sandbox, got nothing"])]
#[case::requests("expect = 'permitted'\nrequests = { 'game.example.com:5000' = 1, \
    'game.example.com:843' = 0 }",
    &["requests to game.example.com:843: expected 0, got 1", "requests to game.example.com:5000: \
        expected 1, got 0"])]
#[case::no_diagnostics("expect = 'denied'\nwith.policy = { 'game.example.com:843' = 'silent' }\n\
    diagnostics = []", &["diagnostics: expected none, got FSP-T04"])]
#[case::other_diagnostics("expect = 'denied'\nwith.policy = { 'game.example.com:843' = 'silent' }\n\
    diagnostics = ['T05', 'FSP-T04']", &["diagnostics: expected FSP-T04, FSP-T05, got FSP-T04"])]
#[case::all_of_it(
    "expect = 'denied'\ncause = 'low-port'\nevent = 'throw#2003'",
    &["verdict: expected denied, got permitted", "cause: expected low-port, got \
        connected", "event: expected throw#2003, got connect"])]
fn what_is_not_as_expected_is_told(#[case] expected: &str, #[case] mismatches: &[&str]) {
    run(&format!("{STAGE}{CASE}{expected}"), |report| {
        let told: Vec<String> = report.mismatches().iter().map(ToString::to_string).collect();
        assert_eq!(told, mismatches);
        assert_eq!(report.status(), Status::Failed);
        let text = report.to_string();
        for mismatch in
            told.iter().filter(|told| !told.starts_with("verdict:") && !told.starts_with("cause:"))
        {
            assert!(text.contains(&format!("  wrong    {mismatch}\n")), "{text}");
        }
    });
}

const FAILURE: &str = r#"expected denied: low-port
     got permitted: connected
  wrong    event: expected securityError#2048, got connect
  wrong    requests to game.example.com:843: expected 0, got 1
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
info: granted by this element
 --> tests/it/policy.xml:3:3
  |
3 |   <allow-access-from domain="*.example.com" to-ports="5000"/>
  |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#;

#[test]
fn a_failure_tells_what_was_expected_what_came_and_which_line_of_the_policy_decided() {
    let stage = "version = 1\npolicy = [{ at = 'game.example.com:843', file = \
        'tests/it/policy.xml' }]\nbackend = [{ at = 'game.example.com:5000' }]\n";
    let expected = "expect = 'denied'\ncause = 'low-port'\nevent = 'securityError#2048'\nrequests \
        = { 'game.example.com:843' = 0 }";
    let scenario = scenario(&format!("{stage}{CASE}{expected}"));
    let mut runner = Runner::new(&scenario);
    let report = runner.run(0);
    assert_eq!(report.to_string(), FAILURE);
    assert!(report.render(true).contains("\u{1b}["), "the excerpt is in colour");
    assert_eq!((report.name(), report.line(), report.column()), ("our own site", 5, 8));
    let whole = runner.finish().to_string();
    assert_eq!(whole, format!("s.toml:5:8: our own site\n{FAILURE}\n0 passed, 1 failed\n"));
}

/// Where the document is written in the scenario file, that is where the element is shown.
#[rstest]
#[case::on_lines_of_its_own("'''\n<cross-domain-policy>\n  GRANT\n</cross-domain-policy>'''", 5, 3)]
#[case::behind_the_delimiter("'''<cross-domain-policy>\n  GRANT\n</cross-domain-policy>'''", 4, 3)]
#[case::behind_a_windows_line_end(
    "'''\r\n<cross-domain-policy>\r\n  GRANT\r\n</cross-domain-policy>'''",
    5,
    3
)]
#[case::on_one_line("'<cross-domain-policy>GRANT</cross-domain-policy>'", 3, 30)]
#[case::in_double_quotes(
    "\"\"\"\n<cross-domain-policy>\n  GRANT\n</cross-domain-policy>\"\"\"",
    5,
    3
)]
#[case::behind_characters_of_many_bytes(
    "'<!-- für --><cross-domain-policy>GRANT</cross-domain-policy>'",
    3,
    42
)]
#[case::with_escapes_at_the_value("\"<cross-domain-policy>\\nGRANT</cross-domain-policy>\"", 3, 8)]
fn an_inline_document_is_shown_where_it_is_written(
    #[case] xml: &str,
    #[case] line: u32,
    #[case] column: u32,
) {
    let grant = match xml.starts_with("\"<") {
        true => r#"<allow-access-from domain='*' to-ports='6000'/>"#,
        false => r#"<allow-access-from domain="*" to-ports="6000"/>"#,
    };
    let xml = xml.replace("GRANT", grant);
    let text = format!(
        "version = 1\npolicy = [{{ at = 'game.example.com:843',\n xml = {xml} }}]\n{CASE}expect = \
            'permitted'"
    );
    run(&text, |report| {
        let text = report.to_string();
        assert!(
            text.contains(&format!("info: decided by this element\n --> s.toml:{line}:{column}\n")),
            "{text}"
        );
    });
}

/// Nothing is decided by an element where nothing answered.
#[test]
fn a_failure_without_a_deciding_element_shows_none() {
    let text = format!(
        "{STAGE}{CASE}with.policy = {{ 'game.example.com:843' = 'refused' }}\nexpect = 'permitted'"
    );
    run(&text, |report| {
        assert_eq!(report.outcome().map(|outcome| outcome.verdict()), Some(Verdict::Denied));
        assert!(!report.to_string().contains("-->"), "{report}");
    });
}

#[tokio::test]
#[should_panic(expected = "running a scenario would block this tokio runtime")]
async fn a_scenario_says_so_when_it_would_block_a_runtime() {
    scenario(&format!("{STAGE}{CASE}expect = 'permitted'")).run();
}

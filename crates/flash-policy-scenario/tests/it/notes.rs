//! A case that passes for the wrong reason says so: its target is misspelt, or nobody would get in.

use flash_policy_core::diagnostics::Severity;
use flash_policy_fixture::PolicyServer;
use flash_policy_scenario::{CaseNote, NoteKind, Runner};
use rstest::rstest;

use crate::{CASE, STAGE, scenario};

/// A case that a stranger's denial passes. It has no `connect`.
const STRANGER: &str =
    "[[case]]\nname = 'a stranger'\nswf = 'http://evil.example/a.swf'\nexpect = 'denied'\n";

fn notes_of(text: &str) -> Vec<CaseNote> {
    let scenario = scenario(text);
    let mut runner = Runner::new(&scenario);
    let report = runner.run(0);
    assert!(report.passed(), "{report}");
    report.notes().to_vec()
}

fn kinds(notes: &[CaseNote]) -> Vec<NoteKind> {
    notes.iter().map(CaseNote::kind).collect()
}

#[rstest]
#[case::misspelt(
    "connect = 'gmae.example.com:5000'",
    "no entry names the host of `gmae.example.com:5000`",
    "did you mean `game.example.com:5000`? "
)]
#[case::misspelt_with_another_port(
    "connect = 'gmae.example.com:6000'",
    "no entry names the host of `gmae.example.com:6000`",
    "did you mean `game.example.com:6000`? "
)]
#[case::another(
    "connect = '127.0.0.1:5000'",
    "no entry names the host of `127.0.0.1:5000`",
    "this file has entries for `game.example.com`; "
)]
#[case::without_a_dot(
    "connect = 'gameexample.com:5000'",
    "no entry names the host of `gameexample.com:5000`",
    "did you mean `game.example.com:5000`? "
)]
#[case::misspelt_at_the_end(
    "connect = 'game.example.cmo:5000'",
    "no entry names the host of `game.example.cmo:5000`",
    "did you mean `game.example.com:5000`? "
)]
#[case::another_of_the_domain(
    "connect = 'chat.example.com:5000'",
    "no entry names the host of `chat.example.com:5000`",
    "this file has entries for `game.example.com`; "
)]
#[case::a_port_out_of_range(
    "connect = 'gmae.example.com:70000'",
    "no entry names the host of `gmae.example.com:70000`",
    "did you mean `game.example.com:70000`? "
)]
#[case::a_policy_location(
    "connect = 'game.example.com:5000'\nload-policy-files = ['xmlsocket://gmae.example.com:2525']",
    "no entry names the host of `xmlsocket://gmae.example.com:2525`",
    "did you mean `xmlsocket://game.example.com:2525`? "
)]
fn a_host_that_no_entry_names_is_a_warning(
    #[case] keys: &str,
    #[case] message: &str,
    #[case] help: &str,
) {
    let notes = notes_of(&format!("{STAGE}{STRANGER}{keys}"));
    let warning = &notes[0];
    assert_eq!((warning.kind(), warning.severity()), (NoteKind::UnknownHost, Severity::Warning));
    assert_eq!(warning.message(), message);
    let said = warning.help().unwrap_or_default();
    assert!(said.starts_with(help) && said.contains("`unknown-host = true`"), "{said}");
    let line = u32::try_from(STAGE.lines().count() + 4 + keys.lines().count()).unwrap();
    assert_eq!(warning.line(), line);
}

#[rstest]
#[case::said_to_be_unknown("connect = 'gmae.example.com:5000'\nunknown-host = true")]
#[case::in_other_letters("connect = 'GAME.example.com:5000'")]
#[case::another_port_of_a_host("connect = 'game.example.com:843'")]
#[case::a_location_that_is_no_socket(
    "connect = 'game.example.com:5000'\nload-policy-files = ['http://cdn.example/crossdomain.xml']"
)]
fn a_host_that_is_meant_is_no_warning(#[case] keys: &str) {
    let notes = notes_of(&format!("{STAGE}{STRANGER}{keys}"));
    assert!(!kinds(&notes).contains(&NoteKind::UnknownHost), "{notes:?}");
}

#[test]
fn unknown_host_is_true_or_false() {
    let text = format!("{STAGE}{STRANGER}connect = 'game.example.com:5000'\nunknown-host = 'yes'");
    let error = flash_policy_scenario::Scenario::parse(&text, "s.toml").unwrap_err().to_string();
    let expected =
        "expected true or false, found string \"yes\"; write true or false, without quotes";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn a_matrix_has_its_warnings_too() {
    let text = format!(
        "{STAGE}[matrix]\nswf = ['http://www.example.com/a.swf']\n\
         connect = ['game.example.com:5000', 'gmae.example.com:5000']\nsnapshot = 'none.txt'\n"
    );
    let notes = |text: &str| {
        let scenario = scenario(text);
        Runner::new(&scenario).run_matrix().map(|matrix| matrix.notes().to_vec()).unwrap()
    };
    let warnings = notes(&text);
    assert_eq!(kinds(&warnings), [NoteKind::UnknownHost]);
    assert_eq!((warnings[0].line(), warnings[0].column()), (9, 37));
    assert!(notes(&format!("{text}unknown-host = true\n")).is_empty());
}

#[test]
fn a_host_of_a_real_server_is_named() {
    let server = PolicyServer::start("<cross-domain-policy/>");
    let text = format!("version = 1\n{STRANGER}connect = 'live.example.com:5000'");
    let scenario = scenario(&text);
    let master = "live.example.com:843".parse().unwrap();
    let mut runner = Runner::new(&scenario).route(master, server.addr());
    assert_eq!(kinds(runner.run(0).notes()), [NoteKind::NobodyGetsIn]);
}

/// A stage with this at its master, and a backend.
fn stage(master: &str) -> String {
    format!(
        "version = 1\n[[policy]]\nat = 'game.example.com:843'\n{master}\n\
         [[backend]]\nat = 'game.example.com:5000'\n"
    )
}

const TO_ONE: &str = "xml = '<cross-domain-policy><allow-access-from \
    domain=\"www.example.com\" to-ports=\"5000\"/></cross-domain-policy>'";

#[rstest]
#[case::no_policy("state = 'refused'", 5000, "no location answers with a whole policy")]
#[case::a_dropped_policy("state = 'dropped'", 5000, "no location answers with a whole policy")]
#[case::a_silent_policy("state = 'silent'", 5000, "no location answers with a whole policy")]
#[case::a_malformed_policy(
    "xml = '<cross-domain-policy>'",
    5000,
    "players reject the policy that is served"
)]
#[case::a_spoilt_policy(
    &format!("{TO_ONE}\nfaults = ['escaped-nul']"),
    5000,
    "players reject the policy that is served"
)]
#[case::an_empty_policy(
    "xml = '<cross-domain-policy/>'",
    5000,
    "no rule of the policy names a requester"
)]
#[case::a_port_that_no_rule_opens(TO_ONE, 6000, "no rule opens port 6000 to anybody")]
#[case::a_low_port(
    "state = 'refused'\n[[policy]]\nat = 'game.example.com:2525'\n\
     xml = '<cross-domain-policy><allow-access-from domain=\"*\" to-ports=\"80\"/>\
     </cross-domain-policy>'",
    80,
    "only a policy from a port below 1024 opens port 80"
)]
#[case::a_void_master(
    "xml = '<cross-domain-policy><site-control permitted-cross-domain-policies=\"none\"/>\
     <allow-access-from domain=\"*\" to-ports=\"*\"/></cross-domain-policy>'",
    5000,
    "the site-control of the master policy says that no policy counts"
)]
#[case::a_port_out_of_range(TO_ONE, 70000, "70000 is not a port")]
fn a_denial_of_everybody_is_told(#[case] master: &str, #[case] port: i64, #[case] reason: &str) {
    let load = match port {
        80 => "load-policy-files = ['xmlsocket://game.example.com:2525']\n",
        _ => "",
    };
    let text = format!("{}{STRANGER}connect = 'game.example.com:{port}'\n{load}", stage(master));
    let notes = notes_of(&text);
    assert_eq!(kinds(&notes), [NoteKind::NobodyGetsIn], "{notes:?}");
    assert_eq!(notes[0].severity(), Severity::Info);
    let message = format!("nobody would get in: {reason}");
    assert!(notes[0].message().starts_with(&message), "{notes:?}");
}

#[rstest]
#[case::one_digit_off(5001, "", true)]
#[case::a_digit_missing(500, "", true)]
#[case::a_digit_too_many(50000, "", true)]
#[case::another_port(8080, "", false)]
#[case::a_stated_cause(5001, "cause = 'port-not-listed'", false)]
fn a_port_at_which_nothing_stands_may_be_misspelt(
    #[case] port: i64,
    #[case] keys: &str,
    #[case] is_misspelt: bool,
) {
    let case = STRANGER.replace("evil.example", "www.example.com");
    let text = format!("{}{case}connect = 'game.example.com:{port}'\n{keys}", stage(TO_ONE));
    let notes = notes_of(&text);
    let meant = format!(
        ", and no entry stands at `game.example.com:{port}`; did you mean `game.example.com:5000`?"
    );
    assert_eq!(kinds(&notes), [NoteKind::NobodyGetsIn]);
    assert_eq!(notes[0].message().ends_with(&meant), is_misspelt, "{notes:?}");
}

#[rstest]
#[case::another_site_may(TO_ONE, "")]
#[case::only_over_https(
    "xml = '<cross-domain-policy><allow-access-from domain=\"*.evil.example\" \
     to-ports=\"5000\" secure=\"true\"/></cross-domain-policy>'",
    ""
)]
#[case::an_address_may(
    "xml = '<cross-domain-policy><allow-access-from domain=\"[2001:db8::1]\" \
     to-ports=\"5000\"/></cross-domain-policy>'",
    ""
)]
#[case::in_band(
    &format!("state = 'refused'\n[[policy]]\nat = 'game.example.com:5000'\n{TO_ONE}"),
    ""
)]
#[case::at_a_location_that_the_swf_names(
    &format!("state = 'refused'\n[[policy]]\nat = 'game.example.com:2525'\n{TO_ONE}"),
    "load-policy-files = ['xmlsocket://game.example.com:2525']"
)]
#[case::while_the_backend_is_down(TO_ONE, "with.backend = { 'game.example.com:5000' = 'down' }")]
fn a_denial_of_a_stranger_alone_has_no_note(#[case] master: &str, #[case] keys: &str) {
    let text = format!("{}{STRANGER}connect = 'game.example.com:5000'\n{keys}", stage(master));
    assert_eq!(notes_of(&text), []);
}

#[rstest]
#[case::no_policy("state = 'refused'", "no-policy", 5000)]
#[case::malformed("xml = '<html/>'", "malformed-policy", 5000)]
#[case::a_port_out_of_range(TO_ONE, "invalid-port", 70000)]
fn a_case_that_expects_the_cause_of_everybody_has_no_note(
    #[case] master: &str,
    #[case] cause: &str,
    #[case] port: i64,
) {
    let keys = format!("connect = 'game.example.com:{port}'\ncause = '{cause}'");
    assert_eq!(notes_of(&format!("{}{STRANGER}{keys}", stage(master))), []);
}

#[test]
fn what_the_sandbox_denies_says_nothing_about_others() {
    let text = format!(
        "{}[[case]]\nname = 'a file'\nsandbox = 'local-with-file'\nexpect = 'denied'\n\
         connect = 'game.example.com:5000'\n",
        stage("state = 'refused'")
    );
    assert_eq!(notes_of(&text), []);
}

#[test]
fn a_case_that_is_permitted_has_no_note() {
    assert_eq!(notes_of(&format!("{STAGE}{CASE}expect = 'permitted'")), []);
}

#[rstest]
#[case::of_a_real_server_that_grants_another(
    "<cross-domain-policy><allow-access-from domain='www.example.com' to-ports='5000'/>\
     </cross-domain-policy>",
    false
)]
#[case::of_a_real_server_that_grants_nobody("<cross-domain-policy/>", true)]
fn a_denial(#[case] policy: &str, #[case] of_everybody: bool) {
    let server = PolicyServer::start(policy);
    let text = format!("{STAGE}{STRANGER}connect = 'game.example.com:5000'");
    let scenario = scenario(&text);
    let master = "game.example.com:843".parse().unwrap();
    let mut runner = Runner::new(&scenario).route(master, server.addr());
    assert_eq!(!runner.run(0).notes().is_empty(), of_everybody);
}

/// That nobody is asked is true of hosts that the file does not name, too.
#[rstest]
#[case::where_nothing_stands("requests = { 'game.example.com:2525' = 0 }")]
#[case::at_the_host_of_the_page("requests = { 'www.example.com:843' = 0 }")]
#[case::at_a_host_that_nothing_names("requests = { 'elsewhere.test:843' = 0 }")]
#[case::at_a_host_above_it("requests = { 'example.com:843' = 0 }")]
#[case::at_a_host_beside_it("requests = { 'chat.example.com:843' = 0 }")]
#[case::at_a_host_that_looks_like_one_but_is_meant(
    "unknown-host = true\nrequests = { 'gmae.example.com:843' = 0 }"
)]
fn a_count_of_0_may_name_an_endpoint(#[case] keys: &str) {
    assert_eq!(notes_of(&format!("{STAGE}{CASE}expect = 'permitted'\n{keys}\n")), []);
}

#[test]
fn another_count_needs_an_entry() {
    let text = format!(
        "{STAGE}{CASE}expect = 'permitted'\nrequests = {{ 'game.example.com:2525' = 1 }}\n"
    );
    let error = flash_policy_scenario::Scenario::parse(&text, "s.toml").unwrap_err().to_string();
    assert!(error.contains("neither a policy nor a backend stands at"), "{error}");
}

#[test]
fn the_text_of_a_report_has_the_notes_of_cases_that_passed() {
    let text = scenario(&format!("{STAGE}{STRANGER}connect = 'gmae.example.com:5000'")).run();
    let text = text.to_string();
    let warning = "s.toml:11:11: warning: a stranger: no entry names the host of \
        `gmae.example.com:5000`; help: did you mean `game.example.com:5000`? ";
    assert!(text.starts_with(warning), "{text}");
    assert!(text.contains("\ns.toml:11:11: info: a stranger: nobody would get in: "), "{text}");
}

#[rstest]
#[case::a_misspelt_port("game.example.com:844", Some("did you mean `game.example.com:843`?"))]
#[case::one_that_stands("game.example.com:843", None)]
#[case::the_target("game.example.com:5001", None)]
#[case::another_port("game.example.com:2525", None)]
#[case::another_host("other.example.com:844", None)]
fn a_count_of_0_where_nobody_can_ask_gets_a_note(#[case] at: &str, #[case] help: Option<&str>) {
    let case = "[[case]]\nname = 'the ide'\nsandbox = 'local-trusted'\nexpect = 'unreachable'\n\
        connect = 'game.example.com:5001'\n";
    let text = format!("{STAGE}{case}requests = {{ '{at}' = 0 }}\n");
    let notes = notes_of(&text);
    let notes = notes.iter().filter(|note| note.kind() == NoteKind::UnknownPort);
    let helps: Vec<_> = notes.map(|note| note.help().unwrap()).collect();
    assert_eq!(helps, Vec::from_iter(help));
}

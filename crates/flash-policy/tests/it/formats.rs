//! `--format`: that other programs can read what is written, whatever is in it.

mod destinations;
mod failures;
mod github;
mod hostile;
mod human;
mod json;
mod junit;
mod live;
mod nagios;
mod reports;
mod sarif;
mod tap;

use rstest::rstest;

use crate::{Folder, GOOD};

pub(super) use json::assert_valid;
pub(super) use reports::Reports;
use reports::Stage;

/// The formats for programs.
const FORMATS: [&str; 5] = ["json", "junit", "sarif", "github", "tap"];

/// Whether the text for people has something in it that is worth a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Painted {
    Yes,
    No,
}

/// The results of the command, each with its exit code. In the arguments, `{good}` is the address
/// of a policy server, `{no-nul}` of one whose policy has no NUL, and `{backend}` of a backend. No
/// row may be called `test`: rstest takes such a name for an attribute, and makes no test of it.
#[rstest]
#[case::check("check mixed.xml policy.xml", 1, Painted::Yes)]
#[case::check_without_findings("check policy.xml", 0, Painted::No)]
#[case::check_of_a_suppressed_finding("check mixed.xml --rule FSP-D05=off", 0, Painted::Yes)]
#[case::check_of_a_folder("check folder --list-skipped", 1, Painted::Yes)]
#[case::check_with_a_baseline("check mixed.xml --baseline old.json", 0, Painted::No)]
#[case::eval_that_fails_on_a_diagnostic(
    "eval mixed.xml --swf http://game.example.com/a.swf --connect g:6000 --fail-on warning",
    1,
    Painted::Yes
)]
#[case::fix("check --fix mixed.xml", 0, Painted::Yes)]
#[case::diff_of_a_fix("check --diff mixed.xml", 1, Painted::Yes)]
#[case::an_unreadable_file("check absent.xml", 3, Painted::No)]
#[case::an_unreadable_file_and_a_good_one("check absent.xml mixed.xml", 3, Painted::Yes)]
#[case::eval(
    "eval policy.xml --swf http://www.example.com/a.swf --connect g:5000",
    0,
    Painted::Yes
)]
#[case::eval_of_many(
    "eval policy.xml --swf http://www.example.com/a.swf \
     --swf sandbox:local-trusted --connect g:5000",
    0,
    Painted::No
)]
#[case::eval_of_a_port_out_of_range(
    "eval policy.xml --swf http://www.example.com/a.swf --connect g:65536",
    1,
    Painted::No
)]
#[case::eval_of_an_unreadable_file("eval absent.xml --swf http://a/ --connect g:1", 3, Painted::No)]
#[case::scenario("test cases.toml --coverage", 1, Painted::Yes)]
#[case::scenario_with_notes("test notes.toml", 0, Painted::Yes)]
#[case::test_of_a_matrix("test matrix.toml", 1, Painted::Yes)]
#[case::test_with_a_wrong_file("test cases.toml wrong.toml absent.toml", 3, Painted::Yes)]
#[case::test_of_a_wrong_file("test wrong.toml", 3, Painted::No)]
#[case::test_of_no_case("test cases.toml --partition 4/4", 0, Painted::No)]
#[case::probe(
    "probe h --swf http://www.example.com/a.swf --connect 5000 --map 843={good} \
     --map 5000={backend}",
    0,
    Painted::Yes
)]
#[case::probe_that_is_denied(
    "probe h --swf http://evil.example/a.swf --connect 5000 --map 843={good} --map 5000={backend}",
    1,
    Painted::Yes
)]
#[case::probe_of_nobody(
    "probe 127.0.0.1 --swf http://www.example.com/a.swf --connect 1 --map 843=127.0.0.1:1",
    1,
    Painted::Yes
)]
#[case::torture("probe h --torture --map 843={no-nul} --fail-on warning", 1, Painted::Yes)]
#[case::run(
    "run --swf http://www.example.com/a.swf --connect g:5000 -- python3 -S server.py {port}",
    0,
    Painted::Yes
)]
#[case::run_that_is_denied(
    "run --swf http://evil.example/a.swf --connect g:5000 -- python3 -S server.py {port}",
    1,
    Painted::Yes
)]
#[case::run_of_a_server_that_crashes(
    "run --swf http://www.example.com/a.swf --connect g:5000 -- python3 -S crashing.py {port}",
    1,
    Painted::Yes
)]
#[case::run_of_a_server_that_does_not_start(
    "run --swf http://www.example.com/a.swf --connect g:5000 -- python3 -S absent.py {port}",
    4,
    Painted::No
)]
#[case::run_of_scenarios(
    "run --scenario cases.toml -- python3 -S server.py {port}",
    1,
    Painted::Yes
)]
#[case::run_of_wrong_scenarios(
    "run --scenario wrong.toml -- python3 -S server.py {port}",
    3,
    Painted::No
)]
#[case::diff("diff policy.xml mixed.xml", 1, Painted::Yes)]
#[case::diff_that_narrows("diff mixed.xml policy.xml --fail-on-narrowing", 1, Painted::Yes)]
#[case::diff_without_a_change("diff policy.xml policy.xml", 0, Painted::No)]
#[case::diff_of_an_unreadable_file("diff policy.xml absent.xml", 3, Painted::No)]
fn every_format_of_every_result_can_be_read(
    #[case] arguments: &str,
    #[case] exit: i32,
    #[case] painted: Painted,
) {
    let reports = Reports::of(&Stage::new(), arguments);
    assert_eq!(reports.exit, exit, "{reports:#?}");
    assert_eq!(reports.read_human(), painted == Painted::Yes, "{reports:#?}");
    reports.read_all();
}

/// What lists, and what explains, is for people and for programs that read JSON.
#[rstest]
#[case::list("test cases.toml --list", 0, Painted::Yes)]
#[case::list_with_a_wrong_file("test cases.toml wrong.toml --list", 3, Painted::Yes)]
#[case::explain("explain FSP-D01", 0, Painted::Yes)]
#[case::explain_of_a_cause("explain no-policy", 0, Painted::Yes)]
#[case::explain_of_a_word("explain reset", 0, Painted::Yes)]
#[case::explain_without_an_id("explain", 0, Painted::Yes)]
fn what_is_no_report_of_a_run_is_for_people_and_json(
    #[case] arguments: &str,
    #[case] exit: i32,
    #[case] painted: Painted,
) {
    let stage = Stage::new();
    let plain = stage.run(&format!("{arguments} --format human --format json=out.json"));
    assert_eq!(plain.exit, exit, "{plain:?}");
    human::read(&plain.stdout);
    json::read(&stage.folder.read("out.json"), arguments, exit);
    let coloured = stage.run(&format!("{arguments} --color always")).stdout;
    assert_eq!(human::read_coloured(&coloured), painted == Painted::Yes, "{coloured}");
    for format in ["junit", "sarif", "github", "tap"] {
        for target in [format.to_owned(), format!("{format}=refused")] {
            let refused = stage.run(&format!("{arguments} --format {target}"));
            assert_eq!((refused.exit, refused.stdout.as_str()), (2, ""), "{refused:?}");
            assert!(refused.stderr.contains("the formats human and json"), "{refused:?}");
            assert!(!stage.folder.path("refused").exists());
        }
    }
}

/// Wrong usage has no report, in whichever format it was asked for.
#[rstest]
#[case::an_unknown_id("explain FSP-X99")]
#[case::a_fix_of_stdin("check - --fix")]
#[case::another_machine("probe 203.0.113.4 --swf http://a/ --connect 1")]
#[case::a_port_that_nobody_is_told("run --torture -- touch started")]
fn wrong_usage_has_no_report(#[case] arguments: &str) {
    let stage = Stage::new();
    let refused = stage.run(&format!("{arguments} --format json=out.json"));
    assert_eq!((refused.exit, refused.stdout.as_str()), (2, ""), "{refused:?}");
    human::read(&refused.stderr);
    assert!(!stage.folder.path("out.json").exists());
    assert!(!stage.folder.path("started").exists());
}

/// One finding of each severity, one suppressed in the document, one in the settings, and a good
/// document.
fn mixed() -> Folder {
    let mixed = "<cross-domain-policy>
  <!-- flash-policy-allow FSP-L21: public arcade -->
  <allow-access-from domain=\"*\" to-ports=\"5000\"/>
  <allow-access-from domain=\"http://www.example.com\" to-ports=\"5000\"/>
  <allow-access-from domain=\"game.b.example.\" to-ports=\"6000\"/>
  <allow-access-from domain=\"*.example.com\" to-ports=\"6000\"/>
  <allow-access-from domain=\"example.com\" to-ports=\"6000\"/>
</cross-domain-policy>
";
    let settings = "[[suppress]]\nrule = 'FSP-L18'\nreason = 'arcade # 1'\n";
    Folder::with_policy(GOOD).put("mixed.xml", mixed).put("flash-policy.toml", settings)
}

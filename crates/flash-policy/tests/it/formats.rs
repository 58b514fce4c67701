//! `--format`: that other programs can read what is written, whatever is in it.

mod github;
mod json;
mod junit;
mod sarif;
mod tap;

use std::fs;

use rstest::rstest;

use crate::{Folder, GOOD};

pub(super) use json::assert_valid;

/// One finding of each severity, one suppressed in the document, one in the settings, and a good document.
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

/// What tears at every format: in a file name, in an attribute and in a reason.
const HOSTILE_NAME: &str = "a\u{1b}[31m]]>\u{7f}%0A,:\r\n# <&\"é\u{85}\u{2028}\u{feff}\u{ffff}.xml";

/// As hostile as a document can be that is well-formed.
const HOSTILE: &str = "<cross-domain-policy>
  <!-- flash-policy-allow FSP-L05: ]]> ok 9 # SKIP %0A \u{85}\u{2028} -->
  <allow-access-from domain=\"]]>%0A::error::&#10;\u{85}\u{2028}\u{feff}💥&quot;\" to-ports=\"&#9;1,x # TODO\"/>
  <allow-access-from domain=\"*\u{7f}\" to-ports=\"\u{9b}31m\" secure=\"]]>%&#10;\"/>
</cross-domain-policy>";

/// What `check` prints of the hostile document.
fn of_hostile(format: &str) -> String {
    check_hostile(format, HOSTILE)
}

/// What `check` prints of a document with a hostile name.
fn check_hostile(format: &str, document: &str) -> String {
    let folder = Folder::new().put(HOSTILE_NAME, document);
    let output =
        folder.run("check --color always --format").args([format, HOSTILE_NAME]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

const FORMATS: [&str; 5] = ["json", "junit", "sarif", "github", "tap"];

#[rstest]
#[case::in_its_attributes(HOSTILE)]
#[case::behind_the_document("<cross-domain-policy/>\u{1b}]0;\nnot ok 7 \u{0}")]
#[case::in_a_tag("<cross-domain-policy \u{1b}[31m=''/>")]
fn nothing_that_is_checked_can_steer_a_terminal(
    #[case] document: &str,
    #[values("json", "junit", "sarif", "github", "tap")] format: &str,
) {
    let text = check_hostile(format, document);
    let steers = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
    assert_eq!(text.chars().find(steers), None, "{text}");
    assert!(text.contains("31m"), "the name is shown all the same: {text}");
}

#[test]
fn every_format_goes_to_its_own_file_in_one_call() {
    let folder = mixed();
    let files: String =
        FORMATS.iter().map(|format| format!(" --format {format}=out.{format}")).collect();
    let (exit, human) =
        folder.stdout(&format!("check mixed.xml policy.xml --format human {files}"));
    assert_eq!((exit, human), folder.stdout("check mixed.xml policy.xml"));
    for format in FORMATS {
        let (exit, alone) = folder.stdout(&format!("check mixed.xml policy.xml --format {format}"));
        assert_eq!(exit, 1);
        assert_eq!(folder.read(&format!("out.{format}")), alone, "{format}");
    }
}

#[test]
fn the_human_format_is_without_colour_in_a_file() {
    let folder = mixed();
    let (_, plain) = folder.stdout("check mixed.xml --color never");
    assert_eq!(
        folder.stdout("check mixed.xml --color always --format human=out.txt"),
        (1, String::new())
    );
    assert_eq!(folder.read("out.txt"), plain);
}

#[rstest]
#[case::two_on_stdout("--format json --format tap", "two formats would share stdout")]
#[case::the_same_twice("--format json --format json", "two formats would share stdout")]
#[case::stdout_by_its_dash("--format json=- --format tap", "two formats would share stdout")]
#[case::two_in_one_file("--format json=out --format tap=out", "two formats would share out;")]
#[case::a_format_that_there_is_not(
    "--format xml",
    "expected human, json, junit, sarif, github or tap"
)]
#[case::no_path("--format json=", "there is no path behind the equals sign")]
fn wrong_formats_are_wrong_usage(#[case] options: &str, #[case] said: &str) {
    let (exit, stderr) = mixed().stderr(&format!("check policy.xml {options}"));
    assert_eq!(exit, 2);
    assert!(stderr.contains(said), "{stderr}");
}

#[rstest]
#[case::no_such_folder("--format sarif=absent/out", "cannot write absent/out: ")]
#[case::a_folder("--format junit=.git", "cannot write .git: ")]
fn an_output_that_cannot_be_written_is_told(#[case] options: &str, #[case] said: &str) {
    let (exit, stderr) = mixed().stderr(&format!("check policy.xml {options}"));
    assert_eq!(exit, 4);
    assert!(stderr.contains(said), "{stderr}");
}

#[rstest]
fn the_same_result_is_the_same_text(
    #[values("json", "junit", "sarif", "github", "tap")] format: &str,
) {
    let folder = mixed();
    let check = |options: &str| {
        folder.stdout(&format!("check mixed.xml policy.xml --format {format} {options}"))
    };
    assert_eq!(check(""), check("--color always"));
}

#[test]
fn an_old_report_is_written_over() {
    let folder = mixed().put("out.json", "x".repeat(100_000));
    assert_eq!(folder.stdout("check policy.xml --format json=out.json"), (0, String::new()));
    let report = fs::read(folder.path("out.json")).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&report).unwrap()["command"], "check");
}

#[test]
fn a_dash_is_stdout() {
    let folder = mixed();
    assert_eq!(
        folder.stdout("check policy.xml --format json=-"),
        folder.stdout("check policy.xml --format json")
    );
    assert!(!folder.path("-").exists());
}

/// What comes in colour even where no terminal is, unless it is told not to.
#[rstest]
#[case::a_report("check mixed.xml")]
#[case::an_error("check absent.xml")]
#[case::a_wrong_scenario("test flash-policy.toml")]
#[case::help("--help")]
#[case::wrong_usage("check --fail-on")]
fn color_is_heeded_wherever_something_is_said(#[case] call: &str) {
    let folder = mixed();
    let said = |options: &str, forced: bool| {
        let mut command = folder.run(&format!("{call} {options}"));
        if forced {
            command.env("CLICOLOR_FORCE", "1");
        }
        let output = command.output().unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    let is_coloured = |text: &str| text.contains('\u{1b}');
    assert!(
        is_coloured(&said("--color always", false)) || call.contains("absent"),
        "{}",
        said("--color always", false)
    );
    for never in ["--color never", "--color=never"] {
        let text = said(never, true);
        assert!(!is_coloured(&text), "{text}");
        assert!(!text.is_empty());
    }
    assert!(!is_coloured(&said("--color auto", false)), "no terminal is there");
}

//! Where reports go: stdout, files, and what cannot be written. And in which colours.

use std::fs;

use rstest::rstest;

use super::{FORMATS, mixed};
use crate::{Folder, GOOD};

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
    let text = said("--color always", false);
    assert!(is_coloured(&text), "{text}");
    for never in ["--color never", "--color=never"] {
        let text = said(never, true);
        assert!(!is_coloured(&text), "{text}");
        assert!(!text.is_empty());
    }
    assert!(!is_coloured(&said("--color auto", false)), "no terminal is there");
}

#[cfg(unix)]
#[rstest]
#[case::by_a_dot("json=out --format junit=./out")]
#[case::by_a_linked_folder("json=real/out --format junit=linked/out")]
fn two_names_of_one_file_are_one_place(#[case] formats: &str) {
    let folder = Folder::with_policy(GOOD).put("real/placeholder", "");
    std::os::unix::fs::symlink("real", folder.path("linked")).unwrap();
    let (exit, said) = folder.stderr(&format!("check policy.xml --format {formats}"));
    assert_eq!((exit, said.contains("two formats would share")), (2, true), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_stands_in_the_file_of_stdout_stays_there() {
    let folder = Folder::with_policy(GOOD).put("log", "before\n");
    let log = std::fs::OpenOptions::new().append(true).open(folder.path("log")).unwrap();
    let status = std::process::Command::new(assert_cmd::cargo::cargo_bin("flash-policy"))
        .current_dir(folder.path(""))
        .args(["check", "policy.xml", "--format", "json=/dev/stdout"])
        .stdout(log)
        .status()
        .unwrap();
    assert!(status.success());
    let log = folder.read("log");
    assert!(log.starts_with("before\n{") && log.contains("report@2"), "{log}");
}

/// Nobody reads the pipe, so the report cannot be written.
#[cfg(unix)]
#[test]
fn further_signals_end_a_command_that_cannot_write() {
    let folder = Folder::with_policy(GOOD);
    let pipe = folder.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let mut check = std::process::Command::new(assert_cmd::cargo::cargo_bin("flash-policy"))
        .current_dir(folder.path(""))
        .args(["check", "policy.xml", "--format", "json=pipe"])
        .spawn()
        .unwrap();
    let id = check.id().to_string();
    let has_ended = (0..2000).any(|_| {
        std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
        check.try_wait().unwrap().is_some()
    });
    if !has_ended {
        check.kill().unwrap();
    }
    check.wait().unwrap();
    assert!(has_ended);
}

const SCENARIO: &str = "version = 1\n[[policy]]\nat = 'h:843'\nfile = 'policy.xml'\n\
    [matrix]\nswf = ['http://a.example/a.swf']\nconnect = ['h:5000']\nsnapshot = 'matrix.txt'\n";

/// A report in the place of an input would destroy it, and be taken for one the next time.
#[rstest]
#[case::a_policy("check policy.xml", "policy.xml")]
#[case::a_policy_by_another_name("check ./policy.xml", ".git/../policy.xml")]
#[case::a_policy_through_a_folder("check .", "policy.xml")]
#[case::the_baseline("check policy.xml --baseline old.json", "old.json")]
#[case::the_settings("check policy.xml", "flash-policy.toml")]
#[case::the_document_of_eval("eval policy.xml --swf http://a/ --connect h:1", "policy.xml")]
#[case::the_master_of_eval(
    "eval mixed.xml --swf http://a/ --connect h:1 --served-from h:2 --master policy.xml",
    "policy.xml"
)]
#[case::the_old_policy("diff policy.xml mixed.xml", "policy.xml")]
#[case::the_new_policy("diff policy.xml mixed.xml", "mixed.xml")]
#[case::a_scenario("test cases.toml", "cases.toml")]
#[case::a_scenario_through_a_folder("test .", "cases.toml")]
#[case::the_policy_of_a_scenario("test cases.toml", "policy.xml")]
#[case::the_snapshot_of_a_scenario("test cases.toml", "matrix.txt")]
fn a_report_does_not_overwrite_an_input(#[case] call: &str, #[case] path: &str) {
    let folder = mixed()
        .put("cases.toml", SCENARIO)
        .put("matrix.txt", "a snapshot")
        .put("old.json", "a baseline")
        .put("other.txt", "");
    let before = folder.read(path);
    for format in FORMATS.into_iter().chain(["human"]) {
        let (exit, stderr) = folder.stderr(&format!("{call} --format {format}={path}"));
        assert_eq!(exit, 2, "{stderr}");
        let said = format!("a report would overwrite {path}, which this command reads");
        assert!(stderr.contains(&said), "{stderr}");
        assert_eq!(folder.read(path), before);
    }
    assert_ne!(folder.stdout(&format!("{call} --format human=other.txt")).0, 2);
}

#[test]
fn a_report_may_replace_an_earlier_one_in_a_folder_that_is_checked() {
    let folder = mixed();
    for _ in 0..2 {
        assert_eq!(folder.stdout("check . --format junit=report.xml").0, 1);
    }
}

/// The second document is a pipe, which a signal finds the command waiting for.
#[cfg(unix)]
#[rstest]
#[case::check("check mixed.xml pipe", "FSP-D05")]
#[case::diff("diff mixed.xml pipe", "interrupted")]
#[case::eval("eval pipe --swf http://a/ --connect h:1", "interrupted")]
fn after_a_signal_every_format_has_what_is_known(#[case] call: &str, #[case] known: &str) {
    use std::process::Command;
    let folder = mixed();
    assert!(Command::new("mkfifo").arg(folder.path("pipe")).status().unwrap().success());
    let call = format!("{call} {}", super::Reports::targets());
    let mut command = Command::new(crate::COMMAND);
    let mut running =
        command.current_dir(folder.path(".")).args(call.split_whitespace()).spawn().unwrap();
    // A writer can open the pipe as soon as the command waits for it.
    let writer = std::fs::OpenOptions::new().write(true).open(folder.path("pipe")).unwrap();
    let kill = ["-TERM", &running.id().to_string()];
    assert!(Command::new("kill").args(kill).status().unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(4));
    drop(writer);
    let reports = super::Reports::written(&folder, "check", 4);
    for format in FORMATS {
        let text = reports.text(format);
        assert!(text.contains(known) && text.contains("interrupted"), "{format}: {text}");
    }
}

//! Calls of the command on one stage, and their reports in every format.

use std::collections::BTreeMap;

use flash_policy_core::wire::Fault;
use flash_policy_fixture::{Backend, PolicyServer, RunningBackend};

use super::{FORMATS, github, human, json, junit, mixed, sarif, tap};
use crate::run::SERVER;
use crate::{Folder, GOOD};

const SCENARIO: &str = r#"version = 1
[[policy]]
at = "game.example.com:843"
file = "policy.xml"
[[backend]]
at = "game.example.com:5000"
[[case]]
name = "ours"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
[[case]]
name = "theirs, wrongly"
swf = "http://evil.example/game.swf"
connect = "game.example.com:5000"
expect = "permitted"
[[case]]
name = "a silent policy server"
swf = "http://www.example.com/game.swf"
connect = "game.example.com:5000"
with.policy = { "game.example.com:843" = "silent" }
expect = "denied"
"#;

/// Cases that pass for reasons that their author did not intend.
const NOTED: &str = r#"version = 1
[[policy]]
at = "game.example.com:843"
file = "policy.xml"
[[case]]
name = "another host"
swf = "http://evil.example/game.swf"
connect = "gmae.example.com:5000"
expect = "denied"
[[case]]
name = "another port"
swf = "http://evil.example/game.swf"
connect = "game.example.com:6000"
expect = "denied"
"#;

/// The files and the servers that calls are about.
pub(super) struct Stage {
    pub(super) folder: Folder,
    good: PolicyServer,
    no_nul: PolicyServer,
    backend: RunningBackend,
}

/// How a call ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) exit: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Stage {
    pub(super) fn new() -> Self {
        let crashing =
            SERVER.replace(" + b\"\\0\")", " + b\"\\0\"); print('oh'); import os; os._exit(3)");
        assert_ne!(crashing, SERVER);
        let matrix = "version = 1\n[matrix]\nswf = ['http://www.example.com/game.swf']\n\
            connect = ['game.example.com:5000']\nsnapshot = 'matrix.txt'\n";
        let folder = mixed()
            .put("cases.toml", SCENARIO)
            .put("notes.toml", NOTED)
            .put("folder/empty.xml", "")
            .put("folder/pom.xml", "<project/>")
            .put("folder/readme.txt", "")
            .put("matrix.toml", matrix)
            .put("wrong.toml", "version = 1\ntitel = 'x'\n")
            .put("server.py", SERVER)
            .put("crashing.py", crashing);
        folder.stdout("check mixed.xml --format json=old.json");
        Self::of(folder)
    }

    /// A stage with these files only.
    pub(super) fn of(folder: Folder) -> Self {
        Self {
            folder,
            good: PolicyServer::start(GOOD.replace("5000", "*").as_str()),
            no_nul: PolicyServer::builder().document(GOOD).fault(Fault::NoNul).start(),
            backend: Backend::echo().start(),
        }
    }

    /// Runs the command with these arguments. What is behind `--` is the server's command line.
    pub(super) fn run(&self, arguments: &str) -> Ended {
        self.run_with(arguments, &[])
    }

    /// Runs the command with these arguments, and with some that may have blanks in them.
    pub(super) fn run_with(&self, arguments: &str, more: &[&str]) -> Ended {
        let arguments = arguments
            .replace("{good}", &self.good.addr().to_string())
            .replace("{no-nul}", &self.no_nul.addr().to_string())
            .replace("{backend}", &self.backend.addr().to_string());
        let output = self.folder.run(&options_first(&arguments)).args(more).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ended {
            exit: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// Options may be appended to a call: they are moved before its `--`.
fn options_first(arguments: &str) -> String {
    let Some((before, command)) = arguments.split_once(" -- ") else {
        return arguments.to_owned();
    };
    let end = command.find(" --").unwrap_or(command.len());
    let (command, options) = command.split_at(end);
    format!("{before} {options} -- {command}")
}

/// The reports of one call, in every format.
#[derive(Debug)]
pub(in super::super) struct Reports {
    arguments: String,
    pub(super) exit: i32,
    /// The text for people in a file, which is without colour.
    pub(super) human: String,
    /// The same text in colour.
    stdout: String,
    /// In colour, too.
    pub(super) stderr: String,
    texts: BTreeMap<&'static str, String>,
}

impl Reports {
    /// Makes a call that writes every format at once.
    pub(super) fn of(stage: &Stage, arguments: &str) -> Self {
        Self::of_call(stage, arguments, &[])
    }

    /// The same for a call with some arguments that may have blanks in them.
    pub(super) fn of_call(stage: &Stage, arguments: &str, more: &[&str]) -> Self {
        let human = "--color always --format human --format human=out.human";
        let call = format!("{arguments} {human} {}", Self::targets());
        let ended = stage.run_with(&call, more);
        let mut reports = Self::written(&stage.folder, arguments, ended.exit);
        reports.human = stage.folder.read("out.human");
        reports.stdout = ended.stdout;
        reports.stderr = ended.stderr;
        reports
    }

    /// The options by which a call writes every format for programs.
    pub(in super::super) fn targets() -> String {
        let targets: Vec<_> =
            FORMATS.iter().map(|format| format!("--format {format}=out.{format}")).collect();
        targets.join(" ")
    }

    /// The reports that a call with [`targets`](Self::targets) has written.
    pub(in super::super) fn written(folder: &Folder, arguments: &str, exit: i32) -> Self {
        let read = |format| (format, folder.read(&format!("out.{format}")));
        Self {
            arguments: arguments.to_owned(),
            exit,
            human: String::new(),
            stdout: String::new(),
            stderr: String::new(),
            texts: FORMATS.into_iter().map(read).collect(),
        }
    }

    pub(in super::super) fn text(&self, format: &str) -> &str {
        &self.texts[format]
    }

    /// Reads what is for people, in colour and without. Returns whether there is colour in it.
    #[track_caller]
    pub(super) fn read_human(&self) -> bool {
        human::read(&self.human);
        let stdout = human::without_colour(&self.stdout);
        let stderr = human::without_colour(&self.stderr);
        human::read(&stderr);
        // A file has the errors, too.
        let errors =
            self.human.strip_prefix(stdout.as_str()).unwrap_or_else(|| panic!("{self:#?}"));
        assert!(stderr.ends_with(errors), "{self:#?}");
        let says_error = stderr.lines().any(|line| line.starts_with("error:"));
        assert_eq!(self.stderr != stderr, says_error, "{self:#?}");
        self.stdout != stdout
    }

    /// Reads every format for programs, each as its readers do. Returns the JSON.
    #[track_caller]
    pub(in super::super) fn read_all(&self) -> serde_json::Value {
        let report = json::read(self.text("json"), &self.arguments, self.exit);
        let suites = junit::read(self.text("junit"));
        let points = tap::read(self.text("tap"));
        let sarif = sarif::read(self.text("sarif"));
        let annotations = github::read(self.text("github"));

        assert_eq!(suites.tests, points.len(), "{self:#?}");
        let not_ok = points.iter().filter(|point| !point.ok).count();
        assert_eq!(suites.failures + suites.errors, not_ok, "{self:#?}");
        assert_eq!(not_ok > 0, ![0, 5].contains(&self.exit), "{self:#?}");
        let results = sarif["results"].as_array().unwrap();
        let counted = results.iter().filter(|one| one["suppressions"] == serde_json::json!([]));
        assert_eq!(counted.count(), annotations.len(), "{self:#?}");
        report
    }
}

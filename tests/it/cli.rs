//! The command, as its users call it: what it prints, and how it ends.

mod check;
mod diff;
mod eval;
mod explain;
mod formats;
mod hostile;
mod pages;
mod probe;
mod readme;
mod real_servers;
mod run;
mod serve;
mod settings;
mod test;
mod wrong_policy;

use std::path::PathBuf;

use assert_cmd::Command;
use tempfile::TempDir;

/// An empty folder with a repository's root in it, and the command run there.
struct Folder {
    folder: TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        Self { folder }
    }

    /// A folder with this `policy.xml`.
    fn with_policy(xml: impl AsRef<[u8]>) -> Self {
        Self::new().put("policy.xml", xml)
    }

    fn put(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command in this folder, with these arguments, which have no blanks in them.
    fn run(&self, arguments: &str) -> Command {
        let mut command = Command::cargo_bin("flash-policy").unwrap();
        command.current_dir(self.folder.path()).args(arguments.split_whitespace());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    /// What it prints to stdout, and how it ends.
    fn stdout(&self, arguments: &str) -> (i32, String) {
        let output = self.run(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// What it prints to stderr, and how it ends.
    fn stderr(&self, arguments: &str) -> (i32, String) {
        let output = self.run(arguments).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn json(&self, arguments: &str) -> serde_json::Value {
        let (_, text) = self.stdout(&format!("{arguments} --format json"));
        serde_json::from_str(&text).unwrap()
    }
}

/// A policy that grants `www.example.com` its port, and leaves nothing to remark.
const GOOD: &str = r#"<?xml version="1.0"?>
<cross-domain-policy>
  <allow-access-from domain="*.example.com" to-ports="5000"/>
</cross-domain-policy>
"#;

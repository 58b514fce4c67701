//! A folder of the user's, and the command run there.

use std::path::PathBuf;

use assert_cmd::Command;
use tempfile::TempDir;

use crate::COMMAND;

/// An empty folder with a repository's root in it, and the command run there.
pub(crate) struct Folder {
    folder: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        Self { folder }
    }

    /// A folder with this `policy.xml`.
    pub(crate) fn with_policy(xml: impl AsRef<[u8]>) -> Self {
        Self::new().put("policy.xml", xml)
    }

    pub(crate) fn put(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// The command in this folder, with these arguments, which have no blanks in them.
    pub(crate) fn run(&self, arguments: &str) -> Command {
        let mut command = Command::new(COMMAND);
        command.current_dir(self.folder.path()).args(arguments.split_whitespace());
        command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command
    }

    /// What it prints to stdout, and how it ends.
    pub(crate) fn stdout(&self, arguments: &str) -> (i32, String) {
        let output = self.run(arguments).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    }

    /// What it prints to stderr, and how it ends; nothing may be on stdout.
    pub(crate) fn stderr(&self, arguments: &str) -> (i32, String) {
        let output = self.run(arguments).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    /// Runs it and returns how it ends, and what it prints to stdout and to stderr.
    pub(crate) fn output(&self, arguments: &str) -> (i32, String, String) {
        let output = self.run(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    pub(crate) fn json(&self, arguments: &str) -> serde_json::Value {
        let (_, text) = self.stdout(&format!("{arguments} --format json"));
        serde_json::from_str(&text).unwrap()
    }
}

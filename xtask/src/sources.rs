//! The Rust sources of this repository: their length, and the words in them.

use std::fs;

use crate::Result;
use crate::command::{output, program};
use crate::workspace;

/// The word that marks unfinished work. It is put together so that this file does not hold it.
pub(crate) const UNFINISHED: &str = concat!("TO", "DO");

/// A file of Rust.
pub(crate) struct Source {
    /// The path, from the root of the workspace.
    pub(crate) path: String,
    text: String,
}

/// Returns every Rust file that git knows, or would add.
pub(crate) fn rust() -> Result<Vec<Source>> {
    let options = ["ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate"];
    let listed = output(program("git", &options).arg("*.rs"))?;
    let present = listed.lines().filter(|path| workspace::root().join(path).exists());
    present.map(read).collect()
}

fn read(path: &str) -> Result<Source> {
    match fs::read_to_string(workspace::root().join(path)) {
        Ok(text) => Ok(Source { path: path.to_owned(), text }),
        Err(error) => Err(format!("{path}: {error}")),
    }
}

impl Source {
    /// Returns the number of lines.
    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// Returns whether the file belongs to the tests of a crate.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|folder| folder == "tests")
    }

    /// Returns the place and width of every line that is too wide. A line that reaches into a raw
    /// string is left out: documents and expected output stand there as they are.
    pub(crate) fn lines_wider_than(&self, columns: usize) -> impl Iterator<Item = String> {
        let mut raw = RawString::default();
        let lines = self.text.lines().map(move |line| (raw.reaches(line), line.chars().count()));
        lines
            .enumerate()
            .filter(move |(_, (is_verbatim, width))| !is_verbatim && *width > columns)
            .map(|(at, (_, width))| format!("{}:{}: {width}", self.path, at + 1))
    }

    /// Returns the place of every line, of code or of a comment, with the word for unfinished work.
    pub(crate) fn unfinished(&self) -> impl Iterator<Item = String> {
        let lines = self.text.lines().enumerate().filter(|(_, line)| has_word(line, UNFINISHED));
        lines.map(|(at, _)| format!("{}:{}", self.path, at + 1))
    }
}

/// A scan for raw strings with hashes, line by line.
#[derive(Default)]
struct RawString {
    is_open: bool,
}

impl RawString {
    /// Returns whether a line has a part of a raw string, and remembers whether it stays open.
    fn reaches(&mut self, line: &str) -> bool {
        let mut rest = line;
        let mut reaches = self.is_open;
        loop {
            let mark = if self.is_open { "\"#" } else { "r#\"" };
            let Some((_, after)) = rest.split_once(mark) else {
                return reaches;
            };
            self.is_open = !self.is_open;
            reaches = true;
            rest = after;
        }
    }
}

/// Returns whether a line has a word that stands by itself.
fn has_word(line: &str, word: &str) -> bool {
    line.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_measured_in_characters() {
        let source = Source { path: "a.rs".into(), text: "ab\näöü\nabcd\n".into() };
        assert_eq!(source.lines_wider_than(3).collect::<Vec<_>>(), ["a.rs:3: 4"]);
    }

    #[test]
    fn a_line_of_a_raw_string_is_not_measured() {
        let text = "let a = r#\"\nabcdefghijkl\n\"#;\nlet abcdefgh = 1;\n";
        let source = Source { path: "a.rs".into(), text: text.into() };
        assert_eq!(source.lines_wider_than(10).collect::<Vec<_>>(), ["a.rs:4: 17"]);
    }

    #[test]
    fn unfinished_work_is_found_in_comments_and_not_inside_other_words() {
        let text = format!("// {UNFINISHED}: later\n// MAS{UNFINISHED}N\n");
        let source = Source { path: "a.rs".into(), text };
        assert_eq!(source.unfinished().collect::<Vec<_>>(), ["a.rs:1"]);
    }

    #[test]
    fn only_a_folder_of_that_name_makes_a_test() {
        let is_test = |path: &str| Source { path: path.into(), text: String::new() }.is_test();
        assert!(is_test("crates/flash-policy/tests/it/main.rs"));
        assert!(!is_test("crates/flash-policy/src/commands/test.rs"));
    }
}

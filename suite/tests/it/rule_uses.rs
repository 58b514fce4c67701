//! The code uses every rule of the catalogue in the way that the rule's row in the table says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::{Rule, rules};

const CATALOGUE: &str = "crates/flash-policy-core/src/diagnostics";

#[test]
fn a_constant_is_the_name_of_its_rule_in_capitals() {
    for rule in rules::ALL {
        let row = Row::of(rule);
        let head = format!("{} \"{}\" \"{}\" ", row.constant, rule.id(), rule.name());
        assert!(row.text.starts_with(&head), "{rule}: {}", row.text);
    }
}

#[test]
fn every_function_is_named_like_its_constant_and_is_called() {
    let used = used_names();
    for row in rules::ALL.iter().map(Row::of).filter(|row| row.text.contains("=> ")) {
        let function = row.constant.to_lowercase();
        assert!(row.text.contains(&format!("\n        => {function}(")), "{}", row.text);
        assert!(used.contains(&function), "nothing calls rules::{function}");
    }
}

#[test]
fn every_rule_that_is_emitted_by_reference_is_named_outside_the_catalogue() {
    let used = used_names();
    for row in rules::ALL.iter().map(Row::of).filter(|row| row.text.ends_with("by reference")) {
        assert!(used.contains(&row.constant), "nothing names rules::{}", row.constant);
    }
}

#[test]
fn no_rule_that_is_knowledge_only_is_named_outside_the_catalogue() {
    let used = used_names();
    for rule in rules::ALL.iter().filter(|rule| !rule.is_emitted()) {
        let constant = Row::of(rule).constant;
        assert!(!used.contains(&constant), "rules::{constant} is named, but not emitted");
    }
}

/// The row of a rule in the table.
struct Row {
    constant: String,
    text: String,
}

impl Row {
    fn of(rule: &Rule) -> Self {
        let constant = in_capitals(rule.name());
        let table = sources(&workspace().join(CATALOGUE).join("rules")).concat();
        let start = table.find(&format!("\n    {constant} \"")).map(|start| start + 5);
        let start = start.unwrap_or_else(|| panic!("no row begins with {constant}"));
        let text = table[start..].split(";\n").next().unwrap_or_default().to_owned();
        Self { constant, text }
    }
}

/// Returns `LOAD_POLICY_FILE_WRONG_SCHEME` for `loadPolicyFile-wrong-scheme`.
fn in_capitals(name: &str) -> String {
    let mut constant = String::new();
    for c in name.chars() {
        let begins_a_word =
            c.is_ascii_uppercase() && constant.ends_with(|last: char| last.is_ascii_lowercase());
        if begins_a_word {
            constant.push('_');
        }
        constant.push(if c.is_ascii_alphanumeric() { c } else { '_' });
    }
    constant.to_uppercase()
}

/// Returns what follows `rules::` in the code of the workspace, but for its tests, its comments and
/// the catalogue itself.
fn used_names() -> BTreeSet<String> {
    let crates = fs::read_dir(workspace().join("crates")).unwrap().map(|entry| entry.unwrap());
    let roots = crates.map(|entry| entry.path().join("src")).chain([workspace().join("src")]);
    let files: Vec<_> = roots.flat_map(|root| sources(&root)).collect();
    let lines = files.iter().flat_map(|file| file.lines());
    let code = lines.filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("rules::").skip(1)).map(first_name).collect()
}

fn first_name(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// Returns the texts of the source files below a directory. The catalogue is left out unless the
/// directory lies in it, and so is the table of causes with the same evidence: being named there is
/// not being reported.
fn sources(directory: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for path in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() && !path.ends_with(CATALOGUE) {
            texts.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("same_evidence.rs")
        {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

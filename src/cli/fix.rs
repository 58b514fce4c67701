//! `flash-policy check --fix`: mechanical mends, written or shown.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use similar::TextDiff;
use tempfile::NamedTempFile;

use super::exit::{Exit, Failure};
use super::input::Input;
use crate::analysis::{Diff, Fix, Linter, mended};
use crate::excerpt::shown;
use crate::player::{MASTER_PORT, Profile};
use crate::policy::{PolicyFile, PolicyKind};
use crate::rules::{D05, D06, D07};

/// Mends a document, or shows how; in words, what was mended and what that changes.
pub(super) fn run(path: &Path, linter: impl Fn(&Input) -> Linter, only_show: bool) -> Result<String, Failure> {
    let input = Input::read(path)?;
    let linter = linter(&input);
    let fixes = linter.fixes(&input.bytes);
    if fixes.is_empty() {
        return Ok(String::new());
    }
    let new = mended(&input.bytes, &fixes);
    let (mut said, name) = (String::new(), shown(&input.name));
    if only_show {
        let (old, new) = (String::from_utf8_lossy(&input.bytes), String::from_utf8_lossy(&new));
        let diff = TextDiff::from_lines(old.as_ref(), new.as_ref());
        let text = diff.unified_diff().header(&name, &name).to_string();
        said.extend(text.split_inclusive('\n').map(|line| shown(line.trim_end_matches('\n')) + "\n"));
    } else {
        if path == Path::new("-") {
            return Err(Failure::usage("standard input cannot be mended; use --diff to see what would be"));
        }
        replace(path, &new)
            .map_err(|error| Failure::new(Exit::NotRun, format!("cannot write {}: {error}", input.name)))?;
    }
    for fix in &fixes {
        let place = fix.position().map_or(String::new(), |position| format!(":{position}"));
        let done = if only_show { "would mend" } else { "mended" };
        said += &format!("{done} {} in {name}{place}\n", fix.rule());
    }
    said += &match linter.kind() {
        PolicyKind::Url => change_of_url_grants(&fixes),
        _ => change_of_meaning(&input.bytes, &new),
    };
    Ok(said + "\n")
}

/// Puts a file in the place of another in one step, so that neither a crash nor a full disk loses it.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let real = path.canonicalize()?;
    let folder = real.parent().unwrap_or(Path::new("/"));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(fs::metadata(&real)?.permissions())?;
    file.persist(&real)?;
    Ok(())
}

/// What the mended document grants that the other one did not, and the reverse; nothing where the meaning is the same.
fn change_of_meaning(old: &[u8], new: &[u8]) -> String {
    let (Ok(old), Ok(new)) = (PolicyFile::parse(old), PolicyFile::parse(new)) else { return String::new() };
    let diff = Diff::between(&old, &new, MASTER_PORT, &Profile::default());
    if diff.is_empty() { String::new() } else { format!("this changes what the policy grants:\n{diff}\n") }
}

/// The same for a policy of data over HTTP, whose meaning is not compared: a domain that was none names somebody now.
fn change_of_url_grants(fixes: &[Fix]) -> String {
    let named = fixes.iter().filter(|fix| [D05, D06, D07].contains(fix.rule()));
    named
        .map(|fix| format!("this changes what the policy grants: {} was named by no rule\n", fix.replacement()))
        .collect()
}

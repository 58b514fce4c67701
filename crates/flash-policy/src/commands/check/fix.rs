//! `flash-policy check --fix`: mechanical mends, written or shown.

use flash_policy_core::analysis::{Diff, Fix, Linter, apply_fixes};
use flash_policy_core::diagnostics::rules::{D05, D06, D07};
use flash_policy_core::document::{PolicyFile, PolicyKind};
use flash_policy_core::player::Profile;
use flash_policy_core::printable::printable;
use flash_policy_core::printable::visible;
use flash_policy_scenario::files;
use similar::TextDiff;

use crate::exit::{Exit, Failure};
use crate::input::Input;
use crate::report::Mended;

/// A document and its mends, of which nothing is written yet.
pub(crate) struct FixPlan {
    new: Vec<u8>,
    fixes: Vec<Fix>,
    /// What differs in what the two documents grant.
    pub(crate) changes: Vec<String>,
}

impl FixPlan {
    /// `None` where there is nothing to mend.
    pub(crate) fn new(
        input: &Input,
        linter: &Linter,
        fixes: Vec<Fix>,
    ) -> Result<Option<Self>, Failure> {
        if fixes.is_empty() {
            return Ok(None);
        }
        if input.is_cut() {
            return Err(Failure::new(
                Exit::Input,
                format!("{} is too long to be mended", input.name),
            ));
        }
        let new = apply_fixes(&input.bytes, &fixes);
        let changes = match linter.kind() {
            PolicyKind::Url => change_of_url_grants(&fixes),
            _ => change_of_meaning(&input.bytes, &new, linter.source_port()),
        };
        Ok(Some(Self { new, fixes, changes }))
    }

    /// Puts the mended document in the place of the other one.
    pub(crate) fn write(&self, input: &mut Input) -> Result<(), Failure> {
        let Some(path) = &input.path else {
            return Ok(());
        };
        let cannot =
            |error| Failure::new(Exit::NotRun, format!("cannot write {}: {error}", input.name));
        files::replace(path, &self.new).map_err(cannot)?;
        input.bytes.clone_from(&self.new);
        Ok(())
    }

    /// How the document would differ, as a patch.
    pub(crate) fn patch(&self, input: &Input) -> String {
        let name = printable(&input.name);
        // A document that can be mended is UTF-8.
        let (old, new) =
            (String::from_utf8_lossy(&input.bytes), String::from_utf8_lossy(&self.new));
        let (old, new): (Vec<_>, Vec<_>) =
            (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        // Tabs and the ends of lines are part of the patch; what else a terminal would obey is shown.
        let escape = |c: char| if c == '\t' { c.to_string() } else { visible(c) };
        let line = |line: &str| {
            let text = line
                .trim_end_matches('\n')
                .strip_suffix('\r')
                .unwrap_or(line.trim_end_matches('\n'));
            text.chars().map(escape).collect::<String>() + &line[text.len()..]
        };
        diff.unified_diff()
            .header(&name, &name)
            .to_string()
            .split_inclusive('\n')
            .map(line)
            .collect()
    }

    pub(crate) fn report<'a>(&'a self, file: &'a str) -> impl Iterator<Item = Mended> + 'a {
        self.fixes.iter().map(move |fix| Mended {
            rule: fix.rule().id().to_owned(),
            file: file.to_owned(),
            line: fix.position().map(|position| position.line),
            column: fix.position().map(|position| position.column),
        })
    }
}

/// What changes in meaning. A document that a player rejects grants nothing.
fn change_of_meaning(old: &[u8], new: &[u8], source_port: u16) -> Vec<String> {
    let policy = |bytes| PolicyFile::parse(bytes).unwrap_or_else(|_| PolicyFile::builder().build());
    let diff = Diff::between(&policy(old), &policy(new), source_port, &Profile::default());
    let changes = diff.changes().iter().map(ToString::to_string);
    changes.chain(diff.meta_policy().map(ToString::to_string)).collect()
}

/// The same for a policy of data over HTTP, whose meaning is not compared: a rule that was dead names somebody now.
fn change_of_url_grants(fixes: &[Fix]) -> Vec<String> {
    let named = fixes.iter().filter(|fix| [D05, D06, D07].contains(fix.rule()));
    named
        .map(|fix| format!("the rule for {} was dead, and counts now", fix.replacement()))
        .collect()
}

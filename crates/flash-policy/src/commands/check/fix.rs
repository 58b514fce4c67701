//! `flash-policy check --fix` and `--diff`: writes or shows automatic fixes.

use std::fs::Metadata;

use flash_policy_core::analysis::{Diff, Fix, Linter, apply_fixes};
use flash_policy_core::diagnostics::rules;
use flash_policy_core::document::{PolicyFile, PolicyKind, readable};
use flash_policy_core::player::Profile;
use flash_policy_core::printable::{printable, visible};
use flash_policy_scenario::files;
use similar::TextDiff;

use crate::input::Input;
use crate::report::{ErrorKind, FixedFinding, ReportedError};

/// A document and its fixes, none of which is written yet.
pub(crate) struct FixPlan {
    new: Vec<u8>,
    fixes: Vec<Fix>,
    /// The differences between the grants of the two documents.
    pub(crate) changes: Vec<String>,
}

impl FixPlan {
    /// Plans the fixes. Returns `None` if there is nothing to fix.
    pub(crate) fn new(
        input: &Input,
        linter: &Linter,
        fixes: Vec<Fix>,
    ) -> Result<Option<Self>, ReportedError> {
        if fixes.is_empty() {
            return Ok(None);
        }
        if input.is_cut() {
            let error = ReportedError::new(ErrorKind::InvalidInput, "it is too long to be fixed");
            return Err(error.in_file(&input.name));
        }
        let new = apply_fixes(&input.bytes, &fixes);
        let changes = match linter.kind() {
            PolicyKind::Url => change_of_url_grants(&fixes),
            _ => change_of_meaning(&input.bytes, &new, linter.source_port()),
        };
        Ok(Some(Self { new, fixes, changes }))
    }

    /// Replaces the document by the fixed one.
    pub(crate) fn write(&self, input: &mut Input) -> Result<(), ReportedError> {
        let Some(path) = &input.path else {
            return Ok(());
        };
        let cannot = |error| cannot_write(input, &format!("it cannot be written: {error}"));
        files::replace(path, &self.new).map_err(cannot)?;
        input.bytes.clone_from(&self.new);
        Ok(())
    }

    /// Returns the fixes as a patch.
    pub(crate) fn patch(&self, input: &Input) -> String {
        let name = printable(&input.name);
        // A document that can be fixed is UTF-8 or ISO-8859-1.
        let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => readable(bytes),
        };
        let (old, new) = (text(&input.bytes), text(&self.new));
        let (old, new): (Vec<_>, Vec<_>) =
            (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        // Tabs, byte order marks and line ends are part of the patch. Every other control character
        // is made visible.
        let escape = |c: char| match c {
            '\t' | '\u{feff}' => c.to_string(),
            other => visible(other),
        };
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

    pub(crate) fn fixed<'a>(&'a self, file: &'a str) -> impl Iterator<Item = FixedFinding> + 'a {
        self.fixes.iter().map(move |fix| FixedFinding {
            rule: fix.rule().id(),
            file: file.to_owned(),
            line: fix.position().map(|position| position.line),
            column: fix.position().map(|position| position.column),
            revives: fix.revives().map(ToString::to_string),
            caution: fix.caution(),
        })
    }
}

/// Returns an error if the document must not be replaced: it is read-only, it is outside of the
/// folder in which it was found, or it has a second name, which would keep the old text.
pub(crate) fn cannot_fix(input: &Input) -> Option<ReportedError> {
    let path = input.path.as_ref()?;
    let metadata = path.metadata().ok()?;
    if metadata.permissions().readonly() {
        let error = cannot_write(input, "it cannot be written: it is read-only");
        return Some(error.help("make it writable first"));
    }
    if let Some(target) = input.outside() {
        let target = target.display();
        let text = format!("it is not fixed: a link leads out of the folder, to {target}");
        return Some(cannot_write(input, &text).help(format!("to fix it, name {target} itself")));
    }
    if has_other_names(&metadata) {
        let text =
            "it is not fixed: it has another name (a hard link), which would keep the old text";
        let help = "make it a file of its own, as cp FILE NEW && mv NEW FILE does, or edit it";
        return Some(cannot_write(input, text).help(help));
    }
    None
}

#[cfg(unix)]
fn has_other_names(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

fn cannot_write(input: &Input, message: &str) -> ReportedError {
    ReportedError::new(ErrorKind::NotRun, message).in_file(&input.name)
}

/// Returns the changes in meaning. A document that a player rejects grants nothing.
fn change_of_meaning(old: &[u8], new: &[u8], source_port: u16) -> Vec<String> {
    let policy = |bytes| PolicyFile::parse(bytes).unwrap_or_else(|_| PolicyFile::builder().build());
    let diff = Diff::between(&policy(old), &policy(new), source_port, &Profile::default());
    let changes = diff.changes().iter().map(ToString::to_string);
    changes.chain(diff.meta_policy().map(ToString::to_string)).collect()
}

/// Returns the changes of a policy for data over HTTP. Its meaning is not compared, but a fixed
/// domain makes a dead rule count.
fn change_of_url_grants(fixes: &[Fix]) -> Vec<String> {
    let domain_rules = [
        rules::DOMAIN_WITH_SCHEME,
        rules::DOMAIN_WITH_PORT,
        rules::DOMAIN_WITH_PATH_TRAILING_SLASH,
    ];
    let named = fixes.iter().filter(|fix| domain_rules.contains(fix.rule()));
    named
        .map(|fix| format!("the rule for {} was dead, and counts now", fix.replacement()))
        .collect()
}

//! Renders `diff` for people.

use super::at_line_start;
use crate::render::Style;
use crate::report::{Change, DiffResult};

pub(super) fn diff(diff: &DiffResult, style: &Style) -> String {
    if diff.changes.is_empty() {
        return if diff.file.is_empty() {
            String::new()
        } else {
            "no change in meaning\n".to_owned()
        };
    }
    let mut text: String = diff.changes.iter().map(|change| line(change, style)).collect();
    let mut failing = diff.changes.iter().filter(|change| change.fails);
    if failing.clone().any(Change::widens) {
        text += "the new policy permits more than the old one; --allow-widening accepts that\n";
    }
    if failing.any(|change| !change.widens()) {
        text += "the new policy denies what the old one permitted, which --fail-on-narrowing \
                 refuses\n";
    }
    text
}

fn line(change: &Change, style: &Style) -> String {
    let text = at_line_start(&change.text);
    let painted = if change.fails { style.bad(&text) } else { text };
    painted + "\n"
}

//! Text for people: that nothing in it steers a terminal, or a CI system that reads the log.

/// Reads text without colour.
#[track_caller]
pub(super) fn read(text: &str) {
    // A tab, and a carriage return before the end of a line, belong to the lines of a patch.
    let steers = |c: &char| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}')
    };
    let steering = text.replace("\r\n", "\n").chars().find(steers);
    assert_eq!(steering, None, "{text:?}");
    for line in text.lines() {
        assert!(!is_command(line), "{line:?} in {text}");
    }
}

/// Reads text that may be in colour; returns whether it is.
#[track_caller]
pub(super) fn read_coloured(text: &str) -> bool {
    let plain = without_colour(text);
    read(&plain);
    plain != text
}

/// Returns whether GitHub Actions or Azure Pipelines obey this line. `##` commands may stand
/// anywhere in it.
pub(super) fn is_command(line: &str) -> bool {
    line.trim_start().starts_with("::")
        || ["##[", "##vso[", "##teamcity["].iter().any(|mark| line.contains(mark))
}

/// Takes off the sequences that set a colour, and no others.
pub(super) fn without_colour(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\u{1b}[") {
        plain += before;
        let end = behind.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(behind.len());
        rest = match behind[end..].strip_prefix('m') {
            Some(rest) => rest,
            None => {
                plain += "\u{1b}[";
                behind
            }
        };
    }
    plain + rest
}

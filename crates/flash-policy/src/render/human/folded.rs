//! Folds repeated lines of a server's output.

/// The longest block of lines whose repetition is found, such as a stack trace.
const MAX_BLOCK: usize = 40;

/// Returns the lines with repetitions folded: `policy request ×1587` for a line, and a line below a
/// block of several. Lines that differ in their numbers only, such as a peer's port, are alike.
pub(super) fn folded(lines: &[&str]) -> Vec<String> {
    let keys: Vec<String> = lines.iter().map(|line| without_numbers(line)).collect();
    let mut folded = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (length, times) = repetition(&keys[at..]);
        let block = &lines[at..at + length];
        let all = &lines[at..at + length * times];
        let is_same = all.chunks(length).all(|other| other == block);
        let others = if is_same { "" } else { ", with other numbers" };
        match block {
            [line] if times > 1 => folded.push(format!("{line} ×{times}{others}")),
            block => folded.extend(block.iter().map(|line| (*line).to_owned())),
        }
        if length > 1 {
            folded.push(format!("… the {length} lines above ×{times}{others}"));
        }
        at += length * times;
    }
    folded
}

/// Returns the length of the shortest block of lines that is repeated at the beginning, and how
/// often it stands there. Without a repetition, it is one line, once.
fn repetition(keys: &[String]) -> (usize, usize) {
    let longest = MAX_BLOCK.min(keys.len() / 2);
    let times = |length: usize| {
        let block = &keys[..length];
        keys.chunks(length).take_while(|other| *other == block).count()
    };
    (1..=longest).map(|length| (length, times(length))).find(|found| found.1 > 1).unwrap_or((1, 1))
}

fn without_numbers(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in line.chars() {
        if !c.is_ascii_digit() {
            text.push(c);
        } else if !text.ends_with('0') {
            text.push('0');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_line_stands_once_with_its_count() {
        let lines = ["listening", "policy request", "policy request", "policy request", "end"];
        assert_eq!(folded(&lines), ["listening", "policy request ×3", "end"]);
    }

    #[test]
    fn lines_that_differ_in_their_numbers_are_alike() {
        let lines = ["peer 127.0.0.1:50001", "peer 127.0.0.1:50002"];
        assert_eq!(folded(&lines), ["peer 127.0.0.1:50001 ×2, with other numbers"]);
    }

    #[test]
    fn a_repeated_block_stands_once_with_its_count() {
        let lines = ["open", "close", "open", "close", "open", "close", "open"];
        assert_eq!(folded(&lines), ["open", "close", "… the 2 lines above ×3", "open"]);
    }

    #[test]
    fn other_lines_stay_as_they_are() {
        assert_eq!(folded(&["one", "two", "one"]), ["one", "two", "one"]);
        assert!(folded(&[]).is_empty());
    }
}

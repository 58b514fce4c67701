//! Finds the word that a misspelt word was meant to be.

/// Returns the known word that is the fewest typing errors away. Returns `None` if even that takes
/// more than one error for every three bytes of the word. ASCII case does not matter.
///
/// A typing error is a character too many, too few or wrong, or two neighbours in the wrong order.
///
/// ```
/// use flash_policy_core::spelling::nearest;
///
/// assert_eq!(nearest("permited", &["permitted", "denied"]), Some("permitted"));
/// assert_eq!(nearest("yes", &["permitted", "denied"]), None);
/// ```
pub fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let written = written.to_ascii_lowercase();
    let candidates = known.iter().filter_map(|word| {
        let limit = word.len() / 3;
        // Each byte of difference in length is an error, so the search is not needed for all words.
        if word.len().abs_diff(written.len()) > limit {
            return None;
        }
        let errors = typing_errors(&word.to_ascii_lowercase(), &written);
        (errors <= limit).then_some((errors, *word))
    });
    candidates.min_by_key(|(errors, _)| *errors).map(|(_, word)| word)
}

/// Returns the fewest typing errors that turn one text into the other: the optimal string alignment
/// distance.
fn typing_errors(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, left) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, right) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(left != right);
            let removed = last[column + 1] + 1;
            let added = current[column] + 1;
            let mut errors = replaced.min(removed).min(added);
            let are_swapped =
                row > 0 && column > 0 && from[row - 1] == *right && to[column - 1] == *left;
            if are_swapped {
                errors = errors.min(before_last[column - 1] + 1);
            }
            current.push(errors);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last[to.len()]
}

//! Recognises the text that servers send when they mean a NUL byte but quote it wrongly.

/// Returns true if a text is an attempt to write a NUL byte: an escape sequence such as `\0`,
/// `&#0;` or `chr(0)`, perhaps several, perhaps with some of the source code around it.
///
/// A text that begins with an escape of NUL is one, whatever follows. A spelling that may mean
/// something else, such as `/n` or `NULL`, counts only if nothing but such spellings and
/// punctuation stands beside it.
pub(super) fn is_fake_nul(text: &str) -> bool {
    let mut rest = text;
    let mut found = false;
    loop {
        rest = rest.trim_start_matches(is_punctuation);
        // Basic's sign between two strings.
        rest = rest.strip_prefix("& ").unwrap_or(rest).trim_start();
        if rest.is_empty() {
            return found;
        }
        if is_escaped_nul(rest) {
            return true;
        }
        match ambiguous(rest) {
            Some(length) => rest = &rest[length..],
            None => return false,
        }
        found = true;
    }
}

/// Returns true if a text has source code in it beside the escape.
pub(super) fn has_source_code(text: &str) -> bool {
    text.contains(['"', '\'', '`', ';', '+']) || text.trim_end().ends_with(')')
}

/// Returns true for what stands around a string in source code, and for blanks.
fn is_punctuation(c: char) -> bool {
    c.is_whitespace() || "\"'`()[]{};,.+".contains(c)
}

/// Returns true if the text begins with an escape that can only mean NUL.
fn is_escaped_nul(text: &str) -> bool {
    if text.starts_with("^@") || text.starts_with('\u{2400}') {
        return true;
    }
    let unescaped = text.trim_start_matches('\\');
    if unescaped.len() < text.len() {
        return is_zero_code(unescaped);
    }
    if let Some(code) = text.strip_prefix('%') {
        return code.starts_with("00") || code.starts_with("u0000");
    }
    if let Some(reference) = text.strip_prefix("&#") {
        let digits = reference.strip_prefix(['x', 'X']).unwrap_or(reference);
        return zeros(digits, 1).is_some_and(|rest| !rest.starts_with(|c: char| is_word(c)));
    }
    is_call_with_zero(text)
}

/// Returns true for the part of an escape after its backslashes: `0`, `x00`, `u{0}` or `c@`.
fn is_zero_code(code: &str) -> bool {
    if code.starts_with("c@") || code.starts_with("C-@") || code.starts_with("N{NUL") {
        return true;
    }
    if let Some(rest) = zeros(code, 1) {
        // `\01` is another character in octal.
        let zeros = code.len() - rest.len();
        return zeros >= 3 || !rest.starts_with(|c: char| c.is_digit(8));
    }
    let is_zero = |digits: &str, least: usize, full: usize| {
        zeros(digits, least).is_some_and(|rest| {
            let count = digits.len() - rest.len();
            count >= full || !rest.starts_with(|c: char| c.is_ascii_hexdigit())
        })
    };
    match code.as_bytes() {
        [b'x' | b'X' | b'u' | b'U' | b'o', b'{', ..] => {
            zeros(&code[2..], 1).is_some_and(|rest| rest.starts_with('}'))
        }
        [b'x' | b'X', ..] => is_zero(&code[1..], 1, 2),
        [b'u' | b'U', ..] => is_zero(code[1..].trim_start_matches('+'), 1, 4),
        _ => false,
    }
}

/// Returns true for a call that makes the character 0, such as `chr(0)` or `Chr$(0)`.
fn is_call_with_zero(text: &str) -> bool {
    let lower: String = text.chars().take(60).collect::<String>().to_ascii_lowercase();
    if lower.starts_with("vbnullchar") || lower.starts_with("char.minvalue") {
        return true;
    }
    let makers = ["string.fromcharcode", "fromcharcode", "unichr", "chrw", "char", "chr"];
    makers.iter().filter_map(|maker| lower.strip_prefix(maker)).any(|rest| {
        let arguments = rest.trim_start_matches('$').trim_start().strip_prefix('(');
        let digits = arguments.map(|rest| rest.trim_start().trim_start_matches("0x"));
        digits.and_then(|digits| zeros(digits, 1)).is_some_and(|rest| rest.starts_with([')', ' ']))
    })
}

/// Returns the length of a spelling that may mean a NUL byte if it begins the text.
fn ambiguous(text: &str) -> Option<usize> {
    if let Some(escape) = text.strip_prefix('\\') {
        let code = escape.trim_start_matches('\\');
        return code.starts_with(['n', 'r', 't']).then(|| text.len() - code.len() + 1);
    }
    let word = text.split(|c: char| !is_word(c) && !"/#$".contains(c)).next().unwrap_or_default();
    let is_nul = match word.as_bytes() {
        [b'/', b'n' | b'r'] => true,
        [b'/', code @ ..] => is_zeros(code) || is_zero_code_point(&word[1..]),
        [b'#' | b'$', code @ ..] => is_zeros(code),
        _ => is_zero_code_point(word) || ["nul", "null"].contains(&&*word.to_ascii_lowercase()),
    };
    is_nul.then_some(word.len())
}

/// Returns true for the code point zero without a mark of an escape: `u0000`, `x00`, `0x00`.
fn is_zero_code_point(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let hexadecimal = lower.strip_prefix("0x").or_else(|| lower.strip_prefix('x'));
    let unicode = lower.strip_prefix('u').filter(|digits| digits.len() >= 4);
    hexadecimal.or(unicode).is_some_and(|digits| is_zeros(digits.as_bytes()))
}

/// Returns what follows at least `least` zeros.
fn zeros(text: &str, least: usize) -> Option<&str> {
    let rest = text.trim_start_matches('0');
    (text.len() - rest.len() >= least).then_some(rest)
}

fn is_zeros(digits: &[u8]) -> bool {
    !digits.is_empty() && digits.iter().all(|digit| *digit == b'0')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

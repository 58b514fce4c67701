//! Recognises answers that are no document: of another service, or of a program that failed.

/// Returns the service that greets or answers like this.
pub(super) fn service(text: &str) -> Option<&'static str> {
    let first = text.lines().next().unwrap_or_default();
    let codes = ["220", "421", "500", "501", "502", "503", "530", "554"];
    let is_reply =
        first.get(..3).is_some_and(|code| codes.contains(&code) && !is_of_http(&first[3..]));
    let lower = first.to_ascii_lowercase();
    if first.starts_with("SSH-") {
        Some("SSH")
    } else if first.starts_with("-ERR unknown command") || first.starts_with("-NOAUTH") {
        Some("Redis")
    } else if first.starts_with("+OK") || first.starts_with("-ERR") {
        Some("POP3")
    } else if first.starts_with("* OK") || first.starts_with("* BYE") {
        Some("IMAP")
    } else if first.starts_with("RFB 00") {
        Some("VNC")
    } else if first.starts_with("AMQP") {
        Some("AMQP")
    } else if first == "ERROR" {
        Some("memcached")
    } else if is_reply && lower.contains("smtp") {
        Some("SMTP")
    } else if is_reply && lower.contains("ftp") {
        Some("FTP")
    } else {
        is_reply.then_some("SMTP or FTP")
    }
}

/// Returns true for what follows the number in a status of HTTP, such as ` Bad Gateway`.
fn is_of_http(rest: &str) -> bool {
    let reasons = ["Internal Server Error", "Not Implemented", "Bad Gateway", "Service"];
    !rest.starts_with([' ', '-']) || reasons.iter().any(|reason| rest[1..].starts_with(reason))
}

/// Returns the help for the error message of a program, or for bytes and objects written as text.
pub(super) fn help(text: &str) -> Option<&'static str> {
    let errors = [
        "Traceback (most recent call last)",
        "Exception in thread",
        "Unhandled exception",
        "Fatal error",
        "Parse error",
        "TypeError",
        "ReferenceError",
        "SyntaxError",
        "ValueError",
        "panic: ",
        "thread '",
    ];
    if errors.iter().any(|error| text.starts_with(error)) {
        Some("serve the policy itself: this is the error message of a program")
    } else if text.starts_with("[object ") {
        Some("send the text of the document: this is how JavaScript writes an object")
    } else if is_hexadecimal_dump(text) {
        Some("send the bytes themselves, not their numbers")
    } else {
        None
    }
}

/// Returns true for the numbers of bytes, such as `3c 3f 78 6d 6c`, perhaps after an offset.
fn is_hexadecimal_dump(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let is_number = |word: &str| word.bytes().all(|b| b.is_ascii_hexdigit());
    let words: Vec<_> = first
        .split([' ', ':', ',', '\t', '\\'])
        .map(|word| word.trim_start_matches("0x").trim_start_matches('x'))
        .filter(|word| !word.is_empty())
        .collect();
    let is_offset = |word: &str| word.len() >= 7 && word.bytes().all(|b| b == b'0');
    let bytes = match words.first() {
        Some(offset) if is_offset(offset) => &words[1..],
        _ => &words[..],
    };
    let is_begun = bytes.first().is_some_and(|word| {
        let lower = word.to_ascii_lowercase();
        lower.starts_with("3c") || lower.starts_with("efbb")
    });
    let is_all = bytes.iter().take(4).all(|word| is_number(word));
    is_begun && is_all && bytes.concat().len() >= 8
}

//! Says why a text is not a domain pattern, and how to write the domain that was meant.

use super::DomainPattern;
use super::domain_pattern::{ipv6, is_ip, is_numeric, is_template};
use crate::diagnostics::{Diagnostic, rules};

/// Returns the diagnostic of a text that has a part which no domain has, or that stands for a
/// value which was not filled in. Wildcards and single characters are checked later.
pub(super) fn foreign_part(written: &str) -> Option<Diagnostic> {
    let trimmed = written.trim();
    if trimmed.is_empty() {
        return Some(rules::missing_domain());
    }
    let fault = backslash(written)
        .or_else(|| escape(written))
        .or_else(|| is_template(written).then(|| rules::template_not_expanded(written)))
        .or_else(|| network(written))
        .or_else(|| scheme(written));
    if fault.is_some() {
        return fault;
    }
    let colons = written.matches(':').count();
    if written.contains(['/', '?', '#']) {
        Some(rules::domain_with_path_trailing_slash(written))
    } else if written.contains('@') {
        Some(rules::domain_with_user_info(written))
    } else if colons == 1 || written.contains("]:") {
        Some(rules::domain_with_port(written))
    } else {
        None
    }
}

/// A backslash: of a regular expression, of source code, or in place of a slash.
fn backslash(written: &str) -> Option<Diagnostic> {
    if !written.contains('\\') {
        return None;
    }
    let with_slashes = written.replace('\\', "/");
    let is_url = with_slashes.split_once(':').is_some_and(|(scheme, rest)| {
        is_scheme(scheme.trim()) && rest.starts_with("//") && written.contains(":\\")
    });
    if is_url {
        return Some(with_scheme(written, bare_host(&with_slashes)));
    }
    let fault = rules::domain_not_a_host(written);
    let plain = written.trim().trim_start_matches('^').trim_end_matches('$').replace('\\', "");
    let plain = match plain.strip_prefix(".*").or_else(|| plain.strip_prefix(".+")) {
        Some(rest) => format!("*{rest}"),
        None => plain,
    };
    let is_expression = written.contains("\\.") && is_domain(&plain);
    Some(if is_expression {
        fault.with_help(format!("write domain=\"{plain}\": a domain is not a regular expression"))
    } else {
        fault.with_help("write the bare host, without a backslash")
    })
}

/// A character in the escape of a URL, or the zone of an IPv6 address.
fn escape(written: &str) -> Option<Diagnostic> {
    let (before, after) = written.split_once('%')?;
    let help = if ipv6(before.trim().trim_start_matches('[')).is_some() {
        "write the address without the zone after the %".to_owned()
    } else {
        let escaped = percent_escape(written)?;
        format!("write the character itself: %{escaped} is its escape in a URL")
    };
    let is_of_a_template = after.ends_with('%') || written.contains(['{', '}', '$']);
    (!is_of_a_template).then(|| rules::domain_not_a_host(written).with_help(help))
}

/// Returns the two digits of the first escape of a URL.
fn percent_escape(written: &str) -> Option<&str> {
    let (_, after) = written.split_once('%')?;
    let digits = after.get(..2)?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(digits)
}

/// A network such as `10.0.0.0/8`, or all addresses between two, perhaps in a URL.
fn network(written: &str) -> Option<Diagnostic> {
    let text = written.trim();
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let is_size =
        |size: &str| !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let has_size =
        text.split_once('/').is_some_and(|(address, size)| is_ip(address) && is_size(size));
    let is_range = text
        .split_once('-')
        .is_some_and(|(first, last)| is_ip(first.trim()) && is_size(last.trim()));
    (has_size || is_range).then(|| {
        rules::domain_not_a_host(written)
            .with_help("list the addresses one by one: a domain is not a network")
    })
}

/// A scheme, with the slashes after it or without.
fn scheme(written: &str) -> Option<Diagnostic> {
    if written.contains("://") {
        return Some(with_scheme(written, bare_host(written)));
    }
    let (scheme, rest) = written.trim().split_once(':')?;
    let has_host = rest.contains('.') || rest.starts_with('/');
    let is_port = rest.chars().all(|c| c.is_ascii_digit() || "-,/".contains(c));
    let is_meant = is_known_scheme(scheme) || (is_scheme(scheme) && has_host);
    let rest = rest.trim_start_matches('/');
    (is_meant && !is_port && !rest.starts_with('*')).then(|| with_scheme(written, bare_host(rest)))
}

/// Returns the diagnostic of a domain with a scheme. `host` is what stands where the URL has its
/// host.
fn with_scheme(written: &str, host: &str) -> Diagnostic {
    let fault = rules::domain_not_a_host(written);
    if is_domain(host) {
        rules::domain_with_scheme(written, host)
    } else if written.trim().to_ascii_lowercase().starts_with("file:") {
        fault.with_help("write domain=\"*\": a SWF from a file has no host, and only * names it")
    } else if host.is_empty() {
        fault.with_help("write the host alone: this URL has none")
    } else {
        fault
    }
}

/// Returns true if the text has the form of a URL's scheme. No host name with a dot has it.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-".contains(c))
}

/// Returns true for the schemes that people write before the host of a socket.
pub(crate) fn is_known_scheme(text: &str) -> bool {
    let schemes = [
        "http",
        "https",
        "ftp",
        "ftps",
        "file",
        "tcp",
        "udp",
        "tls",
        "ssl",
        "ws",
        "wss",
        "socket",
        "xmlsocket",
        "rtmp",
        "rtmps",
        "rtmpt",
        "rtmfp",
        "rtsp",
        "mailto",
        "app",
    ];
    schemes.contains(&&*text.trim().to_ascii_lowercase())
}

/// Returns the diagnostic for a wildcard that has none of the two forms.
pub(super) fn bad_wildcard(written: &str) -> Diagnostic {
    let diagnostic = rules::wildcard_middle(written);
    let trimmed = written.trim();
    if trimmed != written && is_domain(trimmed) {
        return diagnostic.with_help(without_blanks(trimmed));
    }
    let is_name = |name: &str| !name.is_empty() && !name.contains('*') && !is_numeric(name);
    let starts = written.starts_with(|c: char| c.is_ascii_digit());
    if starts && written.chars().all(|c| c.is_ascii_digit() || ".*".contains(c)) {
        return diagnostic.with_help("list the addresses one by one: a wildcard needs a name");
    }
    match written.strip_prefix('*').map(|name| name.trim_start_matches('.')) {
        Some(name) if is_name(name) => {
            diagnostic.with_help(format!("write *.{name}, or list the hosts one by one"))
        }
        _ => diagnostic,
    }
}

/// Returns the diagnostic of characters that no host has, or of a name that no host can have.
/// `name` is the text without `*.` before it.
pub(super) fn impossible_host(written: &str, name: &str) -> Option<Diagnostic> {
    let name = name.trim();
    let fault = || rules::domain_not_a_host(written);
    if !name.chars().all(may_be_in_a_host) {
        let trimmed = written.trim();
        return Some(if trimmed != written && is_domain(trimmed) {
            fault().with_help(without_blanks(trimmed))
        } else if trimmed.contains([',', ';', '|']) || trimmed.contains(char::is_whitespace) {
            fault().with_help("write an <allow-access-from> for each host")
        } else {
            fault()
        });
    }
    if let Some(suffix) = written.strip_prefix('.').filter(|suffix| is_domain(suffix)) {
        let help = format!("write *.{suffix} for the site and all below it");
        return Some(fault().with_help(help));
    }
    let bare = name.strip_suffix('.').unwrap_or(name);
    let labels: Vec<_> = bare.split('.').collect();
    let is_number = |label: &&str| label.bytes().all(|b| b.is_ascii_digit());
    let is_too_large = |label: &&str| label.parse::<u8>().is_err();
    if labels.iter().any(|label| label.is_empty()) {
        return Some(fault().with_help("write one dot between two labels, and none before them"));
    }
    if labels.iter().any(|label| label.chars().count() > 63) || bare.chars().count() > 253 {
        let help = "write a host of at most 253 characters, with at most 63 between two dots";
        return Some(fault().with_help(help));
    }
    let is_address = labels.iter().all(is_number) && labels.len() >= 4;
    (is_address && (labels.len() > 4 || labels.iter().any(is_too_large)))
        .then(|| fault().with_help("write an address of four numbers from 0 to 255"))
}

fn without_blanks(trimmed: &str) -> String {
    format!("write domain=\"{trimmed}\", without the blanks around it")
}

fn is_domain(text: &str) -> bool {
    text.parse::<DomainPattern>().is_ok()
}

/// Returns the host in a text that is a URL or part of one.
pub(crate) fn bare_host(url: &str) -> &str {
    let mut after_scheme = url;
    while let Some((scheme, rest)) = after_scheme.split_once("://") {
        let is_first = after_scheme.len() == url.len();
        if !is_first && !is_scheme(scheme) {
            break;
        }
        after_scheme = rest;
    }
    let authority = after_scheme.split(['/', '\\', '?', '#']).next().unwrap_or(after_scheme);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.find(']') {
        Some(end) if host.starts_with('[') => &host[..=end],
        _ => host.split_once(':').map_or(host, |(host, _)| host),
    }
}

/// Returns true if a host may contain the character. A character outside ASCII has a diagnostic
/// (rulebook D8) but is valid, as long as XML can hold it.
fn may_be_in_a_host(c: char) -> bool {
    let is_plain = !c.is_control() && !c.is_whitespace() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    c.is_ascii_alphanumeric() || "-._".contains(c) || (!c.is_ascii() && is_plain)
}

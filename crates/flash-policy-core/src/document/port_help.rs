//! Finds out what a bad item of `to-ports` was meant to be, and says how to write it.

use super::ToPorts;
use super::to_ports::Reading;

/// Returns the help for one bad item of a `to-ports` value, if the mistake is a common one.
pub(super) fn port_help(item: &str, written: &str) -> Option<String> {
    if item.is_empty() {
        return Some("remove the comma that has no port beside it".to_owned());
    }
    if ["any", "all", "everything", "**", "*-*", "*:*", "0-*", "*.*"]
        .contains(&&*item.to_ascii_lowercase())
    {
        return Some(EVERY_PORT.to_owned());
    }
    if item.chars().any(|c| c.is_numeric() && !c.is_ascii_digit()) {
        return Some("write ports in the digits 0 to 9".to_owned());
    }
    if item == "000" && is_grouped(written) {
        let joined = written.replace(',', "");
        return Some(format!("write {joined} without a comma if one port is meant"));
    }
    let digits = item.trim_end_matches(['*', '?', 'x', 'X']);
    if is_number(digits) && digits.len() < item.len() {
        return Some("write the first and the last port of the range, as in 5000-5099".to_owned());
    }
    if is_number(item) {
        return Some(out_of_range(&[item]));
    }
    range_help(item).or_else(|| list_help(item)).or_else(|| number_help(item))
}

/// Returns the help for blanks in a `to-ports` value: the same ports without them.
pub(super) fn tight(written: &str) -> Option<String> {
    let tight: String = written.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    (ports(&tight)? == ports(written)?).then_some(tight)
}

/// Returns the help for an item that is a range but for its separator, its order or its bounds.
fn range_help(item: &str) -> Option<String> {
    let separator = RANGE_SEPARATORS.iter().find(|separator| item.contains(**separator))?;
    let (first, last) = item.split_once(separator)?;
    let (first, last) = (first.trim(), last.trim());
    let is_open = |bound: &str| bound.is_empty() || bound == "*";
    if ["0-65535", "0-65536", "1-65536"].contains(&&*format!("{first}-{last}")) {
        return Some(EVERY_PORT.to_owned());
    }
    if is_number(first) && is_open(last) {
        return suggestion(&format!("{first}-{}", u16::MAX)).map(|range| {
            format!("write both ends of the range, such as {range} if it has no upper end")
        });
    }
    if is_number(last) && is_open(first) {
        return suggestion(&format!("1-{last}")).map(|range| {
            format!("write both ends of the range, such as {range} if it has no lower end")
        });
    }
    if !is_number(first) || !is_number(last) {
        return None;
    }
    if let Some(range) = suggestion(&format!("{first}-{last}")) {
        return Some(format!("write the range with a hyphen: {range}"));
    }
    match suggestion(&format!("{last}-{first}")) {
        Some(range) => Some(format!("write the smaller port first: {range}")),
        None => Some(out_of_range(&[first, last])),
    }
}

/// Returns the help for several ports or ranges without a comma between them.
fn list_help(item: &str) -> Option<String> {
    let parts: Vec<&str> = item
        .split([';', '|', '/', '&', '+', ' ', '\t', '\n', '\r', '\u{a0}', '，', '、', '；', '.'])
        .filter(|part| !part.is_empty())
        .collect();
    let all = parts.join(",");
    let is_list = parts.len() > 1 && ports(&all).is_some();
    is_list.then(|| format!("separate the ports by commas: {all}"))
}

/// Returns the help for a port with something else around it, or for the name of a service.
fn number_help(item: &str) -> Option<String> {
    let mut numbers = item.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    match (numbers.next(), numbers.next()) {
        (Some(number), None) => {
            let number = suggestion(number)?;
            Some(format!("write the port as a number alone: {number}"))
        }
        (Some(_), Some(_)) if item.matches('-').count() > 1 => {
            Some("write each range as FIRST-LAST, and separate ranges by commas".to_owned())
        }
        (None, _) if item.chars().all(char::is_alphabetic) => {
            Some("write the number of the port, not a name".to_owned())
        }
        _ => None,
    }
}

/// Returns the ports in their canonical form if the text is a good value of `to-ports`.
fn suggestion(written: &str) -> Option<String> {
    ports(written).map(|ports| ports.to_string())
}

fn ports(written: &str) -> Option<ToPorts> {
    let reading = Reading::of(written);
    reading.bad.is_none().then_some(reading.good)
}

/// Returns the help for numbers of which at least one is no port.
fn out_of_range(numbers: &[&str]) -> String {
    let is_port = |number: &&&str| number.parse::<u16>().is_ok_and(|port| port > 0);
    let bad = numbers.iter().find(|number| !is_port(number)).copied().unwrap_or_default();
    let why = if bad.trim_start_matches('0').is_empty() { "no port" } else { "too large" };
    format!("write ports from 1 to {}: {bad} is {why}", u16::MAX)
}

/// Returns true for one number with a comma before each three digits, such as `5,000`.
fn is_grouped(written: &str) -> bool {
    let mut groups = written.trim().split(',');
    let is_first = groups.next().is_some_and(|first| is_number(first) && first.len() <= 2);
    is_first && groups.clone().count() == 1 && groups.all(|group| group.len() == 3)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit())
}

/// The separators that people write between the ends of a range, a longer one before its prefix.
const RANGE_SEPARATORS: [&str; 14] =
    ["..", "->", "–", "—", "‒", "―", "‐", "‑", "−", "-", ":", "~", " to ", "_"];

const EVERY_PORT: &str = "write to-ports=\"*\" if every port is meant";

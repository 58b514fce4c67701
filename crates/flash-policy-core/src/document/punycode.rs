//! Encodes host names in ASCII (RFC 3492), for help texts only: no verdict depends on it.

/// Returns a host name in ASCII, or `None` if that takes more than its letters in lower case.
pub(super) fn host(name: &str) -> Option<String> {
    let labels = name.split('.').map(label).collect::<Option<Vec<_>>>()?;
    Some(labels.join("."))
}

fn label(label: &str) -> Option<String> {
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    // These letters have two encodings, or none without rules for their neighbours.
    let is_simple = |c: char| c.is_ascii() || (c.is_alphabetic() && !"ßςİı".contains(c));
    let lower: Vec<char> = label.to_lowercase().chars().collect();
    let encoded = lower.iter().all(|c| is_simple(*c)).then(|| encode(&lower))??;
    (encoded.len() <= 59).then(|| format!("xn--{encoded}"))
}

/// Encodes the characters as section 6.3 of RFC 3492 says. Returns `None` for an overflow.
fn encode(label: &[char]) -> Option<String> {
    let mut output: String = label.iter().filter(|c| c.is_ascii()).collect();
    let basic = u32::try_from(output.len()).ok()?;
    let mut handled = basic;
    if basic > 0 {
        output.push('-');
    }
    let (mut least, mut delta, mut bias) = (128_u32, 0_u32, 72_u32);
    let length = u32::try_from(label.len()).ok()?;
    while handled < length {
        let next = label.iter().map(|c| u32::from(*c)).filter(|c| *c >= least).min()?;
        delta = delta.checked_add((next - least).checked_mul(handled + 1)?)?;
        least = next;
        for code in label.iter().map(|c| u32::from(*c)) {
            if code < least {
                delta = delta.checked_add(1)?;
            }
            if code == least {
                push_number(&mut output, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta = delta.checked_add(1)?;
        least += 1;
    }
    Some(output)
}

/// Appends a number in digits of a variable base, the lowest first.
fn push_number(output: &mut String, mut number: u32, bias: u32) {
    for position in (36_u32..).step_by(36) {
        let threshold = position.saturating_sub(bias).clamp(1, 26);
        if number < threshold {
            break;
        }
        output.push(digit(threshold + (number - threshold) % (36 - threshold)));
        number = (number - threshold) / (36 - threshold);
    }
    output.push(digit(number));
}

fn digit(value: u32) -> char {
    char::from_digit((value + 10) % 36, 36).unwrap_or_default()
}

fn adapted(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut steps = 0;
    while delta > 455 {
        delta /= 35;
        steps += 36;
    }
    steps + 36 * delta / (delta + 38)
}

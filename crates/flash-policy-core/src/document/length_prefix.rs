//! Recognises a document that begins with its own length, as some libraries write strings.

/// A length before a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LengthPrefix {
    /// The length that is written.
    pub(crate) length: usize,
    /// The number of bytes that it is written in.
    pub(crate) width: usize,
    pub(crate) form: Form,
}

/// The form of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    BigEndian,
    LittleEndian,
    /// Seven bits in each byte, the lowest first.
    Varint,
}

impl LengthPrefix {
    /// Describes the bytes of the length, for a message.
    pub(crate) fn description(self) -> String {
        let bytes = match self.width {
            1 => "one byte".to_owned(),
            2 => "two bytes".to_owned(),
            3 => "three bytes".to_owned(),
            _ => "four bytes".to_owned(),
        };
        match (self.form, self.width) {
            (Form::BigEndian, 2) => format!("{bytes}, as Java's writeUTF does"),
            (Form::Varint, _) => format!("{bytes}, as .NET's BinaryWriter does"),
            _ => bytes,
        }
    }
}

/// Returns the length that the bytes begin with, if it is the length of what follows: of the whole
/// rest, or of the rest up to its first NUL, with or without that NUL.
///
/// On the wire a length below 65536 in four bytes, or below 256 in two, begins with a NUL. The
/// bytes must be all that arrived, not those before the first NUL.
pub(crate) fn length_prefix(bytes: &[u8]) -> Option<LengthPrefix> {
    [2, 4, 1, 3].into_iter().find_map(|width| {
        let (prefix, rest) = bytes.split_at_checked(width)?;
        // Blanks before a document look like a length too.
        if prefix.iter().all(u8::is_ascii_whitespace) || !begins_a_document(rest) {
            return None;
        }
        let until_nul = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
        // Letters and digits are more often text, which has the right value by chance.
        let tolerance = usize::from(!prefix.iter().all(u8::is_ascii_graphic));
        let is_length = |length: usize| {
            [rest.len(), until_nul].into_iter().any(|actual| length.abs_diff(actual) <= tolerance)
        };
        let lengths = lengths(prefix);
        let (form, length) = lengths.into_iter().find(|(_, length)| is_length(*length))?;
        Some(LengthPrefix { length, width, form })
    })
}

fn begins_a_document(rest: &[u8]) -> bool {
    rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest).starts_with(b"<")
}

/// Returns the numbers that the bytes may mean.
fn lengths(prefix: &[u8]) -> Vec<(Form, usize)> {
    let number = |bytes: &mut dyn Iterator<Item = &u8>, bits: u32| {
        bytes.fold(0_usize, |number, byte| (number << bits) | usize::from(*byte))
    };
    let mut lengths = Vec::new();
    if prefix.len() % 2 == 0 {
        lengths.push((Form::BigEndian, number(&mut prefix.iter(), 8)));
        lengths.push((Form::LittleEndian, number(&mut prefix.iter().rev(), 8)));
    }
    let (last, first) = prefix.split_last().map_or((0, prefix), |(last, first)| (*last, first));
    if last < 0x80 && first.iter().all(|byte| *byte >= 0x80) {
        let low: Vec<u8> = prefix.iter().map(|byte| byte & 0x7f).collect();
        lengths.push((Form::Varint, number(&mut low.iter().rev(), 7)));
    } else if prefix.len() == 1 {
        lengths.push((Form::BigEndian, usize::from(last)));
    }
    lengths
}

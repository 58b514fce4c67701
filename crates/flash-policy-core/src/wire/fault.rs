//! The faults of a policy server, and the script that each of them plays.

mod text;

use std::time::Duration;

pub(super) use self::text::parse;
pub use self::text::{InvalidFault, parse_duration};
use super::{POLICY_REQUEST, Script, Step};

/// Defines the faults from a table: the variant, the id or the form of the id, and the script.
macro_rules! faults {
    (
        |$document:ident, $answer:ident, $asked:ident|
        plain { $($(#[$plain_doc:meta])* $plain:ident $id:literal => $plain_script:expr;)* }
        valued {
            $(
                $(#[$doc:meta])*
                $valued:ident $(($value:ident: $type:ty))?
                $({ $($(#[$field_doc:meta])* $field:ident: $field_type:ty,)* })?
                $form:literal => $script:expr;
            )*
        }
    ) => {
        /// A fault of a policy server on one connection. Each has an id, and plays a [`Script`].
        ///
        /// ```
        /// use std::time::Duration;
        /// use flash_policy_core::wire::Fault;
        ///
        /// assert_eq!("delay=4s".parse(), Ok(Fault::Delay(Duration::from_secs(4))));
        /// assert_eq!(Fault::Split(vec![5, 10]).to_string(), "split=5,10");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Fault {
            $($(#[$plain_doc])* $plain,)*
            $($(#[$doc])* $valued $(($type))? $({ $($(#[$field_doc])* $field: $field_type,)* })?,)*
        }

        /// The faults whose id takes no value.
        const PLAIN: &[(&str, Fault)] = &[$(($id, Fault::$plain),)*];

        /// The ids of all faults, with the form of the value if there is one.
        pub(super) const FORMS: &[&str] = &[$($id,)* $($form,)*];

        impl Fault {
            /// Returns the script of a server with this fault that serves `document`.
            pub fn script(&self, $document: &[u8]) -> Script {
                let $asked = Script::new().read_request();
                let $answer = [$document, b"\0"].concat();
                match self {
                    $(Self::$plain => $plain_script,)*
                    $(Self::$valued $(($value))? $({ $($field),* })? => $script,)*
                }
            }
        }
    };
}

faults! {
    |document, answer, asked|
    plain {
        /// `ok`: no fault.
        Ok "ok" => asked.write(answer).fin();
        /// `silent`: accepts the connection but never speaks (FSP-T04).
        Silent "silent" => Script::new();
        /// `close-on-accept`: closes before it is asked (FSP-T27).
        CloseOnAccept "close-on-accept" => Script::new().fin();
        /// `close-on-request`: closes when it has read the request (FSP-T27).
        CloseOnRequest "close-on-request" => asked.fin();
        /// `reset-on-accept`: resets before it is asked (FSP-T07).
        ResetOnAccept "reset-on-accept" => Script::new().rst();
        /// `reset-on-request`: resets when it has read the request (FSP-T07).
        ResetOnRequest "reset-on-request" => asked.rst();
        /// `reset-after-answer`: answers, then resets. The kernel does this for a server that
        /// closes with part of the request unread (FSP-T06).
        ResetAfterAnswer "reset-after-answer" => asked.write(answer).rst();
        /// `no-nul`: sends the document without a NUL, then closes (FSP-T15).
        NoNul "no-nul" => asked.write(document).fin();
        /// `no-nul-open`: sends the document without a NUL, and keeps the connection open
        /// (FSP-T14).
        NoNulOpen "no-nul-open" => asked.write(document);
        /// `escaped-nul`: sends the two characters `\0` instead of a NUL, then closes (FSP-T16).
        EscapedNul "escaped-nul" => asked.write([document, br"\0"].concat()).fin();
        /// `keep-open`: answers, and keeps the connection open (FSP-T26).
        KeepOpen "keep-open" => asked.write(answer);
        /// `twice`: answers twice (FSP-T25).
        Twice "twice" => asked.write(&answer).write(answer).fin();
        /// `unprompted`: answers before it is asked (FSP-T24).
        Unprompted "unprompted" => Script::new().write(answer).fin();
        /// `http-400`: answers like an HTTP server (FSP-T10).
        Http400 "http-400" =>
            asked.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n").fin();
        /// `tls-alert`: answers like a TLS server, with the fatal alert `protocol_version`
        /// (FSP-T12).
        TlsAlert "tls-alert" => asked.write(b"\x15\x03\x01\x00\x02\x02\x46").fin();
        /// `bom`: sends a UTF-8 byte order mark before the answer (FSP-D17).
        Bom "bom" => asked.write([b"\xef\xbb\xbf", &answer[..]].concat()).fin();
        /// `leading-whitespace`: sends an empty line before the answer (FSP-D16).
        LeadingWhitespace "leading-whitespace" => asked.write([b"\n", &answer[..]].concat()).fin();
        /// `length-prefix`: sends the document's length in two bytes before the answer, as Java's
        /// `writeUTF` does (FSP-L13). The prefix of a document of less than 256 bytes begins with a
        /// NUL.
        LengthPrefix "length-prefix" =>
            asked.write([&length(document)[..], &answer].concat()).fin();
        /// `utf-16`: sends the answer as little-endian UTF-16 with a byte order mark (FSP-D18).
        Utf16 "utf-16" => asked.write(utf_16(&answer)).fin();
        /// `request-needs-newline`: answers a line, which a player never sends (FSP-T37).
        RequestNeedsNewline "request-needs-newline" =>
            Script::new().then(Step::ReadThrough(b'\n')).write(answer).fin();
        /// `one-read`: answers only a request that arrives alone and whole in the first segment,
        /// and closes otherwise (FSP-T18).
        OneRead "one-read" =>
            Script::new()
                .then(Step::ExpectAtOnce(POLICY_REQUEST.to_vec()))
                .write(answer)
                .fin();
        /// `first-byte-only`: answers anything that begins with `<` (FSP-T20).
        FirstByteOnly "first-byte-only" =>
            Script::new().then(Step::Expect(b"<".to_vec())).write(answer).fin();
        /// `swallow-coalesced`: answers, then continues as the backend of its endpoint on the same
        /// connection. Bytes that arrived in the same segment as the request are lost (FSP-T19).
        SwallowCoalesced "swallow-coalesced" =>
            asked.then(Step::Swallow).write(answer).then(Step::Backend);
    }
    valued {
        /// `delay=DURATION`: pauses before the answer (FSP-T05).
        Delay(pause: Duration) "delay=DURATION" => asked.wait(*pause).write(answer).fin();
        /// `split=N,M`: sends the answer in segments, cut at these byte offsets (FSP-T21).
        Split(offsets: Vec<usize>) "split=N,M" =>
            split(&answer, offsets).into_iter().fold(asked, Script::write).fin();
        /// `drip=BYTES/DURATION`: sends the answer this many bytes at a time, with a pause after
        /// each (FSP-T05).
        Drip {
            /// The number of bytes at a time, at least 1.
            bytes: usize,
            /// The pause after each part.
            every: Duration,
        } "drip=BYTES/DURATION" => {
            answer
                .chunks((*bytes).max(1))
                .fold(asked, |script, part| script.write(part).wait(*every))
                .fin()
        };
        /// `truncate=N`: sends only this many bytes of the answer, then closes (FSP-D21).
        Truncate(bytes: usize) "truncate=N" =>
            asked.write(&answer[..answer.len().min(*bytes)]).fin();
        /// `extra-nuls=N`: sends this many NULs after the answer and its NUL (FSP-T17).
        ExtraNuls(extra: u16) "extra-nuls=N" =>
            asked.write([answer, vec![0; usize::from(*extra)]].concat()).fin();
        /// `bytes-after-nul=TEXT`: sends this text after the answer and its NUL (FSP-T17).
        BytesAfterNul(text: String) "bytes-after-nul=TEXT" =>
            asked.write([&answer, text.as_bytes()].concat()).fin();
    }
}

fn split<'a>(answer: &'a [u8], offsets: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = offsets.iter().map(|&at| at.min(answer.len())).collect();
    cuts.extend([0, answer.len()]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| &answer[pair[0]..pair[1]]).collect()
}

/// Returns the length as `writeUTF` encodes it. Documents over 65535 bytes, which `writeUTF`
/// refuses, count as 65535.
fn length(document: &[u8]) -> [u8; 2] {
    u16::try_from(document.len()).unwrap_or(u16::MAX).to_be_bytes()
}

fn utf_16(text: &[u8]) -> Vec<u8> {
    let marked = format!("\u{feff}{}", String::from_utf8_lossy(text));
    marked.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

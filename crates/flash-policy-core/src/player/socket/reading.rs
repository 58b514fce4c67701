//! From the bytes of a policy connection to an answer (rulebook W4-W10, X).

use crate::diagnostics::{Diagnostic, rules};
use crate::document::PolicyFile;
use crate::player::answer::{Answer, AnswerKind, rejection};
use crate::player::profile::{Leniency, Profile};
use crate::wire::{AnswerEnd, AnswerReader, POLICY_REQUEST};

impl Answer {
    /// Judges what was read (rulebook W4-W10, X).
    pub(super) fn read(reader: &AnswerReader, end: AnswerEnd, profile: &Profile) -> Self {
        match end {
            AnswerEnd::Reset => Self::failed(AnswerKind::Reset, None),
            AnswerEnd::TooLarge => {
                let read = reader.received().len().to_string();
                let cap = profile.wire.answer_cap.to_string();
                let note = Diagnostic::new(rules::T23, &[("n", &read), ("limit", &cap)]);
                Self::failed(AnswerKind::TooLarge, Some(note))
            }
            AnswerEnd::EndOfStream if reader.received().is_empty() => {
                Self::failed(AnswerKind::Closed, Some(Diagnostic::new(rules::T27, &[])))
            }
            // An echo server is not a policy server.
            _ if POLICY_REQUEST.strip_suffix(b"\0") == Some(reader.document()) => {
                Self::failed(AnswerKind::NotAPolicy, None)
            }
            AnswerEnd::EndOfStream => {
                let note = Some(Diagnostic::new(rules::T15, &[]));
                match profile.wire.missing_nul {
                    Leniency::Reject => Self::failed(AnswerKind::Closed, note),
                    Leniency::Accept => Self::parse(reader.document(), profile).noting(note),
                }
            }
            AnswerEnd::Nul => {
                let extra = reader.after_nul().len();
                let note =
                    (extra > 0).then(|| Diagnostic::new(rules::T17, &[("n", &extra.to_string())]));
                Self::parse(reader.document(), profile).noting(note)
            }
        }
    }

    fn parse(document: &[u8], profile: &Profile) -> Self {
        let (kind, policy, diagnostics) = match PolicyFile::parse(document) {
            Ok(policy) => match rejection(&policy, &profile.document) {
                None => (AnswerKind::Policy, Some(policy), Vec::new()),
                Some(reason) => (AnswerKind::Malformed, None, vec![reason]),
            },
            Err(malformed) => (AnswerKind::Malformed, None, malformed.diagnostics().to_vec()),
        };
        Self::new(kind, policy, diagnostics)
    }
}

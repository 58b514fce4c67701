//! Turns the bytes of a policy connection into an answer (rulebook W4-W10, X).

use crate::diagnostics::rules;
use crate::document::PolicyFile;
use crate::player::answer::{Answer, AnswerKind, rejection};
use crate::player::profile::{Leniency, Profile};
use crate::wire::{AnswerEnd, AnswerReader, POLICY_REQUEST};

impl Answer {
    /// Judges the bytes that were read (rulebook W4-W10, X).
    pub(super) fn read(reader: &AnswerReader, end: AnswerEnd, profile: &Profile) -> Self {
        match end {
            AnswerEnd::Reset => Self::failed(AnswerKind::Reset, None),
            AnswerEnd::TooLarge => {
                let read = reader.received().len();
                let diagnostic = rules::policy_too_big(read, profile.wire.answer_cap);
                Self::failed(AnswerKind::TooLarge, Some(diagnostic))
            }
            AnswerEnd::EndOfStream if reader.received().is_empty() => {
                Self::failed(AnswerKind::Closed, Some(rules::closed_before_flush()))
            }
            // The request came back: an echo server is not a policy server.
            _ if POLICY_REQUEST.strip_suffix(b"\0") == Some(reader.document()) => {
                Self::failed(AnswerKind::NotAPolicy, None)
            }
            AnswerEnd::EndOfStream => {
                let diagnostic = Some(rules::missing_nul_close());
                match profile.wire.missing_nul {
                    Leniency::Reject => Self::failed(AnswerKind::Closed, diagnostic),
                    Leniency::Accept => {
                        Self::parse(reader.document(), profile).with_diagnostic(diagnostic)
                    }
                }
            }
            AnswerEnd::Nul => {
                let extra = reader.after_nul().len();
                let diagnostic = (extra > 0).then(|| rules::too_many_nuls(extra));
                Self::parse(reader.document(), profile).with_diagnostic(diagnostic)
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

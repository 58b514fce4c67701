//! Diagnoses one location that was asked several times: what it answered a moment ago changes what
//! its silence means.

use super::answer::diagnose_answer;
use super::evidence::{AnswerEvidence, Opening};
use crate::diagnostics::{Diagnostic, rules};
use crate::player::answer::Role;
use crate::player::profile::Profile;
use crate::wire::Exchange;

/// Returns the diagnostics of the latest answer of a location that had answered with a policy
/// before.
///
/// A server that answered a moment ago and now refuses has stopped. One that now ends connections
/// without a byte may count policy requests as a flood. With `answered_before` false, this is
/// [`diagnose_answer`].
///
/// ```
/// use flash_policy_core::diagnosis::{AnswerEvidence, Opening, diagnose_server};
/// use flash_policy_core::player::{Profile, Role};
/// use flash_policy_core::wire::{Exchange, MAX_ANSWER_BYTES};
///
/// let now = AnswerEvidence::new("game.example.com:843".parse()?, Opening::Refused);
/// let found = diagnose_server(&now, true, Role::Master, &Profile::flash_10());
/// assert_eq!(found[0].rule().id(), "FSP-O06");
///
/// // One that accepts and is silent hangs: it does not shut anybody out.
/// let now = AnswerEvidence::new("game.example.com:843".parse()?, Opening::Connected)
///     .with_exchange(Exchange::new(MAX_ANSWER_BYTES));
/// let found = diagnose_server(&now, true, Role::Master, &Profile::flash_10());
/// assert_eq!(found[0].rule().id(), "FSP-T04");
/// # Ok::<(), flash_policy_core::InvalidEndpoint>(())
/// ```
pub fn diagnose_server(
    now: &AnswerEvidence,
    answered_before: bool,
    role: Role,
    profile: &Profile,
) -> Vec<Diagnostic> {
    let mut found = diagnose_answer(now, role, profile);
    if answered_before {
        let is_shut_out = |one: &Exchange| one.received().is_empty() && one.has_ended();
        let is_shut_out = now.exchange.as_ref().is_some_and(is_shut_out);
        match now.opening {
            Opening::Refused => found.insert(0, rules::no_supervisor()),
            Opening::Reset | Opening::Dropped => found.insert(0, rules::empty_first_connection()),
            Opening::Connected if is_shut_out => found.insert(0, rules::empty_first_connection()),
            _ => {}
        }
    }
    found
}

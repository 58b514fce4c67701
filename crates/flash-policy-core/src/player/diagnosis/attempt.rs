//! Diagnoses a whole attempt: puts first what explains the outcome, and gives each diagnostic the
//! severity that it has in this attempt.

use super::answer::diagnose_answer_in;
use super::evidence::Opening;
use super::explanation::{Explanation, explain};
use crate::diagnostics::{Diagnostic, Severity, rules};
use crate::document::MetaPolicy;
use crate::player::answer::Asked;
use crate::player::profile::Profile;
use crate::player::record::{Grantor, Record};
use crate::player::{Cause, Sandbox, Verdict};

/// A diagnostic of an attempt, and the location that it is about.
#[derive(Clone, Debug)]
pub(in crate::player) struct Located {
    pub(in crate::player) diagnostic: Diagnostic,
    /// The index of the location among those that were asked; `None` for the attempt itself.
    pub(in crate::player) asked: Option<usize>,
}

/// Returns the diagnostics of an attempt that is decided, in order: the explanation of the outcome,
/// then errors, warnings and infos, each location by location.
pub(in crate::player) fn diagnose_attempt(record: &Record, profile: &Profile) -> Vec<Located> {
    let mut found = Vec::new();
    let of_attempt =
        |diagnostic: &Diagnostic| Located { diagnostic: diagnostic.clone(), asked: None };
    found.extend(record.diagnostics.iter().map(of_attempt));
    for (index, asked) in record.asked.iter().enumerate() {
        let diagnostics = diagnose_location(asked, index, record, profile);
        found.extend(
            diagnostics.into_iter().map(|diagnostic| Located { diagnostic, asked: Some(index) }),
        );
    }
    remove_repeated(&mut found);
    found.extend(sandbox_exemption(record).map(|diagnostic| Located { diagnostic, asked: None }));
    let first = match explain(record, profile, &found) {
        None => None,
        Some(Explanation::Found(index)) => Some(found.remove(index)),
        Some(Explanation::Reworded(index, located)) => {
            found.remove(index);
            Some(located)
        }
        Some(Explanation::New(located)) => Some(located),
    };
    found.sort_by_key(|located| std::cmp::Reverse(located.diagnostic.severity()));
    let first = first.map(|located| Located {
        diagnostic: located.diagnostic.with_severity(Severity::Error),
        ..located
    });
    first.into_iter().chain(found).collect()
}

/// Returns the diagnostics of one location, with their severity in this attempt.
fn diagnose_location(
    asked: &Asked,
    index: usize,
    record: &Record,
    profile: &Profile,
) -> Vec<Diagnostic> {
    let mut found = diagnose_answer_in(asked.place, &asked.answer.evidence, asked.role, profile);
    found.extend(cached(asked, record));
    found.extend(others_not_asked(index, record));
    if record.granted_by == Some(Grantor::Policy(asked.endpoint.clone())) {
        // The profile reads a rule that most players ignore: the policy does grant.
        found.retain(|diagnostic| *diagnostic.rule() != rules::EMPTY_POLICY_DENY);
    }
    let is_denied = record.cause().verdict() == Verdict::Denied;
    for (position, diagnostic) in found.iter_mut().enumerate() {
        let sent_no_policy = position == 0 && asked.policy().is_none();
        let severity = match *diagnostic.rule() {
            rules::MASTER_REFUSED if is_granted_by_policy(record) => {
                let help = "leave it as it is: another location's policy granted";
                *diagnostic = diagnostic.clone().with_help(help);
                Severity::Info
            }
            rules::MASTER_REFUSED | rules::MASTER_DROPPED => continue,
            // What keeps a location from granting is an error in a denial.
            _ if is_denied && sent_no_policy => Severity::Error,
            _ => continue,
        };
        *diagnostic = diagnostic.clone().with_severity(severity);
    }
    found
}

/// Returns the diagnostic of a denial that rests on an answer from the cache. A location that
/// cannot answer otherwise is left out.
fn cached(asked: &Asked, record: &Record) -> Option<Diagnostic> {
    let is_denied = record.cause().verdict() == Verdict::Denied;
    let may_change = match asked.answer.evidence.opening() {
        Opening::Connected | Opening::Refused | Opening::Dropped | Opening::Reset => true,
        Opening::StandIn | Opening::NotMapped | Opening::Stopped => false,
        Opening::NameNotFound | Opening::BlockedPort => false,
    };
    let rests_on_cache = is_denied && asked.cached && may_change;
    rests_on_cache.then(|| rules::cached_policy(&asked.endpoint).with_severity(Severity::Info))
}

/// Returns the diagnostic of a master whose meta-policy kept the player from other locations.
fn others_not_asked(index: usize, record: &Record) -> Option<Diagnostic> {
    let kept_out = record.kept_out.filter(|(asked, _)| *asked == index);
    let (_, meta) = kept_out?;
    let controls = record.asked[index].policy().map(|policy| policy.site_control());
    let value = match controls.unwrap_or_default() {
        [only] if only.written() != meta.as_str() => {
            format!("{}, which counts as {meta}", only.written())
        }
        _ => meta.to_string(),
    };
    let is_denied = record.cause().verdict() == Verdict::Denied;
    let explains = record.cause() == Cause::MasterOnly || meta == MetaPolicy::None;
    (is_denied && !explains).then(|| rules::nonmaster_not_asked(value))
}

/// Returns the diagnostic of a SWF that needs no policy, and so shows nothing about others.
fn sandbox_exemption(record: &Record) -> Option<Diagnostic> {
    match (&record.granted_by, record.swf.sandbox()) {
        (Some(Grantor::Sandbox), Sandbox::LocalTrusted) => Some(rules::ide_trusted()),
        (Some(Grantor::Sandbox), _) => Some(rules::trusted_dir_air_projector()),
        _ => None,
    }
}

fn is_granted_by_policy(record: &Record) -> bool {
    matches!(record.granted_by, Some(Grantor::Policy(_)))
}

/// Removes what a later location only repeats, such as a name that does not resolve.
fn remove_repeated(found: &mut Vec<Located>) {
    let mut seen: Vec<Diagnostic> = Vec::new();
    found.retain(|located| {
        let diagnostic = &located.diagnostic;
        let repeats = |earlier: &Diagnostic| {
            earlier.rule() == diagnostic.rule() && earlier.message() == diagnostic.message()
        };
        let is_new = diagnostic.position().is_some() || !seen.iter().any(repeats);
        seen.push(diagnostic.clone());
        is_new
    });
}

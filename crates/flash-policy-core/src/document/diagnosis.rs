//! Diagnoses one document: everything that is wrong with it, the most important first.

use super::empty_policy::off_the_master;
use super::{MalformedPolicy, PolicyFile, PolicyKind};
use crate::diagnostics::{Diagnostic, Rule, Severity, rules};

/// The place that serves a document, as far as its meaning depends on it (rulebook M1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PolicyPlace {
    /// The master policy file: from port 843, or `/crossdomain.xml`.
    Master,
    /// Any other place, where a site-control means nothing.
    Elsewhere,
}

/// Returns everything that is wrong with a document in its place, the most important first: the
/// reason why a player rejects it, then errors, warnings and infos, each by position.
///
/// ```
/// use flash_policy_core::document::{PolicyKind, PolicyPlace, diagnose_document};
///
/// let xml = r#"<cross-domain-policy>
///   <site-control permitted-cross-domain-policies="master-only"/>
/// </cross-domain-policy>"#;
/// let ids = |place| {
///     let found = diagnose_document(xml, PolicyKind::Socket, place);
///     let found = found.iter().map(|one| format!("{} {}", one.severity(), one.rule().id()));
///     found.collect::<Vec<_>>()
/// };
/// assert_eq!(ids(PolicyPlace::Master), ["error FSP-D30"]);
/// assert_eq!(ids(PolicyPlace::Elsewhere), ["warning FSP-D30", "warning FSP-S05"]);
/// ```
pub fn diagnose_document(
    document: impl AsRef<[u8]>,
    kind: PolicyKind,
    place: PolicyPlace,
) -> Vec<Diagnostic> {
    match (PolicyFile::parse_as(kind, document), kind) {
        (Ok(policy), PolicyKind::Socket) => policy.diagnostics_in(place),
        // A policy for data is not told from the master by what is in it.
        (Ok(policy), PolicyKind::Url) => policy.diagnostics_in(PolicyPlace::Master),
        (Err(malformed), _) => malformed.diagnostics_in_order(),
    }
}

impl PolicyFile {
    /// Returns the diagnostics of the document in its place, the most important first: errors,
    /// then warnings, then infos, each by position.
    ///
    /// [`diagnostics`](Self::diagnostics) has those of the master in document order. In any other
    /// place a site-control is ignored (FSP-S05), so its value is no fault, and a policy without
    /// rules is no worse for it.
    pub fn diagnostics_in(&self, place: PolicyPlace) -> Vec<Diagnostic> {
        let mut found = self.diagnostics_for(place);
        sort_by_importance(&mut found);
        found
    }

    /// Returns the same diagnostics, in no particular order.
    pub(crate) fn diagnostics_for(&self, place: PolicyPlace) -> Vec<Diagnostic> {
        if place == PolicyPlace::Master {
            return self.diagnostics.clone();
        }
        let in_place = |one: &Diagnostic| {
            let is_empty = *one.rule() == rules::EMPTY_POLICY_DENY
                && !self.has_lost_grants
                && !self.site_control.is_empty();
            if is_empty { off_the_master(one.position()) } else { one.clone() }
        };
        let mut found: Vec<_> = self
            .diagnostics
            .iter()
            .filter(|one| !IGNORED_OFF_THE_MASTER.contains(one.rule()))
            .map(in_place)
            .collect();
        found.extend(self.site_control.iter().map(|control| {
            let ignored = rules::site_control_in_nonmaster(control.written()).identified_by(&[]);
            match control.value_position().or(control.position()) {
                Some(position) => ignored.at(position),
                None => ignored,
            }
        }));
        found
    }
}

impl MalformedPolicy {
    /// Returns the reason for the rejection, and then all other diagnostics: errors, then
    /// warnings, then infos, each by position.
    pub fn diagnostics_in_order(&self) -> Vec<Diagnostic> {
        let mut others = self.diagnostics().to_vec();
        if let Some(fatal) = others.iter().position(|one| one == self.diagnostic()) {
            others.remove(fatal);
        }
        sort_by_importance(&mut others);
        std::iter::once(self.diagnostic().clone()).chain(others).collect()
    }
}

/// Sorts diagnostics: errors, then warnings, then infos, each by position. That the policy grants
/// nothing comes after its causes.
fn sort_by_importance(found: &mut [Diagnostic]) {
    found.sort_by_key(|one| {
        (std::cmp::Reverse(one.severity()), is_of_lost_grants(one), one.position())
    });
}

/// Returns true if the diagnostic only sums up others: grants were lost by the mistakes that they
/// name.
pub(crate) fn is_of_lost_grants(one: &Diagnostic) -> bool {
    *one.rule() == rules::EMPTY_POLICY_DENY && one.severity() == Severity::Error
}

/// The rules about the value of a site-control, which only matter where it counts.
const IGNORED_OFF_THE_MASTER: [Rule; 3] =
    [rules::UNKNOWN_META_VALUE, rules::BY_CONTENT_TYPE_ON_SOCKET, rules::SEVERAL_SITE_CONTROLS];

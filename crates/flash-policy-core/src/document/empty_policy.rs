//! The policy that grants nothing: whether grants were lost by a mistake, and why.

use super::decode::excerpt;
use super::elements::Element;
use super::interpret::meant_rule;
use super::vocabulary::{ALLOW, ALLOW_HEADERS, ALLOW_IDENTITY, ROOT, meant_element};
use super::{AllowAccessFrom, MetaPolicy, PolicyFile, PolicyKind, PortGrant};
use crate::diagnostics::{Diagnostic, Position, Severity, rules};

/// The rules of a document that grant nothing because of a mistake.
pub(super) struct LostGrants {
    why: String,
    help: String,
    /// The places of the faults that void the first rule, if their help is the help for all.
    at: Vec<Position>,
}

impl LostGrants {
    /// Finds the rules of a document that grant nothing. Returns `None` if there are none.
    pub(super) fn of(
        kind: PolicyKind,
        elements: &[Element],
        policy: &PolicyFile,
    ) -> Option<LostGrants> {
        elements
            .iter()
            .find_map(LostGrants::of_element)
            .or_else(|| LostGrants::of_void(kind, policy))
    }

    /// Returns the grants of an element that is misspelt or in the wrong place.
    fn of_element(element: &Element) -> Option<LostGrants> {
        let name = element.name.as_str();
        let is_inside_identity = element.ancestors.iter().any(|outer| outer == ALLOW_IDENTITY);
        if is_inside_identity || element.ancestors.is_empty() {
            return None;
        }
        let parent = excerpt(element.parent());
        let at = vec![element.position];
        if name == ALLOW && element.ancestors != [ROOT] {
            let why = format!("<{ALLOW}> stands inside <{parent}>, where it does not count");
            let help = format!("move <{ALLOW}> out of <{parent}>, directly into <{ROOT}>");
            return Some(LostGrants { why, help, at });
        }
        if meant_element(name) == Some(ALLOW) {
            let why = format!("<{name}> is not <{ALLOW}>");
            let help = match meant_rule(element, 1) {
                Some(rule) => format!("write {rule}"),
                None => format!("write <{ALLOW}> in place of <{name}>"),
            };
            return Some(LostGrants { why, help, at });
        }
        None
    }

    /// Returns the grants of rules that are void.
    fn of_void(kind: PolicyKind, policy: &PolicyFile) -> Option<LostGrants> {
        let void: Vec<_> =
            policy.allow_access_from.iter().filter(|rule| !grants(kind, rule)).collect();
        let first = *void.first()?;
        let fault = VoidRule::of(first);
        let are_alike = void.iter().all(|rule| VoidRule::of(rule) == fault);
        let why = match (void.len(), are_alike) {
            (1, _) => format!("its only rule {}", fault.of_one()),
            (count, true) => format!("none of its {count} rules {}", fault.of_none()),
            (count, false) => {
                format!(
                    "none of its {count} rules counts, and the first of them {}",
                    fault.of_one()
                )
            }
        };
        let help = "correct each rule, as the finding at it says".to_owned();
        if !are_alike {
            return Some(LostGrants { why, help, at: Vec::new() });
        }
        let attributes = ["domain", "to-ports"].iter().filter_map(|name| first.position_of(name));
        let at = first.position.into_iter().chain(attributes).collect();
        Some(LostGrants { why, help, at })
    }
}

/// The reason why a rule grants nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VoidRule {
    NoDomain,
    /// The domain has blanks around it.
    Nobody,
    NoPorts,
    BadPorts,
}

impl VoidRule {
    fn of(rule: &AllowAccessFrom) -> Self {
        match (&rule.domain, &rule.to_ports) {
            (None, _) => Self::NoDomain,
            (Some(domain), _) if domain.names_nobody() => Self::Nobody,
            (_, PortGrant::Missing) => Self::NoPorts,
            _ => Self::BadPorts,
        }
    }

    fn of_one(self) -> &'static str {
        match self {
            Self::NoDomain => "names no valid domain",
            Self::Nobody => "names nobody, because blanks stand around its domain",
            Self::NoPorts => "has no to-ports",
            Self::BadPorts => "has a to-ports that cannot be read",
        }
    }

    fn of_none(self) -> &'static str {
        match self {
            Self::NoDomain => "names a valid domain",
            Self::Nobody => "names anybody, because blanks stand around each domain",
            Self::NoPorts => "has to-ports",
            Self::BadPorts => "has a to-ports that can be read",
        }
    }
}

/// Returns the diagnostic of a policy that grants nothing. Its help is that of the fault that
/// voids the first rule, which is in `found` already.
///
/// It is an error if grants were lost by a mistake, or if the meta-policy forbids all other
/// policies of the host too. A document that is not the master has no meta-policy: see
/// [`off_the_master`].
pub(super) fn empty_policy(
    kind: PolicyKind,
    elements: &[Element],
    policy: &PolicyFile,
    lost: &Option<LostGrants>,
    found: &[Diagnostic],
) -> Option<Diagnostic> {
    let root = elements.first()?.position;
    if policy.allow_access_from.iter().any(|rule| grants(kind, rule)) {
        return None;
    }
    if let Some(lost) = lost {
        let is_its_fault = |one: &&Diagnostic| {
            one.severity() == Severity::Error
                && one.position().is_some_and(|at| lost.at.contains(&at))
        };
        let help = found.iter().find(is_its_fault).map_or(lost.help.as_str(), Diagnostic::help);
        let diagnostic = grants_nothing(&lost.why).with_severity(Severity::Error);
        return Some(diagnostic.with_help(help).at(root));
    }
    let diagnostic = match (kind, policy.site_control.is_empty()) {
        (_, true) if has_other_grants(kind, elements) => return None,
        (_, true) => without_rules(),
        // A site may serve a policy for data only to forbid others.
        (PolicyKind::Url, false) => return None,
        (PolicyKind::Socket, false) => under_meta_policy(policy, found),
    };
    Some(diagnostic.at(root))
}

/// Returns the diagnostic of a policy that grants nothing where its meta-policy does not count.
pub(super) fn off_the_master(position: Option<Position>) -> Diagnostic {
    match position {
        Some(position) => without_rules().at(position),
        None => without_rules(),
    }
}

fn without_rules() -> Diagnostic {
    grants_nothing("it has no <allow-access-from>")
}

/// Returns the diagnostic of a master without rules, which only says which other policies count.
fn under_meta_policy(policy: &PolicyFile, found: &[Diagnostic]) -> Diagnostic {
    let values = policy.site_control.iter().map(|control| {
        // An unknown value counts as none.
        (control.value.unwrap_or(MetaPolicy::None), control.written.as_str())
    });
    match values.min_by_key(|(value, _)| *value) {
        Some((MetaPolicy::All, _)) => {
            grants_nothing("it has no <allow-access-from>, and leaves all to other policies")
                .with_severity(Severity::Info)
                .with_help(
                    "let each port answer policy requests itself, or add an <allow-access-from>",
                )
        }
        Some((MetaPolicy::None, "none")) => {
            grants_nothing("its meta-policy is none, which forbids every policy")
                .with_severity(Severity::Error)
                .with_help("add an <allow-access-from>, and let the site-control say master-only")
        }
        Some((MetaPolicy::None, _)) => {
            let unknown = found.iter().find(|one| *one.rule() == rules::UNKNOWN_META_VALUE);
            let help = unknown.map_or("correct the meta-policy", Diagnostic::help);
            grants_nothing("its meta-policy is unknown and counts as none")
                .with_severity(Severity::Error)
                .with_help(help)
        }
        _ => grants_nothing("it has no <allow-access-from>, and forbids all other policies")
            .with_severity(Severity::Error)
            .with_help("add an <allow-access-from>, or let the site-control say all"),
    }
}

fn grants_nothing(why: impl std::fmt::Display) -> Diagnostic {
    // The finding stays the same where the reason changes.
    rules::empty_policy_deny(why).identified_by(&[])
}

/// Returns true if a rule grants something in a policy of this kind.
fn grants(kind: PolicyKind, rule: &AllowAccessFrom) -> bool {
    let has_ports = kind == PolicyKind::Url || matches!(rule.to_ports, PortGrant::Listed(_));
    rule.domain.as_ref().is_some_and(|domain| !domain.names_nobody()) && has_ports
}

/// Returns true if a policy for data over HTTP grants something other than reading.
fn has_other_grants(kind: PolicyKind, elements: &[Element]) -> bool {
    let is_grant = |element: &Element| {
        element.ancestors == [ROOT]
            && [ALLOW_HEADERS, ALLOW_IDENTITY].contains(&element.name.as_str())
    };
    kind == PolicyKind::Url && elements.iter().any(is_grant)
}

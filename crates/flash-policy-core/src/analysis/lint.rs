//! Finds what is wrong, doubtful or redundant in one policy document.

mod across_rules;
mod one_rule;
mod public_suffix;

use self::across_rules::{confusable_names, redundant_rules, star_beside_others};
use super::grant::Grant;
use super::suppression::{self, Judged};
use crate::diagnostics::{Diagnostic, Rule, rules};
use crate::document::{AllowAccessFrom, MetaPolicy, PolicyFile, PolicyKind, PolicyPlace, ToPorts};
use crate::player::{Endpoint, MASTER_PORT};
use crate::printable::counted;

/// A linter for policy documents. It adds to the diagnostics of the parse what the rules mean
/// together.
///
/// ```
/// use flash_policy_core::analysis::Linter;
/// use flash_policy_core::document::PolicyKind;
///
/// let xml = r#"<cross-domain-policy>
///   <allow-access-from domain="*.co.uk" to-ports="5000"/>
/// </cross-domain-policy>"#;
/// let found = Linter::new(PolicyKind::Socket).examine(xml);
/// let lints: Vec<_> = found.iter().map(|lint| lint.diagnostic().to_string()).collect();
/// assert!(lints[0].starts_with("warning FSP-L19 at 2:22: *.co.uk covers every site"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linter {
    kind: PolicyKind,
    served_from: Option<Endpoint>,
}

impl Linter {
    /// Creates a linter for documents of this kind.
    pub fn new(kind: PolicyKind) -> Self {
        Self { kind, served_from: None }
    }

    /// Sets the endpoint that serves the document. It decides whether the document is the master
    /// and which ports it may grant (rulebook M1, P1).
    #[must_use]
    pub fn served_from(mut self, endpoint: Endpoint) -> Self {
        self.served_from = Some(endpoint);
        self
    }

    /// Returns the kind of the documents.
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// Returns the port that the documents are served from: 843 unless
    /// [`served_from`](Self::served_from) sets another.
    pub fn source_port(&self) -> u16 {
        self.served_from.as_ref().map_or(MASTER_PORT, Endpoint::port)
    }

    /// Guesses the kind of a document: sockets if it names ports, URLs if it names HTTP headers.
    /// Returns `None` if it does neither.
    pub fn guess(document: impl AsRef<[u8]>) -> Option<PolicyKind> {
        let policy = PolicyFile::parse(document).ok()?;
        if policy.allow_access_from().iter().any(|rule| rule.position_of("to-ports").is_some()) {
            Some(PolicyKind::Socket)
        } else {
            let speaks_of_headers = policy
                .diagnostics()
                .iter()
                .any(|found| *found.rule() == rules::HTTP_HEADERS_ELEMENT);
            speaks_of_headers.then_some(PolicyKind::Url)
        }
    }

    /// Returns all diagnostics of a document, in document order, except that an empty policy (D30)
    /// is reported after its causes. Those that a comment in the document suppresses are marked.
    pub fn examine(&self, document: impl AsRef<[u8]>) -> Vec<Judged> {
        self.examine_with(document.as_ref(), None)
    }

    /// Examines a document of which something is known already.
    pub(super) fn examine_with(&self, document: &[u8], known: Option<Diagnostic>) -> Vec<Judged> {
        match PolicyFile::parse_as(self.kind, document) {
            Err(malformed) => {
                let found = malformed.diagnostics().to_vec();
                suppression::judge(document, found, Some(malformed.diagnostic()), |_| false)
            }
            Ok(policy) => {
                let mut found = policy.diagnostics_for(self.place());
                found.extend(self.check_rules(&policy));
                found.extend(self.check_site_control(&policy));
                found.extend(known);
                suppression::judge(document, found, None, |rule| self.can_break(rule))
            }
        }
    }

    fn check_rules(&self, policy: &PolicyFile) -> Vec<Diagnostic> {
        let rules = policy.allow_access_from();
        let mut found: Vec<_> = rules.iter().flat_map(|rule| self.check_ports(rule)).collect();
        // If the meta-policy voids all rules, it does not matter which domains they name.
        if !self.voids_all_rules(policy) {
            found.extend(rules.iter().flat_map(|rule| self.check_domain(rule)));
            found.extend(star_beside_others(rules, self.kind));
        }
        found.extend(redundant_rules(rules, self.kind));
        found.extend(confusable_names(rules, self.kind));
        found.extend(self.missing_own_host(rules));
        found
    }

    fn check_site_control(&self, policy: &PolicyFile) -> Vec<Diagnostic> {
        let rules = policy.allow_access_from().iter();
        let grants = rules.filter(|rule| Grant::new(rule, self.kind).is_some()).count();
        let mut found = Vec::new();
        if !self.site_control_counts() {
            return found;
        }
        for control in policy.site_control() {
            let Some(position) = control.value_position().or(control.position()) else {
                continue;
            };
            let mut add = |diagnostic: Diagnostic| found.push(diagnostic.at(position));
            let is_none = control.value() == Some(MetaPolicy::None);
            if is_none && self.kind == PolicyKind::Socket {
                let host = self.served_from.as_ref().map_or("this host", Endpoint::host);
                add(rules::meta_none(host));
            }
            if is_none && grants > 0 {
                add(rules::dead_grants(counted(grants, "grant")));
            }
        }
        found
    }

    pub(super) fn voids_all_rules(&self, policy: &PolicyFile) -> bool {
        let mut controls = policy.site_control().iter();
        self.site_control_counts()
            && controls.any(|control| control.value() == Some(MetaPolicy::None))
    }

    fn place(&self) -> PolicyPlace {
        if self.site_control_counts() { PolicyPlace::Master } else { PolicyPlace::Elsewhere }
    }

    /// Returns true if a site-control in the document counts. In a URL policy that does not depend
    /// on the port.
    fn site_control_counts(&self) -> bool {
        self.kind == PolicyKind::Url || self.source_port() == MASTER_PORT
    }

    /// Returns true if a document of this kind can break the rule at all. Only then is its
    /// suppression reported as unused.
    fn can_break(&self, rule: &Rule) -> bool {
        const OF_SOCKETS: [Rule; 13] = [
            rules::MISSING_TO_PORTS,
            rules::BAD_RANGE_SYNTAX,
            rules::OVER_BROAD_STAR,
            rules::SECURE_ATTRIBUTE,
            rules::HTTP_HEADERS_ELEMENT,
            rules::BLANKS_IN_TO_PORTS,
            rules::ONLY_POLICY_PORT,
            rules::LOW_PORT_RULE,
            rules::META_NONE,
            rules::BY_CONTENT_TYPE_ON_SOCKET,
            rules::SITE_CONTROL_IN_NONMASTER,
            rules::SELF_NOT_LISTED,
            rules::LENGTH_PREFIX,
        ];
        const OF_URLS: [Rule; 4] = [
            rules::HTTP_POLICY_FOR_SOCKETS,
            rules::ANY_HEADERS,
            rules::INSECURE_GRANT,
            rules::MISSING_HEADERS,
        ];
        let needs_a_place =
            [rules::LOW_PORT_RULE, rules::SITE_CONTROL_IN_NONMASTER, rules::SELF_NOT_LISTED]
                .contains(rule);
        // Only beside a master can a policy break it.
        if *rule == rules::MASTER_ONLY_BLOCKS_INBAND {
            return false;
        }
        match self.kind {
            PolicyKind::Socket => {
                !OF_URLS.contains(rule) && (self.served_from.is_some() || !needs_a_place)
            }
            PolicyKind::Url => !OF_SOCKETS.contains(rule),
        }
    }
}

/// Returns the diagnostic at an attribute of a rule, or at the rule itself if it lacks the
/// attribute.
fn at(rule: &AllowAccessFrom, attribute: &str, diagnostic: Diagnostic) -> Option<Diagnostic> {
    Some(diagnostic.at(rule.position_of(attribute).or(rule.position())?))
}

/// Returns true for `*`, and for a range that means the same. Port 0 does not count.
fn is_every_port(ports: &ToPorts) -> bool {
    matches!(ports.ranges(), [all] if *all.start() <= 1 && *all.end() == u16::MAX)
}

/// Returns the end of a message about a rule that is only for SWFs loaded over HTTPS.
fn over_https(rule: &AllowAccessFrom) -> &'static str {
    if rule.secure() == Some(true) { ", over https" } else { "" }
}

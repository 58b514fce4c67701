//! What is wrong, doubtful or needless in one policy document.

use std::collections::HashSet;

use super::covers::Covers;
use super::suppression::{self, Judged};
use crate::player::{Endpoint, FIRST_HIGH_PORT, MASTER_PORT};
use crate::policy::{AllowAccessFrom, MetaPolicy, PolicyFile, PolicyKind, PortGrant, ToPorts};
use crate::rules::{self, Diagnostic, Position, Rule};

/// Examines policy documents: what the parse remarks, and what the rules mean together.
///
/// ```
/// use flash_policy_fixture::analysis::Linter;
/// use flash_policy_fixture::policy::PolicyKind;
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
    /// A linter for documents of this kind.
    pub fn new(kind: PolicyKind) -> Self {
        Self { kind, served_from: None }
    }

    /// Says where the document is served, which decides whether it is the master and which ports it may grant
    /// (rulebook M1, P1).
    #[must_use]
    pub fn served_from(mut self, endpoint: Endpoint) -> Self {
        self.served_from = Some(endpoint);
        self
    }

    /// The kind of the documents.
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// Which kind a document is: for sockets if it names ports, for URLs if it speaks of HTTP headers; where it says
    /// neither, `None`.
    pub fn guess(document: impl AsRef<[u8]>) -> Option<PolicyKind> {
        let policy = PolicyFile::parse(document).ok()?;
        if policy.allow_access_from().iter().any(|rule| rule.position_of("to-ports").is_some()) {
            Some(PolicyKind::Socket)
        } else {
            let speaks_of_headers = policy.diagnostics().iter().any(|remark| *remark.rule() == rules::D26);
            speaks_of_headers.then_some(PolicyKind::Url)
        }
    }

    /// Everything that is to be said of a document, in its order; what a comment in it suppresses is marked.
    pub fn examine(&self, document: impl AsRef<[u8]>) -> Vec<Judged> {
        let document = document.as_ref();
        let found = match PolicyFile::parse_as(self.kind, document) {
            Err(malformed) => malformed.diagnostics().to_vec(),
            Ok(policy) => {
                let mut found = policy.diagnostics().to_vec();
                found.extend(self.of_rules(&policy));
                found.extend(self.of_site_control(&policy));
                found
            }
        };
        suppression::judge(document, found)
    }

    fn of_rules(&self, policy: &PolicyFile) -> Vec<Diagnostic> {
        let rules = policy.allow_access_from();
        let mut found: Vec<_> = rules.iter().flat_map(|rule| self.of_rule(rule)).collect();
        found.extend(needless(rules, self.kind));
        found.extend(stars(rules, self.kind));
        found.extend(neighbours(rules));
        found.extend(self.own_host(rules));
        found
    }

    /// What is to be said of a rule by itself.
    fn of_rule(&self, rule: &AllowAccessFrom) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let mut remark = |attribute, lint, values: &[(&str, &str)]| found.extend(at(rule, attribute, lint, values));
        let Some(domain) = rule.domain().map(ToString::to_string) else { return found };
        if let Some(suffix) = domain.strip_prefix("*.").filter(|suffix| is_public(suffix)) {
            remark("domain", rules::L19, &[("suffix", suffix)]);
        }
        if self.kind == PolicyKind::Url {
            if domain == "*" {
                remark("domain", rules::L21, &[("what", "read what this host serves")]);
            }
            if rule.secure() == Some(false) {
                remark("secure", rules::L24, &[]);
            }
            return found;
        }
        if rule.secure() == Some(true) {
            let host = domain.strip_prefix("*.").unwrap_or(if domain == "*" { "any.example" } else { &domain });
            remark("secure", rules::D15, &[("url", &format!("http://{host}/"))]);
        }
        let PortGrant::Listed(ports) = rule.to_ports() else { return found };
        match (domain.as_str(), ports.ranges() == ToPorts::ANY.ranges()) {
            ("*", true) => remark("domain", rules::D14, &[]),
            ("*", false) => remark("domain", rules::L21, &[("what", &format!("connect to {ports}"))]),
            _ => {}
        }
        if ports.ranges() == [MASTER_PORT..=MASTER_PORT] {
            remark("to-ports", rules::L20, &[("s", &ports.to_string())]);
        }
        let source = self.served_from.as_ref().map_or(MASTER_PORT, Endpoint::port);
        let lowest = ports.ranges().first().map_or(0, |range| *range.start());
        if source >= FIRST_HIGH_PORT && (1..FIRST_HIGH_PORT).contains(&lowest) {
            remark("to-ports", rules::S01, &[("q", &source.to_string()), ("p", &lowest.to_string())]);
        }
        found
    }

    /// That the host which serves the policy is of no site that the policy names.
    fn own_host(&self, rules: &[AllowAccessFrom]) -> Option<Diagnostic> {
        let own = self.served_from.as_ref()?.host();
        let site = |host: &str| psl::domain_str(host).unwrap_or(host).to_ascii_lowercase();
        let mut named = rules.iter().filter_map(AllowAccessFrom::domain).peekable();
        named.peek()?;
        let is_of_the_site = |domain: &str| domain == "*" || site(domain.trim_start_matches("*.")) == site(own);
        let lists_itself = named.any(|domain| domain.matches(Some(own)) || is_of_the_site(&domain.to_string()));
        let position = rules.first()?.position()?;
        (!lists_itself).then(|| Diagnostic::new(rules::S10, &[("h", own)]).at(position))
    }

    fn of_site_control(&self, policy: &PolicyFile) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let is_master = self.served_from.as_ref().is_none_or(|endpoint| endpoint.port() == MASTER_PORT);
        for control in policy.site_control() {
            let Some(position) = control.value_position().or(control.position()) else { continue };
            let mut remark = |lint, values: &[(&str, &str)]| found.push(Diagnostic::new(lint, values).at(position));
            if self.kind == PolicyKind::Socket && !is_master {
                remark(rules::S05, &[]);
                continue;
            }
            if self.kind == PolicyKind::Socket && control.value() == Some(MetaPolicy::None) {
                let host = self.served_from.as_ref().map_or("this host", Endpoint::host);
                remark(rules::S03, &[("host", host)]);
            }
            let grants = policy.allow_access_from().len();
            if matches!(control.value(), Some(MetaPolicy::None) | None) && grants > 0 {
                remark(rules::L22, &[("n", &grants.to_string())]);
            }
        }
        found
    }
}

/// Rules that repeat others, or that others make needless; what `*` makes needless is remarked at the `*`.
fn needless(rules: &[AllowAccessFrom], kind: PolicyKind) -> Vec<Diagnostic> {
    let alive: Vec<_> = rules.iter().filter_map(|rule| Covers::new(rule, kind)).collect();
    let mut found = Vec::new();
    for (index, rule) in alive.iter().enumerate() {
        let others = alive.iter().enumerate().filter(|(other, _)| *other != index);
        let mut greater = others.filter(|(_, other)| other.covers(rule));
        let Some((other, cover)) = greater.next() else { continue };
        let is_equal = rule.covers(cover);
        let lint = match (is_equal, cover.is_star() && !rule.is_star()) {
            // Of two equal rules the later one is the needless one.
            (true, _) if other > index => continue,
            (true, _) => rules::L17,
            (false, true) => continue,
            (false, false) if cover.is_wildcard_over_apex(rule) => {
                found.extend(at(rule.rule, "domain", rules::D09, &[("s", rule.domain())]));
                continue;
            }
            (false, false) => rules::L16,
        };
        let line = cover.rule.position().map_or(0, |position| position.line).to_string();
        let position = rule.rule.position();
        found.extend(position.map(|position| Diagnostic::new(lint, &[("line", &line)]).at(position)));
    }
    found
}

/// `*` beside rules that name domains: who reads those thinks that they restrict something.
fn stars(rules: &[AllowAccessFrom], kind: PolicyKind) -> Option<Diagnostic> {
    let alive: Vec<_> = rules.iter().filter_map(|rule| Covers::new(rule, kind)).collect();
    let star = alive.iter().find(|rule| rule.is_star())?;
    let named = alive.iter().filter(|rule| !rule.is_star()).count();
    let n = if named == 1 { "1 rule".to_owned() } else { format!("{named} rules") };
    let ports = match star.ports() {
        Some(ports) if *ports != ToPorts::ANY => format!("to-ports {ports}"),
        _ => "everything".to_owned(),
    };
    let star = at(star.rule, "domain", rules::L18, &[("n", &n), ("ports", &ports)]);
    star.filter(|_| named > 0)
}

/// Names that people take for each other and the player does not: a site with and without `www`, and the two names of
/// the machine itself.
fn neighbours(rules: &[AllowAccessFrom]) -> Vec<Diagnostic> {
    let named: Vec<_> = rules.iter().filter_map(|rule| Some((rule, rule.domain()?.to_string()))).collect();
    let exact: HashSet<_> = named.iter().map(|(_, domain)| domain.to_ascii_lowercase()).collect();
    let is_covered = |host: &str| {
        exact.contains(host)
            || named
                .iter()
                .any(|(rule, domain)| domain.starts_with('*') && rule.domain().is_some_and(|d| d.matches(Some(host))))
    };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (rule, domain) in named.iter().filter(|(_, domain)| seen.insert(domain.to_ascii_lowercase())) {
        let domain = domain.to_ascii_lowercase();
        let missing = |host: &str| !is_covered(host);
        match domain.as_str() {
            "localhost" if missing("127.0.0.1") => found.extend(at(rule, "domain", rules::D12, &[])),
            "127.0.0.1" if missing("localhost") => found.extend(at(rule, "domain", rules::D12, &[])),
            _ => {
                let twin = match domain.strip_prefix("www.") {
                    Some(apex) => apex.to_owned(),
                    None => format!("www.{domain}"),
                };
                let apex = domain.strip_prefix("www.").unwrap_or(&domain);
                if is_registrable(apex) && missing(&twin) {
                    let remark = at(rule, "domain", rules::D10, &[("a", &twin), ("b", &domain)]);
                    found.extend(remark.map(Diagnostic::suspected));
                }
            }
        }
    }
    found
}

/// A remark at an attribute of a rule, or at the rule where it has none.
fn at(rule: &AllowAccessFrom, attribute: &str, lint: Rule, values: &[(&str, &str)]) -> Option<Diagnostic> {
    let position: Position = rule.position_of(attribute).or(rule.position())?;
    Some(Diagnostic::new(lint, values).at(position))
}

/// Whether anybody can register names under this suffix. A suffix that the list does not have, as `local`, is none.
fn is_public(suffix: &str) -> bool {
    let lower = suffix.to_ascii_lowercase();
    psl::suffix(lower.as_bytes()).is_some_and(|public| public.is_known() && public.as_bytes() == lower.as_bytes())
}

/// Whether this is a name that somebody registered: one label below a public suffix.
fn is_registrable(host: &str) -> bool {
    let known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known());
    known && psl::domain_str(host) == Some(host)
}

//! What is wrong, doubtful or needless in one policy document.

use std::collections::HashSet;
use std::net::IpAddr;

use super::grant::Grant;
use super::suppression::{self, Judged};
use crate::diagnostics::{Diagnostic, Position, Rule, rules};
use crate::document::{AllowAccessFrom, MetaPolicy, PolicyFile, PolicyKind, PortGrant, ToPorts};
use crate::player::{Endpoint, FIRST_HIGH_PORT, MASTER_PORT};
use crate::printable::counted;

/// Examines policy documents: what the parse remarks, and what the rules mean together.
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

    /// The port that the documents are served from.
    pub fn source_port(&self) -> u16 {
        self.served_from.as_ref().map_or(MASTER_PORT, Endpoint::port)
    }

    /// Which kind a document is: for sockets if it names ports, for URLs if it speaks of HTTP headers; where it says
    /// neither, `None`.
    pub fn guess(document: impl AsRef<[u8]>) -> Option<PolicyKind> {
        let policy = PolicyFile::parse(document).ok()?;
        if policy.allow_access_from().iter().any(|rule| rule.position_of("to-ports").is_some()) {
            Some(PolicyKind::Socket)
        } else {
            let speaks_of_headers =
                policy.diagnostics().iter().any(|remark| *remark.rule() == rules::D26);
            speaks_of_headers.then_some(PolicyKind::Url)
        }
    }

    /// Everything that is to be said of a document, in its order; what a comment in it suppresses is marked.
    pub fn examine(&self, document: impl AsRef<[u8]>) -> Vec<Judged> {
        let document = document.as_ref();
        match PolicyFile::parse_as(self.kind, document) {
            Err(malformed) => {
                let found = malformed.diagnostics().to_vec();
                suppression::judge(document, found, Some(malformed.diagnostic()), |_| false)
            }
            Ok(policy) => {
                let mut found = policy.diagnostics().to_vec();
                found.extend(self.of_rules(&policy));
                found.extend(self.of_site_control(&policy));
                suppression::judge(document, found, None, |rule| self.can_meet(rule))
            }
        }
    }

    fn of_rules(&self, policy: &PolicyFile) -> Vec<Diagnostic> {
        let rules = policy.allow_access_from();
        let mut found: Vec<_> = rules.iter().flat_map(|rule| self.of_ports(rule)).collect();
        // Where the meta-policy voids them all, it does not matter whom they name.
        if !self.site_control_counts()
            || !policy
                .site_control()
                .iter()
                .any(|control| control.value() == Some(MetaPolicy::None))
        {
            found.extend(rules.iter().flat_map(|rule| self.of_domain(rule)));
            found.extend(stars(rules, self.kind));
        }
        found.extend(needless(rules, self.kind));
        found.extend(neighbours(rules, self.kind));
        found.extend(self.missing_own_host(rules));
        found
    }

    /// What is to be said of the ports of a rule by themselves.
    fn of_ports(&self, rule: &AllowAccessFrom) -> Vec<Diagnostic> {
        let (PolicyKind::Socket, PortGrant::Listed(ports)) = (self.kind, rule.to_ports()) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        if ports.ranges() == [MASTER_PORT..=MASTER_PORT] {
            found.extend(at(rule, "to-ports", rules::L20, &[("s", &ports.to_string())]));
        }
        let source = self.source_port();
        let lowest = ports.ranges().first().map_or(0, |range| *range.start()).max(1);
        if source >= FIRST_HIGH_PORT && lowest < FIRST_HIGH_PORT {
            let remark = at(
                rule,
                "to-ports",
                rules::S01,
                &[("q", &source.to_string()), ("p", &lowest.to_string())],
            );
            // Who writes * may well mean the high ones.
            found.extend(
                remark.map(
                    |remark| {
                        if *ports == ToPorts::ANY { remark.suspected() } else { remark }
                    },
                ),
            );
        }
        found
    }

    /// What is to be said of whom a rule names.
    fn of_domain(&self, rule: &AllowAccessFrom) -> Vec<Diagnostic> {
        let Some(domain) = rule.domain().map(ToString::to_string) else {
            return Vec::new();
        };
        let suffix = domain.strip_prefix("*.").filter(|suffix| is_public(suffix));
        let mut found: Vec<_> = suffix
            .and_then(|suffix| at(rule, "domain", rules::L19, &[("suffix", suffix)]))
            .into_iter()
            .collect();
        let over_https = if rule.secure() == Some(true) { ", over https" } else { "" };
        match (self.kind, rule.to_ports()) {
            (PolicyKind::Url, _) => {
                let what = format!("read what this host serves{over_https}");
                found.extend(
                    at(rule, "domain", rules::L21, &[("what", &what)]).filter(|_| domain == "*"),
                );
                found.extend(
                    at(rule, "secure", rules::L24, &[]).filter(|_| rule.secure() == Some(false)),
                );
            }
            (PolicyKind::Socket, PortGrant::Listed(ports)) => {
                let what = format!("connect to {ports}{over_https}");
                let lint = if is_every_port(ports) { rules::D14 } else { rules::L21 };
                found
                    .extend(at(rule, "domain", lint, &[("what", &what)]).filter(|_| domain == "*"));
                let host =
                    if domain == "*" { "anyone.example" } else { domain.trim_start_matches("*.") };
                let http = at(rule, "secure", rules::D15, &[("url", &format!("http://{host}/"))]);
                found.extend(
                    http.filter(|_| rule.secure() == Some(true)).map(Diagnostic::suspected),
                );
            }
            _ => {}
        }
        found
    }

    /// Whether such a document could meet a rule at all, so that its suppression may be called unused.
    fn can_meet(&self, rule: &Rule) -> bool {
        const OF_SOCKETS: [Rule; 13] = [
            rules::D01,
            rules::D04,
            rules::D14,
            rules::D15,
            rules::D26,
            rules::L01,
            rules::L20,
            rules::S01,
            rules::S03,
            rules::S04,
            rules::S05,
            rules::S10,
            rules::L13,
        ];
        const OF_URLS: [Rule; 4] = [rules::D29, rules::L23, rules::L24, rules::L27];
        let needs_a_place = [rules::S01, rules::S05, rules::S10].contains(rule);
        match self.kind {
            PolicyKind::Socket => {
                !OF_URLS.contains(rule) && (self.served_from.is_some() || !needs_a_place)
            }
            PolicyKind::Url => !OF_SOCKETS.contains(rule),
        }
    }

    /// That the host which serves a socket policy is of no site that the policy names. The SWF may come from elsewhere.
    fn missing_own_host(&self, rules: &[AllowAccessFrom]) -> Option<Diagnostic> {
        let own = self.served_from.as_ref().filter(|_| self.kind == PolicyKind::Socket)?.host();
        let site = |host: &str| match host.parse::<IpAddr>() {
            Ok(_) => host.to_owned(),
            Err(_) => psl::domain_str(host).unwrap_or(host).to_ascii_lowercase(),
        };
        let alive = rules.iter().filter(|rule| matches!(rule.to_ports(), PortGrant::Listed(_)));
        let mut named = alive.filter_map(|rule| Some((rule, rule.domain()?))).peekable();
        let (first, _) = *named.peek()?;
        let is_of_the_site =
            |domain: &str| domain == "*" || site(domain.trim_start_matches("*.")) == site(own);
        let lists_itself = named
            .any(|(_, domain)| domain.matches(Some(own)) || is_of_the_site(&domain.to_string()));
        let remark = at(first, "domain", rules::S10, &[("h", own)])?;
        (!lists_itself).then(|| remark.suspected())
    }

    fn of_site_control(&self, policy: &PolicyFile) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let grants = policy
            .allow_access_from()
            .iter()
            .filter(|rule| Grant::new(rule, self.kind).is_some())
            .count();
        for control in policy.site_control() {
            let Some(position) = control.value_position().or(control.position()) else {
                continue;
            };
            let mut remark = |lint, values: &[(&str, &str)]| {
                found.push(Diagnostic::new(lint, values).at(position))
            };
            let is_none = control.value() == Some(MetaPolicy::None);
            if !self.site_control_counts() {
                remark(rules::S05, &[]);
                continue;
            }
            if is_none && self.kind == PolicyKind::Socket {
                let host = self.served_from.as_ref().map_or("this host", Endpoint::host);
                remark(rules::S03, &[("host", host)]);
            }
            if is_none && grants > 0 {
                remark(rules::L22, &[("n", &counted(grants, "grant"))]);
            }
        }
        found
    }

    /// Whether a site-control in the document counts; that of a URL policy is not judged by a port.
    fn site_control_counts(&self) -> bool {
        let elsewhere =
            self.served_from.as_ref().is_some_and(|endpoint| endpoint.port() != MASTER_PORT);
        self.kind == PolicyKind::Url || !elsewhere
    }
}

/// Rules that repeat others, or that others make needless; what `*` makes needless is remarked at the `*`.
fn needless(rules: &[AllowAccessFrom], kind: PolicyKind) -> Vec<Diagnostic> {
    let alive: Vec<_> = rules.iter().filter_map(|rule| Grant::new(rule, kind)).collect();
    let mut found = Vec::new();
    for (index, rule) in alive.iter().enumerate() {
        // Of two equal rules the later one is the needless one.
        let makes_needless = |(other, cover): &(usize, &Grant<'_>)| {
            *other != index
                && (!cover.is_star() || rule.is_star())
                && cover.covers(rule)
                && (*other < index || !rule.covers(cover))
        };
        match alive.iter().enumerate().find(makes_needless) {
            None => found.extend(apex(rule, &alive)),
            Some((_, cover)) if cover.is_wildcard_over_apex(rule) => {
                found.extend(at(rule.rule, "domain", rules::D09, &[("s", rule.domain())]));
            }
            Some((_, cover)) => {
                let lint = if rule.covers(cover) { rules::L17 } else { rules::L16 };
                let line = cover.rule.position().map_or(0, |position| position.line).to_string();
                found.extend(
                    rule.rule.position().map(|at| Diagnostic::new(lint, &[("line", &line)]).at(at)),
                );
            }
        }
    }
    found
}

/// That a rule for `x` stands beside one for `*.x`, which opens more ports to `x` than the rule itself.
fn apex(rule: &Grant<'_>, alive: &[Grant<'_>]) -> Option<Diagnostic> {
    alive.iter().find(|other| other.is_wildcard_over_apex(rule) && !rule.opens_all_of(other))?;
    at(rule.rule, "domain", rules::D09, &[("s", rule.domain())])
}

/// `*` beside rules that name domains: who reads those thinks that they restrict something.
fn stars(rules: &[AllowAccessFrom], kind: PolicyKind) -> Option<Diagnostic> {
    let alive: Vec<_> = rules.iter().filter_map(|rule| Grant::new(rule, kind)).collect();
    let star = alive.iter().find(|rule| rule.is_star())?;
    let named = alive.iter().filter(|rule| !rule.is_star()).count();
    let what = match star.ports() {
        Some(ports) if !is_every_port(ports) => ports.to_string(),
        _ => "everything".to_owned(),
    } + if star.rule.secure() == Some(true) { ", over https" } else { "" };
    let remark =
        at(star.rule, "domain", rules::L18, &[("n", &counted(named, "rule")), ("ports", &what)]);
    remark.filter(|_| named > 0)
}

/// Names that people take for each other and the player does not: a site with and without `www`, and the two names of
/// the machine itself.
fn neighbours(rules: &[AllowAccessFrom], kind: PolicyKind) -> Vec<Diagnostic> {
    let alive = rules.iter().filter(|rule| Grant::new(rule, kind).is_some());
    let named: Vec<_> = alive.filter_map(|rule| Some((rule, rule.domain()?.to_string()))).collect();
    let exact: HashSet<_> = named.iter().map(|(_, domain)| domain.to_ascii_lowercase()).collect();
    let is_covered = |host: &str| {
        exact.contains(host)
            || named.iter().any(|(rule, domain)| {
                domain.starts_with('*') && rule.domain().is_some_and(|d| d.matches(Some(host)))
            })
    };
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for (rule, domain) in
        named.iter().filter(|(_, domain)| seen.insert(domain.to_ascii_lowercase()))
    {
        let domain = domain.to_ascii_lowercase();
        let missing = |host: &str| !is_covered(host);
        match domain.as_str() {
            "localhost" if missing("127.0.0.1") => {
                found.extend(at(rule, "domain", rules::D12, &[]))
            }
            "127.0.0.1" if missing("localhost") => {
                found.extend(at(rule, "domain", rules::D12, &[]))
            }
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
fn at(
    rule: &AllowAccessFrom,
    attribute: &str,
    lint: Rule,
    values: &[(&str, &str)],
) -> Option<Diagnostic> {
    let position: Position = rule.position_of(attribute).or(rule.position())?;
    Some(Diagnostic::new(lint, values).at(position))
}

/// `*`, or a range that says the same: port 0 is none.
fn is_every_port(ports: &ToPorts) -> bool {
    matches!(ports.ranges(), [all] if *all.start() <= 1 && *all.end() == u16::MAX)
}

/// Whether anybody can register names under this suffix, or at once below it, as under `*.ck`. A suffix that the list
/// does not have, as `local`, is none.
fn is_public(suffix: &str) -> bool {
    let is_listed = |name: &str| {
        psl::suffix(name.as_bytes())
            .is_some_and(|public| public.is_known() && public.as_bytes() == name.as_bytes())
    };
    let lower = suffix.to_ascii_lowercase();
    is_listed(&lower) || is_listed(&format!("any.{lower}"))
}

/// Whether this is a name that somebody registered: one label below a suffix where registries register.
fn is_registrable(host: &str) -> bool {
    let icann =
        psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann));
    icann && host.is_ascii() && psl::domain_str(host) == Some(host)
}

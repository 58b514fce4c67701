//! Pseudo-random policies.

/// The values of `domain`. They are few, so that they often overlap. The first 19 are valid; the
/// others have a trailing dot, or are invalid.
const DOMAINS: [&str; 29] = [
    "*",
    "*.com",
    "*.example.com",
    "example.com",
    "www.example.com",
    "*.www.example.com",
    "a.www.example.com",
    "*.EXAMPLE.com",
    "Example.COM",
    "my-example.com",
    "*.my-example.com",
    "examples.com",
    "*.examples.com",
    "*.example",
    "anyone.example",
    "localhost",
    "127.0.0.1",
    "::1",
    "[0:0:0:0:0:0:0:1]",
    "example.com.",
    "*.example.com.",
    "*example.com",
    "www.*.com",
    "http://example.com",
    "example.com:80",
    "127.0.0.*",
    "*.0.0.1",
    " example.com",
    "",
];

/// The items of `to-ports`. The first 19 are valid, the others are not.
const ITEMS: [&str; 24] = [
    "*",
    "80",
    "843",
    "1000-1040",
    "1023",
    "1024",
    "1023-1025",
    "1-1023",
    "1024-65535",
    "5000",
    "5000-5010",
    "5005-5020",
    "5011",
    "5010 - 5012",
    " 6000",
    "65535",
    "65000-65535",
    "1-65535",
    "2-79",
    "0",
    "70000",
    "10-5",
    "",
    "+5",
];

/// The values of `secure`.
const SECURE: [Option<&str>; 6] = [None, None, None, Some("true"), Some("false"), Some("TRUE")];

/// The values of `site-control`.
const CONTROLS: [&str; 9] = [
    "all",
    "all",
    "all",
    "master-only",
    "none",
    "by-content-type",
    "none-this-response",
    "bogus",
    "",
];

/// A generator of pseudo-random numbers. The same seed gives the same numbers.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    /// Returns a number from 0 to `end`, without `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    /// Returns one of these values.
    pub(super) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

/// An `allow-access-from` element.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) domain: Option<&'static str>,
    pub(super) to_ports: Option<String>,
    pub(super) secure: Option<&'static str>,
}

/// A policy, before it is written as XML.
#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) rules: Vec<Rule>,
    pub(super) controls: Vec<&'static str>,
}

/// Returns a rule. One in four may have invalid values, or lack an attribute.
fn rule(dice: &mut Dice) -> Rule {
    let good = dice.below(4) > 0;
    let domains = if good { &DOMAINS[..19] } else { &DOMAINS[..] };
    let items = if good { &ITEMS[..19] } else { &ITEMS[..] };
    let to_ports: Vec<_> = (0..=dice.below(3)).map(|_| dice.pick(items)).collect();
    let domain = dice.pick(domains);
    let has_domain = good || dice.below(10) > 0;
    let has_to_ports = good || dice.below(10) > 0;
    Rule {
        domain: has_domain.then_some(domain),
        to_ports: has_to_ports.then(|| to_ports.join(",")),
        secure: dice.pick(&SECURE),
    }
}

/// Returns a policy of up to 5 rules and up to 2 site-controls.
pub(super) fn policy(dice: &mut Dice) -> Policy {
    let controls = dice.below(5).saturating_sub(2);
    Policy {
        rules: (0..dice.below(6)).map(|_| rule(dice)).collect(),
        controls: (0..controls).map(|_| dice.pick(&CONTROLS)).collect(),
    }
}

/// Returns the same policy, or one with one change, or another one.
pub(super) fn successor(of: &Policy, dice: &mut Dice) -> Policy {
    let mut new = of.clone();
    let at = dice.below(of.rules.len().max(1));
    match dice.below(8) {
        0 => return policy(dice),
        1 => new.rules.reverse(),
        2 => new.rules.extend(of.rules.get(at).cloned()),
        3 => new.controls = policy(dice).controls,
        4 => new.rules.push(rule(dice)),
        _ if new.rules.is_empty() => {}
        5 => _ = new.rules.remove(at),
        6 => new.rules[at].domain = rule(dice).domain,
        _ => new.rules[at] = Rule { domain: new.rules[at].domain, ..rule(dice) },
    }
    new
}

/// Returns the policy as a document.
pub(super) fn xml(policy: &Policy) -> String {
    let attribute = |name: &str, value: Option<&str>| {
        value.map(|v| format!(" {name}=\"{v}\"")).unwrap_or_default()
    };
    let mut xml = String::from("<cross-domain-policy>");
    for control in &policy.controls {
        xml += &format!(
            "<site-control{}/>",
            attribute("permitted-cross-domain-policies", Some(control))
        );
    }
    for Rule { domain, to_ports, secure } in &policy.rules {
        let attributes =
            [("domain", *domain), ("to-ports", to_ports.as_deref()), ("secure", *secure)];
        xml += &format!(
            "<allow-access-from{}/>",
            attributes.map(|(name, value)| attribute(name, value)).concat()
        );
    }
    xml + "</cross-domain-policy>"
}

//! The difference of generated policies, against brute force over requesters, schemes and ports, and against the player.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};

use flash_policy_core::analysis::{Diff, Direction, Scheme};
use flash_policy_core::document::{DomainPattern, MetaPolicy, PolicyFile};
use flash_policy_core::player::{Dead, TrailingDot};
use flash_policy_core::{Evaluator, Profile, Sandbox, Swf};

/// What `domain` may be. Few, so that they often meet; those of the second half are dead, or look like others.
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

/// Who may ask: all that are named, some below, above and beside them, one that nobody names, and no host at all.
const REQUESTERS: [Option<&str>; 32] = [
    None,
    Some("com"),
    Some("b.com"),
    Some("example.com"),
    Some("www.example.com"),
    Some("www1.example.com"),
    Some("a.www.example.com"),
    Some("www.www.example.com"),
    Some("b.a.www.example.com"),
    Some("x.example.com"),
    Some("y.x.example.com"),
    Some("notexample.com"),
    Some("my-example.com"),
    Some("www.my-example.com"),
    Some("examples.com"),
    Some("www.examples.com"),
    Some("example.com.evil"),
    Some("example"),
    Some("anyone.example"),
    Some("x.anyone.example"),
    Some("www.example"),
    Some("localhost"),
    Some("x.localhost"),
    Some("127.0.0.1"),
    Some("127.0.0.2"),
    Some("10.0.0.1"),
    Some("::1"),
    Some("::2"),
    Some("example.com."),
    Some("www.example.com."),
    Some("com."),
    Some("nobody.names.me"),
];

/// Items of `to-ports`; the last few are bad.
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

const SECURE: [Option<&str>; 6] = [None, None, None, Some("true"), Some("false"), Some("TRUE")];

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

const SOURCES: [u16; 7] = [843, 843, 843, 80, 1023, 1024, 5000];

/// A generator of numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }
}

#[derive(Clone, Debug)]
struct Rule {
    domain: Option<&'static str>,
    to_ports: Option<String>,
    secure: Option<&'static str>,
}

#[derive(Clone, Debug)]
struct Policy {
    rules: Vec<Rule>,
    controls: Vec<&'static str>,
}

fn rule(dice: &mut Dice) -> Rule {
    let good = dice.below(4) > 0;
    let domains = if good { &DOMAINS[..19] } else { &DOMAINS[..] };
    let items = if good { &ITEMS[..19] } else { &ITEMS[..] };
    let to_ports: Vec<_> = (0..=dice.below(3)).map(|_| dice.pick(items)).collect();
    Rule {
        domain: Some(dice.pick(domains)).filter(|_| good || dice.below(10) > 0),
        to_ports: Some(to_ports.join(",")).filter(|_| good || dice.below(10) > 0),
        secure: dice.pick(&SECURE),
    }
}

fn policy(dice: &mut Dice) -> Policy {
    let controls = dice.below(5).saturating_sub(2);
    Policy {
        rules: (0..dice.below(6)).map(|_| rule(dice)).collect(),
        controls: (0..controls).map(|_| dice.pick(&CONTROLS)).collect(),
    }
}

/// The same, or with one thing changed, or something else.
fn successor(of: &Policy, dice: &mut Dice) -> Policy {
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

fn xml(policy: &Policy) -> String {
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

/// Rulebook D1-D11, naively: a dead pattern is the name of no host. Hosts are in lower case.
fn names(domain: &str, requester: Option<&str>) -> bool {
    if domain == "*" {
        return true;
    }
    let Some(host) = requester else { return false };
    let address = |text: &str| text.trim_matches(['[', ']']).parse::<Ipv6Addr>().ok();
    if domain.contains(':') {
        return address(domain).is_some() && address(domain) == address(host);
    }
    let (domain, is_address) = (domain.to_ascii_lowercase(), || host.parse::<IpAddr>().is_ok());
    match domain.strip_prefix("*.") {
        Some(suffix) => (host == suffix || host.ends_with(&format!(".{suffix}"))) && !is_address(),
        None => host == domain,
    }
}

/// Rulebook P3-P6, naively: the ranges, or none at all if one is bad.
fn spans(to_ports: &str) -> Vec<(u32, u32)> {
    let span = |item: &str| {
        if item.trim() == "*" {
            return Some((0, 65535));
        }
        let ends: Vec<_> = item.split('-').map(|end| end.trim().to_owned()).collect();
        let good = |end: &String| end.bytes().all(|byte| byte.is_ascii_digit());
        let ports: Vec<u32> =
            ends.iter().filter(|end| good(end)).flat_map(|end| end.parse()).collect();
        let (first, last) = (*ports.first()?, *ports.last()?);
        let is_whole = ports.len() == ends.len() && ends.len() <= 2;
        (is_whole && first >= 1 && first <= last && last <= 65535).then_some((first, last))
    };
    to_ports.split(',').map(span).collect::<Option<_>>().unwrap_or_default()
}

/// Rulebook M2-M5, naively: 0 for `none`, 1 for the master only, 2 for all.
fn level(policy: &Policy) -> u8 {
    let level = |control: &&str| match *control {
        "all" => 2,
        "master-only" | "by-content-type" | "by-ftp-filename" | "none-this-response" => 1,
        _ => 0,
    };
    policy.controls.iter().map(level).min().unwrap_or(2)
}

/// Section 2's `grants`, for each requester and port: a bit for each rule, and which rules are for https alone.
struct Truth {
    by_requester: Vec<u64>,
    by_port: Vec<u64>,
    secure: u64,
}

impl Truth {
    fn of(policy: &Policy, served_from: u16, requesters: &[Option<&str>], ports: &[u16]) -> Self {
        let rules = || policy.rules.iter().filter(|_| served_from != 843 || level(policy) > 0);
        let listed: Vec<_> =
            rules().map(|rule| spans(rule.to_ports.as_deref().unwrap_or_default())).collect();
        let is_granted = |port: u16, spans: &Vec<(u32, u32)>| {
            let is_listed =
                spans.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(port)));
            is_listed && !(served_from >= 1024 && port < 1024)
        };
        let is_named =
            |rule: &Rule, requester| rule.domain.is_some_and(|domain| names(domain, requester));
        Self {
            by_requester: requesters
                .iter()
                .map(|who| bits(rules().map(|rule| is_named(rule, *who))))
                .collect(),
            by_port: ports
                .iter()
                .map(|port| bits(listed.iter().map(|spans| is_granted(*port, spans))))
                .collect(),
            secure: bits(rules().map(|rule| rule.secure == Some("true"))),
        }
    }

    fn grants(&self, requester: usize, https: bool, port: usize) -> bool {
        let heeded = if https { u64::MAX } else { !self.secure };
        self.by_requester[requester] & self.by_port[port] & heeded != 0
    }
}

fn bits(of: impl Iterator<Item = bool>) -> u64 {
    of.enumerate().map(|(index, is_set)| u64::from(is_set) << index).sum()
}

/// Which changes of a difference hold for each requester, port and scheme, a bit for each.
struct Said {
    by_requester: Vec<u64>,
    by_port: Vec<u64>,
    by_scheme: [u64; 2],
    permitted: u64,
}

impl Said {
    fn by(
        diff: &Diff,
        requesters: &[Option<&str>],
        ports: &[u16],
        names: impl Fn(&DomainPattern, Option<&str>) -> bool,
    ) -> Self {
        assert!(diff.changes().len() <= 64, "{diff}");
        let changes = || diff.changes().iter();
        let names = |requester| {
            let names = &names;
            changes().map(move |change| {
                let is_of = |pattern: &DomainPattern| names(pattern, requester);
                change
                    .origins()
                    .iter()
                    .any(|origin| is_of(origin.pattern()) && !origin.except().iter().any(is_of))
            })
        };
        let lists = |port: u16| {
            changes().map(move |change| change.ports().ranges().any(|range| range.contains(&port)))
        };
        Self {
            by_requester: requesters.iter().map(|requester| bits(names(*requester))).collect(),
            by_port: ports.iter().map(|port| bits(lists(*port))).collect(),
            by_scheme: [Scheme::Https, Scheme::Http]
                .map(|other| bits(changes().map(|change| change.scheme() != other))),
            permitted: bits(
                changes().map(|change| change.direction() == Direction::NewlyPermitted),
            ),
        }
    }

    /// The one direction; more than one change for the same is a defect.
    fn direction(&self, requester: usize, https: bool, port: usize) -> Option<Direction> {
        let said =
            self.by_requester[requester] & self.by_port[port] & self.by_scheme[usize::from(https)];
        assert!(said.count_ones() <= 1, "changes overlap");
        let permitted = said & self.permitted != 0;
        (said != 0).then_some(if permitted {
            Direction::NewlyPermitted
        } else {
            Direction::NewlyDenied
        })
    }
}

fn direction(old: bool, new: bool) -> Option<Direction> {
    (old != new).then_some(if new { Direction::NewlyPermitted } else { Direction::NewlyDenied })
}

/// What both policies mention, the ports beside it, and the usual borders.
fn ports(policies: [&Policy; 2]) -> Vec<u16> {
    let rules = policies.into_iter().flat_map(|policy| &policy.rules);
    let spans = rules.flat_map(|rule| spans(rule.to_ports.as_deref().unwrap_or_default()));
    let borders = spans.flat_map(|(first, last)| [first.saturating_sub(1), first, last, last + 1]);
    let ports: BTreeSet<_> = borders.chain([0, 1, 843, 1023, 1024, 65535]).collect();
    ports.into_iter().filter_map(|port| u16::try_from(port).ok()).collect()
}

struct Pair {
    old: Policy,
    new: Policy,
    served_from: u16,
}

impl Pair {
    fn next(dice: &mut Dice) -> Self {
        let old = policy(dice);
        let new = successor(&old, dice);
        let [old, new] = if dice.below(2) == 0 { [old, new] } else { [new, old] };
        Self { old, new, served_from: dice.pick(&SOURCES) }
    }

    fn diff(&self, profile: &Profile) -> Diff {
        let [old, new] =
            [&self.old, &self.new].map(|policy| PolicyFile::parse(xml(policy)).unwrap());
        Diff::between(&old, &new, self.served_from, profile)
    }
}

#[test]
fn ten_thousand_generated_differences_are_what_brute_force_finds() {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let [mut empty, mut with_exceptions, mut over_one_scheme, mut of_meta_policy] = [0; 4];
    for number in 0..10_000 {
        let pair = Pair::next(&mut dice);
        let diff = pair.diff(&Profile::default());
        let about = format!(
            "pair {number} from {}:\n{}\n{}\n{diff}",
            pair.served_from,
            xml(&pair.old),
            xml(&pair.new)
        );
        check_everybody(&pair, &diff, &about);
        check_witnesses(&pair, &diff, &about);
        let mut changes = diff.changes().iter();
        empty += u32::from(diff.is_empty());
        of_meta_policy += u32::from(diff.meta_policy().is_some());
        over_one_scheme += u32::from(changes.clone().any(|change| change.scheme() != Scheme::Any));
        with_exceptions += u32::from(
            changes.any(|change| change.origins().iter().any(|origin| !origin.except().is_empty())),
        );
    }
    let met = [empty, with_exceptions, over_one_scheme, of_meta_policy];
    assert!(met.iter().all(|count| *count > 300), "each kind must be met often enough: {met:?}");
}

fn check_everybody(pair: &Pair, diff: &Diff, about: &str) {
    let ports = ports([&pair.old, &pair.new]);
    let [old, new] = [&pair.old, &pair.new]
        .map(|policy| Truth::of(policy, pair.served_from, &REQUESTERS, &ports));
    let said = Said::by(diff, &REQUESTERS, &ports, |pattern, who| names(&pattern.to_string(), who));
    let mut found = BTreeSet::new();
    for (who, requester) in REQUESTERS.iter().enumerate() {
        for https in [false, true].into_iter().take(if requester.is_some() { 2 } else { 1 }) {
            for (at, port) in ports.iter().enumerate() {
                let expected = direction(old.grants(who, https, at), new.grants(who, https, at));
                let got = said.direction(who, https, at);
                assert_eq!(got, expected, "{requester:?}, https {https}, port {port} of {about}");
                found.extend(expected.map(Direction::as_str));
            }
        }
    }
    let counted =
        [&pair.old, &pair.new].map(|policy| pair.served_from == 843 && level(policy) == 2);
    let meta = diff
        .meta_policy()
        .map(|change| [change.before(), change.after()].map(|value| value == MetaPolicy::All));
    assert_eq!(meta, (counted[0] != counted[1]).then_some(counted), "meta-policy of {about}");
    assert_eq!(
        diff.is_empty(),
        found.is_empty() && counted[0] == counted[1],
        "is_empty of {about}"
    );
    let widens = found.contains("newly-permitted") || counted == [false, true];
    assert_eq!(diff.widens(), widens, "widens of {about}");
    let directions: BTreeSet<_> =
        diff.changes().iter().map(|change| change.direction().as_str()).collect();
    assert_eq!(directions, found, "directions of {about}");
}

fn check_witnesses(pair: &Pair, diff: &Diff, about: &str) {
    for change in diff.changes() {
        let (swf, port) = (change.witness().swf(), change.witness().port());
        let [old, new] = [&pair.old, &pair.new].map(|policy| {
            Truth::of(policy, pair.served_from, &[swf.host()], &[port]).grants(
                0,
                swf.is_secure(),
                0,
            )
        });
        assert_eq!(
            direction(old, new),
            Some(change.direction()),
            "witness {swf}, {port} of {about}"
        );
    }
}

/// Players who read documents differently.
fn profiles() -> Vec<Profile> {
    let but = |change: fn(&mut Profile)| {
        let mut profile = Profile::default();
        change(&mut profile);
        profile
    };
    vec![
        Profile::default(),
        Profile::strict(),
        but(|profile| profile.document.trailing_dot = TrailingDot::Ignored),
        but(|profile| profile.document.bad_to_ports = Dead::Item),
        but(|profile| profile.document.bad_to_ports = Dead::File),
        but(|profile| profile.document.secure_by_default = true),
        but(|profile| profile.document.unknown_meta_policy = MetaPolicy::All),
        but(|profile| profile.document.inapplicable_meta_policy = MetaPolicy::None),
    ]
}

/// Whether the player is granted its connection by this policy, the only one of the host.
fn permits(
    policy: &Policy,
    served_from: u16,
    profile: &Profile,
    swf: &Swf,
    ports: &[u16],
) -> Vec<bool> {
    let player = Evaluator::with_profile(swf.clone(), profile.clone());
    let mut player = player.policy(&format!("h:{served_from}"), xml(policy));
    player.session().load_policy_file(&format!("xmlsocket://h:{served_from}"));
    ports.iter().map(|port| player.connect("h", *port).granted_by().is_some()).collect()
}

#[test]
fn three_hundred_generated_differences_are_what_players_do() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let profiles = profiles();
    let mut differing = 0;
    for number in 0..300 {
        let (pair, profile) = (Pair::next(&mut dice), &profiles[number % profiles.len()]);
        let diff = pair.diff(profile);
        let about = format!(
            "pair {number} from {}:\n{}\n{}\n{diff}",
            pair.served_from,
            xml(&pair.old),
            xml(&pair.new)
        );
        let all = ports([&pair.old, &pair.new]);
        let ports: Vec<_> = (0..6).map(|_| dice.pick(&all)).collect();
        let requesters: Vec<_> = (0..6).map(|_| dice.pick(&REQUESTERS)).collect();
        let said = Said::by(&diff, &requesters, &ports, |pattern, who| {
            match profile.document.trailing_dot {
                TrailingDot::Significant => pattern.matches(who),
                TrailingDot::Ignored => pattern.matches_ignoring_trailing_dot(who),
            }
        });
        let both = |swf: &Swf, ports: &[u16]| {
            [&pair.old, &pair.new]
                .map(|policy| permits(policy, pair.served_from, profile, swf, ports))
        };
        for (who, https) in (0..requesters.len()).flat_map(|who| [(who, false), (who, true)]) {
            let Some(swf) = swf(requesters[who], https) else { continue };
            let [old, new] = both(&swf, &ports);
            for at in 0..ports.len() {
                let expected = direction(old[at], new[at]);
                assert_eq!(
                    said.direction(who, https, at),
                    expected,
                    "{swf} to {} of {about}",
                    ports[at]
                );
                differing += u32::from(expected.is_some());
            }
        }
        for change in diff.changes() {
            let (swf, port) = (change.witness().swf(), change.witness().port());
            let [old, new] = both(swf, &[port]);
            assert_eq!(
                direction(old[0], new[0]),
                Some(change.direction()),
                "witness {swf}, {port} of {about}"
            );
        }
    }
    assert!(differing > 500, "differences must be met often enough: {differing}");
}

fn swf(requester: Option<&str>, https: bool) -> Option<Swf> {
    let scheme = if https { "https" } else { "http" };
    match requester {
        None => (!https).then(|| Sandbox::LocalWithNetworking.into()),
        Some(host) if host.contains(':') => {
            Some(format!("{scheme}://[{host}]/game.swf").parse().unwrap())
        }
        Some(host) => Some(format!("{scheme}://{host}/game.swf").parse().unwrap()),
    }
}

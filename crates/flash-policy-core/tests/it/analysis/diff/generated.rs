//! The difference of generated policies, compared with brute force over requesters, schemes and
//! ports, and with the player.

use std::collections::BTreeSet;

use flash_policy_core::analysis::{Diff, Direction, Scheme};
use flash_policy_core::document::{DomainPattern, MetaPolicy, PolicyFile};
use flash_policy_core::player::{Dead, TrailingDot};
use flash_policy_core::{Evaluator, Profile, Sandbox, Swf};

use brute_force::{Grants, bits, level, names, spans};
use policies::{Dice, Policy, policy, successor, xml};

mod brute_force;
mod policies;

/// The requesters: all hosts that a policy may name; some below, above and next to them; one that
/// no policy names; and content without a host.
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

/// The ports that serve the policies.
const SOURCES: [u16; 7] = [843, 843, 843, 80, 1023, 1024, 5000];

/// Two policies to compare, and the port that serves them.
struct Pair {
    old: Policy,
    new: Policy,
    served_from: u16,
}

impl Pair {
    /// Returns two policies that usually differ in one thing.
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

/// Compares the difference with brute force, for every requester, scheme and port.
fn check_everybody(pair: &Pair, diff: &Diff, about: &str) {
    let ports = ports([&pair.old, &pair.new]);
    let [old, new] = [&pair.old, &pair.new]
        .map(|policy| Grants::of(policy, pair.served_from, &REQUESTERS, &ports));
    let named = NamedChanges::of(diff, &REQUESTERS, &ports, |pattern, who| {
        names(&pattern.to_string(), who)
    });
    let mut found = BTreeSet::new();
    for (who, requester) in REQUESTERS.iter().enumerate() {
        for https in [false, true].into_iter().take(if requester.is_some() { 2 } else { 1 }) {
            for (at, port) in ports.iter().enumerate() {
                let expected = direction(old.grants(who, https, at), new.grants(who, https, at));
                let got = named.direction(who, https, at);
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

/// Checks that every witness is an example of its change.
fn check_witnesses(pair: &Pair, diff: &Diff, about: &str) {
    for change in diff.changes() {
        let (swf, port) = (change.witness().swf(), change.witness().port());
        let [old, new] = [&pair.old, &pair.new].map(|policy| {
            Grants::of(policy, pair.served_from, &[swf.host()], &[port]).grants(
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

/// Returns players that read documents differently.
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

/// Returns, for each port, whether this policy grants it to the player. It is the only policy of
/// the host.
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
        let named = NamedChanges::of(&diff, &requesters, &ports, |pattern, who| {
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
                    named.direction(who, https, at),
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

/// The changes that a difference names. In each set of bits, bit *n* stands for the *n*-th change.
struct NamedChanges {
    /// For each requester, the changes that concern it.
    by_requester: Vec<u64>,
    /// For each port, the changes that concern it.
    by_port: Vec<u64>,
    /// The changes for http, and those for https.
    by_scheme: [u64; 2],
    /// The changes that permit.
    permitted: u64,
}

impl NamedChanges {
    fn of(
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

    /// Returns the direction in which this connection changes. Fails if several changes concern it.
    fn direction(&self, requester: usize, https: bool, port: usize) -> Option<Direction> {
        let named =
            self.by_requester[requester] & self.by_port[port] & self.by_scheme[usize::from(https)];
        assert!(named.count_ones() <= 1, "changes overlap");
        let permitted = named & self.permitted != 0;
        (named != 0).then_some(if permitted {
            Direction::NewlyPermitted
        } else {
            Direction::NewlyDenied
        })
    }
}

fn direction(old: bool, new: bool) -> Option<Direction> {
    (old != new).then_some(if new { Direction::NewlyPermitted } else { Direction::NewlyDenied })
}

/// Returns the ports that either policy mentions, the ports next to them, and the usual borders.
fn ports(policies: [&Policy; 2]) -> Vec<u16> {
    let rules = policies.into_iter().flat_map(|policy| &policy.rules);
    let spans = rules.flat_map(|rule| spans(rule.to_ports.as_deref().unwrap_or_default()));
    let borders = spans.flat_map(|(first, last)| [first.saturating_sub(1), first, last, last + 1]);
    let ports: BTreeSet<_> = borders.chain([1, 843, 1023, 1024, 65535]).collect();
    // Nothing can connect to port 0.
    ports.into_iter().filter_map(|port| u16::try_from(port).ok()).filter(|port| *port > 0).collect()
}

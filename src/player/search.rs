//! Which location is consulted next, and what its answer means (rulebook L2-L9): all of a lookup that needs neither
//! the network nor the clock.

use std::time::Duration;

use super::answer::{AnswerKind, Asked, Role};
use super::endpoint::MASTER_PORT;
use super::judge::{Judgement, judge, meta_policy, missed_by_a_dot};
use super::profile::{MalformedMaster, Profile};
use super::record::{DecidingRule, Grantor, Record};
use super::{Cause, Endpoint, Session};
use crate::policy::{MetaPolicy, PolicyFile};
use crate::rules::{self, Diagnostic};

/// The search for a grant, location by location.
#[derive(Debug)]
pub(super) struct Search {
    /// What `loadPolicyFile` named before `connect()` for this host (L13, L14), but for the master.
    explicit: Vec<Endpoint>,
    master_is_explicit: bool,
    next: Next,
    miss: Option<Cause>,
}

/// Which location comes next: the master, the explicit ones by index, and behind them the destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Master,
    Other(usize),
    Nothing,
}

impl Search {
    /// The search that a connect of this session begins. A policy speaks for its own host alone (rulebook L13): where
    /// a location names another one, the record says so.
    pub(super) fn new(session: &Session, record: &mut Record) -> Self {
        let target = record.target.host();
        let (mut explicit, foreign): (Vec<_>, Vec<_>) =
            session.explicit.iter().cloned().partition(|location| location.host() == target);
        let master_is_explicit = explicit.iter().any(|location| location.port() == MASTER_PORT);
        explicit.retain(|location| location.port() != MASTER_PORT);
        let note = |location: &Endpoint| Diagnostic::new(rules::S14, &[("a", location.host()), ("b", target)]);
        let notes: Vec<_> = foreign.iter().map(note).collect();
        record.diagnostics.extend(notes);
        Self { explicit, master_is_explicit, next: Next::Master, miss: None }
    }

    /// The location whose turn it is (rulebook L2, L12).
    pub(super) fn next_location(&self, record: &Record, profile: &Profile) -> Option<(Endpoint, Role)> {
        let target = record.target.endpoint();
        match self.next {
            Next::Master => Some((target.master(), Role::Master)),
            Next::Other(index) if index < self.explicit.len() => Some((self.explicit[index].clone(), Role::Explicit)),
            Next::Other(_) if self.asks_destination(&target, record, profile) => Some((target, Role::Destination)),
            _ => None,
        }
    }

    /// Whether the destination's own port is asked as well (rulebook L2, L12, Q1, Q2).
    fn asks_destination(&self, target: &Endpoint, record: &Record, profile: &Profile) -> bool {
        let wanted = if self.explicit.is_empty() {
            profile.lookup.destination_by_default
        } else {
            profile.lookup.destination_fallback
        };
        wanted && !record.is_granted() && !record.asked.iter().any(|asked| asked.endpoint == *target)
    }

    /// How long a load may take (rulebook T1-T3): what `loadPolicyFile` named has no deadline of the player's.
    pub(super) fn patience(&self, role: Role, profile: &Profile) -> Option<Duration> {
        match role {
            Role::Master if self.master_is_explicit => None,
            Role::Master => Some(profile.timing.master_timeout),
            Role::Explicit => None,
            Role::Destination => Some(profile.timing.destination_timeout),
        }
    }

    /// Weighs one answer, and turns to the next location or to none.
    pub(super) fn consult(&mut self, mut asked: Asked, record: &mut Record, profile: &Profile) {
        self.next = match self.next {
            Next::Master => Next::Other(0),
            Next::Other(index) if index < self.explicit.len() => Next::Other(index + 1),
            _ => Next::Nothing,
        };
        if !record.is_granted() {
            let answer = asked.answer.clone();
            match answer.policy() {
                Some(policy) => self.weigh(policy, &mut asked, record, profile),
                None => self.weigh_failure(&asked, record, profile),
            }
        }
        record.asked.push(asked);
    }

    /// Why nothing granted.
    pub(super) fn cause(&self) -> Cause {
        self.miss.unwrap_or(Cause::NoPolicy)
    }

    /// A location without a policy (rulebook L8, L9).
    fn weigh_failure(&mut self, asked: &Asked, record: &mut Record, profile: &Profile) {
        let malformed = asked.answer.kind == AnswerKind::Malformed;
        let denies = profile.lookup.malformed_master == MalformedMaster::Deny;
        self.missed(if malformed { Cause::MalformedPolicy } else { Cause::NoPolicy }, None, record);
        if malformed && denies && asked.role == Role::Master {
            self.next = Next::Nothing;
        }
    }

    /// A policy file: its meta-policy, then its rules (rulebook L3-L7).
    fn weigh(&mut self, policy: &PolicyFile, asked: &mut Asked, record: &mut Record, profile: &Profile) {
        let (from, document) = (&asked.endpoint, &profile.document);
        let is_master = asked.role == Role::Master;
        let is_destination = *from == record.target.endpoint();
        let heeded = is_master || (profile.lookup.destination_site_control && is_destination && !record.has_master());
        let meta = meta_policy(policy, document).filter(|_| heeded).unwrap_or(MetaPolicy::All);
        let control = policy.site_control().first();
        if control.is_some() && !heeded {
            asked.diagnostics.push(Diagnostic::new(rules::S05, &[]));
        }
        let control = control.map(|element| DecidingRule::new(from, element, element.position()));
        if meta == MetaPolicy::None {
            return self.settled(Cause::MetaPolicyNone, control, record);
        }
        let master_only = is_master && meta != MetaPolicy::All;
        match judge(policy, from, &record.swf, record.target.port(), document) {
            Judgement::Grant(rule) => {
                record.granted_by = Some(Grantor::Policy(from.clone()));
                record.rule = Some(DecidingRule::new(from, rule, rule.position()));
                let waits = profile.lookup.grant_waits_for_explicit && is_master && !master_only;
                self.next = if waits { self.next } else { Next::Nothing };
            }
            Judgement::Miss(..) if master_only => self.settled(Cause::MasterOnly, control, record),
            Judgement::Miss(cause, rule) => {
                asked.diagnostics.extend(missed_by_a_dot(policy, &record.swf, document));
                self.missed(cause, rule.map(|rule| DecidingRule::new(from, rule, rule.position())), record);
            }
        }
    }

    /// Keeps the nearest miss.
    fn missed(&mut self, cause: Cause, rule: Option<DecidingRule>, record: &mut Record) {
        if self.miss.is_none_or(|nearest| cause.distance() < nearest.distance()) {
            self.miss = Some(cause);
            record.rule = rule;
        }
    }

    /// The master ended the lookup: this cause wins over any miss (rulebook L5, L6).
    fn settled(&mut self, cause: Cause, rule: Option<DecidingRule>, record: &mut Record) {
        self.miss = Some(cause);
        record.rule = rule;
        self.next = Next::Nothing;
    }
}

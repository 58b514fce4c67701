//! Which location is consulted next, and what its answer means (rulebook L2-L9): all of a lookup that needs neither
//! the network nor the clock.

use std::collections::VecDeque;
use std::time::Duration;

use super::grant::{Judgement, judge, meta_policy, missed_by_a_dot};
use crate::diagnostics::{Diagnostic, rules};
use crate::document::{MetaPolicy, PolicyFile};
use crate::player::answer::{AnswerKind, Asked, Role};
use crate::player::endpoint::MASTER_PORT;
use crate::player::profile::{MalformedMaster, Profile};
use crate::player::record::{DecidingRule, Grantor, Record};
use crate::player::{Cause, Endpoint, Session};

/// The search for a grant, location by location.
#[derive(Debug)]
pub(super) struct Search {
    /// What is still to be consulted, in order: the master, what `loadPolicyFile` named before `connect()` for this
    /// host (L13, L14), and where the profile says so the destination's own port (L2, L12, Q1, Q2).
    locations: VecDeque<(Endpoint, Role)>,
    master_is_explicit: bool,
    miss: Option<Cause>,
}

impl Search {
    /// The search that a connect of this session begins. A policy speaks for its own host alone (rulebook L13): where
    /// a location names another one, the record says so.
    pub(super) fn new(session: &Session, record: &mut Record) -> Self {
        let (target, host) = (record.target.endpoint(), record.target.host());
        let (own, foreign): (Vec<&Endpoint>, Vec<_>) =
            session.socket.explicit.iter().partition(|location| location.host() == host);
        let note = |location: &Endpoint| {
            Diagnostic::new(rules::S14, &[("a", location.host()), ("b", host)])
        };
        record.diagnostics.extend(foreign.into_iter().map(note));
        let (masters, explicit): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|own| own.port() == MASTER_PORT);
        let lookup = &session.profile().lookup;
        let by_default = explicit.is_empty();
        let asks_destination =
            if by_default { lookup.destination_by_default } else { lookup.destination_fallback };
        let mut locations = VecDeque::from([(target.master(), Role::Master)]);
        locations.extend(explicit.into_iter().map(|location| (location.clone(), Role::Explicit)));
        locations.extend(asks_destination.then_some((target, Role::Destination)));
        Self { locations, master_is_explicit: !masters.is_empty(), miss: None }
    }

    /// The location whose turn it is. The destination has none where a policy granted, or where it was asked already.
    pub(super) fn next_location(&self, record: &Record) -> Option<(Endpoint, Role)> {
        let (endpoint, role) = self.locations.front()?;
        let is_known =
            record.is_granted() || record.asked.iter().any(|asked| asked.endpoint == *endpoint);
        (*role != Role::Destination || !is_known).then(|| (endpoint.clone(), *role))
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
        self.locations.pop_front();
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
            self.locations.clear();
        }
    }

    /// A policy file: its meta-policy, then its rules (rulebook L3-L7).
    fn weigh(
        &mut self,
        policy: &PolicyFile,
        asked: &mut Asked,
        record: &mut Record,
        profile: &Profile,
    ) {
        let (from, document) = (&asked.endpoint, &profile.document);
        let is_master = asked.role == Role::Master;
        let is_destination = *from == record.target.endpoint();
        let heeded = is_master
            || (profile.lookup.destination_site_control && is_destination && !record.has_master());
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
                if !waits {
                    self.locations.clear();
                }
            }
            Judgement::Miss(..) if master_only => self.settled(Cause::MasterOnly, control, record),
            Judgement::Miss(cause, rule) => {
                asked.diagnostics.extend(missed_by_a_dot(policy, &record.swf, document));
                self.missed(
                    cause,
                    rule.map(|rule| DecidingRule::new(from, rule, rule.position())),
                    record,
                );
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
        self.locations.clear();
    }
}

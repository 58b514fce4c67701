//! Chooses the location that is consulted next, and judges its answer (rulebook L2-L9). Knows
//! neither the network nor the clock.

use std::collections::VecDeque;
use std::time::Duration;

use super::grant::{Judgement, judge, meta_policy};
use crate::diagnostics::rules;
use crate::document::{MetaPolicy, PolicyFile, PolicyPlace};
use crate::player::answer::{AnswerKind, Asked, Role};
use crate::player::endpoint::MASTER_PORT;
use crate::player::profile::{MalformedMaster, Profile};
use crate::player::record::{DecidingRule, Grantor, Record};
use crate::player::{Cause, Endpoint, Session};

/// The search for a grant, location by location.
#[derive(Debug)]
pub(super) struct Search {
    /// The locations still to be consulted, in order: the master, the locations of this host that
    /// `loadPolicyFile` named before `connect()` (L13, L14), and, if the profile says so, the
    /// destination's own port (L2, L12, Q1, Q2).
    locations: VecDeque<(Endpoint, Role)>,
    master_is_explicit: bool,
    miss: Option<Cause>,
}

impl Search {
    /// Starts the search of a new attempt. A policy speaks only for its own host (rulebook L13), so
    /// a location on another host is a diagnostic of the attempt.
    pub(super) fn new(session: &Session, record: &mut Record) -> Self {
        let target = record.target.endpoint();
        let host = record.target.host();
        let (own, foreign): (Vec<&Endpoint>, Vec<_>) =
            session.socket.explicit.iter().partition(|location| location.host() == host);
        let of_another_host =
            |location: &Endpoint| rules::load_policy_file_host_differs(location.host(), host);
        record.diagnostics.extend(foreign.into_iter().map(of_another_host));
        let (masters, explicit): (Vec<_>, Vec<_>) =
            own.into_iter().partition(|own| own.port() == MASTER_PORT);
        let lookup = &session.profile().lookup;
        let asks_destination = if explicit.is_empty() {
            lookup.destination_by_default
        } else {
            lookup.destination_fallback
        };
        let mut locations = VecDeque::from([(target.master(), Role::Master)]);
        locations.extend(explicit.into_iter().map(|location| (location.clone(), Role::Explicit)));
        locations.extend(asks_destination.then_some((target, Role::Destination)));
        Self { locations, master_is_explicit: !masters.is_empty(), miss: None }
    }

    /// Returns the next location. The destination is not asked if a policy has granted, or if it
    /// was asked already.
    pub(super) fn next_location(&self, record: &Record) -> Option<(Endpoint, Role)> {
        let (endpoint, role) = self.locations.front()?;
        let was_asked = || record.asked.iter().any(|asked| asked.endpoint == *endpoint);
        if *role == Role::Destination && (record.is_granted() || was_asked()) {
            return None;
        }
        Some((endpoint.clone(), *role))
    }

    /// Returns the time that a load may take (rulebook T1-T3). The player sets no deadline for a
    /// location that `loadPolicyFile` named.
    pub(super) fn patience(&self, role: Role, profile: &Profile) -> Option<Duration> {
        if role == Role::Master && self.master_is_explicit {
            return None;
        }
        role.budget(&profile.timing)
    }

    /// Judges one answer, and turns to the next location or ends the search.
    pub(super) fn consult(&mut self, mut asked: Asked, record: &mut Record, profile: &Profile) {
        self.locations.pop_front();
        if site_control_counts(&asked, record, profile) {
            asked.place = PolicyPlace::Master;
        }
        if !record.is_granted() {
            let answer = asked.answer.clone();
            match answer.policy() {
                Some(policy) => self.judge_policy(policy, &asked, record, profile),
                None => self.judge_failure(&asked, record, profile),
            }
        }
        record.asked.push(asked);
    }

    /// Returns the reason why nothing granted.
    pub(super) fn cause(&self) -> Cause {
        self.miss.unwrap_or(Cause::NoPolicy)
    }

    /// Judges a location that sent no policy file (rulebook L8, L9).
    fn judge_failure(&mut self, asked: &Asked, record: &mut Record, profile: &Profile) {
        let malformed = asked.answer.kind == AnswerKind::Malformed;
        let denies = profile.lookup.malformed_master == MalformedMaster::Deny;
        let cause = if malformed { Cause::MalformedPolicy } else { Cause::NoPolicy };
        self.missed(cause, None, record);
        if malformed && denies && asked.role == Role::Master {
            self.locations.clear();
        }
    }

    /// Judges a policy file: its meta-policy, then its rules (rulebook L3-L7).
    fn judge_policy(
        &mut self,
        policy: &PolicyFile,
        asked: &Asked,
        record: &mut Record,
        profile: &Profile,
    ) {
        let from = &asked.endpoint;
        let document = &profile.document;
        let counts = asked.place == PolicyPlace::Master;
        let meta = if counts { meta_policy(policy, document) } else { None };
        let meta = meta.unwrap_or(MetaPolicy::All);
        let control = policy.site_control().first();
        let control = control.map(|element| DecidingRule::control(from, element));
        if meta == MetaPolicy::None {
            return self.end(Cause::MetaPolicyNone, control, record);
        }
        let is_master = asked.role == Role::Master;
        let master_only = is_master && meta != MetaPolicy::All;
        match judge(policy, from, &record.swf, record.target.port(), document) {
            Judgement::Grant(rule) => {
                record.granted_by = Some(Grantor::Policy(from.clone()));
                record.rule = Some(DecidingRule::grant(from, rule));
                let waits = profile.lookup.grant_waits_for_explicit && is_master && !master_only;
                if !waits {
                    self.locations.clear();
                }
            }
            Judgement::Miss(cause, rule) => {
                // Only a rule that names the requester can be what decided.
                let rule = if cause == Cause::DomainNotListed { None } else { rule };
                let rule = rule.map(|rule| DecidingRule::grant(from, rule));
                if master_only {
                    if self.locations.iter().any(|(location, _)| location != from) {
                        record.kept_out = Some((record.asked.len(), meta));
                    }
                    record.first_kept_out = self.first_named_location();
                    let has_rules = !policy.allow_access_from().is_empty();
                    if record.first_kept_out.is_some() || !has_rules {
                        return self.end(Cause::MasterOnly, control, record);
                    }
                    self.locations.clear();
                }
                self.missed(cause, rule, record);
            }
        }
    }

    /// Returns the first location still to be consulted that the SWF named with `loadPolicyFile`.
    fn first_named_location(&self) -> Option<Endpoint> {
        let named = self.locations.iter().find(|(_, role)| *role == Role::Explicit);
        named.map(|(endpoint, _)| endpoint.clone())
    }

    /// Keeps the nearest miss.
    fn missed(&mut self, cause: Cause, rule: Option<DecidingRule>, record: &mut Record) {
        if self.miss.is_none_or(|nearest| cause.distance() < nearest.distance()) {
            self.miss = Some(cause);
            record.rule = rule;
        }
    }

    /// Ends the search with a cause that takes precedence over every miss (rulebook L5, L6).
    fn end(&mut self, cause: Cause, rule: Option<DecidingRule>, record: &mut Record) {
        self.miss = Some(cause);
        record.rule = rule;
        self.locations.clear();
    }
}

/// Returns true if the meta-policy in an answer counts: in the master (rulebook M1), and if the
/// profile says so, in the destination's own policy when there is no master (Q16).
fn site_control_counts(asked: &Asked, record: &Record, profile: &Profile) -> bool {
    let is_destination = asked.endpoint == record.target.endpoint();
    asked.role == Role::Master
        || (profile.lookup.destination_site_control && is_destination && !record.has_master())
}

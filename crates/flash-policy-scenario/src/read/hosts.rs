//! Finds the hosts in a scenario file that no entry names: probably misspelt ones.

use std::collections::{BTreeMap, BTreeSet};

use flash_policy_core::player::{Endpoint, Swf};

use super::{Declared, Reader, Result};
use crate::file::{At, CaseEntry, MatrixEntry, Text};
use crate::model::{Attempt, Connect, MisspeltEndpoint, UnnamedHost};
use crate::values::{self, nearest, shortened};

impl Reader<'_> {
    /// Returns the hosts of a case that no entry names: the one in `connect`, and those in
    /// `load-policy-files`.
    pub(super) fn unnamed_hosts(&self, entry: &CaseEntry, declared: &Declared) -> Vec<UnnamedHost> {
        if entry.unknown_host {
            return Vec::new();
        }
        let hosts = declared.hosts();
        let written = std::iter::once(&entry.connect).chain(&entry.load_policy_files);
        written.filter_map(|written| self.unnamed_host(written, &hosts, "case")).collect()
    }

    /// Returns the hosts of the matrix's targets that no entry names.
    pub(super) fn unnamed_targets(
        &self,
        entry: &MatrixEntry,
        declared: &Declared,
    ) -> Vec<UnnamedHost> {
        if entry.unknown_host {
            return Vec::new();
        }
        let hosts = declared.hosts();
        let targets = entry.connect.value().iter();
        targets.filter_map(|target| self.unnamed_host(target, &hosts, "[matrix]")).collect()
    }

    fn unnamed_host(
        &self,
        written: &Text,
        hosts: &BTreeSet<String>,
        table: &str,
    ) -> Option<UnnamedHost> {
        let (scheme, target) = match written.value().split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("xmlsocket") => {
                (format!("{scheme}://"), rest)
            }
            Some(_) => return None,
            None => (String::new(), written.value().as_str()),
        };
        let connect = values::connect(target).ok()?;
        let host = Endpoint::new(&connect.host, 0).host().to_owned();
        if hosts.contains(&host) {
            return None;
        }
        let meant = match near(&host, hosts) {
            Some(near) => format!("did you mean `{scheme}{near}:{}`?", connect.port),
            None if hosts.is_empty() => "this file has no entries;".to_owned(),
            None => {
                let known: Vec<_> = hosts.iter().map(|host| format!("`{host}`")).collect();
                format!("this file has entries for {};", shortened_list(&known))
            }
        };
        Some(UnnamedHost {
            host,
            written: shortened(written.value()),
            help: format!(
                "{meant} if the host is meant to be unknown, write `unknown-host = true` in the \
                 {table}"
            ),
            position: self.position(written.span().start),
        })
    }

    /// Reads the expected counts of requests. Only an entry can receive requests, but that there
    /// are none may be said of any endpoint, unless its host looks misspelt.
    pub(super) fn requests(
        &self,
        entry: &CaseEntry,
        swf: &Swf,
        declared: &Declared,
    ) -> Result<BTreeMap<Endpoint, usize>> {
        let mut requests = BTreeMap::new();
        for (written, count) in &entry.requests {
            let at = if *count.value() == 0 && self.may_be_idle(written, entry, swf, declared) {
                self.endpoint(written)?
            } else {
                let endpoints = declared.policies.keys().chain(declared.backends.keys());
                self.declared_endpoint(written, endpoints, "neither a policy nor a backend")?
            };
            requests.insert(at, *count.value());
        }
        Ok(requests)
    }

    /// Returns the endpoints of a case that are expected to get no request, that the SWF cannot
    /// ask, and that are near to one that the file declares on the same host.
    pub(super) fn misspelt_idle(
        &self,
        entry: &CaseEntry,
        attempt: &Attempt,
        declared: &Declared,
    ) -> Vec<MisspeltEndpoint> {
        let idle = entry.requests.iter().filter(|(_, count)| *count.value() == 0);
        let misspelt = idle.filter_map(|(written, _)| {
            let at: Endpoint = written.value().parse().ok()?;
            let connect = Connect { host: at.host().to_owned(), port: at.port().into() };
            let near = declared.near_endpoint(&connect)?;
            let position = self.position(written.span().start);
            (!attempt.endpoints().contains(&at)).then_some(MisspeltEndpoint {
                written: at,
                near,
                position,
            })
        });
        misspelt.collect()
    }

    /// Returns whether a count of 0 may name this endpoint although nothing may stand there.
    fn may_be_idle(
        &self,
        written: &At<String>,
        entry: &CaseEntry,
        swf: &Swf,
        declared: &Declared,
    ) -> bool {
        let Ok(at) = written.value().parse::<Endpoint>() else { return false };
        let connect = values::connect(entry.connect.value()).ok();
        let target = connect.map(|connect| Endpoint::new(&connect.host, 0));
        let hosts = declared.hosts();
        entry.unknown_host
            || hosts.contains(at.host())
            || swf.host() == Some(at.host())
            || target.is_some_and(|target| target.host() == at.host())
            || near(at.host(), &hosts).is_none()
    }
}

impl Declared {
    /// Returns the endpoint with a similar port on the same host, if no entry stands at the target.
    pub(super) fn near_endpoint(&self, connect: &Connect) -> Option<Endpoint> {
        let host = Endpoint::new(&connect.host, 0).host().to_owned();
        let entries = self.backends.keys().chain(self.policies.keys());
        let of_host: Vec<_> = entries.filter(|at| at.host() == host).collect();
        if of_host.iter().any(|at| i64::from(at.port()) == connect.port) {
            return None;
        }
        let ports: Vec<_> = of_host.iter().map(|at| at.port().to_string()).collect();
        let ports: Vec<_> = ports.iter().map(String::as_str).collect();
        let near = nearest(&connect.port.to_string(), &ports)?;
        of_host.into_iter().find(|at| at.port().to_string() == near).cloned()
    }

    /// Returns the hosts that the entries name.
    fn hosts(&self) -> BTreeSet<String> {
        self.policies.keys().chain(self.backends.keys()).map(|at| at.host().to_owned()).collect()
    }
}

/// Returns the host that was most likely meant.
fn near<'a>(host: &str, hosts: &'a BTreeSet<String>) -> Option<&'a str> {
    hosts.iter().map(String::as_str).find(|known| is_misspelt(host, known))
}

/// Returns whether a host is another one with typing errors: each label is the same or near, or a
/// dot is missing. Names that differ in their numbers are different hosts.
fn is_misspelt(host: &str, known: &str) -> bool {
    if host.replace('.', "") == known.replace('.', "") {
        return true;
    }
    let without_digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "");
    if without_digits(host) == without_digits(known) {
        return false;
    }
    let labels = host.split('.').zip(known.split('.'));
    host.split('.').count() == known.split('.').count()
        && labels.into_iter().all(|(one, other)| one == other || nearest(one, &[other]).is_some())
}

/// Joins the first few words of a list.
fn shortened_list(words: &[String]) -> String {
    const SHOWN: usize = 5;
    let more = words.len().saturating_sub(SHOWN);
    let shown = words[..words.len() - more].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

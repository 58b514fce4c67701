//! Examines a master policy and an in-band policy of the same host together.

use super::grant::Grant;
use super::{Judged, Linter};
use crate::diagnostics::{Diagnostic, Severity, rules};
use crate::document::{MetaPolicy, PolicyFile, PolicyKind};
use crate::player::socket::grant::meta_policy;
use crate::player::{Endpoint, Profile};
use crate::source_text::START;

/// The findings of a master policy and an in-band policy of the same host.
///
/// See [`Linter::examine_pair`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PairFindings {
    /// The findings of the master, in document order.
    pub master: Vec<Judged>,
    /// The findings of the in-band policy, in document order. One of them says that the master
    /// keeps players from it, if it does.
    pub in_band: Vec<Judged>,
    /// The rules of the master that grant something that the in-band policy does not grant.
    pub only_in_master: Vec<String>,
    /// The rules of the in-band policy that grant something that the master does not grant.
    pub only_in_band: Vec<String>,
}

impl Linter {
    /// Examines the policies that one host serves: the `master` on 843, and the `in_band` policy on
    /// the port of `endpoint`.
    ///
    /// Each is examined as [`examine`](Linter::examine) examines it at its place, so a site-control
    /// counts in the master only. In the in-band policy a finding says what the master makes of it
    /// (rulebook L3-L7): FSP-S02 if the master says `master-only`, FSP-S03 if it says `none`. It is
    /// an error if the in-band policy has rules that the master lacks, and an info otherwise. A
    /// master that players reject forbids nothing.
    ///
    /// ```
    /// use flash_policy_core::analysis::Linter;
    ///
    /// let master = r#"<cross-domain-policy>
    ///   <site-control permitted-cross-domain-policies="master-only"/>
    ///   <allow-access-from domain="*.example.com" to-ports="5000"/>
    /// </cross-domain-policy>"#;
    /// let in_band = r#"<cross-domain-policy>
    ///   <allow-access-from domain="*.partner.example" to-ports="5000"/>
    /// </cross-domain-policy>"#;
    /// let found = Linter::examine_pair(master, in_band, &"game.example.com:5000".parse()?);
    /// let ids: Vec<_> = found.in_band.iter().map(|one| one.diagnostic().rule().id()).collect();
    /// assert!(ids.contains(&"FSP-S02"));
    /// assert_eq!(
    ///     found.only_in_band,
    ///     [r#"<allow-access-from domain="*.partner.example" to-ports="5000"/>"#],
    /// );
    /// # Ok::<(), flash_policy_core::InvalidEndpoint>(())
    /// ```
    pub fn examine_pair(
        master: impl AsRef<[u8]>,
        in_band: impl AsRef<[u8]>,
        endpoint: &Endpoint,
    ) -> PairFindings {
        let (master, in_band) = (master.as_ref(), in_band.as_ref());
        let at = |place: Endpoint| Linter::new(PolicyKind::Socket).served_from(place);
        let policy = |document: &[u8]| PolicyFile::parse(document).ok();
        let both = policy(master).zip(policy(in_band));
        let (only_in_master, only_in_band) = both.as_ref().map_or_else(Default::default, |both| {
            (only_in(&both.0, &both.1), only_in(&both.1, &both.0))
        });
        let kept_out = both.and_then(|(master, _)| kept_out(&master, endpoint, &only_in_band));
        PairFindings {
            master: at(endpoint.master()).examine(master),
            in_band: at(endpoint.clone()).examine_with(in_band, kept_out),
            only_in_master,
            only_in_band,
        }
    }
}

/// Returns the diagnostic of an in-band policy that the master keeps players from.
fn kept_out(master: &PolicyFile, endpoint: &Endpoint, lost: &[String]) -> Option<Diagnostic> {
    let diagnostic = match meta_policy(master, &Profile::default().document)? {
        MetaPolicy::All => return None,
        MetaPolicy::None => rules::meta_none(endpoint.host()),
        _ => {
            let what = format!("the in-band policy of {endpoint} is");
            rules::master_only_blocks_inband(what, MetaPolicy::MasterOnly)
        }
    };
    let diagnostic = diagnostic.at(START);
    Some(match lost {
        [] => diagnostic.with_severity(Severity::Info).with_help(
            "remove the in-band policy, which grants nothing that the master does not grant",
        ),
        [only] if diagnostic.rule() == &rules::MASTER_ONLY_BLOCKS_INBAND => diagnostic
            .with_help(format!("add {only} to the master, or let its site-control say all")),
        _ => diagnostic,
    })
}

/// Returns the rules of one policy that grant something that no rule of the other grants.
fn only_in(policy: &PolicyFile, other: &PolicyFile) -> Vec<String> {
    let kind = PolicyKind::Socket;
    let others: Vec<_> =
        other.allow_access_from().iter().filter_map(|rule| Grant::new(rule, kind)).collect();
    policy
        .allow_access_from()
        .iter()
        .filter_map(|rule| Grant::new(rule, kind))
        .filter(|grant| !others.iter().any(|other| other.covers(grant)))
        .map(|grant| grant.rule.to_string())
        .collect()
}

//! `<site-control>` and the meta-policy in it.

use std::fmt;

use super::elements::escape;
use crate::diagnostics::Position;
use crate::ids;

/// One `<site-control>`: which other policy files of the host count (rulebook M1).
///
/// ```
/// use flash_policy_core::document::PolicyFile;
///
/// let policy = PolicyFile::parse(r#"<cross-domain-policy><site-control permitted-cross-domain-policies="master_only"/></cross-domain-policy>"#)?;
/// let control = &policy.site_control()[0];
/// assert_eq!((control.value(), control.written()), (None, "master_only"));
/// # Ok::<(), flash_policy_core::document::MalformedPolicy>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteControl {
    pub(super) value: Option<MetaPolicy>,
    pub(super) written: String,
    pub(super) position: Option<Position>,
    pub(super) value_position: Option<Position>,
}

impl SiteControl {
    /// The meta-policy; `None` when the value is missing, empty or unknown, which counts as `none` (rulebook M5).
    pub fn value(&self) -> Option<MetaPolicy> {
        self.value
    }

    /// The value as it stands in the document; empty when the attribute is missing.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Where the element's `<` stands; `None` when it was built.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Where its attribute stands, if it has one and was read.
    pub fn value_position(&self) -> Option<Position> {
        self.value_position
    }
}

impl fmt::Display for SiteControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<site-control permitted-cross-domain-policies=\"{}\"/>", escape(&self.written))
    }
}

ids! {
    /// A meta-policy, ordered from the strictest to the laxest: of several, `min()` counts (rulebook M2, M3).
    ///
    /// ```
    /// use flash_policy_core::document::MetaPolicy;
    ///
    /// assert_eq!("master-only".parse(), Ok(MetaPolicy::MasterOnly));
    /// assert!("Master-Only".parse::<MetaPolicy>().is_err());
    /// assert_eq!([MetaPolicy::All, MetaPolicy::MasterOnly].into_iter().min(), Some(MetaPolicy::MasterOnly));
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum MetaPolicy {
        /// No policy file of the host counts, not even the master.
        None = "none",
        /// In an HTTP header only: this response is no policy.
        NoneThisResponse = "none-this-response",
        /// Only the master policy file counts.
        MasterOnly = "master-only",
        /// Over HTTP, only what is served as `text/x-cross-domain-policy`.
        ByContentType = "by-content-type",
        /// Over FTP, only files named `crossdomain.xml`.
        ByFtpFilename = "by-ftp-filename",
        /// Every policy file of the host counts.
        All = "all",
    }
}

impl MetaPolicy {
    /// Whether the value means something for sockets (rulebook M4).
    pub(super) fn applies_to_sockets(self) -> bool {
        matches!(self, Self::None | Self::MasterOnly | Self::All)
    }
}

//! The element `<site-control>`, and the meta-policy in it.

use std::fmt;

use super::elements::escape;
use crate::diagnostics::Position;
use crate::ids;

/// One `<site-control>`, which says which other policy files of the host count (rulebook M1).
///
/// ```
/// use flash_policy_core::document::PolicyFile;
///
/// let xml = r#"<cross-domain-policy>
///   <site-control permitted-cross-domain-policies="master_only"/>
/// </cross-domain-policy>"#;
/// let policy = PolicyFile::parse(xml)?;
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
    /// Returns the meta-policy.
    ///
    /// `None` means that the value is missing, empty or unknown, which counts as `none` (rulebook
    /// M5).
    pub fn value(&self) -> Option<MetaPolicy> {
        self.value
    }

    /// Returns the value as it is written in the document, or an empty text if the attribute is
    /// missing.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Returns the position of the element's `<`, or `None` for an element built in code.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// Returns the position of its attribute, if it has the attribute and was parsed.
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
    /// A meta-policy. The order is from the strictest to the laxest, so that `min()` of several is
    /// the one that counts (rulebook M2, M3).
    ///
    /// ```
    /// use flash_policy_core::document::MetaPolicy;
    ///
    /// assert_eq!("master-only".parse(), Ok(MetaPolicy::MasterOnly));
    /// assert!("Master-Only".parse::<MetaPolicy>().is_err());
    /// let both = [MetaPolicy::All, MetaPolicy::MasterOnly];
    /// assert_eq!(both.into_iter().min(), Some(MetaPolicy::MasterOnly));
    /// ```
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum MetaPolicy {
        /// No policy file of the host counts, not even the master.
        None = "none",
        /// This response is not a policy. Valid in an HTTP header only.
        NoneThisResponse = "none-this-response",
        /// Only the master policy file counts.
        MasterOnly = "master-only",
        /// Over HTTP, only files served as `text/x-cross-domain-policy` count.
        ByContentType = "by-content-type",
        /// Over FTP, only files named `crossdomain.xml` count.
        ByFtpFilename = "by-ftp-filename",
        /// Every policy file of the host counts.
        All = "all",
    }
}

impl MetaPolicy {
    /// Returns true if the value has a meaning for sockets (rulebook M4).
    pub(super) fn applies_to_sockets(self) -> bool {
        matches!(self, Self::None | Self::MasterOnly | Self::All)
    }
}

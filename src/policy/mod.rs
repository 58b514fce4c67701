//! The policy document: parsed from bytes, built in code, written back. Pure: no I/O, no clock.
//!
//! Start with [`PolicyFile`]. A parse never expands an entity, fetches a DTD or panics; it either yields a policy with [diagnostics](crate::rules::Diagnostic)
//! or rejects the whole document as a player does ([`MalformedPolicy`], rulebook X1).
//!
//! ```
//! use flash_policy_fixture::policy::{MetaPolicy, PolicyFile};
//!
//! let policy = PolicyFile::builder().allow("*.example.com", 5000..=5010).site_control(MetaPolicy::MasterOnly).build();
//! let rule = &policy.allow_access_from()[0];
//! assert!(rule.domain().is_some_and(|domain| domain.matches(Some("www.example.com"))));
//! assert_eq!(rule.to_string(), r#"<allow-access-from domain="*.example.com" to-ports="5000-5010"/>"#);
//! ```
//!
//! How a document is read: `text` (bytes to characters), `scan` and `outline` (what may stand where), `xml` (elements), `judge` (what they mean to sockets).

mod allow;
mod builder;
mod document;
mod domain;
mod file;
mod invalid;
mod judge;
#[cfg(feature = "analysis")]
mod kind;
mod malformed;
mod outline;
mod ports;
mod scan;
mod site_control;
mod text;
mod xml;

pub use allow::{AllowAccessFrom, PortGrant};
pub use builder::PolicyFileBuilder;
pub use document::PolicyDocument;
pub use domain::DomainPattern;
#[cfg(feature = "analysis")]
pub(crate) use domain::bare_host;
pub use file::PolicyFile;
pub use invalid::InvalidRule;
#[cfg(feature = "analysis")]
pub use kind::PolicyKind;
pub use malformed::MalformedPolicy;
pub use ports::ToPorts;
#[cfg(feature = "analysis")]
pub(crate) use scan::{Kind as Markup, tokens};
pub use site_control::{MetaPolicy, SiteControl};
pub use text::MAX_POLICY_BYTES;
#[cfg(any(feature = "analysis", feature = "scenario"))]
pub(crate) use text::readable;

//! The policy document: parsed from bytes, built in code, and written back. Pure: no I/O, no clock.
//!
//! Start with [`PolicyFile`]. Parsing never expands an entity, fetches a DTD or panics. It either
//! returns a policy with [diagnostics](crate::diagnostics::Diagnostic), or rejects the whole
//! document as a player does ([`MalformedPolicy`], rulebook X1).
//!
//! ```
//! use flash_policy_core::document::{MetaPolicy, PolicyFile};
//!
//! let policy = PolicyFile::builder()
//!     .allow("*.example.com", 5000..=5010)
//!     .site_control(MetaPolicy::MasterOnly)
//!     .build();
//! let rule = &policy.allow_access_from()[0];
//! assert!(rule.domain().is_some_and(|domain| domain.matches(Some("www.example.com"))));
//! assert_eq!(
//!     rule.to_string(),
//!     r#"<allow-access-from domain="*.example.com" to-ports="5000-5010"/>"#,
//! );
//! ```
//!
//! A document passes through these modules: `decode` turns bytes into characters, `tokens` and
//! `outline` check its structure, `elements` reads the XML, `interpret` reads the elements,
//! `kind_checks` finds what is wrong in one kind of policy only, and `empty_policy` says why a
//! policy grants nothing. `diagnosis` orders what they found. `around_root`, `xml_fault`,
//! `declaration`, `fake_nul`, `source_code`, `domain_fault`, `domain_caveat`, `port_help` and
//! `vocabulary` find out what a mistake was meant to be.

mod allow_access_from;
mod around_root;
mod builder;
mod declaration;
mod decode;
mod diagnosis;
mod domain_caveat;
mod domain_fault;
mod domain_pattern;
mod elements;
mod empty_policy;
mod fake_nul;
mod interpret;
mod invalid_rule;
mod kind;
mod kind_checks;
mod length_prefix;
mod malformed;
mod other_answer;
mod outline;
mod policy_document;
mod policy_file;
mod port_help;
mod punycode;
mod site_control;
mod source_code;
mod to_ports;
mod tokens;
mod vocabulary;
mod xml_fault;

pub use allow_access_from::{AllowAccessFrom, PortGrant};
pub use builder::PolicyFileBuilder;
pub(crate) use decode::wide;
pub use decode::{MAX_POLICY_BYTES, readable};
#[cfg(feature = "lint")]
pub(crate) use diagnosis::is_of_lost_grants;
pub use diagnosis::{PolicyPlace, diagnose_document};
pub(crate) use domain_fault::bare_host;
#[cfg(feature = "lint")]
pub(crate) use domain_fault::is_known_scheme;
pub use domain_pattern::DomainPattern;
pub(crate) use elements::escape;
pub use invalid_rule::InvalidRule;
pub use kind::PolicyKind;
pub(crate) use length_prefix::length_prefix;
pub use malformed::MalformedPolicy;
pub use policy_document::PolicyDocument;
pub use policy_file::PolicyFile;
pub use site_control::{MetaPolicy, SiteControl};
pub use to_ports::ToPorts;
#[cfg(feature = "lint")]
pub(crate) use tokens::{Markup, tokens};

//! Conformance checks of a live Flash policy server.
//!
//! [`Torture`] asks a server for its policy in all the ways in which requests really arrive: in one
//! segment, in two, in twenty-three, late, 200 at the same time, beside clients that send nothing.
//! It also sends bytes that are not a request, and watches how answers end. After each check the
//! server must still answer a correct request. The result is a [`TortureReport`]: for each
//! [`CheckId`] a verdict, a reason in one line, and the rule of the catalogue that explains it.
//!
//! ```
//! use flash_policy_conformance::{CheckVerdict, Torture};
//! use flash_policy_fixture::{PolicyFile, PolicyServer, wire::Fault};
//!
//! let policy = PolicyFile::builder().allow("*", 5000).build();
//! let server = PolicyServer::builder().document(policy).fault(Fault::Http400).start();
//! let report = Torture::new(server.addr()).run()?;
//! assert!(!report.is_success());
//!
//! let request = &report.checks()[0];
//! assert_eq!((request.id().as_str(), request.verdict()), ("request", CheckVerdict::Fail));
//! assert_eq!(request.rule().map(|rule| rule.id()), Some("FSP-T10"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The checks judge how a server delivers its policy. They do not know whom the policy should
//! permit: that is for `Evaluator` and `FlashClient` of `flash-policy-fixture`.

mod check_id;
mod connection;
mod finding;
mod lateness;
mod marker;
mod observation;
mod reference;
mod report;
mod run;
mod selection;
mod steps;
mod torture;
mod verdicts;

pub use check_id::CheckId;
pub use report::{Check, CheckVerdict, TortureReport, UnexpectedVerdicts};
pub use torture::Torture;

/// The reference of all checks, in Markdown.
///
/// Its table has one row for each check: `` | `id` | sent | passes | is tolerated | fails | ``.
pub const REFERENCE: &str = include_str!("torture.md");

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;

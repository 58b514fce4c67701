//! The catalogue of rules. No other place repeats their text.
//!
//! A rule is a constant named in words, such as [`MISSING_TO_PORTS`], with its public id as data.
//! Most rules that the code reports have a function of the same name in lower case, such as
//! [`missing_to_ports`], that returns a diagnostic of the rule. Its arguments fill the placeholders
//! of the rule's text, and what a caller passes is escaped:
//!
//! ```
//! use flash_policy_core::diagnostics::rules;
//!
//! let diagnostic = rules::domain_with_scheme("http://a.example", "a.example");
//! assert_eq!(diagnostic.rule(), &rules::DOMAIN_WITH_SCHEME);
//! assert_eq!(
//!     diagnostic.message(),
//!     r#"domain="http://a.example" contains a scheme; use "a.example""#
//! );
//! ```
//!
//! Each group has a file. `T` (transport), `D` (document), `S` (scope), `R` (requester), `B`
//! (backend) and `O` (operations) come from the failure catalogue. `L` is for lints that the
//! catalogue lacks.

mod backend;
mod document;
mod lints;
mod operations;
mod requester;
mod scope;
mod transport;

pub use self::backend::*;
pub use self::document::*;
pub use self::lints::*;
pub use self::operations::*;
pub use self::requester::*;
pub use self::scope::*;
pub use self::transport::*;

use super::Rule;

/// Returns the rule with this id, such as `FSP-T01`. ASCII case does not matter.
///
/// ```
/// use flash_policy_core::diagnostics::rules;
///
/// assert_eq!(rules::find("fsp-t01"), Some(&rules::MASTER_REFUSED));
/// assert_eq!(rules::find("T01"), None);
/// ```
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

/// Returns the rule with this id, with or without the prefix `FSP-`. ASCII case does not matter.
pub fn named(id: &str) -> Option<&'static Rule> {
    find(id).or_else(|| find(&format!("FSP-{id}")))
}

/// Every rule: group by group, each in the order of its ids.
pub static ALL: &[Rule] = &all();

const GROUPS: [&[Rule]; 7] = [
    transport::TRANSPORT,
    document::DOCUMENT,
    scope::SCOPE,
    requester::REQUESTER,
    backend::BACKEND,
    operations::OPERATIONS,
    lints::LINTS,
];

const fn all() -> [Rule; count()] {
    let mut all = [GROUPS[0][0]; count()];
    let (mut filled, mut group) = (0, 0);
    while group < GROUPS.len() {
        let mut index = 0;
        while index < GROUPS[group].len() {
            all[filled] = GROUPS[group][index];
            filled += 1;
            index += 1;
        }
        group += 1;
    }
    all
}

const fn count() -> usize {
    let (mut count, mut group) = (0, 0);
    while group < GROUPS.len() {
        count += GROUPS[group].len();
        group += 1;
    }
    count
}

/// Defines the rules of a group. A row is the constant, the id, the name, the default severity, the
/// text and the help of a rule, and then the way in which the code reports it:
///
/// - `=> name(argument, …)` defines a function that returns a diagnostic. The text must have a
///   placeholder for every argument, and no other: anything else does not compile.
/// - `by reference`: the rule itself is reported, and its text is not filled in.
/// - Without either, the rule is knowledge only.
macro_rules! define_rules {
    (
        const $group:ident;
        $(
            $rule:ident $id:literal $name:literal $severity:ident $text:literal $help:literal
            $(=> $constructor:ident($($argument:ident),*))?
            $(by $reference:ident)?;
        )*
    ) => {
        $(
            #[doc = concat!("`", $id, "` ", $name, ": `", $text, "`")]
            pub const $rule: $crate::diagnostics::Rule = $crate::diagnostics::Rule {
                constant: stringify!($rule),
                id: $id,
                name: $name,
                severity: $crate::diagnostics::Severity::$severity,
                text: $text,
                help: $help,
                is_emitted: $crate::diagnostics::rules::is_emitted!(
                    $($constructor)? $($reference)?
                ),
            };

            $(
                #[doc = concat!("Returns a diagnostic of [`", stringify!($rule), "`].")]
                #[must_use]
                pub fn $constructor(
                    $($argument: impl ::std::fmt::Display),*
                ) -> $crate::diagnostics::Diagnostic {
                    $(let $argument = $argument.to_string();)*
                    let message = format!(
                        $text,
                        $($argument = $crate::printable::printable(&$argument)),*
                    );
                    let values = [$((stringify!($argument), $argument.as_str())),*];
                    $crate::diagnostics::Diagnostic::new(&$rule, message, &values)
                }
            )?
        )*

        pub(super) const $group: &[$crate::diagnostics::Rule] = &[$($rule),*];
    };
}
use define_rules;

macro_rules! is_emitted {
    () => {
        false
    };
    ($way:ident) => {
        true
    };
}
use is_emitted;

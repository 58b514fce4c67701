//! Macros that the crates of this project share.

/// Defines an enum whose variants have stable ids, with `ALL`, `IDS`, `as_str`, `Display` and
/// `FromStr`.
///
/// JSON, scenario files and the command use these ids.
///
/// ```
/// flash_policy_core::ids! {
///     /// The answer to a question.
///     #[derive(Clone, Copy, Debug, PartialEq, Eq)]
///     pub enum Reply {
///         /// It is so.
///         Yes = "yes",
///         /// It is not.
///         No = "no",
///     }
/// }
///
/// assert_eq!(Reply::ALL, [Reply::Yes, Reply::No]);
/// assert_eq!(Reply::No.as_str(), "no");
/// assert_eq!("yes".parse(), Ok(Reply::Yes));
/// assert_eq!("maybe".parse::<Reply>().unwrap_err().expected(), ["yes", "no"]);
/// ```
#[macro_export]
macro_rules! ids {
    ($(#[$attribute:meta])* $visibility:vis enum $name:ident {
        $($(#[$variant_attribute:meta])* $variant:ident = $id:literal,)*
    }) => {
        $(#[$attribute])*
        $visibility enum $name {
            $($(#[$variant_attribute])* #[doc = concat!("\n\nId: `", $id, "`.")] $variant,)*
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The id of every variant, in the same order.
            pub const IDS: &[&str] = &[$($id,)*];

            /// Returns the id, as JSON and scenario files spell it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }
        }

        impl $crate::StableId for $name {
            const IDS: &'static [&'static str] = Self::IDS;

            fn id(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::UnknownId;

            fn from_str(written: &str) -> Result<Self, Self::Err> {
                match written {
                    $($id => Ok(Self::$variant),)*
                    _ => Err($crate::UnknownId::new(written, Self::IDS)),
                }
            }
        }
    };
}

/// Makes `Debug` print what `Display` prints, so that an `unwrap()` in a test shows the text.
///
/// ```
/// struct Sentence;
///
/// impl std::fmt::Display for Sentence {
///     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
///         f.write_str("the port is taken")
///     }
/// }
///
/// flash_policy_core::debug_as_text!(Sentence);
/// assert_eq!(format!("{Sentence:?}"), "the port is taken");
/// ```
#[macro_export]
macro_rules! debug_as_text {
    ($name:ident $(<$parameter:ident>)?) => {
        impl$(<$parameter>)? std::fmt::Debug for $name$(<$parameter>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

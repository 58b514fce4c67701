//! Enums whose variants have ids that are an interface.

/// An enum, each variant with its id: makes `as_str` and `Display` of them.
macro_rules! ids {
    ($(#[$attribute:meta])* pub enum $name:ident { $($(#[$variant_attribute:meta])* $variant:ident = $id:literal,)* }) => {
        $(#[$attribute])*
        #[non_exhaustive]
        pub enum $name { $($(#[$variant_attribute])* #[doc = concat!("\n\nId: `", $id, "`.")] $variant,)* }

        impl $name {
            /// Each of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The id, as JSON and scenario files spell it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub(crate) use ids;

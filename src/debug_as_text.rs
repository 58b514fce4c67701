//! Errors whose text is for a person.

/// Makes `Debug` print what `Display` prints, so that an `unwrap()` in a test shows the text.
macro_rules! debug_as_text {
    ($name:ident $(<$parameter:ident>)?) => {
        impl$(<$parameter>)? std::fmt::Debug for $name$(<$parameter>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

pub(crate) use debug_as_text;

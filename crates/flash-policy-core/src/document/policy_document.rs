//! The document that a policy server serves.

use std::fmt;

use super::PolicyFile;

/// The bytes that a policy server serves before the NUL. They are usually a policy, but may be
/// anything that a test needs.
///
/// ```
/// use flash_policy_core::document::{PolicyDocument, PolicyFile};
///
/// let good = PolicyDocument::from(PolicyFile::builder().allow("*", 5000).build());
/// let bad = PolicyDocument::from("HTTP/1.1 400 Bad Request\r\n\r\n");
/// assert!(PolicyFile::parse(good.as_bytes()).is_ok());
/// assert!(PolicyFile::parse(bad.as_bytes()).is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct PolicyDocument {
    bytes: Vec<u8>,
}

impl PolicyDocument {
    /// Returns the bytes. They end with a NUL only if they were created with one.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyDocument(\"{}\")", self.bytes.escape_ascii())
    }
}

impl AsRef<[u8]> for PolicyDocument {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

macro_rules! from {
    ($([$($generic:tt)*] $type:ty: $value:ident => $bytes:expr;)*) => {$(
        impl<$($generic)*> From<$type> for PolicyDocument {
            fn from($value: $type) -> Self {
                PolicyDocument { bytes: $bytes }
            }
        }
    )*};
}

from! {
    [] Vec<u8>: bytes => bytes;
    [] &[u8]: bytes => bytes.to_vec();
    [const N: usize] &[u8; N]: bytes => bytes.to_vec();
    [] &str: text => text.as_bytes().to_vec();
    [] &String: text => text.as_bytes().to_vec();
    [] String: text => text.into_bytes();
    [] &PolicyFile: policy => policy.to_xml().into_bytes();
    [] PolicyFile: policy => policy.to_xml().into_bytes();
}

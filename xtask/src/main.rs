//! The jobs of CI, by name.
fn main() {}

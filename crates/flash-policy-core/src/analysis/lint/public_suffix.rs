//! Questions to the public suffix list.

/// Returns true if anybody can register names under this suffix, or one level below it, as under
/// `*.ck`. A suffix that is not on the list, such as `local`, is not public.
pub(super) fn is_public(suffix: &str) -> bool {
    let is_listed = |name: &str| {
        psl::suffix(name.as_bytes())
            .is_some_and(|public| public.is_known() && public.as_bytes() == name.as_bytes())
    };
    let lower = suffix.to_ascii_lowercase();
    is_listed(&lower) || is_listed(&format!("any.{lower}"))
}

/// Returns true if the host is a registered name: one label below a suffix of a domain registry.
pub(super) fn is_registered_name(host: &str) -> bool {
    let icann =
        psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann));
    icann && host.is_ascii() && psl::domain_str(host) == Some(host)
}

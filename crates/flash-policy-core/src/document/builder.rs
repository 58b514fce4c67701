//! A builder for policy files.

use super::allow_access_from::Written;
use super::{
    AllowAccessFrom, DomainPattern, InvalidRule, MetaPolicy, PolicyFile, PortGrant, SiteControl,
    ToPorts,
};
use crate::or_panic;

/// A builder for a [`PolicyFile`] with any number of rules, in order.
///
/// ```
/// use flash_policy_core::document::PolicyFile;
///
/// let policy = PolicyFile::builder()
///     .allow("*.example.com", 5000)
///     .allow_secure("bank.example", "443,8000-8010")
///     .build();
/// assert_eq!(policy.allow_access_from().len(), 2);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build`"]
pub struct PolicyFileBuilder {
    allow_access_from: Vec<AllowAccessFrom>,
    site_control: Vec<SiteControl>,
    invalid: Option<InvalidRule>,
}

impl PolicyFileBuilder {
    /// Adds an `<allow-access-from>`.
    ///
    /// `domain` is a text such as `"*.example.com"`. `ports` is one of `5000`, `5000..=5010`,
    /// `"80,5000-5010"` and [`ToPorts`]. An invalid value is reported by [`build`](Self::build) or
    /// [`try_build`](Self::try_build).
    pub fn allow<D, P>(self, domain: D, ports: P) -> Self
    where
        D: TryInto<DomainPattern, Error: Into<InvalidRule>>,
        P: TryInto<ToPorts, Error: Into<InvalidRule>>,
    {
        self.rule(domain, ports, None)
    }

    /// Adds a rule as [`allow`](Self::allow) does, with `secure="true"`: it is only for SWFs loaded
    /// over HTTPS (rulebook X9).
    pub fn allow_secure<D, P>(self, domain: D, ports: P) -> Self
    where
        D: TryInto<DomainPattern, Error: Into<InvalidRule>>,
        P: TryInto<ToPorts, Error: Into<InvalidRule>>,
    {
        self.rule(domain, ports, Some(true))
    }

    /// Adds a `<site-control>`.
    pub fn site_control(mut self, value: MetaPolicy) -> Self {
        self.site_control.push(SiteControl {
            value: Some(value),
            written: value.to_string(),
            position: None,
            value_position: None,
        });
        self
    }

    /// Builds the policy file.
    ///
    /// # Panics
    ///
    /// Panics at the caller's line if a domain or a list of ports was invalid.
    /// [`try_build`](Self::try_build) returns an error instead.
    #[track_caller]
    #[must_use]
    pub fn build(self) -> PolicyFile {
        or_panic(
            self.try_build().map_err(|invalid| format!("the policy cannot be built: {invalid}")),
        )
    }

    /// Builds the policy file.
    ///
    /// # Errors
    ///
    /// Returns the first [`InvalidRule`] if a domain or a list of ports was invalid.
    pub fn try_build(self) -> Result<PolicyFile, InvalidRule> {
        match self.invalid {
            Some(invalid) => Err(invalid),
            None => Ok(PolicyFile {
                allow_access_from: self.allow_access_from,
                site_control: self.site_control,
                diagnostics: Vec::new(),
                has_lost_grants: false,
            }),
        }
    }

    fn rule<D, P>(mut self, domain: D, ports: P, secure: Option<bool>) -> Self
    where
        D: TryInto<DomainPattern, Error: Into<InvalidRule>>,
        P: TryInto<ToPorts, Error: Into<InvalidRule>>,
    {
        let domain = domain.try_into().map_err(Into::into);
        let ports = ports.try_into().map_err(Into::into);
        match domain.and_then(|domain| Ok((domain, ports?))) {
            Ok((domain, ports)) => self.allow_access_from.push(built(domain, ports, secure)),
            Err(invalid) => self.invalid = self.invalid.or(Some(invalid)),
        }
        self
    }
}

fn built(domain: DomainPattern, ports: ToPorts, secure: Option<bool>) -> AllowAccessFrom {
    let values = [
        ("domain", Some(domain.to_string())),
        ("to-ports", Some(ports.to_string())),
        ("secure", secure.map(|secure| secure.to_string())),
    ];
    let written = values
        .into_iter()
        .filter_map(|(name, value)| Some(Written { name, value: value?, position: None }))
        .collect();
    AllowAccessFrom {
        domain: Some(domain),
        to_ports: PortGrant::Listed(ports),
        secure,
        position: None,
        written,
    }
}

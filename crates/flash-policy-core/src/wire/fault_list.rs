//! A list of faults, as scenario files and `serve --fault` write it: one fault for each connection,
//! or one entry about the endpoint as a whole.

use std::fmt;
use std::str::FromStr;

use super::fault;
use super::{Declaration, EndpointState, Fault, InvalidFault};

/// The faults of a policy server: the state of its endpoint, and the fault of the first policy
/// connection, the second, and so on. The last fault repeats.
///
/// ```
/// use flash_policy_core::wire::{Fault, FaultList};
///
/// let list = FaultList::parse(["silent", "ok"])?;
/// assert_eq!(list, FaultList::from_iter([Fault::Silent, Fault::Ok]));
/// assert!(FaultList::parse(["refused", "ok"]).is_err());
/// # Ok::<(), flash_policy_core::wire::InvalidFault>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultList {
    state: EndpointState,
    serial: bool,
    faults: Vec<Fault>,
}

impl FaultList {
    /// Creates the list from its entries.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidFault`] if `refused`, `dropped` or `serial` is not the only entry: each of
    /// them is about the whole endpoint.
    pub fn new(listed: impl IntoIterator<Item = ListedFault>) -> Result<Self, InvalidFault> {
        let listed: Vec<_> = listed.into_iter().collect();
        if let [alone] = listed.as_slice() {
            return Ok(Self::from(alone.clone()));
        }
        let faults = listed.into_iter().map(|listed| match listed {
            ListedFault::Connection(fault) => Ok(fault),
            of_endpoint => Err(InvalidFault::new(of_endpoint, NOT_ALONE)),
        });
        faults.collect()
    }

    /// Parses the ids of a list.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidFault`] if an id is unknown, a value cannot be read, or the entries
    /// contradict each other.
    pub fn parse<'a>(written: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidFault> {
        let listed: Vec<ListedFault> =
            written.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        Self::new(listed)
    }

    /// Returns the state of the endpoint.
    pub fn state(&self) -> EndpointState {
        self.state
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        let of_endpoint = self.serial || self.state != EndpointState::Up;
        self.faults.len().max(usize::from(of_endpoint))
    }

    /// Returns true if the list has no entries, so that the server has no fault.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Declares an endpoint whose policy server serves `document` with these faults.
    pub fn declare(&self, document: &[u8]) -> Declaration {
        let faults = if self.faults.is_empty() { &[Fault::Ok] } else { self.faults.as_slice() };
        let scripts = faults.iter().map(|fault| fault.script(document));
        let declaration = Declaration::new().policy(scripts).in_state(self.state);
        if self.serial { declaration.serial() } else { declaration }
    }
}

impl FromIterator<Fault> for FaultList {
    fn from_iter<T: IntoIterator<Item = Fault>>(faults: T) -> Self {
        Self { faults: faults.into_iter().collect(), ..Self::default() }
    }
}

impl From<ListedFault> for FaultList {
    fn from(alone: ListedFault) -> Self {
        match alone {
            ListedFault::Connection(fault) => fault.into(),
            ListedFault::State(state) => Self { state, ..Self::default() },
            ListedFault::Serial => Self { serial: true, ..Self::default() },
        }
    }
}

impl From<Fault> for FaultList {
    fn from(alone: Fault) -> Self {
        Self::from_iter([alone])
    }
}

impl From<EndpointState> for FaultList {
    fn from(state: EndpointState) -> Self {
        Self { state, ..Self::default() }
    }
}

/// The problem of an entry about the endpoint that is not alone in its list.
const NOT_ALONE: &str = "it speaks of the whole endpoint, so it must be the only one in its list";

/// One entry of a list of faults.
///
/// ```
/// use flash_policy_core::wire::{EndpointState, Fault, ListedFault};
///
/// assert_eq!("no-nul".parse(), Ok(ListedFault::Connection(Fault::NoNul)));
/// assert_eq!("refused".parse(), Ok(ListedFault::State(EndpointState::Refused)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListedFault {
    /// A fault on one connection.
    Connection(Fault),
    /// `refused` or `dropped`: no connection is established at all.
    State(EndpointState),
    /// `serial`: the server serves one client at a time (FSP-T04). The next client waits until the
    /// one before has gone. Policy requests of a stage's own clients do not wait.
    Serial,
}

impl ListedFault {
    /// Returns the ids of all entries, with the form of the value if there is one.
    pub fn forms() -> impl Iterator<Item = &'static str> {
        let (ok, faults) = fault::FORMS.split_at(1);
        let of_endpoints = OF_ENDPOINTS.iter().map(|(id, _)| id);
        ok.iter().chain(of_endpoints).chain(faults).copied()
    }
}

impl From<Fault> for ListedFault {
    fn from(fault: Fault) -> Self {
        Self::Connection(fault)
    }
}

impl fmt::Display for ListedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connection(fault) => fault.fmt(f),
            Self::State(state) => state.fmt(f),
            Self::Serial => f.write_str("serial"),
        }
    }
}

impl FromStr for ListedFault {
    type Err = InvalidFault;

    fn from_str(written: &str) -> Result<Self, InvalidFault> {
        if let Some((_, listed)) = OF_ENDPOINTS.iter().find(|(id, _)| *id == written) {
            return Ok(listed.clone());
        }
        let unknown = || {
            let forms: Vec<_> = Self::forms().collect();
            Err(format!("no such fault; there are {}", forms.join(", ")))
        };
        let fault = fault::parse(written).unwrap_or_else(unknown);
        fault.map(Self::Connection).map_err(|problem| InvalidFault::new(written, problem))
    }
}

/// The entries about an endpoint as a whole.
const OF_ENDPOINTS: [(&str, ListedFault); 3] = [
    ("refused", ListedFault::State(EndpointState::Refused)),
    ("dropped", ListedFault::State(EndpointState::Dropped)),
    ("serial", ListedFault::Serial),
];

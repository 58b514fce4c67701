//! The setup of the servers, and its changes by commands. It runs no server.

use std::fs;
use std::io::Write;
use std::path::Path;

use flash_policy_core::document::PolicyFile;
use flash_policy_core::printable::printable;
use flash_policy_core::wire::{Declaration, EndpointState, Fault, FaultList, ListedFault};
use flash_policy_fixture::Backend;
use flash_policy_fixture::server::BackendState;
use flash_policy_scenario::values;

use super::messages::{MAX_FAULTS, PolicyState, ServeCommand};
use crate::args::Serve;
use crate::failure::Failure;
use crate::input::Input;
use crate::report::{ErrorKind, ReportedError};

/// The setup of the servers.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    document: Vec<u8>,
    faults: FaultList,
    policy: PolicyState,
    backend: BackendState,
    is_in_band: bool,
    /// True if stdin is the document, so that it has no commands.
    pub(super) is_from_stdin: bool,
}

impl Setup {
    /// Creates the setup of the command line.
    pub(super) fn of(args: &Serve) -> Result<Self, Failure> {
        let is_from_stdin = args.file == Path::new("-");
        if is_from_stdin && args.time_limit.is_none() {
            let text = "standard input carries the commands of serve, and cannot be the document: \
                name a file, or add \
                --for DURATION, with which it is read to its end and there are no commands";
            return Err(Failure::usage(text));
        }
        let setup = Self {
            document: read_document(&args.file)?,
            faults: FaultList::default(),
            policy: PolicyState::Up,
            backend: args.backend,
            is_in_band: args.in_band,
            is_from_stdin,
        };
        warn_if_rejected(&setup.document);
        setup.with_faults(args.fault.clone()).map_err(Failure::usage)
    }

    /// Returns the setup after a command. If anything in the command is wrong, all of it is
    /// rejected.
    pub(super) fn after(&self, command: &ServeCommand) -> Result<Self, String> {
        let mut setup = match &command.faults {
            Some(faults) => {
                let faults = faults
                    .iter()
                    .map(|fault| values::fault(fault).map_err(|error| error.to_string()));
                self.clone().with_faults(faults.collect::<Result<_, _>>()?)?
            }
            None => self.clone(),
        };
        if let Some(document) = command.document()? {
            warn_if_rejected(&document);
            setup.document = document;
        }
        if let Some(policy) = command.policy {
            if endpoint_state(&setup.faults).is_some() {
                setup.faults = FaultList::default();
            }
            setup.policy = policy;
        }
        setup.backend = command.backend.unwrap_or(setup.backend);
        Ok(setup)
    }

    /// Returns the declarations of the policy server and the backend, or of one server that is
    /// both.
    pub(super) fn declarations(&self) -> Vec<Declaration> {
        let policy = match self.policy {
            PolicyState::Silent => FaultList::from(Fault::Silent).declare(&self.document),
            _ => self.faults.declare(&self.document),
        };
        let policy = policy.in_state(match self.policy {
            PolicyState::Up | PolicyState::Silent => EndpointState::Up,
            PolicyState::Down => EndpointState::Refused,
            PolicyState::Firewalled => EndpointState::Dropped,
        });
        let backend = Backend::in_state(self.backend);
        if self.is_in_band {
            vec![backend.declare(policy)]
        } else {
            vec![policy, backend.declare(Declaration::new())]
        }
    }

    /// Sets the faults. `refused` and `dropped` set the state of the whole server, which lasts
    /// until the next command that changes it.
    fn with_faults(mut self, faults: Vec<ListedFault>) -> Result<Self, String> {
        if faults.len() > MAX_FAULTS {
            return Err(format!(
                "{} faults are too many; expected {MAX_FAULTS} at most",
                faults.len()
            ));
        }
        let faults = FaultList::new(faults).map_err(|error| error.to_string())?;
        let recovered = endpoint_state(&self.faults).map(|_| PolicyState::Up);
        self.policy = endpoint_state(&faults).or(recovered).unwrap_or(self.policy);
        self.faults = faults;
        Ok(self)
    }
}

impl ServeCommand {
    /// Returns the document that the command contains or names.
    fn document(&self) -> Result<Option<Vec<u8>>, String> {
        match (&self.document, &self.file) {
            (Some(_), Some(_)) => {
                Err("`document` and `file` are both the document; leave one out".to_owned())
            }
            (Some(document), None) => Ok(Some(document.clone().into_bytes())),
            // A read from a pipe could block, and then the end of stdin would go unnoticed.
            (None, Some(file)) if fs::metadata(file).is_ok_and(|known| !known.is_file()) => {
                Err(format!("`file`: {} is no regular file", printable(file.display())))
            }
            (None, Some(file)) if file == Path::new("-") => {
                Err("`file`: standard input carries commands; write the document into `document`"
                    .to_owned())
            }
            (None, Some(file)) => read_document(file)
                .map(Some)
                .map_err(|error| format!("`file`: {}", one_line(file, &error))),
            (None, None) => Ok(None),
        }
    }
}

/// Returns the state that the faults set for the whole server, if they set one.
fn endpoint_state(faults: &FaultList) -> Option<PolicyState> {
    match faults.state() {
        EndpointState::Up => None,
        EndpointState::Refused => Some(PolicyState::Down),
        EndpointState::Dropped => Some(PolicyState::Firewalled),
    }
}

/// Reads a whole document, or returns an error if it is too large.
fn read_document(file: &Path) -> Result<Vec<u8>, ReportedError> {
    let input = Input::read(file)?;
    if input.is_cut() {
        let text = "it is larger than 1 MiB; no player reads more than 64 KiB of a policy";
        return Err(ReportedError::new(ErrorKind::InvalidInput, text).in_file(&input.name));
    }
    Ok(input.bytes)
}

/// Returns an error in one line, for the answer to a command.
fn one_line(file: &Path, error: &ReportedError) -> String {
    let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("cannot read {}: {}{help}", printable(file.display()), printable(&error.message))
}

/// Warns on stderr if a player rejects the document. It is served all the same.
fn warn_if_rejected(document: &[u8]) {
    if let Err(error) = PolicyFile::parse(document) {
        let _ = writeln!(
            anstream::stderr(),
            "warning: a player rejects this document: {}",
            printable(error)
        );
    }
}

//! What the servers are to do, and how a command changes it.

use std::fs;
use std::io::Write;
use std::path::Path;

use flash_policy_core::document::PolicyFile;
use flash_policy_core::printable::printable;
use flash_policy_core::wire::{Declaration, EndpointState, FaultList, ListedFault};
use flash_policy_fixture::Backend;
use flash_policy_fixture::server::BackendState;
use flash_policy_scenario::values;

use super::messages::{MAX_FAULTS, PolicyState, ServeCommand};
use crate::args::Serve;
use crate::exit::Failure;
use crate::input::Input;
use crate::report::{ErrorKind, ReportedError};

/// What the servers are to do.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    document: Vec<u8>,
    faults: FaultList,
    policy: PolicyState,
    backend: BackendState,
    is_in_band: bool,
    /// Stdin was the document, and holds no commands.
    pub(super) is_from_stdin: bool,
}

impl Setup {
    /// What the command line says.
    pub(super) fn of(args: &Serve) -> Result<Self, Failure> {
        let is_from_stdin = args.file == Path::new("-");
        if is_from_stdin && args.time_limit.is_none() {
            let text = "standard input carries the commands of serve, and cannot be the document: name a file, or add \
                --for DURATION, with which it is read to its end and there are no commands";
            return Err(Failure::usage(text));
        }
        let (policy, is_in_band) = (PolicyState::Up, args.in_band);
        let setup = Self {
            document: whole(&args.file)?,
            faults: FaultList::default(),
            policy,
            backend: args.backend,
            is_in_band,
            is_from_stdin,
        };
        warn_of(&setup.document);
        setup.with_faults(args.fault.clone()).map_err(Failure::usage)
    }

    /// What is so after a command, which is wrong as a whole if anything in it is.
    pub(super) fn after(&self, command: &ServeCommand) -> Result<Self, String> {
        let mut setup = match &command.faults {
            Some(faults) => {
                let faults = faults
                    .iter()
                    .map(|fault| values::fault(fault).map_err(|illegal| illegal.to_string()));
                self.clone().with_faults(faults.collect::<Result<_, _>>()?)?
            }
            None => self.clone(),
        };
        if let Some(document) = command.document()? {
            warn_of(&document);
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

    /// What stands where: the policy server and the backend, or both in one.
    pub(super) fn declarations(&self) -> Vec<Declaration> {
        let policy = self.faults.declare(&self.document).in_state(match self.policy {
            PolicyState::Up => EndpointState::Up,
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

    /// `refused` and `dropped` speak of the whole server, which is so until it is told otherwise.
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
    /// The document that it brings or names.
    fn document(&self) -> Result<Option<Vec<u8>>, String> {
        match (&self.document, &self.file) {
            (Some(_), Some(_)) => {
                Err("`document` and `file` are both the document; leave one out".to_owned())
            }
            (Some(document), None) => Ok(Some(document.clone().into_bytes())),
            // A pipe could keep us waiting, and deaf to the end of whoever started us.
            (None, Some(file)) if fs::metadata(file).is_ok_and(|known| !known.is_file()) => {
                Err(format!("`file`: {} is no regular file", printable(file.display())))
            }
            (None, Some(file)) if file == Path::new("-") => {
                Err("`file`: standard input carries commands; write the document into `document`"
                    .to_owned())
            }
            (None, Some(file)) => {
                whole(file).map(Some).map_err(|error| format!("`file`: {}", one_line(file, &error)))
            }
            (None, None) => Ok(None),
        }
    }
}

/// Returns what the faults say of the whole server, if they say anything.
fn endpoint_state(faults: &FaultList) -> Option<PolicyState> {
    match faults.state() {
        EndpointState::Up => None,
        EndpointState::Refused => Some(PolicyState::Down),
        EndpointState::Dropped => Some(PolicyState::Firewalled),
    }
}

/// Returns the whole document, which must be one that fits.
fn whole(file: &Path) -> Result<Vec<u8>, ReportedError> {
    let input = Input::read(file)?;
    if input.is_cut() {
        let text = "it is larger than 1 MiB; no player reads more than 64 KiB of a policy";
        return Err(ReportedError::new(ErrorKind::InvalidInput, text).in_file(&input.name));
    }
    Ok(input.bytes)
}

/// Returns an error as an answer to a command has it.
fn one_line(file: &Path, error: &ReportedError) -> String {
    let help = error.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    format!("cannot read {}: {}{help}", printable(file.display()), printable(&error.message))
}

/// Whatever is served may be served; but it should be on purpose.
fn warn_of(document: &[u8]) {
    if let Err(error) = PolicyFile::parse(document) {
        let _ = writeln!(
            anstream::stderr(),
            "warning: a player rejects this document: {}",
            printable(error)
        );
    }
}

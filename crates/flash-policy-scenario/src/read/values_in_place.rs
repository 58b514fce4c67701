//! The values of a scenario file, each with its place: what is written is read, or it is an error that
//! points there.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::Position;
use flash_policy_core::player::{Endpoint, Profile, Swf};
use flash_policy_core::printable::printable_within;
use flash_policy_core::wire::FaultList;

use super::{Reader, Result};
use crate::ScenarioError;
use crate::file::{At, Text};
use crate::files::Unreadable;
use crate::find;
use crate::model::Connect;
use crate::values::{self, Illegal, Table, shown, suggest};

impl Reader<'_> {
    pub(super) fn profile(&self, written: Option<&Text>) -> Result<Option<Profile>> {
        written.map(|written| self.legal(written, values::profile(written.value()))).transpose()
    }

    pub(super) fn swf(&self, written: &Text) -> Result<Swf> {
        self.legal(written, values::swf(written.value()))
    }

    pub(super) fn connect(&self, written: &Text) -> Result<Connect> {
        self.legal(written, values::connect(written.value()))
    }

    pub(super) fn endpoint(&self, written: &Text) -> Result<Endpoint> {
        written.value().parse().map_err(|error| self.explained(written, error))
    }

    /// An endpoint that an entry of the file declares.
    pub(super) fn declared<'a>(
        &self,
        written: &Text,
        standing: impl Iterator<Item = &'a Endpoint>,
        what: &str,
    ) -> Result<Endpoint> {
        let at = self.endpoint(written)?;
        let standing: Vec<_> = standing.collect();
        if standing.contains(&&at) {
            return Ok(at);
        }
        let standing: BTreeSet<_> = standing.into_iter().map(ToString::to_string).collect();
        let help = suggest(&at.to_string(), standing.iter().map(String::as_str));
        Err(self.wrong(written, format!("{what} stands at {}", shown(written.value())), &help))
    }

    pub(super) fn faults(&self, written: &At<Vec<Text>>) -> Result<FaultList> {
        let fault = |fault: &Text| self.legal(fault, values::fault(fault.value()));
        let listed = written.value().iter().map(fault).collect::<Result<Vec<_>>>()?;
        FaultList::new(listed).map_err(|error| self.explained(written, error))
    }

    /// A duration is spelt as in a fault.
    pub(super) fn duration(&self, written: &Text) -> Result<std::time::Duration> {
        self.legal(written, values::duration(written.value()))
    }

    pub(super) fn id<T: Clone>(&self, written: &Text, what: &str, table: &Table<T>) -> Result<T> {
        self.legal(written, values::id(written.value(), what, table))
    }

    /// A path relative to the scenario file.
    pub(super) fn beside(&self, written: &Text) -> PathBuf {
        find::tidy(self.path.parent().unwrap_or(Path::new("")).join(written.value()))
    }

    pub(super) fn once<T>(&self, before: Option<T>, at: &Text, what: &str) -> Result<()> {
        match before {
            None => Ok(()),
            Some(_) => Err(self.wrong(
                at,
                format!("{} has two {what}", shown(at.value())),
                "take one of them out",
            )),
        }
    }

    pub(super) fn position(&self, at: usize) -> Position {
        self.lines.position(self.text, at)
    }

    pub(super) fn unreadable(
        &self,
        written: &Text,
        what: &str,
        path: &Path,
        error: Unreadable,
    ) -> ScenarioError {
        let Unreadable { message, help } = error;
        let message =
            format!("the {what} {}: {message}", printable_within(&path.to_string_lossy(), 300));
        ScenarioError::unreadable_at(self.path, self.text, written.span(), message, help)
    }

    pub(super) fn legal<T>(
        &self,
        written: &At<impl Sized>,
        value: Result<T, Illegal>,
    ) -> Result<T> {
        value.map_err(|Illegal { message, help }| {
            ScenarioError::invalid(self.path, self.text, written.span(), message, help)
        })
    }

    pub(super) fn explained(&self, written: &At<impl Sized>, error: impl Display) -> ScenarioError {
        let Illegal { message, help } = Illegal::of(error);
        ScenarioError::invalid(self.path, self.text, written.span(), message, help)
    }

    pub(super) fn wrong(
        &self,
        place: &At<impl Sized>,
        message: impl Into<String>,
        help: &str,
    ) -> ScenarioError {
        self.invalid(place.span(), message, help)
    }

    pub(super) fn invalid(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: &str,
    ) -> ScenarioError {
        ScenarioError::invalid(self.path, self.text, span, message.into(), Some(help.to_owned()))
    }
}

//! The single values of a scenario file.
//!
//! Each method parses a value, or returns an error that points at its place. What values mean
//! together is checked in `read.rs`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use flash_policy_core::diagnostics::Position;
use flash_policy_core::player::{Endpoint, Profile, Swf};
use flash_policy_core::printable::printable_within;
use flash_policy_core::wire::FaultList;

use super::{Reader, Result};
use crate::ScenarioError;
use crate::file::{At, Text};
use crate::files::ReadError;
use crate::find;
use crate::model::Connect;
use crate::values::{self, InvalidValue, Table, shortened, suggest};

impl Reader<'_> {
    pub(super) fn profile(&self, written: Option<&Text>) -> Result<Option<Profile>> {
        written.map(|written| self.valid(written, values::profile(written.value()))).transpose()
    }

    pub(super) fn swf(&self, written: &Text) -> Result<Swf> {
        self.valid(written, values::swf(written.value()))
    }

    pub(super) fn connect(&self, written: &Text) -> Result<Connect> {
        self.valid(written, values::connect(written.value()))
    }

    pub(super) fn endpoint(&self, written: &Text) -> Result<Endpoint> {
        self.valid(written, written.value().parse::<Endpoint>().map_err(InvalidValue::from))
    }

    /// Parses an endpoint that must be one of the `declared` ones. `none_of` names them in the
    /// error, as in "no policy".
    pub(super) fn declared_endpoint<'a>(
        &self,
        written: &Text,
        declared: impl Iterator<Item = &'a Endpoint>,
        none_of: &str,
    ) -> Result<Endpoint> {
        let at = self.endpoint(written)?;
        let declared: Vec<_> = declared.collect();
        if declared.contains(&&at) {
            return Ok(at);
        }
        let known: BTreeSet<_> = declared.into_iter().map(ToString::to_string).collect();
        let help = suggest(&at.to_string(), known.iter().map(String::as_str));
        let message = format!("{none_of} stands at {}", shortened(written.value()));
        Err(self.wrong(written, message, &help))
    }

    pub(super) fn faults(&self, written: &At<Vec<Text>>) -> Result<FaultList> {
        let fault = |fault: &Text| self.valid(fault, values::fault(fault.value()));
        let listed = written.value().iter().map(fault).collect::<Result<Vec<_>>>()?;
        self.valid(written, FaultList::new(listed).map_err(InvalidValue::from))
    }

    pub(super) fn duration(&self, written: &Text) -> Result<Duration> {
        self.valid(written, values::duration(written.value()))
    }

    /// Finds the value of a table that has this id. `what` names the kind of value in the error.
    pub(super) fn id<T: Clone>(&self, written: &Text, what: &str, table: &Table<T>) -> Result<T> {
        self.valid(written, values::find_id(written.value(), what, table))
    }

    /// Returns a path that is relative to the scenario file.
    pub(super) fn relative_path(&self, written: &Text) -> PathBuf {
        find::tidy(self.path.parent().unwrap_or(Path::new("")).join(written.value()))
    }

    /// Checks that there was no entry before this one. `what` names both in the error, as in
    /// "policies".
    pub(super) fn only_once<T>(&self, before: Option<T>, at: &Text, what: &str) -> Result<()> {
        if before.is_none() {
            return Ok(());
        }
        let message = format!("{} has two {what}", shortened(at.value()));
        Err(self.wrong(at, message, "take one of them out"))
    }

    pub(super) fn position(&self, at: usize) -> Position {
        self.lines.position(self.text, at)
    }

    /// Returns the error of a file that a value names.
    pub(super) fn unreadable(
        &self,
        written: &Text,
        what: &str,
        path: &Path,
        error: ReadError,
    ) -> ScenarioError {
        let ReadError { message, help } = error;
        let path = printable_within(&path.to_string_lossy(), 300);
        let message = format!("the {what} {path}: {message}");
        ScenarioError::unreadable_at(self.path, self.text, written.span(), message, help)
    }

    /// Gives the error of a value its place.
    fn valid<T>(&self, written: &At<impl Sized>, value: Result<T, InvalidValue>) -> Result<T> {
        value.map_err(|InvalidValue { message, help }| {
            ScenarioError::invalid(self.path, self.text, written.span(), message, help)
        })
    }

    /// Returns an error about a value.
    pub(super) fn wrong(
        &self,
        written: &At<impl Sized>,
        message: impl Into<String>,
        help: &str,
    ) -> ScenarioError {
        self.wrong_at(written.span(), message, help)
    }

    /// Returns an error about a place in the file.
    pub(super) fn wrong_at(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: &str,
    ) -> ScenarioError {
        ScenarioError::invalid(self.path, self.text, span, message.into(), Some(help.to_owned()))
    }
}

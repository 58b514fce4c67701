//! Reads the text of a scenario file into a [`Scenario`].
//!
//! It checks every value, and gives every error a place. `values_in_place.rs` has the single
//! values, and `hosts.rs` the hosts that may be misspelt. It starts nothing.

mod hosts;
mod values_in_place;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flash_policy_core::PlayerEvent;
use flash_policy_core::diagnostics::Rule;
use flash_policy_core::player::{Endpoint, Grantor, Profile, Swf, Verdict};
use flash_policy_fixture::server::BackendState;

use super::error::{LineIndex, ScenarioError};
use super::file::{
    At, BackendEntry, CaseEntry, MatrixEntry, PolicyEntry, ScenarioFile, Text, WithEntry,
};
use super::find;
use super::model::{
    Attempt, BackendEntryState, Case, Changes, Expectation, MatrixPlan, Policy, Scenario,
};
use super::source::{self, Document, Origin};
use super::toml_text;
use super::values::{self, shortened};
use crate::files::ReadError;

impl Scenario {
    /// Reads a scenario file, and the policy files and the snapshot that it names.
    ///
    /// # Errors
    ///
    /// Returns an error if the file or one that it names cannot be read or is longer than 1 MiB, or
    /// if the file is invalid.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let bytes = find::read_file(path).map_err(|ReadError { message, help }| {
            ScenarioError::unreadable(path, message, help)
        })?;
        match String::from_utf8(bytes) {
            Ok(text) => Self::parse(&text, path),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes());
                let message = "this byte is no UTF-8".to_owned();
                let help = Some("save the file as UTF-8".to_owned());
                Err(ScenarioError::invalid(path, &text, at..at, message, help))
            }
        }
    }

    /// Reads the text of a scenario file. Files that it names are relative to the folder of `path`.
    /// There need not be a file at `path`.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is longer than 1 MiB or is invalid, or if a file that it names
    /// cannot be read.
    pub fn parse(text: &str, path: impl AsRef<Path>) -> Result<Self, ScenarioError> {
        let path = path.as_ref();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if u64::try_from(text.len()).is_ok_and(|length| length > find::MAX_BYTES) {
            return Err(ScenarioError::unreadable(path, find::TOO_LONG.to_owned(), None));
        }
        let reader = Reader { text, lines: LineIndex::of(text), path };
        let file = toml_text::parse(text, path)?;
        reader.scenario(file)
    }
}

/// A scenario file that is being read.
struct Reader<'a> {
    text: &'a str,
    lines: LineIndex,
    path: &'a Path,
}

type Result<T, E = ScenarioError> = std::result::Result<T, E>;

/// The policies, backends and player that the file declares.
struct Declared {
    policies: BTreeMap<Endpoint, Policy>,
    backends: BTreeMap<Endpoint, BackendEntryState>,
    profile: Profile,
}

impl Reader<'_> {
    fn scenario(&self, file: ScenarioFile) -> Result<Scenario> {
        self.check_version(file.version.as_ref())?;
        let profile = self.profile(file.profile.as_ref())?.unwrap_or_default();
        let declared = Declared {
            policies: self.policies(&file.policy)?,
            backends: self.backends(&file.backend)?,
            profile,
        };
        let cases =
            file.case.iter().map(|case| self.case(case, &declared)).collect::<Result<Vec<_>>>()?;
        self.check_names(&file.case, file.matrix.is_some())?;
        self.check_sessions(&file.case, &cases)?;
        let matrix =
            file.matrix.as_ref().map(|matrix| self.matrix(matrix, &declared)).transpose()?;
        if cases.is_empty() && matrix.is_none() {
            let help = "add a [[case]] or a [matrix]";
            return Err(ScenarioError::nothing_to_test(
                self.path,
                "there is nothing to test",
                help,
            ));
        }
        let Declared { policies, backends, .. } = declared;
        let source = source::SourceFile { path: self.path.to_owned(), text: self.text.into() };
        Ok(Scenario { file: source, title: file.title, policies, backends, cases, matrix })
    }

    fn check_version(&self, version: Option<&At<i64>>) -> Result<()> {
        let Some(version) = version else {
            let help = "begin the file with `version = 1`";
            return Err(self.wrong_at(0..0, "`version` is missing", help));
        };
        if *version.value() == 1 {
            return Ok(());
        }
        let message = format!("version {} is not known", version.value());
        Err(self.wrong(version, message, "write `version = 1`"))
    }

    fn policies(&self, entries: &[PolicyEntry]) -> Result<BTreeMap<Endpoint, Policy>> {
        let mut policies = BTreeMap::new();
        for entry in entries {
            let at = self.endpoint(&entry.at)?;
            let policy = self.policy(entry)?;
            self.only_once(policies.insert(at, policy), &entry.at, "policies")?;
        }
        Ok(policies)
    }

    fn policy(&self, entry: &PolicyEntry) -> Result<Policy> {
        let faults = entry
            .faults
            .as_ref()
            .map(|faults| self.faults(faults))
            .transpose()?
            .unwrap_or_default();
        let document = match (&entry.file, &entry.xml, &entry.state) {
            (Some(file), None, None) => self.document(file)?,
            (None, Some(xml), None) => Document::inline(
                xml.value(),
                self.text.get(xml.span()).unwrap_or_default(),
                xml.span(),
            ),
            (None, None, Some(state)) => {
                if let Some(faults) = &entry.faults {
                    return Err(self.wrong(
                        faults,
                        "there is no document that faults could spoil",
                        "take `state` or `faults` out",
                    ));
                }
                return Ok(Policy {
                    document: None,
                    faults: self.id(state, "state of a policy", &values::policy_states())?,
                });
            }
            (None, None, None) => {
                let message = format!(
                    "the policy at {} has neither `file` nor `xml` nor `state`",
                    shortened(entry.at.value())
                );
                return Err(self.wrong(&entry.at, message, "give it one of them"));
            }
            (file, xml, state) => {
                let last =
                    [file, xml, state].into_iter().flatten().max_by_key(|value| value.span().start);
                let message = format!(
                    "the policy at {} has two of `file`, `xml` and `state`",
                    shortened(entry.at.value())
                );
                return Err(self.wrong(last.unwrap_or(&entry.at), message, "leave one of them"));
            }
        };
        Ok(Policy { document: Some(document), faults })
    }

    fn document(&self, file: &Text) -> Result<Document> {
        let path = self.relative_path(file);
        let bytes = find::read_file(&path)
            .map_err(|error| self.unreadable(file, "policy file", &path, error))?;
        Ok(Document::new(bytes.into(), Origin::File(path)))
    }

    fn backends(&self, entries: &[BackendEntry]) -> Result<BTreeMap<Endpoint, BackendEntryState>> {
        let mut backends = BTreeMap::new();
        for entry in entries {
            let state = entry
                .state
                .as_ref()
                .map(|state| self.id(state, "state of a backend", &values::backend_states()));
            let state = state.transpose()?.unwrap_or(BackendState::Up.into());
            let at = self.endpoint(&entry.at)?;
            self.only_once(backends.insert(at, state), &entry.at, "backends")?;
        }
        Ok(backends)
    }

    fn case(&self, entry: &CaseEntry, declared: &Declared) -> Result<Case> {
        let swf = match (&entry.swf, &entry.sandbox) {
            (Some(swf), None) => self.swf(swf)?,
            (None, Some(sandbox)) => self.id(sandbox, "sandbox", &values::sandboxes())?.into(),
            (None, None) => {
                return Err(self.wrong(
                    &entry.name,
                    "the case has neither `swf` nor `sandbox`",
                    "say who asks",
                ));
            }
            (Some(_), Some(sandbox)) => {
                return Err(self.wrong(
                    sandbox,
                    "the case has both `swf` and `sandbox`",
                    "leave one of them",
                ));
            }
        };
        let mut profile =
            self.profile(entry.profile.as_ref())?.unwrap_or_else(|| declared.profile.clone());
        if let Some(timeout) = &entry.timeout {
            profile.timing.socket_timeout = Some(self.duration(timeout)?);
        }
        let attempt = Attempt {
            swf,
            connect: self.connect(&entry.connect)?,
            load: entry.load_policy_files.iter().map(|url| url.value().clone()).collect(),
            profile,
        };
        let expected = self.expectation(entry, &attempt.swf, declared)?;
        let near_endpoint = declared.near_endpoint(&attempt.connect);
        let misspelt_idle = self.misspelt_idle(entry, &attempt, declared);
        Ok(Case {
            name: entry.name.value().clone(),
            position: self.position(entry.name.span().start),
            session: entry.session.clone(),
            attempt,
            changes: self.changes(&entry.with, declared)?,
            expected,
            connect_at: self.position(entry.connect.span().start),
            near_endpoint,
            unnamed_hosts: self.unnamed_hosts(entry, declared),
            misspelt_idle,
        })
    }

    fn expectation(
        &self,
        entry: &CaseEntry,
        swf: &Swf,
        declared: &Declared,
    ) -> Result<Expectation> {
        let verdict = self.id(&entry.expect, "verdict", &values::verdicts())?;
        let cause = entry
            .cause
            .as_ref()
            .map(|cause| self.id(cause, "cause", &values::causes()))
            .transpose()?;
        if let (Some(cause), Some(written)) = (cause, &entry.cause) {
            let of = cause.verdict();
            if of != verdict {
                let message =
                    format!("`{cause}` is a cause of `{of}`, and the case expects `{verdict}`");
                return Err(self.wrong(written, message, "change `expect` or `cause`"));
            }
        }
        let event = |event: &Option<Text>| {
            event.as_ref().map(|event| self.id(event, "event", PlayerEvent::OF_SOCKETS)).transpose()
        };
        if let (Verdict::Denied, Some(written)) = (verdict, &entry.granted_by) {
            return Err(self.wrong(
                written,
                "what is denied is granted by nobody",
                "take `granted-by` out",
            ));
        }
        let granted_by = entry.granted_by.as_ref().map(|grantor| match grantor.value().as_str() {
            "sandbox" => Ok(Grantor::Sandbox),
            _ => self.endpoint(grantor).map(Grantor::Policy),
        });
        Ok(Expectation {
            verdict,
            cause,
            event: event(&entry.event)?,
            then: event(&entry.then)?,
            granted_by: granted_by.transpose()?,
            requests: self.requests(entry, swf, declared)?,
            diagnostics: self.diagnostics(entry)?,
        })
    }

    fn diagnostics(&self, entry: &CaseEntry) -> Result<Option<Vec<&'static Rule>>> {
        let Some(written) = &entry.diagnostics else {
            return Ok(None);
        };
        let rule = |id: &Text| {
            values::find_rule(id.value()).map_err(|near| {
                let help = match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "expected the id of a rule, such as FSP-T01".to_owned(),
                };
                self.wrong(id, format!("`{}` is not the id of a rule", id.value()), &help)
            })
        };
        let mut rules = written.iter().map(rule).collect::<Result<Vec<_>>>()?;
        rules.sort_unstable_by_key(|rule| rule.id());
        rules.dedup();
        Ok(Some(rules))
    }

    fn changes(&self, with: &WithEntry, declared: &Declared) -> Result<Changes> {
        let mut changes = Changes::default();
        for (at, state) in &with.backend {
            let at = self.declared_endpoint(at, declared.backends.keys(), "no backend")?;
            changes
                .backends
                .insert(at, self.id(state, "state of a backend", &values::backend_states())?);
        }
        for (at, state) in &with.policy {
            let at = self.declared_endpoint(at, declared.policies.keys(), "no policy")?;
            changes
                .faults
                .insert(at, self.id(state, "state of a policy", &values::policy_states())?);
        }
        for (written, faults) in &with.faults {
            let at = self.declared_endpoint(written, declared.policies.keys(), "no policy")?;
            if declared.policies.get(&at).is_some_and(|policy| policy.document.is_none()) {
                let message = format!(
                    "the policy at {at} has a state and no document that faults could spoil"
                );
                return Err(self.wrong(written, message, "use `with.policy`"));
            }
            if changes.faults.insert(at.clone(), self.faults(faults)?).is_some() {
                let message = format!("{at} is in `with.policy` as well");
                return Err(self.wrong(written, message, "leave one of them"));
            }
        }
        Ok(changes)
    }

    fn matrix(&self, entry: &MatrixEntry, declared: &Declared) -> Result<MatrixPlan> {
        let swfs = self.axis(&entry.swf, |swf| self.swf(swf))?;
        let connects = self.axis(&entry.connect, |connect| self.connect(connect))?;
        let snapshot = self.relative_path(&entry.snapshot);
        let pinned = match snapshot.try_exists() {
            Ok(false) => None,
            _ => Some(find::read_file(&snapshot).and_then(find::utf8)),
        };
        let pinned = pinned
            .transpose()
            .map_err(|error| self.unreadable(&entry.snapshot, "snapshot", &snapshot, error))?;
        let position = self.position(entry.snapshot.span().start);
        Ok(MatrixPlan {
            position,
            swfs,
            connects,
            profile: declared.profile.clone(),
            unnamed_hosts: self.unnamed_targets(entry, declared),
            snapshot,
            pinned,
        })
    }

    /// Reads one axis of a matrix: a list without repetitions that is not empty.
    fn axis<T>(
        &self,
        written: &At<Vec<Text>>,
        read: impl Fn(&Text) -> Result<T>,
    ) -> Result<Vec<T>> {
        if written.value().is_empty() {
            return Err(self.wrong(
                written,
                "the list is empty",
                "put something in it, or take the matrix out",
            ));
        }
        let mut seen = BTreeSet::new();
        let read_once = |entry: &Text| {
            if seen.insert(entry.value().clone()) {
                return read(entry);
            }
            let message = format!("`{}` is in the list twice", shortened(entry.value()));
            Err(self.wrong(entry, message, "take one out"))
        };
        written.value().iter().map(read_once).collect()
    }

    /// Checks that the names of the cases can be names of tests: one line each, and all different.
    fn check_names(&self, cases: &[CaseEntry], has_matrix: bool) -> Result<()> {
        let mut seen = BTreeMap::new();
        for name in cases.iter().map(|case| &case.name) {
            let written = name.value();
            if written.trim() != written || written.is_empty() || written.contains(char::is_control)
            {
                let message = "a name is one line, without blanks around it";
                return Err(self.wrong(name, message, "call the case by what it tests"));
            }
            if has_matrix && written == "matrix" {
                return Err(self.wrong(
                    name,
                    "`matrix` is the name of the [matrix]",
                    "call the case otherwise",
                ));
            }
            if let Some(first) = seen.insert(written, name.span().start) {
                let line = self.position(first).line;
                let message = format!(
                    "two cases are called `{}`; the other one is in line {line}",
                    shortened(written)
                );
                return Err(self.wrong(name, message, "call one of them otherwise"));
            }
        }
        Ok(())
    }

    /// Checks that the cases of a session have the same player.
    fn check_sessions(&self, entries: &[CaseEntry], cases: &[Case]) -> Result<()> {
        let mut players: BTreeMap<&str, &Profile> = BTreeMap::new();
        for (entry, case) in entries.iter().zip(cases) {
            let Some(session) = case.session() else { continue };
            if *players.entry(session).or_insert(&case.attempt.profile) != &case.attempt.profile {
                let message = format!(
                    "the first case of the session `{}` has another profile or timeout",
                    shortened(session)
                );
                let place =
                    entry.timeout.as_ref().or(entry.profile.as_ref()).unwrap_or(&entry.name);
                return Err(self.wrong(
                    place,
                    message,
                    "one session is one player: give its cases the same, or another session",
                ));
            }
        }
        Ok(())
    }
}

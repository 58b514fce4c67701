//! `flash-policy.toml`: what a repository says of its policy documents.

use std::env;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::args::{Check, known_rule};
use super::exit::Failure;
use super::input::text_of;
use crate::player::Endpoint;
use crate::policy::PolicyKind;
use crate::rules::{Rule, Severity};
use crate::scenario;

const NAME: &str = "flash-policy.toml";

/// The settings of one run: the file's, and over them those of the command line.
#[derive(Default)]
pub(super) struct Settings {
    levels: Vec<(&'static Rule, Option<Severity>)>,
    suppressions: Vec<Suppression>,
    policies: Vec<Policy>,
}

struct Suppression {
    rule: &'static Rule,
    path: Option<PathBuf>,
    reason: String,
}

struct Policy {
    path: PathBuf,
    kind: Option<PolicyKind>,
    served_from: Option<Endpoint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rules: std::collections::BTreeMap<toml::Spanned<String>, toml::Spanned<String>>,
    #[serde(default)]
    suppress: Vec<SuppressEntry>,
    #[serde(default)]
    policy: Vec<PolicyEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppressEntry {
    rule: toml::Spanned<String>,
    path: Option<PathBuf>,
    reason: toml::Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PolicyEntry {
    path: PathBuf,
    kind: Option<toml::Spanned<String>>,
    served_from: Option<toml::Spanned<String>>,
}

impl Settings {
    /// Finds and reads the file, and puts what the command line says over it.
    pub(super) fn of(args: &Check) -> Result<Self, Failure> {
        let path = args.config.clone().or_else(find);
        let mut settings = match &path {
            Some(path) => Self::read(path)?,
            None => Self::default(),
        };
        settings.levels.extend(&args.rule);
        Ok(settings)
    }

    /// The severity that a rule has; `None` is off.
    pub(super) fn level(&self, rule: &Rule, severity: Severity) -> Option<Severity> {
        let last = self.levels.iter().rev().find(|(known, _)| *known == rule);
        last.map_or(Some(severity), |(_, level)| *level)
    }

    /// Why a rule does not count in a document, if it does not.
    pub(super) fn suppressed(&self, rule: &Rule, document: &Path) -> Option<&str> {
        let reaches = |path: &Option<PathBuf>| path.as_ref().is_none_or(|path| is_in(document, path));
        let found = self.suppressions.iter().find(|one| one.rule == rule && reaches(&one.path))?;
        Some(&found.reason)
    }

    /// What kind a document is, if it is said.
    pub(super) fn kind(&self, document: &Path) -> Option<PolicyKind> {
        self.policies.iter().filter(|policy| is_in(document, &policy.path)).find_map(|policy| policy.kind)
    }

    /// Where a document is served, if it is said.
    pub(super) fn served_from(&self, document: &Path) -> Option<&Endpoint> {
        self.policies
            .iter()
            .filter(|policy| is_in(document, &policy.path))
            .find_map(|policy| policy.served_from.as_ref())
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let text = text_of(path)?;
        let file: File = scenario::parse_toml(&text, path)?;
        let reader = Reader { text: &text, path };
        reader.settings(file)
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Reader<'_> {
    fn settings(&self, file: File) -> Result<Settings, Failure> {
        let levels = file.rules.iter().map(|(id, level)| Ok((self.rule(id)?, Some(self.level(level)?))));
        let suppressions = file.suppress.iter().map(|entry| {
            if entry.reason.get_ref().trim().is_empty() {
                return Err(self.wrong(&entry.reason, "the reason is empty", "say why the rule does not count here"));
            }
            let (rule, reason) = (self.rule(&entry.rule)?, entry.reason.get_ref().trim().to_owned());
            Ok(Suppression { rule, path: entry.path.as_ref().map(|path| self.beside(path)), reason })
        });
        let policies = file.policy.iter().map(|entry| {
            let kind = entry.kind.as_ref().map(|kind| self.parsed(kind, super::args::kind(kind.get_ref())));
            let from = entry.served_from.as_ref().map(|from| self.parsed(from, from.get_ref().parse::<Endpoint>()));
            Ok(Policy { path: self.beside(&entry.path), kind: kind.transpose()?, served_from: from.transpose()? })
        });
        Ok(Settings {
            levels: levels.collect::<Result<_, Failure>>()?,
            suppressions: suppressions.collect::<Result<_, Failure>>()?,
            policies: policies.collect::<Result<_, Failure>>()?,
        })
    }

    fn rule(&self, id: &toml::Spanned<String>) -> Result<&'static Rule, Failure> {
        self.parsed(id, known_rule(id.get_ref()))
    }

    fn level(&self, level: &toml::Spanned<String>) -> Result<Severity, Failure> {
        match level.get_ref().as_str() {
            "error" => Ok(Severity::Error),
            "warning" => Ok(Severity::Warning),
            "info" => Ok(Severity::Info),
            "off" => Err(self.wrong(level, "a rule is not turned off here", "write a [[suppress]] with a reason")),
            other => Err(self.wrong(level, &format!("`{other}` is no severity"), "write error, warning or info")),
        }
    }

    fn parsed<T>(&self, at: &toml::Spanned<String>, parsed: Result<T, impl ToString>) -> Result<T, Failure> {
        parsed.map_err(|error| self.wrong(at, &error.to_string(), "correct it"))
    }

    fn wrong(&self, at: &toml::Spanned<String>, message: &str, help: &str) -> Failure {
        scenario::wrong_toml(self.path, self.text, at.span(), message, help).into()
    }

    fn beside(&self, path: &Path) -> PathBuf {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.join(path)
    }
}

/// The settings' file in this folder, or in one above it up to the root of the repository.
fn find() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let is_root = |folder: &&Path| [".git", ".hg", ".svn", ".jj"].iter().any(|mark| folder.join(mark).exists());
    let root = here.ancestors().find(is_root).unwrap_or(&here).to_owned();
    let within = here.ancestors().take_while(|folder| folder.starts_with(&root));
    within.map(|folder| folder.join(NAME)).find(|file| file.is_file())
}

/// Whether a document is this file, or in this folder.
fn is_in(document: &Path, place: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(document).starts_with(real(place))
}

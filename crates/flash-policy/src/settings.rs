//! Reads `flash-policy.toml`, the settings for the policy documents of a repository.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use flash_policy_core::diagnostics::{Rule, Severity};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::Endpoint;
use flash_policy_scenario::toml_text;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::args::{Check, known_rule};
use crate::failure::Failure;
use crate::input::read_text;
use crate::report::{ErrorKind, Id, ReportedError};

const NAME: &str = "flash-policy.toml";

const HOST_AND_PORT: &str = "write HOST:PORT";

/// The settings of one run: those of the file, overridden by the command line.
#[derive(Default)]
pub(crate) struct Settings {
    levels: Vec<(&'static Rule, Option<Severity>)>,
    suppressions: Vec<Suppression>,
    policies: Vec<PolicySettings>,
}

struct Suppression {
    rule: &'static Rule,
    path: Option<PathBuf>,
    reason: String,
}

struct PolicySettings {
    path: PathBuf,
    kind: Option<PolicyKind>,
    served_from: Option<Endpoint>,
}

/// The settings of `flash-policy check`: `flash-policy.toml`.
#[derive(Deserialize, JsonSchema)]
#[schemars(title = "flash-policy.toml", rename = "Settings")]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    /// The severity of rules, by their ids: `error`, `warning` or `info`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Id<Severity>>")]
    rules: BTreeMap<Spanned<String>, Spanned<String>>,
    /// Findings that do not count.
    #[serde(default)]
    suppress: Vec<SuppressEntry>,
    /// Facts about policy documents.
    #[serde(default)]
    policy: Vec<PolicyEntry>,
}

/// A rule whose findings do not count.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Suppress")]
#[serde(deny_unknown_fields)]
struct SuppressEntry {
    /// The rule's id, such as `FSP-D14`.
    #[schemars(with = "String")]
    rule: Spanned<String>,
    /// The file or folder, relative to this file; without it, the rule is suppressed everywhere.
    #[schemars(with = "Option<String>")]
    path: Option<Spanned<PathBuf>>,
    /// The reason why the rule does not count.
    #[schemars(with = "String")]
    reason: Spanned<String>,
}

/// Facts about a document, or about all documents of a folder.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Policy")]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PolicyEntry {
    /// The file or folder, relative to this file.
    #[schemars(with = "String")]
    path: Spanned<PathBuf>,
    /// The kind of the documents.
    #[schemars(with = "Option<Id<PolicyKind>>")]
    kind: Option<Spanned<String>>,
    /// The location where they are served, as HOST:PORT.
    #[schemars(with = "Option<String>")]
    served_from: Option<Spanned<String>>,
}

/// Returns the JSON schema of `flash-policy.toml`.
pub(crate) fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.into_generator().into_root_schema_for::<SettingsFile>().into()
}

/// The settings for one document.
pub(crate) struct DocumentSettings<'a> {
    pub(crate) kind: Option<PolicyKind>,
    pub(crate) served_from: Option<&'a Endpoint>,
    suppressions: Vec<&'a Suppression>,
}

impl DocumentSettings<'_> {
    /// Returns the reason why a rule does not count for this document, if it does not.
    pub(crate) fn suppressed(&self, rule: &Rule) -> Option<&str> {
        self.suppressions.iter().find(|one| one.rule == rule).map(|one| one.reason.as_str())
    }
}

impl Settings {
    /// Finds and reads the file, then applies the options of the command line.
    pub(crate) fn of(args: &Check) -> Result<Self, Failure> {
        let mut settings = match &args.config {
            Some(path) => Self::read(path)?,
            None => Self::found()?,
        };
        settings.levels.extend(&args.rule);
        Ok(settings)
    }

    /// Finds and reads the file, if there is one.
    pub(crate) fn found() -> Result<Self, Failure> {
        let Some(path) = find_file() else { return Ok(Self::default()) };
        // A pipe would be waited for, and nobody has asked for one.
        match path.metadata() {
            Ok(found) if !found.is_file() => {
                let kind = if found.is_dir() { "it is a directory" } else { "it is not a file" };
                let error = ReportedError::new(ErrorKind::UnreadableFile, kind);
                let help = "make it a file of settings, or give it another name";
                Err(error.help(help).in_file(path.display().to_string()).into())
            }
            _ => Self::read(&path),
        }
    }

    /// Returns the severity of a rule; `None` if it is off.
    pub(crate) fn level(&self, rule: &Rule, severity: Severity) -> Option<Severity> {
        let last = self.levels.iter().rev().find(|(known, _)| *known == rule);
        last.map_or(Some(severity), |(_, level)| *level)
    }

    /// Returns the settings for one document. Standard input is in no folder.
    pub(crate) fn for_document(&self, path: Option<&Path>) -> DocumentSettings<'_> {
        let real = path.map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        let is_in = |place: &PathBuf| real.as_ref().is_some_and(|real| real.starts_with(place));
        let mut policies: Vec<_> =
            self.policies.iter().filter(|policy| is_in(&policy.path)).collect();
        // The entry of the file itself or of the nearest folder comes first.
        policies.sort_by_key(|policy| std::cmp::Reverse(policy.path.components().count()));
        DocumentSettings {
            kind: policies.iter().find_map(|policy| policy.kind),
            served_from: policies.iter().find_map(|policy| policy.served_from.as_ref()),
            suppressions: self
                .suppressions
                .iter()
                .filter(|one| one.path.as_ref().is_none_or(is_in))
                .collect(),
        }
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let text = read_text(path)?;
        let file: SettingsFile = toml_text::parse(&text, path)?;
        let reader = Reader { text: &text, path };
        reader.settings(file)
    }
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Reader<'_> {
    fn settings(&self, file: SettingsFile) -> Result<Settings, Failure> {
        let levels =
            file.rules.iter().map(|(id, level)| Ok((self.rule(id)?, Some(self.level(level)?))));
        let suppressions = file.suppress.iter().map(|entry| {
            if entry.reason.get_ref().trim().is_empty() {
                return Err(self.error_at(
                    &entry.reason,
                    "the reason is empty",
                    "say why the rule does not count here",
                ));
            }
            Ok(Suppression {
                rule: self.rule(&entry.rule)?,
                path: entry.path.as_ref().map(|path| self.resolve_path(path)).transpose()?,
                reason: entry.reason.get_ref().trim().to_owned(),
            })
        });
        let policies = file.policy.iter().map(|entry| {
            let kind = entry.kind.as_ref().map(|kind| {
                self.parsed(kind, crate::args::kind(kind.get_ref()), "write socket or url")
            });
            let from = entry.served_from.as_ref().map(|from| {
                let place = self.parsed(from, from.get_ref().parse::<Endpoint>(), HOST_AND_PORT)?;
                if place.port() == 0 {
                    let text = "no server can listen on port 0";
                    return Err(self.error_at(from, text, HOST_AND_PORT));
                }
                Ok(place)
            });
            Ok(PolicySettings {
                path: self.resolve_path(&entry.path)?,
                kind: kind.transpose()?,
                served_from: from.transpose()?,
            })
        });
        Ok(Settings {
            levels: levels.collect::<Result<_, Failure>>()?,
            suppressions: suppressions.collect::<Result<_, Failure>>()?,
            policies: policies.collect::<Result<_, Failure>>()?,
        })
    }

    fn rule(&self, id: &Spanned<String>) -> Result<&'static Rule, Failure> {
        self.parsed(id, known_rule(id.get_ref()), "write an id such as FSP-D14")
    }

    fn level(&self, level: &Spanned<String>) -> Result<Severity, Failure> {
        let written = level.get_ref();
        if written == "off" {
            let advice = "write a [[suppress]] with a reason";
            return Err(self.error_at(level, "a rule is not turned off here", advice));
        }
        written.parse().map_err(|_| {
            self.error_at(
                level,
                &format!("`{written}` is not a severity"),
                "write error, warning or info",
            )
        })
    }

    fn parsed<T>(
        &self,
        at: &Spanned<String>,
        parsed: Result<T, impl ToString>,
        help: &str,
    ) -> Result<T, Failure> {
        parsed.map_err(|error| self.error_at(at, &error.to_string(), help))
    }

    fn error_at<T>(&self, at: &Spanned<T>, message: &str, help: &str) -> Failure {
        toml_text::error_at(self.path, self.text, at.span(), message, help).into()
    }

    /// Returns the canonical path of a file or folder that is relative to the settings.
    fn resolve_path(&self, path: &Spanned<PathBuf>) -> Result<PathBuf, Failure> {
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        folder.join(path.get_ref()).canonicalize().map_err(|error| {
            let message = format!("there is no {}: {error}", path.get_ref().display());
            self.error_at(path, &message, "name a file or a folder, from here, or take this out")
        })
    }
}

/// Finds the settings file in this folder or in one above it, up to the root of the repository. It
/// may be a link that leads nowhere, or a folder.
pub(crate) fn find_file() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    let is_root = |folder: &&Path| {
        [".git", ".hg", ".svn", ".jj"].iter().any(|mark| folder.join(mark).exists())
    };
    let root = here.ancestors().find(is_root).unwrap_or(&here).to_owned();
    let within = here.ancestors().take_while(|folder| folder.starts_with(&root));
    within.map(|folder| folder.join(NAME)).find(|file| file.symlink_metadata().is_ok())
}

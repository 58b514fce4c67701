//! `flash-policy check`: what is wrong with policy documents.

use std::path::{Path, PathBuf};

use super::args::Check;
use super::baseline::Baseline;
use super::exit::{Exit, Failure};
use super::fix;
use super::input::{Input, policy_documents};
use super::report::{Done, Entry, Finding, Report, State, Summary, Suppressed};
use super::settings::Settings;
use crate::analysis::{Judged, Linter};
use crate::excerpt::Excerpt;
use crate::policy::PolicyKind;
use crate::rules::{Diagnostic, Severity};

pub(super) fn run(args: &Check) -> Result<Done, Failure> {
    let checker = Checker { args, settings: Settings::of(args)? };
    let documents = policy_documents(&args.paths)?;
    if documents.is_empty() {
        return Err(Failure::new(
            Exit::Nothing,
            "there is no policy document in what was given: no *.xml that speaks of policies",
        ));
    }
    let mut fixed = String::new();
    if args.fix || args.diff {
        for path in &documents {
            fixed += &fix::run(path, |input| checker.linter(input), args.diff)?;
        }
    }
    let mut baseline = args.baseline.as_deref().map(Baseline::read).transpose()?.unwrap_or_default();
    let mut all = Vec::new();
    for path in &documents {
        let input = Input::read(path)?;
        all.extend(checker.entries(&input, &mut baseline));
    }
    Ok(checker.done(all, documents.len(), fixed))
}

struct Checker<'a> {
    args: &'a Check,
    settings: Settings,
}

/// One entry, and the finding that it is about.
type Found = (Entry, Option<Finding>);

impl Checker<'_> {
    fn linter(&self, input: &Input) -> Linter {
        let path = Path::new(&input.name);
        let kind = self.args.kind.or_else(|| self.settings.kind(path)).or_else(|| Linter::guess(&input.bytes));
        let linter = Linter::new(kind.unwrap_or_else(|| kind_by_name(path)));
        match self.args.served_from.as_ref().or_else(|| self.settings.served_from(path)) {
            Some(endpoint) => linter.served_from(endpoint.clone()),
            None => linter,
        }
    }

    fn entries(&self, input: &Input, baseline: &mut Baseline) -> Vec<Found> {
        let text = input.text();
        let judged = self.linter(input).examine(&input.bytes);
        let entries: Vec<_> = judged.iter().filter_map(|one| self.entry(one, input, &text, baseline)).collect();
        if entries.is_empty() {
            let (name, id, message) = ("nothing to remark".to_owned(), String::new(), "nothing to remark".to_owned());
            let entry = Entry {
                file: input.name.clone(),
                place: None,
                name,
                state: State::Passed,
                id,
                message,
                detail: String::new(),
            };
            return vec![(entry, None)];
        }
        entries
    }

    fn entry(&self, judged: &Judged, input: &Input, text: &str, baseline: &mut Baseline) -> Option<Found> {
        let diagnostic = judged.diagnostic();
        let rule = diagnostic.rule();
        let severity = self.settings.level(rule, diagnostic.severity())?;
        let finding = finding(diagnostic, severity, &input.name);
        let state = if let Some(reason) = judged.suppressed() {
            State::Suppressed { severity, reason: reason.to_owned(), in_source: true }
        } else if let Some(reason) = self.settings.suppressed(rule, Path::new(&input.name)) {
            State::Suppressed { severity, reason: reason.to_owned(), in_source: false }
        } else if let Some(reason) = baseline.takes(&finding) {
            State::Suppressed { severity, reason, in_source: false }
        } else {
            State::Found { severity, fails: self.args.fail_on.fails(severity) }
        };
        let excerpt = Excerpt { severity, ..Excerpt::of(diagnostic, &input.name, text) };
        let entry = Entry {
            file: input.name.clone(),
            place: diagnostic.position(),
            name: match diagnostic.position() {
                Some(position) => format!("{rule} at {position}"),
                None => rule.to_string(),
            },
            state,
            id: rule.id().to_owned(),
            message: format!("{}; help: {}", diagnostic.message(), diagnostic.help()),
            detail: excerpt.render(true),
        };
        Some((entry, Some(finding)))
    }

    fn done(&self, all: Vec<Found>, files: usize, mut human: String) -> Done {
        let count = |wanted: Severity| {
            all.iter()
                .filter(|(entry, _)| matches!(entry.state, State::Found { severity, .. } if severity == wanted))
                .count()
        };
        let mut summary = Summary {
            files: Some(files),
            errors: Some(count(Severity::Error)),
            warnings: Some(count(Severity::Warning)),
            infos: Some(count(Severity::Info)),
            ..Summary::default()
        };
        let (mut findings, mut suppressed) = (Vec::new(), Vec::new());
        let mut fails = false;
        for (entry, finding) in &all {
            match (&entry.state, finding) {
                (State::Found { fails: one, .. }, Some(finding)) => {
                    fails |= one;
                    human += &entry.detail;
                    human += "\n\n";
                    findings.push(finding.clone());
                }
                (State::Suppressed { reason, .. }, Some(finding)) => {
                    suppressed.push(Suppressed { finding: finding.clone(), reason: reason.clone() });
                }
                _ => {}
            }
        }
        summary.suppressed = Some(suppressed.len());
        human += &in_words(&summary, files);
        if let Some(first) = findings.first() {
            human += &format!("flash-policy explain {} says more\n", first.rule);
        }
        let exit = if fails { Exit::Finding } else { Exit::Expected };
        let report = Report { findings: Some(findings), suppressed: Some(suppressed), ..Report::new("check", summary) };
        Done { exit, report, entries: all.into_iter().map(|(entry, _)| entry).collect(), human }
    }
}

fn finding(diagnostic: &Diagnostic, severity: Severity, file: &str) -> Finding {
    let position = diagnostic.position();
    Finding {
        rule: diagnostic.rule().id().to_owned(),
        severity: severity.to_string(),
        file: file.to_owned(),
        line: position.map(|position| position.line),
        column: position.map(|position| position.column),
        message: diagnostic.message().to_owned(),
        help: diagnostic.help().to_owned(),
    }
}

/// A document that speaks neither of ports nor of headers is taken for what its name says.
fn kind_by_name(path: &Path) -> PolicyKind {
    let name = PathBuf::from(path).file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    if name.is_some_and(|name| name.contains("crossdomain")) { PolicyKind::Url } else { PolicyKind::Socket }
}

fn in_words(summary: &Summary, files: usize) -> String {
    let of = |count: Option<usize>, one: &str| match count.unwrap_or_default() {
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    };
    let mut parts = vec![of(summary.errors, "error"), of(summary.warnings, "warning"), of(summary.infos, "info")];
    if summary.suppressed.is_some_and(|count| count > 0) {
        parts.push(format!("{} suppressed", summary.suppressed.unwrap_or_default()));
    }
    format!("{} examined: {}\n", of(Some(files), "document"), parts.join(", "))
}

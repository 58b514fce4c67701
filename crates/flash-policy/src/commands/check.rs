//! `flash-policy check`: what is wrong with policy documents.

mod fix;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use flash_policy_core::analysis::{Judged, Linter};
use flash_policy_core::diagnostics::{Diagnostic, Severity};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::Endpoint;
use flash_policy_core::printable::counted;
use flash_policy_core::printable::printable;
use flash_policy_scenario::excerpt::Excerpt;

use crate::args::Check;
use crate::baseline::Baseline;
use crate::commands::check::fix::FixPlan;
use crate::exit::{Exit, Failure};
use crate::input::Input;
use crate::report::{Done, Entry, Finding, Mends, Report, State, Summary, Suppressed, Wrong};
use crate::settings::{OfDocument, Settings};

pub(crate) fn run(args: &Check) -> Result<Done, Failure> {
    if args.fix && !args.diff && args.paths.iter().any(|path| path == Path::new("-")) {
        return Err(Failure::usage(
            "standard input cannot be mended; use --diff to see what would be",
        ));
    }
    let checker = Checker { args, settings: Settings::of(args)? };
    let mut baseline =
        args.baseline.as_deref().map(Baseline::read).transpose()?.unwrap_or_default();
    let (mut inputs, wrong) = Input::read_all(&args.paths);
    // Nothing is mended where something is wrong.
    let (said, mends) =
        if wrong.is_empty() { checker.mend(&mut inputs, &baseline)? } else { Default::default() };
    let all: Vec<_> =
        inputs.iter().flat_map(|input| checker.entries(input, &mut baseline)).collect();
    let mut done = checker.done(all, &inputs, said, mends);
    if inputs.is_empty() {
        // What there is to say is said of the files.
        done.human.clear();
    }
    for (file, failure) in wrong {
        done.report.errors.push(wrong_file(&file, &failure));
        done.entries.push(entry_of_wrong(&file, &failure));
        done.exit = done.exit.or_worse(failure.tell());
    }
    Ok(done)
}

struct Checker<'a> {
    args: &'a Check,
    settings: Settings,
}

/// One entry, and the finding that it is about.
type FoundEntry = (Entry, Option<Finding>);

impl Checker<'_> {
    fn linter(&self, input: &Input) -> Linter {
        let document = self.settings.of_document(input.path.as_deref());
        let served_from = self.args.served_from.as_ref().or(document.served_from);
        let by_place = |from: Option<&Endpoint>| from.map(|_| PolicyKind::Socket);
        let by_args = self.args.kind.or(by_place(self.args.served_from.as_ref()));
        let kind = by_args.or(document.kind).or(by_place(document.served_from));
        let linter = Linter::new(kind.unwrap_or_else(|| guess(input)));
        match served_from {
            Some(endpoint) => linter.served_from(endpoint.clone()),
            None => linter,
        }
    }

    /// Mends the documents, where that is asked for, or shows how; nothing is written before all is known.
    fn mend(
        &self,
        inputs: &mut [Input],
        baseline: &Baseline,
    ) -> Result<(String, Option<Mends>), Failure> {
        let (mut said, mut mends) = (String::new(), Mends::default());
        if !self.args.fix && !self.args.diff {
            return Ok((said, None));
        }
        mends.written = !self.args.diff;
        let mut plans = Vec::new();
        for input in inputs.iter() {
            let linter = self.linter(input);
            let document = self.settings.of_document(input.path.as_deref());
            let known = RefCell::new(baseline.clone());
            let fixes = linter.fixes_of(&input.bytes, |diagnostic| {
                let level = self.settings.level(diagnostic.rule(), diagnostic.severity());
                let finding = level.map(|severity| finding(diagnostic, severity, &input.name));
                let is_known = |finding: Finding| known.borrow_mut().takes(&finding).is_some();
                document.suppressed(diagnostic.rule()).is_none()
                    && finding.is_some_and(|finding| !is_known(finding))
            });
            plans.push(FixPlan::new(input, &linter, fixes)?);
        }
        for (input, _) in
            inputs.iter().zip(&plans).filter(|(_, plan)| plan.is_some() && mends.written)
        {
            let is_read_only =
                |path: &PathBuf| path.metadata().is_ok_and(|data| data.permissions().readonly());
            if input.path.as_ref().is_some_and(is_read_only) {
                let text =
                    format!("cannot write {}: it is read-only; make it writable first", input.name);
                return Err(Failure::new(Exit::NotRun, text));
            }
        }
        for (input, plan) in
            inputs.iter_mut().zip(&plans).filter_map(|(input, plan)| Some((input, plan.as_ref()?)))
        {
            if self.args.diff {
                said += &plan.patch(input);
            } else {
                // What is mended already is told with what went wrong.
                plan.write(input).map_err(|failure| Failure {
                    message: format!("{mends}{}", failure.message),
                    ..failure
                })?;
            }
            mends.mended.extend(plan.report(&input.name));
            mends.changes.extend(plan.changes.iter().cloned());
        }
        said += &mends.to_string();
        Ok((said, Some(mends)))
    }

    fn entries(&self, input: &Input, baseline: &mut Baseline) -> Vec<FoundEntry> {
        let text = input.text();
        let document = self.settings.of_document(input.path.as_deref());
        let judged = self.linter(input).examine(&input.bytes);
        let entry = |one| self.entry(one, input, &text, &document, baseline);
        let entries: Vec<_> = judged.iter().filter_map(entry).collect();
        if !entries.is_empty() {
            return entries;
        }
        let (name, id, message) =
            ("nothing to remark".to_owned(), String::new(), "nothing to remark".to_owned());
        let (place, state, detail) = (None, State::Passed, String::new());
        vec![(Entry { file: input.name.clone(), place, name, state, id, message, detail }, None)]
    }

    fn entry(
        &self,
        judged: &Judged,
        input: &Input,
        text: &str,
        document: &OfDocument<'_>,
        baseline: &mut Baseline,
    ) -> Option<FoundEntry> {
        let diagnostic = judged.diagnostic();
        let rule = diagnostic.rule();
        let severity = self.settings.level(rule, diagnostic.severity())?;
        let finding = finding(diagnostic, severity, &input.name);
        let state = if let Some(reason) = judged.suppressed() {
            State::Suppressed { severity, reason: reason.to_owned(), in_source: true }
        } else if let Some(reason) = document.suppressed(rule) {
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

    fn done(
        &self,
        all: Vec<FoundEntry>,
        inputs: &[Input],
        mut human: String,
        mends: Option<Mends>,
    ) -> Done {
        let (mut findings, mut suppressed, mut hidden, mut fails) =
            (Vec::new(), Vec::new(), String::new(), false);
        for (entry, finding) in
            all.iter().filter_map(|(entry, finding)| Some((entry, finding.clone()?)))
        {
            match &entry.state {
                State::Found { fails: one, .. } => {
                    fails |= one;
                    human += &format!("{}\n\n", entry.detail);
                    findings.push(finding);
                }
                State::Suppressed { reason, .. } => {
                    hidden += &format!(
                        "suppressed: {} in {}: {}\n",
                        entry.name,
                        printable(&entry.file),
                        printable(reason)
                    );
                    suppressed.push(Suppressed { finding, reason: reason.clone() });
                }
                State::Passed | State::Skipped | State::NotRun => {}
            }
        }
        let of = |severity: Severity| {
            findings.iter().filter(|one| one.severity == severity.to_string()).count()
        };
        let (errors, warnings, infos) =
            (of(Severity::Error), of(Severity::Warning), of(Severity::Info));
        let urls =
            inputs.iter().filter(|input| self.linter(input).kind() == PolicyKind::Url).count();
        human += &hidden;
        human += &format!("{} examined: ", policies(inputs.len(), urls));
        human += &[counted(errors, "error"), counted(warnings, "warning"), counted(infos, "info")]
            .join(", ");
        human += &if suppressed.is_empty() {
            "\n".to_owned()
        } else {
            format!(", {} suppressed\n", suppressed.len())
        };
        let worst = all.iter().filter_map(|(entry, _)| match &entry.state {
            State::Found { severity, .. } => Some((*severity, entry)),
            _ => None,
        });
        if let Some((_, first)) = worst.rev().max_by_key(|(severity, _)| *severity) {
            human += &format!("flash-policy explain {} says more\n", first.id);
        }
        let summary = Summary {
            files: Some(inputs.len()),
            errors: Some(errors),
            warnings: Some(warnings),
            infos: Some(infos),
            suppressed: Some(suppressed.len()),
            ..Summary::default()
        };
        let exit = if fails { Exit::Finding } else { Exit::Expected };
        let new = Report::new("check", summary);
        let report =
            Report { findings: Some(findings), suppressed: Some(suppressed), mends, ..new };
        Done::new(exit, report, all.into_iter().map(|(entry, _)| entry).collect(), human)
    }
}

fn wrong_file(file: &str, failure: &Failure) -> Wrong {
    let message = failure.message.trim_start_matches("error: ").to_owned();
    Wrong { file: file.to_owned(), line: None, column: None, message, help: None }
}

fn entry_of_wrong(file: &str, failure: &Failure) -> Entry {
    let Wrong { file, message, .. } = wrong_file(file, failure);
    let (name, id) = ("policy document".to_owned(), "unreadable-file".to_owned());
    Entry { file, place: None, name, state: State::NotRun, id, detail: message.clone(), message }
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

/// Ports are named in policies for sockets alone. Headers are not: who copies a `crossdomain.xml` copies them too, so that
/// the name settles it, where there is one.
fn guess(input: &Input) -> PolicyKind {
    let name = input
        .path
        .as_deref()
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy().to_ascii_lowercase());
    match (Linter::guess(&input.bytes), name) {
        (Some(PolicyKind::Socket), _) => PolicyKind::Socket,
        (guess, None) => guess.unwrap_or(PolicyKind::Socket),
        (_, Some(name)) if name.contains("crossdomain") => PolicyKind::Url,
        _ => PolicyKind::Socket,
    }
}

fn policies(all: usize, urls: usize) -> String {
    match (all, urls) {
        (1, 0) => "1 socket policy".to_owned(),
        (1, _) => "1 HTTP policy".to_owned(),
        (_, 0) => format!("{all} socket policies"),
        _ if urls == all => format!("{all} HTTP policies"),
        _ => format!("{all} policies ({} for sockets, {urls} for HTTP)", all - urls),
    }
}

//! `flash-policy check`: finds and fixes faults in policy documents.

mod fix;
mod pair;

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use flash_policy_core::analysis::{Judged, Linter};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::Endpoint;

use crate::args::Check;
use crate::baseline::Baseline;
use crate::failure::Failure;
use crate::input::{Input, SkipReason, Unread};
use crate::report::{
    CheckResult, Examined, ExaminedDocument, Finding, Fixes, Id, Report, ReportedError,
    SkippedFiles, SuppressedFinding, Suppressor,
};
use crate::settings::{DocumentSettings, Settings};
use crate::so_far::SoFar;
use fix::FixPlan;

pub(crate) fn run(args: &Check, so_far: &SoFar<CheckResult>) -> Result<Report, Failure> {
    if args.fix && !args.diff && args.paths.iter().any(|path| path == Path::new("-")) {
        let text = "standard input cannot be fixed; use --diff to see what would be";
        return Err(Failure::usage(text));
    }
    if args.kind == Some(PolicyKind::Url) && args.served_from.is_some() {
        let text = "--served-from places a socket policy, so it does not go with --kind url; leave \
            one of them out";
        return Err(Failure::usage(text));
    }
    let checker = Checker { args, settings: Settings::of(args)? };
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let mut baseline = baseline.unwrap_or_default();
    if let (Some(master), Some(endpoint)) = (&args.master, &args.served_from) {
        return pair::run(&checker, &mut baseline, master, endpoint);
    }
    if args.fix || args.diff {
        return Ok(checker.fix_and_examine(baseline, so_far));
    }
    let unread = Input::read_all(&args.paths, |input| {
        let examined = checker.examine(&input, &mut baseline);
        so_far.update(|result| result.add(examined));
    });
    so_far.update(|result| result.skipped = checker.skipped(&unread.skipped));
    Ok(Report::new(CheckResult::summarized(so_far.snapshot()), unread.errors))
}

struct Checker<'a> {
    args: &'a Check,
    settings: Settings,
}

impl Checker<'_> {
    /// Fixes the documents, or shows how, and examines the result.
    fn fix_and_examine(&self, mut baseline: Baseline, so_far: &SoFar<CheckResult>) -> Report {
        let mut inputs = Vec::new();
        let Unread { skipped, mut errors } =
            Input::read_all(&self.args.paths, |input| inputs.push(input));
        if errors.is_empty() {
            // If a file cannot be read, no file is fixed.
            let (made, error) = self.fix(&mut inputs, &baseline);
            so_far.update(|result| result.fixes = Some(made));
            errors.extend(error);
        }
        for input in &inputs {
            let examined = self.examine(input, &mut baseline);
            so_far.update(|result| result.add(examined));
        }
        so_far.update(|result| result.skipped = self.skipped(&skipped));
        Report::new(CheckResult::summarized(so_far.snapshot()), errors)
    }

    /// Counts the skipped files by reason, and lists them with `--list-skipped`.
    fn skipped(&self, skipped: &[(PathBuf, SkipReason)]) -> Vec<SkippedFiles> {
        let of_reason = |reason: &SkipReason| {
            let files = skipped.iter().filter(|(_, one)| one == reason);
            let names = files.map(|(path, _)| path.display().to_string());
            let names: Vec<_> = names.collect();
            let count = names.len();
            let files = if self.args.list_skipped { names } else { Vec::new() };
            SkippedFiles { reason: Id(*reason), count, files }
        };
        SkipReason::ALL.iter().map(of_reason).filter(|skipped| skipped.count > 0).collect()
    }

    fn linter(&self, input: &Input) -> Linter {
        let document = self.settings.for_document(input.path.as_deref());
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

    /// Fixes the documents, or shows how. Nothing is written before everything is known. What is
    /// fixed is returned even where a later document cannot be written.
    fn fix(&self, inputs: &mut [Input], baseline: &Baseline) -> (Fixes, Option<ReportedError>) {
        let mut made = Fixes { written: !self.args.diff, ..Fixes::default() };
        let plans = inputs.iter().map(|input| self.plan(input, baseline));
        let plans: Vec<_> = match plans.collect::<Result<_, _>>() {
            Ok(plans) => plans,
            Err(error) => return (made, Some(error)),
        };
        let mut planned: Vec<(&mut Input, FixPlan)> =
            inputs.iter_mut().zip(plans).filter_map(|(input, plan)| Some((input, plan?))).collect();
        if made.written {
            if let Some(error) = planned.iter().find_map(|(input, _)| fix::cannot_fix(input)) {
                return (made, Some(error));
            }
        }
        for (input, plan) in &mut planned {
            if self.args.diff {
                made.patch += &plan.patch(input);
            } else if let Err(error) = plan.write(input) {
                return (made, Some(error));
            }
            made.fixed.extend(plan.fixed(&input.name));
            made.changes.extend(plan.changes.iter().cloned());
        }
        (made, None)
    }

    fn plan(&self, input: &Input, baseline: &Baseline) -> Result<Option<FixPlan>, ReportedError> {
        let linter = self.linter(input);
        let document = self.settings.for_document(input.path.as_deref());
        let known = RefCell::new(baseline.clone());
        let fixes = linter.fixes_of(&input.bytes, |diagnostic| {
            let rule = diagnostic.rule();
            let level = self.settings.level(rule, diagnostic.severity());
            let finding =
                level.map(|severity| Finding::new(diagnostic, severity, &input.name, "", false));
            let is_known = |finding: Finding| known.borrow_mut().suppress(&finding).is_some();
            document.suppressed(rule).is_none() && finding.is_some_and(|finding| !is_known(finding))
        });
        FixPlan::new(input, &linter, fixes)
    }

    fn examine(&self, input: &Input, baseline: &mut Baseline) -> Examined {
        let linter = self.linter(input);
        self.judge_all(&linter.examine(&input.bytes), linter.kind(), input, baseline)
    }

    fn judge_all(
        &self,
        found: &[Judged],
        kind: PolicyKind,
        input: &Input,
        baseline: &mut Baseline,
    ) -> Examined {
        let document = ExaminedDocument { file: input.name.clone(), kind: Id(kind) };
        let mut examined = Examined { document, findings: Vec::new(), suppressed: Vec::new() };
        let text = input.text();
        let settings = self.settings.for_document(input.path.as_deref());
        for judged in found {
            match self.judge(judged, input, &text, &settings, baseline) {
                Some(Judgement::Counts(finding)) => examined.findings.push(finding),
                Some(Judgement::Suppressed(finding)) => examined.suppressed.push(finding),
                None => {}
            }
        }
        examined
    }

    /// Returns the finding for a diagnostic; `None` if its rule is off.
    fn judge(
        &self,
        judged: &Judged,
        input: &Input,
        text: &str,
        document: &DocumentSettings<'_>,
        baseline: &mut Baseline,
    ) -> Option<Judgement> {
        let diagnostic = judged.diagnostic();
        let severity = self.settings.level(diagnostic.rule(), diagnostic.severity())?;
        let fails = self.args.fail_on.fails(severity);
        let finding = Finding::new(diagnostic, severity, &input.name, text, fails);
        let (reason, suppressed_by) = if let Some(reason) = judged.suppressed() {
            (reason.to_owned(), Suppressor::Document)
        } else if let Some(reason) = document.suppressed(diagnostic.rule()) {
            (reason.to_owned(), Suppressor::Settings)
        } else if let Some(reason) = baseline.suppress(&finding) {
            (reason, Suppressor::Baseline)
        } else {
            return Some(Judgement::Counts(finding));
        };
        let finding = Finding { fails: false, ..finding };
        Some(Judgement::Suppressed(SuppressedFinding { finding, reason, suppressed_by }))
    }
}

/// A finding that counts or is suppressed.
enum Judgement {
    Counts(Finding),
    Suppressed(SuppressedFinding),
}

/// Guesses the kind of a document. Only socket policies name ports. For any other document the file
/// name decides, if there is one: the headers prove nothing, because they are copied with the rest
/// of a `crossdomain.xml`.
fn guess(input: &Input) -> PolicyKind {
    let name = input.path.as_deref().and_then(Path::file_name);
    let name = name.map(|name| name.to_string_lossy().to_ascii_lowercase());
    match (Linter::guess(&input.bytes), name) {
        (Some(PolicyKind::Socket), _) => PolicyKind::Socket,
        (guess, None) => guess.unwrap_or(PolicyKind::Socket),
        (_, Some(name)) if name.contains("crossdomain") => PolicyKind::Url,
        _ => PolicyKind::Socket,
    }
}

//! `flash-policy diff`: compares the grants of two socket policies.

use std::path::Path;

use flash_policy_core::analysis::{self, Linter};
use flash_policy_core::document::{PolicyFile, PolicyKind};
use flash_policy_core::player::Profile;
use flash_policy_core::source_text::{ShownLine, span};

use crate::args::Diff as Args;
use crate::failure::Failure;
use crate::input::Input;
use crate::report::{
    Change, CommandResult, DiffResult, DiffSummary, ErrorKind, ErrorPlace, Report, ReportedError,
    SourceLine,
};

pub(crate) fn run(args: &Args) -> Result<Report, Failure> {
    if args.old == Path::new("-") && args.new == Path::new("-") {
        let text = "standard input cannot be both policies; give one of them as a file";
        return Err(Failure::usage(text));
    }
    let old = ComparedPolicy::read(&args.old)?;
    let new = ComparedPolicy::read(&args.new)?;
    check_that_one_names_ports(&old, &new)?;
    let from = args.served_from;
    let profile = Profile::default();
    let diff = analysis::Diff::between(&old.policy, &new.policy, from, &profile);
    let grants = diff.changes().iter().map(|change| Change::of_grants(change, change.rule()));
    let control = new.policy.site_control().first().and_then(|control| control.position());
    let meta_policy = diff.meta_policy().map(|change| Change::of_meta_policy(change, control));
    let mut changes: Vec<_> = grants.chain(meta_policy).collect();
    for change in &mut changes {
        change.fails = if change.widens() { !args.allow_widening } else { args.fail_on_narrowing };
    }
    let summary = DiffSummary::of(&changes);
    let result = DiffResult { summary, file: new.input.name, changes };
    Ok(Report::new(CommandResult::Diff(result), Vec::new()))
}

/// A socket policy to compare.
struct ComparedPolicy {
    input: Input,
    policy: PolicyFile,
    names_ports: bool,
}

impl ComparedPolicy {
    /// Reads a policy. A document that a player rejects, or that is for HTTP, cannot be compared.
    fn read(path: &Path) -> Result<Self, ReportedError> {
        let input = Input::read(path)?;
        let policy = PolicyFile::parse(&input.bytes).map_err(|malformed| {
            let diagnostic = malformed.diagnostic();
            let text = input.text();
            let line = |at| SourceLine::from(ShownLine::around(&text, span(&text, at)));
            let position = diagnostic.position();
            let (id, message) = (diagnostic.rule().id(), diagnostic.message());
            let message = format!(
                "{message} ({id}): a player rejects this document, so it has no meaning to compare"
            );
            let place = ErrorPlace {
                file: input.name.clone(),
                line: position.map(|position| position.line),
                column: position.map(|position| position.column),
                source: position.map(line),
            };
            let error = ReportedError::new(ErrorKind::InvalidInput, message);
            ReportedError { place: Some(Box::new(place)), ..error.help(diagnostic.help()) }
        })?;
        let kind = Linter::guess(&input.bytes);
        if kind == Some(PolicyKind::Url) {
            let text = format!("it is a policy for data over HTTP, which has no ports; {ONLY}");
            return Err(ReportedError::new(ErrorKind::InvalidInput, text).in_file(&input.name));
        }
        Ok(Self { input, policy, names_ports: kind == Some(PolicyKind::Socket) })
    }
}

const ONLY: &str = "diff compares socket policies";

/// Returns an error if neither policy names a port. As socket policies, both would grant nothing,
/// so no comparison could find a difference.
fn check_that_one_names_ports(
    old: &ComparedPolicy,
    new: &ComparedPolicy,
) -> Result<(), ReportedError> {
    let has_rules = |policy: &ComparedPolicy| !policy.policy.allow_access_from().is_empty();
    if old.names_ports || new.names_ports || !(has_rules(old) || has_rules(new)) {
        return Ok(());
    }
    let text = format!(
        "neither {} nor {} has a rule with to-ports: read as socket policies, both grant nothing; \
         {ONLY}",
        old.input.name, new.input.name
    );
    let help = "give the rules to-ports, or examine policies for data over HTTP by `flash-policy \
        check --kind url`";
    Err(ReportedError::new(ErrorKind::InvalidInput, text).help(help))
}

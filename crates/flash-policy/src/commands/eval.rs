//! `flash-policy eval`: evaluates policies without a network.

use std::path::Path;

use flash_policy_core::player::{Endpoint, Evaluator, MASTER_PORT, Outcome, Role, Swf};
use flash_policy_core::source_text::{ShownLine, span};
use flash_policy_core::wire::Script;
use flash_policy_scenario::{Connect, Status};

use crate::args::{Eval, FailOn};
use crate::commands::live::FailRule;
use crate::failure::Failure;
use crate::input::Input;
use crate::report::{Case, CommandResult, ElementPlace, EvalResult, Report, SourceLine, Verdict};
use crate::so_far::SoFar;

pub(crate) fn run(args: &Eval, so_far: &SoFar<EvalResult>) -> Result<Report, Failure> {
    if args.file == Path::new("-") && args.master.as_deref() == Some(Path::new("-")) {
        let text = "standard input cannot be both documents; give one of them as a file";
        return Err(Failure::usage(text));
    }
    let counts = args.fail_on.is_some()
        || !args.exceptions.allow.is_empty()
        || args.exceptions.baseline.is_some();
    let fail_on = args.fail_on.unwrap_or(FailOn::Never);
    let fail_rule = counts.then(|| FailRule::new(fail_on, &args.exceptions)).transpose()?;
    let file = Input::read(&args.file)?;
    let master = args.master.as_deref().map(Input::read).transpose()?;
    let is_master = args.served_from.as_ref().is_some_and(|from| from.port == MASTER_PORT);
    if is_master && master.is_some() {
        let text = "--served-from names port 843, where --master stands too; leave one of them out";
        return Err(Failure::usage(text));
    }
    let player = EvaluatedPlayer { args, file, master };
    let combinations = args.swf.iter().flat_map(|swf| args.connect.iter().map(move |to| (swf, to)));
    let mut outcomes = Vec::new();
    for (swf, target) in combinations {
        let outcome = player.connect(swf, target);
        let case = player.case(&outcome);
        so_far.update(|result| {
            result.summary.add(&case);
            result.cases.push(case);
        });
        outcomes.push(outcome);
    }
    if let Some(fail_rule) = fail_rule {
        let found = fail_rule.answers(outcomes.iter());
        so_far.update(|result| result.answer_findings = found);
    }
    Ok(Report::new(CommandResult::Eval(so_far.snapshot()), Vec::new()))
}

/// A player that sees the policies of the command line. Every target of a SWF has a backend that is
/// up.
struct EvaluatedPlayer<'a> {
    args: &'a Eval,
    file: Input,
    master: Option<Input>,
}

impl EvaluatedPlayer<'_> {
    fn case(&self, outcome: &Outcome<()>) -> Case {
        let budget = |role: Role| role.budget(&self.args.player.profile.timing);
        let got = Verdict::new(outcome, budget);
        let status = if got.is_permitted() { Status::Passed } else { Status::Failed };
        Case {
            file: Some(self.file.name.clone()),
            details: outcome.to_string().trim_end().to_owned() + "\n",
            decided_by: self.deciding_element(outcome),
            got: Some(got),
            ..Case::new(format!("{} to {}", outcome.swf(), outcome.target()), status)
        }
    }

    fn connect(&self, swf: &Swf, target: &Connect) -> Outcome<()> {
        let mut player = Evaluator::with_profile(swf.clone(), self.args.player.profile.clone());
        let master = Endpoint::new(&target.host, MASTER_PORT);
        if let Some(document) = &self.master {
            player = player.policy(&master.to_string(), document.bytes.as_slice());
        }
        let served_from = self.args.served_from.as_ref();
        let location = &served_from.map_or_else(|| master.clone(), |from| from.on(&target.host));
        player = player.policy(&location.to_string(), self.file.bytes.as_slice());
        let destination =
            u16::try_from(target.port).ok().map(|port| Endpoint::new(&target.host, port));
        if let Some(destination) = &destination {
            player = player.backend(&destination.to_string(), Script::echo());
        }
        // A player asks only these two by itself.
        if *location != master && Some(location) != destination.as_ref() {
            player.session().load_policy_file(&format!("xmlsocket://{location}"));
        }
        player.connect(&target.host, target.port)
    }

    fn deciding_element(&self, outcome: &Outcome<()>) -> Option<ElementPlace> {
        let rule = outcome.rule()?;
        let is_master = rule.endpoint().port() == MASTER_PORT;
        let input = match &self.master {
            Some(master) if is_master => master,
            _ => &self.file,
        };
        let text = input.text();
        let span = span(&text, rule.position()?);
        let source = SourceLine::from(ShownLine::around(&text, span));
        Some(ElementPlace { file: input.name.clone(), source })
    }
}

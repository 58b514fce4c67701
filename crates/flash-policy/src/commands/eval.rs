//! `flash-policy eval`: evaluates policies without a network.

use std::path::Path;

use flash_policy_core::player::{Endpoint, Evaluator, MASTER_PORT, Outcome, Role, Swf};
use flash_policy_core::source_text::{ShownLine, span};
use flash_policy_core::wire::Script;
use flash_policy_scenario::{Connect, Status};

use crate::args::Eval;
use crate::failure::Failure;
use crate::input::Input;
use crate::report::{
    Case, CaseSummary, CommandResult, ElementPlace, EvalResult, Report, SourceLine, Verdict,
};

pub(crate) fn run(args: &Eval) -> Result<Report, Failure> {
    if args.file == Path::new("-") && args.master.as_deref() == Some(Path::new("-")) {
        let text = "standard input cannot be both documents; give one of them as a file";
        return Err(Failure::usage(text));
    }
    let file = Input::read(&args.file)?;
    let master = args.master.as_deref().map(Input::read).transpose()?;
    let is_master = args.served_from.as_ref().is_some_and(|from| from.port() == MASTER_PORT);
    if is_master && master.is_some() {
        let text = "--served-from names port 843, where --master stands too; leave one of them out";
        return Err(Failure::usage(text));
    }
    let player = EvaluatedPlayer { args, file, master };
    let combinations = args.swf.iter().flat_map(|swf| args.connect.iter().map(move |to| (swf, to)));
    let cases: Vec<_> = combinations.map(|(swf, target)| player.case(swf, target)).collect();
    let summary = CaseSummary::of(&cases, None);
    Ok(Report::new(CommandResult::Eval(EvalResult { summary, cases }), Vec::new()))
}

/// A player that sees the policies of the command line. Every target of a SWF has a backend that is
/// up.
struct EvaluatedPlayer<'a> {
    args: &'a Eval,
    file: Input,
    master: Option<Input>,
}

impl EvaluatedPlayer<'_> {
    fn case(&self, swf: &Swf, target: &Connect) -> Case {
        let outcome = self.connect(swf, target);
        let budget = |role: Role| role.budget(&self.args.player.profile.timing);
        let got = Verdict::new(&outcome, budget);
        let status = if got.is_permitted() { Status::Passed } else { Status::Failed };
        Case {
            file: Some(self.file.name.clone()),
            details: outcome.to_string().trim_end().to_owned() + "\n",
            decided_by: self.deciding_element(&outcome),
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
        let location = self.args.served_from.as_ref().unwrap_or(&master);
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

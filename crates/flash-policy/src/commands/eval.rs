//! `flash-policy eval`: the verdict and why, without a network.

use std::path::Path;

use flash_policy_core::analysis::{Cell, Matrix};
use flash_policy_core::diagnostics::Severity;
use flash_policy_core::player::{Endpoint, Evaluator, MASTER_PORT, Outcome, Swf, Verdict};
use flash_policy_core::source_text::span;
use flash_policy_core::wire::Script;
use flash_policy_scenario::Connect;
use flash_policy_scenario::excerpt::Excerpt;

use crate::args::Eval;
use crate::exit::{Exit, Failure};
use crate::input::Input;
use crate::report::{Case, Done, Entry, Report, State, Summary, Verdict as Json};

pub(crate) fn run(args: &Eval) -> Result<Done, Failure> {
    if args.file == Path::new("-") && args.master.as_deref() == Some(Path::new("-")) {
        return Err(Failure::usage(
            "standard input cannot be both documents; give one of them as a file",
        ));
    }
    let file = Input::read(&args.file)?;
    let master = args.master.as_deref().map(Input::read).transpose()?;
    if args.served_from.as_ref().is_some_and(|from| from.port() == MASTER_PORT) && master.is_some()
    {
        return Err(Failure::usage(
            "--served-from names port 843, where --master stands too; leave one of them out",
        ));
    }
    let player = EvaluatedPlayer { args, file, master };
    let mut decided = Vec::new();
    let matrix = Matrix::of(&args.swf, &args.connect, |swf, target| {
        let outcome = player.connect(swf, target);
        let cell = Cell::from(&outcome);
        decided.push(outcome);
        cell
    });
    let human = match decided.as_slice() {
        [only] => player.explain(only),
        many => {
            let permitted =
                many.iter().filter(|outcome| outcome.verdict() == Verdict::Permitted).count();
            format!("{matrix}\n{permitted} of {} permitted\n", many.len())
        }
    };
    Ok(player.done(&decided, human))
}

/// A player before the policies of the command line. A backend that is up stands wherever a SWF connects to.
struct EvaluatedPlayer<'a> {
    args: &'a Eval,
    file: Input,
    master: Option<Input>,
}

impl EvaluatedPlayer<'_> {
    fn connect(&self, swf: &Swf, target: &Connect) -> Outcome<()> {
        let mut player = Evaluator::with_profile(swf.clone(), self.args.profile.clone());
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
        // By itself a player asks these two only.
        if *location != master && Some(location) != destination.as_ref() {
            player.session().load_policy_file(&format!("xmlsocket://{location}"));
        }
        player.connect(&target.host, target.port)
    }

    /// The diagnosis, and the line of the document that decided.
    fn explain(&self, outcome: &Outcome<()>) -> String {
        let mut text = outcome.to_string().trim_end().to_owned() + "\n";
        if let (Some(rule), Some(input)) = (outcome.rule(), self.input_of(outcome)) {
            let document = input.text();
            let excerpt = Excerpt {
                severity: Severity::Info,
                id: None,
                message: if outcome.granted_by().is_some() {
                    "granted by this element"
                } else {
                    "decided by this element"
                },
                help: None,
                path: &input.name,
                text: &document,
                span: rule.position().map(|position| span(&document, position)),
            };
            text += &format!("\n{}\n", excerpt.render(true));
        }
        text
    }

    /// The document that the deciding rule stands in.
    fn input_of(&self, outcome: &Outcome<()>) -> Option<&Input> {
        let is_master = outcome.rule()?.endpoint().port() == MASTER_PORT;
        self.master.as_ref().filter(|_| is_master).or(Some(&self.file))
    }

    fn done(&self, decided: &[Outcome<()>], human: String) -> Done {
        let is_permitted = |outcome: &Outcome<()>| outcome.verdict() == Verdict::Permitted;
        let passed = decided.iter().filter(|outcome| is_permitted(outcome)).count();
        let summary = Summary {
            cases: Some(decided.len()),
            passed: Some(passed),
            failed: Some(decided.len() - passed),
            ..Summary::default()
        };
        let cases = decided.iter().map(|outcome| Case {
            file: self.file.name.clone(),
            name: name(outcome),
            passed: is_permitted(outcome),
            skipped: None,
            expected: None,
            got: Some(Json::from(outcome)),
            address: None,
            mismatches: Vec::new(),
        });
        let report = Report { cases: Some(cases.collect()), ..Report::new("eval", summary) };
        let exit = if passed == decided.len() { Exit::Expected } else { Exit::Finding };
        Done::new(exit, report, decided.iter().map(|outcome| self.entry(outcome)).collect(), human)
    }

    fn entry(&self, outcome: &Outcome<()>) -> Entry {
        let is_permitted = outcome.verdict() == Verdict::Permitted;
        Entry {
            file: self.input_of(outcome).unwrap_or(&self.file).name.clone(),
            place: outcome.rule().and_then(|rule| rule.position()),
            name: name(outcome),
            state: if is_permitted {
                State::Passed
            } else {
                State::Found { severity: Severity::Error, fails: true }
            },
            id: outcome.cause().to_string(),
            message: format!("{}: {}", outcome.verdict(), outcome.cause()),
            detail: self.explain(outcome),
        }
    }
}

fn name(outcome: &Outcome<()>) -> String {
    format!("{} to {}", outcome.swf(), outcome.target())
}

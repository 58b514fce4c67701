//! `flash-policy diff`: what a new policy permits or denies that the old one did not.

use std::path::Path;

use flash_policy_core::analysis::{self, Diff, Direction, Linter, MetaPolicyChange, Origin};
use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::document::{PolicyFile, PolicyKind};
use flash_policy_core::player::{Evaluator, Profile};
use flash_policy_scenario::excerpt::Excerpt;

use crate::args::Diff as Args;
use crate::exit::{Exit, Failure};
use crate::input::Input;
use crate::report::{Change, Done, Entry, Report, State, Summary, Witness};

pub(crate) fn run(args: &Args) -> Result<Done, Failure> {
    if args.old == Path::new("-") && args.new == Path::new("-") {
        return Err(Failure::usage(
            "standard input cannot be both policies; give one of them as a file",
        ));
    }
    let (old, new) = (ComparedPolicy::read(&args.old)?, ComparedPolicy::read(&args.new)?);
    check_that_one_names_ports(&old, &new)?;
    let diff = Diff::between(&old.policy, &new.policy, args.served_from, &Profile::default());
    let found =
        diff.changes().iter().map(|change| Found::of_change(change, &new, args.served_from));
    let found: Vec<_> =
        found.chain(diff.meta_policy().map(|change| Found::of_meta_policy(change, &new))).collect();
    let permitted = found.iter().filter(|found| found.widens()).count();
    let summary = Summary {
        newly_permitted: Some(permitted),
        newly_denied: Some(found.len() - permitted),
        ..Summary::default()
    };
    let fails = permitted > 0 && !args.allow_widening;
    let mut human = format!("{diff}\n");
    if fails {
        human += "the new policy permits more than the old one; --allow-widening accepts that\n";
    }
    let mut entries: Vec<_> =
        found.iter().map(|found| found.entry(&new.input.name, args.allow_widening)).collect();
    if entries.is_empty() {
        entries.push(entry(&new.input.name, None, "no change in meaning", State::Passed));
    }
    let changes = found.into_iter().map(|found| found.change).collect();
    let report = Report { changes: Some(changes), ..Report::new("diff", summary) };
    Ok(Done::new(if fails { Exit::Finding } else { Exit::Expected }, report, entries, human))
}

/// A socket policy.
struct ComparedPolicy {
    input: Input,
    policy: PolicyFile,
    names_ports: bool,
}

impl ComparedPolicy {
    /// A document that no player would read, or that is for HTTP, cannot be compared.
    fn read(path: &Path) -> Result<Self, Failure> {
        let input = Input::read(path)?;
        let policy = PolicyFile::parse(&input.bytes).map_err(|malformed| {
            let excerpt =
                Excerpt::of(malformed.diagnostic(), &input.name, &input.text()).render(true);
            let why = "error: a player rejects this document, so that it has no meaning to compare";
            Failure { exit: Exit::Input, message: format!("{excerpt}\n{why}") }
        })?;
        let kind = Linter::guess(&input.bytes);
        if kind == Some(PolicyKind::Url) {
            let name = &input.name;
            let text = format!(
                "{name} is a policy for data over HTTP, which has no ports; {ONLY_SOCKETS}"
            );
            return Err(Failure::new(Exit::Input, text));
        }
        Ok(Self { input, policy, names_ports: kind == Some(PolicyKind::Socket) })
    }

    /// The rule that grants a witness.
    fn rule_for(&self, witness: &analysis::Witness, served_from: u16) -> Option<Position> {
        let location = format!("h:{served_from}");
        let player = Evaluator::with_profile(witness.swf().clone(), Profile::default());
        let mut player = player.policy(&location, self.input.bytes.as_slice());
        player.session().load_policy_file(&format!("xmlsocket://{location}"));
        let outcome = player.connect("h", witness.port());
        outcome.granted_by().and(outcome.rule())?.position()
    }
}

const ONLY_SOCKETS: &str = "diff compares socket policies";

/// Read as socket policies, two that name no ports grant nothing, and would be alike whatever they say.
fn check_that_one_names_ports(old: &ComparedPolicy, new: &ComparedPolicy) -> Result<(), Failure> {
    let has_rules = |policy: &ComparedPolicy| !policy.policy.allow_access_from().is_empty();
    if old.names_ports || new.names_ports || !(has_rules(old) || has_rules(new)) {
        return Ok(());
    }
    let text = format!(
        "neither {} nor {} has a rule with to-ports: read as socket policies, both grant nothing; {ONLY_SOCKETS}: give \
         the rules to-ports, or examine policies for data over HTTP by `flash-policy check --kind url`",
        old.input.name, new.input.name
    );
    Err(Failure::new(Exit::Input, text))
}

/// A difference, as the report has it and as an entry.
struct Found {
    change: Change,
    /// What sets it apart from the others.
    name: String,
    /// What makes the difference in the new policy, where something there does.
    place: Option<Position>,
}

impl Found {
    fn of_change(change: &analysis::Change, new: &ComparedPolicy, served_from: u16) -> Self {
        let (text, witness) = (change.to_string(), change.witness());
        let name =
            text.strip_suffix(&format!(", for example {witness}")).unwrap_or(&text).to_owned();
        let except = change.origins().iter().flat_map(Origin::except).map(ToString::to_string);
        Self {
            place: new.rule_for(witness, served_from),
            name,
            change: Change {
                direction: change.direction().to_string(),
                text,
                origins: change
                    .origins()
                    .iter()
                    .map(|origin| origin.pattern().to_string())
                    .collect(),
                except: except.collect(),
                scheme: Some(change.scheme().to_string()),
                ports: Some(change.ports().to_string()),
                witness: Some(Witness { swf: witness.swf().to_string(), port: witness.port() }),
            },
        }
    }

    fn of_meta_policy(change: &MetaPolicyChange, new: &ComparedPolicy) -> Self {
        let direction =
            if change.widens() { Direction::NewlyPermitted } else { Direction::NewlyDenied };
        let (origins, except, scheme, ports, witness) = Default::default();
        let (direction, text) = (direction.to_string(), change.to_string());
        Self {
            place: new.policy.site_control().first().and_then(|control| control.position()),
            name: text.clone(),
            change: Change { direction, text, origins, except, scheme, ports, witness },
        }
    }

    fn widens(&self) -> bool {
        self.change.direction == Direction::NewlyPermitted.as_str()
    }

    fn entry(&self, file: &str, allow_widening: bool) -> Entry {
        let fails = self.widens() && !allow_widening;
        let severity = if fails { Severity::Error } else { Severity::Info };
        let found = entry(file, self.place, &self.change.text, State::Found { severity, fails });
        Entry { name: self.name.clone(), id: self.change.direction.clone(), ..found }
    }
}

fn entry(file: &str, place: Option<Position>, text: &str, state: State) -> Entry {
    let (file, text) = (file.to_owned(), text.to_owned());
    Entry {
        file,
        place,
        name: text.clone(),
        state,
        id: text.clone(),
        message: text.clone(),
        detail: text,
    }
}

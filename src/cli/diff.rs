//! `flash-policy diff`: what a new policy permits or denies that the old one did not.

use std::path::Path;

use super::args::Diff as Args;
use super::exit::{Exit, Failure};
use super::input::Input;
use super::report::{Change, Done, Entry, Report, State, Summary, Witness};
use crate::analysis::{self, Diff, Direction, Linter, MetaPolicyChange, Origin};
use crate::excerpt::Excerpt;
use crate::player::Profile;
use crate::policy::{PolicyFile, PolicyKind};
use crate::rules::Severity;

pub(super) fn run(args: &Args) -> Result<Done, Failure> {
    if args.old == Path::new("-") && args.new == Path::new("-") {
        return Err(Failure::usage("standard input cannot be both policies; give one of them as a file"));
    }
    let (old, new) = (policy(&args.old)?, policy(&args.new)?);
    let diff = Diff::between(&old, &new, args.served_from, &Profile::default());
    let mut changes: Vec<_> = diff.changes().iter().map(change).collect();
    changes.extend(diff.meta_policy().map(meta_policy));
    let permitted = changes.iter().filter(|change| change.direction == Direction::NewlyPermitted.as_str()).count();
    let summary = Summary {
        newly_permitted: Some(permitted),
        newly_denied: Some(changes.len() - permitted),
        ..Summary::default()
    };
    let fails = diff.widens() && !args.allow_widening;
    let mut human = format!("{diff}\n");
    if fails {
        human += "the new policy permits more than the old one; --allow-widening accepts that\n";
    }
    let entries = entries(&args.new.display().to_string(), &changes, args.allow_widening);
    let report = Report { changes: Some(changes), ..Report::new("diff", summary) };
    Ok(Done { exit: if fails { Exit::Finding } else { Exit::Expected }, report, entries, human })
}

/// A socket policy; a document that no player would read, or that is for HTTP, cannot be compared.
fn policy(path: &Path) -> Result<PolicyFile, Failure> {
    let input = Input::read(path)?;
    let policy = PolicyFile::parse(&input.bytes).map_err(|malformed| {
        let excerpt = Excerpt::of(malformed.diagnostic(), &input.name, &input.text()).render(true);
        Failure {
            exit: Exit::Input,
            message: format!("{excerpt}\nerror: a player rejects this document, so that it has no meaning to compare"),
        }
    })?;
    if Linter::guess(&input.bytes) == Some(PolicyKind::Url) {
        let text =
            format!("{} is a policy for data over HTTP, which has no ports; diff compares socket policies", input.name);
        return Err(Failure::new(Exit::Input, text));
    }
    Ok(policy)
}

fn change(change: &analysis::Change) -> Change {
    let except = change.origins().iter().flat_map(Origin::except).map(ToString::to_string);
    Change {
        direction: change.direction().to_string(),
        text: change.to_string(),
        origins: change.origins().iter().map(|origin| origin.pattern().to_string()).collect(),
        except: except.collect(),
        scheme: Some(change.scheme().to_string()),
        ports: Some(change.ports().to_string()),
        witness: Some(Witness { swf: change.witness().swf().to_string(), port: change.witness().port() }),
    }
}

fn meta_policy(change: &MetaPolicyChange) -> Change {
    let direction = if change.widens() { Direction::NewlyPermitted } else { Direction::NewlyDenied };
    let (origins, except, scheme, ports, witness) = Default::default();
    Change { direction: direction.to_string(), text: change.to_string(), origins, except, scheme, ports, witness }
}

fn entries(file: &str, changes: &[Change], allow_widening: bool) -> Vec<Entry> {
    let entry = |name: &str, state, message: &str| Entry {
        file: file.to_owned(),
        place: None,
        name: name.to_owned(),
        state,
        id: name.to_owned(),
        message: message.to_owned(),
        detail: message.to_owned(),
    };
    if changes.is_empty() {
        return vec![entry("no change in meaning", State::Passed, "no change in meaning")];
    }
    let of_change = |change: &Change| {
        let widens = change.direction == Direction::NewlyPermitted.as_str();
        let fails = widens && !allow_widening;
        let severity = if fails { Severity::Error } else { Severity::Info };
        entry(&change.direction, State::Found { severity, fails }, &change.text)
    };
    changes.iter().map(of_change).collect()
}

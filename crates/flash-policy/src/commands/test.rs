//! `flash-policy test`: runs scenario files.

mod text;

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;

use flash_policy_core::player::Endpoint;
use flash_policy_scenario::{self as scenario, Runner, Scenario, ScenarioError};

use crate::args::Test;
use crate::exit::{Exit, Failure};
use crate::report::Done;
use text::{Ran, Told};

pub(crate) fn run(args: &Test) -> Result<Done, Failure> {
    run_against(args, &|_| Vec::new())
}

/// Where real servers stand, of the endpoints of a scenario.
type Routes<'a> = &'a dyn Fn(&Scenario) -> Vec<(Endpoint, SocketAddr)>;

/// Runs them with real servers in the place of what they declare.
pub(crate) fn run_against(args: &Test, routes: Routes<'_>) -> Result<Done, Failure> {
    let (scenarios, wrong) = read(args);
    let wanted = wanted(args, &scenarios);
    if wanted.is_empty() && wrong.is_empty() {
        let text = "no case is left to test: none has the text of --filter in `file: name`; --list shows them all";
        return Err(Failure::new(Exit::Nothing, text));
    }
    let chosen = part(args, wanted);
    let done = match args.list {
        true => text::list(&scenarios, &chosen, &wrong),
        false => test(args, routes, &scenarios, &chosen, &wrong),
    };
    // What is wrong with files comes last, where it is seen.
    for error in wrong {
        Failure::from(error).tell();
    }
    Ok(done)
}

/// All scenario files that are meant. What is wrong with some does not keep the others from being run.
fn read(args: &Test) -> (Vec<Scenario>, Vec<ScenarioError>) {
    let (mut scenarios, mut wrong) = (Vec::new(), Vec::new());
    for path in &args.paths {
        let files = scenario::find(path).unwrap_or_else(|error| {
            wrong.push(error);
            Vec::new()
        });
        for file in files {
            match Scenario::read(file) {
                Ok(scenario) => scenarios.push(scenario),
                Err(error) => wrong.push(error),
            }
        }
    }
    (scenarios, wrong)
}

/// A case of a scenario, or its matrix.
struct Chosen<'a> {
    scenario: &'a Scenario,
    case: Option<usize>,
}

impl Chosen<'_> {
    fn name(&self) -> &str {
        self.case.map_or("matrix", |case| self.scenario.cases()[case].name())
    }

    fn file(&self) -> String {
        self.scenario.path().display().to_string()
    }

    /// As `--filter` and `--list` have it.
    fn whole_name(&self) -> String {
        format!("{}: {}", self.file(), self.name())
    }
}

fn wanted<'a>(args: &Test, scenarios: &'a [Scenario]) -> Vec<Chosen<'a>> {
    let all = scenarios.iter().flat_map(|scenario| {
        let cases =
            (0..scenario.cases().len()).map(Some).chain(scenario.has_matrix().then_some(None));
        cases.map(move |case| Chosen { scenario, case })
    });
    let has_text =
        |one: &Chosen<'_>| args.filter.iter().any(|text| one.whole_name().contains(text.as_str()));
    all.filter(|one| args.filter.is_empty() || has_text(one)).collect()
}

/// Where there are fewer cases than parts, some part has none: that is no fault of the machine that runs it.
fn part<'a>(args: &Test, wanted: Vec<Chosen<'a>>) -> Vec<Chosen<'a>> {
    let (part, of) = args.partition.unwrap_or((1, 1));
    wanted
        .into_iter()
        .enumerate()
        .filter(|(index, _)| index % of == part - 1)
        .map(|(_, one)| one)
        .collect()
}

fn test(
    args: &Test,
    routes: Routes<'_>,
    scenarios: &[Scenario],
    chosen: &[Chosen<'_>],
    wrong: &[ScenarioError],
) -> Done {
    let (mut ran, mut all) = (Vec::new(), scenario::ScenarioReport::default());
    let mut progress = Progress { done: 0, of: chosen.len(), is_shown: io::stderr().is_terminal() };
    for scenario in scenarios {
        let routes = routes(scenario).into_iter();
        let mut runner =
            routes.fold(Runner::new(scenario), |runner, (at, to)| runner.route(at, to));
        for one in chosen.iter().filter(|one| std::ptr::eq(one.scenario, scenario)) {
            progress.step();
            ran.extend(match one.case {
                Some(case) => Some(Ran::case(runner.run(case))),
                None => runner.run_matrix().map(|matrix| Ran::matrix(matrix, args.update)),
            });
        }
        all.merge(runner.finish());
    }
    progress.clear();
    let coverage = args.coverage.then(|| all.coverage());
    Told { files: scenarios.len(), ran, wrong, coverage, partition: args.partition }.done()
}

/// A line on a terminal that says how far it is; in a log there is none.
struct Progress {
    done: usize,
    of: usize,
    is_shown: bool,
}

impl Progress {
    fn step(&mut self) {
        self.done += 1;
        self.show(&format!("\r{} of {}", self.done, self.of));
    }

    fn clear(&self) {
        self.show("\r\x1b[K");
    }

    fn show(&self, text: &str) {
        if self.is_shown {
            // A progress that cannot be shown is no reason to stop.
            let _ = io::stderr().write_all(text.as_bytes());
        }
    }
}

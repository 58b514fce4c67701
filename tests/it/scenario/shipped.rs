//! The shipped scenarios.

use std::collections::BTreeSet;

use flash_policy_fixture::scenario::{self, Scenario};
use flash_policy_fixture::wire::Fault;
use flash_policy_fixture::{Cause, Sandbox};

const FOLDER: &str = "fixtures/scenarios";

/// The evaluator and the real sockets agree on all of it: otherwise a case would be a disagreement.
#[test]
fn every_shipped_scenario_passes_both_times_it_is_decided() {
    let report = scenario::run(FOLDER).unwrap();
    assert!(report.is_success(), "{report}");
    assert!(report.cases().len() > 50 && report.matrices().len() == 1);
}

/// What a newcomer should meet among them.
#[test]
fn the_shipped_scenarios_show_what_there_is_to_show() {
    let report = scenario::run(FOLDER).unwrap();
    let causes: BTreeSet<&str> =
        report.cases().iter().filter_map(|case| case.outcome()).map(|outcome| outcome.cause().as_str()).collect();
    // The others need a machine that resets, or a page that forbids networking.
    let shown = |cause: &&Cause| ![Cause::BackendReset, Cause::NetworkingDisabled].contains(cause);
    let wanted: BTreeSet<&str> = Cause::ALL.iter().filter(shown).map(|cause| cause.as_str()).collect();
    assert_eq!(causes, wanted);
    let sandboxes: BTreeSet<&str> = report
        .cases()
        .iter()
        .filter_map(|case| case.outcome())
        .map(|outcome| outcome.swf().sandbox().as_str())
        .collect();
    assert_eq!(sandboxes, Sandbox::ALL.iter().map(|sandbox| sandbox.as_str()).collect());
}

#[test]
fn every_fault_has_its_case() {
    let text = include_str!("../../../fixtures/scenarios/faults.toml");
    // The text of an unknown fault lists them all.
    let error = "none-of-them".parse::<Fault>().unwrap_err().to_string();
    let ids = error.split_once("there are ").unwrap().1.split(", ");
    let mut count = 0;
    for id in ids.map(|id| id.split('=').next().unwrap()) {
        count += 1;
        assert!(text.contains(&format!("[\"{id}\"]")) || text.contains(&format!("[\"{id}=")), "{id}");
    }
    assert!(count >= 14, "{error}");
}

/// The format as the documentation shows it.
#[test]
fn the_scenario_in_the_documentation_passes() {
    let documentation = include_str!("../../../src/scenario/mod.rs").lines().map_while(|line| line.strip_prefix("//!"));
    let inside = documentation.skip_while(|line| *line != " ```toml").skip(1).take_while(|line| *line != " ```");
    let text: String = inside.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect();
    let report = Scenario::parse(&text, "s.toml").unwrap().run();
    assert_eq!((report.passed(), report.failed()), (2, 0), "{report}");
}

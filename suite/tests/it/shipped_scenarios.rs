//! The shipped scenarios.

use std::collections::BTreeSet;

use flash_policy_core::wire::Fault;
use flash_policy_fixture::{Cause, Sandbox};
use flash_policy_scenario::{self as scenario, Scenario};

const FOLDER: &str = "../fixtures/scenarios";

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
    let causes: BTreeSet<&str> = report
        .cases()
        .iter()
        .filter_map(|case| case.outcome())
        .map(|outcome| outcome.cause().as_str())
        .collect();
    // The others need a machine that resets, or a page that forbids networking.
    let shown = |cause: &&Cause| ![Cause::BackendReset, Cause::NetworkingDisabled].contains(cause);
    let wanted: BTreeSet<&str> =
        Cause::ALL.iter().filter(shown).map(|cause| cause.as_str()).collect();
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
    for id in faults() {
        assert!(
            text.contains(&format!("[\"{id}\"]")) || text.contains(&format!("[\"{id}=")),
            "{id}"
        );
    }
}

/// The ids of all faults: the text of an unknown one lists them.
fn faults() -> Vec<String> {
    let error = "none-of-them".parse::<Fault>().unwrap_err().to_string();
    let listed = error.split_once("there are ").unwrap().1.replace("N,M", "N").replace(' ', "");
    let ids: Vec<_> =
        listed.split(',').map(|id| id.split('=').next().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 32, "{error}");
    ids
}

const DOCUMENTATION: &str = include_str!("../../../docs/scenarios.md");

#[test]
fn the_scenario_in_the_documentation_passes() {
    let blocks: Vec<_> = DOCUMENTATION
        .split("```toml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let report = Scenario::parse(blocks[0], "s.toml").unwrap().run();
    assert_eq!((report.passed(), report.failed()), (2, 0), "{report}");
    Scenario::parse(&blocks.concat(), "s.toml").unwrap();
}

#[test]
fn the_documentation_has_every_cause_and_every_fault() {
    for cause in Cause::ALL {
        assert!(DOCUMENTATION.contains(&format!("`{cause}`")), "{cause}");
    }
    for id in faults() {
        assert!(
            DOCUMENTATION.contains(&format!("`{id}`"))
                || DOCUMENTATION.contains(&format!("`{id}=")),
            "{id}"
        );
    }
}

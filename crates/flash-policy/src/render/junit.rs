//! Renders JUnit XML, with a suite for each file or server.

use std::time::Duration;

use flash_policy_core::printable::{printable, printable_lines};
use quick_junit::{NonSuccessKind, Report as JunitReport, TestCase, TestCaseStatus, TestSuite};

use super::entry::{Entry, State, entries};
use crate::report::Report;

pub(super) fn junit(report: &Report) -> String {
    let mut suites: Vec<TestSuite> = Vec::new();
    for entry in entries(report) {
        let name = printable(entry.place.name());
        let index = suites.iter().position(|suite| *suite.name == *name).unwrap_or_else(|| {
            suites.push(TestSuite::new(&name));
            suites.len() - 1
        });
        suites[index].add_test_case(test_case(&entry, &name));
    }
    for suite in &mut suites {
        suite.set_time(suite.test_cases.iter().filter_map(|case| case.time).sum());
    }
    let mut whole = JunitReport::new("flash-policy");
    whole.set_time(suites.iter().filter_map(|suite| suite.time).sum());
    whole.add_test_suites(suites);
    whole.to_string().expect("what is escaped can be written as XML")
}

fn test_case(entry: &Entry, suite: &str) -> TestCase {
    let detail = printable_lines(&entry.detail);
    let (status, output) = match &entry.state {
        State::Passed | State::Found { fails: false, .. } => (TestCaseStatus::success(), detail),
        State::Found { fails: true, .. } => {
            (non_success(entry, NonSuccessKind::Failure, detail), String::new())
        }
        State::NotRun => (non_success(entry, NonSuccessKind::Error, detail), String::new()),
        State::Skipped => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(printable(&entry.message));
            (skipped, String::new())
        }
        State::Suppressed { reason, .. } => {
            let output = format!("suppressed: {}\n{detail}", printable(reason));
            (TestCaseStatus::success(), output)
        }
    };
    let mut case = TestCase::new(printable(&entry.name), status);
    case.set_classname(suite);
    // Readers expect a time even where none was measured.
    case.set_time(Duration::from_millis(entry.took_ms.unwrap_or_default()));
    if !output.is_empty() {
        case.set_system_out(output);
    }
    case
}

fn non_success(entry: &Entry, kind: NonSuccessKind, detail: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(entry.subject.id());
    status.set_message(printable(entry.sentence()));
    status.set_description(detail);
    status
}

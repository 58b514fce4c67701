//! JUnit's XML: a suite for each file. What is known only by the clock or by chance is left out, so that the same
//! result is the same text.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{block, line};
use crate::exit::{Exit, Failure};
use crate::report::{Done, Entry, State};

pub(crate) fn junit(done: &Done) -> Result<String, Failure> {
    let mut suites: Vec<TestSuite> = Vec::new();
    for entry in &done.entries {
        let file = line(&entry.file);
        let place = suites.iter().position(|suite| *suite.name == *file).unwrap_or_else(|| {
            suites.push(TestSuite::new(&file));
            suites.len() - 1
        });
        suites[place].add_test_case(test_case(entry, &file));
    }
    let mut report = Report::new("flash-policy");
    report.add_test_suites(suites);
    report
        .to_string()
        .map_err(|error| Failure::new(Exit::Defect, format!("cannot write JUnit's XML: {error}")))
}

fn test_case(entry: &Entry, file: &str) -> TestCase {
    let detail = block(&entry.detail);
    let (status, output) = match &entry.state {
        State::Passed => (TestCaseStatus::success(), detail),
        State::Found { fails: true, .. } => {
            (non_success(entry, NonSuccessKind::Failure, detail), String::new())
        }
        State::Skipped => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(line(&entry.message));
            (skipped, String::new())
        }
        State::NotRun => (non_success(entry, NonSuccessKind::Error, detail), String::new()),
        State::Found { fails: false, .. } => (TestCaseStatus::success(), detail),
        State::Suppressed { reason, .. } => {
            (TestCaseStatus::success(), format!("suppressed: {}\n{detail}", line(reason)))
        }
    };
    let mut case = TestCase::new(line(&entry.name), status);
    case.set_classname(file);
    if !output.is_empty() {
        case.set_system_out(output);
    }
    case
}

fn non_success(entry: &Entry, kind: NonSuccessKind, detail: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(line(&entry.id)).set_message(line(&entry.message)).set_description(detail);
    status
}

//! Bad servers, and exactly the findings that a run must report of each.

mod tables;

use std::time::Duration;

use flash_policy_conformance::{Check, CheckId, CheckVerdict, Torture, TortureReport};
use libtest_mimic::Trial;

use crate::servers::Server;
use tables::*;

/// A server, and what a run must find.
struct BadServer {
    name: &'static str,
    start: fn() -> Server,
    /// Each check that does not pass, as `id verdict rule`. Adjacent checks that are not run are
    /// one entry: `first..last not-run`.
    findings: &'static [&'static str],
}

/// Bad servers that have something in common.
struct Table {
    name: &'static str,
    /// A small budget saves time. A busy machine may need more, so where the findings differ the
    /// server is checked again with the player's own budget, and that run decides. `None` starts
    /// with the player's.
    budget: Option<Duration>,
    servers: &'static [BadServer],
}

/// The time that a player waits.
pub(crate) const PLAYERS_BUDGET: Duration = Duration::from_secs(3);

const TABLES: &[Table] = &[
    Table {
        name: "a_server_without_a_policy",
        budget: Some(Duration::from_millis(500)),
        servers: WITHOUT_A_POLICY,
    },
    Table {
        name: "a_server_whose_answer_ends_badly",
        budget: Some(Duration::from_secs(1)),
        servers: ENDING_BADLY,
    },
    Table {
        name: "a_server_that_reads_badly",
        budget: Some(Duration::from_secs(1)),
        servers: READING_BADLY,
    },
    Table {
        name: "a_server_that_serves_clients_badly",
        budget: Some(Duration::from_secs(1)),
        servers: SERVING_BADLY,
    },
    Table { name: "a_server_that_closes_on_clients", budget: None, servers: CLOSING_ON_CLIENTS },
];

/// Returns a test for each bad server.
pub(crate) fn tests() -> Vec<Trial> {
    let servers =
        TABLES.iter().flat_map(|table| table.servers.iter().map(move |server| (table, server)));
    servers
        .map(|(table, server)| {
            let name = format!("bad_servers::{}::{}", table.name, server.name);
            Trial::test(name, move || {
                server.assert_findings(table.budget);
                Ok(())
            })
        })
        .collect()
}

impl BadServer {
    fn assert_findings(&self, small_budget: Option<Duration>) {
        let budgets = small_budget.into_iter().chain([PLAYERS_BUDGET; 2]);
        let mut last = None;
        for budget in budgets {
            let server = (self.start)();
            let report = Torture::new(server.addr()).budget(budget).run().unwrap();
            if findings(&report) == self.findings {
                return self.assert_report(&report);
            }
            let is_decided = !is_machine_too_busy(&report) && budget == PLAYERS_BUDGET;
            last = Some(report);
            if is_decided {
                break;
            }
        }
        self.assert_as_far_as_decided(&last.unwrap());
    }

    /// Asserts that nothing is said against the server that is not true. A busy machine leaves
    /// checks undecided.
    fn assert_as_far_as_decided(&self, report: &TortureReport) {
        if !is_machine_too_busy(report) {
            return self.assert_report(report);
        }
        let said = findings(report).into_iter().filter(|finding| !finding.ends_with("not-run"));
        let untrue: Vec<_> =
            said.filter(|finding| !self.findings.contains(&finding.as_str())).collect();
        assert!(untrue.is_empty(), "{untrue:?}\n{report}");
    }

    fn assert_report(&self, report: &TortureReport) {
        assert_eq!(findings(report), self.findings, "{report}");
        let ids: Vec<_> = report.checks().iter().map(Check::id).collect();
        assert_eq!(ids, CheckId::ALL, "{report}");
        let is_failure = self.findings.iter().any(|finding| finding.contains(" fail"));
        assert_eq!(report.is_success(), !is_failure, "{report}");
        for check in report.checks() {
            let reason = check.reason();
            assert!(!reason.is_empty(), "{check}");
            assert!(!reason.contains(['\r', '\n', '\0']), "{check}");
            assert!(reason.len() < 400, "{check}");
        }
    }
}

/// Returns what a report says, in the words of [`BadServer::findings`].
fn findings(report: &TortureReport) -> Vec<String> {
    let are_not_run = |one: &Check, next: &Check| is_not_run(one) && is_not_run(next);
    let groups = report.checks().chunk_by(are_not_run);
    groups.filter(|checks| checks[0].verdict() != CheckVerdict::Pass).map(finding).collect()
}

/// Returns the entry for one check, or for adjacent ones that were not run.
fn finding(checks: &[Check]) -> String {
    let first = &checks[0];
    match (checks, first.rule()) {
        ([_, .., last], _) => format!("{}..{} not-run", first.id(), last.id()),
        (_, Some(rule)) => format!("{} {} {}", first.id(), first.verdict(), rule.id()),
        (_, None) => format!("{} {}", first.id(), first.verdict()),
    }
}

fn is_not_run(check: &Check) -> bool {
    check.verdict() == CheckVerdict::NotRun
}

pub(crate) fn is_machine_too_busy(report: &TortureReport) -> bool {
    report.checks().iter().any(|check| check.reason() == "this machine was too busy to tell")
}

//! Bad servers, and exactly the findings that a run must report of each.

use std::time::Duration;

use flash_policy_conformance::{Check, CheckId, CheckVerdict, Torture, TortureReport};
use flash_policy_core::wire::POLICY_REQUEST;
use libtest_mimic::Trial;

use crate::servers::*;
use crate::{OPEN, open_answer};

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

const ALL_BUT_REQUEST: &str = "speaks-first..leaks not-run";
const CHECKS_OF_THE_END: &str = "answer-end..copies not-run";
const ALL_AFTER_THE_ANSWER: &str = "split-in-two..leaks not-run";

const WITHOUT_A_POLICY: &[BadServer] = &[
    BadServer {
        name: "silent",
        start: silent,
        findings: &["request fail FSP-T04", ALL_BUT_REQUEST],
    },
    BadServer {
        name: "that_closes_without_a_byte",
        start: || answers(""),
        findings: &["request fail FSP-T27", ALL_BUT_REQUEST],
    },
    BadServer {
        name: "that_resets_without_a_byte",
        start: || answers_and_resets(""),
        findings: &["request fail FSP-T27", ALL_BUT_REQUEST],
    },
    BadServer {
        name: "http_400",
        start: || answers("HTTP/1.1 400 Bad Request\r\n\r\n"),
        findings: &["request fail FSP-T10", CHECKS_OF_THE_END, ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "http_with_a_policy",
        start: || answers(format!("HTTP/1.1 200 OK\r\n\r\n{OPEN}")),
        findings: &["request fail FSP-T10", CHECKS_OF_THE_END, ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "tls",
        start: || answers(b"\x15\x03\x03\x00\x02\x02\x0a"),
        findings: &["request fail FSP-T12", CHECKS_OF_THE_END, ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "echo",
        start: echo,
        findings: &[
            "request fail FSP-L30",
            CHECKS_OF_THE_END,
            "closes tolerated FSP-T26",
            ALL_AFTER_THE_ANSWER,
        ],
    },
    BadServer {
        name: "with_a_malformed_document",
        start: || answers("<cross-domain-policy><allow-access-from></cross-domain-policy>\0"),
        findings: &["request fail FSP-D22", ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "with_text_before_the_policy",
        start: || answers(format!("hello{OPEN}\0")),
        findings: &["request fail FSP-L12", ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "with_too_large_an_answer",
        start: || answers("x".repeat(70_000)),
        findings: &["request fail FSP-T23", "answer-end..leaks not-run"],
    },
    BadServer {
        name: "that_stops_inside_the_document",
        start: || answers_and_stays(&OPEN.as_bytes()[..40]),
        findings: &[
            "request fail FSP-D21",
            "answer-end fail FSP-T14",
            "closes tolerated FSP-T26",
            ALL_AFTER_THE_ANSWER,
        ],
    },
    BadServer {
        name: "that_escapes_the_nul",
        start: || answers_and_stays(format!("{OPEN}\\0")),
        findings: &[
            "request fail FSP-T16",
            "answer-end fail FSP-T14",
            "closes tolerated FSP-T26",
            ALL_AFTER_THE_ANSWER,
        ],
    },
    BadServer {
        name: "that_writes_a_length_before_the_document",
        start: || answers([&(OPEN.len() as u16).to_be_bytes(), OPEN.as_bytes()].concat()),
        findings: &["request fail FSP-L13", CHECKS_OF_THE_END, ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "that_answers_twice_with_a_malformed_document",
        start: || answers("<cross-domain-policy>\0".repeat(2)),
        findings: &["request fail FSP-D21", "copies fail FSP-T25", ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "that_resets_inside_the_document",
        start: || answers_and_resets(&OPEN.as_bytes()[..40]),
        findings: &[
            "request fail FSP-T06",
            "answer-end not-run",
            "resets fail FSP-T06",
            ALL_AFTER_THE_ANSWER,
        ],
    },
    BadServer {
        name: "with_a_banner",
        start: || speaks_first("220 ready\r\n\0"),
        findings: &["request fail FSP-L12", "speaks-first tolerated FSP-T24", ALL_AFTER_THE_ANSWER],
    },
    BadServer {
        name: "that_answers_only_the_spaced_spelling",
        start: || answers_messages(|message| message == b"<policy-file-request />\0"),
        findings: &[
            "request fail FSP-T36",
            "speaks-first..crlf-after not-run",
            "spaced fail FSP-T36",
            "upper-case..leaks not-run",
        ],
    },
    BadServer {
        name: "that_answers_only_the_upper_case_spelling",
        start: || answers_messages(|message| message == POLICY_REQUEST.to_ascii_uppercase()),
        findings: &[
            "request fail FSP-T36",
            "speaks-first..spaced not-run",
            "upper-case fail FSP-T36",
            "other-message..leaks not-run",
        ],
    },
    BadServer {
        name: "that_waits_for_a_line_end",
        start: || answers_if(|received| received.ends_with(b"\n")),
        findings: &[
            "request fail FSP-T37",
            "speaks-first..no-nul not-run",
            "crlf-after fail FSP-T37",
            "spaced..leaks not-run",
        ],
    },
];

const ENDING_BADLY: &[BadServer] = &[
    BadServer {
        name: "that_speaks_first",
        start: || speaks_first(open_answer()),
        findings: &["speaks-first tolerated FSP-T24"],
    },
    BadServer {
        name: "that_never_reads",
        start: never_reads,
        findings: &["speaks-first tolerated FSP-T24", "resets tolerated FSP-T06"],
    },
    BadServer {
        name: "that_speaks_first_and_when_asked",
        start: speaks_twice,
        findings: &["speaks-first tolerated FSP-T24", "copies fail FSP-T25"],
    },
    BadServer {
        name: "without_a_nul",
        start: || answers(no_nul()),
        findings: &["answer-end tolerated FSP-T15"],
    },
    BadServer {
        name: "without_an_end",
        start: || answers_and_stays(no_nul()),
        findings: &["answer-end fail FSP-T14", "closes tolerated FSP-T26"],
    },
    BadServer {
        name: "with_bytes_after_the_nul",
        start: || answers([open_answer(), b"\0\0\0".to_vec()].concat()),
        findings: &["bytes-after-nul tolerated FSP-T17"],
    },
    BadServer {
        name: "with_a_parenthesis_after_the_nul",
        start: || answers([open_answer(), b")".to_vec()].concat()),
        findings: &["bytes-after-nul tolerated FSP-T17"],
    },
    BadServer {
        name: "that_answers_twice_and_goes_on",
        start: || answers([open_answer().repeat(2), b"hello".to_vec()].concat()),
        findings: &["bytes-after-nul tolerated FSP-T17", "copies fail FSP-T25"],
    },
    BadServer {
        name: "that_answers_twice",
        start: || answers(open_answer().repeat(2)),
        findings: &["copies fail FSP-T25"],
    },
    BadServer {
        name: "that_stays_open",
        start: || answers_and_stays(open_answer()),
        findings: &["closes tolerated FSP-T26"],
    },
    BadServer {
        name: "that_resets_after_the_nul",
        start: || answers_and_resets(open_answer()),
        findings: &["resets tolerated FSP-T06"],
    },
    BadServer {
        name: "that_resets_long_after_it_closed",
        start: resets_after_its_close,
        findings: &["answer-end tolerated FSP-T15"],
    },
    BadServer {
        name: "that_resets_after_the_document",
        start: || answers_and_resets(no_nul()),
        findings: &["answer-end tolerated FSP-T15", "resets fail FSP-T06"],
    },
];

const READING_BADLY: &[BadServer] = &[
    BadServer {
        name: "that_reads_once",
        start: one_read,
        findings: &[
            "split-in-two fail FSP-T18",
            "split-in-23 fail FSP-T18",
            "late-nul fail FSP-T18",
            "coalesced fail FSP-T19",
            "two-requests fail FSP-T19",
            "crlf-after tolerated FSP-T19",
        ],
    },
    BadServer {
        name: "that_reads_four_times",
        start: || few_reads(4),
        findings: &["split-in-23 fail FSP-T18"],
    },
    BadServer {
        name: "that_takes_a_segment_for_a_message",
        start: || answers_messages(|message| message == POLICY_REQUEST),
        findings: &[
            "coalesced fail FSP-T19",
            "two-requests fail FSP-T19",
            "crlf-after tolerated FSP-T19",
        ],
    },
    BadServer {
        name: "that_rejects_line_ends",
        start: || answers_messages(|message| is_request(message) && !message.ends_with(b"\r\n")),
        findings: &["crlf-after tolerated FSP-T19"],
    },
    BadServer {
        name: "that_rejects_a_second_request",
        start: || answers_messages(|message| is_request(message) && !message[1..].contains(&b'<')),
        findings: &["two-requests fail FSP-T19"],
    },
    BadServer {
        name: "that_answers_each_request",
        start: answers_each_request,
        findings: &["two-requests tolerated FSP-T25"],
    },
    BadServer {
        name: "that_needs_no_nul",
        start: || answers_if(|received| received.starts_with(&POLICY_REQUEST[..22])),
        findings: &["no-nul tolerated FSP-T20"],
    },
    BadServer {
        name: "that_looks_at_the_first_byte",
        start: || answers_if(|received| received.starts_with(b"<")),
        findings: &["no-nul tolerated FSP-T20", "other-message tolerated FSP-T20"],
    },
    BadServer {
        name: "that_looks_at_the_first_byte_of_a_message",
        start: || answers_messages(|message| message.starts_with(b"<")),
        findings: &["other-message tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_binary",
        start: || answers_also_if(|received| received.starts_with(b"\xff")),
        findings: &["garbage tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_http",
        start: || answers_also_if(|received| received.starts_with(b"GET ")),
        findings: &["http-get tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_tls",
        start: || answers_also_if(|received| received.starts_with(b"\x16\x03")),
        findings: &["tls-client-hello tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_a_flood",
        start: || answers_also_if(|received| received.len() > 65_536),
        findings: &["flood tolerated FSP-T20"],
    },
    BadServer {
        name: "that_answers_anything",
        start: || answers_if(|_| true),
        findings: &[
            "no-nul tolerated FSP-T20",
            "other-message tolerated FSP-T20",
            "garbage tolerated FSP-T20",
            "http-get tolerated FSP-T20",
            "tls-client-hello tolerated FSP-T20",
            "flood tolerated FSP-T20",
        ],
    },
    BadServer {
        name: "that_rejects_a_half_close",
        start: rejects_half_close,
        findings: &["half-close tolerated"],
    },
];

const SERVING_BADLY: &[BadServer] = &[
    BadServer {
        name: "one_after_the_other",
        start: serial_good,
        findings: &["idle fail FSP-T04", "idle-peers fail FSP-T40"],
    },
    BadServer {
        name: "with_a_hundred_workers",
        start: || pool(100, Duration::ZERO),
        findings: &["idle-peers fail FSP-T40"],
    },
    BadServer {
        name: "with_two_slow_workers",
        start: || pool(2, Duration::from_millis(50)),
        findings: &["at-once fail FSP-T40", "idle-peers fail FSP-T40"],
    },
    BadServer {
        name: "and_bans_frequent_clients",
        start: || bans_after(150),
        findings: &["connect-and-drop fail FSP-T29", "at-once..leaks not-run"],
    },
    BadServer {
        name: "until_a_connection_is_reset",
        start: stops_after_a_reset,
        findings: &["idle fail FSP-T04", "connect-and-drop fail FSP-O06", "at-once..leaks not-run"],
    },
    BadServer {
        name: "until_http_arrives",
        start: || stops_after(|received| received.starts_with(b"GET ")),
        findings: &["http-get fail FSP-O06", "tls-client-hello..leaks not-run"],
    },
    BadServer {
        name: "until_a_flood_arrives",
        start: || stops_after(|received| received.len() > 65_536),
        findings: &[
            "idle fail FSP-T04",
            "idle-peers fail FSP-T40",
            "flood fail FSP-O06",
            "leaks not-run",
        ],
    },
    BadServer {
        name: "until_binary_bytes_arrive",
        start: || hangs_after(|received| received.starts_with(b"\xff")),
        findings: &["garbage fail FSP-T04", "http-get..leaks not-run"],
    },
    BadServer {
        name: "with_one_buffer_for_all",
        start: one_buffer_for_all,
        findings: &["leaks fail"],
    },
    BadServer {
        name: "and_sends_bytes_of_another_connection",
        start: sends_leftover_bytes,
        findings: &["leaks fail"],
    },
    BadServer {
        name: "and_is_a_chat_that_relays_everything",
        start: || chat(|_| true),
        findings: &["leaks fail"],
    },
    BadServer {
        name: "and_is_a_chat_that_relays_messages",
        start: || chat(|message| message.starts_with(b"<msg")),
        findings: &["leaks tolerated"],
    },
];

const CLOSING_ON_CLIENTS: &[BadServer] = &[
    BadServer { name: "never", start: good, findings: &[] },
    BadServer {
        name: "that_say_nothing_for_a_second",
        start: || impatient(Some(Duration::from_secs(1)), None),
        findings: &["late-request fail"],
    },
    BadServer {
        name: "that_pause_inside_a_request",
        start: || impatient(None, Some(Duration::from_millis(300))),
        findings: &["late-nul fail FSP-T18"],
    },
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
        if small_budget.is_none_or(|budget| !self.is_found_within(budget)) {
            let server = (self.start)();
            self.assert_report(&Torture::new(server.addr()).run().unwrap());
        }
    }

    /// Returns whether a run with a small budget reports exactly the findings.
    fn is_found_within(&self, budget: Duration) -> bool {
        let server = (self.start)();
        let report = Torture::new(server.addr()).budget(budget).run().unwrap();
        let is_found = findings(&report) == self.findings;
        if is_found {
            self.assert_report(&report);
        }
        is_found
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

//! A run as a whole: what it sends, what it reports, and its documentation.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{panic, thread};

use flash_policy_conformance::{CheckId, CheckVerdict, REFERENCE, Torture, TortureReport};
use flash_policy_core::wire::{Fault, POLICY_REQUEST};
use flash_policy_fixture::{PolicyServer, Port};
use libtest_mimic::{Failed, Trial};

use crate::bad_servers::{PLAYERS_BUDGET, is_machine_too_busy};
use crate::servers::{
    answer, answers, answers_and_stays, answers_binary_and_stops, is_request,
    resets_after_its_close, serve_well, threaded,
};
use crate::{EXPECTED_TO_PANIC, OPEN, open_answer};

/// Makes tests of functions, each named after its function.
macro_rules! tests {
    ($($function:ident,)*) => {
        vec![$(Trial::test(concat!("runs::", stringify!($function)), || decide($function))),*]
    };
}

/// What a test unwinds with if the machine is too busy for any run.
struct MachineTooBusy;

/// Runs a test. On a machine that is too busy for any run, it decides nothing.
fn decide(test: fn()) -> Result<(), Failed> {
    match panic::catch_unwind(test) {
        Err(panic) if !panic.is::<MachineTooBusy>() => panic::resume_unwind(panic),
        _ => Ok(()),
    }
}

/// Returns the tests of this module.
pub(crate) fn tests() -> Vec<Trial> {
    tests![
        our_own_server_passes_every_check,
        only_the_chosen_checks_are_made_and_told_as_they_end,
        a_request_that_was_not_chosen_explains_why_nothing_was_run,
        a_refused_connection_is_a_verdict,
        a_run_inside_a_runtime_panics_with_advice,
        a_run_inside_spawn_blocking_works_as_advised,
        a_run_is_awaited_inside_a_task,
        what_was_not_expected_is_listed_with_its_help,
        the_three_ends_of_an_answer_have_three_verdicts,
        a_policy_that_is_complete_too_late_does_not_count,
        the_help_is_about_the_bytes_that_arrived,
        a_reset_after_the_close_leaves_the_time_of_the_close,
        a_reason_shows_the_bytes_escaped_and_cut,
        an_answer_fails_if_its_document_is_rejected,
        a_request_is_sent_in_separate_segments,
        each_message_has_a_marker_of_its_own,
        a_flood_is_marked_throughout,
        a_server_that_stops_in_a_check_keeps_the_earlier_finding_of_it,
        a_slow_server_passes_every_check,
        the_table_of_the_reference_lists_the_checks_in_order,
    ]
}

/// Returns the report of the first run for which the machine is not too busy.
fn report_on(addr: std::net::SocketAddr) -> TortureReport {
    report_within(Duration::from_secs(1), addr)
}

fn report_within(budget: Duration, addr: std::net::SocketAddr) -> TortureReport {
    let run = || Torture::new(addr).budget(budget).run().unwrap();
    let decided = (0..3).map(|_| run()).find(|report| !is_machine_too_busy(report));
    decided.unwrap_or_else(|| panic::resume_unwind(Box::new(MachineTooBusy)))
}

fn reason(report: &TortureReport, id: CheckId) -> &str {
    report.checks().iter().find(|check| check.id() == id).unwrap().reason()
}

fn our_own_server_passes_every_check() {
    let server = PolicyServer::start(OPEN);
    let report = report_within(PLAYERS_BUDGET, server.addr());
    let (ids, verdicts): (Vec<_>, Vec<_>) =
        report.checks().iter().map(|check| (check.id(), check.verdict())).unzip();
    assert_eq!(ids, CheckId::ALL);
    assert!(verdicts.iter().all(|verdict| *verdict == CheckVerdict::Pass), "{report}");
    let text = report.to_string();
    assert_eq!(text.lines().count(), CheckId::ALL.len());
    assert!(text.starts_with("pass       request          a policy of "), "{text}");
}

fn only_the_chosen_checks_are_made_and_told_as_they_end() {
    let server = PolicyServer::start(OPEN);
    let chosen = [CheckId::Idle, CheckId::HalfClose];
    let told = Arc::new(Mutex::new(Vec::new()));
    let list = told.clone();
    let report = Torture::new(server.addr())
        .only(chosen)
        .on_check(move |check| list.lock().unwrap().push((check.id(), check.verdict())))
        .run()
        .unwrap();
    let expected = chosen.map(|id| (id, CheckVerdict::Pass));
    let reported: Vec<_> =
        report.checks().iter().map(|check| (check.id(), check.verdict())).collect();
    assert_eq!(reported, expected);
    assert_eq!(*told.lock().unwrap(), expected);
}

fn a_request_that_was_not_chosen_explains_why_nothing_was_run() {
    let refusing = Port::reserve().unwrap();
    let report = Torture::new(refusing.addr()).only([CheckId::Idle]).run().unwrap();
    let reported: Vec<_> =
        report.checks().iter().map(|check| (check.id(), check.verdict())).collect();
    let expected = [(CheckId::Request, CheckVerdict::Fail), (CheckId::Idle, CheckVerdict::NotRun)];
    assert_eq!(reported, expected);
}

fn a_refused_connection_is_a_verdict() {
    let port = Port::reserve().unwrap();
    let report = report_on(port.addr());
    assert_eq!(report.checks().len(), CheckId::ALL.len());
    assert_eq!(reason(&report, CheckId::Request), "the connection was refused");
    assert!(!report.is_success());
    assert!(report.checks()[1..].iter().all(|check| check.verdict() == CheckVerdict::NotRun));
}

fn a_run_inside_a_runtime_panics_with_advice() {
    let inside_a_runtime = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { Torture::new(([127, 0, 0, 1], 843).into()).run() })
    };
    let thread = thread::Builder::new().name(EXPECTED_TO_PANIC.to_owned());
    let panic = thread.spawn(inside_a_runtime).unwrap().join().unwrap_err();
    let advice = panic.downcast::<&str>().unwrap();
    assert!(advice.contains("call it inside tokio::task::spawn_blocking"), "{advice}");
}

fn a_run_inside_spawn_blocking_works_as_advised() {
    let refusing = Port::reserve().unwrap();
    let torture = Torture::new(refusing.addr());
    let report = runtime().block_on(async {
        tokio::task::spawn_blocking(move || torture.run().unwrap()).await.unwrap()
    });
    assert_eq!(reason(&report, CheckId::Request), "the connection was refused");
}

fn a_run_is_awaited_inside_a_task() {
    let refusing = Port::reserve().unwrap();
    let torture = Torture::new(refusing.addr());
    let report = runtime().block_on(async { torture.run_async().await.unwrap() });
    assert_eq!(reason(&report, CheckId::Request), "the connection was refused");
}

fn what_was_not_expected_is_listed_with_its_help() {
    let server = answers(OPEN);
    let report = Torture::new(server.addr()).only([CheckId::AnswerEnd]).run().unwrap();
    let report = report.try_success().unwrap();
    let unexpected = report.try_all_pass().unwrap_err();
    assert_eq!(
        unexpected.to_string(),
        "1 of 1 check did not go as expected:\n\
         tolerated  answer-end       a close ends the answer, not a NUL (FSP-T15)\n  \
         help     send a NUL byte after the policy\n"
    );
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn the_three_ends_of_an_answer_have_three_verdicts() {
    let servers = [answers(open_answer()), answers(OPEN), answers_and_stays(OPEN)];
    let ends = servers.map(|server| {
        let report = report_on(server.addr());
        let check = report.checks().iter().find(|check| check.id() == CheckId::AnswerEnd).unwrap();
        (check.verdict(), check.reason().to_owned())
    });
    let expected = [
        (CheckVerdict::Pass, "a NUL ends the answer"),
        (CheckVerdict::Tolerated, "a close ends the answer, not a NUL"),
        (
            CheckVerdict::Fail,
            "the answer has no end: no NUL arrived, and the server does not close",
        ),
    ];
    assert_eq!(ends.each_ref().map(|(verdict, reason)| (*verdict, reason.as_str())), expected);
}

fn a_policy_that_is_complete_too_late_does_not_count() {
    let (bytes, every) = (open_answer().len() / 2 + 1, Duration::from_millis(1500));
    let server = PolicyServer::builder().document(OPEN).fault(Fault::Drip { bytes, every }).start();
    let report = report_on(server.addr());
    let request = &report.checks()[0];
    assert_eq!(
        (request.verdict(), request.rule().map(|rule| rule.id())),
        (CheckVerdict::Fail, Some("FSP-T05")),
        "{report}"
    );
}

fn the_help_is_about_the_bytes_that_arrived() {
    let server = answers([open_answer(), b")".to_vec()].concat());
    let report = report_on(server.addr());
    let check = report.checks().iter().find(|check| check.id() == CheckId::BytesAfterNul).unwrap();
    assert_eq!(check.reason(), "1 byte (\")\") behind the terminating NUL");
    let help = check.help().unwrap();
    assert!(help.starts_with("end the answer with the NUL and send nothing behind it"), "{help}");
}

fn a_reset_after_the_close_leaves_the_time_of_the_close() {
    let server = resets_after_its_close();
    let report = report_on(server.addr());
    let closes = reason(&report, CheckId::Closes);
    let resets = reason(&report, CheckId::Resets);
    assert!(resets.contains("only after the server had closed"), "{report}");
    let millis = closes.strip_prefix("the server closed ").unwrap().split_once(" ms").unwrap().0;
    // The run listens for a reset for 200 ms: its own wait is not the server's.
    assert!(millis.parse::<u64>().unwrap() < 200, "{report}");
}

fn a_reason_shows_the_bytes_escaped_and_cut() {
    let server =
        answers(format!("HTTP/1.1 400 Bad Request\r\nX-Padding: {}\r\n\r\n", "x".repeat(1000)));
    let report = report_on(server.addr());
    let padding = "x".repeat(60 - "HTTP/1.1 400 Bad Request\r\nX-Padding: ".len());
    let shown = format!(r"; 1041 bytes arrived: HTTP/1.1 400 Bad Request\r\nX-Padding: {padding}…");
    let reason = reason(&report, CheckId::Request);
    assert!(reason.contains("answers HTTP, not a policy"), "{reason}");
    assert!(reason.ends_with(&shown), "{reason}");
}

fn an_answer_fails_if_its_document_is_rejected() {
    let server =
        PolicyServer::builder().document("<!-- too early --><?xml version=\"1.0\"?><x/>").start();
    let report = report_on(server.addr());
    let rule = report.checks()[0].rule().map(|rule| rule.id());
    assert_eq!(
        (report.checks()[0].verdict(), rule),
        (CheckVerdict::Fail, Some("FSP-D32")),
        "{report}"
    );
}

fn a_request_is_sent_in_separate_segments() {
    let reads = Arc::new(Mutex::new(Vec::new()));
    let seen = reads.clone();
    let server = threaded(move |mut stream| {
        let (mut received, mut sizes, mut buffer) = (Vec::new(), Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            received.extend_from_slice(&buffer[..count]);
            sizes.push(count);
            if is_request(&received) {
                break;
            }
        }
        if is_request(&received) {
            seen.lock().unwrap().push(sizes);
            answer(stream, &open_answer());
        }
    });
    let _ = report_on(server.addr());
    let reads = reads.lock().unwrap();
    for (segments, check) in [([11, 12], "split-in-two"), ([22, 1], "late-nul")] {
        assert!(reads.iter().any(|sizes| *sizes == segments), "{check}: {reads:?}");
    }
    let longest = reads.iter().map(Vec::len).max().unwrap();
    assert!((12..=POLICY_REQUEST.len()).contains(&longest), "split-in-23: {longest} segments");
    for (whole, check) in [(23 + 64, "coalesced"), (2 * 23, "two-requests"), (23 + 2, "crlf-after")]
    {
        assert!(reads.iter().any(|sizes| *sizes == [whole]), "{check}: {reads:?}");
    }
}

fn each_message_has_a_marker_of_its_own() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let seen = sent.clone();
    let server = threaded(move |stream| {
        let mut buffer = [0; 4096];
        if let Ok(count @ 1..) = stream.peek(&mut buffer) {
            seen.lock().unwrap().push(String::from_utf8_lossy(&buffer[..count]).into_owned());
        }
        serve_well(stream);
    });
    assert!(report_within(PLAYERS_BUDGET, server.addr()).is_success());
    let sent = sent.lock().unwrap();
    let messages: Vec<_> = sent.iter().filter_map(|sent| sent.strip_prefix("<msg t=\"")).collect();
    let [first, second] = messages[..] else { panic!("{messages:?}") };
    let [first, second] = [&first[..16], &second[..16]];
    assert_ne!(first, second);
    assert_eq!(sent.iter().filter(|sent| sent.contains(first)).count(), 1);
}

fn a_flood_is_marked_throughout() {
    let flood = Arc::new(Mutex::new(Vec::new()));
    let seen = flood.clone();
    let server = threaded(move |mut stream| {
        let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            received.extend_from_slice(&buffer[..count]);
            if is_request(&received) {
                return answer(stream, &open_answer());
            }
        }
        if received.len() > 65_536 {
            *seen.lock().unwrap() = received;
        }
    });
    let _ = report_on(server.addr());
    let flood = flood.lock().unwrap();
    assert!(!flood.is_empty());
    assert!(flood.chunks(16).all(|chunk| flood.starts_with(chunk)), "{:?}", &flood[..64]);
}

fn a_server_that_stops_in_a_check_keeps_the_earlier_finding_of_it() {
    let server = answers_binary_and_stops();
    let report = report_on(server.addr());
    let garbage = report.checks().iter().find(|check| check.id() == CheckId::Garbage).unwrap();
    assert_eq!(
        (garbage.verdict(), garbage.rule().map(|rule| rule.id())),
        (CheckVerdict::Fail, Some("FSP-O06")),
        "{report}"
    );
    assert!(garbage.reason().contains("a policy arrived for"), "{report}");
    assert!(garbage.reason().contains("(FSP-T20); after this check"), "{report}");
}

fn a_slow_server_passes_every_check() {
    let server = PolicyServer::builder()
        .document(OPEN)
        .fault(Fault::Delay(Duration::from_millis(100)))
        .start();
    let report = report_within(PLAYERS_BUDGET, server.addr());
    assert!(report.checks().iter().all(|check| check.verdict() == CheckVerdict::Pass), "{report}");
}

fn the_table_of_the_reference_lists_the_checks_in_order() {
    let rows = REFERENCE.lines().filter(|line| line.starts_with("| `"));
    let cells =
        rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    let listed: Vec<_> = cells
        .map(|cells| {
            assert_eq!(cells.len(), 5, "{cells:?}");
            (cells[0].trim_matches('`').to_owned(), cells[1].to_owned())
        })
        .collect();
    let checks: Vec<_> =
        CheckId::ALL.iter().map(|id| (id.to_string(), id.sent().to_owned())).collect();
    assert_eq!(listed, checks, "left: src/torture.md, right: the checks");
}

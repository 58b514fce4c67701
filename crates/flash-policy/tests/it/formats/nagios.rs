//! `probe --nagios`, read as the plugins' guidelines say.

use rstest::rstest;

use super::human;
use super::reports::Stage;

/// The state, the text and the labels of the figures.
#[derive(Debug)]
pub(super) struct Status {
    pub(super) state: String,
    pub(super) text: String,
    pub(super) labels: Vec<String>,
}

/// Reads the one line of a plugin that ended so.
#[track_caller]
pub(super) fn read(said: &str, exit: i32) -> Status {
    human::read(said);
    let line = said.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{said}");
    let (text, figures) = line.split_once('|').unwrap_or((line, ""));
    let (head, text) = text.split_once(" - ").unwrap();
    let state = head.strip_prefix("FLASH_POLICY ").unwrap();
    let states = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];
    assert_eq!(states[usize::try_from(exit).unwrap()], state, "{said}");
    assert!(!text.trim().is_empty(), "{said}");
    let labels = figures.split_whitespace().map(label).collect();
    Status { state: state.to_owned(), text: text.trim_end().to_owned(), labels }
}

/// Reads `LABEL=VALUE[UNIT];[WARN];[CRIT];[MIN];[MAX]`; returns the label.
#[track_caller]
fn label(figure: &str) -> String {
    let (label, value) = figure.split_once('=').unwrap();
    assert!(label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{figure}");
    let mut fields = value.split(';');
    let value = fields.next().and_then(|value| value.strip_suffix('s')).unwrap();
    assert!(value.parse::<f64>().unwrap() >= 0.0, "{figure}");
    let limits: Vec<_> = fields.collect();
    assert_eq!(limits.len(), 3, "{figure}");
    let is_number = |limit: &&str| limit.is_empty() || limit.parse::<f64>().is_ok();
    assert!(limits.iter().all(is_number), "{figure}");
    label.to_owned()
}

#[rstest]
#[case::ok(
    "h --swf http://www.example.com/a.swf --connect 5000 --map 843={good} --map 5000={backend}",
    0,
    &["policy_843", "decided"]
)]
#[case::a_remark(
    "h --swf http://www.example.com/a.swf --connect 5000 --map 843={no-nul} --map 5000={backend}",
    1,
    &["policy_843", "decided"]
)]
#[case::denied(
    "h --swf http://evil.example/a.swf --connect 5000 --map 843={good} --map 5000={backend}",
    2,
    &["policy_843", "policy_5000", "decided"]
)]
#[case::nobody(
    "127.0.0.1 --swf http://www.example.com/a.swf --connect 1 --map 843=127.0.0.1:1",
    2,
    &["decided_ipv4"]
)]
#[case::another_machine("203.0.113.4 --swf http://a/ --connect 1", 3, &[])]
#[case::half_a_question("h --swf http://www.example.com/a.swf", 3, &[])]
fn the_state_is_the_exit_code_and_the_figures_can_be_read(
    #[case] arguments: &str,
    #[case] exit: i32,
    #[case] labels: &[&str],
) {
    let ended = Stage::new().run(&format!("probe {arguments} --nagios --color always"));
    assert_eq!((ended.exit, ended.stderr.as_str()), (exit, ""), "{ended:?}");
    assert_eq!(read(&ended.stdout, exit).labels, labels, "{ended:?}");
}

#[test]
fn another_format_beside_it_is_refused() {
    let call = "probe h --swf http://a/ --connect 1 --nagios --format json=out.json";
    let stage = Stage::new();
    let ended = stage.run(call);
    assert_eq!(read(&ended.stdout, ended.exit).state, "UNKNOWN");
    assert!(!stage.folder.path("out.json").exists());
}

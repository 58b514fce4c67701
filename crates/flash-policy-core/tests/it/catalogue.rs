//! The failure catalogue, both ways: each failure that this crate can produce is produced, and is
//! reported as itself or within the group of causes that leave the same evidence.
//!
//! A row lists all ids that its failure may be reported with, in order. Any other id is a
//! confusion of two failures.

#![allow(clippy::print_stdout, reason = "`--nocapture` shows the matrix")]

use std::time::Duration;

use flash_policy_core::diagnosis::SameEvidence;
use flash_policy_core::diagnostics::rules;
use flash_policy_core::player::{Event, Lookup, Session};
use flash_policy_core::wire::{Declaration, Fault, Script};
use flash_policy_core::{Evaluator, Outcome, PolicyFile, Profile, Sandbox, Swf};

/// The SWF of every attempt, unless a row says otherwise.
const SWF: &str = "http://www.a.com/game.swf";
const MASTER: &str = "game.a.com:843";
const TARGET: &str = "game.a.com:5000";

/// Failures whose fixture needs a live server, because one answer does not show them. The
/// conformance checks produce and report them.
const BY_CONFORMANCE: [&str; 10] = [
    "FSP-T18", "FSP-T19", "FSP-T20", "FSP-T21", "FSP-T24", "FSP-T26", "FSP-T36", "FSP-T37",
    "FSP-T40", "FSP-O06",
];

/// Failures that are found in the document alone. Their fixtures are the wrong examples of the
/// reference, which `rule_docs` checks.
const BY_DOCUMENT: [&str; 27] = [
    "FSP-D01", "FSP-D04", "FSP-D05", "FSP-D06", "FSP-D07", "FSP-D08", "FSP-D09", "FSP-D13",
    "FSP-D14", "FSP-D16", "FSP-D17", "FSP-D18", "FSP-D19", "FSP-D20", "FSP-D21", "FSP-D22",
    "FSP-D23", "FSP-D24", "FSP-D25", "FSP-D26", "FSP-D27", "FSP-D28", "FSP-D29", "FSP-D31",
    "FSP-D32", "FSP-S04", "FSP-S06",
];

/// Failures that the command finds: in the system's errors, or by comparing two addresses.
const BY_COMMAND: [&str; 3] = ["FSP-T30", "FSP-O01", "FSP-O02"];

/// Failures that no fixture of this project can produce, with the reason.
const NOT_PRODUCED: [(&str, &str); 18] = [
    ("FSP-T08", "nothing leaves the network: there is no connection to see"),
    ("FSP-T13", "TLS is not simulated, so no SecureSocket asks"),
    ("FSP-T28", "what the server waits for after its answer is not on the wire"),
    ("FSP-T39", "a matter of the kernel's timers, which are not declared"),
    ("FSP-S08", "the player asks only the host that it connects to"),
    ("FSP-S12", "a session registers locations before a connect, by its type"),
    ("FSP-R05", "the attribute `secure` decides, and has its own rule"),
    ("FSP-R07", "the rules of players before 9.0.124 are not simulated"),
    ("FSP-R08", "a player that asks for no policy leaves nothing to diagnose"),
    ("FSP-R09", "a SWF that does not run leaves no traffic"),
    ("FSP-R11", "the requester's rules of Unity have no profile yet"),
    ("FSP-B05", "what the backend does after its connect is not a policy's affair"),
    ("FSP-B09", "a mistake in the SWF's own code"),
    ("FSP-O07", "the noise of health checks is in the server's log alone"),
    ("FSP-O08", "a mistake of a monitor, which no player meets"),
    ("FSP-O14", "the address that a server sees is in its log alone"),
    ("FSP-O15", "a setting of the debug player"),
    ("FSP-O16", "a misreading of a log"),
];

/// A policy that lets the SWF in.
fn good() -> PolicyFile {
    PolicyFile::builder().allow("*.a.com", 5000).build()
}

/// Returns the outcome of a connect while these endpoints are declared.
fn connect(swf: &str, endpoints: &[(&str, Declaration)]) -> Outcome<()> {
    let mut player = Evaluator::new(swf).unwrap();
    for (at, declaration) in endpoints {
        player.declare(at.parse().unwrap(), declaration.clone());
    }
    player.connect("game.a.com", 5000)
}

/// Returns a backend, which is up unless a row says otherwise.
fn backend() -> (&'static str, Declaration) {
    (TARGET, Declaration::new().backend(Script::echo()))
}

/// Returns the outcome where the master serves a good policy with this fault.
fn at_master(fault: &Fault) -> Outcome<()> {
    let script = fault.script(good().to_xml().as_bytes());
    connect(SWF, &[(MASTER, Declaration::new().policy([script])), backend()])
}

/// Returns the outcome where the target itself serves a good policy with this fault, and nothing
/// listens on 843.
fn in_band(fault: &Fault) -> Outcome<()> {
    let script = fault.script(good().to_xml().as_bytes());
    let target = Declaration::new().policy([script]).backend(Script::echo());
    connect(SWF, &[(TARGET, target)])
}

/// Returns the outcome where the master serves this document.
fn with_policy(document: &str) -> Outcome<()> {
    with_policy_for(SWF, document)
}

fn with_policy_for(swf: &str, document: &str) -> Outcome<()> {
    let master = Declaration::new().policy([Script::policy(document.as_bytes())]);
    connect(swf, &[(MASTER, master), backend()])
}

/// Returns a document with these elements.
fn policy_of(elements: &str) -> String {
    format!("<cross-domain-policy>{elements}</cross-domain-policy>")
}

/// Returns the outcome where a location is named with `loadPolicyFile`.
fn with_location(url: &str, endpoints: &[(&str, Declaration)]) -> Outcome<()> {
    let mut player = Evaluator::new(SWF).unwrap();
    player.session().load_policy_file(url);
    for (at, declaration) in endpoints {
        player.declare(at.parse().unwrap(), declaration.clone());
    }
    player.connect("game.a.com", 5000)
}

/// Returns the outcome where the master serves a good policy and the backend is in this state.
fn with_backend(backend: Declaration) -> Outcome<()> {
    let master = Declaration::new().policy([Script::policy(good().to_xml().as_bytes())]);
    connect(SWF, &[(MASTER, master), (TARGET, backend)])
}

fn in_sandbox(sandbox: Sandbox) -> Outcome<()> {
    let mut player =
        Evaluator::with_profile(sandbox.into(), Profile::default()).backend(TARGET, Script::echo());
    player.connect("game.a.com", 5000)
}

fn nobody_listens() -> Outcome<()> {
    connect(SWF, &[(MASTER, Declaration::refused()), backend()])
}

fn master_is_dropped() -> Outcome<()> {
    connect(SWF, &[(MASTER, Declaration::dropped()), backend()])
}

fn name_is_unknown() -> Outcome<()> {
    let mut player = Evaluator::new(SWF).unwrap();
    player.unknown_name("game.a.com");
    player.connect("game.a.com", 5000)
}

fn asked_a_second_time() -> Outcome<()> {
    let stranger = PolicyFile::builder().allow("*.b.com", 5000).build();
    let mut player =
        Evaluator::new(SWF).unwrap().policy(MASTER, stranger).backend(TARGET, Script::echo());
    let _ = player.connect("game.a.com", 5000);
    player.connect("game.a.com", 5000)
}

fn policy_of_another_site() -> Outcome<()> {
    with_policy(&policy_of(r#"<allow-access-from domain="www.b.com" to-ports="5000"/>"#))
}

fn without_networking() -> Outcome<()> {
    let swf: Swf = SWF.parse().unwrap();
    let mut player = Evaluator::with_profile(swf.without_networking(), Profile::default());
    player.connect("game.a.com", 5000)
}

/// Returns the outcome where the sandbox grants and the backend resets the connect itself.
fn backend_resets() -> Outcome<()> {
    let mut session = Session::new(Profile::default());
    let swf = Sandbox::AirApplication.into();
    let mut lookup = Lookup::start(&mut session, &swf, "game.a.com", 5000);
    lookup.handle(&mut session, Event::Reset, Duration::ZERO);
    lookup.finish(None)
}

fn port_is_blocked() -> Outcome<()> {
    let mut profile = Profile::default();
    profile.lookup.blocked_policy_ports = vec![143];
    let mut player =
        Evaluator::with_profile(SWF.parse().unwrap(), profile).backend(TARGET, Script::echo());
    player.session().load_policy_file("xmlsocket://game.a.com:143");
    player.connect("game.a.com", 5000)
}

/// Returns the outcome where the policy with its NUL is 4096 bytes long.
fn with_4096_bytes() -> Outcome<()> {
    let rule = r#"<allow-access-from domain="*.a.com" to-ports="5000"/>"#;
    let blanks = " ".repeat(4095 - policy_of(rule).len());
    with_policy(&policy_of(&format!("{rule}{blanks}")))
}

/// Returns the outcome where an explicit location grants from a high port.
fn from_a_high_port() -> Outcome<()> {
    let low = PolicyFile::builder().allow("*", "*").build();
    let mut player = Evaluator::new(SWF).unwrap().policy("game.a.com:2525", low);
    player.session().load_policy_file("xmlsocket://game.a.com:2525");
    player.connect("game.a.com", 80)
}

/// A failure of the catalogue.
struct Row {
    id: &'static str,
    produce: fn() -> Outcome<()>,
    /// The ids that it is reported with, in order.
    reported: &'static [&'static str],
}

/// Every failure that one attempt shows, with how it is produced and reported.
const ROWS: &[Row] = &[
    Row { id: "FSP-T01", produce: || nobody_listens(), reported: &["FSP-T01"] },
    Row { id: "FSP-T02", produce: || master_is_dropped(), reported: &["FSP-T02"] },
    Row {
        id: "FSP-T03",
        produce: || {
            with_location(
                "xmlsocket://game.a.com:2525",
                &[(MASTER, Declaration::refused()), ("game.a.com:2525", Declaration::dropped())],
            )
        },
        reported: &["FSP-T03", "FSP-T01"],
    },
    Row { id: "FSP-T04", produce: || at_master(&Fault::Silent), reported: &["FSP-T04"] },
    Row {
        id: "FSP-T05",
        produce: || at_master(&Fault::Drip { bytes: 1, every: Duration::from_millis(100) }),
        reported: &["FSP-T05"],
    },
    Row { id: "FSP-T06", produce: || at_master(&Fault::ResetAfterAnswer), reported: &["FSP-T06"] },
    Row { id: "FSP-T07", produce: || at_master(&Fault::ResetOnRequest), reported: &["FSP-T27"] },
    Row { id: "FSP-T09", produce: || master_is_dropped(), reported: &["FSP-T02"] },
    Row { id: "FSP-T10", produce: || in_band(&Fault::Http400), reported: &["FSP-T10", "FSP-T01"] },
    Row { id: "FSP-T11", produce: || at_master(&Fault::Http400), reported: &["FSP-T11"] },
    Row { id: "FSP-T12", produce: || at_master(&Fault::TlsAlert), reported: &["FSP-T12"] },
    Row { id: "FSP-T14", produce: || at_master(&Fault::NoNulOpen), reported: &["FSP-T14"] },
    Row { id: "FSP-T15", produce: || at_master(&Fault::NoNul), reported: &["FSP-T15"] },
    Row { id: "FSP-T16", produce: || at_master(&Fault::EscapedNul), reported: &["FSP-T16"] },
    Row { id: "FSP-T17", produce: || at_master(&Fault::ExtraNuls(3)), reported: &["FSP-T17"] },
    Row { id: "FSP-T22", produce: || with_4096_bytes(), reported: &["FSP-T22"] },
    Row { id: "FSP-T23", produce: || with_policy(&" ".repeat(70_000)), reported: &["FSP-T23"] },
    Row { id: "FSP-T25", produce: || at_master(&Fault::Twice), reported: &["FSP-T25"] },
    Row { id: "FSP-T27", produce: || at_master(&Fault::CloseOnRequest), reported: &["FSP-T27"] },
    Row { id: "FSP-T29", produce: || at_master(&Fault::CloseOnAccept), reported: &["FSP-T27"] },
    Row { id: "FSP-T31", produce: || nobody_listens(), reported: &["FSP-T01"] },
    Row { id: "FSP-T32", produce: || nobody_listens(), reported: &["FSP-T01"] },
    Row { id: "FSP-T33", produce: || port_is_blocked(), reported: &["FSP-T33", "FSP-T01"] },
    Row { id: "FSP-T34", produce: || name_is_unknown(), reported: &["FSP-T34"] },
    Row { id: "FSP-T35", produce: || master_is_dropped(), reported: &["FSP-T02"] },
    Row { id: "FSP-T38", produce: || nobody_listens(), reported: &["FSP-T01"] },
    Row {
        id: "FSP-D02",
        produce: || {
            with_policy(&policy_of(r#"<allow-access-from domain="*.a.com" to-ports="6000"/>"#))
        },
        reported: &["FSP-D02"],
    },
    Row {
        id: "FSP-D03",
        produce: || {
            with_policy(&policy_of(r#"<allow-access-from domain="*.a.com" to-ports="843"/>"#))
        },
        reported: &["FSP-D03"],
    },
    Row {
        id: "FSP-D10",
        produce: || {
            with_policy(&policy_of(r#"<allow-access-from domain="a.com" to-ports="5000"/>"#))
        },
        reported: &["FSP-D10"],
    },
    Row {
        id: "FSP-D11",
        produce: || {
            with_policy(&policy_of(r#"<allow-access-from domain="192.0.2.7" to-ports="5000"/>"#))
        },
        reported: &["FSP-D11"],
    },
    Row {
        id: "FSP-D12",
        produce: || {
            with_policy_for(
                "http://localhost/game.swf",
                &policy_of(r#"<allow-access-from domain="127.0.0.1" to-ports="5000"/>"#),
            )
        },
        reported: &["FSP-D12"],
    },
    Row {
        id: "FSP-D15",
        produce: || {
            with_policy(&policy_of(
                r#"<allow-access-from domain="*.a.com" to-ports="5000" secure="true"/>"#,
            ))
        },
        reported: &["FSP-D15"],
    },
    Row {
        id: "FSP-D30",
        produce: || with_policy("<cross-domain-policy/>"),
        reported: &["FSP-D30"],
    },
    Row { id: "FSP-S01", produce: || from_a_high_port(), reported: &["FSP-S01", "FSP-T01"] },
    Row {
        id: "FSP-S02",
        produce: || {
            with_location(
                "xmlsocket://game.a.com:2525",
                &[(
                    MASTER,
                    Declaration::new().policy([Script::policy(
                        policy_of(concat!(
                            r#"<site-control permitted-cross-domain-policies="master-only"/>"#,
                            r#"<allow-access-from domain="*.a.com" to-ports="6000"/>"#,
                        ))
                        .as_bytes(),
                    )]),
                )],
            )
        },
        reported: &["FSP-S02"],
    },
    Row {
        id: "FSP-S03",
        produce: || {
            with_policy(&policy_of(concat!(
                r#"<site-control permitted-cross-domain-policies="none"/>"#,
                r#"<allow-access-from domain="*.a.com" to-ports="5000"/>"#,
            )))
        },
        reported: &["FSP-S03"],
    },
    Row {
        id: "FSP-S05",
        produce: || {
            with_location(
                "xmlsocket://game.a.com:2525",
                &[
                    (
                        "game.a.com:2525",
                        Declaration::new().policy([Script::policy(
                            policy_of(concat!(
                                r#"<site-control permitted-cross-domain-policies="all"/>"#,
                                r#"<allow-access-from domain="*.a.com" to-ports="5000"/>"#,
                            ))
                            .as_bytes(),
                        )]),
                    ),
                    backend(),
                ],
            )
        },
        reported: &["FSP-S05", "FSP-T01"],
    },
    Row {
        id: "FSP-S09",
        produce: || {
            with_policy_for(
                "http://game.a.com/game.swf",
                &policy_of(r#"<allow-access-from domain="www.b.com" to-ports="5000"/>"#),
            )
        },
        reported: &["FSP-S10"],
    },
    Row {
        id: "FSP-S10",
        produce: || {
            with_policy_for(
                "http://game.a.com/game.swf",
                &policy_of(r#"<allow-access-from domain="www.b.com" to-ports="5000"/>"#),
            )
        },
        reported: &["FSP-S10"],
    },
    Row {
        id: "FSP-S11",
        produce: || with_location("http://game.a.com:843", &[]),
        reported: &["FSP-S11", "FSP-T01"],
    },
    Row {
        id: "FSP-S13",
        produce: || {
            with_location(
                "xmlsocket://game.a.com:2525",
                &[("game.a.com:2525", Declaration::new().policy([Script::new()]))],
            )
        },
        reported: &["FSP-S13", "FSP-T04", "FSP-T01"],
    },
    Row {
        id: "FSP-S14",
        produce: || with_location("xmlsocket://other.a.com:843", &[]),
        reported: &["FSP-S14", "FSP-T01"],
    },
    Row { id: "FSP-S15", produce: || asked_a_second_time(), reported: &["FSP-L28", "FSP-S15"] },
    Row {
        id: "FSP-S16",
        produce: || {
            with_policy(&policy_of(concat!(
                r#"<site-control permitted-cross-domain-policies="master-only"/>"#,
                r#"<allow-access-from domain="*.a.com" to-ports="6000"/>"#,
            )))
        },
        reported: &["FSP-D02", "FSP-S16"],
    },
    Row {
        id: "FSP-R01",
        produce: || with_policy_for("http://cdn.b.com/game.swf", good().to_xml().as_str()),
        reported: &["FSP-L28"],
    },
    Row { id: "FSP-R02", produce: || in_sandbox(Sandbox::LocalWithFile), reported: &["FSP-R02"] },
    Row { id: "FSP-R03", produce: || in_sandbox(Sandbox::LocalTrusted), reported: &["FSP-R03"] },
    Row { id: "FSP-R04", produce: || in_sandbox(Sandbox::AirApplication), reported: &["FSP-R04"] },
    Row {
        id: "FSP-R10",
        produce: || {
            with_policy_for(
                "http://play.www.a.com/game.swf",
                &policy_of(r#"<allow-access-from domain="www.a.com" to-ports="5000"/>"#),
            )
        },
        reported: &["FSP-R10"],
    },
    Row { id: "FSP-B01", produce: || with_backend(Declaration::refused()), reported: &["FSP-B01"] },
    Row { id: "FSP-B02", produce: || with_backend(Declaration::dropped()), reported: &["FSP-B02"] },
    Row { id: "FSP-B03", produce: || with_backend(Declaration::refused()), reported: &["FSP-B01"] },
    Row { id: "FSP-B04", produce: || with_backend(Declaration::refused()), reported: &["FSP-B01"] },
    Row { id: "FSP-B07", produce: || with_backend(Declaration::refused()), reported: &["FSP-B01"] },
    Row { id: "FSP-B10", produce: || with_backend(Declaration::refused()), reported: &["FSP-B01"] },
    Row { id: "FSP-O11", produce: || with_policy(""), reported: &["FSP-L11"] },
    Row { id: "FSP-O13", produce: || with_policy(""), reported: &["FSP-L11"] },
    Row { id: "FSP-R06", produce: without_networking, reported: &["FSP-R06"] },
    Row { id: "FSP-B06", produce: backend_resets, reported: &["FSP-L31", "FSP-R04"] },
    Row { id: "FSP-B08", produce: || at_master(&Fault::Silent), reported: &["FSP-T04"] },
    Row { id: "FSP-S07", produce: policy_of_another_site, reported: &["FSP-L28"] },
    Row { id: "FSP-O03", produce: nobody_listens, reported: &["FSP-T01"] },
    Row { id: "FSP-O04", produce: nobody_listens, reported: &["FSP-T01"] },
    Row { id: "FSP-O05", produce: master_is_dropped, reported: &["FSP-T02"] },
    Row { id: "FSP-O09", produce: policy_of_another_site, reported: &["FSP-L28"] },
    Row { id: "FSP-O10", produce: policy_of_another_site, reported: &["FSP-L28"] },
    Row { id: "FSP-O12", produce: || at_master(&Fault::Truncate(60)), reported: &["FSP-D21"] },
    Row { id: "FSP-O17", produce: || at_master(&Fault::Silent), reported: &["FSP-T04"] },
];

#[test]
fn each_failure_is_reported_as_itself_or_within_its_group_and_as_nothing_else() {
    let wrong: Vec<_> = ROWS.iter().filter_map(confusion).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    for row in ROWS {
        println!("{} is reported with {}", row.id, row.reported.join(", "));
    }
}

/// Returns what is wrong with the report of a failure.
fn confusion(row: &Row) -> Option<String> {
    let outcome = (row.produce)();
    let found: Vec<_> = outcome.diagnostics().map(|found| found.rule().id()).collect();
    let names_it = |reported: &&&str| {
        let group = rules::find(reported).and_then(SameEvidence::of);
        **reported == row.id
            || group.is_some_and(|group| group.also().iter().any(|also| also.id() == row.id))
    };
    let is_right = found == row.reported && found.iter().any(|id| names_it(&id));
    (!is_right).then(|| format!("{} is reported with {found:?}:\n{outcome}", row.id))
}

#[test]
fn each_failure_of_the_catalogue_is_produced_or_has_a_reason_why_not() {
    let produced = ROWS.iter().map(|row| row.id);
    let elsewhere = BY_CONFORMANCE.into_iter().chain(BY_DOCUMENT).chain(BY_COMMAND);
    let not_produced = NOT_PRODUCED.into_iter().map(|(id, _)| id);
    let mut accounted: Vec<_> = produced.chain(elsewhere).chain(not_produced).collect();
    accounted.sort_unstable();
    let is_of_catalogue = |id: &&str| !id.starts_with("FSP-L");
    let mut catalogue: Vec<_> =
        rules::ALL.iter().map(|rule| rule.id()).filter(is_of_catalogue).collect();
    catalogue.sort_unstable();
    assert_eq!(accounted, catalogue, "left: accounted for, right: the catalogue");
    println!(
        "{} of {} failures are produced",
        catalogue.len() - NOT_PRODUCED.len(),
        catalogue.len()
    );
}

//! The diagnosis of a failed or doubtful attempt: which diagnostics it has, in which order, and
//! with which severity. Every row is decided by the evaluator and over real sockets.

use std::time::Duration;

use flash_policy_fixture::wire::Script;

use crate::policies::{allow, policy};
use crate::scene::{Scene, scene};

mod attempts;
mod behind_the_nul;
mod names;
mod other_protocols;
mod unfinished;

/// A policy that allows everybody.
fn open_policy() -> String {
    policy([allow("*", "*")])
}

/// Takes the request and answers with these bytes, in one segment. The connection stays open.
fn answer(bytes: impl AsRef<[u8]>) -> Script {
    Script::new().read_request().write(bytes)
}

/// Takes the request and answers with these bytes after a pause. The connection stays open.
fn late_answer(millis: u64, bytes: impl AsRef<[u8]>) -> Script {
    Script::new().read_request().wait(Duration::from_millis(millis)).write(bytes)
}

/// Takes the request and answers with these bytes one by one, with a pause before each.
fn drip(millis: u64, bytes: impl AsRef<[u8]>) -> Script {
    let pause = Duration::from_millis(millis);
    let bytes = bytes.as_ref().iter();
    bytes.fold(Script::new().read_request(), |script, byte| script.wait(pause).write([*byte]))
}

/// Asserts the diagnostics of a scene, each as its severity and its id.
#[track_caller]
fn assert_found(scene: Scene, expected: &[&str]) {
    assert_eq!(scene.diagnostics(), expected, "left: found, right: expected");
}

/// Asserts the diagnostics of a server that plays `script` as the master, and of the same server
/// in-band, where nothing listens on 843. No other policy grants.
#[track_caller]
fn assert_found_anywhere(script: &Script, expected: &[&str]) {
    assert_found(scene().master(script.clone()), expected);
    // Among warnings, the master comes first.
    let errors = expected.iter().filter(|found| found.starts_with("error")).count();
    let (errors, others) = expected.split_at(errors);
    let in_band = [errors, &["warning FSP-T01"], others].concat();
    assert_found(scene().in_band(script.clone()), &in_band);
}

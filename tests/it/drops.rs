//! How things end.

use flash_policy_fixture::{Backend, Sandbox, Stage};

#[test]
fn a_stage_that_is_dropped_at_once_still_reads_what_its_clients_sent() {
    for _ in 0..200 {
        let stage = Stage::builder().backend("game.example.com:5000", Backend::silent()).start();
        let outcome = stage.blocking_swf(Sandbox::LocalTrusted).connect("game.example.com", 5000);
        drop(outcome.expect_permitted());
        drop(stage);
    }
}

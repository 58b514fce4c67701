//! Ready fixtures for `#[rstest]` tests (feature `rstest`).
//!
//! Import a fixture and name it as an argument. Each test gets its own, which stops when the test
//! ends.
//!
//! ```
//! use flash_policy_fixture::fixtures::{HOST, PORT, stage};
//! use flash_policy_fixture::Stage;
//! use rstest::rstest;
//!
//! #[rstest]
//! #[tokio::test]
//! async fn everybody_may_play(stage: Stage) {
//!     let client = stage.swf("http://www.example.com/game.swf");
//!     client.connect(HOST, PORT).await.expect_permitted();
//! }
//! # fn main() {}
//! ```

use rstest::fixture;

use crate::{Backend, PolicyFile, PolicyServer, RunningBackend, Stage};

/// The host of the ready [`stage`].
pub const HOST: &str = "game.example.com";

/// The port of the backend on the ready [`stage`].
pub const PORT: u16 = 5000;

/// Starts a stage with a master policy at `game.example.com:843` that permits everybody, and an
/// echo backend at `game.example.com:5000`.
#[fixture]
pub fn stage() -> Stage {
    Stage::builder()
        .policy(&format!("{HOST}:843"), permits_everybody())
        .backend(&format!("{HOST}:{PORT}"), Backend::echo())
        .start()
}

/// Starts a policy server that permits everybody to connect to every port.
#[fixture]
pub fn policy_server() -> PolicyServer {
    PolicyServer::start(permits_everybody())
}

/// Starts an echo backend.
#[fixture]
pub fn backend() -> RunningBackend {
    Backend::echo().start()
}

fn permits_everybody() -> PolicyFile {
    PolicyFile::builder().allow("*", "*").build()
}

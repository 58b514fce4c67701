//! The target of `probe`, which is on the host that is probed.

use flash_policy_core::player::canonical_host;
use flash_policy_scenario::Connect;

use super::Probe;
use crate::failure::Failure;

impl Probe {
    /// Returns the port of the host that the SWF connects to.
    pub(crate) fn port(&self) -> Option<i64> {
        self.connect.as_ref().map(|connect| connect.port)
    }

    /// Returns an error if `--connect` names another host than the one to probe.
    pub(crate) fn check_target(&self) -> Result<(), Failure> {
        let Some(Connect { host, port, .. }) = &self.connect else {
            return Ok(());
        };
        if host.is_empty() || canonical_host(host) == self.host.host() {
            return Ok(());
        }
        let probed = self.host.host();
        Err(Failure::usage(format!(
            "--connect {host}:{port} is not on {probed}, which is probed: name the same host, or \
             give the port alone"
        )))
    }
}

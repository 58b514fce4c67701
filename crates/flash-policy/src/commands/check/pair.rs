//! `flash-policy check --master`: a master policy and an in-band policy of one host, together.

use std::path::Path;

use flash_policy_core::analysis::Linter;
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::{Endpoint, MASTER_PORT};

use super::Checker;
use crate::baseline::Baseline;
use crate::failure::Failure;
use crate::input::Input;
use crate::report::{CheckResult, PolicyPair, Report};

/// Examines the document of the command line as the in-band policy at this endpoint, and the master
/// beside it.
pub(super) fn run(
    checker: &Checker<'_>,
    baseline: &mut Baseline,
    master: &Path,
    endpoint: &Endpoint,
) -> Result<Report, Failure> {
    let [in_band] = checker.args.paths.as_slice() else {
        return Err(Failure::usage("--master goes with one document, the in-band policy"));
    };
    if endpoint.port() == MASTER_PORT {
        let text = "--served-from names port 843, where --master stands; name the in-band port";
        return Err(Failure::usage(text));
    }
    if in_band == Path::new("-") && master == Path::new("-") {
        let text = "standard input cannot be both documents; give one of them as a file";
        return Err(Failure::usage(text));
    }
    let mut result = CheckResult::default();
    let (master, in_band) = match (Input::read(master), Input::read(in_band)) {
        (Ok(master), Ok(in_band)) => (master, in_band),
        (master, in_band) => {
            // One of them alone is examined, as far as it can be.
            let errors = [&master, &in_band].into_iter().filter_map(|read| read.as_ref().err());
            let errors = errors.cloned().collect();
            if let Ok(master) = &master {
                let found = linter_of(endpoint.master()).examine(&master.bytes);
                result.add(checker.judge_all(&found, PolicyKind::Socket, master, baseline));
            }
            if let Ok(in_band) = &in_band {
                result.add(checker.examine(in_band, baseline));
            }
            return Ok(Report::new(result.summarized(), errors));
        }
    };
    let found = Linter::examine_pair(&master.bytes, &in_band.bytes, endpoint);
    result.add(checker.judge_all(&found.master, PolicyKind::Socket, &master, baseline));
    result.add(checker.judge_all(&found.in_band, PolicyKind::Socket, &in_band, baseline));
    result.pair = Some(PolicyPair {
        master: master.name,
        in_band: in_band.name,
        only_in_master: found.only_in_master,
        only_in_band: found.only_in_band,
    });
    Ok(Report::new(result.summarized(), Vec::new()))
}

fn linter_of(place: Endpoint) -> Linter {
    Linter::new(PolicyKind::Socket).served_from(place)
}

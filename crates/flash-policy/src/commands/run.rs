//! `flash-policy run`: starts the server under test on picked ports, probes it or runs scenarios against it, and ends it.

#[cfg(unix)]
mod family;
#[cfg(not(unix))]
#[path = "run/no_family.rs"]
mod family;
mod listener;
mod plan;

use std::collections::BTreeSet;
use std::time::Duration;

use flash_policy_core::diagnostics::Severity;
use flash_policy_core::player::{Endpoint, Swf, canonical_host};
use flash_policy_core::printable::printable;
use flash_policy_fixture::client::Network;
use flash_policy_fixture::{Backend, ServerUnderTest, StartError};
use flash_policy_scenario::{Connect, Scenario};

use crate::args::{Run, Test};
use crate::commands::probe::{self, ProbingPlayer, Way};
use crate::commands::test;
use crate::commands::torture::torture;
use crate::exit::{Exit, Failure};
use crate::report::{Done, Entry, Server, State};
use family::ProcessFamily;
use listener::Listener;
use plan::RunPlan;

pub(crate) fn run(args: &Run) -> Result<Done, Failure> {
    let plan = RunPlan::of(args)?;
    let family = ProcessFamily::adopt();
    let family = family.map_err(|error| {
        Failure::new(Exit::NotRun, format!("cannot watch over processes: {error}"))
    })?;
    let server = start(&plan, &family)?;
    let examined = examine(args, &plan, &server);
    let (location, _) = plan.policy_location(&server);
    let ended = Ended::of(server, &plan, &family);
    if family.is_interrupted() {
        return Err(Failure::new(
            Exit::NotRun,
            "a signal came before all was asked; the server was ended",
        ));
    }
    let mut done = examined?;
    done.exit = done.exit.or_worse(if ended.has_crashed { Exit::Finding } else { Exit::Expected });
    done.entries.extend(ended.crash(&location));
    done.aside = ended.in_words(done.exit);
    done.report.server = Some(ended.server);
    Ok(done)
}

/// How often a server is started whose port another process has taken meanwhile.
const ATTEMPTS: u32 = 5;

/// Starts it. Who answers on its port may have taken it while the server was still on its way there.
fn start(plan: &RunPlan<'_>, family: &ProcessFamily) -> Result<ServerUnderTest, Failure> {
    let mut attempts = 1;
    loop {
        let server = plan.server().cancelled_by(family.interrupted()).try_start();
        let server = server.map_err(|error| not_started(&error, family))?;
        let foreign = |port| family.foreign_listener(port).map(|listener| (port, listener));
        let lost =
            plan.awaits_a_listener().then(|| server.ports().find_map(|(_, port)| foreign(port)));
        let Some((port, Listener { pid, name })) = lost.flatten() else { return Ok(server) };
        let output = in_a_frame(&server.output());
        server.stop();
        family.end();
        if attempts == ATTEMPTS || family.is_interrupted() {
            let text = format!(
                "error: the server under test did not start\n  attempt {attempts}: 127.0.0.1:{port} is answered by another \
                 process, {name} (pid {pid})\n{output}  help: the server was too late, or hands its port to another \
                 program, as docker does: then wait for something else, --ready output=TEXT or --ready http=/PATH"
            );
            return Err(Failure { exit: Exit::NotRun, message: text });
        }
        attempts += 1;
    }
}

/// How long a server is watched for its end after the last answer.
const CRASHED_WITHIN: Duration = Duration::from_millis(100);

/// All that was asked for, in the order in which a server is worn the least.
fn examine(args: &Run, plan: &RunPlan<'_>, server: &ServerUnderTest) -> Result<Done, Failure> {
    let mut done = Done::nothing("run");
    if let (Some(swf), Some(connect)) = (&args.swf, &args.connect) {
        done = done.and(probed(args, plan, server, swf, connect)?);
    }
    if !args.scenario.is_empty() {
        let routes = |scenario: &Scenario| plan.routes(server, |port| scenario.endpoints_at(port));
        done = done.and(test::run_against(&Test::of(&args.scenario), &routes)?);
    }
    if args.torture {
        let (endpoint, addr) = plan.policy_location(server);
        done = done.and(torture("run", &endpoint, addr, args.fail_on)?);
    }
    Ok(done)
}

/// The live handshake with the server. Where it does not stand itself behind its policy, a backend of ours does.
fn probed(
    args: &Run,
    plan: &RunPlan<'_>,
    server: &ServerUnderTest,
    swf: &Swf,
    connect: &Connect,
) -> Result<Done, Failure> {
    let host = canonical_host(&connect.host);
    let mut network = Network::new();
    let routes = plan.routes(server, |port| BTreeSet::from([Endpoint::new(&host, port)]));
    for (at, to) in &routes {
        network.route(at.clone(), *to);
    }
    let destination = u16::try_from(connect.port).ok().map(|port| Endpoint::new(&host, port));
    let stand_in = destination.filter(|at| !routes.iter().any(|(stands, _)| stands == at));
    let backend = Backend::echo().try_start().map_err(|error| Failure::new(Exit::NotRun, error))?;
    if let Some(at) = &stand_in {
        network.route(at.clone(), &backend);
    }
    let (profile, load_policy_file) = (&args.profile, args.load_policy_file.as_slice());
    let player = ProbingPlayer { swf, profile, load_policy_file, host: &host, port: connect.port };
    let probed = player.connect(&Way { network, address: None, unresolved: None })?;
    let mut done = probe::done("run", &[probed]);
    if let Some(at) = stand_in {
        done.human +=
            &format!("  backend  {at} is a backend of this command: no --port stands for it\n");
    }
    Ok(done)
}

/// Why there is no server, with what to do about it.
fn not_started(error: &StartError, family: &ProcessFamily) -> Failure {
    let left = family.end();
    let advice = if family.is_interrupted() {
        "a signal came before it was ready"
    } else if error.exit_status().is_some_and(|status| status.success()) && left > 0 {
        "it went on in the background, and was ended there: start it in the foreground"
    } else if error.exit_status().is_some() {
        "run CMD by hand; a server must stay in the foreground, and must not end"
    } else if error.is_address_in_use() {
        "see that it binds the ports that it is given, and no fixed one besides"
    } else if error.is_spawn() {
        "see that the temporary folder (TMPDIR) is there and can be written, and that sh is on the PATH"
    } else if error.is_timeout() {
        "see that it listens on 127.0.0.1 on the port given, or wait for something else: --ready output=TEXT, --ready \
         http=/PATH, --ready delay=DURATION, a longer --ready-within"
    } else {
        "see that CMD can be started from here"
    };
    let told: Vec<_> = error.facts().lines().map(printable).collect();
    Failure { exit: Exit::NotRun, message: format!("error: {}\n  help: {advice}", told.join("\n")) }
}

/// How the server came to its end.
struct Ended {
    server: Server,
    /// It ended by itself, and not well.
    has_crashed: bool,
}

impl Ended {
    fn of(mut server: ServerUnderTest, plan: &RunPlan<'_>, family: &ProcessFamily) -> Self {
        // A server that has just crashed may still be on its way to its end.
        let by_itself = server.exited_within(CRASHED_WITHIN);
        let has_crashed = by_itself.is_some_and(|status| !status.success());
        let output = server.output();
        let ports = server.ports().map(|(name, port)| (name.to_owned(), port)).collect();
        let heeded = server.stop();
        let left = family.end();
        let mut remarks = Vec::new();
        remarks.extend(
            by_itself.map(|status| format!("it ended by itself ({status}) before it was told to")),
        );
        if !heeded {
            remarks.push("it did not end on SIGTERM, and was killed".to_owned());
        }
        if left > 0 {
            remarks.push(format!(
                "{left} of its processes had left its process group, and were ended"
            ));
        }
        Self {
            server: Server { command: plan.command.clone(), ports, output, remarks },
            has_crashed,
        }
    }

    /// What the formats of other people's machines are told of a crash, for all may have been answered before.
    fn crash(&self, location: &Endpoint) -> Option<Entry> {
        let message = self.server.remarks.first().filter(|_| self.has_crashed)?;
        Some(Entry {
            file: format!("xmlsocket://{location}"),
            place: None,
            name: "the server under test".to_owned(),
            state: State::Found { severity: Severity::Error, fails: true },
            id: "server-crashed".to_owned(),
            message: message.clone(),
            detail: format!("{message}\n{}", in_a_frame(&self.server.output)),
        })
    }

    /// What is odd and, where something is wrong, what the server said.
    fn in_words(&self, exit: Exit) -> String {
        let mut text: String = self
            .server
            .remarks
            .iter()
            .map(|remark| format!("note: the server: {remark}\n"))
            .collect();
        if exit != Exit::Expected {
            text += &in_a_frame(&self.server.output);
        }
        text
    }
}

/// The last lines that a server said, and how many there were before.
fn in_a_frame(output: &str) -> String {
    let lines: Vec<_> = output.trim_end().lines().collect();
    let (before, last) = lines.split_at(lines.len().saturating_sub(SHOWN_LINES));
    let mut text = "--- output of the server under test\n".to_owned();
    if !before.is_empty() {
        text += &format!("… {} lines before; --format json has them\n", before.len());
    }
    text += &last.iter().map(|line| printable(line) + "\n").collect::<String>();
    text + "---\n"
}

/// How much of what a server said is shown at most.
const SHOWN_LINES: usize = 40;

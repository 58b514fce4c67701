//! The command line: subcommands, options and their help texts. It runs nothing.

mod parsers;
mod probed_target;
mod shared;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};
use flash_policy_core::diagnostics::{Rule, Severity};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::{Endpoint, Swf};
use flash_policy_core::wire::ListedFault;
use flash_policy_fixture::server::BackendState;
use flash_policy_scenario::{Connect, values};

use crate::failure::Failure;
use crate::output::Target;

pub(crate) use shared::{ExceptionOptions, list};
use shared::{FailOptions, PlayerOptions, SimulatedPlayer, TortureOptions, format_help};

pub(crate) use parsers::{
    FailOn, LogicalPort, PortMap, ReadyWhen, RealPort, ServerPort, Variable, kind, known_rule,
};
use parsers::{level, listen, partition, port_served_from, scenario_value};

/// Test, lint and probe Flash socket policies
#[derive(Parser)]
#[command(name = "flash-policy", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[arg(long, global = true, value_name = "FORMAT[=PATH]", help = format_help())]
    pub(crate) format: Vec<Target>,

    // `main` reads this option from the raw arguments, before clap does.
    /// When to use colour; with auto, the environment variable NO_COLOR turns it off
    #[arg(long, global = true, value_name = "WHEN", default_value_t = clap::ColorChoice::Auto)]
    pub(crate) color: clap::ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check policy documents for errors and risky rules
    Check(Check),
    /// Decide, without a network, whether SWFs may connect, and explain why
    Eval(Eval),
    /// Run scenario files: each case both without a network and over real sockets
    Test(Test),
    /// Connect to a live server as a Flash Player does, and explain the result
    Probe(Probe),
    /// Start a server, probe it or run scenarios against it, and stop it
    Run(Run),
    /// Compare what two policies grant; exit with 1 if the new one grants more
    Diff(Diff),
    /// Serve a policy and a fake backend, for tests in any language
    Serve(Serve),
    /// Explain a rule, a cause, or a word that you see: 2048, deadline, not-a-policy
    Explain(Explain),
    /// Print a JSON schema: of reports, scenario files, settings or the lines of serve
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page of flash-policy or of a subcommand
    Man(Man),
}

#[derive(ClapArgs)]
pub(crate) struct Check {
    /// Policy documents, folders to search for *.xml, or - for standard input
    #[arg(required = true, value_name = "FILE|DIR|-")]
    pub(crate) paths: Vec<PathBuf>,

    /// Kind of the documents: socket or url (crossdomain.xml) [default: guessed from each document]
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub(crate) kind: Option<PolicyKind>,

    /// Location where the documents are served, as in game.example.com:843; implies --kind socket
    #[arg(long, value_name = "[HOST:]PORT", value_parser = parsers::endpoint)]
    pub(crate) served_from: Option<Endpoint>,

    /// Master policy on port 843 of the same host; then the document is the in-band policy that
    /// --served-from places, and both are checked as a pair
    #[arg(
        long,
        value_name = "FILE",
        requires = "served_from",
        conflicts_with_all = ["fix", "diff"],
    )]
    pub(crate) master: Option<PathBuf>,

    /// Change the severity of a rule to error, warning, info or off, as in FSP-D14=error; repeat
    /// for more rules
    #[arg(long, value_name = "ID=LEVEL", value_parser = level)]
    pub(crate) rule: Vec<(&'static Rule, Option<Severity>)>,

    /// Exit with 1 on findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(crate) fail_on: FailOn,

    /// Ignore findings that are already in this report, from an earlier `check --format json`
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Settings file [default: flash-policy.toml in this folder or above it, up to the root of the
    /// repository]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// List the files in folders that are not examined, with the reason
    #[arg(long)]
    pub(crate) list_skipped: bool,

    /// Fix what can be fixed automatically; this changes the files
    #[arg(long)]
    pub(crate) fix: bool,

    /// Show what --fix would change, as a patch; no file is changed
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Eval {
    /// Policy document, or - for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    /// URL of the SWF, or a sandbox, as in sandbox:local-trusted; repeat for more SWFs
    #[arg(long, required = true, value_name = "URL", value_parser = scenario_value(values::swf))]
    pub(crate) swf: Vec<Swf>,

    /// Target of the SWF's connection, as in game.example.com:5000; a port alone is on localhost;
    /// repeat for more targets
    #[arg(long, required = true, value_name = "[HOST:]PORT", value_parser = parsers::target)]
    pub(crate) connect: Vec<Connect>,

    /// Location where the document is served [default: port 843 of the host that the SWF connects
    /// to]
    ///
    /// By itself, a player asks only port 843 and the port that the SWF connects to. For any other
    /// location, it is assumed that the SWF calls Security.loadPolicyFile("xmlsocket://HOST:PORT")
    /// before it connects.
    #[arg(long, value_name = "[HOST:]PORT")]
    pub(crate) served_from: Option<LogicalPort>,

    /// Master policy on port 843, if the document is served elsewhere
    #[arg(long, value_name = "FILE", requires = "served_from")]
    pub(crate) master: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) player: SimulatedPlayer,

    /// Exit with 1 on diagnostics of this severity or higher, too [default: only if a connection is
    /// not permitted]
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    #[command(flatten)]
    pub(crate) exceptions: ExceptionOptions,
}

#[derive(ClapArgs)]
pub(crate) struct Test {
    /// Scenario files, or folders to search for *.toml
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,

    /// Show which rules of the policies no case needs
    #[arg(long)]
    pub(crate) coverage: bool,

    /// List the cases without running them
    #[arg(long, conflicts_with_all = ["coverage", "update"])]
    pub(crate) list: bool,

    /// Run only cases with this text in `file: name`; repeat for cases with any of the texts
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,

    /// Run only part M of N of the cases, as in 1/2, to spread them over several machines
    #[arg(long, value_name = "M/N", value_parser = partition)]
    pub(crate) partition: Option<(usize, usize)>,

    /// Accept changed matrices: write their snapshots again
    #[arg(long)]
    pub(crate) update: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Probe {
    /// Host that the SWF connects to: a name or an address, without a port
    #[arg(value_name = "HOST", value_parser = parsers::host)]
    pub(crate) host: Endpoint,

    /// URL of the SWF, or a sandbox, as in sandbox:local-trusted
    #[arg(
        long,
        value_name = "URL",
        required_unless_present = "torture",
        requires = "connect",
        value_parser = scenario_value(values::swf),
    )]
    pub(crate) swf: Option<Swf>,

    /// Port of HOST that the SWF connects to
    #[arg(long, value_name = "[HOST:]PORT", value_parser = parsers::target_of_probe)]
    pub(crate) connect: Option<Connect>,

    /// Address of the host, instead of the resolver's answer; repeat for more addresses, in the
    /// order in which players get them
    #[arg(long, value_name = "ADDR")]
    pub(crate) address: Vec<IpAddr>,

    /// Connect to another address for a port of the host, as in 843=127.0.0.1:10843; repeat for
    /// more ports
    #[arg(long, value_name = "PORT=ADDR:PORT")]
    pub(crate) map: Vec<PortMap>,

    #[command(flatten)]
    pub(crate) player: PlayerOptions,

    /// Allow connections to other machines; without it, only loopback addresses are probed
    #[arg(long)]
    pub(crate) allow_remote: bool,

    #[command(flatten)]
    pub(crate) torturing: TortureOptions,

    #[command(flatten)]
    pub(crate) failing: FailOptions,

    /// Run as a Nagios plugin: print one line with performance data, and exit with 0 OK, 1 WARNING,
    /// 2 CRITICAL or 3 UNKNOWN
    #[arg(long, conflicts_with_all = ["format", "fail_on", "allow", "baseline"])]
    pub(crate) nagios: bool,

    /// With --nagios: the time after which a policy or the decision is late, as in 500ms or 2s
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1s",
        requires = "nagios",
        value_parser = scenario_value(values::duration),
    )]
    pub(crate) warning: Duration,
}

#[derive(ClapArgs)]
#[command(after_help = RUN_EXAMPLES)]
pub(crate) struct Run {
    /// Probe as this SWF: its URL, or a sandbox, as in sandbox:local-trusted; repeat for more SWFs
    #[arg(
        long,
        value_name = "URL",
        requires = "connect",
        value_parser = scenario_value(values::swf),
    )]
    pub(crate) swf: Vec<Swf>,

    /// Target of the SWF's connection, as in game.example.com:5000; a port alone is on localhost;
    /// repeat for more targets
    #[arg(long, value_name = "[HOST:]PORT", requires = "swf", value_parser = parsers::target)]
    pub(crate) connect: Vec<Connect>,

    /// Run scenarios against the server, which replaces the endpoints that --port names: a scenario
    /// file, or a folder to search for *.toml; repeat for more
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) scenario: Vec<PathBuf>,

    /// Pick a free port for {NAME} in CMD and --env, and map a logical port to it, as in
    /// policy=843; repeat for more ports [default: port=843]
    ///
    /// If the server always listens on a fixed port, give its number instead of a name, as in
    /// 10843=843. A number alone stands for itself; a name alone only picks a port.
    #[arg(long, value_name = "NAME[=[HOST:]PORT]")]
    pub(crate) port: Vec<ServerPort>,

    /// Set an environment variable of the server, as in PORT={port}; {NAME} is replaced by the
    /// port; repeat for more variables
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<Variable>,

    /// When the server counts as ready: listening (no connection is made, except where the system
    /// does not list its sockets), accepting (one connection to each port), output=TEXT, http=/PATH
    /// or, as a last resort, delay=DURATION
    #[arg(long, value_name = "WHEN", default_value = "listening")]
    pub(crate) ready: ReadyWhen,

    /// Longest time until the server is ready, as in 500ms, 20s or 2m
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "20s",
        value_parser = scenario_value(values::duration),
    )]
    pub(crate) ready_within: Duration,

    /// Longest time from SIGTERM until the server has stopped; then it is killed
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "2s",
        value_parser = scenario_value(values::duration),
    )]
    pub(crate) grace: Duration,

    #[command(flatten)]
    pub(crate) player: PlayerOptions,

    #[command(flatten)]
    pub(crate) torturing: TortureOptions,

    #[command(flatten)]
    pub(crate) failing: FailOptions,

    /// The server and its arguments; a single argument is passed to the shell
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

#[derive(ClapArgs)]
pub(crate) struct Diff {
    /// Old policy document, or - for standard input
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// New policy document, or - for standard input
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// Location where both policies are served; only the port matters, so a port alone is enough
    #[arg(
        long,
        value_name = "[HOST:]PORT",
        default_value_t = flash_policy_core::player::MASTER_PORT,
        value_parser = port_served_from,
    )]
    pub(crate) served_from: u16,

    /// Exit with 0 even if the new policy grants more
    #[arg(long)]
    pub(crate) allow_widening: bool,

    /// Exit with 1 if the new policy denies something that the old one grants
    #[arg(long)]
    pub(crate) fail_on_narrowing: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Serve {
    /// Document to serve, valid or not; - for standard input, which needs --for
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    /// Address to serve the policy on, as in 127.0.0.1:843; without a port, a free one is picked
    #[arg(long, value_name = "IP[:PORT]", default_value = "127.0.0.1", value_parser = listen)]
    pub(crate) listen: SocketAddr,

    /// Port of the backend, on the same IP [default: a free port]
    #[arg(
        long,
        value_name = "PORT",
        conflicts_with = "in_band",
        value_parser = clap::value_parser!(u16).range(1..),
    )]
    pub(crate) backend_port: Option<u16>,

    /// Fault of the policy server, as in no-nul or delay=500ms, on the first connection; repeat for
    /// the second connection and so on; the last one applies to all that follow
    #[arg(long, value_name = "ID", value_parser = scenario_value(values::fault))]
    pub(crate) fault: Vec<ListedFault>,

    /// State of the backend: up echoes, down refuses, firewalled never answers the SYN, silent
    /// accepts but sends nothing, closes ends each connection at once
    #[arg(
        long,
        value_name = "STATE",
        default_value = "up",
        value_parser = parsers::backend_states(),
    )]
    pub(crate) backend: BackendState,

    /// Serve the policy and the backend on one port
    #[arg(long)]
    pub(crate) in_band: bool,

    /// Run for this long, as in 30s or 10m, even if standard input ends earlier
    #[arg(long = "for", value_name = "DURATION", value_parser = scenario_value(values::duration))]
    pub(crate) time_limit: Option<Duration>,

    /// Allow --listen with an address that other machines can reach
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Explain {
    /// Id or name of a rule, a cause or a conformance check, or any word that you see, as in
    /// FSP-D01, port-not-listed, 2048 or deadline [default: list all]
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,
}

#[derive(ClapArgs)]
pub(crate) struct Schema {
    /// Schema to print
    #[arg(value_name = "OF", default_value = "report")]
    pub(crate) of: SchemaOf,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SchemaOf {
    /// The output of --format json
    Report,
    /// A scenario file (TOML), as a JSON value
    Scenario,
    /// The settings file flash-policy.toml, as a JSON value
    Settings,
    /// The lines that serve reads and writes
    Serve,
}

#[derive(ClapArgs)]
pub(crate) struct Completions {
    /// Shell to complete for
    pub(crate) shell: clap_complete::Shell,
}

#[derive(ClapArgs)]
pub(crate) struct Man {
    /// Subcommand whose page to print [default: the page of flash-policy]
    pub(crate) subcommand: Option<String>,
}

impl Test {
    /// Creates the arguments that run every case of these files.
    pub(crate) fn of(paths: &[PathBuf]) -> Self {
        Self {
            paths: paths.to_vec(),
            coverage: false,
            list: false,
            filter: Vec::new(),
            partition: None,
            update: false,
        }
    }
}

impl Completions {
    pub(crate) fn script(&self) -> String {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Args::command(), "flash-policy", &mut script);
        String::from_utf8_lossy(&script).into_owned()
    }
}

impl Man {
    pub(crate) fn page(&self) -> Result<String, Failure> {
        let mut command = Args::command();
        command.build();
        let chosen = match &self.subcommand {
            None => command,
            Some(name) => match command.find_subcommand(name) {
                Some(subcommand) => subcommand.clone(),
                None => {
                    return Err(Failure::usage(format!(
                        "there is no subcommand `{name}`; see flash-policy --help"
                    )));
                }
            },
        };
        let mut page = Vec::new();
        clap_mangen::Man::new(chosen).render(&mut page).map_err(Failure::not_run)?;
        Ok(String::from_utf8_lossy(&page).into_owned())
    }
}

const RUN_EXAMPLES: &str = "\
Examples:
  flash-policy run --swf http://www.example.com/game.swf --connect 5000 \\
    -- node policy-server.js {port}
  flash-policy run --port policy=843 --port game=5000 --scenario tests/policies \\
    -- ./server -p {policy} -g {game}
  flash-policy run --torture -- 'cd server && exec python3 policyd.py --port {port}'";

const EXIT_CODES: &str = "\
Exit codes: 0 as expected; 1 a finding or a wrong verdict; 2 wrong usage; 3 an input is unreadable \
or invalid; 4 could not run; 5 nothing to test; 70 a bug in flash-policy.";

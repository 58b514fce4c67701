//! What the command is called with.

mod parsers;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};
use flash_policy_core::diagnostics::{Rule, Severity};
use flash_policy_core::document::PolicyKind;
use flash_policy_core::player::{Endpoint, Profile, Swf};
use flash_policy_core::wire::ListedFault;
use flash_policy_fixture::server::BackendState;
use flash_policy_scenario::{Connect, values};

use crate::exit::Failure;
use crate::output::Target;

pub(crate) use parsers::{
    FailOn, Logical, LogicalPort, PortMap, ReadyWhen, Real, Variable, kind, known_rule,
};
use parsers::{legal, level, listen, partition, port_served_from};

/// Verifies Flash socket policies: what they say, what they grant, and what a player would make of them.
#[derive(Parser)]
#[command(name = "flash-policy", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    /// human, json, junit, sarif, github or tap, perhaps with =PATH; may be repeated
    #[arg(long, global = true, value_name = "FORMAT[=PATH]")]
    pub(crate) format: Vec<Target>,

    // `main` has heeded it already.
    /// When to use colour; NO_COLOR is heeded too
    #[arg(long, global = true, value_name = "WHEN", default_value_t = clap::ColorChoice::Auto)]
    pub(crate) color: clap::ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Examine policy documents, and say what to fix
    Check(Check),
    /// Decide whether SWFs may connect, without a network, and say why
    Eval(Eval),
    /// Run scenario files, each case without a network and over real sockets
    Test(Test),
    /// Connect to a real server as a player does, and say what came of it
    Probe(Probe),
    /// Start a server, probe it or run scenarios against it, and end it
    Run(Run),
    /// Compare what two policies grant: exit code 1 if the new one grants more
    Diff(Diff),
    /// Serve a policy and a fake backend to programs in any language
    Serve(Serve),
    /// Explain a rule or a cause by its id
    Explain(Explain),
    /// Print the JSON schema of reports, of scenario files, of settings, or of the lines of serve
    Schema(Schema),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page
    Man(Man),
}

#[derive(ClapArgs)]
pub(crate) struct Check {
    /// Policy documents, folders with *.xml in them, or - for standard input
    #[arg(required = true, value_name = "FILE|DIR|-")]
    pub(crate) paths: Vec<PathBuf>,

    /// What the documents are for; guessed where it is not said
    #[arg(long, value_name = "KIND", value_parser = kind)]
    pub(crate) kind: Option<PolicyKind>,

    /// Where the documents are served, as in game.example.com:843
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) served_from: Option<Endpoint>,

    /// Give a rule another severity: error, warning, info or off; may be repeated
    #[arg(long, value_name = "ID=LEVEL", value_parser = level)]
    pub(crate) rule: Vec<(&'static Rule, Option<Severity>)>,

    /// Exit with 1 on findings of this severity or higher
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub(crate) fail_on: FailOn,

    /// A report of this command in JSON: what it has found already does not count
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// The settings; else flash-policy.toml, looked for from here up to the repository's root
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Fix what can be fixed automatically, in the files
    #[arg(long)]
    pub(crate) fix: bool,

    /// Show what --fix would change, and change nothing
    #[arg(long)]
    pub(crate) diff: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Eval {
    /// The policy document, or - for standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    /// A SWF's URL, or sandbox:local-trusted and the like; may be repeated
    #[arg(long, required = true, value_name = "URL", value_parser = legal(values::swf))]
    pub(crate) swf: Vec<Swf>,

    /// Where it connects to; may be repeated
    #[arg(long, required = true, value_name = "HOST:PORT", value_parser = legal(values::connect))]
    pub(crate) connect: Vec<Connect>,

    /// Where the document is served; else by port 843 of the host that the SWF connects to
    ///
    /// By itself a player asks port 843 and the port that the SWF connects to. Of any other place it is supposed that the
    /// SWF calls Security.loadPolicyFile("xmlsocket://HOST:PORT") before it connects.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) served_from: Option<Endpoint>,

    /// The master policy of port 843, where the document is served elsewhere
    #[arg(long, value_name = "FILE", requires = "served_from")]
    pub(crate) master: Option<PathBuf>,

    /// Which player: flash-10, flash-9-124 or strict
    #[arg(long, value_name = "PROFILE", default_value = "flash-10", value_parser = legal(values::profile))]
    pub(crate) profile: Profile,
}

#[derive(ClapArgs)]
pub(crate) struct Test {
    /// Scenario files, or folders with *.toml in them
    #[arg(required = true, value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,

    /// Show which rules of the policies no case was granted by
    #[arg(long)]
    pub(crate) coverage: bool,

    /// List the cases, and run none
    #[arg(long, conflicts_with_all = ["coverage", "update"])]
    pub(crate) list: bool,

    /// Only cases with this text in `file: name`; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,

    /// Only each N-th case, from the M-th on
    #[arg(long, value_name = "M/N", value_parser = partition)]
    pub(crate) partition: Option<(usize, usize)>,

    /// Write the snapshots of matrices as they are now
    #[arg(long)]
    pub(crate) update: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Probe {
    /// The host that the SWF connects to, a name or an address
    #[arg(value_name = "HOST", value_parser = parsers::host)]
    pub(crate) host: Endpoint,

    /// A SWF's URL, or sandbox:local-trusted and the like
    #[arg(long, value_name = "URL", required_unless_present = "torture", requires = "connect", value_parser = legal(values::swf))]
    pub(crate) swf: Option<Swf>,

    /// The port that it connects to
    #[arg(long, value_name = "PORT")]
    pub(crate) connect: Option<i64>,

    /// The host's address, instead of what the resolver says; may be repeated, first the one that players get first
    #[arg(long, value_name = "ADDR")]
    pub(crate) address: Vec<IpAddr>,

    /// Where a port of the host really is, as in 843=127.0.0.1:10843; may be repeated
    #[arg(long, value_name = "PORT=ADDR:PORT")]
    pub(crate) map: Vec<PortMap>,

    /// What the SWF calls Security.loadPolicyFile with before it connects; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) load_policy_file: Vec<String>,

    /// Which player: flash-10, flash-9-124 or strict
    #[arg(long, value_name = "PROFILE", default_value = "flash-10", value_parser = legal(values::profile))]
    pub(crate) profile: Profile,

    /// Also connect to other machines than this one
    #[arg(long)]
    pub(crate) allow_remote: bool,

    /// Also make the conformance checks: of the location that answered, or without --swf of the port of --connect, or 843
    #[arg(long)]
    pub(crate) torture: bool,

    /// Exit with 1 on diagnostics of the servers' answers, and on conformance checks, of this severity or
    /// higher [default: error]; a check that fails is an error, one that is tolerated a warning
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    /// A rule that does not make the command fail, as in FSP-T04; may be repeated
    #[arg(long, value_name = "ID", value_parser = known_rule)]
    pub(crate) allow: Vec<&'static Rule>,

    /// Say it in one line, with figures, and end as Nagios asks it of a plugin: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
    #[arg(long, conflicts_with_all = ["format", "torture"])]
    pub(crate) nagios: bool,

    /// With --nagios: from which time on a policy, or the connection, is late, as in 500ms or 2s
    #[arg(long, value_name = "DURATION", default_value = "1s", requires = "nagios", value_parser = legal(values::duration))]
    pub(crate) warning: Duration,
}

#[derive(ClapArgs)]
#[command(after_help = RUN_EXAMPLES)]
pub(crate) struct Run {
    /// Connect as this SWF: a URL, or sandbox:local-trusted and the like
    #[arg(long, value_name = "URL", requires = "connect", value_parser = legal(values::swf))]
    pub(crate) swf: Option<Swf>,

    /// Where it connects to; a PORT alone is one of localhost
    #[arg(long, value_name = "[HOST:]PORT", requires = "swf", value_parser = parsers::target)]
    pub(crate) connect: Option<Connect>,

    /// Run a scenario file, or the folder's *.toml, with the server in the place of what they declare; may be repeated
    #[arg(long, value_name = "FILE|DIR")]
    pub(crate) scenario: Vec<PathBuf>,

    /// Pick a port for {NAME}, and let it stand for a logical one: port=843 where nothing else is said; may be repeated
    ///
    /// A number instead of NAME is a port that the server has whatever it is told.
    #[arg(long, value_name = "NAME[=[HOST:]PORT]")]
    pub(crate) port: Vec<LogicalPort>,

    /// Set an environment variable of the server, with {NAME} replaced; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<Variable>,

    /// When it is ready: listening, output=TEXT, http=/PATH, or as the last resort delay=DURATION
    #[arg(long, value_name = "WHEN", default_value = "listening")]
    pub(crate) ready: ReadyWhen,

    /// How long it may take until it is ready
    #[arg(long, value_name = "DURATION", default_value = "20s", value_parser = legal(values::duration))]
    pub(crate) ready_within: Duration,

    /// How long it may take to end after SIGTERM, before it is killed
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = legal(values::duration))]
    pub(crate) grace: Duration,

    /// What the SWF calls Security.loadPolicyFile with before it connects; may be repeated
    #[arg(long, value_name = "URL")]
    pub(crate) load_policy_file: Vec<String>,

    /// Which player: flash-10, flash-9-124 or strict
    #[arg(long, value_name = "PROFILE", default_value = "flash-10", value_parser = legal(values::profile))]
    pub(crate) profile: Profile,

    /// Also make the conformance checks, on the port that stands for 843, or else the first one
    #[arg(long)]
    pub(crate) torture: bool,

    /// Exit with 1 on diagnostics of the servers' answers, and on conformance checks, of this severity or
    /// higher [default: error]; a check that fails is an error, one that is tolerated a warning
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<FailOn>,

    /// A rule that does not make the command fail, as in FSP-T04; may be repeated
    #[arg(long, value_name = "ID", value_parser = known_rule)]
    pub(crate) allow: Vec<&'static Rule>,

    /// The server and its arguments, or one argument: a line for the shell
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) command: Vec<String>,
}

#[derive(ClapArgs)]
pub(crate) struct Diff {
    /// The policy as it was
    #[arg(value_name = "OLD")]
    pub(crate) old: PathBuf,

    /// The policy as it shall be
    #[arg(value_name = "NEW")]
    pub(crate) new: PathBuf,

    /// Where both are served; the port alone matters, and may stand alone
    #[arg(long, value_name = "HOST:PORT", default_value_t = flash_policy_core::player::MASTER_PORT, value_parser = port_served_from)]
    pub(crate) served_from: u16,

    /// Do not fail where the new policy grants more
    #[arg(long)]
    pub(crate) allow_widening: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Serve {
    /// What is served, whatever it is; - for standard input, with --for only
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    /// Where the policy is served, as in 127.0.0.1:843; the backend is on the same IP
    #[arg(long, value_name = "IP[:PORT]", default_value = "127.0.0.1", value_parser = listen)]
    pub(crate) listen: SocketAddr,

    /// What the policy server does wrong on the first connection; repeated, on the second and so on; the last one repeats
    #[arg(long, value_name = "ID", value_parser = legal(values::fault))]
    pub(crate) fault: Vec<ListedFault>,

    /// The state of the backend: up echoes, down refuses, firewalled never answers the SYN, silent never
    /// speaks, closes ends each connection at once
    #[arg(long, value_name = "STATE", default_value = "up", value_parser = parsers::backend_states())]
    pub(crate) backend: BackendState,

    /// Policy and backend at one endpoint
    #[arg(long)]
    pub(crate) in_band: bool,

    /// Run so long at most, whether standard input ends or not
    #[arg(long = "for", value_name = "DURATION", value_parser = legal(values::duration))]
    pub(crate) lasting: Option<Duration>,

    /// Let --listen name an address that other machines reach
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Explain {
    /// A rule's or cause's id or name, such as FSP-D01 or port-not-listed; without one, all are listed
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct Schema {
    #[arg(value_name = "OF", default_value = "report")]
    pub(crate) of: SchemaOf,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SchemaOf {
    /// What --format json prints
    Report,
    /// A scenario file, as JSON would say it
    Scenario,
    /// flash-policy.toml, as JSON would say it
    Settings,
    /// A line that serve reads or writes
    Serve,
}

#[derive(ClapArgs)]
pub(crate) struct Completions {
    pub(crate) shell: clap_complete::Shell,
}

#[derive(ClapArgs)]
pub(crate) struct Man {
    /// The manual page of this subcommand
    pub(crate) subcommand: Option<String>,
}

impl Test {
    /// Every case of these files.
    pub(crate) fn of(paths: &[PathBuf]) -> Self {
        let (filter, partition) = (Vec::new(), None);
        Self {
            paths: paths.to_vec(),
            coverage: false,
            list: false,
            filter,
            partition,
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
  flash-policy run --swf http://www.example.com/game.swf --connect 5000 -- node policy-server.js {port}
  flash-policy run --port policy=843 --port game=5000 --scenario tests/policies -- ./server -p {policy} -g {game}
  flash-policy run --torture -- 'cd server && exec python3 policyd.py --port {port}'";

const EXIT_CODES: &str = "\
Exit codes: 0 as expected; 1 a finding or a wrong verdict; 2 wrong usage; 3 an input is unreadable or invalid; \
4 could not run; 5 nothing to test; 70 a defect of flash-policy.";

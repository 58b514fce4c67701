//! [`CaseNote`]: what a reader of a result should know even if the case passed.

use std::fmt;

use flash_policy_core::diagnostics::{Position, Severity};
use flash_policy_core::ids;
use flash_policy_core::player::Cause;

use super::model::{Case, MisspeltEndpoint, UnnamedHost};

ids! {
    /// The kinds of [`CaseNote`]. Reports use the ids.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum NoteKind {
        /// The case names a host that no entry of its file names, so it is probably misspelt.
        UnknownHost = "unknown-host",
        /// The case expects no request at an endpoint that nobody can ask, so its port is probably
        /// misspelt.
        UnknownPort = "unknown-port",
        /// The case expects a denial and gets one, but no SWF from any site would get in.
        NobodyGetsIn = "nobody-gets-in",
    }
}

/// A remark on a case or a matrix, which does not change its status: it may pass for a reason that
/// its author did not intend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseNote {
    kind: NoteKind,
    message: String,
    help: Option<String>,
    position: Position,
}

impl CaseNote {
    /// Returns the kind.
    pub fn kind(&self) -> NoteKind {
        self.kind
    }

    /// Returns the severity: a warning for a probable mistake, otherwise an info.
    pub fn severity(&self) -> Severity {
        match self.kind {
            NoteKind::UnknownHost | NoteKind::UnknownPort => Severity::Warning,
            NoteKind::NobodyGetsIn => Severity::Info,
        }
    }

    /// Returns the message, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the advice, if there is one.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Returns the line of the scenario file that it is about, from 1.
    pub fn line(&self) -> u32 {
        self.position.line
    }

    /// Returns the column in that line, in characters, from 1.
    pub fn column(&self) -> u32 {
        self.position.column
    }

    pub(super) fn unknown_host(unnamed: &UnnamedHost) -> Self {
        Self {
            kind: NoteKind::UnknownHost,
            message: format!("no entry names the host of `{}`", unnamed.written),
            help: Some(unnamed.help.clone()),
            position: unnamed.position,
        }
    }

    pub(super) fn unknown_port(misspelt: &MisspeltEndpoint) -> Self {
        let MisspeltEndpoint { written, near, position } = misspelt;
        Self {
            kind: NoteKind::UnknownPort,
            message: format!("nobody can ask `{written}`, so a count of 0 there says nothing"),
            help: Some(format!("did you mean `{near}`?")),
            position: *position,
        }
    }

    /// Creates the note on a denial that every other SWF would get, too. The cause is the one that
    /// is nearest to a grant.
    pub(super) fn nobody_gets_in(cause: Cause, case: &Case) -> Self {
        let connect = &case.attempt.connect;
        let help = "if nobody is meant to get in, all is well; otherwise check the endpoints, the \
                    policy and its servers, because this case passes for any SWF";
        let meant = match &case.near_endpoint {
            // A stated cause, such as `port-not-listed`, says that the port is meant.
            Some(near) if case.expected.cause.is_none() => {
                format!(", and no entry stands at `{connect}`; did you mean `{near}`?")
            }
            _ => String::new(),
        };
        Self {
            kind: NoteKind::NobodyGetsIn,
            message: format!("nobody would get in: {}{meant}", reason(cause, connect.port)),
            help: Some(help.to_owned()),
            position: case.connect_at,
        }
    }
}

/// Writes one line. The help follows a semicolon.
impl fmt::Display for CaseNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "; help: {help}"))
    }
}

fn reason(cause: Cause, port: i64) -> String {
    let text = match cause {
        Cause::NoPolicy => "no location answers with a whole policy",
        Cause::MalformedPolicy => "players reject the policy that is served",
        Cause::DomainNotListed => "no rule of the policy names a requester",
        Cause::PortNotListed => return format!("no rule opens port {port} to anybody"),
        Cause::LowPort => return format!("only a policy from a port below 1024 opens port {port}"),
        Cause::MetaPolicyNone => "the site-control of the master policy says that no policy counts",
        Cause::MasterOnly => "only the master policy counts, and it has no rules",
        Cause::TimedOut => "the time runs out before a policy grants",
        Cause::InvalidPort => return format!("{port} is not a port"),
        other => return format!("everybody gets {other}"),
    };
    text.to_owned()
}

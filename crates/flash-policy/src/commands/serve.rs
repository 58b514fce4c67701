//! `flash-policy serve`: runs a policy server and a fake backend for tests in any language, which
//! control them by lines of JSON.

mod input;
mod messages;
mod output;
mod servers;
mod setup;
mod text;

use std::future::{Future, poll_fn};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use flash_policy_fixture::server::Exchange;
use flash_policy_net::RealTime;
use tokio::runtime;
use tokio::sync::mpsc;

use crate::args::Serve;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::signals::Signals;
use messages::{Answer, ServeCommand};
use output::{Entry, Output};
use servers::Servers;

pub(crate) use messages::{Line, schema};
use setup::Setup;

/// The number of command lines that are read ahead.
const MAX_LINES_AHEAD: usize = 8;

/// An input of a session, besides its journal.
#[derive(Debug)]
enum Event {
    /// A line of stdin, or the error of one that cannot be read.
    Line(Result<String, String>),
    /// The end of stdin.
    StdinEnded,
    /// A signal, or the end of `--for`.
    Stop,
    /// An error after which nothing more can be written.
    StdoutFailed(io::Error),
}

/// Serves until stdin ends, a signal comes or the time of `--for` is over.
pub(crate) fn run(args: &Serve) -> Result<Exit, Failure> {
    if !args.listen.ip().to_canonical().is_loopback() && !args.allow_remote {
        let ip = args.listen.ip();
        let text =
            format!("{ip} is not a loopback address; add --allow-remote to let other machines in");
        return Err(Failure::usage(text));
    }
    let setup = Setup::of(args)?;
    let runtime = runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let runtime = runtime.map_err(|error| Failure::not_run(format!("cannot start: {error}")))?;
    let (events, event_receiver) = mpsc::channel(MAX_LINES_AHEAD);
    let _inside = runtime.enter();
    // This comes before the first line is written, because its reader may send a signal at once.
    stop_on_signals(&runtime, events.clone()).map_err(Failure::not_run)?;
    let (exchange_sender, exchanges) = mpsc::unbounded_channel();
    let backend = SocketAddr::new(args.listen.ip(), args.backend_port.unwrap_or(0));
    let servers = Servers::start(&setup, [args.listen, backend], &exchange_sender)?;
    let mut output = Output::start(events.clone());
    output.put(Entry::Line(servers.endpoints()))?;
    if let Some(limit) = args.time_limit {
        stop_after(&runtime, limit, events.clone());
    }
    if !setup.is_from_stdin {
        input::read_commands(events, args.time_limit.is_none());
    }
    let session =
        Session { setup, servers, output, exchanges, events: event_receiver, is_idle: true };
    runtime.block_on(session.run())
}

fn stop_on_signals(runtime: &runtime::Runtime, events: mpsc::Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::watch()?;
    runtime.spawn(async move {
        signals.next().await;
        let _ = events.send(Event::Stop).await;
    });
    Ok(())
}

fn stop_after(runtime: &runtime::Runtime, limit: Duration, events: mpsc::Sender<Event>) {
    runtime.spawn(async move {
        let _ = RealTime::default().limit(limit, std::future::pending::<()>()).await;
        let _ = events.send(Event::Stop).await;
    });
}

/// One run of the command.
struct Session {
    setup: Setup,
    servers: Servers,
    output: Output,
    /// Closed connections, with the address of their server.
    exchanges: mpsc::UnboundedReceiver<(SocketAddr, Exchange)>,
    events: mpsc::Receiver<Event>,
    /// True until a command or a connection comes.
    is_idle: bool,
}

/// The next input of a session.
enum Next {
    Journal(SocketAddr, Exchange),
    Event(Event),
}

impl Session {
    async fn run(mut self) -> Result<Exit, Failure> {
        let has_stdin_ended = loop {
            match self.next().await {
                Next::Journal(at, exchange) => self.journal(at, exchange)?,
                Next::Event(Event::Line(line)) => self.answer(line)?,
                Next::Event(Event::StdinEnded) => break true,
                Next::Event(Event::Stop) => break false,
                Next::Event(Event::StdoutFailed(error)) => return exit_after_write_error(&error),
            }
        };
        self.servers.settle();
        self.servers.stop();
        self.journal_closed_connections()?;
        self.output.finish()?;
        if has_stdin_ended && self.is_idle {
            explain_early_end();
        }
        Ok(Exit::Expected)
    }

    /// Returns the next input. A command comes first: its answer is written after the connections
    /// that had closed before it. Meanwhile, lines that wait for their reader go on.
    async fn next(&mut self) -> Next {
        let mut written = pin!(self.output.written());
        poll_fn(|cx| {
            while self.output.is_behind() && written.as_mut().poll(cx).is_ready() {
                self.output.render_ahead();
                written.set(self.output.written());
            }
            if let Poll::Ready(event) = self.events.poll_recv(cx) {
                return Poll::Ready(Next::Event(event.unwrap_or(Event::Stop)));
            }
            match self.exchanges.poll_recv(cx) {
                Poll::Ready(Some((at, exchange))) => Poll::Ready(Next::Journal(at, exchange)),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            }
        })
        .await
    }

    fn answer(&mut self, line: Result<String, String>) -> Result<(), Failure> {
        self.is_idle = false;
        let answer = line.and_then(|line| self.apply(&line));
        self.journal_closed_connections()?;
        let answer = Line::Answer(answer.map_or_else(Answer::Error, Answer::Ok));
        self.output.put(Entry::Line(answer))
    }

    /// Applies a whole command line, or nothing of it.
    fn apply(&mut self, line: &str) -> Result<serde_json::Value, String> {
        let (command, echo) = ServeCommand::read(line)?;
        let setup = self.setup.after(&command)?;
        self.servers.change(&self.setup, &setup, command.faults.is_some())?;
        self.setup = setup;
        if command.sync.is_some() {
            self.servers.settle();
        }
        Ok(echo)
    }

    /// Journals the connections that are closed by now. Those that close meanwhile come later.
    fn journal_closed_connections(&mut self) -> Result<(), Failure> {
        for _ in 0..self.exchanges.len() {
            if let Ok((at, exchange)) = self.exchanges.try_recv() {
                self.journal(at, exchange)?;
            }
        }
        Ok(())
    }

    fn journal(&mut self, at: SocketAddr, exchange: Exchange) -> Result<(), Failure> {
        self.is_idle = false;
        let role = self.servers.role(at, &exchange);
        self.output.put(Entry::Connection(role, Box::new(exchange)))
    }
}

/// Returns the result after an error of stdout. If its reader has closed it, that is a normal end.
fn exit_after_write_error(error: &io::Error) -> Result<Exit, Failure> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(Exit::Expected),
        _ => Err(output::stdout_failed(error)),
    }
}

fn explain_early_end() {
    let text = "note: standard input was at its end before a command or a connection came, and \
        serve ends with it; a \
        shell gives /dev/null to a job in the background: keep a pipe open as its standard input, \
        or say how long it is \
        to run, as in --for 10m";
    let _ = writeln!(anstream::stderr(), "{text}");
}

//! `flash-policy serve`: a policy server and a fake backend for programs in any language, told what to do by lines of
//! JSON.

mod messages;
mod servers;
mod setup;
mod streams;

use std::future::poll_fn;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

use flash_policy_fixture::server::Exchange;
use flash_policy_net::RealTime;
use tokio::runtime;
use tokio::sync::mpsc;

use crate::args::Serve;
use crate::exit::{Exit, Failure};
use crate::signals::Signals;
use messages::{Answer, ServeCommand, ServedConnection};
use servers::Servers;
use streams::Output;

pub(crate) use messages::{Line, schema};
use setup::Setup;

/// How many lines of commands are read ahead.
const AHEAD: usize = 8;

/// What a session is told, besides its journal.
#[derive(Debug)]
enum Event {
    /// A line of stdin, or why it is none.
    Line(Result<String, String>),
    /// There will be no more commands.
    StdinEnded,
    /// A signal, or the end of the time that was given.
    Stop,
    /// Nothing can be written any more.
    StdoutFailed(io::Error),
}

/// Runs until it is told to end.
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
    let (events, heard) = mpsc::channel(AHEAD);
    let _inside = runtime.enter();
    // Before the first line tells that it runs: who reads it may signal at once.
    stop_on_signals(&runtime, events.clone()).map_err(Failure::not_run)?;
    let (taker, taken) = mpsc::unbounded_channel();
    let servers = Servers::start(&setup, args.listen, &taker)?;
    let output = Output::start(events.clone());
    output.put(&servers.endpoints())?;
    if let Some(limit) = args.time_limit {
        stop_after(&runtime, limit, events.clone());
    }
    if !setup.is_from_stdin {
        streams::read_commands(events, args.time_limit.is_none());
    }
    let session = Session { setup, servers, output, taken, heard, is_idle: true };
    runtime.block_on(session.run())
}

fn stop_on_signals(runtime: &runtime::Runtime, events: mpsc::Sender<Event>) -> io::Result<()> {
    let signals = Signals::watch()?;
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
    /// Connections that are over, with the address that they came to.
    taken: mpsc::UnboundedReceiver<(SocketAddr, Exchange)>,
    heard: mpsc::Receiver<Event>,
    /// Neither a command nor a connection has come.
    is_idle: bool,
}

/// What a session does next.
enum Next {
    Journal(SocketAddr, Exchange),
    Event(Event),
}

impl Session {
    async fn run(mut self) -> Result<Exit, Failure> {
        let is_stdin_at_its_end = loop {
            match self.next().await {
                Next::Journal(at, exchange) => self.journal(at, &exchange)?,
                Next::Event(Event::Line(line)) => self.answer(line)?,
                Next::Event(Event::StdinEnded) => break true,
                Next::Event(Event::Stop) => break false,
                Next::Event(Event::StdoutFailed(error)) => return ended_by(&error),
            }
        };
        self.servers.settle();
        self.servers.stop();
        self.journal_what_is_over()?;
        self.output.finish();
        if is_stdin_at_its_end && self.is_idle {
            explain_the_end();
        }
        Ok(Exit::Expected)
    }

    /// What is over comes first: it was so before whatever there is to answer.
    async fn next(&mut self) -> Next {
        poll_fn(|cx| {
            if let Poll::Ready(Some((at, exchange))) = self.taken.poll_recv(cx) {
                return Poll::Ready(Next::Journal(at, exchange));
            }
            self.heard.poll_recv(cx).map(|event| Next::Event(event.unwrap_or(Event::Stop)))
        })
        .await
    }

    fn answer(&mut self, line: Result<String, String>) -> Result<(), Failure> {
        self.is_idle = false;
        let answer = line.and_then(|line| self.obey(&line));
        self.journal_what_is_over()?;
        self.output.put(&Line::Answer(answer.map_or_else(Answer::Error, Answer::Ok)))
    }

    /// Does all that a line says, or nothing of it.
    fn obey(&mut self, line: &str) -> Result<serde_json::Value, String> {
        let (command, echo) = ServeCommand::read(line)?;
        let setup = self.setup.after(&command)?;
        self.servers.change(&self.setup, &setup, command.faults.is_some())?;
        self.setup = setup;
        if command.sync.is_some() {
            self.servers.settle();
        }
        Ok(echo)
    }

    fn journal_what_is_over(&mut self) -> Result<(), Failure> {
        while let Ok((at, exchange)) = self.taken.try_recv() {
            self.journal(at, &exchange)?;
        }
        Ok(())
    }

    fn journal(&mut self, at: SocketAddr, exchange: &Exchange) -> Result<(), Failure> {
        self.is_idle = false;
        self.output
            .put(&Line::Connection(ServedConnection::of(self.servers.role(at, exchange), exchange)))
    }
}

/// Whoever read the lines is gone, which is an end as good as any.
fn ended_by(error: &io::Error) -> Result<Exit, Failure> {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Ok(Exit::Expected),
        _ => Err(Failure::not_run(format!("cannot write to stdout: {error}"))),
    }
}

fn explain_the_end() {
    let text = "note: standard input was at its end before a command or a connection came, and serve ends with it; a \
        shell gives /dev/null to a job in the background: keep a pipe open as its standard input, or say how long it is \
        to run, as in --for 10m";
    let _ = writeln!(anstream::stderr(), "{text}");
}

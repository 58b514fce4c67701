//! Policy servers on bare sockets and threads, good and bad. They stop with the test.

mod between_clients;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use flash_policy_core::wire::POLICY_REQUEST;
use socket2::{Domain, SockRef, Socket, Type};

use crate::{OPEN, open_answer};
pub(crate) use between_clients::*;

/// A server in a thread. After it is dropped, its port refuses connections.
pub(crate) struct Server {
    addr: SocketAddr,
    is_stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _alive: Sender<()>,
}

/// The state of a listener after its server has stopped accepting.
#[derive(Clone, Copy, PartialEq)]
enum AfterStop {
    Refuse,
    /// The system still completes handshakes, but no connection is accepted.
    KeepListening,
}

impl Server {
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    fn start(
        after_stop: AfterStop,
        mut serve: impl FnMut(TcpStream) -> ControlFlow<()> + Send + 'static,
    ) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).unwrap();
        socket.listen(1024).unwrap();
        let listener = TcpListener::from(socket);
        let addr = listener.local_addr().unwrap();
        let (alive, dropped) = channel();
        let is_stopping = Arc::new(AtomicBool::new(false));
        let stopping = is_stopping.clone();
        let thread = thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                // No connection outlives a test by more than this.
                stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
                if stopping.load(Ordering::Relaxed) || serve(stream).is_break() {
                    break;
                }
            }
            if after_stop == AfterStop::KeepListening {
                let _ = dropped.recv_timeout(Duration::from_secs(60));
            }
        });
        Self { addr, is_stopping, thread: Some(thread), _alive: alive }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_stopping.store(true, Ordering::Relaxed);
        (self._alive, _) = channel();
        let _ = TcpStream::connect(self.addr);
        let joined = self.thread.take().unwrap().join();
        assert!(joined.is_ok() || thread::panicking(), "the server panicked");
    }
}

/// Starts a server that serves each connection in a thread of its own.
pub(crate) fn threaded(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
    let serve = Arc::new(serve);
    Server::start(AfterStop::Refuse, move |stream| {
        let serve = serve.clone();
        thread::spawn(move || serve(stream));
        Continue(())
    })
}

/// Starts a server that serves one connection after the other, and refuses once `serve` breaks.
pub(crate) fn serial(serve: impl FnMut(TcpStream) -> ControlFlow<()> + Send + 'static) -> Server {
    Server::start(AfterStop::Refuse, serve)
}

/// Reads until the bytes so far are enough, and returns them; `None` if the peer stops earlier.
pub(crate) fn read_until(
    stream: &mut TcpStream,
    is_enough: impl Fn(&[u8]) -> bool,
) -> Option<Vec<u8>> {
    let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
    while received.len() < 200_000 {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
        }
        if is_enough(&received) {
            return Some(received);
        }
    }
    None
}

/// Reads until a NUL is among the bytes.
pub(crate) fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    read_until(stream, |received| received.contains(&0))
}

pub(crate) fn is_request(message: &[u8]) -> bool {
    message.starts_with(POLICY_REQUEST)
}

/// Writes, sends a FIN, and reads what still arrives, so that the close causes no reset.
pub(crate) fn answer(mut stream: TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    drain(stream);
}

pub(crate) fn drain(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while matches!(stream.read(&mut buffer), Ok(1..)) {}
}

/// Reads without an answer, for at most `time`.
fn hold(stream: &mut TcpStream, time: Duration) {
    stream.set_read_timeout(Some(time)).unwrap();
    let _ = stream.read(&mut [0; 4096]);
}

/// Serves a connection as a good server does.
pub(crate) fn serve_well(mut stream: TcpStream) {
    if message(&mut stream).is_some_and(|message| is_request(&message)) {
        answer(stream, &open_answer());
    }
}

pub(crate) fn good() -> Server {
    threaded(serve_well)
}

/// Answers a request with these bytes, and closes.
pub(crate) fn answers(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = bytes.into();
    threaded(move |mut stream| {
        if message(&mut stream).is_some_and(|message| is_request(&message)) {
            answer(stream, &bytes);
        }
    })
}

/// Answers a request with these bytes, and leaves the connection open.
pub(crate) fn answers_and_stays(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = bytes.into();
    threaded(move |mut stream| {
        if message(&mut stream).is_some_and(|message| is_request(&message)) {
            let _ = stream.write_all(&bytes);
            drain(stream);
        }
    })
}

/// Answers a request with these bytes, and resets.
pub(crate) fn answers_and_resets(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = bytes.into();
    threaded(move |mut stream| {
        if message(&mut stream).is_some_and(|message| is_request(&message)) {
            let _ = stream.write_all(&bytes);
            SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        }
    })
}

/// Answers a request without a NUL, sends a FIN, and closes a while later with a byte unread.
pub(crate) fn resets_after_its_close() -> Server {
    threaded(|mut stream| {
        let mut received = [0; POLICY_REQUEST.len() - 1];
        if stream.read_exact(&mut received).is_err() || !POLICY_REQUEST.starts_with(&received) {
            return drain(stream);
        }
        if matches!(stream.peek(&mut [0]), Ok(1..)) {
            let _ = stream.write_all(no_nul());
            let _ = stream.shutdown(Shutdown::Write);
            thread::park_timeout(Duration::from_millis(50));
        }
    })
}

/// Answers with the policy once the bytes so far satisfy `matches`.
pub(crate) fn answers_if(matches: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Server {
    threaded(move |mut stream| {
        if read_until(&mut stream, &matches).is_some() {
            answer(stream, &open_answer());
        }
    })
}

/// Answers correct requests, and also whatever satisfies `matches`.
pub(crate) fn answers_also_if(matches: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Server {
    answers_if(move |received| is_request(received) || matches(received))
}

/// Reads until a NUL arrives, and answers if all bytes so far satisfy `matches`.
pub(crate) fn answers_messages(matches: impl Fn(&[u8]) -> bool + Send + Sync + 'static) -> Server {
    answers_messages_with(open_answer(), matches)
}

/// Reads until a NUL arrives, and sends `bytes` if all bytes so far satisfy `matches`.
pub(crate) fn answers_messages_with(
    bytes: impl Into<Vec<u8>>,
    matches: impl Fn(&[u8]) -> bool + Send + Sync + 'static,
) -> Server {
    let bytes = bytes.into();
    threaded(move |mut stream| {
        if message(&mut stream).is_some_and(|message| matches(&message)) {
            answer(stream, &bytes);
        }
    })
}

pub(crate) fn silent() -> Server {
    threaded(drain)
}

pub(crate) fn echo() -> Server {
    threaded(|mut stream| {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let _ = stream.write_all(&buffer[..count]);
        }
    })
}

/// Takes the first read as the whole request.
pub(crate) fn one_read() -> Server {
    threaded(|mut stream| {
        if read_until(&mut stream, |_| true).is_some_and(|read| read == POLICY_REQUEST) {
            answer(stream, &open_answer());
        }
    })
}

/// Gives up after `reads` reads.
pub(crate) fn few_reads(reads: usize) -> Server {
    threaded(move |mut stream| {
        let (mut received, mut buffer) = (Vec::new(), [0; 4096]);
        for _ in 0..reads {
            let Ok(count @ 1..) = stream.read(&mut buffer) else {
                return;
            };
            received.extend_from_slice(&buffer[..count]);
            if is_request(&received) {
                return answer(stream, &open_answer());
            }
        }
    })
}

/// Writes `bytes` before it reads, then reads to the end.
pub(crate) fn speaks_first(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = bytes.into();
    threaded(move |stream| answer(stream, &bytes))
}

/// Writes its policy and closes, without reading.
pub(crate) fn never_reads() -> Server {
    threaded(|mut stream| {
        let _ = stream.write_all(&open_answer());
    })
}

/// Writes its policy after the connect, and again for a request.
pub(crate) fn speaks_twice() -> Server {
    threaded(|mut stream| {
        let _ = stream.write_all(&open_answer());
        serve_well(stream);
    })
}

/// Sends its policy for each read, whatever it read, and closes after the client.
pub(crate) fn answers_each_read() -> Server {
    threaded(|mut stream| {
        while let Ok(1..) = stream.read(&mut [0; 4096]) {
            let _ = stream.write_all(&open_answer());
        }
    })
}

/// Answers a request in three writes, with this pause between them.
pub(crate) fn answers_in_parts(pause: Duration) -> Server {
    threaded(move |mut stream| {
        if message(&mut stream).is_some_and(|message| is_request(&message)) {
            stream.set_nodelay(true).unwrap();
            let policy = open_answer();
            for part in policy.chunks(policy.len() / 3 + 1) {
                let _ = stream.write_all(part);
                if !pause.is_zero() {
                    thread::park_timeout(pause);
                }
            }
            answer(stream, b"");
        }
    })
}

/// Answers every request on a connection.
pub(crate) fn answers_each_request() -> Server {
    threaded(|mut stream| {
        if let Some(received) = message(&mut stream) {
            let requests = received
                .chunks(POLICY_REQUEST.len())
                .take_while(|chunk| chunk == POLICY_REQUEST)
                .count();
            answer(stream, &open_answer().repeat(requests));
        }
    })
}

pub(crate) fn serial_good() -> Server {
    serial(|stream| {
        serve_well(stream);
        Continue(())
    })
}

/// Closes a connection whose first byte, or a later one, does not arrive in time.
pub(crate) fn impatient(first: Option<Duration>, next: Option<Duration>) -> Server {
    threaded(move |stream| {
        let mut first_byte = [0];
        stream.set_read_timeout(first.or(Some(Duration::from_secs(10)))).unwrap();
        if stream.peek(&mut first_byte).is_ok() {
            stream.set_read_timeout(next.or(Some(Duration::from_secs(10)))).unwrap();
            serve_well(stream);
        }
    })
}

/// Answers only a client that sends no FIN.
pub(crate) fn rejects_half_close() -> Server {
    threaded(|mut stream| {
        if !message(&mut stream).is_some_and(|message| is_request(&message)) {
            return;
        }
        stream.set_read_timeout(Some(Duration::from_millis(40))).unwrap();
        let is_open = !matches!(stream.read(&mut [0; 4096]), Ok(0));
        if is_open {
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            answer(stream, &open_answer());
        }
    })
}

/// Stops when a connection is reset.
pub(crate) fn stops_after_a_reset() -> Server {
    serial(|stream| match stream.peek(&mut [0]) {
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Break(()),
        _ => {
            serve_well(stream);
            Continue(())
        }
    })
}

/// Writes its policy and a FIN, reads to the end, and stops when a reset meets it there.
pub(crate) fn speaks_first_and_stops_after_a_reset() -> Server {
    serial(|mut stream| {
        let _ = stream.write_all(&open_answer());
        let _ = stream.shutdown(Shutdown::Write);
        loop {
            match stream.read(&mut [0; 4096]) {
                Ok(1..) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Break(()),
                _ => return Continue(()),
            }
        }
    })
}

/// Answers one request, and stops.
pub(crate) fn serves_once() -> Server {
    serial(|stream| {
        serve_well(stream);
        Break(())
    })
}

/// Answers binary bytes as it answers requests, and stops after them.
pub(crate) fn answers_binary_and_stops() -> Server {
    serial(|mut stream| {
        let Some(message) = message(&mut stream) else {
            return Continue(());
        };
        let is_binary = message.starts_with(b"\xff");
        if is_binary || is_request(&message) {
            answer(stream, &open_answer());
        }
        if is_binary { Break(()) } else { Continue(()) }
    })
}

/// Serves each connection well, but needs some time before it accepts the next.
pub(crate) fn accepts_slowly(work: Duration) -> Server {
    Server::start(AfterStop::Refuse, move |stream| {
        thread::park_timeout(work);
        thread::spawn(move || serve_well(stream));
        Continue(())
    })
}

/// Stops when the bytes so far satisfy `stops`.
pub(crate) fn stops_after(stops: impl Fn(&[u8]) -> bool + Send + 'static) -> Server {
    serial(serving_until(stops))
}

/// Hangs when the bytes so far satisfy `hangs`: it listens, but no longer accepts.
pub(crate) fn hangs_after(hangs: impl Fn(&[u8]) -> bool + Send + 'static) -> Server {
    Server::start(AfterStop::KeepListening, serving_until(hangs))
}

fn serving_until(stops: impl Fn(&[u8]) -> bool) -> impl FnMut(TcpStream) -> ControlFlow<()> {
    move |mut stream| match read_until(&mut stream, |received| {
        received.contains(&0) || stops(received)
    }) {
        Some(received) if stops(&received) => Break(()),
        Some(received) if is_request(&received) => {
            answer(stream, &open_answer());
            Continue(())
        }
        _ => Continue(()),
    }
}

/// Has a number of workers, each of which needs the time `work` for an answer.
pub(crate) fn pool(workers: usize, work: Duration) -> Server {
    let free = (Mutex::new(workers), Condvar::new());
    threaded(move |mut stream| {
        let mut idle = free.1.wait_while(free.0.lock().unwrap(), |idle| *idle == 0).unwrap();
        *idle -= 1;
        drop(idle);
        if message(&mut stream).is_some_and(|message| is_request(&message)) {
            if !work.is_zero() {
                hold(&mut stream, work);
            }
            let _ = stream.write_all(&open_answer());
        }
        *free.0.lock().unwrap() += 1;
        free.1.notify_one();
    })
}

/// Returns the policy without its NUL.
pub(crate) fn no_nul() -> &'static [u8] {
    OPEN.as_bytes()
}

//! Foreign clients and servers: bare sockets that use nothing of this crate.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use flash_policy_fixture::wire::POLICY_REQUEST;

pub(crate) const SWF: &str = "http://www.example.com/game.swf";
pub(crate) const HOST: &str = "game.example.com";
pub(crate) const MASTER: &str = "game.example.com:843";
pub(crate) const GAME: &str = "game.example.com:5000";
pub(crate) const OPEN: &str =
    "<cross-domain-policy><allow-access-from domain=\"*\" to-ports=\"*\"/></cross-domain-policy>";

/// Connects, sends these bytes, and returns everything until the peer's FIN.
pub(crate) fn exchange(addr: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Sends these bytes and returns whether the same bytes come back.
pub(crate) fn echoes(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    let mut back = vec![0; bytes.len()];
    stream.write_all(bytes).and_then(|()| stream.read_exact(&mut back)).is_ok() && back == bytes
}

/// Returns whether a connection to this address is refused. A socket that the kernel connected to
/// itself counts as refused.
pub(crate) fn refuses(addr: SocketAddr) -> bool {
    match TcpStream::connect(addr) {
        Ok(stream) => stream.local_addr().unwrap() == addr,
        Err(error) => error.kind() == io::ErrorKind::ConnectionRefused,
    }
}

/// Starts a server in a thread, for one policy connection. It reads the request and then calls
/// `answer`.
pub(crate) fn server<T: Send + 'static>(
    answer: impl FnOnce(TcpStream) -> T + Send + 'static,
) -> (SocketAddr, JoinHandle<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; POLICY_REQUEST.len()];
        stream.read_exact(&mut request).unwrap();
        assert_eq!(&request, POLICY_REQUEST);
        answer(stream)
    });
    (addr, serving)
}

/// Returns the policy that allows everybody, with its NUL.
pub(crate) fn open_answer() -> Vec<u8> {
    [OPEN.as_bytes(), b"\0"].concat()
}

//! Clients that are not of this project: bare sockets.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

pub(crate) const SWF: &str = "http://www.example.com/game.swf";

/// Connects, sends, and reads until the peer's FIN.
pub(crate) fn exchange(addr: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(bytes)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Sends, and reads back as many bytes.
pub(crate) fn echoes(stream: &mut TcpStream, bytes: &[u8]) -> bool {
    let mut back = vec![0; bytes.len()];
    stream.write_all(bytes).and_then(|()| stream.read_exact(&mut back)).is_ok() && back == bytes
}

/// Whether a connection to this address is refused. A socket that the kernel connected to itself
/// was refused too.
pub(crate) fn refuses(addr: SocketAddr) -> bool {
    match TcpStream::connect(addr) {
        Ok(stream) => stream.local_addr().unwrap() == addr,
        Err(error) => error.kind() == io::ErrorKind::ConnectionRefused,
    }
}

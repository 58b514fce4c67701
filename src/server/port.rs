//! A reservation of a port.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A loopback port that is reserved: it refuses connections, and no other socket is given it, until this is dropped.
///
/// ```
/// use std::net::TcpStream;
/// use flash_policy_fixture::Port;
///
/// let down = Port::reserve()?;
/// assert!(TcpStream::connect(down.addr()).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Port {
    _reservation: Socket,
    addr: SocketAddr,
}

impl Port {
    /// Reserves a port that the system picks, on 127.0.0.1.
    ///
    /// # Errors
    ///
    /// As the system: no descriptor or no port is left.
    pub fn reserve() -> io::Result<Self> {
        Self::reserve_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Reserves this address; port 0 lets the system pick.
    ///
    /// # Errors
    ///
    /// As the system: `AddrInUse` if somebody listens there.
    pub fn reserve_at(addr: SocketAddr) -> io::Result<Self> {
        let reservation = bind(addr)?;
        let nowhere = || io::Error::other("a TCP socket was bound to no internet address");
        let addr = reservation.local_addr()?.as_socket().ok_or_else(nowhere)?;
        Ok(Self { _reservation: reservation, addr })
    }

    /// The reserved address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The reserved port.
    pub fn number(&self) -> u16 {
        self.addr.port()
    }

    /// A listener on the reserved port: a second socket, so that the reservation outlives it.
    pub(super) fn listen(&self) -> io::Result<TcpListener> {
        let socket = bind(self.addr)?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    }
}

/// The kernel's part in a firewall: a full queue, so that the SYN of a new connection is never answered.
#[derive(Debug)]
pub(super) struct Firewall {
    /// The connection that fills the queue.
    filler: Socket,
}

impl Firewall {
    /// Closes the queue of `listener`, whose connections were all accepted. `None` where only Linux could do it, and the
    /// listener is on a stage: the stage's own clients know.
    ///
    /// # Errors
    ///
    /// `Unsupported` elsewhere than on Linux, of a server alone: other systems refuse when the queue is full.
    pub(super) fn raise(
        listener: SockRef<'_>,
        addr: SocketAddr,
        on_stage: bool,
    ) -> io::Result<Option<Self>> {
        if !cfg!(target_os = "linux") {
            if on_stage {
                return Ok(None);
            }
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "only Linux can drop the SYNs of other programs' connections; a Stage's own clients need no such help",
            ));
        }
        listener.listen(0)?;
        let filler = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        filler.set_nonblocking(true)?;
        match filler.connect(&addr.into()) {
            Err(error)
                if error.kind() != io::ErrorKind::WouldBlock
                    && error.raw_os_error() != Some(EINPROGRESS) =>
            {
                Err(error)
            }
            _ => Ok(Some(Self { filler })),
        }
    }

    /// Opens the queue again.
    pub(super) fn lower(&self, listener: &tokio::net::TcpListener) -> io::Result<()> {
        SockRef::from(listener).listen(BACKLOG)
    }

    /// Where the connection that fills the queue comes from; `None` if another one was faster, and fills it.
    pub(super) fn filler(&self) -> Option<SocketAddr> {
        self.filler.peer_addr().ok()?;
        self.filler.local_addr().ok()?.as_socket()
    }
}

/// What a nonblocking connect says on Linux while it goes on.
const EINPROGRESS: i32 = 115;

fn bind(addr: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}

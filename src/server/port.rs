//! [`Port`]: a reserved port, and the listeners and firewalls that use it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// The number of connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A reserved TCP port. Until it is dropped, the port refuses connections, and the system gives it
/// to no other socket.
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
    /// Reserves a port of 127.0.0.1 that the system picks.
    ///
    /// # Errors
    ///
    /// Returns the system's error if no descriptor or port is left.
    pub fn reserve() -> io::Result<Self> {
        Self::reserve_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Reserves an address. With port 0 the system picks a port.
    ///
    /// # Errors
    ///
    /// Returns the system's error, for example `AddrInUse` if another socket listens there.
    pub fn reserve_at(addr: SocketAddr) -> io::Result<Self> {
        let reservation = bind(addr)?;
        let not_internet = || io::Error::other("a TCP socket was bound to no internet address");
        let addr = reservation.local_addr()?.as_socket().ok_or_else(not_internet)?;
        Ok(Self { _reservation: reservation, addr })
    }

    /// Returns the reserved address.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Returns the reserved port number.
    pub fn number(&self) -> u16 {
        self.addr.port()
    }

    /// Opens a listener on the reserved port. It is a second socket, so the reservation outlives
    /// it.
    pub(super) fn listen(&self) -> io::Result<TcpListener> {
        let socket = bind(self.addr)?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    }
}

/// A simulated firewall: a full accept queue, so that the kernel never answers the SYN of a new
/// connection.
#[derive(Debug)]
pub(super) struct Firewall {
    /// The connection that fills the queue.
    filler: Socket,
}

impl Firewall {
    /// Closes the queue of `listener`, which must be empty. Returns `None` if only Linux could do
    /// it and the listener is on a stage, because the stage's own clients know that it drops SYNs.
    ///
    /// # Errors
    ///
    /// Returns `Unsupported` for a server alone if the system is not Linux. Other systems refuse
    /// connections when the queue is full.
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
                "only Linux can drop the SYNs of other programs' connections; \
                 a Stage's own clients need no such help",
            ));
        }
        listener.listen(0)?;
        let filler = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
        filler.set_nonblocking(true)?;
        match filler.connect(&addr.into()) {
            Err(error) if !is_in_progress(&error) => Err(error),
            _ => Ok(Some(Self { filler })),
        }
    }

    /// Opens the queue again.
    pub(super) fn lower(&self, listener: &tokio::net::TcpListener) -> io::Result<()> {
        SockRef::from(listener).listen(BACKLOG)
    }

    /// Returns the address of the connection that fills the queue. Returns `None` if another
    /// connection was faster and fills it instead.
    pub(super) fn filler(&self) -> Option<SocketAddr> {
        self.filler.peer_addr().ok()?;
        self.filler.local_addr().ok()?.as_socket()
    }
}

/// Returns whether a nonblocking connect has started and goes on.
fn is_in_progress(error: &io::Error) -> bool {
    /// The Linux error number of a connect that goes on.
    const EINPROGRESS: i32 = 115;
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(EINPROGRESS)
}

fn bind(addr: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    Ok(socket)
}

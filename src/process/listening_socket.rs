//! [`ListeningSocket`]: the sockets of this machine that listen, as its tables list them.
//!
//! No connection is made, so the process that listens notices nothing. Without `/proc/net`, no
//! socket is known.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

/// A socket that accepts connections to a port of 127.0.0.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListeningSocket {
    inode: String,
}

impl ListeningSocket {
    /// Returns the sockets that accept connections to `port` of 127.0.0.1. Returns `None` if the
    /// system has no table of sockets, as systems other than Linux.
    #[must_use]
    pub fn on_port(port: u16) -> Option<Vec<Self>> {
        let ipv4 = fs::read_to_string("/proc/net/tcp").ok()?;
        // A machine without IPv6 has no such table.
        let ipv6 = fs::read_to_string("/proc/net/tcp6").unwrap_or_default();
        Some(listening(&ipv4, &ipv6, port, || is_bound_on_ipv4(port)))
    }

    /// Returns whether a process has this socket open. The descriptors of other users' processes
    /// cannot be read; they count as not having it.
    #[must_use]
    pub fn is_held_by(&self, pid: u32) -> bool {
        let link = format!("socket:[{}]", self.inode);
        descriptors(pid).any(|target| target == link)
    }

    /// Returns whether [`on_port`](Self::on_port) can be relied on: the table lists a socket of
    /// this process.
    pub(super) fn is_table_complete() -> bool {
        let is_listed = || {
            let own = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
            let sockets = Self::on_port(own.local_addr().ok()?.port())?;
            Some(!sockets.is_empty())
        };
        is_listed().unwrap_or(false)
    }
}

/// Returns the targets of the open descriptors of a process, as far as they can be read.
pub(super) fn descriptors(pid: u32) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::read_link(entry.path()).ok()?.to_str().map(str::to_owned))
}

/// Returns the sockets in both tables that accept connections to 127.0.0.1. A socket on `::` does
/// so unless it is for IPv6 only; then `is_bound_on_ipv4` is false.
fn listening(
    ipv4: &str,
    ipv6: &str,
    port: u16,
    is_bound_on_ipv4: impl Fn() -> bool,
) -> Vec<ListeningSocket> {
    let mut inodes = BTreeSet::new();
    for (address, inode) in [ipv4, ipv6].into_iter().flat_map(|table| listeners(table, port)) {
        let accepts = match address.to_canonical() {
            IpAddr::V4(address) => address.is_unspecified() || address == Ipv4Addr::LOCALHOST,
            IpAddr::V6(address) => address.is_unspecified() && is_bound_on_ipv4(),
        };
        if accepts {
            inodes.insert(inode);
        }
    }
    inodes.into_iter().map(|inode| ListeningSocket { inode: inode.to_owned() }).collect()
}

/// Returns the addresses and the inodes of the sockets in a table that listen on the port.
fn listeners(table: &str, port: u16) -> impl Iterator<Item = (IpAddr, &str)> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).filter_map(move |line| {
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
        let mut fields = line.split_whitespace().skip(1);
        let (address, listens_on) = fields.next()?.split_once(':')?;
        let state = fields.nth(1)?;
        let inode = fields.nth(5)?;
        let is_it = state == LISTEN && u16::from_str_radix(listens_on, 16) == Ok(port);
        is_it.then_some((ip(address)?, inode))
    })
}

/// Parses an address of a table: words of 32 bits in hexadecimal, each in the byte order of this
/// machine.
fn ip(hexadecimal: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = hexadecimal.get(8 * at..8 * at + 8)?;
        u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes)
    };
    match hexadecimal.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            Some(Ipv6Addr::from(<[u8; 16]>::try_from(words).ok()?).into())
        }
        _ => None,
    }
}

/// Returns whether a socket is bound to the port for IPv4. It tries to bind the port itself, in a
/// way that keeps nobody else from it.
fn is_bound_on_ipv4(port: u16) -> bool {
    let bind = || {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_reuse_address(true)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())
    };
    bind().is_err_and(|error: io::Error| error.kind() == io::ErrorKind::AddrInUse)
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    const HEAD: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when\n";

    fn line(address: &str, state: &str, inode: u32) -> String {
        format!(
            "   0: {address}:1F90 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 0 \
             0 {inode} 1 0000 100 0 0 10 0\n"
        )
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn a_socket_counts_if_it_accepts_connections_to_127_0_0_1() {
        let any_ipv6 = "0".repeat(32);
        let mapped = "0000000000000000FFFF00000100007F";
        let ipv4 = [
            HEAD,
            &line("0100007F", "0A", 1),
            &line("00000000", "0A", 2),
            &line("0200007F", "0A", 3),
            &line("0100007F", "01", 4),
        ];
        let ipv6 = [HEAD, &line(&any_ipv6, "0A", 5), &line(mapped, "0A", 6)];
        let inodes = |is_bound| {
            let sockets = listening(&ipv4.concat(), &ipv6.concat(), 8080, || is_bound);
            sockets.into_iter().map(|socket| socket.inode).collect::<Vec<_>>()
        };
        assert_eq!(inodes(true), ["1", "2", "5", "6"]);
        assert_eq!(inodes(false), ["1", "2", "6"], "the one on :: is for IPv6 only");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_listener_is_found_by_its_port_and_its_process_and_sees_no_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        let sockets = ListeningSocket::on_port(port).expect("there is a table");
        assert_eq!(sockets.len(), 1);
        assert!(sockets[0].is_held_by(std::process::id()));
        listener.set_nonblocking(true).expect("it can be changed");
        let nobody = listener.accept().expect_err("nobody has connected");
        assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
        TcpStream::connect(("127.0.0.1", port)).expect("it listens all the same");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_socket_on_all_addresses_counts_unless_it_is_for_ipv6_only() {
        for only_ipv6 in [false, true] {
            let Ok(socket) = Socket::new(Domain::IPV6, Type::STREAM, None) else { return };
            socket.set_only_v6(only_ipv6).expect("it can be set");
            let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
            if socket.bind(&any.into()).is_err() {
                return; // a machine without IPv6
            }
            socket.listen(1).expect("it listens");
            let addr = socket.local_addr().expect("it is bound").as_socket();
            let port = addr.expect("it is an address").port();
            let found = ListeningSocket::on_port(port).expect("there is a table").len();
            assert_eq!(found, usize::from(!only_ipv6), "only IPv6: {only_ipv6}");
        }
    }
}

//! The real clock, and one TCP connection to a live peer.
//!
//! The simulated client and the conformance checks both talk to real servers. This crate has what
//! they share: a deadline that notices when the runtime's clock is paused, the meaning of a failed
//! connect, and the distinction between a stream that ended with a FIN and one that ended with a
//! RST.
//!
//! It knows no rule of the player. Those are in `flash-policy-core`.
//!
//! ```
//! use std::time::Duration;
//! use flash_policy_core::wire::{POLICY_REQUEST, Sent};
//! use flash_policy_net::{PeerConnection, RealTime};
//!
//! # let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
//! # let addr = listener.local_addr()?;
//! # let server = std::thread::spawn(move || {
//! #     use std::io::{Read, Write};
//! #     let (mut stream, _) = listener.accept().unwrap();
//! #     stream.read_exact(&mut [0; 23]).unwrap();
//! #     stream.write_all(b"<cross-domain-policy/>\0").unwrap();
//! # });
//! # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! # runtime.block_on(async {
//! let clock = RealTime::default();
//! let mut connection = PeerConnection::connect(addr).await?;
//! connection.send(POLICY_REQUEST).await;
//! let answer = clock.limit(Duration::from_secs(3), connection.read()).await;
//! assert_eq!(answer?.0, Some(Sent::Bytes(b"<cross-domain-policy/>\0".to_vec())));
//! # Ok::<(), std::io::Error>(()) })?;
//! # server.join().unwrap();
//! # Ok::<(), std::io::Error>(())
//! ```

mod peer_connection;
mod real_time;

pub use peer_connection::{ConnectFailure, PeerConnection};
pub use real_time::{PausedClock, RealTime};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;

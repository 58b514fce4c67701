//! The states of a port, called doors here: down, up and firewalled, without a race.

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use flash_policy_fixture::server::ExchangeEnd;
use flash_policy_fixture::{Backend, Cause, PolicyServer, Port, RunningBackend, Stage};
use rstest::rstest;

use crate::raw::{GAME, HOST, MASTER, OPEN, SWF, echoes, refuses};

#[test]
fn a_reservation_refuses_and_is_given_to_nobody_else() {
    let reserved = Port::reserve().unwrap();
    let others: BTreeSet<u16> = (0..2_000).map(|_| free_port()).collect();
    assert!(!others.contains(&reserved.number()));
    assert!(refuses(reserved.addr()));
}

#[test]
fn a_reservation_of_a_port_that_somebody_listens_on_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let error = Port::reserve_at(listener.local_addr().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn a_reservation_ends_when_it_is_dropped() {
    let addr = Port::reserve().unwrap().addr();
    Port::reserve_at(addr).unwrap();
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Down,
    Up,
    Firewalled,
}

impl Door {
    fn set(self, backend: &RunningBackend) {
        match self {
            Self::Down => backend.down(),
            Self::Up => backend.up(),
            Self::Firewalled => backend.firewall(),
        }
    }

    /// Returns whether a raw connection finds the port in this state.
    fn is_met_at(self, addr: SocketAddr) -> bool {
        match self {
            Self::Down => refuses(addr),
            Self::Up => echoes(&mut TcpStream::connect(addr).unwrap(), b"hello"),
            Self::Firewalled => {
                let error =
                    TcpStream::connect_timeout(&addr, Duration::from_millis(1)).unwrap_err();
                error.kind() == ErrorKind::TimedOut
            }
        }
    }
}

/// Returns a pseudo-random sequence of doors. The same seed gives the same sequence.
fn doors(seed: u32) -> impl Iterator<Item = Door> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    std::iter::successors(Some(seed), next).map(|state| match (state >> 24) % 3 {
        0 => Door::Down,
        1 => Door::Up,
        _ => Door::Firewalled,
    })
}

#[test]
fn every_door_is_met_at_once_by_a_raw_client() {
    let backend = Backend::echo().start();
    let mut connected = 0;
    for (cycle, door) in doors(1).take(300).enumerate() {
        door.set(&backend);
        assert!(door.is_met_at(backend.addr()), "cycle {cycle}: {door:?}");
        connected += usize::from(door == Door::Up);
    }
    backend.up();
    assert!(backend.wait_for(connected, Duration::from_secs(20)));
    let journal = backend.journal();
    assert_eq!(journal.exchanges().len(), connected, "connections that nobody made:\n{journal}");
    assert!(
        journal.exchanges().iter().all(|exchange| exchange.received() == b"hello"),
        "{journal}"
    );
}

#[test]
fn every_door_is_met_at_once_by_a_stages_client() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::echo()).start();
    let backend = stage.backend(GAME);
    let mut connected = 0;
    for (cycle, door) in doors(2).take(300).enumerate() {
        door.set(backend);
        let outcome = stage.blocking_swf(SWF).connect(HOST, 5000);
        let (cause, reported) = match door {
            Door::Down => (Cause::BackendRefused, Duration::ZERO),
            Door::Up => (Cause::Connected, Duration::ZERO),
            Door::Firewalled => (Cause::BackendTimedOut, Duration::from_secs(20)),
        };
        assert_eq!(
            (outcome.cause(), outcome.reported_at()),
            (cause, Some(reported)),
            "cycle {cycle}"
        );
        connected += usize::from(door == Door::Up);
    }
    backend.up();
    assert_eq!(backend.journal().exchanges().len(), connected);
    assert_eq!(stage.real_timers(), 0);
}

#[test]
fn a_policy_server_goes_down_and_up_as_a_backend_does() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::echo()).start();
    let server = stage.policy_server(MASTER);
    for _ in 0..20 {
        server.down();
        let refused =
            stage.blocking_swf(SWF).connect(HOST, 5000).expect_denied_because(Cause::NoPolicy);
        assert_eq!(refused.decided_at(), Duration::ZERO);
        server.firewall();
        let dropped =
            stage.blocking_swf(SWF).connect(HOST, 5000).expect_denied_because(Cause::NoPolicy);
        assert_eq!(dropped.decided_at(), Duration::from_secs(3));
        server.up();
        stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
    }
    assert_eq!(server.journal().policy_requests(), 20);
}

#[test]
fn connections_that_stand_end_when_it_goes_down() {
    let backend = Backend::echo().start();
    let mut standing: Vec<TcpStream> =
        (0..10).map(|_| TcpStream::connect(backend.addr()).unwrap()).collect();
    assert!(echoes(&mut standing[0], b"hello"));
    backend.down();
    for stream in &mut standing {
        assert!(matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_)));
    }
    let ends =
        backend.journal().exchanges().iter().map(|exchange| exchange.ended()).collect::<Vec<_>>();
    assert_eq!(ends, [ExchangeEnd::ServerClosed; 10]);
}

#[test]
fn connections_that_stand_go_on_behind_the_firewall() {
    let backend = Backend::echo().start();
    let mut standing: Vec<TcpStream> =
        (0..10).map(|_| TcpStream::connect(backend.addr()).unwrap()).collect();
    backend.firewall();
    for stream in &mut standing {
        assert!(echoes(stream, b"still here"));
    }
    backend.up();
    for stream in &mut standing {
        assert!(echoes(stream, b"and still"));
    }
    assert_eq!(backend.journal().exchanges().len(), 10);
}

#[test]
fn a_connection_that_outlives_a_down_does_not_hold_up_the_journal() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::echo()).start();
    let socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
    let backend = stage.backend(GAME);
    backend.down();
    drop(socket);
    backend.up();
    let journal = backend.journal();
    assert_eq!(journal.exchanges().len(), 1);
    assert_eq!(journal.exchanges()[0].ended(), ExchangeEnd::ServerClosed);
}

#[test]
fn a_connection_that_closes_behind_the_firewall_is_journalled_to_its_end() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::silent()).start();
    let backend = stage.backend(GAME);
    for count in 1..=200 {
        backend.up();
        let socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
        backend.firewall();
        drop(socket);
        let journal = backend.journal();
        assert_eq!(journal.exchanges().len(), count);
        assert_eq!(journal.exchanges()[count - 1].ended(), ExchangeEnd::PeerClosed);
    }
}

#[test]
fn a_connection_that_was_reset_before_its_accept_is_journalled() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::silent()).start();
    let backend = stage.backend(GAME);
    for count in 1..=300 {
        let socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
        socket2::SockRef::from(&*socket).set_linger(Some(Duration::ZERO)).unwrap();
        drop(socket);
        backend.firewall();
        backend.up();
        let journal = backend.journal();
        assert_eq!(journal.exchanges().len(), count, "{journal}");
    }
}

#[rstest]
#[case::the_same_doors(7, 7)]
#[case::other_doors(7, 8)]
fn two_threads_change_one_door(#[case] first: u32, #[case] second: u32) {
    let backend = Backend::echo().start();
    let start = Barrier::new(2);
    for round in 0..200 {
        thread::scope(|scope| {
            for seed in [first + round, second + round] {
                let (backend, start) = (&backend, &start);
                scope.spawn(move || {
                    start.wait();
                    doors(seed).take(3).for_each(|door| door.set(backend));
                });
            }
        });
        for door in [Door::Up, Door::Down, Door::Firewalled, Door::Up] {
            door.set(&backend);
            assert!(door.is_met_at(backend.addr()), "round {round}: {door:?}");
        }
        backend.down();
    }
}

#[test]
fn two_threads_agree_on_what_the_door_is() {
    let stage = Stage::builder().policy(MASTER, OPEN).backend(GAME, Backend::echo()).start();
    let backend = stage.backend(GAME);
    let start = Barrier::new(2);
    for round in 0..200 {
        thread::scope(|scope| {
            for door in [Door::Up, Door::Down] {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    door.set(backend);
                });
            }
        });
        let said = stage.evaluator(SWF).connect(HOST, 5000).cause();
        let real = if refuses(backend.addr()) { Cause::BackendRefused } else { Cause::Connected };
        assert_eq!(said, real, "round {round}");
    }
}

#[test]
fn a_door_shuts_although_other_threads_start_processes() {
    let backend = Backend::echo().start();
    // Between fork and exec a child holds every descriptor of this process.
    let starting =
        thread::spawn(|| (0..200).all(|_| Command::new("true").status().unwrap().success()));
    while !starting.is_finished() {
        backend.down();
        assert!(refuses(backend.addr()));
        backend.up();
    }
    assert!(starting.join().unwrap());
}

#[rstest]
#[case::down(Backend::echo().starting_down(), Door::Down)]
#[case::firewalled(Backend::echo().starting_firewalled(), Door::Firewalled)]
#[case::up(Backend::echo(), Door::Up)]
fn a_backend_starts_with_its_door(#[case] backend: Backend, #[case] door: Door) {
    let backend = backend.start();
    assert!(door.is_met_at(backend.addr()));
    backend.up();
    assert!(Door::Up.is_met_at(backend.addr()));
}

#[test]
fn a_port_that_is_down_is_kept_for_its_owner() {
    let server = PolicyServer::start(OPEN);
    server.down();
    let others: BTreeSet<u16> = (0..2_000).map(|_| free_port()).collect();
    assert!(!others.contains(&server.port()));
    server.up();
    TcpStream::connect(server.addr()).unwrap();
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

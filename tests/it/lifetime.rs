//! Starts and stops servers a thousand times and counts the threads and descriptors that are left.
//! Each test runs in its own process, so that it counts only itself.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

use flash_policy_fixture::server::ServerPort;
use flash_policy_fixture::wire::{Fault, Script};
use flash_policy_fixture::{Backend, PolicyServer, Port, RunningBackend, Stage};

use crate::raw::{GAME, HOST, MASTER, OPEN, SWF, exchange, open_answer, refuses};

const STARTS: usize = 1_000;
/// The number of runs after which the process has everything that it keeps: the caches of the
/// allocator, of the runtime and of the thread stacks.
const WARM: usize = 300;
const ALONE: &str = "FLASH_POLICY_FIXTURE_TEST_ALONE";

#[test]
fn a_thousand_policy_servers_leave_nothing_behind() {
    alone("lifetime::a_thousand_policy_servers_leave_nothing_behind", || {
        leaves_nothing_behind(|| {
            let port = Port::reserve().unwrap();
            let server = PolicyServer::builder()
                .document(OPEN)
                .listen(port.addr())
                .expect_requests(1..=1)
                .strict();
            let server = server.start();
            assert_eq!(exchange(port.addr(), b"<policy-file-request/>\0").unwrap(), open_answer());
            server.stop();
            vec![port]
        });
    });
}

#[test]
fn a_thousand_backends_leave_nothing_behind() {
    alone("lifetime::a_thousand_backends_leave_nothing_behind", || {
        leaves_nothing_behind(|| {
            let backend = Backend::echo().start();
            let _standing = TcpStream::connect(backend.addr()).unwrap();
            let port = kept(&backend);
            let _standing = TcpStream::connect(backend.addr()).unwrap();
            drop(backend);
            vec![port]
        });
    });
}

#[test]
fn a_thousand_stages_leave_nothing_behind() {
    alone("lifetime::a_thousand_stages_leave_nothing_behind", || {
        let mut starts = 0;
        leaves_nothing_behind(|| {
            let (stage, ports) = stage();
            for port in &ports {
                TcpStream::connect(port.addr()).unwrap();
            }
            let socket = stage.blocking_swf(SWF).connect(HOST, 5000).expect_permitted();
            starts += 1;
            if starts % 2 == 0 {
                drop(socket);
                stage.stop();
            } else {
                drop(stage);
            }
            ports
        });
    });
}

#[test]
fn a_thousand_firewalls_leave_nothing_behind() {
    alone("lifetime::a_thousand_firewalls_leave_nothing_behind", || {
        leaves_nothing_behind(|| {
            let backend = Backend::echo().starting_firewalled().start();
            let port = kept(&backend);
            backend.firewall();
            drop(backend);
            vec![port]
        });
    });
}

#[test]
fn a_thousand_reservations_leave_nothing_behind() {
    alone("lifetime::a_thousand_reservations_leave_nothing_behind", || {
        leaves_nothing_behind(|| vec![Port::reserve().unwrap(), Port::reserve().unwrap()]);
    });
}

#[test]
fn a_flood_is_not_kept() {
    alone("lifetime::a_flood_is_not_kept", || {
        let waits = Script::new().wait(Duration::MAX).read(4);
        is_not_flooded(&PolicyServer::start(OPEN));
        is_not_flooded(&PolicyServer::builder().fault(Fault::Silent).start());
        is_not_flooded(&Backend::silent().start());
        is_not_flooded(&Backend::scripted(waits).start());
    });
}

#[test]
fn a_server_without_a_descriptor_left_rests_and_accepts_again() {
    alone("lifetime::a_server_without_a_descriptor_left_rests_and_accepts_again", || {
        let stage = Stage::builder().policy(MASTER, OPEN).start();
        let addr = stage.policy_server(MASTER).addr();
        let mut spare = vec![fs::File::open("/dev/null").unwrap()];
        while let Ok(file) = fs::File::open("/dev/null") {
            spare.push(file);
        }
        spare.pop();
        let mut waiting = TcpStream::connect(addr).unwrap();
        waiting.write_all(b"<policy-file-request/>\0").unwrap();
        let rests = (0..10_000_000).any(|_| {
            thread::yield_now();
            stage.real_timers() > 0
        });
        assert!(rests, "it tries again and again");
        drop(spare);
        let mut answer = Vec::new();
        waiting.read_to_end(&mut answer).unwrap();
        assert_eq!(answer, open_answer());
    });
}

#[test]
fn a_failing_test_is_told_by_its_own_message_and_by_no_other() {
    let failing = || {
        let _stage = Stage::builder()
            .policy(MASTER, PolicyServer::builder().document(OPEN).expect_requests(7..=7))
            .policy(
                "chat.example.com:843",
                PolicyServer::builder().document(OPEN).expect_requests(8..=8),
            )
            .backend(GAME, Backend::echo())
            .start();
        let _server =
            PolicyServer::builder().document(OPEN).expect_requests(9..=9).strict().start();
        let _backend = Backend::silent().start();
        panic!("the test's own message");
    };
    let Some(output) = in_a_process_of_its_own(
        "lifetime::a_failing_test_is_told_by_its_own_message_and_by_no_other",
        failing,
    ) else {
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{stderr}");
    assert_eq!(stderr.matches("panicked at").count(), 1, "{stderr}");
    assert!(stderr.contains("the test's own message"), "{stderr}");
    assert!(!stderr.contains("policy requests at"), "{stderr}");
}

#[test]
fn two_unmet_expectations_are_one_failure_and_no_abort() {
    let failing = || {
        let _first = PolicyServer::builder().document(OPEN).expect_requests(7..=7).start();
        let _stage = Stage::builder()
            .policy(MASTER, PolicyServer::builder().document(OPEN).expect_requests(8..=8))
            .policy(
                "chat.example.com:843",
                PolicyServer::builder().document(OPEN).expect_requests(8..=8),
            )
            .start();
    };
    let Some(output) = in_a_process_of_its_own(
        "lifetime::two_unmet_expectations_are_one_failure_and_no_abort",
        failing,
    ) else {
        return;
    };
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{stderr}");
    assert_eq!(stderr.matches("expected 8 policy requests").count(), 1, "{stderr}");
    assert!(!stderr.contains("expected 7 policy requests"), "{stderr}");
}

#[test]
fn servers_end_on_another_thread_than_the_one_that_started_them() {
    let (stage, ports) = stage();
    thread::spawn(move || drop(stage)).join().unwrap();
    assert!(ports.iter().all(|port| refuses(port.addr())));
}

#[tokio::test]
async fn servers_start_and_end_inside_a_runtime() {
    let (stage, ports) = stage();
    let socket = stage.swf(SWF).connect(HOST, 5000).await.expect_permitted();
    stage.stop();
    assert!(ports.iter().all(|port| refuses(port.addr())));
    drop(socket);
}

/// Returns a stage with a policy server and a backend, and their ports.
fn stage() -> (Stage, Vec<Port>) {
    let port = Port::reserve().unwrap();
    let server = PolicyServer::builder().document(OPEN).listen(port.addr());
    let stage = Stage::builder().policy(MASTER, server).backend(GAME, Backend::echo()).start();
    let ports = vec![port, kept(stage.backend(GAME))];
    (stage, ports)
}

/// Reserves a backend's port beyond the backend's end, so that no other process gets it before the
/// test has seen it refuse.
fn kept(backend: &RunningBackend) -> Port {
    backend.down();
    let port = Port::reserve_at(backend.addr()).unwrap();
    backend.up();
    port
}

/// Runs `start_and_stop` again and again. Fails if a port that it returns does not refuse, or if a
/// thread or descriptor is left.
fn leaves_nothing_behind(mut start_and_stop: impl FnMut() -> Vec<Port>) {
    let mut run = |times| {
        for _ in 0..times {
            let ports = start_and_stop();
            assert!(ports.iter().all(|port| refuses(port.addr())), "{ports:?}");
        }
    };
    let threads = settled("task", usize::MAX);
    run(WARM);
    let before = (settled("task", threads), settled("fd", usize::MAX), resident_kib());
    run(STARTS - WARM);
    let after = (settled("task", before.0), settled("fd", before.1), resident_kib());
    assert_eq!((after.0, after.1), (before.0, before.1));
    assert!(after.2 < before.2 + 2_048, "from {} KiB to {} KiB", before.2, after.2);
}

/// Sends much more than the server may keep.
fn is_not_flooded(server: &ServerPort) {
    let mut flooding = TcpStream::connect(server.addr()).unwrap();
    let mebibyte = vec![b'x'; 1024 * 1024];
    flooding.write_all(&mebibyte).unwrap();
    let before = resident_kib();
    for _ in 0..64 {
        flooding.write_all(&mebibyte).unwrap();
    }
    let after = resident_kib();
    assert!(after < before + 8 * 1024, "from {before} KiB to {after} KiB");
}

/// Returns the number of threads (`task`) or descriptors (`fd`). The kernel may take a moment to
/// forget a thread that was joined.
fn settled(what: &str, expected: usize) -> usize {
    let count = || fs::read_dir(format!("/proc/self/{what}")).unwrap().count();
    for _ in 0..100_000 {
        if count() <= expected {
            break;
        }
        thread::yield_now();
    }
    count()
}

fn resident_kib() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Runs the body in its own process, where it must succeed.
fn alone(name: &str, body: impl FnOnce()) {
    if let Some(output) = in_a_process_of_its_own(name, body) {
        let shown = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&shown));
    }
}

/// Runs the test `name` again in its own process and returns that process's output. In that
/// process, runs the body and returns `None`.
fn in_a_process_of_its_own(name: &str, body: impl FnOnce()) -> Option<Output> {
    if std::env::var_os(ALONE).is_some() {
        body();
        return None;
    }
    let binary = std::env::current_exe().unwrap();
    // The limit is low, so that a test can use up all descriptors.
    let mut child = Command::new("sh");
    child.args(["-c", r#"ulimit -n 256; exec "$0" "$@""#]).arg(binary);
    child.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(ALONE, "1");
    let output = child.output().unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("running 1 test"), "no test is called {name}");
    Some(output)
}

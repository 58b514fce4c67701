//! What it cannot be called with, and what keeps it from starting.

use std::net::TcpListener;

use rstest::rstest;

use super::{Folder, GOOD, Serving};

#[rstest]
#[case::no_document("serve", 2, "<FILE|->")]
#[case::standard_input(
    "serve -",
    2,
    "standard input carries the commands of serve, and cannot be the document"
)]
#[case::no_such_file("serve nope.xml", 3, "there is no such file")]
#[case::a_folder("serve .", 3, "is a directory")]
#[case::more_than_fits(
    "serve large",
    3,
    "it is larger than 1 MiB; no player reads more than 64 KiB of a policy\n --> large\n"
)]
#[case::no_address(
    "serve policy.xml --listen localhost",
    2,
    "expected IP or IP:PORT, as in 127.0.0.1:843 or [::1]:843"
)]
#[case::all_addresses(
    "serve policy.xml --listen 0.0.0.0",
    2,
    "0.0.0.0 is not a loopback address; add --allow-remote"
)]
#[case::a_format(
    "serve policy.xml --format json",
    2,
    "serve prints lines of JSON as docs/serve.md has them"
)]
#[case::another_address_in_brackets(
    "serve policy.xml --listen [2001:db8::1]",
    2,
    "2001:db8::1 is not a loopback address"
)]
#[case::another_address("serve policy.xml --listen [2001:db8::1]:843", 2, "add --allow-remote")]
#[case::an_address_of_nobody(
    "serve policy.xml --listen 192.0.2.1 --allow-remote",
    4,
    "cannot listen on 192.0.2.1:0: "
)]
#[case::an_unknown_fault(
    "serve policy.xml --fault silnt",
    2,
    "`silnt` is not a fault; did you mean `silent`?"
)]
#[case::faults_that_contradict(
    "serve policy.xml --fault ok --fault refused",
    2,
    "it must be the only one in its list"
)]
#[case::an_unknown_backend("serve policy.xml --backend dwon", 2, "a similar value exists: 'down'")]
#[case::a_port_of_the_backend_that_is_none(
    "serve policy.xml --backend-port 0",
    2,
    "0 is not in 1.."
)]
#[case::two_ports_in_band(
    "serve policy.xml --in-band --backend-port 5000",
    2,
    "the argument '--in-band' cannot be used with '--backend-port <PORT>'"
)]
#[case::no_duration(
    "serve policy.xml --for ever",
    2,
    "`ever` is not a duration; expected one such as 500ms, 4s or 2m"
)]
fn it_does_not_start_and_says_why(#[case] call: &str, #[case] exit: i32, #[case] said: &str) {
    let folder = Folder::with_policy(GOOD).put("large", vec![b' '; 1024 * 1024]);
    let (code, text) = folder.stderr(call);
    assert!(text.contains(said), "{text}");
    assert_eq!(code, exit, "{text}");
}

#[test]
fn a_port_that_is_taken_is_told_with_its_rule() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let (code, text) =
        Folder::with_policy(GOOD).stderr(&format!("serve policy.xml --listen {addr}"));
    assert_eq!(code, 4);
    assert!(
        text.contains(&format!("cannot listen on {addr}: ")) && text.contains("(FSP-O02)"),
        "{text}"
    );
}

#[test]
fn a_port_of_the_backend_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let call = format!("serve policy.xml --backend-port {}", addr.port());
    let (code, text) = Folder::with_policy(GOOD).stderr(&call);
    assert_eq!(code, 4);
    assert!(text.contains(&format!("cannot listen on {addr}: ")), "{text}");
}

#[test]
fn the_backend_may_have_a_port_of_its_own() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let serving = Serving::good(&format!("--backend-port {port}"));
    assert_eq!(serving.backend.port(), port);
    assert!(super::play(serving.backend, b"hello"));
}

#[rstest]
#[case::loopback("127.0.0.1")]
#[case::another_loopback("127.0.0.2")]
#[case::every_address_where_it_is_allowed("0.0.0.0")]
#[case::ipv6("::1")]
fn both_listen_on_the_address_that_is_named(#[case] ip: std::net::IpAddr) {
    let Ok(free) = TcpListener::bind((ip, 0)) else {
        return; // a machine without this family
    };
    let addr = free.local_addr().unwrap();
    drop(free);
    let serving = Serving::good(&format!("--listen {addr} --allow-remote"));
    assert_eq!((serving.policy, serving.backend.ip()), (addr, ip));
    assert_eq!(serving.policy(), super::answer(GOOD));
}

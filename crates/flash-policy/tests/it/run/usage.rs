//! Calls that are wrong.

use rstest::rstest;

use super::Servers;

#[rstest]
#[case::nothing_to_ask(
    "",
    "error: nothing would be asked of the server; add --swf URL and --connect HOST:PORT"
)]
#[case::a_port_that_it_is_not_told(
    "--torture --port policy=843",
    "error: --port policy picks a port for {policy}, but neither CMD nor --env has {policy} in \
        it, so the server would not learn that port; write {policy} where it takes its port, or, \
        if it always listens on the same port, give that number, as in --port 10843=843"
)]
#[case::no_name(
    "--torture --port POLICY=843",
    "`POLICY` is not a name of a port; expected lower-case letters"
)]
#[case::a_port_that_is_none(
    "--torture --port 0=843",
    "`0` is not a port; expected 1 to 65535, or a name"
)]
#[case::a_port_out_of_range(
    "--torture --port 99999=843",
    "`99999` is not a port; expected 1 to 65535, or a name"
)]
#[case::two_in_one_place(
    "--torture --port port --env A={a} --env B={b} --port a=843 --port b=843",
    "error: the ports `a` and `b` stand for the same logical port"
)]
#[case::a_brace_that_is_no_port(
    "--torture --port port --env AWK={print}",
    "error: there is no --port for {print}; add --port print, or write {{print}} where no port is \
        meant"
)]
#[case::the_name_of_the_folder(
    "--torture --port dir=843",
    "{dir} is the server's folder; give the port another name"
)]
#[case::no_logical_port(
    "--torture --port policy=master",
    "`master` is not an endpoint; expected PORT or HOST:PORT"
)]
#[case::no_readiness(
    "--torture --ready soon",
    "expected listening, accepting, output=TEXT, http=/PATH or delay=DURATION"
)]
#[case::half_a_question("--swf http://www.example.com/game.swf", "--connect <[HOST:]PORT>")]
fn what_is_called_wrongly_is_told_before_anything_is_started(
    #[case] options: &str,
    #[case] told: &str,
) {
    let servers = Servers::new();
    let ran = servers.run(options, &["touch", "started", "{port}", "{{policy}}", "${policy}"]);
    assert_eq!(ran.exit, 2);
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(!servers.folder.path("started").exists());
}

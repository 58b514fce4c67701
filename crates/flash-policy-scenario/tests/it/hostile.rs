//! No text leads to a panic, a hang or a stack overflow.

use flash_policy_scenario::Scenario;
use rstest::rstest;

#[rstest]
#[case::arrays("[", "]")]
#[case::tables("{a=", "}")]
#[case::arrays_left_open("[", "")]
#[case::dotted_tables(
    "{a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=",
    "}"
)]
fn deep_nesting(#[case] open: &str, #[case] close: &str, #[values(10, 70, 5_000)] depth: usize) {
    for key in ["title", "zzz", "policy", "case"] {
        let text = format!("version = 1\n{key} = {}1{}", open.repeat(depth), close.repeat(depth));
        Scenario::parse(&text, "s.toml").unwrap_err();
    }
}

#[rstest]
#[case::a_long_key(format!("{} = 1", "k".repeat(900_000)))]
#[case::a_dotted_key(format!("a{} = 1", ".a".repeat(400_000)))]
#[case::a_dotted_header(format!("[a{}]", ".a".repeat(400_000)))]
#[case::many_headers("[[case]]\n".repeat(100_000))]
#[case::many_keys((0..50_000).map(|n| format!("k{n} = 1\n")).collect())]
#[case::a_long_line(format!("title = '{}'; x", "ä".repeat(400_000)))]
#[case::nuls("\0".repeat(1000))]
#[case::a_nul_in_a_string("title = 'a\0b'".to_owned())]
#[case::brackets("[".repeat(900_000))]
#[case::quotes("'".repeat(900_000))]
#[case::control_characters_in_a_key("\"\\u0007\\u001b[31m\" = 1".to_owned())]
fn much_of_anything(#[case] text: String) {
    is_harmless(&format!("version = 1\n{text}"));
}

/// Whatever value is wrong, its error does not repeat all of it, nor what a terminal would obey.
#[rstest]
#[case::an_id("expect = \"denied\"", "expect = BAD")]
#[case::a_swf("swf = \"http://a.example/a.swf\"", "swf = BAD")]
#[case::a_sandbox("swf = \"http://a.example/a.swf\"", "swf = \"sandbox:\"\nsandbox = BAD")]
#[case::a_target("connect = \"h:1\"\n", "connect = BAD\n")]
#[case::an_endpoint("at = \"h:2\"", "at = BAD")]
#[case::a_file("state = \"silent\"", "file = BAD")]
#[case::a_fault("\"ok\"]", "BAD]")]
#[case::a_value_of_a_fault("\"ok\"]", "\"delay=\\u001b\"]")]
#[case::an_endpoint_of_the_case("{ \"h:843\" = 1 }", "{ BAD = 1 }")]
#[case::a_duration("timeout = \"2s\"", "timeout = BAD")]
#[case::a_name("name = \"a\"", "name = BAD")]
#[case::a_type("version = 1", "version = BAD")]
#[case::a_snapshot("snapshot = \"no/matrix.txt\"", "snapshot = BAD\nBAD = 1")]
fn a_hostile_value(#[case] good: &str, #[case] bad: &str) {
    assert!(EVERY_KEY.contains(good), "{good}");
    let long = format!("\"\\u001b[31m\\u0007\\n{}\"", "x".repeat(10_000));
    is_harmless(&EVERY_KEY.replacen(good, &bad.replace("BAD", &long), 1));
}

#[track_caller]
fn is_harmless(text: &str) {
    let error = Scenario::parse(text, "s.toml").unwrap_err();
    let (told, shown) = (error.to_string(), error.render(false));
    for text in [&told, &shown] {
        assert!(!text.contains(['\0', '\u{7}', '\u{1b}']), "{}", text.escape_debug());
    }
    assert!(told.len() < 1000, "{} bytes: {told}", told.len());
}

/// Every key of the format.
const EVERY_KEY: &str = r#"version = 1
title = "all"
profile = "strict"
[[policy]]
at = "h:843"
xml = '''<cross-domain-policy/>'''
faults = ["delay=1s", "ok"]
[[policy]]
at = "h:2"
state = "silent"
[[backend]]
at = "h:1"
state = "down"
[[case]]
name = "a"
swf = "http://a.example/a.swf"
connect = "h:1"
expect = "denied"
cause = "no-policy"
event = "securityError#2048"
then = "connect"
requests = { "h:843" = 1 }
load-policy-files = ["xmlsocket://h:2"]
with.backend = { "h:1" = "up" }
with.policy = { "h:2" = "refused" }
with.faults = { "h:843" = ["no-nul"] }
session = "s"
timeout = "2s"
[[case]]
name = "b"
sandbox = "local-trusted"
connect = "h:70000"
expect = "permitted"
granted-by = "sandbox"
[matrix]
swf = ["sandbox:local-trusted"]
connect = ["h:1"]
snapshot = "no/matrix.txt"
"#;

/// Whatever becomes of a byte: an error with a place in the file, or a scenario.
#[rstest]
fn five_thousand_mutations_are_read_or_refused(
    #[values(
        0x2545_f491_4f6c_dd1d,
        0x9e37_79b9_7f4a_7c15,
        0xd1b5_4a32_d192_ed03,
        0x94d0_49bb_1331_11eb
    )]
    seed: u64,
) {
    assert!(Scenario::parse(EVERY_KEY, "s.toml").is_ok());
    let mut random = seed;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % u64::try_from(below).unwrap()).unwrap()
    };
    let (mut read, mut refused) = (0, 0);
    for _ in 0..5_000 {
        let mut bytes = EVERY_KEY.as_bytes().to_vec();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = u8::try_from(next(256)).unwrap(),
                1 => bytes[at] = b"\n\"'[]{}=.,#\\ "[next(13)],
                2 => drop(bytes.remove(at)),
                _ => drop(bytes.drain(at..(at + next(50)).min(bytes.len()))),
            }
        }
        match Scenario::parse(&String::from_utf8_lossy(&bytes), "s.toml") {
            Ok(scenario) => read += usize::from(!scenario.cases().is_empty()),
            Err(error) => {
                refused += 1;
                assert!(error.line().is_some(), "{error}");
            }
        }
    }
    assert!(read > 100 && refused > 1000, "{read} read, {refused} refused");
}

//! Cases that share a player.

use flash_policy_scenario::{Runner, Scenario};
use rstest::rstest;

use crate::{STAGE, scenario};

/// Three cases of one player: the first loads the policy, the others find it remembered. The second
/// changes the stage.
fn shared() -> Scenario {
    let case = |name: &str, rest: &str| {
        format!(
            "[[case]]\nname = '{name}'\nsession = 'ada'\nswf = 'http://www.example.com/game.swf'\n\
             connect = 'game.example.com:5000'\n{rest}\n"
        )
    };
    let alone = "[[case]]\nname = 'alone'\nswf = 'http://www.example.com/game.swf'\nconnect = \
        'game.example.com:5000'\n\
         expect = 'permitted'\nrequests = { 'game.example.com:843' = 1 }\n";
    let gone = "with.policy = { 'game.example.com:843' = 'refused' }\n";
    scenario(&format!(
        "{STAGE}{}{}{alone}{}",
        case("first", "expect = 'permitted'\nrequests = { 'game.example.com:843' = 1 }"),
        case(
            "second",
            &format!("{gone}expect = 'permitted'\nrequests = {{ 'game.example.com:843' = 0 }}")
        ),
        case("third", "expect = 'permitted'\nrequests = { 'game.example.com:843' = 0 }"),
    ))
}

#[test]
fn a_session_remembers_its_policies_from_case_to_case() {
    let report = shared().run();
    assert_eq!((report.passed(), report.failed()), (4, 0), "{report}");
}

/// Whatever is run alone, twice, or in another order: what comes before it in the session has come
/// before it.
#[rstest]
#[case::the_last_alone(&[3])]
#[case::the_second_alone(&[1])]
#[case::without_the_second(&[0, 3])]
#[case::backwards(&[3, 2, 1, 0])]
#[case::the_last_twice(&[3, 3])]
#[case::the_first_again(&[0, 1, 0])]
fn a_case_of_a_session_replays_those_before_it(#[case] order: &[usize]) {
    let scenario = shared();
    let mut runner = Runner::new(&scenario);
    for &index in order {
        let report = runner.run(index);
        assert!(report.passed(), "{report}");
    }
    let report = runner.finish();
    let reported: Vec<&str> = report.cases().iter().map(|case| case.name()).collect();
    let wanted: Vec<&str> = order.iter().map(|&index| scenario.cases()[index].name()).collect();
    assert_eq!(reported, wanted, "what is replayed is not reported");
    let granted: usize = report.coverage().iter().map(|rule| rule.granted).sum();
    assert_eq!(granted, order.len(), "and not counted");
}

#[test]
fn two_sessions_are_two_players() {
    let text = |session: &str| {
        format!(
            "[[case]]\nname = '{session}'\nsession = '{session}'\nsandbox = \
                'local-with-networking'\n\
             connect = 'game.example.com:5000'\nexpect = 'denied'\nrequests = {{ \
             'game.example.com:843' = 1 }}\n"
        )
    };
    let report = scenario(&format!("{STAGE}{}{}", text("ada"), text("grace"))).run();
    assert_eq!((report.passed(), report.failed()), (2, 0), "{report}");
}

#[test]
fn locations_of_load_policy_file_stay_registered_in_the_session() {
    let explicit = "[[policy]]\nat = 'game.example.com:2525'\nxml = '<cross-domain-policy/>'\n";
    let case = |name: &str, rest: &str| {
        format!(
            "[[case]]\nname = '{name}'\nsession = 's'\nswf = 'http://evil.example/game.swf'\n\
             connect = 'game.example.com:{name}'\nexpect = 'denied'\n{rest}\n"
        )
    };
    let load = "load-policy-files = ['xmlsocket://game.example.com:2525']\nwith.policy = { \
        'game.example.com:2525' = 'refused' }\n\
        requests = { 'game.example.com:2525' = 0 }";
    let report =
        scenario(&format!("{STAGE}{explicit}{}{}", case("5000", load), case("5001", ""))).run();
    let asked = report.cases()[1]
        .outcome()
        .unwrap()
        .asked()
        .iter()
        .map(|asked| format!("{} {}", asked.endpoint(), asked.answer()));
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [
            "game.example.com:843 cached",
            "game.example.com:2525 cached",
            "game.example.com:5001 refused"
        ]
    );
}

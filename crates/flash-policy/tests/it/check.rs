//! `flash-policy check`.

use rstest::rstest;

use crate::{Folder, GOOD};

const OPEN: &str = "<cross-domain-policy>\n  <allow-access-from domain=\"*\" \
    to-ports=\"*\"/>\n</cross-domain-policy>\n";

#[test]
fn a_good_policy_passes() {
    let folder = Folder::with_policy(GOOD);
    assert_eq!(
        folder.stdout("check policy.xml"),
        (0, "1 socket policy examined: 0 errors, 0 warnings, 0 infos\n".to_owned())
    );
}

#[test]
fn a_finding_shows_the_place_and_the_help() {
    let folder = Folder::with_policy(OPEN);
    let expected = "\
warning[FSP-D14]: policy lets any site open any port on this host
 --> policy.xml:2:22
  |
2 |   <allow-access-from domain=\"*\" to-ports=\"*\"/>
  |                      ^^^^^^^^^^
  |
  = help: narrow domain and to-ports to what is needed

1 socket policy examined: 0 errors, 1 warning, 0 infos
flash-policy explain FSP-D14 says more
";
    assert_eq!(folder.stdout("check policy.xml"), (0, expected.to_owned()));
}

#[rstest]
#[case::errors_by_default("", 0)]
#[case::warnings("--fail-on warning", 1)]
#[case::infos("--fail-on info", 1)]
#[case::never("--fail-on never --rule FSP-D14=error", 0)]
#[case::a_rule_made_an_error("--rule fsp-d14=error", 1)]
#[case::a_rule_made_an_info("--rule FSP-D14=info --fail-on warning", 0)]
#[case::a_rule_turned_off("--rule FSP-D14=off --fail-on info", 0)]
#[case::the_last_level_counts("--rule FSP-D14=off --rule FSP-D14=error", 1)]
fn what_makes_it_fail_is_chosen(#[case] options: &str, #[case] exit: i32) {
    let folder = Folder::with_policy(OPEN);
    assert_eq!(folder.stdout(&format!("check policy.xml {options}")).0, exit);
}

#[rstest]
#[case::by_its_name("crossdomain.xml", "", 0)]
#[case::said_to_be_for_sockets("crossdomain.xml", "--kind socket", 1)]
#[case::a_neutral_name("policy.xml", "", 1)]
#[case::said_to_be_for_urls("policy.xml", "--kind url", 0)]
fn a_document_without_ports_is_taken_for_what_it_is_called(
    #[case] name: &str,
    #[case] options: &str,
    #[case] exit: i32,
) {
    let xml =
        "<cross-domain-policy><allow-access-from domain='www.b.example'/></cross-domain-policy>";
    let folder = Folder::new().put(name, xml);
    assert_eq!(folder.stdout(&format!("check {name} {options}")).0, exit);
}

#[test]
fn where_it_is_served_is_said_by_a_flag() {
    let xml = "<cross-domain-policy><allow-access-from domain='*.b.example' \
        to-ports='80'/></cross-domain-policy>";
    let folder = Folder::with_policy(xml);
    assert_eq!(folder.json("check policy.xml")["findings"], serde_json::json!([]));
    let report = folder.json("check policy.xml --served-from game.b.example:2525");
    assert_eq!(report["findings"][0]["rule"], "FSP-S01");
    assert_eq!(report["findings"][0]["column"], 62);
}

#[test]
fn a_folder_is_searched_for_policies_alone() {
    let folder = Folder::new()
        .put("site/policy.xml", OPEN)
        .put("site/deep/broken.XML", "<cross-domain-policy>")
        .put("site/pom.xml", "<project/>")
        .put("site/readme.txt", OPEN)
        .put("site/.hidden/policy.xml", OPEN);
    let report = folder.json("check site");
    assert_eq!(report["summary"]["files"], 2);
    let found: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["file"], &one["rule"]))
        .collect();
    assert_eq!(
        format!("{found:?}"),
        r#"[(String("site/deep/broken.XML"), String("FSP-D21")), (String("site/policy.xml"), String("FSP-D14"))]"#
    );
}

#[test]
fn standard_input_is_read_for_a_dash() {
    let folder = Folder::new();
    let output = folder.run("check -").write_stdin(OPEN).output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains(" --> <stdin>:2:22"));
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_baseline_lets_old_findings_be_and_finds_new_ones() {
    let folder = Folder::with_policy(OPEN);
    assert_eq!(
        folder.stdout("check policy.xml --format json=old.json --fail-on warning"),
        (1, String::new())
    );
    // Further down is not new.
    let moved = OPEN.replace("  <allow", "\n\n  <allow");
    let folder = folder.put("policy.xml", moved);
    let (exit, said) = folder.stdout("check policy.xml --baseline old.json --fail-on warning");
    let expected = "\
1 finding suppressed by the baseline
1 socket policy examined: 0 errors, 0 warnings, 0 infos, 1 suppressed
";
    assert_eq!((exit, said.as_str()), (0, expected));
    // A second one of the same is.
    let twice = OPEN.replace("*\"/>\n", "*\"/>\n  <allow-access-from domain='*' to-ports='*'/>\n");
    let folder = folder.put("policy.xml", twice);
    let report = folder.json("check policy.xml --baseline old.json --fail-on warning");
    assert_eq!(
        (&report["summary"]["warnings"], &report["summary"]["suppressed"]),
        (&2.into(), &1.into())
    );
    let report = folder.json("check policy.xml --baseline old.json --rule FSP-L17=off");
    assert_eq!(report["findings"][0]["line"], 3);
}

#[test]
fn a_baseline_that_is_none_is_an_error_that_says_how_to_make_one() {
    let folder = Folder::with_policy(OPEN).put("old.json", "{}");
    let (exit, said) = folder.stderr("check policy.xml --baseline old.json");
    assert_eq!(exit, 3);
    assert!(
        said.contains("it is not a baseline: ")
            && said.contains(" --> old.json\n")
            && said.contains("--format json=old.json"),
        "{said}"
    );
    assert_eq!(folder.stderr("check policy.xml --baseline missing.json").0, 3);
}

const FIXABLE: &str = "\u{feff}<cross-domain-policy>\n  <allow-access-from \
    domain=\"http://www.b.example/\" to-ports=\"80, 81\"/>\n</cross-domain-policy>\n";
const FIXED: &str = "<cross-domain-policy>\n  <allow-access-from domain=\"www.b.example\" \
    to-ports=\"80,81\"/>\n</cross-domain-policy>\n";

#[test]
fn fix_changes_the_file_and_says_what_that_grants() {
    let folder = Folder::with_policy(FIXABLE);
    let (exit, said) = folder.stdout("check policy.xml --fix");
    assert_eq!(folder.read("policy.xml"), FIXED);
    let expected = "\
fixed FSP-D17 in policy.xml:1:1
fixed FSP-D05 in policy.xml:2:22
  revives: <allow-access-from domain=\"www.b.example\" to-ports=\"80,81\"/> now grants
fixed FSP-L01 in policy.xml:2:53
this changes what the policy grants: newly permitted: www.b.example may connect to 80-81, for \
example http://www.b.example/game.swf to port 80

1 socket policy examined: 0 errors, 0 warnings, 0 infos
";
    assert_eq!((exit, said.as_str()), (0, expected));
    assert_eq!(
        folder.stdout("check policy.xml --fix").1,
        "1 socket policy examined: 0 errors, 0 warnings, 0 infos\n"
    );
}

#[test]
fn diff_shows_the_fix_and_leaves_the_file() {
    let folder = Folder::with_policy(FIXABLE);
    for options in ["--diff", "--fix --diff"] {
        let (exit, said) = folder.stdout(&format!("check policy.xml {options}"));
        assert_eq!((exit, folder.read("policy.xml").as_str()), (1, FIXABLE));
        assert!(said.starts_with("--- policy.xml\n+++ policy.xml\n@@ -1,3 +1,3 @@\n"), "{said}");
        assert!(
            said.contains(
                "\n+  <allow-access-from domain=\"www.b.example\" to-ports=\"80,81\"/>\n"
            ),
            "{said}"
        );
        assert!(said.contains("would fix FSP-D05"), "{said}");
        assert!(said.contains("newly permitted: www.b.example"), "{said}");
    }
}

#[test]
fn fix_says_whom_a_fixed_policy_for_http_names_now() {
    let xml = "<cross-domain-policy><allow-access-from \
        domain='http://www.b.example'/></cross-domain-policy>";
    let folder = Folder::new().put("crossdomain.xml", xml);
    let said = folder.stdout("check crossdomain.xml --fix").1;
    assert!(
        said.contains(
            "this changes what the policy grants: the rule for www.b.example was dead, \
            and counts now\n"
        ),
        "{said}"
    );
    assert_eq!(folder.read("crossdomain.xml"), xml.replace("http://", ""));
}

#[test]
fn a_fix_that_changes_no_grant_does_not_say_so() {
    let folder = Folder::with_policy(format!("\u{feff}{GOOD}"));
    assert!(!folder.stdout("check policy.xml --fix").1.contains("changes what"));
    assert_eq!(folder.read("policy.xml"), GOOD);
}

#[cfg(unix)]
#[test]
fn fix_keeps_the_files_mode_and_its_link() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new().put("real.xml", FIXABLE);
    std::fs::set_permissions(folder.path("real.xml"), std::fs::Permissions::from_mode(0o604))
        .unwrap();
    symlink("real.xml", folder.path("policy.xml")).unwrap();
    assert_eq!(folder.stdout("check policy.xml --fix").0, 0);
    assert_eq!(folder.read("real.xml"), FIXED);
    assert!(std::fs::symlink_metadata(folder.path("policy.xml")).unwrap().is_symlink());
    assert_eq!(
        std::fs::metadata(folder.path("real.xml")).unwrap().permissions().mode() & 0o777,
        0o604
    );
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let folder = Folder::with_policy(OPEN);
    assert!(!folder.stdout("check policy.xml").1.contains('\u{1b}'));
    assert!(folder.stdout("check policy.xml --color always").1.contains("\u{1b}["));
    assert_eq!(folder.stdout("check policy.xml --color always --format human=out.txt").1, "");
    assert!(!folder.read("out.txt").contains('\u{1b}'));
}

#[test]
fn headers_alone_do_not_make_a_socket_policy_one_for_http() {
    let xml = "<cross-domain-policy>\n<allow-access-from \
        domain='*.b.example'/>\n<allow-http-request-headers-from domain='*' \
        headers='*'/>\n</cross-domain-policy>";
    let found = |folder: &Folder, call: &str| {
        let report = folder.json(call);
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["rule"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let folder = Folder::with_policy(xml).put("crossdomain.xml", xml);
    assert_eq!(found(&folder, "check policy.xml"), ["FSP-D01", "FSP-D26", "FSP-D30"]);
    assert_eq!(found(&folder, "check crossdomain.xml"), ["FSP-L23"]);
    assert_eq!(
        found(&folder, "check crossdomain.xml --served-from game.b.example:843"),
        ["FSP-D01", "FSP-D26", "FSP-D30"]
    );
    assert!(folder.stdout("check .").1.contains("2 policies (1 for sockets, 1 for HTTP) examined"));
}

#[test]
fn a_fix_keeps_what_is_suppressed_turned_off_or_in_the_baseline() {
    let dead = "<cross-domain-policy>\n<allow-access-from domain='http://a.b.example' \
        to-ports='1'/>\n</cross-domain-policy>";
    let folder = Folder::with_policy(dead).put("crlf.xml", dead.replace('\n', "\r\n"));
    folder.stdout("check policy.xml --format json=old.json");
    for options in ["--rule D05=off", "--baseline old.json"] {
        folder.stdout(&format!("check policy.xml --fix {options}"));
        assert_eq!(folder.read("policy.xml"), dead, "{options}");
    }
    let folder = folder.put(
        "flash-policy.toml",
        "[[suppress]]\nrule = 'FSP-D05'\nreason = 'kept dead on purpose'",
    );
    folder.stdout("check policy.xml --fix");
    assert_eq!(folder.read("policy.xml"), dead);
    std::fs::remove_file(folder.path("flash-policy.toml")).unwrap();
    folder.stdout("check crlf.xml --fix");
    assert_eq!(folder.read("crlf.xml"), dead.replace("http://", "").replace('\n', "\r\n"));
}

#[test]
fn nothing_is_written_before_all_is_read() {
    let folder = Folder::with_policy(FIXABLE);
    for call in
        ["check policy.xml missing.xml --fix", "check policy.xml --fix --baseline missing.json"]
    {
        assert_eq!(folder.stdout(call).0, 3);
        assert_eq!(folder.read("policy.xml"), FIXABLE);
    }
}

#[test]
fn a_document_that_is_too_long_is_not_fixed_to_a_shorter_one() {
    let mut long = FIXABLE.as_bytes().to_vec();
    long.push(0);
    long.resize(2 * 1024 * 1024, b'x');
    let folder = Folder::with_policy(&long);
    let (exit, _, said) = folder.output("check policy.xml --fix");
    assert_eq!(exit, 3, "{said}");
    assert!(said.contains("it is too long to be fixed"), "{said}");
    assert_eq!(std::fs::read(folder.path("policy.xml")).unwrap(), long);
}

#[test]
fn a_fix_that_makes_a_rejected_document_grant_says_so() {
    let folder = Folder::with_policy(format!("\u{feff}\u{feff}{OPEN}"));
    let said = folder.stdout("check policy.xml --fix").1;
    assert!(said.contains("this changes what the policy grants: newly permitted: *"), "{said}");
}

#[test]
fn a_report_tells_what_was_fixed() {
    let folder = Folder::with_policy(FIXABLE);
    let fixes = &folder.json("check policy.xml --diff")["fixes"];
    assert_eq!((&fixes["written"], &fixes["fixed"][1]["rule"]), (&false.into(), &"FSP-D05".into()));
    assert!(
        fixes["changes"][0].as_str().unwrap().starts_with("newly permitted: www.b.example"),
        "{fixes}"
    );
    assert!(fixes["patch"].as_str().unwrap().starts_with("--- policy.xml\n"), "{fixes}");
    let output = folder.run("check policy.xml --fix --format json").output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["fixes"]["written"], true);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("fixed FSP-D05") && said.contains("this changes what the policy grants"),
        "{said}"
    );
}

#[test]
fn standard_input_is_read_once() {
    let folder = Folder::new();
    let output = folder.run("check - --diff").write_stdin(FIXABLE).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("+  <allow-access-from domain=\"www.b.example\"")
            && !said.contains("FSP-L11"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn linked_policies_are_found_in_a_folder_and_a_read_only_one_is_not_fixed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new().put("real/policy.xml", FIXABLE);
    std::fs::create_dir(folder.path("links")).unwrap();
    symlink("../real/policy.xml", folder.path("links/policy.xml")).unwrap();
    symlink(".", folder.path("links/up")).unwrap();
    assert_eq!(folder.json("check links")["summary"]["files"], 1);
    std::fs::set_permissions(
        folder.path("real/policy.xml"),
        std::fs::Permissions::from_mode(0o444),
    )
    .unwrap();
    let (exit, _, said) = folder.output("check real --fix");
    assert!(exit == 4 && said.contains("it is read-only"), "{said}");
}

#[test]
fn a_baseline_that_was_made_with_a_baseline_still_knows_the_old_findings() {
    let folder = Folder::with_policy(OPEN);
    folder.stdout("check policy.xml --format json=one.json");
    folder.stdout("check ./policy.xml --baseline one.json --format json=two.json");
    assert_eq!(
        folder.json("check policy.xml --baseline two.json")["findings"],
        serde_json::json!([])
    );
}

#[test]
fn a_finding_on_a_very_long_line_shows_the_part_that_is_meant() {
    let rules = "<allow-access-from domain='a.b.example'/>".repeat(1000);
    let folder = Folder::with_policy(format!("<cross-domain-policy>{rules}</cross-domain-policy>"));
    let (exit, said) = folder.stdout("check policy.xml");
    assert_eq!(exit, 1);
    assert!(said.contains(" --> policy.xml:1:20522\n"), "{}", &said[..3000]);
    assert!(said.lines().all(|line| line.chars().count() < 400));
}

#[test]
fn columns_are_those_of_the_declared_encoding() {
    let xml = b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<cross-domain-policy><!-- \
        \xe9\xc3\xa9 --><allow-access-from domain='http://a.b' \
        to-ports='1'/></cross-domain-policy>";
    let said = Folder::with_policy(xml).stdout("check policy.xml").1;
    let line = said.lines().skip_while(|line| !line.contains("FSP-D05")).nth(3).unwrap();
    let caret = said.lines().skip_while(|line| !line.contains("FSP-D05")).nth(4).unwrap();
    let at = caret.find('^').map(|at| caret[..at].chars().count()).unwrap();
    assert!(line.chars().skip(at).collect::<String>().starts_with("domain='http://a.b'"), "{said}");
}

/// What `--diff` shows is a patch that makes what `--fix` writes, whatever ends the lines.
#[rstest]
#[case::as_it_is(FIXABLE.to_owned())]
#[case::tabs(FIXABLE.replace("  <", "\t<"))]
#[case::crlf(FIXABLE.replace('\n', "\r\n"))]
#[case::no_line_end(FIXABLE.trim_end().to_owned())]
fn the_diff_is_a_patch(#[case] document: String) {
    let folder = Folder::with_policy(&document);
    let patch = folder.stdout("check policy.xml --diff").1;
    folder.stdout("check policy.xml --fix");
    let lines: Vec<_> = patch
        .split_inclusive('\n')
        .skip(3)
        .take_while(|line| !line.starts_with("would fix"))
        .collect();
    let side = |mark: char| {
        let kept = |line: &&str| line.starts_with(mark) || line.starts_with(' ');
        lines.iter().copied().filter(kept).map(|line| &line[1..]).collect::<String>()
    };
    let ends = |text: String| text.trim_end_matches('\n').to_owned();
    assert_eq!(ends(side('-')), ends(document));
    assert_eq!(ends(side('+')), ends(folder.read("policy.xml")));
}

#[test]
fn nothing_is_written_where_something_cannot_be() {
    let folder = Folder::with_policy(FIXABLE).put("other.xml", FIXABLE);
    let output = folder.run("check policy.xml - --fix").write_stdin(FIXABLE).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(folder.read("policy.xml"), FIXABLE);
    let mut permissions = std::fs::metadata(folder.path("other.xml")).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(folder.path("other.xml"), permissions).unwrap();
    assert_eq!(folder.stdout("check policy.xml other.xml --fix").0, 4);
    assert_eq!(folder.read("policy.xml"), FIXABLE);
}

#[test]
fn a_report_that_cannot_be_written_does_not_keep_the_others_from_being() {
    let folder = Folder::with_policy(FIXABLE);
    let (exit, said) =
        folder.stdout("check policy.xml --fix --format json=no/such/folder --format human");
    assert_eq!(exit, 4);
    assert!(said.contains("fixed FSP-D05"), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_findings_in_others() {
    let folder = Folder::with_policy(OPEN);
    let report = folder.json("check policy.xml missing.xml");
    assert_eq!(report["findings"][0]["rule"], "FSP-D14");
    assert_eq!(report["errors"][0]["file"], "missing.xml");
    assert_eq!(folder.stdout("check policy.xml missing.xml").0, 3);
    std::fs::create_dir(folder.path("empty")).unwrap();
    assert_eq!(folder.stdout("check policy.xml empty").0, 5);
    assert_eq!(folder.stdout("check policy.xml empty --fail-on warning").0, 1);
}

#[test]
fn a_document_that_is_named_twice_is_examined_once() {
    let folder = Folder::with_policy(OPEN);
    assert_eq!(folder.json("check policy.xml ./policy.xml .")["summary"]["files"], 1);
}

/// What a shell makes of `<(…)` is a pipe, which is nowhere in the file system.
#[cfg(target_os = "linux")]
#[test]
fn two_pipes_are_two_documents() {
    let command = assert_cmd::cargo::cargo_bin("flash-policy");
    let pipes = format!(
        "{} check <(echo '<cross-domain-policy/>') <(echo '<cross-domain-policy>')",
        command.display()
    );
    let output = std::process::Command::new("bash").args(["-c", &pipes]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("FSP-D30") && said.contains("FSP-D21"), "{said}");
    assert!(said.contains("2 socket policies examined"), "{said}");
}

#[test]
fn what_a_fix_grants_depends_on_where_the_document_is_served() {
    let folder = Folder::with_policy(
        "<cross-domain-policy><allow-access-from domain='http://a.b' \
            to-ports='80'/></cross-domain-policy>",
    );
    assert!(folder.stdout("check policy.xml --diff").1.contains("newly permitted"));
    assert!(
        !folder
            .stdout("check policy.xml --diff --served-from a.b:5000")
            .1
            .contains("newly permitted")
    );
}

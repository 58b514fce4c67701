//! `flash-policy check` of folders: what is examined, what is skipped, and what cannot be read.

use rstest::rstest;
use serde_json::json;

use crate::{Folder, GOOD};

/// A folder `site` with a good policy in it.
fn site() -> Folder {
    Folder::new().put("site/good.xml", GOOD)
}

/// The rules that were found in a file, and how the command ended.
fn found(folder: &Folder, file: &str) -> (i64, Vec<String>) {
    let report = folder.json("check site");
    let of_file = |one: &&serde_json::Value| one["file"] == format!("site/{file}");
    let findings = report["findings"].as_array().unwrap().iter().filter(of_file);
    let rules = findings.map(|one| one["rule"].as_str().unwrap().to_owned()).collect();
    (report["exit"].as_i64().unwrap(), rules)
}

#[rstest]
#[case::empty("")]
#[case::blanks(" \n\t\n")]
#[case::a_byte_order_mark("\u{feff}")]
#[case::a_nul("\0")]
#[case::a_byte_order_mark_and_blanks("\u{feff}\r\n")]
fn an_empty_file_is_a_finding(#[case] content: &str) {
    for name in ["b.xml", "deep/b.XML"] {
        let (exit, rules) = found(&site().put(&format!("site/{name}"), content), name);
        assert_eq!(exit, 1);
        assert!(rules.contains(&"FSP-L11".to_owned()), "{rules:?}");
    }
}

#[rstest]
#[case::a_declaration("a.xml", "<?xml version='1.0'?>\n")]
#[case::a_comment("a.xml", "<!-- to do -->\n")]
#[case::text("a.xml", "to do\n")]
#[case::a_broken_policy("a.xml", "<cross-domain-policy>")]
#[case::a_rule_alone("a.xml", "<allow-access-from domain='*' to-ports='1'/>")]
#[case::a_misspelt_root("a.xml", "<cross-domain-polcy/>")]
#[case::a_root_in_capitals("a.xml", "<CROSS-DOMAIN-POLICY/>")]
#[case::a_root_without_its_dashes(
    "a.xml",
    "<crossdomain><allow-access-from domain='*'/></crossdomain>"
)]
#[case::a_prefix("a.xml", "<p:cross-domain-policy xmlns:p='urn:x'/>")]
#[case::a_policy_in_another_element("a.xml", "<policies><cross-domain-policy/></policies>")]
#[case::a_length_before_it("a.xml", "\u{0}\u{16}<cross-domain-policy/>")]
#[case::an_http_head_before_it("a.xml", "HTTP/1.1 200 OK\r\n\r\n<cross-domain-policy/>")]
#[case::source_escapes("a.xml", "<?xml version=\\\"1.0\\\"?\\>\\n<cross-domain-policy>")]
#[case::a_declaration_without_its_end("a.xml", "<?xml version='1.0'><cross-domain-policy/>")]
#[case::an_error_page_by_a_telling_name("crossdomain.xml", "<!DOCTYPE html><html></html>")]
#[case::an_error_page_by_another_one("flash-policy.xml", "<html></html>")]
fn what_may_be_a_policy_is_examined(#[case] name: &str, #[case] content: &str) {
    let report = site().put(&format!("site/{name}"), content).json("check site");
    assert_eq!(report["summary"]["files"], 2, "{report}");
    assert_eq!(report["exit"], 1, "{report}");
}

#[rstest]
#[case::a_junit_report(
    "<?xml version='1.0'?><testsuites><testsuite><testcase><failure>\
     &lt;cross-domain-policy>&lt;allow-access-from/></failure></testcase></testsuite></testsuites>"
)]
#[case::a_junit_report_with_cdata(
    "<testsuites><testsuite><system-out><![CDATA[<cross-domain-policy>]]></system-out>\
     </testsuite></testsuites>"
)]
#[case::a_build_file(
    "<project><target><echoxml><cross-domain-policy/></echoxml></target></project>"
)]
#[case::a_pom("<project/>")]
#[case::a_page_of_a_manual("<book><para>Write a cross-domain-policy.</para></book>")]
#[case::a_compiled_file("\u{3}\u{8}\u{1}x\u{1c}\u{0}")]
#[case::a_comment_about_policies("<!-- <cross-domain-policy/> --><project/>")]
fn what_is_clearly_another_format_is_skipped_and_counted(#[case] content: &str) {
    let folder = site().put("site/other.xml", content);
    let report = folder.json("check site");
    assert_eq!((&report["summary"]["files"], &report["exit"]), (&1.into(), &0.into()), "{report}");
    assert_eq!(report["skipped"], json!([{"reason": "other-format", "count": 1}]));
    let named = folder.json("check site/other.xml");
    assert_eq!((&named["summary"]["files"], &named["exit"]), (&1.into(), &1.into()), "{named}");
}

#[test]
fn an_own_junit_report_is_no_policy() {
    let folder = site().put("site/bad.xml", "<cross-domain-policy>");
    folder.stdout("check site --format junit=site/report.xml");
    assert_eq!(folder.json("check site")["summary"]["files"], 2);
}

fn with_others() -> Folder {
    site()
        .put("site/readme.txt", "")
        .put("site/deep/logo.png", "")
        .put("site/pom.xml", "<project/>")
        .put("site/.hidden.xml", GOOD)
}

#[test]
fn skipped_files_are_counted_and_listed_on_demand() {
    let folder = with_others();
    let examined = "1 socket policy examined: 0 errors, 0 warnings, 0 infos\n";
    let counted = "4 files skipped: 2 not XML, 1 XML of another format, 1 hidden";
    let (exit, said) = folder.stdout("check site");
    assert_eq!((exit, said), (0, format!("{examined}{counted} (--list-skipped lists them)\n")));
    let listed = "skipped: site/deep/logo.png: not XML\nskipped: site/readme.txt: not XML\n\
        skipped: site/pom.xml: XML of another format\nskipped: site/.hidden.xml: hidden\n";
    let (_, said) = folder.stdout("check site --list-skipped");
    assert_eq!(said, format!("{examined}{listed}{counted}\n"));
    let one = site().put("site/readme.txt", "").stdout("check site").1;
    assert!(one.ends_with("\n1 file skipped: not XML (--list-skipped lists them)\n"), "{one}");
    let none = site().stdout("check site").1;
    assert_eq!(none, examined);
}

#[test]
fn the_reports_have_the_skipped_files() {
    let folder = with_others();
    let report = folder.json("check site");
    assert_eq!(report["summary"]["skipped"], 4);
    assert_eq!(report["skipped"][0], json!({"reason": "not-xml", "count": 2}));
    let listed = folder.json("check site --list-skipped");
    let files = json!(["site/deep/logo.png", "site/readme.txt"]);
    assert_eq!(listed["skipped"][0], json!({"reason": "not-xml", "count": 2, "files": files}));
    let tap = folder.stdout("check site --format tap").1;
    assert!(tap.contains("ok 2 - flash-policy: 2 files skipped: not XML # SKIP "), "{tap}");
    let junit = folder.stdout("check site --list-skipped --format junit").1;
    assert!(
        junit.contains("<testsuite name=\"site/pom.xml\"") && junit.contains("<skipped "),
        "{junit}"
    );
}

#[test]
fn a_folder_with_nothing_to_examine_says_what_was_skipped() {
    let folder = Folder::new().put("site/pom.xml", "<project/>");
    let (exit, said, error) = folder.output("check site");
    assert_eq!(exit, 5);
    assert!(error.contains("there is no policy document in it"), "{error}");
    assert_eq!(said, "1 file skipped: XML of another format (--list-skipped lists them)\n");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    use rstest::rstest;

    use super::{GOOD, site};
    use crate::Folder;
    use crate::formats::Reports;

    const BAD: &str = "<cross-domain-policy>";

    fn make_fifo(folder: &Folder, name: &str) {
        assert!(Command::new("mkfifo").arg(folder.path(name)).status().unwrap().success());
    }

    /// What cannot be read is told in each format, and the findings of the rest are there too.
    #[rstest]
    #[case::a_dangling_link("site/a.xml", "nowhere.xml", "the link leads to nowhere.xml")]
    #[case::a_dangling_link_to_a_folder("site/deep", "../nowhere", "the link leads to ../nowhere")]
    #[case::a_link_to_itself("site/a.xml", "a.xml", "the link leads back to itself")]
    fn one_bad_entry_does_not_end_the_rest(
        #[case] link: &str,
        #[case] target: &str,
        #[case] message: &str,
    ) {
        let folder = site().put("site/z.xml", BAD);
        symlink(target, folder.path(link)).unwrap();
        let call = format!("check site --format human {}", Reports::targets());
        let (exit, said, error) = folder.output(&call);
        assert_eq!(exit, 3);
        assert!(said.contains("FSP-D21") && said.contains("2 socket policies examined"), "{said}");
        assert!(error.contains(message) && error.contains(link), "{error}");
        let reports = Reports::written(&folder, "check site", exit);
        let json = reports.read_all();
        assert_eq!(json["errors"][0]["kind"], "unreadable-file");
        for format in ["junit", "sarif", "github", "tap"] {
            let text = reports.text(format);
            assert!(text.contains("FSP-D21") && text.contains(link), "{format}: {text}");
        }
    }

    #[rstest]
    #[case::of_another_kind("site/a.txt")]
    #[case::hidden("site/.#a.xml")]
    fn a_dangling_link_that_cannot_be_a_policy_is_skipped(#[case] link: &str) {
        let folder = site();
        symlink("nowhere", folder.path(link)).unwrap();
        let report = folder.json("check site");
        assert_eq!((&report["exit"], &report["summary"]["skipped"]), (&0.into(), &1.into()));
    }

    #[test]
    fn a_folder_that_may_not_be_read_does_not_end_the_rest() {
        use std::os::unix::fs::PermissionsExt;
        let folder = site().put("site/closed/a.xml", GOOD).put("site/z.xml", BAD);
        let closed = folder.path("site/closed");
        let mode = |mode| std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(mode));
        mode(0o000).unwrap();
        // A superuser may read everything.
        let is_readable = std::fs::read_dir(&closed).is_ok();
        let report = folder.json("check site");
        mode(0o755).unwrap();
        assert_eq!(report["exit"], if is_readable { 1 } else { 3 });
        assert!(report["findings"].as_array().unwrap().iter().any(|one| one["rule"] == "FSP-D21"));
    }

    #[test]
    fn pipes_and_sockets_are_skipped_and_a_circle_of_links_ends() {
        let folder = site();
        make_fifo(&folder, "site/pipe.xml");
        let _socket = UnixListener::bind(folder.path("site/socket.xml")).unwrap();
        symlink("/dev/zero", folder.path("site/device.xml")).unwrap();
        symlink(".", folder.path("site/up")).unwrap();
        let report = folder.json("check site");
        assert_eq!((&report["exit"], &report["summary"]["files"]), (&0.into(), &1.into()));
        assert_eq!(report["skipped"][0], serde_json::json!({"reason": "special", "count": 3}));
    }

    /// Nobody writes to the pipe, so each read must end by itself. All calls wait at the same time.
    #[test]
    fn a_pipe_that_nobody_writes_to_is_an_error() {
        let folder = site();
        make_fifo(&folder, "pipe");
        let calls = [
            ("check site/good.xml pipe", "1 socket policy examined"),
            ("check site/good.xml --baseline pipe", ""),
            ("check site/good.xml --config pipe", ""),
            ("eval pipe --swf http://a.example/a.swf --connect h:1", ""),
            ("diff site/good.xml pipe", ""),
        ];
        std::thread::scope(|scope| {
            for (call, says) in calls {
                let folder = &folder;
                scope.spawn(move || {
                    let (exit, said, error) = folder.output(call);
                    assert_eq!(exit, 3, "{call}: {error}");
                    assert!(error.contains("nothing came from it for 10 s"), "{call}: {error}");
                    assert!(error.contains(" --> pipe\n") && said.contains(says), "{error}{said}");
                });
            }
        });
    }

    #[test]
    fn a_pipe_with_a_writer_is_read_to_its_end() {
        let folder = site();
        make_fifo(&folder, "pipe");
        let writer = std::thread::spawn({
            let (pipe, text) = (folder.path("pipe"), GOOD);
            move || std::fs::write(pipe, text).unwrap()
        });
        assert_eq!(folder.json("check pipe")["summary"]["files"], 1);
        writer.join().unwrap();
    }

    #[test]
    fn a_file_without_an_end_is_read_up_to_a_bound() {
        let (exit, said) = site().stdout("check /dev/zero");
        assert_eq!(exit, 1, "{said}");
        assert!(said.contains("1 socket policy examined"), "{said}");
    }
}

#[test]
fn a_huge_file_is_read_up_to_a_bound() {
    let folder = site().put("site/huge.xml", "<cross-domain-policy/>");
    let huge = std::fs::OpenOptions::new().write(true).open(folder.path("site/huge.xml")).unwrap();
    huge.set_len(8 * 1024 * 1024 * 1024).unwrap();
    let report = folder.json("check site");
    assert_eq!(report["summary"]["files"], 2);
}

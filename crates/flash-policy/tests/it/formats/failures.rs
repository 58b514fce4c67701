//! What got past its arguments writes every format that was asked for, whatever happens then.

use std::process::Command;

use rstest::rstest;

use super::reports::{Reports, Stage};
use crate::{COMMAND, Folder, GOOD};

#[rstest]
#[case::ends("run --torture -- python3 -S absent.py {port}", "absent.py")]
#[case::is_not_there("run --torture -- ./absent-server {port}", "absent-server")]
#[case::is_not_ready(
    "run --torture --ready-within 300ms -- sh deaf.sh {port}",
    "a word before it went deaf"
)]
fn a_server_that_does_not_start_is_in_every_format_with_its_output(
    #[case] arguments: &str,
    #[case] wrote: &str,
) {
    let deaf = "echo a word before it went deaf; exec sleep 600";
    let reports = Reports::of(&Stage::of(Folder::new().put("deaf.sh", deaf)), arguments);
    assert_eq!(reports.exit, 4, "{reports:#?}");
    assert!(reports.human.contains(wrote), "{reports:#?}");
    let report = reports.read_all();
    assert_eq!(report["errors"][0]["kind"], "server-not-started", "{report:#}");
    assert!(report["errors"][0]["output"].as_str().unwrap().contains(wrote), "{report:#}");

    let junit = roxmltree::Document::parse(reports.text("junit")).unwrap();
    let error = junit.descendants().find(|node| node.has_tag_name("error")).unwrap();
    assert!(error.text().unwrap().contains(wrote), "{reports:#?}");
    let annotations = super::github::read(reports.text("github"));
    assert_eq!((annotations.len(), annotations[0].level.as_str()), (1, "error"));
    assert!(annotations[0].message.contains(wrote), "{reports:#?}");
    assert!(super::tap::read(reports.text("tap"))[0].detail().contains(wrote), "{reports:#?}");
    let sarif = super::sarif::read(reports.text("sarif"));
    let message = sarif["results"][0]["message"]["text"].as_str().unwrap();
    assert!(message.contains(wrote), "{reports:#?}");
    assert!(reports.stderr.contains(wrote), "{reports:#?}");
}

#[rstest]
#[case::check("check loop.xml")]
#[case::eval("eval loop.xml --swf http://a/ --connect g:1")]
#[case::scenario("test loop.xml")]
#[case::diff("diff policy.xml loop.xml")]
#[case::a_baseline("check policy.xml --baseline loop.xml")]
#[case::settings("check policy.xml --config loop.xml")]
#[cfg(unix)]
fn a_file_that_cannot_be_read_is_in_every_format(#[case] arguments: &str) {
    let stage = Stage::of(Folder::with_policy(GOOD));
    // A link to itself cannot be read by anybody, root included.
    std::os::unix::fs::symlink("loop.xml", stage.folder.path("loop.xml")).unwrap();
    let reports = Reports::of(&stage, arguments);
    assert_eq!(reports.exit, 3, "{reports:#?}");
    let report = reports.read_all();
    assert_eq!(report["errors"][0]["kind"], "unreadable-file", "{report:#}");
    assert_eq!(report["errors"][0]["file"], "loop.xml", "{report:#}");
    for format in super::FORMATS {
        assert!(reports.text(format).contains("loop.xml"), "{format}: {reports:#?}");
        assert!(reports.text(format).contains("unreadable-file"), "{format}: {reports:#?}");
    }
}

#[test]
fn a_report_that_cannot_be_written_does_not_keep_the_others_from_being() {
    let stage = Stage::new();
    let call = "check mixed.xml --format human";
    let (_, human) = stage.folder.stdout(call);
    let ended = stage.run(&format!("{call} --format json=absent/out --format tap=out.tap"));
    assert_eq!((ended.exit, ended.stdout), (4, human));
    assert!(ended.stderr.contains("error: cannot write absent/out: "), "{}", ended.stderr);
    assert_eq!(super::tap::read(&stage.folder.read("out.tap")).len(), 5);
}

/// No file may grow beyond a block, as on a full disk.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_leaves_the_old_report_and_no_remains() {
    let document = "<cross-domain-policy>
  <allow-access-from domain='http://www.example.com' to-ports='5000'/>
  <allow-access-from domain='http://www.example.net' to-ports='5000'/>
</cross-domain-policy>";
    let folder = Folder::with_policy(document).put("out.json", "old");
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; \
         exec {COMMAND} check policy.xml --format json=out.json --format github=out.github"
    );
    let mut shell = Command::new("sh");
    let ended = shell.arg("-c").arg(script).current_dir(folder.path("")).output().unwrap();
    let stderr = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("error: cannot write out.json: "), "{stderr}");
    assert_eq!(folder.read("out.json"), "old");
    assert_eq!(super::github::read(&folder.read("out.github")).len(), 3);
    let mut files: Vec<_> = std::fs::read_dir(folder.path(""))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort_unstable();
    assert_eq!(files, [".git", "out.github", "out.json", "policy.xml"]);
}

//! Which files are read, and how.

use std::fs;
use std::path::{Path, PathBuf};

use flash_policy_scenario::{self as scenario, Scenario};
use rstest::rstest;
use tempfile::TempDir;

use crate::{CASE, STAGE};

fn passing() -> String {
    format!("{STAGE}{CASE}expect = 'permitted'")
}

/// A folder with these files, each a scenario that passes.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, passing()).unwrap();
    }
    folder
}

#[test]
fn a_folder_is_searched_and_its_files_are_sorted() {
    let folder = folder(&[
        "b.toml",
        "a/z.toml",
        "a.toml",
        "Cargo.toml",
        "flash-policy.toml",
        ".hidden.toml",
        ".git/c.toml",
        "notes.txt",
    ]);
    let found = scenario::find(folder.path()).unwrap();
    let names: Vec<&Path> =
        found.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
    assert_eq!(names, ["a/z.toml", "a.toml", "b.toml"].map(Path::new));
    let report = scenario::run(folder.path()).unwrap();
    assert_eq!((report.passed(), report.failed()), (3, 0), "{report}");
    let files: Vec<PathBuf> = report.cases().iter().map(|case| case.file().to_owned()).collect();
    assert_eq!(files, found);
}

/// A repository has other files in TOML; what was meant as a scenario must not be missed.
#[rstest]
#[case::of_rustfmt("max_width = 120\nversion = 'Two'\n", false)]
#[case::of_a_package("[package]\nname = 'x'\nversion = '0.1.0'\n", false)]
#[case::of_a_table_of_versions("[tools]\nversion = 1\n", false)]
#[case::empty("", false)]
#[case::of_a_policy_elsewhere("[[suppress]]\nrule = 'FSP-L18'\n", false)]
#[case::of_another_version("version = 2", true)]
#[case::behind_a_byte_order_mark("\u{feff}version=1", true)]
#[case::without_its_version("title = 'x'\n\n[[case]]\n", true)]
#[case::with_one_bracket("[case]\n", true)]
#[case::with_blanks("[[ case ]] # the first\n", true)]
#[case::of_a_stage_alone("[[policy]]\nat = 'h:1'", true)]
#[case::of_a_matrix("[matrix]\n", true)]
#[case::of_inline_cases("versoin = 1\ncase = [{ name = 'a' }]", true)]
#[case::that_is_no_toml("version = 1\n<<<<<<< ours\n", true)]
fn in_a_folder_what_looks_like_a_scenario_is_one(#[case] text: &str, #[case] is_one: bool) {
    let folder = folder(&["a.toml"]);
    let path = folder.path().join("b.toml");
    fs::write(&path, text).unwrap();
    assert_eq!(scenario::find(folder.path()).unwrap().contains(&path), is_one);
    assert_eq!(scenario::find(&path).unwrap(), [path], "whoever names it means it");
}

#[cfg(unix)]
#[test]
fn in_a_folder_what_cannot_be_read_is_told() {
    let folder = folder(&["a.toml"]);
    std::os::unix::fs::symlink("nothing", folder.path().join("b.toml")).unwrap();
    let error = scenario::run(folder.path()).unwrap_err();
    assert!(error.is_unreadable() && error.path().ends_with("b.toml"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_link_in_a_circle_is_not_followed() {
    let folder = folder(&["a.toml"]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).unwrap();
    assert_eq!(scenario::find(folder.path()).unwrap().len(), 1);
}

/// Whoever names a file means it, whatever it is called.
#[test]
fn a_file_that_is_named_is_run() {
    let folder = folder(&["Cargo.toml", "scenario.txt"]);
    for name in ["Cargo.toml", "scenario.txt"] {
        assert!(scenario::run(folder.path().join(name)).unwrap().is_success());
    }
}

#[test]
fn a_folder_without_a_scenario_has_nothing_to_test() {
    let folder = folder(&[".hidden.toml"]);
    let error = scenario::run(folder.path()).unwrap_err();
    assert!(error.is_nothing_to_test(), "{error}");
    let path = folder.path().display();
    let text = "there is no scenario file in this folder; put a scenario file in it, *.toml, or \
        name another folder";
    assert_eq!(error.to_string(), format!("{path}: {text}"));
}

#[rstest]
#[case::nothing("none.toml", "there is no such file; check the path")]
#[case::too_long("long.toml", "it is longer than 1 MiB")]
#[case::a_folder("folder", "it is a directory")]
fn a_file_that_cannot_be_read_is_told_from_a_wrong_one(#[case] name: &str, #[case] problem: &str) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("long.toml"), " ".repeat(1024 * 1024 + 1)).unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let path = folder.path().join(name);
    let error = Scenario::read(&path).unwrap_err();
    assert_eq!(error.to_string(), format!("{}: {problem}", path.display()));
    assert!(error.is_unreadable());
    assert!(error.render(false).starts_with("error: "), "{}", error.render(false));
}

#[test]
fn a_scenario_of_one_mebibyte_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.toml");
    let text = passing();
    fs::write(&path, format!("{text}\n#{}", "x".repeat(1024 * 1024 - 2 - text.len()))).unwrap();
    assert!(Scenario::read(&path).is_ok());
}

#[test]
fn a_policy_file_that_cannot_be_read_is_shown_at_its_name_in_the_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    fs::write(&path, "version = 1\n[[policy]]\nat = 'h:1'\nfile = 'big.xml'").unwrap();
    fs::write(folder.path().join("big.xml"), vec![b' '; 1024 * 1024 + 1]).unwrap();
    let error = Scenario::read(&path).unwrap_err();
    assert!(error.is_unreadable());
    assert_eq!((error.line(), error.column()), (Some(4), Some(8)));
    assert_eq!(
        error.message(),
        format!(
            "the policy file {}: it is longer than 1 MiB",
            folder.path().join("big.xml").display()
        )
    );
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    fs::write(&path, b"version = 1\ntitle = '\xff'").unwrap();
    let error = Scenario::read(&path).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{}:2:10: this byte is no UTF-8; save the file as UTF-8", path.display())
    );
    assert!(!error.is_unreadable());
}

#[cfg(unix)]
#[test]
fn a_device_is_not_read() {
    let error = Scenario::read("/dev/zero").unwrap_err();
    assert_eq!(error.to_string(), "/dev/zero: it is no regular file");
}

/// A policy in another encoding, or with a byte order mark, is served byte by byte.
#[test]
fn a_policy_file_is_served_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.toml");
    let case = "case = [{ name = 'x', swf = 'http://a.example/a.swf', connect = 'h:1', expect = \
        'unreachable', granted-by = 'h:843' }]";
    fs::write(&path, format!("version = 1\npolicy = [{{ at = 'h:843', file = 'p.xml' }}]\n{case}"))
        .unwrap();
    let policy = b"\xef\xbb\xbf<cross-domain-policy><allow-access-from domain='*' \
        to-ports='1'/></cross-domain-policy>";
    fs::write(folder.path().join("p.xml"), policy).unwrap();
    let report = scenario::run(&path).unwrap();
    assert!(report.is_success(), "{report}");
    let received = report.cases()[0].outcome().unwrap().transcript()[0].received().to_owned();
    assert_eq!(received, [&policy[..], b"\0"].concat());
    assert_eq!(report.coverage()[0].position.column, 22, "a byte order mark has no column");
}

#[cfg(unix)]
#[test]
fn one_folder_that_cannot_be_read_does_not_hide_the_files_of_the_others() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::write(folder.path().join("a.toml"), "version = 1").unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    // A superuser may read everything.
    let is_readable = fs::read_dir(&closed).is_ok();
    let found = scenario::find_all(folder.path());
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(found.scenarios, [folder.path().join("a.toml")]);
    assert_eq!(found.errors.len(), usize::from(!is_readable), "{found:?}");
}

#[cfg(unix)]
#[test]
fn a_socket_in_a_folder_is_no_scenario_file() {
    let folder = tempfile::tempdir().unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("b.toml")).unwrap();
    assert!(scenario::find(folder.path()).unwrap_err().is_nothing_to_test());
    assert_eq!(scenario::find_all(folder.path()).skipped, [folder.path().join("b.toml")]);
}

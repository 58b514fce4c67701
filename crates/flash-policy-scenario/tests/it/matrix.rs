//! The matrix and its snapshot.

use std::fs;
use std::path::{Path, PathBuf};

use flash_policy_core::analysis::{Cell, Matrix};
use flash_policy_fixture::{Cause, Verdict};
use flash_policy_scenario::{MatrixReport, Runner, Scenario, Status};
use rstest::rstest;
use tempfile::TempDir;

use crate::STAGE;

const TABLE: &str = "\
swf                              game.example.com:5000  game.example.com:70000
http://www.example.com/game.swf  permitted              invalid-port
http://evil.example/game.swf     domain-not-listed      invalid-port
sandbox:local-trusted            permitted              invalid-port
";

/// A snapshot of another stage.
const OLD: &str = "swf  old.example.com:5000\n";

/// A folder with a scenario, and with this snapshot.
fn folder(snapshot: Option<&str>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("game.toml");
    let axes = "swf = ['http://www.example.com/game.swf', 'http://evil.example/game.swf', \
        'sandbox:local-trusted']\n\
        connect = ['game.example.com:5000', 'game.example.com:70000']\nsnapshot = 'pinned.txt'\n";
    fs::write(&path, format!("{STAGE}[matrix]\n{axes}")).unwrap();
    if let Some(snapshot) = snapshot {
        fs::write(folder.path().join("pinned.txt"), snapshot).unwrap();
    }
    (folder, path)
}

#[track_caller]
fn run(path: &Path) -> MatrixReport {
    let scenario = Scenario::read(path).unwrap();
    assert!(scenario.has_matrix());
    Runner::new(&scenario).run_matrix().unwrap().clone()
}

#[rstest]
#[case::as_it_was_written(TABLE.to_owned())]
#[case::with_windows_line_ends(TABLE.replace('\n', "\r\n"))]
fn a_matrix_as_its_snapshot_has_it_passes(#[case] snapshot: String) {
    let (_folder, path) = folder(Some(&snapshot));
    let report = run(&path);
    assert_eq!(
        (report.status(), report.matrix().to_string().as_str()),
        (Status::Passed, TABLE),
        "{report}"
    );
    assert_eq!((report.line(), report.column()), (10, 12));
    assert!(!report.update().unwrap(), "there is nothing to write");
    assert_eq!(fs::read_to_string(report.snapshot()).unwrap(), snapshot);
}

#[rstest]
#[case::a_cell(
    &TABLE.replace("domain-not-listed ", "permitted         "),
    "the cells", "1 that differs",
    "  cell     http://evil.example/game.swf to game.example.com:5000: permitted → \
        domain-not-listed\n"
)]
#[case::a_row_too_many(
    &format!("{TABLE}http://old.example/game.swf     permitted  invalid-port\n"),
    "the cells", "2 that differ",
    "  cell     http://old.example/game.swf to game.example.com:5000: permitted → (gone)\n  \
       cell     http://old.example/game.swf to game.example.com:70000: invalid-port → (gone)\n"
)]
#[case::a_row_that_is_not_there(
    &TABLE.replace("sandbox:local-trusted            permitted              invalid-port\n", ""),
    "the cells", "2 that differ",
    "  cell     sandbox:local-trusted to game.example.com:5000: (not there) → permitted\n  \
       cell     sandbox:local-trusted to game.example.com:70000: (not there) → invalid-port\n"
)]
#[case::the_layout(&TABLE.replace("              ", "                "), "the table", "the same \
    cells, laid out otherwise", "")]
fn a_matrix_that_differs_tells_the_cells_and_how_to_accept_them(
    #[case] snapshot: &str,
    #[case] expected: &str,
    #[case] got: &str,
    #[case] cells: &str,
) {
    let (folder, path) = folder(Some(snapshot));
    let report = run(&path);
    let (path, pinned) = (path.display(), folder.path().join("pinned.txt"));
    assert_eq!(
        report.to_string(),
        format!(
            "expected {expected} of {}\n     got {got}\n{cells}  advice   to accept it: \
                flash-policy test --update {path}\n",
            pinned.display()
        )
    );
    assert_eq!(report.status(), Status::Failed);
}

#[test]
fn a_snapshot_that_is_not_there_is_a_failure_that_shows_the_table() {
    let (folder, path) = folder(None);
    let report = run(&path);
    let text = report.to_string();
    assert!(text.contains("     got no such file\n"), "{text}");
    for line in TABLE.lines() {
        assert!(text.contains(&format!("  table    {line}\n")), "{text}");
    }
    assert!(report.update().unwrap(), "it is written");
    assert_eq!(fs::read_to_string(folder.path().join("pinned.txt")).unwrap(), TABLE);
    assert_eq!(run(&path).status(), Status::Passed);
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left of the writing: {left:?}");
}

/// Whoever cannot write the new snapshot keeps the old one.
#[test]
fn an_update_that_fails_leaves_the_folder_as_it_was() {
    let (folder, path) = folder(None);
    let report = run(&path);
    fs::create_dir(folder.path().join("pinned.txt")).unwrap();
    report.update().unwrap_err();
    let left: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

/// Several scenarios may share a snapshot by links.
#[cfg(unix)]
#[rstest]
#[case::to_a_file(Some(OLD))]
#[case::to_nothing_yet(None)]
fn an_update_writes_behind_a_link(#[case] old: Option<&str>) {
    let (folder, path) = folder(None);
    let (link, real) = (folder.path().join("pinned.txt"), folder.path().join("real.txt"));
    std::os::unix::fs::symlink("real.txt", &link).unwrap();
    if let Some(old) = old {
        fs::write(&real, old).unwrap();
    }
    assert!(run(&path).update().unwrap());
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink(), "the link is still one");
    assert_eq!(fs::read_to_string(&real).unwrap(), TABLE);
}

#[cfg(unix)]
#[test]
fn an_update_keeps_the_permissions_of_the_snapshot() {
    use std::os::unix::fs::PermissionsExt;

    let (folder, path) = folder(Some(OLD));
    let pinned = folder.path().join("pinned.txt");
    fs::set_permissions(&pinned, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(run(&path).update().unwrap());
    assert_eq!(fs::metadata(&pinned).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_to_string(&pinned).unwrap(), TABLE);
}

/// Renaming over it would succeed: a file is not asked.
#[test]
fn an_update_leaves_a_read_only_snapshot_alone() {
    let (folder, path) = folder(Some(OLD));
    let pinned = folder.path().join("pinned.txt");
    let mut permissions = fs::metadata(&pinned).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&pinned, permissions).unwrap();
    let error = run(&path).update().unwrap_err();
    assert_eq!(error.to_string(), "it is read-only; make it writable first");
    assert_eq!(fs::read_to_string(&pinned).unwrap(), OLD);
}

#[test]
fn a_failing_matrix_is_part_of_the_report() {
    let (_folder, path) = folder(None);
    let report = Scenario::read(&path).unwrap().run();
    assert_eq!((report.passed(), report.failed(), report.is_success()), (0, 1, false));
    let text = report.to_string();
    assert!(
        text.starts_with(&format!("{}:10:12: matrix\nexpected the table of ", path.display())),
        "{text}"
    );
}

/// Columns are as wide as their widest cell, in characters.
#[test]
fn a_table_is_aligned_by_characters_and_has_no_blanks_at_line_ends() {
    let matrix = Matrix::of(&["für", "a"], &["h:1", "größer:2"], |swf, connect| {
        let cause =
            if *swf == "a" && *connect == "h:1" { Cause::Connected } else { Cause::LowPort };
        Cell::new(cause, None)
    });
    assert_eq!(
        matrix.to_string(),
        "swf  h:1        größer:2\nfür  low-port   low-port\na    permitted  low-port\n"
    );
    let verdicts: Vec<_> =
        matrix.cells().map(|(swf, connect, cell)| (swf, connect, cell.verdict())).collect();
    assert_eq!(verdicts[2], ("a", "h:1", Verdict::Permitted));
    assert_eq!((matrix.swfs().len(), matrix.connects().len()), (2, 2));
}

#[rstest]
#[case::nothing("")]
#[case::no_table("<cross-domain-policy/>\n\n  \n")]
#[case::too_few_cells("swf  h:1\na")]
#[case::too_many_cells("swf  h:1\na  low-port  low-port  low-port")]
fn any_text_can_be_compared_with(#[case] table: &str) {
    let matrix = Matrix::of(&["a"], &["h:1"], |_, _| Cell::new(Cause::LowPort, None));
    let changes: Vec<String> = matrix.changes(table).iter().map(ToString::to_string).collect();
    let expected: &[&str] =
        if table.contains("low-port") { &[] } else { &["a to h:1: (not there) → low-port"] };
    assert_eq!(changes, expected);
}

#[rstest]
#[case::a_policy("<cross-domain-policy/>")]
#[case::another_table("host  port\na  5000\n")]
#[case::one_word("swf")]
fn an_update_leaves_a_file_that_is_not_a_snapshot_alone(#[case] content: &str) {
    let (folder, path) = folder(Some(content));
    let error = run(&path).update().unwrap_err();
    assert_eq!(error.to_string(), "it is not a snapshot of a matrix");
    let kept = fs::read_to_string(folder.path().join("pinned.txt")).unwrap();
    assert_eq!(kept, content);
}

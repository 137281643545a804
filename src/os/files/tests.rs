//! Files on a real disk.

use std::io::Write;
use std::path::PathBuf;

use super::replace::temporary_beside;
use super::*;
use std::os::unix::fs::PermissionsExt;

fn folder(name: &str) -> PathBuf {
    let id = std::process::id();
    let path = std::env::temp_dir().join(format!("user-sync-files-{name}-{id}"));
    fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn a_replaced_file_is_whole_and_for_its_owner_only() {
    let folder = folder("replace");
    let file = folder.join("report.json");
    for content in ["old", "new"] {
        replace(&file, content.as_bytes(), Mode::OWNER).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_failed_attempt_leaves_nothing() {
    let folder = folder("failed");
    assert!(replace(&folder.join("none/report.json"), b"x", Mode::OWNER).is_err());
    assert!(replace(&folder, b"x", Mode::OWNER).is_err());
    assert!(check_replaceable(&folder.join("none/report.json")).is_err());
    assert!(check_replaceable(&folder).is_err());
    assert!(check_replaceable(&folder.join("report.json")).is_ok());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_a_killed_run_left_behind_is_in_nobodys_way() {
    let folder = folder("left");
    let file = folder.join("report.json");
    fs::write(temporary_beside(&file), "half").unwrap();
    check_replaceable(&file).unwrap();
    // A link is replaced, not followed.
    fs::write(folder.join("other"), "other").unwrap();
    std::os::unix::fs::symlink("other", temporary_beside(&file)).unwrap();
    replace(&file, b"new", Mode::OWNER).unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new");
    assert_eq!(fs::read_to_string(folder.join("other")).unwrap(), "other");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let folder = folder("limit");
    let file = folder.join("big");
    replace(&file, &[0; 100], Mode::OWNER).unwrap();
    assert_eq!(read(&file, 100).unwrap().len(), 100);
    assert!(read(&file, 99).is_err());
    fs::remove_dir_all(folder).unwrap();
}

fn mode_of(file: &Path) -> u32 {
    fs::metadata(file).unwrap().permissions().mode() & 0o777
}

fn set_mode(file: &Path, mode: u32) {
    fs::set_permissions(file, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_mode_lets_nobody_else_write() {
    for (text, expected) in [
        ("0600", Some(0o600)),
        ("640", Some(0o640)),
        ("0644", Some(0o644)),
        ("0660", None),
        ("0755", None),
        ("0400", None),
        ("4600", None),
        ("+600", None),
        ("rw", None),
        ("", None),
    ] {
        assert_eq!(Mode::parse(text), expected.map(Mode), "{text}");
    }
    assert_eq!(Mode(0o640).of_folder(), 0o750);
}

#[test]
fn a_file_that_is_there_keeps_its_mode_unless_others_can_write_it() {
    let folder = folder("keeps");
    let file = folder.join("report.json");
    for (before, after) in [
        (0o640, 0o640),
        (0o644, 0o644),
        (0o666, 0o600),
        (0o660, 0o600),
    ] {
        fs::write(&file, "old").unwrap();
        set_mode(&file, before);
        replace(&file, b"new", Mode::OWNER).unwrap();
        assert_eq!(mode_of(&file), after, "{before:o}");
    }
    set_mode(&file, 0o640);
    append(&file, Mode::OWNER).unwrap().write_all(b"+").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new+");
    assert_eq!(mode_of(&file), 0o640);
    set_mode(&file, 0o620);
    assert!(append(&file, Mode::OWNER).is_err());
    let new = folder.join("new.jsonl");
    append(&new, Mode(0o640)).unwrap();
    assert_eq!(mode_of(&new), 0o640);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn links_of_this_user_are_followed() {
    let folder = folder("links");
    fs::create_dir(folder.join("shared")).unwrap();
    let (link, file) = (folder.join("link"), folder.join("shared/report.json"));
    std::os::unix::fs::symlink("shared/report.json", &link).unwrap();
    for content in ["old", "new"] {
        replace(&link, content.as_bytes(), Mode::OWNER).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), content);
    }
    append(&link, Mode::OWNER).unwrap().write_all(b"+").unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "new+");
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    std::os::unix::fs::symlink("loop", folder.join("loop")).unwrap();
    assert!(replace(&folder.join("loop"), b"x", Mode::OWNER).is_err());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_no_regular_file_is_not_waited_for() {
    assert!(open_regular(Path::new("/dev/zero")).is_err());
    append(Path::new("/dev/null"), Mode::OWNER).unwrap();
    replace(Path::new("/dev/null"), b"x", Mode::OWNER).unwrap();
}

#[test]
fn one_file_by_two_names_is_the_same() {
    let folder = folder("same");
    let file = folder.join("a");
    assert!(is_same_file(
        &file,
        &folder
            .join("../")
            .join(folder.file_name().unwrap())
            .join("a")
    ));
    fs::write(&file, "x").unwrap();
    std::os::unix::fs::symlink("a", folder.join("b")).unwrap();
    fs::hard_link(&file, folder.join("c")).unwrap();
    for (other, same) in [("a", true), ("b", true), ("c", true), ("d", false)] {
        assert_eq!(is_same_file(&file, &folder.join(other)), same, "{other}");
    }
    fs::remove_dir_all(folder).unwrap();
}

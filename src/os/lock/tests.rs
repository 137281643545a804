//! On a real disk, as Linux tells it.

use super::*;

#[test]
fn the_holder_is_the_process_with_that_inode() {
    let locks = "1: POSIX  ADVISORY  WRITE 11 08:01:77 0 EOF\n\
                 2: -> FLOCK ADVISORY WRITE 12 08:01:77 0 EOF\n\
                 2: FLOCK  ADVISORY  WRITE 13 08:01:77 0 EOF\n";
    assert_eq!(lock_holder(locks, "08:01:77"), Some(13));
    assert_eq!(lock_holder(locks, "08:01:78"), None);
}

#[test]
fn a_file_that_takes_the_place_of_another_is_locked_too() {
    let folder = std::env::temp_dir().join(format!("user-sync-lock-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (path, new) = (folder.join("main.yml"), folder.join("new.yml"));
    assert!(Lock::take(&path).is_err());
    std::fs::write(&path, "old").unwrap();
    let first = Lock::take(&path).unwrap();
    first.renew().unwrap();
    assert!(first.is_held());
    std::fs::write(&new, "new").unwrap();
    std::fs::rename(&new, &path).unwrap();
    let second = Lock::take(&path).unwrap();
    assert!(matches!(first.renew(), Err(Error::Busy(_))));
    drop(second);
    first.renew().unwrap();
    assert!(matches!(Lock::take(&path), Err(Error::Busy(_))));
    std::fs::remove_dir_all(folder).unwrap();
    first.renew().unwrap();
}

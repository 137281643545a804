//! The file that is shipped: static, small, and enough by itself.
//!
//! `make` builds it, and `make test` names it in `STATIC_BINARY`; where it is not there these tests
//! say that they are skipped.

use crate::scene::{COMPANY, MAIN, OKTA, Scene, UMAPI};
use crate::support;
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;

/// Bytes that the file may have.
const LARGEST: u64 = 5_000_000;

fn binary() -> Option<PathBuf> {
    let path = std::env::var_os("STATIC_BINARY").map(PathBuf::from);
    let path = path.filter(|path| path.is_file());
    if path.is_none() {
        println!("skipped: there is no static binary; `make` builds it");
    }
    path
}

#[test]
fn it_is_small() {
    let Some(binary) = binary() else { return };
    let bytes = std::fs::metadata(binary).unwrap().len();
    assert!(bytes <= LARGEST, "{bytes} bytes, more than {LARGEST}");
}

#[test]
fn it_asks_for_no_loader_and_no_library() {
    let Some(binary) = binary() else { return };
    let file = std::fs::read(binary).unwrap();
    let (headers, size, count) = (
        number(&file, 32, 8),
        number(&file, 54, 2),
        number(&file, 56, 2),
    );
    assert_eq!(&file[..5], b"\x7fELF\x02", "no 64-bit ELF file");
    // PT_DYNAMIC and PT_INTERP of the ELF specification.
    const DYNAMIC: u64 = 2;
    const INTERPRETER: u64 = 3;
    for place in 0..count {
        let kind = number(&file, (headers + place * size) as usize, 4);
        assert_ne!(kind, DYNAMIC, "it has a dynamic section");
        assert_ne!(kind, INTERPRETER, "it names a loader");
    }
}

/// A little-endian number.
fn number(file: &[u8], place: usize, length: usize) -> u64 {
    let bytes = file[place..place + length].iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[test]
fn it_runs_in_an_empty_root_by_ip_address_and_in_utc() {
    let Some(binary) = binary() else { return };
    let mut scene = Scene::new(COMPANY);
    let by_ip = |host: String| json!(host.replace("localhost", "127.0.0.1"));
    let (okta, umapi, token) = (
        scene.sim.okta_host(),
        scene.sim.umapi_host(),
        scene.sim.token_host(),
    );
    scene.set(OKTA, "/host", by_ip(okta));
    scene.set(UMAPI, "/server/host", by_ip(umapi));
    scene.set(UMAPI, "/server/auth_host", by_ip(token));
    std::fs::copy(binary, scene.path("user-sync")).unwrap();
    std::fs::copy(scene.sim.ca_pem(), scene.path("ca.pem")).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = Command::new("chroot");
        command
            .arg(scene.folder.path())
            .arg("/user-sync")
            .args(arguments);
        command.env("SSL_CERT_FILE", "/ca.pem").env_remove("HOME");
        // A zone that nobody can look up there.
        command.env("TZ", "Asia/Tokyo");
        command
    };
    if !permitted(command(&["--version"])) {
        println!("skipped: chroot is not permitted here");
        return;
    }
    let hour = || jiff::Timestamp::now().strftime("%Y-%m-%d %H:").to_string();
    let before = hour();
    let outcome = support::run(command(&["sync", "-c", MAIN]));
    assert_eq!(outcome.code, Some(0), "{}", outcome.output());
    assert!(!scene.actions().is_empty(), "nothing was written");
    let hours = [before, hour()];
    for line in outcome
        .stderr
        .lines()
        .filter(|line| line.contains(" INFO "))
    {
        assert!(
            hours.iter().any(|hour| line.starts_with(hour)),
            "not in UTC: {line}"
        );
    }
}

/// `chroot` itself ends with 125 if it may not, and is missing on some systems.
fn permitted(mut command: Command) -> bool {
    let tried = command.output();
    tried.is_ok_and(|output| output.status.code() != Some(125))
}

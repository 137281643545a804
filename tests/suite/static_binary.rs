//! The file that is shipped: static, small, and enough by itself.
//!
//! `make` builds it, and `make test` names it in `STATIC_BINARY`; where it is not there these tests
//! say that they are skipped.

use crate::scene::{COMPANY, MAIN, OKTA, Scene, UMAPI};
use crate::support;
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;

/// Bytes that the local file may have, glibc or musl; the released musl files have 5,000,000.
const LARGEST: u64 = 6_000_000;
/// Bytes that a released file may have.
pub(crate) const LARGEST_RELEASED: usize = 5_000_000;

pub(crate) fn static_binary() -> Option<PathBuf> {
    let path = std::env::var_os("STATIC_BINARY").map(PathBuf::from);
    let path = path.filter(|path| path.is_file());
    if path.is_none() {
        println!("skipped: there is no static binary; `make` builds it");
    }
    path
}

#[test]
fn it_is_small() {
    let Some(binary) = static_binary() else {
        return;
    };
    let bytes = std::fs::metadata(binary).unwrap().len();
    assert!(bytes <= LARGEST, "{bytes} bytes, more than {LARGEST}");
}

/// One entry of the program headers of a 64-bit ELF file.
struct Segment {
    kind: u64,
    flags: u64,
    offset: usize,
    length: usize,
}

fn segments(file: &[u8]) -> Vec<Segment> {
    assert_eq!(&file[..5], b"\x7fELF\x02", "no 64-bit ELF file");
    let (start, size) = (number(file, 32, 8) as usize, number(file, 54, 2) as usize);
    let segment = |place: usize| Segment {
        kind: number(file, start + place * size, 4),
        flags: number(file, start + place * size + 4, 4),
        offset: number(file, start + place * size + 8, 8) as usize,
        length: number(file, start + place * size + 32, 8) as usize,
    };
    (0..number(file, 56, 2) as usize).map(segment).collect()
}

/// The entries of the dynamic section: tag and value.
fn dynamic(file: &[u8], segments: &[Segment]) -> Vec<(u64, u64)> {
    const DYNAMIC: u64 = 2;
    let section = segments.iter().find(|segment| segment.kind == DYNAMIC);
    let section = section.expect("a position-independent file has a dynamic section");
    let entry = |place| (number(file, place, 8), number(file, place + 8, 8));
    let places = (section.offset..section.offset + section.length).step_by(16);
    places.map(entry).take_while(|(tag, _)| *tag != 0).collect()
}

#[test]
fn it_is_hardened_and_asks_for_no_loader_and_no_library() {
    if let Some(binary) = static_binary() {
        is_hardened(&std::fs::read(binary).unwrap());
    }
}

/// The numbers are those of the ELF specification and its GNU extensions.
pub(crate) fn is_hardened(file: &[u8]) {
    let segments = segments(file);
    const POSITION_INDEPENDENT: u64 = 3;
    assert_eq!(number(file, 16, 2), POSITION_INDEPENDENT, "fixed addresses");
    const INTERPRETER: u64 = 3;
    let loader = segments.iter().any(|segment| segment.kind == INTERPRETER);
    assert!(!loader, "it names a loader");
    const READ_ONLY_AFTER_RELOCATION: u64 = 0x6474_e552;
    let read_only = |segment: &Segment| segment.kind == READ_ONLY_AFTER_RELOCATION;
    assert!(segments.iter().any(read_only), "no RELRO");
    const STACK: u64 = 0x6474_e551;
    let stack = segments.iter().find(|segment| segment.kind == STACK);
    let stack = stack.expect("says nothing of the stack");
    assert_eq!(stack.flags & 1, 0, "the stack is executable");
    let writable_code = |segment: &&Segment| segment.kind == 1 && segment.flags & 3 == 3;
    assert_eq!(
        segments.iter().filter(writable_code).count(),
        0,
        "writable code"
    );
    const NEEDED: u64 = 1;
    const PACKED_RELOCATIONS: u64 = 36;
    let entries = dynamic(file, &segments);
    let has = |wanted: u64| entries.iter().any(|(tag, _)| *tag == wanted);
    assert!(!has(NEEDED), "it needs a library");
    assert!(has(PACKED_RELOCATIONS), "its relocations are not packed");
}

/// A little-endian number.
fn number(file: &[u8], place: usize, length: usize) -> u64 {
    let bytes = file[place..place + length].iter().rev();
    bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[test]
fn it_runs_in_an_empty_root_by_ip_address_and_in_utc() {
    let Some(binary) = static_binary() else {
        return;
    };
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
pub(crate) fn permitted(mut command: Command) -> bool {
    let tried = command.output();
    tried.is_ok_and(|output| output.status.code() != Some(125))
}

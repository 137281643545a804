//! On a terminal: a pseudo-terminal of 60, 80 and 140 columns, and what is shown on it, held by
//! the golden files of `testdata/terminal`.

use crate::scene::{COMPANY, MAIN, Scene};
use regex::Regex;
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Columns of the terminals.
const WIDTHS: [u16; 3] = [60, 80, 140];

/// What a run leaves on a terminal, and its exit code.
fn on_terminal(scene: &Scene, columns: u16, arguments: &[&str]) -> (String, Option<i32>) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let size = Winsize {
        ws_row: 24,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&master, size).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let no_control = i32::try_from(OFlags::NOCTTY.bits()).unwrap();
    let terminal = File::options()
        .read(true)
        .write(true)
        .custom_flags(no_control)
        .open(name.to_str().unwrap())
        .unwrap();
    let mut command = scene.command(arguments);
    command.env("TERM", "xterm").env("TZ", "UTC");
    command.stdin(terminal.try_clone().unwrap());
    command.stdout(terminal.try_clone().unwrap());
    command.stderr(terminal);
    let mut child = command.spawn().unwrap();
    // Ours are closed with it: the end of the output is the end of the run.
    drop(command);
    let mut shown = Vec::new();
    let mut master = File::from(master);
    let mut buffer = [0; 4096];
    // A terminal that nobody writes to any more gives an error, not an end.
    while let Ok(count @ 1..) = master.read(&mut buffer) {
        shown.extend_from_slice(&buffer[..count]);
    }
    let code = child.wait().unwrap().code();
    (String::from_utf8(shown).unwrap(), code)
}

/// What differs from run to run is named; escape sequences can be read.
fn steady(scene: &Scene, shown: &str) -> String {
    let folder = scene.folder.path().to_str().unwrap();
    let named = [
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d+", "TIME PID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*Z", "TIME"),
        (r"localhost:\d+", "HOST"),
        (r"\d+ seconds?(\s+)apart", "N seconds${1}apart"),
        (r"\d\d:\d\d:(\s+)Adobe", "HH:MM:${1}Adobe"),
        (r"user-sync version: [0-9.]+", "user-sync version: N"),
        (r"Total time: \d+:\d\d:\d\d", "Total time: H:MM:SS"),
    ];
    let plain = shown.replace(folder, "FOLDER").replace("\r\n", "\n");
    let plain = named.iter().fold(plain, |text, (pattern, name)| {
        Regex::new(pattern)
            .unwrap()
            .replace_all(&text, *name)
            .into_owned()
    });
    plain.replace('\r', "<CR>").replace('\u{1b}', "<ESC>")
}

#[test]
fn terminals_of_three_widths() {
    let cases: [(&str, &[&str], i32); 5] = [
        ("help", &["credential", "--help"], 0),
        ("usage", &["--usres", "mapped"], 2),
        ("plan", &["plan"], 0),
        ("check", &["check"], 0),
        ("sync", &["sync"], 0),
    ];
    for columns in WIDTHS {
        for (name, arguments, code) in cases {
            let mut scene = Scene::new(COMPANY);
            scene.set(MAIN, "/logging/console_log_level", json!("info"));
            let (shown, ended) = on_terminal(&scene, columns, arguments);
            let shown = steady(&scene, &shown);
            assert_eq!(ended, Some(code), "{name}: {shown}");
            golden(&format!("{name}-{columns}.txt"), &shown);
        }
    }
}

/// Compares with the golden file; `UPDATE_GOLDEN=1` writes it instead.
fn golden(name: &str, found: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/terminal");
    let path = folder.join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{}", path.display());
}

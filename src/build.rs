//! What `--version` says of the file at hand: commit, target and compiler; and the manual, packed.
//!
//! The commit is that of the sources' own repository and only of builds that are released: a debug
//! build would be made anew with every commit. Sources without git say so.

#![allow(clippy::expect_used)] // ends the build, not a run

use std::io::{self, Write};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let compiler = output(&compiler, &["--version"]).unwrap_or_else(|| "not known".to_owned());
    println!("cargo::rustc-env=USER_SYNC_TARGET={target}");
    println!("cargo::rustc-env=USER_SYNC_COMPILER={compiler}");
    println!("cargo::rustc-env=USER_SYNC_COMMIT={}", commit());
    println!("cargo::rerun-if-changed=src/manual");
    ask_for_map();
    pack_manual().expect("src/manual can be read and packed");
}

/// Has the linker write down what it put where: `make bench` counts it by parts. The file itself
/// stays as it is.
fn ask_for_map() {
    let is_released = env::var("PROFILE").as_deref() == Ok("release");
    let links_by_gnu = env::var("CARGO_CFG_TARGET_ENV").as_deref() == Ok("gnu");
    if is_released && links_by_gnu {
        let folder = env::var("OUT_DIR").unwrap_or_default();
        println!("cargo::rustc-link-arg-bins=-Wl,-Map={folder}/user-sync.map");
    }
}

/// Writes the pages of the manual into one file, deflated: a third of their size. Before each page
/// stand a zero byte and its name.
fn pack_manual() -> io::Result<()> {
    let mut pages: Vec<_> = fs::read_dir("src/manual")?.collect::<Result<_, _>>()?;
    pages.sort_by_key(|page| page.file_name());
    let folder = env::var_os("OUT_DIR").unwrap_or_default();
    let file = fs::File::create(Path::new(&folder).join("manual"))?;
    let mut packed = DeflateEncoder::new(file, Compression::best());
    for page in pages {
        let name = page.file_name().to_string_lossy().into_owned();
        let topic = name.trim_end_matches(".md");
        write!(packed, "\0{topic}\n{}", fs::read_to_string(page.path())?)?;
    }
    packed.finish()?;
    Ok(())
}

fn commit() -> String {
    if env::var("PROFILE").as_deref() != Ok("release") {
        return "not known (debug build)".to_owned();
    }
    // A folder that is unpacked inside another repository is not of that repository.
    let top = output("git", &["rev-parse", "--show-toplevel"]);
    let here = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let is_own = top.is_some_and(|top| {
        Path::new(&top).canonicalize().ok() == Path::new(&here).canonicalize().ok()
    });
    if !is_own {
        return "not known (built without git)".to_owned();
    }
    // Whatever would make the file another one.
    for sources in ["src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={sources}");
    }
    if let Some(log) = output("git", &["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    let described = output(
        "git",
        &[
            "describe",
            "--always",
            "--dirty",
            "--abbrev=40",
            "--exclude=*",
        ],
    );
    described.unwrap_or_else(|| "not known (built without git)".to_owned())
}

/// What a program prints, if it ends well.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

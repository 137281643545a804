//! What `--version` says of the file at hand: commit, target and compiler.
//!
//! The commit is that of the sources' own repository and only of builds that are released: a debug
//! build would be made anew with every commit. Sources without git say so.

use std::env;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    let compiler = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let compiler = output(&compiler, &["--version"]).unwrap_or_else(|| "not known".to_owned());
    println!("cargo::rustc-env=USER_SYNC_TARGET={target}");
    println!("cargo::rustc-env=USER_SYNC_COMPILER={compiler}");
    println!("cargo::rustc-env=USER_SYNC_COMMIT={}", commit());
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

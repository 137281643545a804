//! The files of `make release`, as an administrator of a locked-down server meets them.
//!
//! `make test` names the folder of builds in `RELEASE_FOLDER`; where `make release` has not been run,
//! or qemu is missing, these tests say that they are skipped.

use crate::scene::{CLIENT_ID, CLIENT_SECRET, COMPANY, OKTA_TOKEN, ORG, Scene, owner_only};
use crate::static_binary::{LARGEST_RELEASED, is_hardened, permitted, static_binary};
use crate::support;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("RELEASE_FOLDER").map(PathBuf::from);
    if folder.is_none() {
        println!("skipped: RELEASE_FOLDER names no folder of builds; `make test` does");
    }
    folder
}

/// The built file for an architecture.
fn released(architecture: &str) -> Option<PathBuf> {
    let target = format!("release-build/{architecture}-unknown-linux-musl/release/user-sync");
    let path = folder()?.join(target);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: no released file for {architecture}; `make release` builds it");
    None
}

#[test]
fn released_files_are_small_and_hardened() {
    for architecture in ["x86_64", "aarch64"] {
        let Some(binary) = released(architecture) else {
            continue;
        };
        let file = std::fs::read(binary).unwrap();
        let bytes = file.len();
        assert!(bytes <= LARGEST_RELEASED, "{architecture}: {bytes} bytes");
        is_hardened(&file);
    }
}

/// The main cases once more, each run by that file instead of the one that cargo built.
fn main_cases_pass(binary: &Path) {
    let suite = std::env::current_exe().unwrap();
    let mut command = Command::new(suite);
    command.args(["conformance::every_core_case", "--exact", "--nocapture"]);
    command.env("USER_SYNC_UNDER_TEST", binary);
    let outcome = command.output().unwrap();
    let text = String::from_utf8_lossy(&outcome.stdout);
    assert!(outcome.status.success(), "{}: {text}", binary.display());
    assert!(text.contains("1 passed"), "no case was run: {text}");
}

#[test]
fn the_x86_64_file_passes_the_main_cases() {
    if cfg!(not(target_arch = "x86_64")) {
        return println!("skipped: this machine is no x86_64");
    }
    if let Some(binary) = released("x86_64") {
        main_cases_pass(&binary);
    }
}

#[test]
fn the_aarch64_file_passes_the_main_cases_under_qemu() {
    let (Some(binary), Some(folder)) = (released("aarch64"), folder()) else {
        return;
    };
    let unpacked = folder.join("release-tools/root/usr/bin/qemu-aarch64-static");
    let qemu = if unpacked.is_file() {
        unpacked
    } else {
        PathBuf::from("qemu-aarch64-static")
    };
    if Command::new(&qemu).arg("--version").output().is_err() {
        return println!("skipped: there is no qemu-aarch64-static");
    }
    let place = support::Folder::new();
    let script = format!(
        "#!/bin/sh\nexec '{}' '{}' \"$@\"\n",
        qemu.display(),
        binary.display()
    );
    place.write("under-qemu", &script);
    let wrapper = place.path().join("under-qemu");
    executable(&wrapper);
    main_cases_pass(&wrapper);
}

#[cfg(unix)]
fn executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn executable(_: &Path) {}

/// The archive of `make release` for an architecture.
fn archive(architecture: &str) -> Option<PathBuf> {
    folder()?;
    let version = env!("CARGO_PKG_VERSION");
    let name = format!("dist/user-sync-{version}-{architecture}-linux.tar.gz");
    let path = support::root().join(name);
    if path.is_file() {
        return Some(path);
    }
    println!("skipped: no archive for {architecture}; `make release` makes it");
    None
}

/// Unpacks the archive for this machine; else copies the static binary alone.
fn unpack(root: &Path) -> bool {
    if let Some(archive) = archive(std::env::consts::ARCH) {
        extract(&archive, root);
        return true;
    }
    let binary = static_binary();
    binary.is_some_and(|binary| std::fs::copy(binary, root.join("user-sync")).is_ok())
}

fn extract(archive: &Path, root: &Path) {
    let mut command = Command::new("tar");
    command
        .args(["--strip-components=1", "-xzf"])
        .arg(archive)
        .arg("-C")
        .arg(root);
    assert!(command.status().unwrap().success());
}

const CONTENTS: [&str; 15] = [
    "INSTALL.txt",
    "LICENCES.txt",
    "SHA256SUMS",
    "completions/_user-sync",
    "completions/user-sync.bash",
    "completions/user-sync.fish",
    "cron/user-sync",
    "manual/changelog.md",
    "manual/operation.md",
    "manual/start.md",
    "sbom.cdx.json",
    "systemd/user-sync.service",
    "systemd/user-sync.timer",
    "user-sync",
    "user-sync.1",
];

#[test]
fn an_archive_holds_what_an_administrator_needs() {
    for architecture in ["x86_64", "aarch64"] {
        let Some(archive) = archive(architecture) else {
            continue;
        };
        let root = support::Folder::new();
        extract(&archive, root.path());
        let read = |name: &str| std::fs::read_to_string(root.path().join(name)).unwrap();
        for name in CONTENTS {
            let length = std::fs::metadata(root.path().join(name)).unwrap().len();
            assert!(length > 0, "{name}");
        }
        let mut sums = Command::new("sha256sum");
        sums.args(["--check", "--quiet", "SHA256SUMS"])
            .current_dir(root.path());
        assert!(sums.status().unwrap().success(), "{architecture}");
        let summed = read("SHA256SUMS").lines().count();
        assert_eq!(
            summed,
            root.files().len() - 1,
            "every file but the list itself"
        );
        let install = read("INSTALL.txt");
        assert!(
            install.contains(architecture) && install.contains("rustc 1."),
            "{install}"
        );
        assert!(!install.contains('@'), "{install}");
        let bill: serde_json::Value = serde_json::from_str(&read("sbom.cdx.json")).unwrap();
        assert_eq!(bill["bomFormat"], "CycloneDX");
        let components = bill["components"].as_array().unwrap();
        let licences = read("LICENCES.txt");
        assert!(components.len() > 50, "{}", components.len());
        for beside in ["libdbus", "musl", "rust-std"] {
            assert!(
                components.iter().any(|found| found["name"] == beside),
                "{beside}"
            );
        }
        for component in components {
            let name = component["name"].as_str().unwrap();
            assert!(licences.contains(&format!("\n  {name} ")), "{name}");
            assert!(component["licenses"][0]["expression"].is_string(), "{name}");
            let is_crate = component["purl"]
                .as_str()
                .unwrap()
                .starts_with("pkg:cargo/");
            assert_eq!(
                component["hashes"][0]["content"].is_string(),
                is_crate,
                "{name}"
            );
        }
        let page = root.path().join("user-sync.1");
        assert!(std::fs::read_to_string(page).unwrap().starts_with(".TH"));
    }
}

/// From download to the first `check`, in the words of `INSTALL.txt`; only the places are ours.
#[test]
fn the_steps_of_install_work_as_they_stand() {
    let Some(archive) = archive(std::env::consts::ARCH) else {
        return;
    };
    let unpacked = support::Folder::new();
    extract(&archive, unpacked.path());
    let install = std::fs::read_to_string(unpacked.path().join("INSTALL.txt")).unwrap();
    let steps = install.split("In this archive:").next().unwrap();
    let lines = steps
        .lines()
        .filter_map(|line| line.strip_prefix("         "));
    let place = support::Folder::new();
    let prefix = place.path().display().to_string();
    let script: String = lines
        .map(|line| line.replace(" /", &format!(" {prefix}/")) + "\n")
        .collect();
    assert_eq!(script.lines().count(), 9, "{script}");
    let download = place.path().join("download");
    std::fs::create_dir(&download).unwrap();
    std::fs::copy(&archive, download.join(archive.file_name().unwrap())).unwrap();
    std::fs::copy(
        archive.with_file_name("SHA256SUMS"),
        download.join("SHA256SUMS"),
    )
    .unwrap();
    let mut shell = Command::new("sh");
    let path = std::env::var("PATH").unwrap_or_default();
    shell.args(["-euc", &script]).current_dir(&download);
    shell.env("PATH", format!("{prefix}/usr/local/bin:{path}"));
    let outcome = support::run(shell);
    // The last step is `check`, which finds the blanks.
    outcome.exits(1).says("still holds the blank <tenant>");
    assert!(
        place
            .path()
            .join("usr/local/share/man/man1/user-sync.1")
            .is_file()
    );
    assert!(
        place
            .path()
            .join("etc/user-sync/connector-umapi.yml")
            .is_file()
    );
}

/// From an unpacked archive to the first plan: nothing else is there but two files in `/etc`.
#[test]
fn in_a_fresh_root_init_check_and_plan_work() {
    let scene = Scene::new(COMPANY);
    let root = support::Folder::new();
    if !unpack(root.path()) {
        return;
    }
    root.write("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n");
    root.write("etc/resolv.conf", "nameserver 127.0.0.1\n");
    std::fs::copy(scene.sim.ca_pem(), root.path().join("ca.pem")).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = Command::new("chroot");
        command.arg(root.path()).arg("/user-sync").args(arguments);
        command.env_clear().env("SSL_CERT_FILE", "/ca.pem");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    };
    if !permitted(command(&["--version"])) {
        return println!("skipped: chroot is not permitted here");
    }
    let init = support::run(command(&["init", "--directory", "/site"]));
    init.exits(0);
    fill_in(&root, &scene);
    let main = ["-c", "/site/user-sync-config.yml"];
    let check = support::run(command(&["check", main[0], main[1]]));
    check.exits(0).never_says("^FAIL");
    let plan = support::run(command(&["plan", main[0], main[1]]));
    plan.exits(0).says("ann@example.com");
    scene.wrote_nothing();
}

/// Does what the comments of the example files ask for.
fn fill_in(root: &support::Folder, scene: &Scene) {
    let server = format!(
        "server:\n  host: {}\n  auth_host: {}\n",
        scene.sim.umapi_host(),
        scene.sim.token_host()
    );
    let okta_host = scene.sim.okta_host();
    let edits = [
        ("user-sync-config.yml", "<Okta group>", "Design"),
        (
            "user-sync-config.yml",
            "<Adobe group or product profile>",
            "Creative",
        ),
        (
            "user-sync-config.yml",
            "max_adobe_only_users: 5%",
            "max_adobe_only_users: 100%",
        ),
        ("connector-okta.yml", "<tenant>.okta.com", &okta_host),
        ("connector-umapi.yml", "<...>@AdobeOrg", ORG),
        ("connector-umapi.yml", "#server:", &server),
    ];
    for (file, blank, value) in edits {
        let path = root.path().join("site").join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(blank), "{file} has no {blank}");
        root.write(&format!("site/{file}"), &text.replace(blank, value));
    }
    let secrets = [
        ("okta-token", OKTA_TOKEN),
        ("adobe-client-id", CLIENT_ID),
        ("adobe-client-secret", CLIENT_SECRET),
    ];
    for (file, secret) in secrets {
        root.write(&format!("site/{file}"), secret);
        let path = root.path().join("site").join(file);
        owner_only(&path);
    }
}

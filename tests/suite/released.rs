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
    std::env::var_os("RELEASE_FOLDER").map(PathBuf::from)
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

/// The newest archive of `make release` for this machine, unpacked; else the static binary alone.
fn unpack(root: &Path) -> bool {
    let archive = folder().map(|_| support::root().join("dist"));
    let name = format!("-{}-linux.tar.gz", std::env::consts::ARCH);
    let files = archive.and_then(|dist| std::fs::read_dir(dist).ok());
    let mut files = files.into_iter().flatten().flatten();
    if let Some(archive) = files.find(|file| file.file_name().to_string_lossy().ends_with(&name)) {
        let mut command = Command::new("tar");
        command
            .args(["--strip-components=1", "-xzf"])
            .arg(archive.path());
        let unpacked = command.arg("-C").arg(root).status();
        return unpacked.is_ok_and(|status| status.success());
    }
    let Some(binary) = static_binary() else {
        return false;
    };
    std::fs::copy(binary, root.join("user-sync")).is_ok()
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

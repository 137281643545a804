//! `generate`: the man page as `man` shows it, and completions as the shells run them, held
//! against what the program says of itself (manual/commands.md#generate).

use crate::scene::Scene;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

/// The options that a help lists: the names that begin its entries.
fn options_in(help: &str) -> BTreeSet<String> {
    let entries = help
        .lines()
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'));
    let names = entries.filter_map(|line| line.split("  ").next());
    let words = names.flat_map(|names| names.split([' ', ',']));
    let options = words.filter(|word| word.starts_with("--"));
    options.map(str::to_owned).collect()
}

/// The commands that the program's own help lists.
fn commands(scene: &Scene) -> Vec<String> {
    let overview = scene.run(&["--help"]).stdout;
    let lines = overview.lines().map(str::trim_start);
    let usages = lines.filter_map(|line| line.strip_prefix("user-sync "));
    let first = |usage: &str| {
        usage
            .split(' ')
            .next()
            .unwrap()
            .trim_matches(['[', ']'])
            .to_owned()
    };
    let mut commands: Vec<String> = usages.map(first).collect();
    commands.retain(|word| !word.starts_with('-'));
    assert!(commands.len() > 9, "{commands:?}");
    commands
}

fn generated(scene: &Scene, what: &str) -> String {
    let outcome = scene.run(&["generate", what]);
    outcome.exits(0);
    assert_eq!(outcome.stderr, "");
    outcome.stdout
}

/// Whether a program is there; a test that needs it says that it was left out.
fn there_is(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let there = command.status().is_ok();
    if !there {
        println!("left out: there is no {program} here");
    }
    there
}

/// The text of `output`, which must have come without a complaint.
fn clean(output: std::process::Output) -> String {
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && complaints.is_empty(),
        "{complaints}"
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_man_page_tells_all() {
    let scene = Scene::new("");
    scene.folder.write("user-sync.1", &generated(&scene, "man"));
    let page = scene.read("user-sync.1").replace("\\-", "-");
    let is_named = |option: &String| page.contains(&format!("\\fB{option}\\fR"));
    for command in commands(&scene) {
        assert!(
            page.contains(&format!(".TP\n\\fB{command}\\fR\n")),
            "{command}"
        );
        let help = scene.run(&[&command, "--help"]).stdout;
        let missing: Vec<_> = options_in(&help)
            .into_iter()
            .filter(|option| !is_named(option))
            .collect();
        assert!(missing.is_empty(), "{command}: {missing:?}");
    }
    let overview = scene.run(&["--help"]).stdout;
    let codes = overview.split("Exit codes:\n").nth(1).unwrap();
    let codes = codes
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    for code in codes.filter(|word| word.parse::<u8>().is_ok()) {
        assert!(page.contains(&format!(".TP\n\\fB{code}\\fR\n")), "{code}");
    }
    for section in ["NAME", "SYNOPSIS", "EXIT STATUS", "FILES", "ENVIRONMENT"] {
        assert!(page.contains(&format!(".SH \"{section}\"")), "{section}");
    }
}

#[test]
fn the_man_page_has_the_date_of_the_version_in_the_changelog() {
    let page = generated(&Scene::new(""), "man");
    let date = page.lines().next().unwrap().split(' ').nth(3).unwrap();
    let changelog = include_str!("../../src/manual/changelog.md");
    let entry = format!("## {}\n\n{date}. ", env!("CARGO_PKG_VERSION"));
    assert!(changelog.contains(&entry), "{entry}");
}

/// What the code asks the environment for is in the man page.
#[test]
fn the_man_page_names_every_variable() {
    let page = generated(&Scene::new(""), "man");
    let mut sources = Vec::new();
    read_sources(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut sources,
    );
    let wanted = r#""((?:USER_SYNC|UST|SSL|NO|HTTPS|ALL)_[A-Z_]+)""#;
    let wanted = regex::Regex::new(wanted).unwrap();
    // These are of the build.
    let built = ["USER_SYNC_COMMIT", "USER_SYNC_TARGET", "USER_SYNC_COMPILER"];
    let names: BTreeSet<&str> = sources
        .iter()
        .flat_map(|source| wanted.captures_iter(source))
        .map(|found| found.get(1).unwrap().as_str())
        .filter(|name| !built.contains(name))
        .collect();
    assert!(names.len() > 4, "{names:?}");
    for name in names {
        assert!(page.contains(name), "{name}");
    }
}

fn read_sources(folder: &Path, sources: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("tests") {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|end| end == "rs") {
            sources.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn man_shows_the_page_without_a_complaint() {
    let scene = Scene::new("");
    scene.folder.write("user-sync.1", &generated(&scene, "man"));
    let file = scene.path("user-sync.1");
    if there_is("man") && there_is("groff") {
        let mut man = Command::new("man");
        man.args(["--warnings", "-l"])
            .arg(&file)
            .env("MANWIDTH", "80")
            .env("LC_ALL", "C.UTF-8");
        let shown = clean(man.output().unwrap());
        assert!(shown.contains("--adobe-only-user-action"), "{shown}");
        let wide = shown.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None);
    }
    if there_is("mandoc") {
        let lint = Command::new("mandoc")
            .args(["-T", "lint", "-W", "warning"])
            .arg(&file)
            .output();
        assert_eq!(clean(lint.unwrap()), "");
    }
}

/// What bash offers behind `words`, the last of which is being typed.
fn offered(scene: &Scene, words: &[&str]) -> Vec<String> {
    let typed: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source ./completions; COMP_WORDS=({}); COMP_CWORD={}; _user_sync; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        typed.join(" "),
        words.len() - 1
    );
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &script])
        .current_dir(scene.folder.path());
    let lines = clean(bash.output().unwrap());
    lines
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn bash_completes_commands_options_words_and_files() {
    if !there_is("bash") {
        return;
    }
    let scene = Scene::new("");
    scene
        .folder
        .write("completions", &generated(&scene, "bash"));
    scene.folder.write("people.csv", "");
    let cases: [(&[&str], &[&str]); 14] = [
        (&["user-sync", "ex"], &["explain"]),
        (
            &["user-sync", "--users", ""],
            &["mapped", "group", "all", "file"],
        ),
        (&["user-sync", "sync", "--users", "m"], &["mapped"]),
        (&["user-sync", "--users", "=", "m"], &["mapped"]),
        (
            &["user-sync", "--users", "="],
            &["mapped", "group", "all", "file"],
        ),
        (&["user-sync", "--connector", "o"], &["okta"]),
        (&["user-sync", "--connector", "csv", "pe"], &["people.csv"]),
        (
            &["user-sync", "-c", "connector-u"],
            &["connector-umapi.yml"],
        ),
        (&["user-sync", "plan", "--det"], &["--detailed-exit-code"]),
        (&["user-sync", "sync", "--det"], &[]),
        (&["user-sync", "--process"], &["--process-groups"]),
        (&["user-sync", "credential", ""], &["set", "get", "delete"]),
        (&["user-sync", "generate", "f"], &["fish"]),
        (&["user-sync", "--color", "a"], &["auto", "always"]),
    ];
    assert_eq!(offered(&scene, &["user-sync", ""]), commands(&scene));
    for (words, expected) in cases {
        assert_eq!(offered(&scene, words), expected, "{words:?}");
    }
    for command in commands(&scene) {
        let help = scene.run(&[&command, "--help"]).stdout;
        let found = offered(&scene, &["user-sync", &command, "--"]);
        let missing: Vec<_> = options_in(&help)
            .into_iter()
            .filter(|option| !found.contains(option))
            .collect();
        assert!(missing.is_empty(), "{command}: {missing:?}");
    }
}

/// What `shell` offers behind the words of a line, by its own tab key or in its own words.
fn offered_by(shell: &str, scene: &Scene, line: &str) -> BTreeSet<String> {
    let mut command = Command::new(shell);
    match shell {
        "zsh" => command.args(["-f", "-c", include_str!("ask.zsh"), "ask", line]),
        _ => command.args(["--no-config", "-c", FISH, line]),
    };
    // Both write below their home.
    command
        .current_dir(scene.folder.path())
        .env("HOME", scene.folder.path())
        .env("TERM", "dumb");
    let lines = clean(command.output().unwrap());
    let words = lines.lines().filter_map(|line| line.split('\t').next());
    words.map(str::to_owned).collect()
}

const FISH: &str = "source user-sync.fish; complete -C $argv[1]";

#[test]
fn zsh_and_fish_complete_commands_options_words_and_files() {
    let scene = Scene::new("");
    for (shell, file) in [("zsh", "_user-sync"), ("fish", "user-sync.fish")] {
        scene.folder.write(file, &generated(&scene, shell));
    }
    scene.folder.write("people.csv", "");
    let cases: [(&str, &[&str]); 8] = [
        ("ex", &["explain"]),
        ("--users ", &["mapped", "group", "all", "file"]),
        ("sync --users m", &["mapped"]),
        ("--connector o", &["okta"]),
        ("--connector csv pe", &["people.csv"]),
        ("plan --det", &["--detailed-exit-code"]),
        ("sync --det", &[]),
        ("credential ", &["set", "get", "delete"]),
    ];
    for shell in ["zsh", "fish"].into_iter().filter(|shell| there_is(shell)) {
        let offered = |words: &str| offered_by(shell, &scene, &format!("user-sync {words}"));
        assert_eq!(
            offered(""),
            commands(&scene).into_iter().collect(),
            "{shell}"
        );
        for (words, expected) in cases {
            let expected = expected.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(offered(words), expected, "{shell}: {words}");
        }
        // A word behind an equals sign: fish offers the whole.
        let joined = offered("--users=m");
        assert_eq!(joined.len(), 1, "{shell}: {joined:?}");
        assert!(
            joined.iter().all(|word| word.ends_with("mapped")),
            "{shell}: {joined:?}"
        );
        for command in commands(&scene) {
            let help = scene.run(&[&command, "--help"]).stdout;
            let found = offered(&format!("{command} --"));
            let missing: Vec<_> = options_in(&help).difference(&found).cloned().collect();
            assert!(missing.is_empty(), "{shell}, {command}: {missing:?}");
        }
    }
}

#[test]
fn the_shells_can_read_their_completions() {
    let scene = Scene::new("");
    for shell in ["bash", "zsh", "fish"] {
        let script = generated(&scene, shell);
        let spelled = if shell == "fish" {
            "-l detailed-exit-code"
        } else {
            "--detailed-exit-code"
        };
        assert!(script.contains(spelled), "{shell}");
        scene.folder.write("completions", &script);
        if there_is(shell) {
            let mut command = Command::new(shell);
            command.arg("-n").arg(scene.path("completions"));
            assert_eq!(clean(command.output().unwrap()), "", "{shell}");
        }
    }
}

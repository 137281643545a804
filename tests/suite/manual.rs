//! The manual holds together: what is cited is there, and what the program knows is named.

use crate::support::{self, Folder};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The pages by the names of their files.
fn pages() -> BTreeMap<String, String> {
    let folder = root().join("src/manual");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, read(&path))
        })
        .collect()
}

/// The text outside fenced blocks, in which alone headings and links count.
fn prose(page: &str) -> String {
    let parts = page.split("```").step_by(2);
    parts.collect::<Vec<_>>().join("\n")
}

/// The names by which GitHub links to the headings of a page.
fn anchors(page: &str) -> BTreeSet<String> {
    let prose = prose(page);
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let text = line.trim_start_matches('#').trim().to_lowercase();
            text.chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
        .collect()
}

/// Whether `page.md`, `page.md#heading` or, on a page of its own, `#heading` is there.
fn leads_somewhere(pages: &BTreeMap<String, String>, from: &str, link: &str) -> bool {
    let (page, heading) = link.split_once('#').unwrap_or((link, ""));
    let page = if page.is_empty() { from } else { page };
    let Some(text) = pages.get(page) else {
        return false;
    };
    heading.is_empty() || anchors(text).contains(heading)
}

#[test]
fn every_link_between_pages_leads_to_a_heading() {
    let pages = pages();
    let mut links = 0;
    let mut dead = Vec::new();
    for (name, text) in &pages {
        let prose = prose(text);
        for part in prose.split("](").skip(1) {
            let link = part.split(')').next().unwrap();
            links += 1;
            if !leads_somewhere(&pages, name, link) {
                dead.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(links > 100, "{links} links are too few to be all");
    assert_eq!(dead, Vec::<String>::new());
}

#[test]
fn no_two_headings_of_a_page_have_one_name() {
    for (name, text) in pages() {
        let prose = prose(&text);
        let headings = prose.lines().filter(|line| line.starts_with('#')).count();
        assert_eq!(anchors(&text).len(), headings, "{name}");
    }
}

/// Every file of the repository that may cite: sources, tests, what is built by.
fn citing_files() -> Vec<PathBuf> {
    fn collect(place: &Path, found: &mut Vec<PathBuf>) {
        if place.is_file() {
            found.push(place.to_owned());
            return;
        }
        for entry in fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            // Built, or data that is compared byte for byte.
            if !path.ends_with("target") {
                collect(&path, found);
            }
        }
    }
    let mut found = Vec::new();
    for place in [
        "src",
        "tests",
        "Makefile",
        "README.md",
        "Cargo.toml",
        "testdata",
    ] {
        collect(&root().join(place), &mut found);
    }
    found
}

/// Every `manual/PAGE.md#heading` in a text; what ends a sentence does not belong to it.
fn citations(text: &str) -> impl Iterator<Item = &str> {
    text.split("manual/").skip(1).filter_map(|rest| {
        let part_of = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '#');
        let end = rest.find(|c| !part_of(c)).unwrap_or(rest.len());
        let cited = rest.get(..end)?.trim_end_matches('.');
        let (page, _) = cited.split_once('#').unwrap_or((cited, ""));
        page.ends_with(".md").then_some(cited)
    })
}

#[test]
fn every_citation_leads_to_a_heading() {
    let pages = pages();
    let own = Path::new(file!());
    let mut cited = 0;
    let mut dead = Vec::new();
    for path in citing_files() {
        // This file speaks of citations.
        if path.ends_with(own.file_name().unwrap()) {
            continue;
        }
        let Ok(text) = String::from_utf8(fs::read(&path).unwrap()) else {
            continue;
        };
        // Pages that the repository does not have.
        let foreign = ["spec/", "../shared"].into_iter();
        dead.extend(
            foreign
                .filter(|words| text.contains(words))
                .map(|words| format!("{}: {words}", path.display())),
        );
        for citation in citations(&text) {
            cited += 1;
            if !leads_somewhere(&pages, "", citation) {
                dead.push(format!("{}: manual/{citation}", path.display()));
            }
        }
    }
    assert!(cited > 0);
    assert_eq!(dead, Vec::<String>::new());
}

/// The words that stand as code on any page: options with their hyphens, keys.
fn words_in_code() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in pages().values() {
        // A fence is three of them, so what it holds is between ticks as well.
        for code in text.split('`').skip(1) {
            let part_of = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            words.extend(code.split(|c| !part_of(c)).map(str::to_owned));
        }
    }
    words
}

fn run(folder: &Folder, arguments: &[&str]) -> support::Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_user-sync"));
    command.args(arguments).current_dir(folder.path());
    support::run(command)
}

/// The options of every command, as `--help` lists them.
fn options_of_commands() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Folder::new();
    let overview = run(&folder, &["--help"]).stdout;
    let mut commands: BTreeSet<&str> = overview
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("user-sync "))
        .filter_map(|rest| rest.split_whitespace().next())
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    commands.insert("sync");
    assert!(commands.len() > 7, "{commands:?}");
    let part_of = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let options = |command: &str| {
        let help = run(&folder, &[command, "--help"]).stdout;
        help.split(|c| !part_of(c))
            .filter(|word| word.starts_with("--") && word.len() > 3)
            .map(str::to_owned)
            .collect()
    };
    commands
        .into_iter()
        .map(|command| (command.to_owned(), options(command)))
        .collect()
}

#[test]
fn every_option_of_every_command_is_named() {
    let words = words_in_code();
    for (command, options) in options_of_commands() {
        let named = [command.clone()].into_iter().chain(options);
        let unnamed: Vec<String> = named.filter(|word| !words.contains(word)).collect();
        assert_eq!(
            unnamed,
            Vec::<String>::new(),
            "no page names these of {command}"
        );
    }
}

#[test]
fn every_command_and_option_that_the_manual_lists_is_there() {
    let page = &pages()["commands.md"];
    let known = options_of_commands();
    let usage = page.split("```").nth(1).unwrap();
    let commands = usage
        .lines()
        .filter_map(|line| line.strip_prefix("user-sync ")?.split_whitespace().next())
        .filter(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    let unknown: Vec<&str> = commands.filter(|name| !known.contains_key(*name)).collect();
    assert_eq!(unknown, Vec::<&str>::new(), "commands");
    let options: BTreeSet<&str> = known.values().flatten().map(String::as_str).collect();
    let unknown: Vec<&str> = first_cells(page, "option")
        .filter(|word| word.starts_with("--") && !options.contains(word))
        .collect();
    assert_eq!(unknown, Vec::<&str>::new(), "options");
}

/// The words in code of the first cells of all tables whose first header is `header`.
fn first_cells<'p>(page: &'p str, header: &str) -> impl Iterator<Item = &'p str> {
    let start = format!("\n| {header} |");
    let tables: Vec<&str> = page.split(&start).skip(1).collect();
    tables
        .into_iter()
        .flat_map(|table| table.split("\n\n").next().unwrap().lines().skip(2))
        .flat_map(|line| {
            line.split('|')
                .nth(1)
                .unwrap()
                .split('`')
                .skip(1)
                .step_by(2)
        })
        .map(|code| code.split_whitespace().next().unwrap())
}

#[test]
fn every_key_that_the_manual_lists_is_one_of_the_programs() {
    let program = texts_of_the_program();
    let page = &pages()["configuration.md"];
    let keys: Vec<&str> = first_cells(page, "key").collect();
    assert!(keys.len() > 80, "{keys:?}");
    let unknown: Vec<&str> = keys
        .into_iter()
        .filter(|path| {
            let key = path.rsplit('.').next().unwrap();
            !program.contains(&format!("\"{key}\""))
        })
        .collect();
    assert_eq!(unknown, Vec::<&str>::new());
}

/// The credential of which a key names the source; the page says how such keys are made.
fn credential(key: &str) -> &str {
    let kept = key
        .strip_prefix("secure_")
        .and_then(|key| key.strip_suffix("_key"));
    let file = key.strip_suffix("_file");
    kept.or(file).or(key.strip_suffix("_env")).unwrap_or(key)
}

#[test]
fn every_key_that_a_file_may_hold_is_named() {
    let words = words_in_code();
    // An unknown key in every section: the error lists those that are known.
    let files = [
        (
            "user-sync-config.yml",
            "unknown: 1\n\
             adobe_users: {unknown: 1, connectors: {unknown: 1, umapi: umapi.yml}}\n\
             directory_users:\n  unknown: 1\n  connectors: {okta: okta.yml, csv: csv.yml}\n  \
             extension: extension.yml\n  \
             groups: [{directory_group: a, unknown: 1}]\n  \
             additional_groups: [{source: a, target: b, unknown: 1}]\n  \
             group_sync_options: {unknown: 1}\n\
             limits: {max_adobe_only_users: 1, unknown: 1}\n\
             logging: {unknown: 1}\n\
             invocation_defaults: {unknown: 1}\n",
        ),
        (
            "umapi.yml",
            "unknown: 1\nenterprise: {unknown: 1}\nserver: {unknown: 1}\n",
        ),
        (
            "okta.yml",
            "host: example.okta.com\napi_token: x\nunknown: 1\n",
        ),
        ("csv.yml", "unknown: 1\n"),
        ("extension.yml", "after_mapping_hook: pass\nunknown: 1\n"),
    ];
    let sections = [9, 3, 1, 1, 1];
    for ((broken, _), sections) in files.iter().zip(sections) {
        let folder = Folder::new();
        for (name, text) in &files {
            let whole = text
                .replace("unknown: 1, ", "")
                .replace(", unknown: 1", "")
                .replace("{unknown: 1}", "{}")
                .replace("  unknown: 1\n", "")
                .replace("unknown: 1\n", "");
            let whole = match *name {
                "umapi.yml" => "enterprise: {org_id: a@AdobeOrg, client_id: x, client_secret: y}\n",
                _ => &whole,
            };
            folder.write(name, if name == broken { text } else { whole });
        }
        let connector = match *broken {
            "csv.yml" => ["--connector", "csv", "people.csv"].as_slice(),
            _ => ["--connector", "okta", "--users", "mapped"].as_slice(),
        };
        let outcome = run(&folder, &[&["plan"], connector].concat());
        let error = outcome.output();
        assert_eq!(outcome.code, Some(2), "{broken}: {error}");
        let lists: Vec<&str> = error.split("llowed here: ").skip(1).collect();
        assert!(lists.len() >= sections, "{broken}: {error}");
        for list in lists {
            let keys = list.split([';', '\n']).next().unwrap().split(", ");
            for key in keys {
                let key = key.trim();
                let option = format!("--{}", key.replace('_', "-"));
                let named = [key, option.as_str(), credential(key)];
                assert!(
                    named.iter().any(|name| words.contains(*name)),
                    "no page names the key {key} of {broken}"
                );
            }
        }
    }
}

#[test]
fn every_exit_code_is_explained() {
    let source = read(&root().join("src/error.rs"));
    let codes = source
        .lines()
        .filter_map(|line| {
            line.trim()
                .strip_prefix("pub const ")?
                .split_once(": u8 = ")
        })
        .map(|(_, code)| code.trim_end_matches(';').to_owned())
        .collect::<Vec<_>>();
    assert!(codes.len() >= 9, "{codes:?}");
    let pages = pages();
    let chapter = pages["commands.md"].split("## Exit codes").nth(1).unwrap();
    for code in codes {
        assert!(
            chapter.contains(&format!("\n| {code} | ")),
            "exit code {code}"
        );
    }
}

#[test]
fn help_prints_the_pages_and_lists_them() {
    let folder = Folder::new();
    let list = run(&folder, &["help"]);
    assert_eq!((list.code, list.stderr.as_str()), (Some(0), ""));
    for (name, text) in pages() {
        let topic = name.trim_end_matches(".md");
        assert!(list.stdout.contains(&format!("\n  {topic} ")), "{topic}");
        let page = run(&folder, &["help", topic]);
        assert_eq!(page.code, Some(0), "{topic}");
        // Set to 80 columns, but for code, and with every heading.
        let too_long = |line: &&str| line.chars().count() > 80 && !line.starts_with("    ");
        assert_eq!(page.stdout.lines().find(too_long), None, "{topic}");
        let prose = prose(&text);
        for heading in prose.lines().filter(|line| line.starts_with('#')) {
            assert!(
                page.stdout.contains(&format!("{heading}\n")),
                "{topic}: {heading}"
            );
        }
    }
    let command = run(&folder, &["help", "plan"]);
    assert_eq!(command.stdout, run(&folder, &["plan", "--help"]).stdout);
    let unknown = run(&folder, &["help", "saftey"]);
    assert_eq!((unknown.code, unknown.stdout.as_str()), (Some(2), ""));
    assert!(
        unknown.stderr.contains("did you mean safety?"),
        "{}",
        unknown.stderr
    );
}

/// Every text of the program's sources in one, as the compiler joins it.
fn texts_of_the_program() -> String {
    let mut all = String::new();
    for path in citing_files() {
        if path.starts_with(root().join("src")) && path.extension().is_some_and(|end| end == "rs") {
            all.push_str(&read(&path));
        }
    }
    let mut joined = String::new();
    for part in all.split("\\\n") {
        joined.push_str(part.trim_start());
    }
    joined
}

#[test]
fn every_message_of_the_errors_page_is_one_of_the_programs() {
    let program = texts_of_the_program();
    let pages = pages();
    let mut messages = 0;
    let mut unknown = Vec::new();
    for line in pages["errors.md"]
        .lines()
        .filter(|line| line.starts_with("| `"))
    {
        let cell = line.split('|').nth(1).unwrap();
        // Behind every odd tick.
        for message in cell.split('`').skip(1).step_by(2) {
            messages += 1;
            if !program.contains(message) {
                unknown.push(message);
            }
        }
    }
    assert!(messages > 25, "{messages}");
    assert_eq!(unknown, Vec::<&str>::new());
    // And every code of Adobe's with a remedy of its own stands on Adobe's page.
    let remedies = read(&root().join("src/adobe/remedy.rs"));
    let code = regex::Regex::new(r#""(error\.[a-z_.]*[a-z])""#).unwrap();
    let (remedies, _) = remedies.split_once("#[cfg(test)]").unwrap();
    let codes: Vec<_> = code.captures_iter(remedies).collect();
    assert!(codes.len() > 10, "{}", codes.len());
    for code in codes {
        assert!(pages["adobe.md"].contains(&code[1]), "{}", &code[1]);
    }
}

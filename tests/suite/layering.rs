//! The rooms of manual/code.md#rooms: who may know whom. A glance at the sources' own words.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room of `src/`, lowest first, and the rooms that it may name; itself always. A room names
/// only rooms that stand before it in this list, so there is no circle.
const ROOMS: [(&str, &[&str]); 20] = [
    // A crate of its own: it cannot name ours, and its own tests guard the rooms within.
    ("script", &[]),
    ("text", &["script"]),
    ("error.rs", &[]),
    ("os", &["error"]),
    // Below config, which tells the place of a key that cannot be used.
    ("key", &["os"]),
    ("record", &[]),
    ("model", &["text"]),
    // What an option is; the options themselves are where their values are used.
    ("cli", &["error", "text"]),
    (
        "config",
        &[
            "cli", "error", "key", "model", "os", "record", "script", "text",
        ],
    ),
    ("logging.rs", &["config", "error", "os"]),
    // `text` for the form of times in files.
    ("http", &["config", "error", "os", "text"]),
    (
        "okta",
        &["config", "error", "http", "key", "os", "record", "text"],
    ),
    (
        "adobe",
        &["config", "error", "http", "logging", "model", "os", "text"],
    ),
    (
        "people",
        &[
            "config", "error", "logging", "model", "okta", "os", "record", "script", "text",
        ],
    ),
    ("plan", &["config", "error", "model", "script", "text"]),
    (
        "hook.rs",
        &[
            "config", "error", "model", "people", "plan", "record", "script", "text",
        ],
    ),
    (
        "send",
        &[
            "adobe", "config", "error", "http", "logging", "model", "os", "text",
        ],
    ),
    (
        "show",
        &[
            "config", "error", "http", "model", "os", "plan", "send", "text",
        ],
    ),
    // The stories: they may name every room.
    (
        "commands",
        &[
            "adobe", "cli", "config", "error", "hook", "http", "logging", "model", "okta", "os",
            "people", "plan", "record", "script", "send", "show", "text",
        ],
    ),
    ("main.rs", &[]),
];

fn sources(place: &Path, found: &mut Vec<PathBuf>) {
    if place.is_file() {
        found.push(place.to_owned());
        return;
    }
    for entry in fs::read_dir(place).unwrap() {
        sources(&entry.unwrap().path(), found);
    }
}

/// The modules behind `crate::` in a source, and `script` where it names a path of that crate.
fn named(source: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let modules = source
        .split("crate::")
        .skip(1)
        .map(move |rest| rest.split(ends).next().unwrap_or_default())
        .filter(|name| !name.is_empty());
    let before_script = [" script::", "(script::", "<script::", "&script::"];
    let script = before_script.iter().any(|path| source.contains(path));
    modules.chain(script.then_some("script"))
}

/// The code of a source without the tests at its end.
fn without_tests(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap()
}

/// The rooms of ours that a room's sources name, tests left out: they may set a stage with anything.
fn rooms_named_in(room: &str) -> BTreeSet<String> {
    let mut files = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room),
        &mut files,
    );
    assert!(!files.is_empty(), "{room}");
    let is_test = |file: &PathBuf| {
        let parts = ["tests", "tests.rs", "testing.rs"];
        file.iter()
            .any(|part| parts.iter().any(|test| part == *test))
    };
    files.retain(|file| !is_test(file) && file.extension().is_some_and(|end| end == "rs"));
    let sources = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let named: BTreeSet<String> = sources
        .flat_map(|source| {
            let rooms = named(without_tests(&source));
            rooms.map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    &named - &BTreeSet::from([room.trim_end_matches(".rs").to_owned()])
}

#[test]
fn a_room_names_those_that_it_may_know_and_no_line_of_the_list_is_idle() {
    for (room, known) in ROOMS.into_iter().filter(|(room, _)| *room != "script") {
        let known: BTreeSet<String> = known.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(rooms_named_in(room), known, "what src/{room} names");
    }
}

/// The floor of every room, lowest first: one above the highest room that it names.
fn floors() -> Vec<BTreeSet<&'static str>> {
    let mut floors: Vec<BTreeSet<&str>> = Vec::new();
    for (room, known) in ROOMS {
        let holds_known = |floor: &BTreeSet<&str>| known.iter().any(|name| floor.contains(name));
        let floor = match room {
            // It names the library by the library's own name.
            "main.rs" => floors.len(),
            _ => floors
                .iter()
                .rposition(holds_known)
                .map_or(0, |highest| highest + 1),
        };
        floors.resize_with(floors.len().max(floor + 1), BTreeSet::new);
        floors[floor].insert(room.trim_end_matches(".rs"));
    }
    floors
}

#[test]
fn the_drawing_in_the_manual_is_of_this_house() {
    let page = fs::read_to_string("src/manual/code.md").unwrap();
    let (_, section) = page.split_once("\n## Floors\n").unwrap();
    let drawing = section.split("```").nth(1).unwrap();
    let drawn: Vec<BTreeSet<&str>> = drawing
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|floor: &BTreeSet<&str>| !floor.is_empty())
        .collect();
    assert_eq!(drawn, floors().into_iter().rev().collect::<Vec<_>>());
}

#[test]
fn every_room_is_guarded_and_names_only_rooms_below() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names = ROOMS.map(|(room, _)| room);
    for entry in fs::read_dir(&src).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let guarded = ["build.rs", "lib.rs"].contains(&name.as_str())
            || name == "manual"
            || names.contains(&name.as_str());
        assert!(guarded, "src/{name} has no line in the list of rooms");
    }
    for (place, (room, known)) in ROOMS.iter().enumerate() {
        let below = |name: &&&str| {
            let mut below = names[..place].iter();
            below.any(|below| below.trim_end_matches(".rs") == **name)
        };
        let above: Vec<_> = known.iter().filter(|name| !below(name)).collect();
        assert!(
            above.is_empty(),
            "{room} names {above:?}, which stand not below it"
        );
    }
}

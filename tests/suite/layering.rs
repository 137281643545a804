//! The rooms of the README's last chapter: who may know whom. A glance at the sources' own words.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, and the modules of the product that it may name; itself always.
const ROOMS: [(&str, &[&str]); 15] = [
    ("pattern", &[]),
    ("script", &["pattern", "hash"]),
    ("record.rs", &[]),
    ("hash.rs", &[]),
    ("text.rs", &["hash"]),
    ("model.rs", &["hash", "text"]),
    ("index.rs", &["hash", "model", "text"]),
    (
        "mapping",
        &[
            "config", "hash", "index", "model", "notice", "record", "text",
        ],
    ),
    (
        "plan",
        &[
            "command", "config", "error", "hash", "index", "mapping", "model", "notice", "pattern",
            "record", "secret", "summary", "text",
        ],
    ),
    ("http", &["config", "error", "secret", "signals"]),
    ("okta", &["config", "error", "http", "record", "secret"]),
    (
        "adobe",
        &[
            "command", "config", "error", "hash", "http", "model", "secret", "text",
        ],
    ),
    (
        "config",
        &[
            "csv_file", "error", "keyring", "mapping", "model", "nearest", "pattern", "record",
            "secret",
        ],
    ),
    ("signals.rs", &["error"]),
    ("csv_file.rs", &[]),
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

/// The modules behind `crate::` in a source.
fn named(source: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    source
        .split("crate::")
        .skip(1)
        .map(move |rest| rest.split(ends).next().unwrap_or_default())
        .filter(|name| !name.is_empty())
}

#[test]
fn no_room_names_one_that_it_must_not_know() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, known) in ROOMS {
        let own = room.trim_end_matches(".rs");
        let mut files = Vec::new();
        sources(&src.join(room), &mut files);
        assert!(!files.is_empty(), "{room}");
        // Tests may set a stage with anything.
        let is_test = |file: &PathBuf| {
            file.iter()
                .any(|part| part == "tests" || part == "tests.rs")
        };
        files.retain(|file| !is_test(file));
        for file in files {
            let source = fs::read_to_string(&file).unwrap();
            for name in named(&source) {
                let may = name == own || known.contains(&name);
                assert!(may, "{} must not know {name}", file.display());
            }
        }
    }
}

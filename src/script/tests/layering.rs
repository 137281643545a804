//! The rooms of the crate: who may know whom. A glance at the sources' own words.

use std::fs;
use std::path::{Path, PathBuf};

/// Every room, lowest first, and the rooms that it may name; itself always. A room names only rooms that stand
/// before it in this list, so there is no circle.
const ROOMS: [(&str, &[&str]); 9] = [
    ("hash", &[]),
    ("pattern", &[]),
    ("names", &["pattern"]),
    ("value", &["hash", "names", "pattern"]),
    ("syntax", &["names", "value"]),
    ("format", &["names", "pattern", "value"]),
    ("run", &["format", "names", "value"]),
    ("library", &["format", "names", "pattern", "run", "value"]),
    (
        "load",
        &["format", "library", "names", "pattern", "syntax", "value"],
    ),
];
/// What lib.rs itself has, for every room.
const OUTERMOST: [&str; 3] = ["Level", "LogLine", "Program"];

fn sources(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let entries = fs::read_dir(place).unwrap();
    entries
        .flat_map(|entry| sources(&entry.unwrap().path()))
        .collect()
}

/// The words behind `crate::` in a source, also those in braces.
fn named(source: &str) -> impl Iterator<Item = &str> {
    source.split("crate::").skip(1).flat_map(|rest| {
        let list = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split('}').next());
        let words = list.unwrap_or(rest).split(", ");
        let words = words.take(if list.is_some() { usize::MAX } else { 1 });
        words.map(|word| {
            let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            word.trim().split(ends).next().unwrap_or_default()
        })
    })
}

#[test]
fn no_room_names_one_that_it_must_not_know() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names = ROOMS.map(|(room, _)| room);
    for (place, (room, known)) in ROOMS.iter().enumerate() {
        let below = &names[..place];
        assert!(known.iter().all(|name| below.contains(name)), "{room}");
        let file = src.join(format!("{room}.rs"));
        let folder = if file.exists() { file } else { src.join(room) };
        for file in sources(&folder) {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for name in named(code).filter(|name| !name.is_empty()) {
                let may = name == *room || known.contains(&name) || OUTERMOST.contains(&name);
                assert!(may, "{} must not know {name}", file.display());
            }
        }
    }
    for entry in fs::read_dir(&src).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let guarded = name == "lib.rs" || names.contains(&name.trim_end_matches(".rs"));
        assert!(guarded, "src/{name} has no line in the list of rooms");
    }
}

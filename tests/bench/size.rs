//! The size of the binary, and what its parts add to it.
//!
//! Counted from the map that the linker writes beside it (src/build.rs): each function and each
//! named constant goes to the crate, or the room of the product, that its symbol names first; a
//! generic function of the standard library to the crate that it was made for. Texts and tables
//! have no names after all crates were optimised as one, so they are a row of their own.

use std::collections::BTreeMap;
use std::path::Path;

/// What the build script left behind of this very build.
const MAP: &str = concat!(env!("OUT_DIR"), "/user-sync.map");
const MANUAL: &str = concat!(env!("OUT_DIR"), "/manual");
const LOCK: &str = include_str!("../../Cargo.lock");

/// A name for several crates, by the beginnings of their names.
const PARTS: [(&str, &[&str]); 9] = [
    (
        "TLS: rustls, ring, roots",
        &["rustls", "ring", "webpki", "untrusted", "subtle"],
    ),
    (
        "HTTP: ureq",
        &["ureq", "http", "utf8_zero", "percent_encoding", "bytes"],
    ),
    (
        "gzip",
        &[
            "flate2",
            "miniz_oxide",
            "simd_adler32",
            "crc32fast",
            "adler2",
        ],
    ),
    ("regex", &["regex", "fancy_regex", "bit_", "memchr"]),
    (
        "YAML",
        &["serde_yaml", "unsafe_libyaml", "indexmap", "hashbrown"],
    ),
    ("JSON", &["serde", "itoa", "ryu", "zmij"]),
    ("keyring, D-Bus", &["keyring", "dbus", "libdbus"]),
    ("time and log", &["jiff", "env_", "log"]),
    ("interpreter of filters and hooks", &["script"]),
];
/// Rooms of the product that only service apps of Okta need (OAuth, DPoP).
const OAUTH: [&str; 3] = ["key", "okta::auth", "okta::sign"];
const OAUTH_PART: &str = "service apps: OAuth, DPoP";
const ABOUT_OAUTH: &str = "\
  (service apps: the rooms key, okta::auth and okta::sign; without what was inlined into other
  functions, and without signing itself, which TLS brings for client certificates)
";
const STANDARD: [&str; 3] = ["core", "alloc", "std"];
const NAMELESS: &str = "texts and tables of all parts";

/// The size, and a table of the parts if the linker told them.
pub(crate) fn table(binary: &Path) -> Result<String, String> {
    let about =
        std::fs::metadata(binary).map_err(|problem| format!("{}: {problem}", binary.display()))?;
    let whole = about.len();
    let name = binary.file_name().unwrap_or_default().display();
    let mut text = format!("{name}: {:.2} MB\n", whole as f64 / 1e6);
    let Ok(map) = std::fs::read(MAP) else {
        return Ok(text + "  its parts are told by LLVM's linker only, which did not link it\n");
    };
    let mut parts = BTreeMap::<String, u64>::new();
    let crates = crates();
    for piece in pieces(&String::from_utf8_lossy(&map)) {
        *parts.entry(part(&piece, &crates)).or_default() += piece.bytes;
    }
    let manual = std::fs::metadata(MANUAL).map_or(0, |about| about.len());
    parts.insert("manual, packed".to_owned(), manual);
    if let Some(nameless) = parts.get_mut(NAMELESS) {
        *nameless = nameless.saturating_sub(manual);
    }
    let counted: u64 = parts.values().sum();
    let rest = whole.saturating_sub(counted);
    parts.insert("relocations, headers, gaps".to_owned(), rest);
    let mut rows: Vec<_> = parts.into_iter().collect();
    rows.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    for (part, bytes) in rows {
        text += &format!("  {part:<34} {bytes:>10}\n");
    }
    Ok(text + ABOUT_OAUTH)
}

/// The crates of the tree, as symbols spell them.
fn crates() -> Vec<String> {
    let names = LOCK
        .lines()
        .filter_map(|line| line.strip_prefix("name = \""));
    let names = names.map(|name| name.trim_end_matches('"').replace('-', "_"));
    // The crate of the interpreter has a shorter name than its package.
    names.chain(["script".to_owned()]).collect()
}

/// Something that the linker has put into the file.
struct Piece<'a> {
    /// Of the section: with each function and constant in its own, this holds the symbol.
    name: &'a str,
    bytes: u64,
    /// The object file, or an archive and its member in parentheses.
    origin: &'a str,
}

/// A line is `VMA LMA SIZE ALIGN FILE:(SECTION)`; lines without a section are sums and symbols.
fn pieces(map: &str) -> Vec<Piece<'_>> {
    let piece = |line| {
        let (place, name) = str::rsplit_once(line, ":(")?;
        let name = name.trim_end_matches(')');
        let mut words = place.split_whitespace();
        let address = words.next()?;
        let bytes = u64::from_str_radix(words.nth(1)?, 16).ok()?;
        let is_in_the_file =
            address != "0" && !name.starts_with(".bss") && !name.starts_with(".tbss");
        let origin = words.nth(1).filter(|_| is_in_the_file)?;
        Some(Piece {
            name,
            bytes,
            origin,
        })
    };
    map.lines().filter_map(piece).collect()
}

fn part(piece: &Piece, crates: &[String]) -> String {
    let mut known = crates
        .iter()
        .filter_map(|name| Some((place(piece.name, name)?, name)));
    let first = known
        .by_ref()
        .min_by_key(|(place, name)| (*place, name.len()));
    let owner = first.map(|(place, name)| (&piece.name[place + name.len()..], name.as_str()));
    let of = |name: &str| place(piece.name, name).is_some();
    match owner {
        Some((path, "user_sync")) => room(path),
        Some((_, name)) => of_crate(name),
        None if STANDARD.into_iter().any(of) => "standard library".to_owned(),
        None if piece.origin.contains("liblibdbus_sys") => of_crate("dbus"),
        None if piece.origin.contains("libring") => of_crate("ring"),
        None if piece.origin.contains("libstd") || piece.origin.contains("compiler_builtins") => {
            "standard library".to_owned()
        }
        None if piece.origin.contains(".a(") || piece.origin.contains("crt") => {
            "C library".to_owned()
        }
        None => NAMELESS.to_owned(),
    }
}

fn of_crate(name: &str) -> String {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|begin| name.starts_with(begin));
    let part = PARTS
        .iter()
        .rev()
        .find(|(_, beginnings)| begins(beginnings));
    part.map_or("other crates", |(part, _)| part).to_owned()
}

/// Where a symbol names a crate: between two lengths, or in the words of a type.
fn place(symbol: &str, name: &str) -> Option<usize> {
    symbol
        .match_indices(name)
        .map(|(place, _)| place)
        .find(|place| {
            let before = symbol[..*place].chars().next_back();
            let after = symbol[place + name.len()..].chars().next();
            !before.is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
                && !after.is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        })
}

/// The room that the path behind the crate's name begins with.
fn room(path: &str) -> String {
    let mut words = path.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    let mut words = words.by_ref().filter(|word| !word.is_empty());
    let room = words.next().unwrap_or("main");
    let inner = format!("{room}::{}", words.next().unwrap_or_default());
    if OAUTH.contains(&room) || OAUTH.contains(&inner.as_str()) {
        return OAUTH_PART.to_owned();
    }
    format!("user-sync: {room}")
}

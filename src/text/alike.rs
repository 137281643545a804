//! Names that look alike and are not equal: letter case, blanks, dashes, quotes.
//!
//! For messages: nothing is ever matched by likeness. Knows no names itself.

/// `Okta has "TEAM" (another letter case); `: which of `others` look like a name that was not found;
/// nothing if none does.
pub fn told<'n>(owner: &str, name: &str, others: impl IntoIterator<Item = &'n str>) -> String {
    let in_what = |other| Some(format!("\"{other}\" ({})", difference(name, other)?));
    let alike: Vec<String> = others.into_iter().filter_map(in_what).collect();
    if alike.is_empty() {
        String::new()
    } else {
        format!("{owner} has {}; ", alike.join(", "))
    }
}

/// What makes two names differ that look alike. `None` if they are equal, ends trimmed, or do not
/// look alike.
pub fn difference(one: &str, other: &str) -> Option<&'static str> {
    let (one, other) = (one.trim(), other.trim());
    if one == other || likeness(one) != likeness(other) {
        return None;
    }
    let same_by = |form: fn(&str) -> String| form(one) == form(other);
    Some(if same_by(str::to_lowercase) {
        "another letter case"
    } else if same_by(|name| plain_blanks(&name.to_lowercase())) {
        "other blanks"
    } else {
        "other dashes or quotes"
    })
}

/// The form that all names have in common which look alike.
pub fn likeness(name: &str) -> String {
    let plain = |c: char| match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{2018}'..='\u{201b}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        other => other,
    };
    plain_blanks(&name.to_lowercase().chars().map(plain).collect::<String>())
}

/// One blank for each run of blanks of any kind; none where they take no room.
fn plain_blanks(name: &str) -> String {
    let is_seen = |c: &char| {
        !matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
    };
    let seen: String = name.chars().filter(is_seen).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_differ_in_something() {
        for (one, other, expected) in [
            ("Docs", "docs", Some("another letter case")),
            ("Adobe CC", "Adobe\u{a0}CC", Some("other blanks")),
            ("Adobe CC", "adobe  CC", Some("other blanks")),
            ("Adobe CC", "Adobe \u{200b}CC", Some("other blanks")),
            ("A-B", "a\u{2013}b", Some("other dashes or quotes")),
            ("Ann's", "Ann\u{2019}s", Some("other dashes or quotes")),
            ("Docs", " Docs ", None),
            ("Docs", "Doc", None),
            ("Adobe CC", "AdobeCC", None),
        ] {
            assert_eq!(difference(one, other), expected, "{one} {other}");
            assert_eq!(difference(other, one), expected, "{other} {one}");
        }
        let told = told("Okta", "A B", ["a b", "C", "A  B"]);
        let expected = "Okta has \"a b\" (another letter case), \"A  B\" (other blanks); ";
        assert_eq!(told, expected);
    }
}

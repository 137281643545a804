//! The known word that a mistyped one is nearest to: "did you mean …".
//!
//! Used for options, commands and configuration keys. Knows no word itself.

/// The nearest of `known` to `word`, ignoring case, if it is near enough to be meant: at most a
/// third of its letters differ.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    // Longer words are no mistyped option, and the comparison is quadratic.
    if word.len() > 100 {
        return None;
    }
    let word = word.trim().to_lowercase();
    known
        .into_iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().div_ceil(3).min(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `; did you mean groups?`, behind what is said of a word that is not known; empty where no known
/// one is near.
pub fn meant<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    nearest(word, known).map_or(String::new(), |near| format!("; did you mean {near}?"))
}

/// Insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (i, c) in one.chars().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(i + 1);
        let mut left = None;
        for (j, d) in other.iter().enumerate() {
            let at =
                |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&row, j) + usize::from(c != *d);
            let mut best = replaced.min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            if j > 0 && previous == Some(*d) && left == Some(c) {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
            left = Some(*d);
        }
        before = std::mem::replace(&mut row, next);
        previous = Some(c);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_letters_and_swaps() {
        let cases = [
            ("", "", 0),
            ("abc", "abc", 0),
            ("emial", "email", 1),
            ("gruops", "groups", 1),
            ("host", "hots", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
        ];
        for (one, other, expected) in cases {
            assert_eq!(distance(one, other), expected, "{one} {other}");
            assert_eq!(distance(other, one), expected, "{other} {one}");
        }
    }

    #[test]
    fn only_a_near_word_is_suggested() {
        let known = ["user_email_format", "host", "timeout"];
        assert_eq!(
            nearest("user_emial_format", known),
            Some("user_email_format")
        );
        assert_eq!(nearest("Hosts", known), Some("host"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"x".repeat(100_000), known), None);
    }
}

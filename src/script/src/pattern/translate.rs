//! Translates the syntax of Python's regular expressions into that of the engine.
//!
//! What the two read differently is rewritten; what the engine lacks is refused by name. Every
//! literal is escaped on the way, so nothing of the source can mean what it does not mean in Python.

mod class;

use regex::{Regex, RegexBuilder};

/// Python's numbers of the flags.
pub const IGNORE_CASE: u8 = 2;
pub const MULTI_LINE: u8 = 8;
pub const DOT_ALL: u8 = 16;
/// White space and comments mean nothing.
pub const VERBOSE: u8 = 64;

/// Groups inside one another.
const NESTING: usize = 100;

const WORD: &str = r"\p{L}\p{N}_";
/// The engine's white space, and four separators that only Python counts.
const SPACE: &str = r"\s\x1c-\x1f";

/// With I, Python takes the dotless and the dotted i for cases of one letter.
const SOME_I: [char; 4] = ['i', 'I', '\u{130}', '\u{131}'];

/// Why a pattern cannot be used.
pub enum Bad {
    /// Python refuses it too.
    Error(String),
    /// Python has it, the engine has not.
    Outside(String),
}

/// A pattern in the engine's syntax, and what its user may want to know of it.
#[derive(Default)]
pub struct Translated {
    pub pattern: String,
    /// What only a backtracking engine can run, if there is any.
    pub beyond_regex: Option<&'static str>,
    /// Those asked for, and those set at its start, as `(?i)`.
    pub flags: u8,
    /// Where an empty match may be preferred to a longer one, which the engine cannot be asked for.
    pub may_prefer_empty: bool,
    /// With several rounds of something that may be empty, what a group took is told differently by the two engines.
    pub has_empty_rounds: bool,
    pub uses_boundary: bool,
    /// The flag x, for all of it or a part.
    pub is_verbose: bool,
    /// The largest count of a repetition.
    pub most_repeats: u32,
    /// How large the compiled pattern is, roughly: characters, times their repetitions.
    pub weight: usize,
}

/// Compiles what was translated, into at most so many bytes.
///
/// # Errors
/// The engine's own.
pub fn build(pattern: &str, flags: u8, most_bytes: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(flags & IGNORE_CASE != 0)
        .multi_line(flags & MULTI_LINE != 0)
        .dot_matches_new_line(flags & DOT_ALL != 0)
        .size_limit(most_bytes)
        .build()
}

/// What is known of a piece just translated.
#[derive(Default, Clone, Copy)]
struct Piece {
    /// Characters that it takes, at least and at most.
    least: usize,
    most: usize,
    has_group: bool,
    /// It is a place, not a text: `^`, `\b`.
    is_place: bool,
    /// Of the ways to match, an empty one may come before a longer one.
    prefers_empty: bool,
    weight: usize,
}

const EMPTY: Piece = Piece {
    least: 0,
    most: 0,
    has_group: false,
    is_place: false,
    prefers_empty: false,
    weight: 0,
};
/// A place, not a text.
const PLACE: Piece = Piece {
    is_place: true,
    ..EMPTY
};
/// A character.
const ONE: Piece = Piece {
    least: 1,
    most: 1,
    weight: 1,
    ..EMPTY
};
/// A class of characters written out.
const CLASS: Piece = Piece { weight: 2, ..ONE };
/// `\w` and its like: in Unicode they are large.
const CATEGORY: Piece = Piece { weight: 40, ..ONE };

impl Piece {
    /// This, and another one behind it.
    fn add(&mut self, next: Piece) {
        self.least = self.least.saturating_add(next.least);
        self.most = self.most.saturating_add(next.most);
        self.has_group |= next.has_group;
        self.prefers_empty |= next.prefers_empty;
        self.weight = self.weight.saturating_add(next.weight);
    }

    /// It can match nothing.
    fn nullable(&self) -> bool {
        self.least == 0
    }
}

/// The kinds of groups.
#[derive(Clone, Copy, PartialEq, Eq)]
enum GroupKind {
    Plain,
    Capturing,
    LookAhead,
    LookBehind,
}

struct Translator<'a> {
    chars: &'a [char],
    at: usize,
    out: String,
    depth: usize,
    /// Flags in force here.
    flags: u8,
    /// Each capturing group, with its name, and what it matches once it is closed.
    groups: Vec<(Option<String>, Option<Piece>)>,
    /// Groups before the look-behind at hand: only they may be referred to in it.
    before_behind: Option<usize>,
    /// What is known so far of the whole.
    known: Translated,
}

type Translation = Result<Piece, Bad>;

/// Translates a pattern, over which these flags hold.
///
/// # Errors
/// Python's own, or what the engine lacks.
pub fn translate(text: &str, flags: u8) -> Result<Translated, Bad> {
    let chars: Vec<char> = text.chars().collect();
    let mut translator = Translator {
        chars: &chars,
        at: 0,
        out: String::with_capacity(text.len() + 16),
        depth: 0,
        flags,
        groups: Vec::new(),
        before_behind: None,
        known: Translated::default(),
    };
    translator.global_flags()?;
    let piece = translator.alternatives()?;
    if translator.at < chars.len() {
        return Err(translator.error("a parenthesis is closed but not opened"));
    }
    Ok(Translated {
        pattern: translator.out,
        flags: translator.flags,
        may_prefer_empty: piece.nullable() && piece.prefers_empty,
        weight: piece.weight,
        ..translator.known
    })
}

impl Translator<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn peek_at(&self, offset: usize) -> Option<char> {
        self.chars.get(self.at + offset).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    fn accept(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    fn starts_with(&self, text: &str) -> bool {
        text.chars()
            .enumerate()
            .all(|(offset, c)| self.peek_at(offset) == Some(c))
    }

    fn error(&self, message: &str) -> Bad {
        Bad::Error(format!("{message} at position {}", self.at))
    }

    /// Flags for the whole pattern stand at its start; only comments may come before.
    fn global_flags(&mut self) -> Result<(), Bad> {
        loop {
            self.skip_blanks();
            if self.starts_with("(?#") {
                self.at += 2;
                self.extension()?;
                continue;
            }
            if !self.starts_with("(?") {
                break;
            }
            let rest = self.chars.get(self.at + 2..).unwrap_or_default();
            let letters = rest.iter().take_while(|c| c.is_ascii_alphabetic());
            let letters: String = letters.collect();
            let is_closed = self.peek_at(2 + letters.len()) == Some(')');
            if letters.is_empty() || letters.starts_with('P') || !is_closed {
                break;
            }
            for letter in letters.chars() {
                self.flags |= self.flag(letter)?;
            }
            self.at += letters.len() + 3;
        }
        Ok(())
    }

    fn flag(&mut self, letter: char) -> Result<u8, Bad> {
        match letter {
            'i' => Ok(IGNORE_CASE),
            'm' => Ok(MULTI_LINE),
            's' => Ok(DOT_ALL),
            'u' => Ok(0),
            'x' => {
                self.known.is_verbose = true;
                Ok(VERBOSE)
            }
            'a' => Err(Bad::Outside("the flag a".to_owned())),
            'L' => Err(self.error("the flag L is for bytes")),
            _ => Err(self.error("unknown flag")),
        }
    }

    fn alternatives(&mut self) -> Translation {
        let mut whole = self.sequence()?;
        while self.accept('|') {
            self.out.push('|');
            let branch = self.sequence()?;
            // An empty way of an earlier branch comes before all of the next.
            let prefers_empty = whole.nullable();
            let (least, most) = (whole.least.min(branch.least), whole.most.max(branch.most));
            whole.add(branch);
            whole.prefers_empty |= prefers_empty;
            (whole.least, whole.most) = (least, most);
        }
        Ok(whole)
    }

    fn sequence(&mut self) -> Translation {
        let mut whole = EMPTY;
        loop {
            self.skip_blanks();
            if matches!(self.peek(), None | Some('|' | ')')) {
                break;
            }
            let start = self.out.len();
            let Some(piece) = self.item()? else { continue };
            whole.add(self.repeated(piece, start)?);
        }
        Ok(whole)
    }

    /// What means nothing with the flag x: white space that Python knows, and comments.
    fn skip_blanks(&mut self) {
        while self.flags & VERBOSE != 0 {
            match self.peek() {
                Some(' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c') => self.at += 1,
                Some('#') => while self.next().is_some_and(|c| c != '\n') {},
                _ => break,
            }
        }
    }

    /// One item; None for a comment.
    fn item(&mut self) -> Result<Option<Piece>, Bad> {
        let repeats = self.counts().is_some();
        let Some(c) = self.next() else {
            return Ok(None);
        };
        match c {
            '(' if self.starts_with("?P=") => {
                self.at += 3;
                return self.named_reference().map(Some);
            }
            '(' => return self.group(),
            '[' => return self.class().map(Some),
            '\\' => return self.escape().map(Some),
            '^' | '$' => {
                self.out.push(c);
                return Ok(Some(PLACE));
            }
            '.' => self.out.push('.'),
            '*' | '+' | '?' => return Err(self.nothing_to_repeat(c)),
            '{' if repeats => return Err(self.nothing_to_repeat(c)),
            _ => {
                self.literal(c);
                return Ok(Some(ONE));
            }
        }
        Ok(Some(CLASS))
    }

    fn nothing_to_repeat(&mut self, c: char) -> Bad {
        self.at -= 1;
        self.error(&format!("there is nothing that {c} could repeat"))
    }

    fn literal(&mut self, c: char) {
        if self.flags & IGNORE_CASE != 0 && SOME_I.contains(&c) {
            self.out.push_str("[iI\u{130}\u{131}]");
        } else {
            push_literal(&mut self.out, c);
        }
    }

    fn group(&mut self) -> Result<Option<Piece>, Bad> {
        if self.depth >= NESTING {
            return Err(Bad::Outside("so deep a nesting".to_owned()));
        }
        let outer_flags = self.flags;
        let kind = if self.accept('?') {
            match self.extension()? {
                Some(kind) => kind,
                None => return Ok(None),
            }
        } else {
            self.groups.push((None, None));
            self.out.push('(');
            GroupKind::Capturing
        };
        let number = self.groups.len();
        let outer_behind = self.before_behind;
        if kind == GroupKind::LookBehind {
            self.before_behind = outer_behind.or(Some(number));
        }
        self.depth += 1;
        let mut piece = self.alternatives()?;
        self.depth -= 1;
        if !self.accept(')') {
            return Err(self.error("a parenthesis is not closed"));
        }
        self.out.push(')');
        (self.flags, self.before_behind) = (outer_flags, outer_behind);
        piece.is_place = false;
        match kind {
            GroupKind::Plain => {}
            GroupKind::Capturing => {
                piece.has_group = true;
                if let Some(group) = self.groups.get_mut(number - 1) {
                    group.1 = Some(piece);
                }
            }
            GroupKind::LookBehind if piece.least != piece.most => {
                return Err(self.error("a look-behind needs a pattern of fixed width"));
            }
            GroupKind::LookAhead | GroupKind::LookBehind => {
                piece = Piece {
                    least: 0,
                    most: 0,
                    prefers_empty: false,
                    ..piece
                };
            }
        }
        Ok(Some(piece))
    }

    /// What follows `(?`: the kind of the group, or None for a comment.
    fn extension(&mut self) -> Result<Option<GroupKind>, Bad> {
        let outside = |what: &str| Err(Bad::Outside(what.to_owned()));
        match self.next() {
            Some(':') => {
                self.out.push_str("(?:");
                Ok(Some(GroupKind::Plain))
            }
            Some('#') => {
                while let Some(c) = self.next() {
                    if c == ')' {
                        return Ok(None);
                    }
                }
                Err(self.error("a comment is not closed"))
            }
            Some('P') => match self.next() {
                Some('<') => self.named_group().map(Some),
                _ => Err(self.error("unknown kind of group (?P")),
            },
            Some(sign @ ('=' | '!')) => {
                self.known.beyond_regex = Some("look-ahead");
                self.out.extend(['(', '?', sign]);
                Ok(Some(GroupKind::LookAhead))
            }
            Some('<') => match self.next() {
                Some(sign @ ('=' | '!')) => {
                    self.known.beyond_regex = Some("look-behind");
                    self.out.extend(['(', '?', '<', sign]);
                    Ok(Some(GroupKind::LookBehind))
                }
                _ => Err(self.error("a group's name is written (?P<name>…)")),
            },
            Some('>') => outside("an atomic group"),
            Some('(') => outside("a conditional group"),
            Some(c) if c == '-' || c.is_ascii_alphabetic() => {
                self.at -= 1;
                self.scoped_flags().map(|()| Some(GroupKind::Plain))
            }
            Some(_) => Err(self.error("unknown kind of group")),
            None => Err(self.error("a parenthesis is not closed")),
        }
    }

    /// The name up to the character that ends it.
    fn group_name(&mut self, end: char) -> Result<String, Bad> {
        let mut name = String::new();
        while let Some(c) = self.next() {
            if c != end {
                name.push(c);
            } else if is_name(&name) {
                return Ok(name);
            } else {
                return Err(self.error(&format!("\"{name}\" is no name for a group")));
            }
        }
        Err(self.error(&format!("a group's name is not closed with {end}")))
    }

    fn named_group(&mut self) -> Result<GroupKind, Bad> {
        let name = self.group_name('>')?;
        if self.number_of(&name).is_some() {
            return Err(self.error(&format!("duplicate group name \"{name}\"")));
        }
        self.out.push_str(&format!("(?P<{name}>"));
        self.groups.push((Some(name), None));
        Ok(GroupKind::Capturing)
    }

    fn number_of(&self, name: &str) -> Option<usize> {
        let is_it = |group: &(Option<String>, _)| group.0.as_deref() == Some(name);
        Some(self.groups.iter().position(is_it)? + 1)
    }

    /// `(?P=name)`
    fn named_reference(&mut self) -> Result<Piece, Bad> {
        let name = self.group_name(')')?;
        match self.number_of(&name) {
            Some(number) => self.reference(number),
            None => Err(self.error(&format!("there is no group \"{name}\""))),
        }
    }

    /// What a group took, once more.
    fn reference(&mut self, number: usize) -> Translation {
        let group = number.checked_sub(1).and_then(|at| self.groups.get(at));
        let Some((_, taken)) = group else {
            return Err(self.error(&format!("there is no group {number}")));
        };
        let Some(taken) = *taken else {
            return Err(self.error("it refers to a group that is still open"));
        };
        if self.before_behind.is_some_and(|groups| number > groups) {
            return Err(self.error("it refers to a group of the same look-behind"));
        }
        self.known.beyond_regex = Some("a back-reference");
        self.out.push_str(&format!("(?:\\{number})"));
        Ok(Piece {
            has_group: false,
            ..taken
        })
    }

    /// `(?i:` and `(?-i:`
    fn scoped_flags(&mut self) -> Result<(), Bad> {
        let (mut on, mut off, mut minus) = (0, 0, false);
        loop {
            match self.next() {
                Some(':') => break,
                Some('-') if !minus => minus = true,
                Some(')') => {
                    return Err(self.error("flags for all of it must stand at its very start"));
                }
                Some(letter) if letter.is_ascii_alphabetic() => {
                    let bit = self.flag(letter)?;
                    if minus { off |= bit } else { on |= bit }
                }
                _ => return Err(self.error("unknown kind of group")),
            }
        }
        if minus && (off == 0 || on & off != 0) {
            return Err(self.error("flags that are on and off, or none at all"));
        }
        self.flags = (self.flags | on) & !off;
        let letters = |bits: u8| {
            let all = [(IGNORE_CASE, 'i'), (MULTI_LINE, 'm'), (DOT_ALL, 's')];
            let set = all.into_iter().filter(|(bit, _)| bits & bit != 0);
            set.map(|(_, letter)| letter).collect::<String>()
        };
        let (on, off) = (letters(on), letters(off));
        let minus = if off.is_empty() { "" } else { "-" };
        self.out.push_str(&format!("(?{on}{minus}{off}:"));
        Ok(())
    }

    /// The repetition behind an item that begins at `start` of the output.
    fn repeated(&mut self, mut piece: Piece, start: usize) -> Translation {
        self.skip_blanks();
        while self.starts_with("(?#") {
            self.at += 2;
            self.extension()?;
            self.skip_blanks();
        }
        let sign = self.peek();
        let Some((least, most)) = self.repetition()? else {
            return Ok(piece);
        };
        if piece.is_place {
            return Err(self.nothing_to_repeat(sign.unwrap_or_default()));
        }
        self.known.has_empty_rounds |= piece.nullable()
            && most.is_none_or(|most| most > 1)
            && (piece.has_group || piece.prefers_empty);
        let times = most.unwrap_or(least).max(1) as usize;
        piece.weight = piece.weight.saturating_mul(times);
        let prefers_empty = least == 0 || piece.nullable();
        piece.least = piece.least.saturating_mul(least as usize);
        piece.most = match most {
            Some(most) => piece.most.saturating_mul(most as usize),
            None if piece.most == 0 => 0,
            None => usize::MAX,
        };
        let suffix = match (least, most) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (least, None) => format!("{{{least},}}"),
            (least, Some(most)) => format!("{{{least},{most}}}"),
        };
        self.out.insert_str(start, "(?:");
        self.out.push(')');
        self.out.push_str(&suffix);
        if self.accept('?') {
            self.out.push('?');
            piece.prefers_empty |= prefers_empty;
        } else if self.peek() == Some('+') {
            return Err(Bad::Outside("a possessive repetition".to_owned()));
        }
        self.skip_blanks();
        if matches!(self.peek(), Some('*' | '+' | '?')) || self.counts().is_some() {
            return Err(self.error("it repeats a repetition"));
        }
        Ok(piece)
    }

    /// `*`, `+`, `?` or counts in braces; other braces are plain characters.
    fn repetition(&mut self) -> Result<Option<(u32, Option<u32>)>, Bad> {
        let (range, length) = match self.peek() {
            Some('*') => ((0, None), 0),
            Some('+') => ((1, None), 0),
            Some('?') => ((0, Some(1)), 0),
            _ => match self.counts() {
                Some((least, most, length)) => ((least, most), length),
                None => return Ok(None),
            },
        };
        self.at += 1 + length;
        if length > 0 {
            let (least, most) = range;
            if most.is_some_and(|most| most < least) {
                return Err(self.error("a repetition whose least count is above its most"));
            }
            let known = &mut self.known.most_repeats;
            *known = (*known).max(least).max(most.unwrap_or(0));
        }
        Ok(Some(range))
    }

    /// `{3}`, `{3,}`, `{,5}` or `{3,5}` here, and its length without the first brace.
    fn counts(&self) -> Option<(u32, Option<u32>, usize)> {
        let rest = self.chars.get(self.at..)?.strip_prefix(&['{'])?;
        let length = rest.iter().position(|c| *c == '}')?;
        let inside: String = rest.get(..length)?.iter().collect();
        let count = |text: &str| -> Option<u32> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(u32::MAX))
        };
        let (least, most) = match inside.split_once(',') {
            None => (count(&inside)?, count(&inside)),
            Some(("", "")) => (0, None),
            Some((least, "")) => (count(least)?, None),
            Some(("", most)) => (0, Some(count(most)?)),
            Some((least, most)) => (count(least)?, Some(count(most)?)),
        };
        Some((least, most, length + 1))
    }
}

/// The control character that a letter behind a backslash stands for.
pub(super) fn control(letter: char) -> Option<char> {
    match letter {
        'a' => Some('\x07'),
        'f' => Some('\x0c'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'v' => Some('\x0b'),
        _ => None,
    }
}

/// Whether a group may have this name.
pub(super) fn is_name(name: &str) -> bool {
    let starts = |c: char| c == '_' || c.is_alphabetic();
    name.starts_with(starts) && name.chars().all(|c| starts(c) || c.is_numeric())
}

/// Letters and digits as they are, everything else by its number: it can have no meaning.
fn push_literal(out: &mut String, c: char) {
    if c.is_alphanumeric() || c == '_' {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(pattern: &str) -> String {
        match translate(pattern, 0) {
            Ok(found) => found.pattern,
            Err(Bad::Error(message)) => format!("error: {message}"),
            Err(Bad::Outside(what)) => format!("outside: {what}"),
        }
    }

    #[test]
    fn classes_mean_what_python_means() {
        assert_eq!(translated(r"\d\W"), r"[\p{Nd}][^\p{L}\p{N}_]");
        assert_eq!(translated("[a&&b]"), r"[a\x{26}\x{26}b]");
        assert_eq!(translated(r"a\Z"), r"a\z");
    }

    #[test]
    fn what_the_engine_lacks_is_named() {
        for (pattern, wanted) in [
            ("(?(1)a|b)", "outside: a conditional group"),
            ("a++", "outside: a possessive repetition"),
            ("(?>a)", "outside: an atomic group"),
        ] {
            assert_eq!(translated(pattern), wanted);
        }
    }
}

//! Python regular expressions, run by the `regex` crate (spec/sync-rules.md 3, 4).
//!
//! Source text in, compiled expression out. Every literal is escaped on the way, so nothing of
//! the source can mean something that it does not mean in Python. What the engine cannot run is
//! refused with a reason. Also the targets of `re.sub`. Knows nothing of users or groups.
//!
//! | Python | here |
//! | --- | --- |
//! | `\Z` | `\z` |
//! | `\w`, `\s` | letters, numbers and `_`; white space with U+001C to U+001F |
//! | `{,n}` | `{0,n}` |
//! | `[[]`, `&&`, `--`, `~~` in a class | plain characters |
//! | `$` without `m` | only the very end (Python: also before a last line break) |
//! | look-around, back-references, atomic groups, possessive quantifiers, conditions | refused |

use std::iter::Peekable;
use std::str::Chars;

use regex::{Captures, Regex, RegexBuilder};

/// Bytes of a source; what it compiles to is limited by [`COMPILED`].
const LONGEST: usize = 64 << 10;
const COMPILED: usize = 4 << 20;

/// Matches whole texts, ignoring case.
///
/// # Errors
/// Why the source is no expression that can be run.
pub fn whole(source: &str) -> Result<Regex, String> {
    let body = translate(source)?;
    compile(
        source,
        RegexBuilder::new(&format!(r"\A(?:{body})\z")).case_insensitive(true),
    )
}

/// Finds the expression anywhere in a text, as Python's `search`.
///
/// # Errors
/// Why the source is no expression that can be run.
pub fn anywhere(source: &str) -> Result<Regex, String> {
    compile(source, &mut RegexBuilder::new(&translate(source)?))
}

fn compile(source: &str, builder: &mut RegexBuilder) -> Result<Regex, String> {
    builder
        .size_limit(COMPILED)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => {
                format!("the regular expression {source:?} is too large")
            }
            error => {
                let text = error.to_string();
                let reason = text.lines().last().unwrap_or_default();
                bad(source, reason.trim_start_matches("error: "))
            }
        })
}

fn bad(source: &str, reason: &str) -> String {
    format!("the regular expression {source:?} cannot be used: {reason}")
}

/// The source in the syntax of the `regex` crate.
///
/// # Errors
/// Why the source is no expression that can be run.
pub fn translate(source: &str) -> Result<String, String> {
    if source.len() > LONGEST {
        return Err(format!(
            "a regular expression is longer than {LONGEST} bytes"
        ));
    }
    let mut translator = Translator {
        rest: source.chars().peekable(),
        out: String::with_capacity(source.len() + 16),
        last: Last::Nothing,
        verbose: false,
        outer: Vec::new(),
        at_start: true,
    };
    translator.run().map_err(|reason| bad(source, &reason))?;
    Ok(translator.out)
}

/// What stands before the place that is read, for a quantifier.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Last {
    /// Nothing that can be repeated.
    Nothing,
    Item,
    Quantifier,
}

struct Translator<'s> {
    rest: Peekable<Chars<'s>>,
    out: String,
    last: Last,
    /// Flag `x`: white space and comments mean nothing.
    verbose: bool,
    /// The same flag, outside each open group.
    outer: Vec<bool>,
    at_start: bool,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => self.close()?,
                '|' => self.mark('|', Last::Nothing),
                '^' => self.mark('^', Last::Nothing),
                '$' => self.mark('$', Last::Nothing),
                '.' => self.mark('.', Last::Item),
                '*' | '+' | '?' => self.quantifier(&c.to_string())?,
                '{' => self.braces()?,
                '#' if self.verbose => while self.rest.next().is_some_and(|c| c != '\n') {},
                // The white space that Python's flag x knows.
                ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' if self.verbose => {}
                c => self.literal(c),
            }
            self.at_start = false;
        }
        match self.outer.is_empty() {
            true => Ok(()),
            false => Err("a parenthesis is not closed".to_owned()),
        }
    }

    fn mark(&mut self, c: char, last: Last) {
        self.out.push(c);
        self.last = last;
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.last = Last::Item;
    }

    fn escape(&mut self) -> Result<(), String> {
        let c = self.rest.next().ok_or("it ends with a backslash")?;
        match c {
            'A' | 'b' | 'B' => {
                self.out.push('\\');
                self.mark(c, Last::Nothing);
            }
            'Z' => {
                self.out.push_str(r"\z");
                self.last = Last::Nothing;
            }
            '1'..='9' => {
                let literal = self.octal_or_reference(c)?;
                self.literal(literal);
            }
            _ => {
                match self.escaped(c)? {
                    Escaped::Char(c) => push_literal(&mut self.out, c),
                    Escaped::Set(set) => self.out.push_str(set),
                }
                self.last = Last::Item;
            }
        }
        Ok(())
    }

    /// `\1` is a reference, `\101` a character.
    fn octal_or_reference(&mut self, first: char) -> Result<char, String> {
        let mut next = self.rest.clone();
        let octal = first.is_digit(8)
            && next.next().is_some_and(|c| c.is_digit(8))
            && next.next().is_some_and(|c| c.is_digit(8));
        if octal {
            return self.octal(first);
        }
        Err(format!(
            "the back-reference \\{first} is not supported; write out what it stands for"
        ))
    }

    fn octal(&mut self, first: char) -> Result<char, String> {
        let mut code = first.to_digit(8).unwrap_or_default();
        for _ in 0..2 {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(8)) else {
                break;
            };
            code = code * 8 + digit;
            self.rest.next();
        }
        if code > 0o377 {
            return Err(format!("the octal escape \\{code:o} is above \\377"));
        }
        char::from_u32(code).ok_or_else(|| "a bad escape".to_owned())
    }

    /// An escape that means the same inside and outside a class.
    fn escaped(&mut self, c: char) -> Result<Escaped, String> {
        Ok(match c {
            'd' => Escaped::Set(r"\d"),
            'D' => Escaped::Set(r"\D"),
            'w' => Escaped::Set(r"[\p{L}\p{N}_]"),
            'W' => Escaped::Set(r"[^\p{L}\p{N}_]"),
            's' => Escaped::Set(r"[\s\x1c-\x1f]"),
            'S' => Escaped::Set(r"[^\s\x1c-\x1f]"),
            'n' => Escaped::Char('\n'),
            'r' => Escaped::Char('\r'),
            't' => Escaped::Char('\t'),
            'a' => Escaped::Char('\u{7}'),
            'f' => Escaped::Char('\u{c}'),
            'v' => Escaped::Char('\u{b}'),
            'x' => Escaped::Char(self.hexadecimal(2)?),
            'u' => Escaped::Char(self.hexadecimal(4)?),
            'U' => Escaped::Char(self.hexadecimal(8)?),
            '0' => Escaped::Char(self.octal('0')?),
            c if c.is_ascii_alphanumeric() => return Err(format!("bad escape \\{c}")),
            c => Escaped::Char(c),
        })
    }

    fn hexadecimal(&mut self, digits: u32) -> Result<char, String> {
        let mut code = 0u32;
        for _ in 0..digits {
            let digit = self.rest.peek().and_then(|c| c.to_digit(16));
            code = code * 16 + digit.ok_or("an escape has too few hexadecimal digits")?;
            self.rest.next();
        }
        char::from_u32(code).ok_or_else(|| format!("U+{code:04X} is no character"))
    }

    fn class(&mut self) -> Result<(), String> {
        const OPEN: &str = "a character class is not closed with ]";
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or(OPEN)?;
            if c == ']' && !first {
                break;
            }
            first = false;
            let low = self.class_item(c)?;
            let mut next = self.rest.clone();
            let range = next.next() == Some('-') && next.next().is_some_and(|c| c != ']');
            if !range {
                low.push(&mut self.out);
                continue;
            }
            self.rest.next();
            let high = self.rest.next().ok_or(OPEN)?;
            match (low, self.class_item(high)?) {
                (Escaped::Char(low), Escaped::Char(high)) if low <= high => {
                    push_literal(&mut self.out, low);
                    self.out.push('-');
                    push_literal(&mut self.out, high);
                }
                _ => return Err("a character class has a bad range".to_owned()),
            }
        }
        self.mark(']', Last::Item);
        Ok(())
    }

    fn class_item(&mut self, c: char) -> Result<Escaped, String> {
        if c != '\\' {
            return Ok(Escaped::Char(c));
        }
        match self.rest.next().ok_or("it ends with a backslash")? {
            'b' => Ok(Escaped::Char('\u{8}')),
            c @ '1'..='7' => self.octal(c).map(Escaped::Char),
            c => self.escaped(c),
        }
    }

    fn group(&mut self) -> Result<(), String> {
        let at_start = self.at_start;
        if self.rest.next_if_eq(&'?').is_none() {
            return self.open("(", self.verbose);
        }
        match self.rest.next().ok_or("a parenthesis is not closed")? {
            ':' => self.open("(?:", self.verbose),
            'P' => self.named(),
            '#' => match self.rest.by_ref().any(|c| c == ')') {
                true => Ok(()),
                false => Err("a comment is not closed".to_owned()),
            },
            '=' | '!' => Err("look-ahead is not supported".to_owned()),
            '<' => match self.rest.next() {
                Some('=' | '!') => Err("look-behind is not supported".to_owned()),
                _ => Err("a group's name is written (?P<name>…)".to_owned()),
            },
            '>' => Err("atomic groups are not supported".to_owned()),
            '(' => Err("conditions are not supported".to_owned()),
            c => self.flags(c, at_start),
        }
    }

    fn open(&mut self, text: &str, verbose: bool) -> Result<(), String> {
        if self.outer.len() >= 100 {
            return Err("it has too many groups inside each other".to_owned());
        }
        self.out.push_str(text);
        self.outer
            .push(std::mem::replace(&mut self.verbose, verbose));
        self.last = Last::Nothing;
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        self.verbose = self
            .outer
            .pop()
            .ok_or("a parenthesis is closed but not opened")?;
        self.mark(')', Last::Item);
        Ok(())
    }

    /// Behind `(?P`.
    fn named(&mut self) -> Result<(), String> {
        match self.rest.next() {
            Some('<') => {}
            Some('=') => return Err("back-references (?P=…) are not supported".to_owned()),
            _ => return Err("unknown kind of group (?P".to_owned()),
        }
        let name: String = self.rest.by_ref().take_while(|c| *c != '>').collect();
        let start = |c: char| c == '_' || c.is_alphabetic();
        if !name.starts_with(start) || !name.chars().all(|c| start(c) || c.is_numeric()) {
            return Err(format!("{name:?} is no name for a group"));
        }
        self.open(&format!("(?P<{name}>"), self.verbose)
    }

    /// `(?i)` at the very start, or `(?i-s:…)`; `first` is the character behind the `?`.
    fn flags(&mut self, first: char, at_start: bool) -> Result<(), String> {
        let (mut on, mut off, mut verbose) = (String::new(), String::new(), self.verbose);
        let (mut negative, mut c) = (false, first);
        loop {
            let list = if negative { &mut off } else { &mut on };
            match c {
                'i' | 'm' | 's' => list.push(c),
                'x' => verbose = !negative,
                'u' if !negative => {}
                'a' | 'L' => return Err(format!("the flag {c} is not supported")),
                '-' if !negative => negative = true,
                ':' => break,
                ')' if !negative && at_start => {
                    self.verbose = verbose;
                    if !on.is_empty() {
                        self.out.push_str(&format!("(?{on})"));
                    }
                    return Ok(());
                }
                ')' => return Err("flags for all of it must stand at its very start".to_owned()),
                _ => return Err(format!("unknown kind of group (?{first}")),
            }
            c = self.rest.next().ok_or("a parenthesis is not closed")?;
        }
        let off = if off.is_empty() {
            off
        } else {
            format!("-{off}")
        };
        self.open(&format!("(?{on}{off}:"), verbose)
    }

    fn quantifier(&mut self, text: &str) -> Result<(), String> {
        match self.last {
            Last::Nothing => return Err(format!("there is nothing that {text} could repeat")),
            Last::Quantifier => return Err("it repeats a repetition".to_owned()),
            Last::Item => {}
        }
        self.out.push_str(text);
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        } else if self.rest.peek() == Some(&'+') {
            return Err("possessive quantifiers are not supported".to_owned());
        }
        self.last = Last::Quantifier;
        Ok(())
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`; a brace with anything else in it is a plain character.
    fn braces(&mut self) -> Result<(), String> {
        let mut rest = self.rest.clone();
        let digits = |rest: &mut Peekable<Chars<'_>>| {
            let mut text = String::new();
            while let Some(c) = rest.next_if(char::is_ascii_digit) {
                text.push(c);
            }
            text
        };
        let low = digits(&mut rest);
        let high = rest.next_if_eq(&',').map(|_| digits(&mut rest));
        if rest.next() != Some('}') || (low.is_empty() && high.is_none()) {
            self.literal('{');
            return Ok(());
        }
        self.rest = rest;
        let low = if low.is_empty() { "0".to_owned() } else { low };
        match high {
            None => self.quantifier(&format!("{{{low}}}")),
            Some(high) => self.quantifier(&format!("{{{low},{high}}}")),
        }
    }
}

enum Escaped {
    Char(char),
    /// A class of its own, which can stand inside another.
    Set(&'static str),
}

impl Escaped {
    fn push(&self, out: &mut String) {
        match self {
            Escaped::Char(c) => push_literal(out, *c),
            Escaped::Set(set) => out.push_str(set),
        }
    }
}

/// Letters and digits as they are, everything else by its number: it can have no meaning.
fn push_literal(out: &mut String, c: char) {
    if c.is_alphanumeric() || c == '_' {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
    }
}

/// The target of a substitution, as Python's `re.sub` reads it: `\1`, `\g<name>`, `\n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

impl Template {
    /// Reads a target for `source`.
    ///
    /// # Errors
    /// A reference to a group that `source` does not have, or a bad escape.
    pub fn parse(target: &str, source: &Regex) -> Result<Template, String> {
        let mut parts = TemplateParts {
            rest: target.chars().peekable(),
            source,
            parts: Vec::new(),
            text: String::new(),
        };
        parts
            .run()
            .map_err(|reason| format!("the target {target:?} cannot be used: {reason}"))?;
        Ok(Template(parts.parts))
    }

    /// The target with the groups of a match; a group that took no part is empty.
    pub fn expand(&self, captures: &Captures<'_>) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(at) => {
                    out.push_str(captures.get(*at).map_or("", |found| found.as_str()))
                }
            }
        }
        out
    }
}

/// `name` after `re.sub(source, target, name)`, if `source` matches from its start; `None`: it
/// does not. `source` is one of [`anywhere`].
pub fn renamed(source: &Regex, target: &Template, name: &str) -> Option<String> {
    // The leftmost match begins at the start if any does.
    if source.find(name)?.start() > 0 {
        return None;
    }
    let mut out = String::new();
    let (mut copied, mut from) = (0, 0);
    while from <= name.len() {
        let Some(captures) = source.captures_at(name, from) else {
            break;
        };
        let Some(found) = captures.get(0) else { break };
        out.push_str(name.get(copied..found.start()).unwrap_or_default());
        out.push_str(&target.expand(&captures));
        copied = found.end();
        let next = name.get(copied..).and_then(|rest| rest.chars().next());
        // As Python: an empty match may follow a match, but not another empty one.
        from = match found.is_empty() {
            true => copied + next.map_or(1, char::len_utf8),
            false => copied,
        };
    }
    out.push_str(name.get(copied..).unwrap_or_default());
    Some(out)
}

struct TemplateParts<'s> {
    rest: Peekable<Chars<'s>>,
    source: &'s Regex,
    parts: Vec<Part>,
    text: String,
}

impl TemplateParts<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.next() {
            if c == '\\' {
                self.escape()?;
            } else {
                self.text.push(c);
            }
        }
        self.end_text();
        Ok(())
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.parts.push(Part::Text(std::mem::take(&mut self.text)));
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let c = self.rest.next().ok_or("it ends with a backslash")?;
        match c {
            'g' => self.named(),
            '0' => {
                let code = self.octal_digits(0, 2);
                self.octal(code)
            }
            '1'..='9' => self.numbered(c),
            _ => {
                let control = match c {
                    'a' => '\u{7}',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'v' => '\u{b}',
                    '\\' => '\\',
                    c if c.is_ascii_alphabetic() => return Err(format!("bad escape \\{c}")),
                    c => {
                        // As Python: the backslash stays.
                        self.text.push('\\');
                        c
                    }
                };
                self.text.push(control);
                Ok(())
            }
        }
    }

    /// `\1`, `\12`, or the character `\101`.
    fn numbered(&mut self, first: char) -> Result<(), String> {
        let first = first.to_digit(10).unwrap_or_default();
        let Some(second) = self.rest.peek().and_then(|c| c.to_digit(10)) else {
            return self.group(first as usize);
        };
        self.rest.next();
        let third = self.rest.peek().and_then(|c| c.to_digit(8));
        match third {
            Some(third) if first < 8 && second < 8 => {
                self.rest.next();
                self.octal(first * 64 + second * 8 + third)
            }
            _ => self.group((first * 10 + second) as usize),
        }
    }

    fn octal_digits(&mut self, mut code: u32, most: usize) -> u32 {
        for _ in 0..most {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(8)) else {
                break;
            };
            code = code * 8 + digit;
            self.rest.next();
        }
        code
    }

    fn octal(&mut self, code: u32) -> Result<(), String> {
        let c = u8::try_from(code)
            .map_err(|_| format!("the octal escape \\{code:o} is above \\377"))?;
        self.text.push(char::from(c));
        Ok(())
    }

    fn named(&mut self) -> Result<(), String> {
        if self.rest.next() != Some('<') {
            return Err("\\g needs a group, as \\g<1> or \\g<name>".to_owned());
        }
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some('>') => break,
                Some(c) => name.push(c),
                None => return Err("\\g<…> is not closed".to_owned()),
            }
        }
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.group(name.parse().unwrap_or(usize::MAX));
        }
        let place = self
            .source
            .capture_names()
            .position(|known| known == Some(name.as_str()));
        match place {
            Some(place) => self.group(place),
            None => Err(format!("the source has no group named {name:?}")),
        }
    }

    fn group(&mut self, at: usize) -> Result<(), String> {
        let groups = self.source.captures_len() - 1;
        if at > groups {
            return Err(format!(
                "it refers to group {at}, but the source has {groups}"
            ));
        }
        self.end_text();
        self.parts.push(Part::Group(at));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_whole_texts_as_in_python() {
        // Source, what matches, what does not.
        let cases = [
            (
                "alice@x.com|bob",
                "alice@x.com bob BOB",
                "alice@x.com.au xbob bobx",
            ),
            ("(alice|CAROL)@.*", "alice@x Carol@", "dave@x"),
            (r"a\Z", "a A", "ab"),
            ("(?P<n>a)b", "ab", "a"),
            (r"\d+", "12 ٣", "a 1a"),
            (r"\w+", "Zoë_1 ² 中", "a-b"),
            (r"[\w.-]+", "a.b-c", "a@b"),
            ("[[]x[]]", "[x]", "x"),
            ("[a&&b]+", "a&b", "c"),
            ("[--a]", "- a . A", ", {"),
            ("[~~x]", "~ x", "y"),
            ("[^]a]", "b", "] a"),
            (r"[\]\-\\]", r"] - \", "a"),
            (r"\/\-\@\#", "/-@#", "x"),
            ("a{,2}b", "b ab aab", "aaab"),
            ("a{2}b{1,}c{0,1}", "aabbc aab", "abc"),
            ("a{x}", "a{x}", "a"),
            ("x{,", "x{,", "x"),
            (r"\x41\u0042\103", "abc ABC", "x"),
            ("(?x) a b # comment\n c", "abc", "a"),
            ("(?i:a)(?s:.)b", "a-b", "ab"),
            ("(?#nothing)a", "a", "b"),
            ("a#b", "a#b", "a"),
            ("ß", "ß", "ss"),
            ("", "", "a"),
        ];
        for (source, yes, no) in cases {
            let regex = whole(source).unwrap();
            for text in yes.split(' ') {
                assert!(regex.is_match(text), "{source} {text}");
            }
            for text in no.split(' ') {
                assert!(!regex.is_match(text), "{source} {text}");
            }
        }
    }

    #[test]
    fn what_the_engine_cannot_run_is_refused_with_its_reason() {
        let cases = [
            ("a(?=b)", "look-ahead"),
            ("a(?!b)", "look-ahead"),
            ("(?<=a)b", "look-behind"),
            ("(?<!a)b", "look-behind"),
            (r"(a)\1", "back-reference"),
            ("(?P<n>a)(?P=n)", "back-reference"),
            ("(?>a)", "atomic"),
            ("a++", "possessive"),
            ("a{1,2}+", "possessive"),
            ("(a)?(?(1)b|c)", "condition"),
            ("(?<n>a)", "(?P<name>"),
            ("a(?i)", "very start"),
            ("(?a)a", "flag a"),
            ("*a", "nothing that * could repeat"),
            ("^*", "nothing that * could repeat"),
            ("a**", "repeats a repetition"),
            ("a{2}{3}", "repeats a repetition"),
            ("(a", "not closed"),
            ("a)", "closed but not opened"),
            ("[a", "not closed with ]"),
            ("[b-a]", "bad range"),
            (r"[\w-a]", "bad range"),
            ("[a--b]", "bad range"),
            (r"\q", "bad escape"),
            (r"\z", "bad escape"),
            (r"\x4", "hexadecimal"),
            (r"\ud800", "no character"),
            (r"\400", "above"),
            ("a\\", "backslash"),
            ("(?P<1>a)", "no name"),
            ("(?P<n>a)(?P<n>b)", "duplicate"),
            ("((a{1000}){1000}){1000}", "too large"),
            ("a{3,2}", "repetition"),
        ];
        for (source, reason) in cases {
            let problem = whole(source).unwrap_err();
            assert!(problem.contains(reason), "{source}: {problem}");
            assert!(!problem.contains('\n'), "{problem}");
        }
        assert!(whole(&"(".repeat(1000)).is_err());
        assert!(
            whole(&"a".repeat(LONGEST + 1))
                .unwrap_err()
                .contains("longer")
        );
    }

    #[test]
    fn targets_are_those_of_re_sub() {
        // Source, target, name, result as Python 3 gives it.
        let cases = [
            (r"ACL-(.+)-(.+)", r"\2_\1", "ACL-a-b", Some("b_a")),
            (
                r"ACL-(?P<app>.+)",
                r"App \g<app>",
                "ACL-Design",
                Some("App Design"),
            ),
            (r"ACL-(.+)", r"\g<1>0", "ACL-x", Some("x0")),
            (r"ACL-", r"", "ACL-ACL-x", Some("x")),
            (r"ACL-(.+)", r"\1", "XACL-x", None),
            (r"a", r"[\g<0>]", "abca", Some("[a]bc[a]")),
            (r"(a)|(b)", r"<\1\2>", "ab", Some("<a><b>")),
            (r"x*", r"-", "abxd", Some("-a-b--d-")),
            (r"a", r"\n\t\\\.\101\0", "a", Some("\n\t\\\\.A\0")),
            (r"é*", r"-", "éa", Some("--a-")),
        ];
        for (source, target, name, expected) in cases {
            let regex = anywhere(source).unwrap();
            let template = Template::parse(target, &regex).unwrap();
            assert_eq!(
                renamed(&regex, &template, name).as_deref(),
                expected,
                "{source} {target}"
            );
        }
    }

    #[test]
    fn a_target_that_cannot_be_is_refused() {
        let regex = anywhere("(a)(?P<n>b)").unwrap();
        for (target, reason) in [
            (r"\3", "group 3, but the source has 2"),
            (r"\12", "group 12"),
            (r"\g<99999999999999999999>", "group"),
            (r"\g<x>", "no group named"),
            (r"\g<1", "not closed"),
            (r"\g1", "needs a group"),
            (r"\q", "bad escape"),
            (r"\777", "above"),
            ("\\", "backslash"),
        ] {
            let problem = Template::parse(target, &regex).unwrap_err();
            assert!(problem.contains(reason), "{target}: {problem}");
        }
    }
}

//! The target of a substitution, as Python's `re.sub` reads it: `\1`, `\g<name>`, `\n`.

use std::iter::Peekable;
use std::str::Chars;

use super::NamePattern;
use super::translate::{control, is_name};

/// A target taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
}

/// Why a target cannot be used. Python tells a name that no group has from all other mistakes.
pub struct BadTemplate {
    pub reason: String,
    pub unknown_name: bool,
}

impl From<String> for BadTemplate {
    fn from(reason: String) -> BadTemplate {
        BadTemplate {
            reason,
            unknown_name: false,
        }
    }
}

impl From<&str> for BadTemplate {
    fn from(reason: &str) -> BadTemplate {
        reason.to_owned().into()
    }
}

impl Template {
    /// Reads a target for a source with these groups, the whole match first: their names, where they have one.
    ///
    /// # Errors
    /// A reference to a group that the source does not have, or a bad escape.
    pub fn read(target: &str, groups: &[Option<String>]) -> Result<Template, BadTemplate> {
        let mut reader = Reader {
            rest: target.chars().peekable(),
            groups,
            parts: Vec::new(),
            text: String::new(),
        };
        reader.run()?;
        Ok(Template(reader.parts))
    }

    /// As [`Template::read`], with a message that tells the target too.
    ///
    /// # Errors
    /// As [`Template::read`].
    pub fn parse(target: &str, source: &NamePattern) -> Result<Template, String> {
        Template::read(target, &source.engine.group_names())
            .map_err(|bad| format!("the target \"{target}\" cannot be used: {}", bad.reason))
    }

    /// Appends the target with the groups of a match; a group that took no part is empty.
    pub fn expand<'t>(&self, out: &mut String, group: impl Fn(usize) -> Option<&'t str>) {
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Group(at) => out.push_str(group(*at).unwrap_or_default()),
            }
        }
    }
}

/// The names of groups, as values that outlive their pattern.
pub fn names<'n>(names: impl Iterator<Item = Option<&'n str>>) -> Vec<Option<String>> {
    names.map(|name| name.map(str::to_owned)).collect()
}

struct Reader<'s> {
    rest: Peekable<Chars<'s>>,
    groups: &'s [Option<String>],
    parts: Vec<Part>,
    text: String,
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), BadTemplate> {
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

    fn escape(&mut self) -> Result<(), BadTemplate> {
        let c = self.rest.next().ok_or("it ends with a backslash")?;
        let control = match c {
            'g' => return self.named(),
            '0' => {
                let code = self.octal_digits(0, 2);
                return self.octal(code);
            }
            '1'..='9' => return self.numbered(c),
            'b' => '\u{8}',
            '\\' => '\\',
            _ => match control(c) {
                Some(control) => control,
                None if c.is_ascii_alphabetic() => return Err(format!("bad escape \\{c}").into()),
                None => {
                    // As Python: the backslash stays.
                    self.text.push('\\');
                    c
                }
            },
        };
        self.text.push(control);
        Ok(())
    }

    /// `\1`, `\12`, or the character `\101`.
    fn numbered(&mut self, first: char) -> Result<(), BadTemplate> {
        let first = first.to_digit(10).unwrap_or_default();
        let Some(second) = self.rest.peek().and_then(|c| c.to_digit(10)) else {
            return self.group(first as usize);
        };
        self.rest.next();
        let is_third = self.rest.peek().is_some_and(|c| c.is_digit(8));
        if is_third && first < 8 && second < 8 {
            let code = self.octal_digits(first * 8 + second, 1);
            return self.octal(code);
        }
        self.group((first * 10 + second) as usize)
    }

    fn octal_digits(&mut self, mut code: u32, most: usize) -> u32 {
        for _ in 0..most {
            if let Some(digit) = self.rest.next_if(|c| c.is_digit(8)) {
                code = code * 8 + digit.to_digit(8).unwrap_or_default();
            }
        }
        code
    }

    fn octal(&mut self, code: u32) -> Result<(), BadTemplate> {
        let c = u8::try_from(code)
            .map_err(|_| format!("the octal escape \\{code:o} is above \\377"))?;
        self.text.push(char::from(c));
        Ok(())
    }

    fn named(&mut self) -> Result<(), BadTemplate> {
        if self.rest.next() != Some('<') {
            return Err("\\g needs a group, as \\g<1> or \\g<name>".into());
        }
        let name: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != '>')).collect();
        if self.rest.next().is_none() {
            return Err("\\g<…> is not closed".into());
        }
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            return self.group(name.parse().unwrap_or(usize::MAX));
        }
        let mut known = self.groups.iter();
        match known.position(|known| known.as_ref() == Some(&name)) {
            Some(place) => self.group(place),
            None => Err(BadTemplate {
                reason: format!("the source has no group named \"{name}\""),
                unknown_name: is_name(&name),
            }),
        }
    }

    fn group(&mut self, at: usize) -> Result<(), BadTemplate> {
        let groups = self.groups.len().saturating_sub(1);
        if at > groups {
            return Err(format!("it refers to group {at}, but the source has {groups}").into());
        }
        self.end_text();
        self.parts.push(Part::Group(at));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::anywhere;

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

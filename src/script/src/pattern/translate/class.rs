//! Classes and escapes of a pattern: `[a-z]`, `\w`, `\x41`.

use super::{
    Bad, CATEGORY, CLASS, IGNORE_CASE, ONE, PLACE, SOME_I, SPACE, Translation, Translator, WORD,
    control, push_literal,
};

impl Translator<'_> {
    /// What follows a backslash outside brackets.
    pub(super) fn escape(&mut self) -> Translation {
        let Some(c) = self.next() else {
            return Err(self.error("it ends with a backslash"));
        };
        match c {
            'A' => self.out.push_str(r"\A"),
            'Z' => self.out.push_str(r"\z"),
            'b' | 'B' => {
                self.known.uses_boundary = true;
                self.out.extend(['\\', c]);
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.out.push_str(&category(c, false));
                return Ok(CATEGORY);
            }
            '1'..='9' => {
                let first = c.to_digit(10).unwrap_or(0);
                let is_octal = |c: Option<char>| c.is_some_and(|c| c.is_digit(8));
                if is_octal(Some(c)) && is_octal(self.peek()) && is_octal(self.peek_at(1)) {
                    let found = self.octal(first, 2)?;
                    self.literal(found);
                    return Ok(ONE);
                }
                let second = self.peek().and_then(|c| c.to_digit(10));
                self.at += usize::from(second.is_some());
                let number = second.map_or(first, |second| first * 10 + second);
                return self.reference(number as usize);
            }
            _ => {
                let literal = self.escaped_character(c)?;
                self.literal(literal);
                return Ok(ONE);
            }
        }
        Ok(PLACE)
    }

    /// Escapes for one character, common to patterns and classes.
    fn escaped_character(&mut self, c: char) -> Result<char, Bad> {
        match c {
            'x' => self.hex(2),
            'u' => self.hex(4),
            'U' => self.hex(8),
            '0' => self.octal(0, 2),
            'N' => Err(Bad::Outside("\\N{...}".to_owned())),
            c => match control(c) {
                Some(control) => Ok(control),
                None if c.is_ascii_alphanumeric() => {
                    self.at = self.at.saturating_sub(2);
                    Err(self.error(&format!("bad escape \\{c}")))
                }
                None => Ok(c),
            },
        }
    }

    /// The character of an octal number that begins so, with so many more digits at most.
    fn octal(&mut self, mut code: u32, most: usize) -> Result<char, Bad> {
        for _ in 0..most {
            if let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) {
                code = code * 8 + digit;
                self.at += 1;
            }
        }
        let found = char::from_u32(code).filter(|_| code <= 0o377);
        found.ok_or_else(|| self.error(&format!("the octal escape \\{code:o} is above \\377")))
    }

    fn hex(&mut self, length: usize) -> Result<char, Bad> {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let digits: String = rest.iter().take(length).collect();
        if digits.len() < length || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.error("an escape has too few hexadecimal digits"));
        }
        self.at += length;
        let code = u32::from_str_radix(&digits, 16).ok();
        let found = code.and_then(char::from_u32);
        found.ok_or_else(|| Bad::Outside(format!("U+{digits}, which is no character,")))
    }

    pub(super) fn class(&mut self) -> Translation {
        self.out.push('[');
        if self.accept('^') {
            self.out.push('^');
        }
        let mut first = true;
        let mut has_i = false;
        let mut piece = CLASS;
        loop {
            let Some(c) = self.next() else {
                return Err(self.error("a character class is not closed with ]"));
            };
            if c == ']' && !first {
                break;
            }
            first = false;
            let low = self.class_member(c)?;
            let is_range = self.peek() == Some('-') && self.peek_at(1).is_some_and(|c| c != ']');
            if !is_range {
                match low {
                    Member::One(c) => {
                        has_i |= SOME_I.contains(&c);
                        push_literal(&mut self.out, c);
                    }
                    Member::Category(text) => {
                        self.out.push_str(&text);
                        piece = CATEGORY;
                    }
                }
                continue;
            }
            self.at += 1;
            let high = self.next().unwrap_or_default();
            match (low, self.class_member(high)?) {
                (Member::One(low), Member::One(high)) if low <= high => {
                    has_i |= SOME_I.iter().any(|c| (low..=high).contains(c));
                    push_literal(&mut self.out, low);
                    self.out.push('-');
                    push_literal(&mut self.out, high);
                }
                _ => return Err(self.error("a character class has a bad range")),
            }
        }
        if has_i && self.flags & IGNORE_CASE != 0 {
            self.out.extend(SOME_I);
        }
        self.out.push(']');
        Ok(piece)
    }

    fn class_member(&mut self, c: char) -> Result<Member, Bad> {
        if c != '\\' {
            return Ok(Member::One(c));
        }
        let Some(escaped) = self.next() else {
            return Err(self.error("it ends with a backslash"));
        };
        match escaped {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => Ok(Member::Category(category(escaped, true))),
            'b' => Ok(Member::One('\x08')),
            '1'..='7' => {
                let first = escaped.to_digit(8).unwrap_or(0);
                self.octal(first, 2).map(Member::One)
            }
            _ => self.escaped_character(escaped).map(Member::One),
        }
    }
}

enum Member {
    One(char),
    Category(String),
}

/// `\d` and its like, inside brackets or on its own.
fn category(letter: char, inside: bool) -> String {
    let positive = match letter.to_ascii_lowercase() {
        'd' => r"\p{Nd}",
        's' => SPACE,
        _ => WORD,
    };
    // A negated class inside a class is a nested one, which the engine knows.
    match (letter.is_ascii_uppercase(), inside) {
        (true, _) => format!("[^{positive}]"),
        (false, true) => positive.to_owned(),
        (false, false) => format!("[{positive}]"),
    }
}

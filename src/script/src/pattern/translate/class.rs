//! Classes and escapes of a pattern: `[a-z]`, `\w`, `\x41`.

use super::{
    Bad, CATEGORY, CLASS, IGNORE_CASE, ONE, PLACE, SPACE, Translation, Translator, WORD, is_some_i,
    push_literal,
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
                self.uses_boundary = true;
                self.out.extend(['\\', c]);
            }
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
                self.out.push_str(&category(c, false));
                return Ok(CATEGORY);
            }
            '1'..='9' => {
                let octal = |offset| self.peek_at(offset).filter(|digit| digit.is_digit(8));
                if let (true, Some(second), Some(third)) = (c.is_digit(8), octal(0), octal(1)) {
                    self.at += 2;
                    let code = [c, second, third]
                        .iter()
                        .filter_map(|digit| digit.to_digit(8))
                        .fold(0, |code, digit| code * 8 + digit);
                    let found = self.octal(code)?;
                    self.literal(found);
                    return Ok(ONE);
                }
                let mut number = c.to_digit(10).unwrap_or(0);
                if let Some(second) = self.peek().and_then(|c| c.to_digit(10)) {
                    self.at += 1;
                    number = number * 10 + second;
                }
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
            'a' => Ok('\x07'),
            'f' => Ok('\x0c'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'v' => Ok('\x0b'),
            'x' => self.hex(2),
            'u' => self.hex(4),
            'U' => self.hex(8),
            '0' => {
                let mut code = 0;
                for _ in 0..2 {
                    let Some(digit) = self.peek().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    code = code * 8 + digit;
                    self.at += 1;
                }
                char::from_u32(code).ok_or_else(|| self.error("bad escape"))
            }
            'N' => Err(Bad::Outside("\\N{...}".to_owned())),
            c if c.is_ascii_alphanumeric() => Err(Bad::Error(format!(
                "bad escape \\{c} at position {}",
                self.at.saturating_sub(2)
            ))),
            c => Ok(c),
        }
    }

    fn octal(&self, code: u32) -> Result<char, Bad> {
        let found = char::from_u32(code).filter(|_| code <= 0o377);
        found.ok_or_else(|| self.error(&format!("the octal escape \\{code:o} is above \\377")))
    }

    fn hex(&mut self, length: usize) -> Result<char, Bad> {
        let digits: String = self
            .chars
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .take(length)
            .collect();
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
            let is_range = self.peek() == Some('-')
                && self.peek_at(1) != Some(']')
                && self.peek_at(1).is_some();
            if !is_range {
                match low {
                    Member::One(c) => {
                        has_i |= is_some_i(c);
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
            let Some(c) = self.next() else {
                return Err(self.error("a character class is not closed with ]"));
            };
            match (low, self.class_member(c)?) {
                (Member::One(low), Member::One(high)) if low <= high => {
                    has_i |= ['i', 'I', '\u{130}', '\u{131}']
                        .iter()
                        .any(|c| (low..=high).contains(c));
                    push_literal(&mut self.out, low);
                    self.out.push('-');
                    push_literal(&mut self.out, high);
                }
                _ => return Err(self.error("a character class has a bad range")),
            }
        }
        if has_i && self.flags & IGNORE_CASE != 0 {
            self.out.push_str("iI\u{130}\u{131}");
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
                let mut code = escaped.to_digit(8).unwrap_or(0);
                let mut digits = 1;
                while digits < 3
                    && let Some(digit) = self.peek().and_then(|c| c.to_digit(8))
                {
                    (code, digits) = (code * 8 + digit, digits + 1);
                    self.at += 1;
                }
                self.octal(code).map(Member::One)
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

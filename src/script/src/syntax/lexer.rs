//! Text to tokens, with Python's rules for lines, indentation, numbers and string prefixes.
//! What the tokens mean together is the parser's matter.

use std::num::IntErrorKind;

use crate::syntax::{Parsed, Refusal};

/// What a token is; its text is in the source.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(crate) enum TokenKind {
    /// Also keywords.
    Name,
    Int(i64),
    Float(f64),
    Text(TextForm),
    Op(&'static str),
    Newline,
    Indent,
    Dedent,
    #[default]
    End,
}

/// How a string literal is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextForm {
    pub(crate) raw: bool,
    pub(crate) format: bool,
    /// Bytes before the content: prefix and quotes.
    pub(crate) open: u32,
    /// Bytes of the closing quotes.
    pub(crate) close: u32,
}

#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Longest first.
const OPERATORS: &[&str] = &[
    "**=", "//=", ">>=", "<<=", "...", "**", "//", ">>", "<<", "<=", ">=", "==", "!=", "->", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", ":=", "+", "-", "*", "/", "%", "@", "&", "|",
    "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "=",
];

/// What follows a number without a space in between, as in `1if x else 2`.
const AFTER_NUMBER: &[&str] = &["and", "else", "for", "if", "in", "is", "or", "not"];

const MAX_INDENTS: usize = 60;

pub(crate) struct Lexer<'a> {
    source: &'a str,
    end: usize,
    at: usize,
    tokens: Vec<Token>,
    /// Widths of the open blocks, with tabs to 8 columns and with tabs as one.
    indents: Vec<(usize, usize)>,
    brackets: Vec<(u8, usize)>,
}

impl<'a> Lexer<'a> {
    /// The tokens of a source from a place on.
    pub(crate) fn block(source: &'a str, start: usize) -> Parsed<Vec<Token>> {
        Lexer::over(source, start, source.len()).lines()
    }

    /// The tokens of the expression of a field in an f-string, as if in brackets, and where it ends: at `!`, `:`,
    /// `=` or `}` outside brackets.
    pub(crate) fn field(source: &'a str, start: usize, end: usize) -> Parsed<(Vec<Token>, usize)> {
        let mut lexer = Lexer::over(source, start, end);
        while lexer.skip_blanks(true)? && !lexer.ends_field() {
            lexer.token()?;
        }
        let end = lexer.at;
        Ok((lexer.finish()?, end))
    }

    fn ends_field(&self) -> bool {
        let is_end = match (self.peek(), self.peek_at(1)) {
            (Some(b'}' | b':'), _) => true,
            (Some(b'!' | b'='), next) => next != Some(b'='),
            _ => false,
        };
        is_end && self.brackets.is_empty()
    }

    fn over(source: &'a str, start: usize, end: usize) -> Lexer<'a> {
        Lexer {
            source,
            end,
            at: start,
            tokens: Vec::with_capacity((end - start) / 4),
            indents: Vec::new(),
            brackets: Vec::new(),
        }
    }

    fn lines(mut self) -> Parsed<Vec<Token>> {
        while self.at < self.end {
            if !self.indentation()? {
                continue;
            }
            while self.skip_blanks(!self.brackets.is_empty())? {
                if self.peek() == Some(b'\n') {
                    break;
                }
                self.token()?;
            }
            self.push(TokenKind::Newline, self.at, (self.at + 1).min(self.end));
            self.at += 1;
        }
        self.at = self.end;
        for _ in 0..self.indents.len() {
            self.push(TokenKind::Dedent, self.end, self.end);
        }
        self.finish()
    }

    fn finish(mut self) -> Parsed<Vec<Token>> {
        if let Some((bracket, at)) = self.brackets.last() {
            return Err(self.refuse(*at, format!("'{}' is never closed", char::from(*bracket))));
        }
        self.push(TokenKind::End, self.end, self.end);
        Ok(self.tokens)
    }

    /// Reads the start of a line; false if there is nothing on it.
    fn indentation(&mut self) -> Parsed<bool> {
        let start = self.at;
        let (mut width, mut tabs_as_one) = (0, 0);
        while let Some(byte) = self.peek() {
            match byte {
                b' ' => (width, tabs_as_one) = (width + 1, tabs_as_one + 1),
                b'\t' => (width, tabs_as_one) = (width / 8 * 8 + 8, tabs_as_one + 1),
                b'\x0c' => (width, tabs_as_one) = (0, 0),
                _ => break,
            }
            self.at += 1;
        }
        if let None | Some(b'\n' | b'#') = self.peek() {
            self.skip_comment();
            self.at += 1;
            return Ok(false);
        }
        self.indent_to(start, (width, tabs_as_one))?;
        Ok(true)
    }

    fn indent_to(&mut self, start: usize, new: (usize, usize)) -> Parsed<()> {
        let top = self.indents.last().copied().unwrap_or_default();
        let consistent = (new.0.cmp(&top.0)) == (new.1.cmp(&top.1));
        if new.0 > top.0 && consistent {
            if self.indents.len() >= MAX_INDENTS {
                return Err(self.refuse(start, "too many blocks inside one another"));
            }
            self.indents.push(new);
            self.push(TokenKind::Indent, start, self.at);
            return Ok(());
        }
        while self.indents.last().is_some_and(|open| new.0 < open.0) {
            self.indents.pop();
            self.push(TokenKind::Dedent, self.at, self.at);
        }
        let now = self.indents.last().copied().unwrap_or_default();
        if now.0 != new.0 {
            return Err(self.refuse(self.at, "the indentation fits no outer block"));
        }
        if now.1 != new.1 {
            let refusal = self.refuse(self.at, "tabs and spaces are mixed in the indentation");
            return Err(refusal.hint("use spaces only"));
        }
        Ok(())
    }

    /// Goes to the next token on this line, or, if `across` lines, to the next one at all. False at the end.
    fn skip_blanks(&mut self, across: bool) -> Parsed<bool> {
        loop {
            match self.peek() {
                None => return Ok(false),
                Some(b' ' | b'\t' | b'\x0c') => self.at += 1,
                Some(b'\n') if across => self.at += 1,
                Some(b'#') => self.skip_comment(),
                Some(b'\\') => {
                    if self.peek_at(1) != Some(b'\n') {
                        let message = "a backslash must be the last character of its line";
                        return Err(self.refuse(self.at, message));
                    }
                    self.at += 2;
                    if self.at >= self.end {
                        return Err(self.refuse(self.end, "the source ends after a backslash"));
                    }
                }
                Some(_) => return Ok(true),
            }
        }
    }

    /// Goes to the end of the line.
    fn skip_comment(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn token(&mut self) -> Parsed<()> {
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(());
        };
        if is_name_start(first) {
            let length = name_length(self.rest());
            if matches!(self.peek_at(length), Some(b'"' | b'\'')) && length <= 2 {
                return self.text(start, length);
            }
            self.at += length;
            self.push(TokenKind::Name, start, self.at);
            return Ok(());
        }
        match (first, self.peek_at(1)) {
            ('0'..='9', _) | ('.', Some(b'0'..=b'9')) => self.number(start),
            ('"' | '\'', _) => self.text(start, 0),
            _ => self.operator(start, first),
        }
    }

    fn operator(&mut self, start: usize, first: char) -> Parsed<()> {
        let rest = self.rest();
        let mut known = OPERATORS.iter();
        let Some(operator) = known.find(|operator| rest.starts_with(**operator)) else {
            return Err(self.unknown_character(start, first));
        };
        match operator.as_bytes() {
            [open @ (b'(' | b'[' | b'{')] => self.brackets.push((*open, start)),
            [close @ (b')' | b']' | b'}')] => self.close(start, *close)?,
            _ => {}
        }
        self.at += operator.len();
        self.push(TokenKind::Op(operator), start, self.at);
        Ok(())
    }

    fn unknown_character(&self, start: usize, first: char) -> Refusal {
        let refusal = self.refuse(start, format!("unexpected character {first:?}"));
        match first {
            '\u{2018}' | '\u{2019}' | '\u{201c}' | '\u{201d}' => {
                refusal.hint("use plain quotes: ' or \"")
            }
            '\u{2013}' | '\u{2014}' | '\u{2212}' => refusal.hint("use a plain minus: -"),
            '\u{a0}' => refusal.hint("this is a non-breaking space; use a plain one"),
            '!' => refusal.hint("use 'not'"),
            _ if first.is_alphabetic() => {
                refusal.hint("names may have plain Latin, Greek and Cyrillic letters only")
            }
            _ => refusal,
        }
    }

    fn close(&mut self, start: usize, close: u8) -> Parsed<()> {
        let open = self.brackets.pop().map(|(open, _)| open);
        let shown = char::from(close);
        let message = match (open, close) {
            (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}') => return Ok(()),
            (Some(open), _) => format!("'{shown}' does not close '{}'", char::from(open)),
            (None, _) => format!("'{shown}' without an opening bracket"),
        };
        Err(self.refuse(start, message))
    }

    fn text(&mut self, start: usize, prefix: usize) -> Parsed<()> {
        let body = start + prefix;
        let letters = self.source.get(start..body).unwrap_or_default();
        let letters = letters.to_ascii_lowercase();
        let (raw, format) = match letters.as_str() {
            "" | "u" => (false, false),
            "r" => (true, false),
            "f" => (false, true),
            "rf" | "fr" => (true, true),
            "b" | "br" | "rb" => {
                let refusal = self.refuse(start, "bytes literals are not supported");
                return Err(refusal.hint("use a str: leave the b out"));
            }
            _ => return Err(self.refuse(start, format!("unknown string prefix '{letters}'"))),
        };
        let quote = self.source.get(body..body + 1).unwrap_or_default();
        let triple = quote.repeat(3);
        let text = self.source.get(body..self.end).unwrap_or_default();
        let mark = if text.starts_with(&triple) {
            triple.as_str()
        } else {
            quote
        };
        let content = body + mark.len();
        let Some(close) = self.find_close(content, mark) else {
            return Err(self.refuse(start, "this string is never closed"));
        };
        self.at = close + mark.len();
        let (open, close) = ((content - start) as u32, mark.len() as u32);
        let form = TextForm {
            raw,
            format,
            open,
            close,
        };
        self.push(TokenKind::Text(form), start, self.at);
        Ok(())
    }

    /// Where the closing quotes begin; a backslash hides the character after it, also in raw strings.
    fn find_close(&self, from: usize, mark: &str) -> Option<usize> {
        let mut at = from;
        while at < self.end {
            let rest = self.source.as_bytes().get(at..self.end)?;
            match rest.first()? {
                b'\\' => at += 2,
                b'\n' if mark.len() == 1 => return None,
                _ if rest.starts_with(mark.as_bytes()) => return Some(at),
                _ => at += 1,
            }
        }
        None
    }

    fn number(&mut self, start: usize) -> Parsed<()> {
        let radix = match self.rest().get(..2) {
            Some("0x" | "0X") => 16,
            Some("0o" | "0O") => 8,
            Some("0b" | "0B") => 2,
            _ => 10,
        };
        self.at += if radix == 10 { 0 } else { 2 };
        let from = self.at;
        self.skip_digits(radix);
        let mut is_float = false;
        if radix == 10 && self.peek() == Some(b'.') {
            is_float = true;
            self.at += 1;
            self.skip_digits(radix);
        }
        let sign = usize::from(matches!(self.peek_at(1), Some(b'+' | b'-')));
        let is_digit = matches!(self.peek_at(1 + sign), Some(b'0'..=b'9'));
        if radix == 10 && is_digit && matches!(self.peek(), Some(b'e' | b'E')) {
            is_float = true;
            self.at += 1 + sign;
            self.skip_digits(radix);
        }
        let digits = self.source.get(from..self.at).unwrap_or_default();
        let digits = digits.replace('_', "");
        let kind = if is_float {
            let number = digits.parse().map(TokenKind::Float);
            number.map_err(|_| self.refuse(start, "invalid number"))?
        } else {
            TokenKind::Int(self.int(start, &digits, radix)?)
        };
        self.push(kind, start, self.at);
        self.after_number(start)
    }

    /// Goes over digits, with one underscore between two of them, or behind a prefix.
    fn skip_digits(&mut self, radix: u32) {
        let mut underscore = usize::from(radix != 10 && self.peek() == Some(b'_'));
        while let Some(byte) = self.peek_at(underscore)
            && char::from(byte).is_digit(radix)
        {
            self.at += underscore + 1;
            underscore = usize::from(self.peek() == Some(b'_'));
        }
    }

    fn int(&self, start: usize, digits: &str, radix: u32) -> Parsed<i64> {
        if radix == 10 && digits.starts_with('0') && digits.contains(|digit| digit != '0') {
            let refusal = self.refuse(start, "a number may not begin with 0");
            return Err(refusal.hint("write an octal number as 0o17, a text in quotes"));
        }
        i64::from_str_radix(digits, radix).map_err(|error| match error.kind() {
            IntErrorKind::PosOverflow => {
                self.refuse(start, "an int has 64 bits here; this one is larger")
            }
            _ => self.refuse(start, "invalid number"),
        })
    }

    fn after_number(&self, start: usize) -> Parsed<()> {
        let rest = self.rest();
        let word = rest.get(..name_length(rest)).unwrap_or_default();
        match word {
            "j" | "J" => Err(self.refuse(start, "complex numbers are not supported")),
            // Python 3 reads `1or 2` as two tokens.
            word if word.is_empty() || AFTER_NUMBER.contains(&word) => Ok(()),
            _ => Err(self.refuse(start, "invalid number")),
        }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..self.end).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, offset: usize) -> Option<u8> {
        self.rest().as_bytes().get(offset).copied()
    }

    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.tokens.push(Token {
            kind,
            start: start as u32,
            end: end as u32,
        });
    }

    fn refuse(&self, at: usize, message: impl Into<String>) -> Refusal {
        Refusal::new(self.source, at, message)
    }
}

/// Bytes of the name at the start of `text`.
fn name_length(text: &str) -> usize {
    text.find(|c: char| !is_name_start(c) && !c.is_ascii_digit())
        .unwrap_or(text.len())
}

/// Beyond ASCII only letters that Python's normalisation of names leaves as they are.
fn is_name_start(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '_' => true,
        '\u{132}' | '\u{133}' | '\u{13f}' | '\u{140}' | '\u{149}' | '\u{17f}' => false,
        '\u{c0}'..='\u{17f}' | '\u{386}' | '\u{388}'..='\u{3ce}' | '\u{400}'..='\u{481}' => {
            c.is_alphabetic()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind> {
        Lexer::block(source, 0)
            .map(|tokens| tokens.iter().map(|token| token.kind).collect())
            .unwrap_or_default()
    }

    #[test]
    fn indentation_opens_and_closes_blocks_and_comment_lines_do_not_count() {
        let found = kinds("if x:\n    y\n  # odd\n\nz\n");
        let blocks: Vec<&TokenKind> = found
            .iter()
            .filter(|kind| matches!(kind, TokenKind::Indent | TokenKind::Dedent))
            .collect();
        assert_eq!(blocks, [&TokenKind::Indent, &TokenKind::Dedent]);
    }

    #[test]
    fn brackets_and_backslashes_join_lines() {
        for source in ["(1 +\n  2)\n", "1 + \\\n  2\n"] {
            let found = kinds(source);
            assert_eq!(
                found
                    .iter()
                    .filter(|kind| **kind == TokenKind::Newline)
                    .count(),
                1,
                "{source:?}"
            );
        }
    }

    #[test]
    fn numbers_have_pythons_forms() {
        assert_eq!(
            kinds("1_0 .5 1e3 0x_f 0b1\n")
                .iter()
                .filter(|kind| matches!(kind, TokenKind::Int(_) | TokenKind::Float(_)))
                .count(),
            5
        );
        for wrong in ["1__0\n", "1_\n", "0b2\n", "1a\n", "0x\n", "09\n"] {
            assert!(Lexer::block(wrong, 0).is_err(), "{wrong:?}");
        }
    }
}

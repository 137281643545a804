//! Text to tokens, with Python's rules for lines, indentation, numbers and string prefixes.
//! What the tokens mean together is the parser's matter.

use crate::syntax::Refusal;

/// What a token is; its text is in the source.
#[derive(Debug, Clone, Copy, PartialEq)]
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

#[derive(Debug, Clone, Copy)]
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
    /// The tokens of a whole source.
    pub(crate) fn block(source: &'a str) -> Result<Vec<Token>, Refusal> {
        Lexer::over(source, 0, source.len()).lines()
    }

    /// The tokens of an expression, as if in brackets: lines and indentation mean nothing.
    pub(crate) fn expression(
        source: &'a str,
        start: usize,
        end: usize,
    ) -> Result<Vec<Token>, Refusal> {
        let mut lexer = Lexer::over(source, start, end);
        while lexer.skip_blanks(true)? {
            lexer.token()?;
        }
        lexer.finish()
    }

    fn over(source: &'a str, start: usize, end: usize) -> Lexer<'a> {
        let tokens = Vec::with_capacity((end - start) / 4);
        Lexer {
            source,
            end,
            at: start,
            tokens,
            indents: Vec::new(),
            brackets: Vec::new(),
        }
    }

    fn lines(mut self) -> Result<Vec<Token>, Refusal> {
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

    fn finish(mut self) -> Result<Vec<Token>, Refusal> {
        if let Some((bracket, at)) = self.brackets.last() {
            return Err(self.refuse(*at, format!("'{}' is never closed", char::from(*bracket))));
        }
        self.push(TokenKind::End, self.end, self.end);
        Ok(self.tokens)
    }

    /// Reads the start of a line; false if there is nothing on it.
    fn indentation(&mut self) -> Result<bool, Refusal> {
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
        match self.peek() {
            None => return Ok(false),
            Some(b'\n') => {
                self.at += 1;
                return Ok(false);
            }
            Some(b'#') => {
                self.skip_comment();
                self.at += 1;
                return Ok(false);
            }
            Some(_) => {}
        }
        self.indent_to(start, (width, tabs_as_one))?;
        Ok(true)
    }

    fn indent_to(&mut self, start: usize, new: (usize, usize)) -> Result<(), Refusal> {
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
    fn skip_blanks(&mut self, across: bool) -> Result<bool, Refusal> {
        loop {
            match self.peek() {
                None => return Ok(false),
                Some(b' ' | b'\t' | b'\x0c') => self.at += 1,
                Some(b'\n') if across => self.at += 1,
                Some(b'#') => self.skip_comment(),
                Some(b'\\') => {
                    if self.peek_at(1) != Some(b'\n') {
                        return Err(self.refuse(
                            self.at,
                            "a backslash must be the last character of its line",
                        ));
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

    fn skip_comment(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    fn token(&mut self) -> Result<(), Refusal> {
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
        match first {
            '0'..='9' => self.number(start),
            '.' if matches!(self.peek_at(1), Some(b'0'..=b'9')) => self.number(start),
            '"' | '\'' => self.text(start, 0),
            _ => self.operator(start, first),
        }
    }

    fn operator(&mut self, start: usize, first: char) -> Result<(), Refusal> {
        let rest = self.rest();
        let Some(operator) = OPERATORS
            .iter()
            .find(|operator| rest.starts_with(**operator))
        else {
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

    fn close(&mut self, start: usize, close: u8) -> Result<(), Refusal> {
        let close_name = char::from(close);
        match self.brackets.pop() {
            Some((b'(', _)) if close == b')' => Ok(()),
            Some((b'[', _)) if close == b']' => Ok(()),
            Some((b'{', _)) if close == b'}' => Ok(()),
            Some((open, _)) => Err(self.refuse(
                start,
                format!("'{close_name}' does not close '{}'", char::from(open)),
            )),
            None => Err(self.refuse(start, format!("'{close_name}' without an opening bracket"))),
        }
    }

    fn text(&mut self, start: usize, prefix: usize) -> Result<(), Refusal> {
        let letters = self
            .source
            .get(start..start + prefix)
            .unwrap_or_default()
            .to_ascii_lowercase();
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
        let body = start + prefix;
        let quote = self.source.get(body..body + 1).unwrap_or_default();
        let triple = quote.repeat(3);
        let is_triple = self
            .source
            .get(body..self.end)
            .is_some_and(|text| text.starts_with(&triple));
        let mark = if is_triple { triple.as_str() } else { quote };
        let content = body + mark.len();
        let Some(close) = self.find_close(content, mark) else {
            return Err(self.refuse(start, "this string is never closed"));
        };
        self.at = close + mark.len();
        let (open, close) = ((content - start) as u32, mark.len() as u32);
        self.push(
            TokenKind::Text(TextForm {
                raw,
                format,
                open,
                close,
            }),
            start,
            self.at,
        );
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

    fn number(&mut self, start: usize) -> Result<(), Refusal> {
        let kind = match self.peek_at(1).map(|byte| byte.to_ascii_lowercase()) {
            Some(b'x') if self.peek() == Some(b'0') => self.radix(start, 16)?,
            Some(b'o') if self.peek() == Some(b'0') => self.radix(start, 8)?,
            Some(b'b') if self.peek() == Some(b'0') => self.radix(start, 2)?,
            _ => self.decimal(start)?,
        };
        self.push(kind, start, self.at);
        self.after_number(start)
    }

    fn after_number(&self, start: usize) -> Result<(), Refusal> {
        let rest = self.rest();
        let word = rest.get(..name_length(rest)).unwrap_or_default();
        match word {
            "" => Ok(()),
            "j" | "J" => Err(self.refuse(start, "complex numbers are not supported")),
            // Python 3 reads `1or 2` as two tokens.
            word if AFTER_NUMBER.contains(&word) => Ok(()),
            _ => Err(self.refuse(start, "invalid number")),
        }
    }

    fn radix(&mut self, start: usize, radix: u32) -> Result<TokenKind, Refusal> {
        self.at += 2;
        if self.peek() == Some(b'_') {
            self.at += 1;
        }
        let digits = self.digits(start, |c| c.is_digit(radix))?;
        if digits.is_empty() || matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.refuse(start, "invalid number"));
        }
        i64::from_str_radix(&digits, radix)
            .map(TokenKind::Int)
            .map_err(|_| self.too_large(start))
    }

    fn decimal(&mut self, start: usize) -> Result<TokenKind, Refusal> {
        let mut text = self.digits(start, |c| c.is_ascii_digit())?;
        let whole = text.clone();
        if self.peek() == Some(b'.') {
            self.at += 1;
            text.push('.');
            text.push_str(&self.digits(start, |c| c.is_ascii_digit())?);
        }
        let sign = usize::from(matches!(self.peek_at(1), Some(b'+' | b'-')));
        if matches!(self.peek(), Some(b'e' | b'E'))
            && matches!(self.peek_at(1 + sign), Some(b'0'..=b'9'))
        {
            text.push('e');
            text.push_str(
                self.source
                    .get(self.at + 1..self.at + 1 + sign)
                    .unwrap_or_default(),
            );
            self.at += 1 + sign;
            text.push_str(&self.digits(start, |c| c.is_ascii_digit())?);
        }
        if text != whole {
            return text
                .parse()
                .map(TokenKind::Float)
                .map_err(|_| self.refuse(start, "invalid number"));
        }
        if whole.starts_with('0') && whole.bytes().any(|digit| digit != b'0') {
            let refusal = self.refuse(start, "a number may not begin with 0");
            return Err(refusal.hint("write an octal number as 0o17, a text in quotes"));
        }
        whole
            .parse()
            .map(TokenKind::Int)
            .map_err(|_| self.too_large(start))
    }

    /// Digits with single underscores between them, which are left out.
    fn digits(&mut self, start: usize, is_digit: impl Fn(char) -> bool) -> Result<String, Refusal> {
        let mut digits = String::new();
        while let Some(byte) = self.peek() {
            let next_is_digit = self
                .peek_at(1)
                .is_some_and(|next| is_digit(char::from(next)));
            if is_digit(char::from(byte)) {
                digits.push(char::from(byte));
            } else if byte == b'_' && !digits.is_empty() && next_is_digit {
            } else if byte == b'_' {
                return Err(self.refuse(start, "invalid number: '_' stands between digits only"));
            } else {
                break;
            }
            self.at += 1;
        }
        Ok(digits)
    }

    fn too_large(&self, start: usize) -> Refusal {
        self.refuse(start, "an int has 64 bits here; this one is larger")
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..self.end).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    fn peek_at(&self, offset: usize) -> Option<u8> {
        let at = self.at + offset;
        if at < self.end {
            self.source.as_bytes().get(at).copied()
        } else {
            None
        }
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
        Lexer::block(source)
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
            assert!(Lexer::block(wrong).is_err(), "{wrong:?}");
        }
    }
}

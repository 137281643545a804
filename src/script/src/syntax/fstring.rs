//! String literals: adjacent ones joined, f-strings taken apart.

use crate::syntax::expressions::node;
use crate::syntax::lexer::TokenKind;
use crate::syntax::literal::unescape;
use crate::syntax::{Parser, Refusal, TextForm};
use crate::value::Value;
use crate::value::tree::{Conversion, Expr, ExprKind, Field, Piece};

/// Fields inside the format specification of fields.
const SPEC_NESTING: usize = 2;

/// The part of an f-string that is being read.
struct Part {
    at: usize,
    end: usize,
    raw: bool,
    /// 0 for the string itself, 1 in a format specification.
    level: usize,
}

impl Parser<'_> {
    /// One or more literals beside one another.
    pub(crate) fn strings(&mut self) -> Result<Expr, Refusal> {
        let at = self.position();
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut is_format = false;
        while let TokenKind::Text(form) = self.peek().kind {
            let token = self.next();
            let start = (token.start + form.open) as usize;
            let end = (token.end - form.close) as usize;
            match form {
                TextForm {
                    format: true, raw, ..
                } => {
                    is_format = true;
                    self.pieces(
                        &mut Part {
                            at: start,
                            end,
                            raw,
                            level: 0,
                        },
                        &mut text,
                        &mut pieces,
                    )?;
                }
                TextForm { raw, .. } => text.push_str(&self.literal(start, end, raw)?),
            }
        }
        if !is_format {
            return Ok(node(at, ExprKind::Constant(Value::from(text))));
        }
        flush(&mut text, &mut pieces);
        Ok(node(at, ExprKind::FString(pieces)))
    }

    fn literal(&self, start: usize, end: usize, raw: bool) -> Result<String, Refusal> {
        let content = self.source.get(start..end).unwrap_or_default();
        if raw {
            return Ok(content.to_owned());
        }
        unescape(content).map_err(|(at, message, hint)| {
            let refusal = self.refuse_at(start + at, message);
            hint.map_or(refusal.clone(), |hint| refusal.hint(hint))
        })
    }

    /// Text and fields up to the end of the part or, in a specification, to its closing brace.
    fn pieces(
        &mut self,
        part: &mut Part,
        text: &mut String,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Refusal> {
        while part.at < part.end {
            let rest = self.source.get(part.at..part.end).unwrap_or_default();
            let plain = plain_length(rest, part.raw);
            text.push_str(&self.literal(part.at, part.at + plain, part.raw)?);
            part.at += plain;
            let rest = rest.get(plain..).unwrap_or_default();
            let is_text = part.level == 0;
            if is_text && (rest.starts_with("{{") || rest.starts_with("}}")) {
                text.push_str(rest.get(..1).unwrap_or_default());
                part.at += 2;
            } else if rest.starts_with('{') {
                if part.level >= SPEC_NESTING {
                    return Err(
                        self.refuse_at(part.at, "fields are nested too deeply in this f-string")
                    );
                }
                self.field(part, text, pieces)?;
            } else if rest.starts_with('}') {
                if is_text {
                    let refusal = self.refuse_at(part.at, "a single '}' in an f-string");
                    return Err(refusal.hint("write }} for the character itself"));
                }
                return Ok(());
            }
        }
        Ok(())
    }

    fn field(
        &mut self,
        part: &mut Part,
        text: &mut String,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Refusal> {
        let open = part.at;
        let never_closed =
            |parser: &Self| parser.refuse_at(open, "'{' is never closed in this f-string");
        let end = self
            .field_end(open + 1, part.end)?
            .ok_or_else(|| never_closed(self))?;
        let inside = self.source.get(open + 1..end).unwrap_or_default();
        if inside.trim().is_empty() {
            return Err(self.refuse_at(open, "an empty field in an f-string"));
        }
        if let Some(backslash) = inside.find('\\') {
            let refusal = self.refuse_at(
                open + 1 + backslash,
                "a backslash inside a field of an f-string",
            );
            return Err(refusal.hint("give the value a name first"));
        }
        let value = self.field_value(open + 1, end)?;
        part.at = end;
        let mut shows_itself = false;
        if self.byte(part.at) == Some(b'=') {
            shows_itself = true;
            part.at += 1;
            while matches!(self.byte(part.at), Some(b' ' | b'\t' | b'\n')) && part.at < part.end {
                part.at += 1;
            }
            text.push_str(self.source.get(open + 1..part.at).unwrap_or_default());
        }
        let mut conversion = self.conversion(part)?;
        let mut spec = Vec::new();
        let has_spec = self.byte(part.at) == Some(b':') && part.at < part.end;
        if has_spec {
            let mut inner = Part {
                at: part.at + 1,
                end: part.end,
                raw: part.raw,
                level: part.level + 1,
            };
            let mut inner_text = String::new();
            self.pieces(&mut inner, &mut inner_text, &mut spec)?;
            flush(&mut inner_text, &mut spec);
            part.at = inner.at;
        }
        if shows_itself && conversion == Conversion::None && !has_spec {
            conversion = Conversion::Repr;
        }
        if part.at >= part.end || self.byte(part.at) != Some(b'}') {
            return Err(never_closed(self));
        }
        part.at += 1;
        flush(text, pieces);
        pieces.push(Piece::Field(Box::new(Field {
            value,
            conversion,
            spec,
        })));
        Ok(())
    }

    fn field_value(&self, start: usize, end: usize) -> Result<Expr, Refusal> {
        let mut parser = self.inner(start, end)?;
        let value = parser.nested(|parser| {
            parser.refuse_star("in an f-string")?;
            parser.expression_list()
        })?;
        match parser.peek().kind {
            TokenKind::End => Ok(value),
            _ => Err(parser.unexpected("the end of the field")),
        }
    }

    fn conversion(&self, part: &mut Part) -> Result<Conversion, Refusal> {
        if part.at >= part.end || self.byte(part.at) != Some(b'!') {
            return Ok(Conversion::None);
        }
        let conversion = match self.byte(part.at + 1) {
            Some(b's') => Conversion::Str,
            Some(b'r') => Conversion::Repr,
            Some(b'a') => {
                let refusal = self.refuse_at(part.at, "the conversion !a is not supported");
                return Err(refusal.hint("write !r"));
            }
            _ => return Err(self.refuse_at(part.at, "a conversion is !s or !r")),
        };
        part.at += 2;
        match self.byte(part.at) {
            Some(b':' | b'}') => Ok(conversion),
            _ => Err(self.refuse_at(part.at, "a conversion is !s or !r")),
        }
    }

    /// Where the expression of a field ends: at `!`, `:`, `=` or `}` outside strings and brackets.
    fn field_end(&self, start: usize, end: usize) -> Result<Option<usize>, Refusal> {
        let bytes = self.source.as_bytes();
        let mut at = start;
        let mut depth = 0usize;
        while at < end {
            let byte = self.byte(at);
            let next = if at + 1 < end {
                self.byte(at + 1)
            } else {
                None
            };
            match byte {
                Some(b'\'' | b'"') => {
                    let quotes = bytes.get(at..end).unwrap_or_default();
                    let Some(length) = string_length(quotes) else {
                        return Err(
                            self.refuse_at(at, "a string inside this f-string is never closed")
                        );
                    };
                    at += length;
                    continue;
                }
                Some(b'#') => return Err(self.refuse_at(at, "a '#' inside a field of an f-string")),
                Some(b'(' | b'[' | b'{') => depth += 1,
                Some(b')' | b']' | b'}') if depth > 0 => depth -= 1,
                Some(b'=' | b'!' | b'<' | b'>') if next == Some(b'=') => at += 1,
                Some(b'}' | b':' | b'!' | b'=') if depth == 0 => return Ok(Some(at)),
                _ => {}
            }
            at += 1;
        }
        Ok(None)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }
}

/// Bytes of a string literal, with its quotes.
fn string_length(text: &[u8]) -> Option<usize> {
    let quote = *text.first()?;
    let triple = [quote; 3];
    let mark: &[u8] = if text.starts_with(&triple) {
        &triple
    } else {
        text.get(..1)?
    };
    let mut at = mark.len();
    while at < text.len() {
        match text.get(at)? {
            b'\\' => at += 2,
            _ if text.get(at..)?.starts_with(mark) => return Some(at + mark.len()),
            _ => at += 1,
        }
    }
    None
}

/// Bytes before the next brace; `\N{` is left to the check of escapes.
fn plain_length(rest: &str, raw: bool) -> usize {
    let mut at = 0;
    let bytes = rest.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1)) {
            (b'{' | b'}', _) => break,
            (b'\\', Some(b'{' | b'}')) => at += 1,
            (b'\\', Some(b'N')) if !raw => at += 3,
            (b'\\', Some(_)) => at += 2,
            _ => at += 1,
        }
    }
    let at = at.min(rest.len());
    // The two bytes after a backslash may have ended inside a character.
    (at..=rest.len())
        .find(|at| rest.is_char_boundary(*at))
        .unwrap_or(rest.len())
}

fn flush(text: &mut String, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text).into()));
    }
}

//! String literals: adjacent ones joined, f-strings taken apart.

use crate::syntax::expressions::node;
use crate::syntax::lexer::TokenKind;
use crate::syntax::literal::unescape;
use crate::syntax::{Lexer, Parsed, Parser, TextForm};
use crate::value::Value;
use crate::value::tree::{Conversion, ExprKind, Field, Piece};

/// Fields inside the format specification of fields.
const SPEC_NESTING: usize = 2;

/// The part of an f-string that is being read.
struct Part {
    at: usize,
    end: usize,
    raw: bool,
    /// 0 for the string itself, 1 in a format specification.
    level: usize,
    /// What has been read: whole pieces, and text behind them.
    pieces: Vec<Piece>,
    text: String,
}

impl Part {
    fn new(at: usize, end: usize, raw: bool, level: usize) -> Part {
        Part {
            at,
            end,
            raw,
            level,
            pieces: Vec::new(),
            text: String::new(),
        }
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = std::mem::take(&mut self.text);
            self.pieces.push(Piece::Text(text.into()));
        }
    }
}

impl Parser<'_> {
    /// One or more literals beside one another.
    pub(crate) fn strings(&mut self) -> Parsed {
        let at = self.position();
        let mut part = Part::new(at, at, false, 0);
        let mut is_format = false;
        while let TokenKind::Text(form) = self.peek().kind {
            let token = self.next();
            let TextForm { raw, format, .. } = form;
            (part.at, part.end) = (
                (token.start + form.open) as usize,
                (token.end - form.close) as usize,
            );
            part.raw = raw;
            is_format |= format;
            if format {
                self.pieces(&mut part)?;
            } else {
                part.text.push_str(&self.literal(part.at, part.end, raw)?);
            }
        }
        if !is_format {
            return Ok(node(at, ExprKind::Constant(Value::from(part.text))));
        }
        part.flush();
        Ok(node(at, ExprKind::FString(part.pieces)))
    }

    fn literal(&self, start: usize, end: usize, raw: bool) -> Parsed<String> {
        let content = self.source.get(start..end).unwrap_or_default();
        if raw {
            return Ok(content.to_owned());
        }
        unescape(content).map_err(|(at, (message, hint))| {
            let refusal = self.refuse_at(start + at, message);
            refusal.hint(hint)
        })
    }

    /// Text and fields up to the end of the part or, in a specification, to its closing brace.
    fn pieces(&mut self, part: &mut Part) -> Parsed<()> {
        while part.at < part.end {
            let rest = self.source.get(part.at..part.end).unwrap_or_default();
            let plain = plain_length(rest, part.raw);
            let text = self.literal(part.at, part.at + plain, part.raw)?;
            part.text.push_str(&text);
            part.at += plain;
            let rest = rest.get(plain..).unwrap_or_default();
            let is_text = part.level == 0;
            if is_text && (rest.starts_with("{{") || rest.starts_with("}}")) {
                part.text.push_str(rest.get(..1).unwrap_or_default());
                part.at += 2;
            } else if rest.starts_with('{') && part.level >= SPEC_NESTING {
                let message = "fields are nested too deeply in this f-string";
                return Err(self.refuse_at(part.at, message));
            } else if rest.starts_with('{') {
                let field = self.field(part)?;
                part.flush();
                part.pieces.push(Piece::Field(Box::new(field)));
            } else if rest.starts_with('}') && is_text {
                let refusal = self.refuse_at(part.at, "a single '}' in an f-string");
                return Err(refusal.hint("write }} for the character itself"));
            } else {
                return Ok(());
            }
        }
        Ok(())
    }

    fn field(&mut self, part: &mut Part) -> Parsed<Field> {
        let open = part.at;
        let (tokens, end) = Lexer::field(self.source, open + 1, part.end)?;
        let inside = self.source.get(open + 1..end).unwrap_or_default();
        if inside.trim().is_empty() {
            return Err(self.refuse_at(open, "an empty field in an f-string"));
        }
        let mut parser = self.inner(tokens);
        let value = parser.nested(|parser| {
            parser.refuse_star()?;
            parser.expression_list()
        })?;
        if parser.peek().kind != TokenKind::End {
            return Err(parser.unexpected("the end of the field"));
        }
        part.at = end;
        let shows_itself = self.byte(part, 0) == Some(b'=');
        if shows_itself {
            let rest = self.source.get(end + 1..part.end).unwrap_or_default();
            part.at = part.end - rest.trim_start().len();
            let shown = self.source.get(open + 1..part.at).unwrap_or_default();
            part.text.push_str(shown);
        }
        let mut conversion = self.conversion(part)?;
        let mut spec = Part::new(part.at + 1, part.end, part.raw, part.level + 1);
        if self.byte(part, 0) == Some(b':') {
            self.pieces(&mut spec)?;
            spec.flush();
            part.at = spec.at;
        } else if shows_itself {
            conversion = conversion.or(Some(Conversion::Repr));
        }
        if self.byte(part, 0) != Some(b'}') {
            return Err(self.refuse_at(open, "'{' is never closed in this f-string"));
        }
        part.at += 1;
        Ok(Field {
            value,
            conversion,
            spec: spec.pieces,
        })
    }

    fn conversion(&self, part: &mut Part) -> Parsed<Option<Conversion>> {
        if self.byte(part, 0) != Some(b'!') {
            return Ok(None);
        }
        let letter = self.byte(part, 1).map(char::from);
        let conversion = letter.and_then(Conversion::named);
        match self.byte(part, 2) {
            Some(b':' | b'}') if conversion.is_some() => part.at += 2,
            _ => return Err(self.refuse_at(part.at, "a conversion is !s, !r or !a")),
        }
        Ok(conversion)
    }

    /// A byte of the part, so far from where it is.
    fn byte(&self, part: &Part, offset: usize) -> Option<u8> {
        let rest = self.source.as_bytes().get(part.at..part.end)?;
        rest.get(offset).copied()
    }
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

//! The parser's place among the tokens: what is at hand, what must come, what to say if it does
//! not. Knows no statement and no expression.

use std::cell::{Cell, OnceCell};

use crate::syntax::lexer::TokenKind;
use crate::syntax::parser::{KEYWORDS, NESTING};
use crate::syntax::{Parsed, Parser, Refusal, Token};
use crate::value::Str;
use crate::value::tree::{Name, Slot};

impl<'a> Parser<'a> {
    pub(crate) fn name(&mut self, what: &str) -> Parsed<Name> {
        let token = self.peek();
        let text = self.word();
        if token.kind != TokenKind::Name || KEYWORDS.contains(&text) {
            return Err(self.unexpected(what));
        }
        self.next();
        Ok(Name {
            text: Str::from(text),
            at: token.start,
            slot: Cell::new(Slot::Known),
            known: OnceCell::new(),
        })
    }

    /// Runs `parse` one level further in.
    pub(crate) fn nested<T>(&mut self, parse: fn(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= NESTING {
            let hint = "give parts of it names, or split it into several statements";
            return Err(self.instead("too deeply nested", hint));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    pub(crate) fn peek(&self) -> Token {
        self.peek_at(0)
    }

    pub(crate) fn peek_at(&self, offset: usize) -> Token {
        let token = self.tokens.get(self.at + offset);
        token.or(self.tokens.last()).copied().unwrap_or_default()
    }

    pub(crate) fn next(&mut self) -> Token {
        let token = self.peek();
        self.at += 1;
        token
    }

    pub(crate) fn position(&self) -> usize {
        self.peek().start as usize
    }

    /// The name or keyword at hand, or nothing.
    pub(crate) fn word(&self) -> &'a str {
        let token = self.peek();
        if token.kind == TokenKind::Name {
            self.text(token)
        } else {
            ""
        }
    }

    pub(crate) fn text(&self, token: Token) -> &'a str {
        let text = self.source.get(token.start as usize..token.end as usize);
        text.unwrap_or_default()
    }

    pub(crate) fn is_at(&self, operator: &'static str) -> bool {
        self.peek().kind == TokenKind::Op(operator)
    }

    /// Whether a clause of a comprehension begins.
    pub(crate) fn is_at_clause(&self) -> bool {
        matches!(self.word(), "for" | "async")
    }

    pub(crate) fn accept(&mut self, operator: &'static str) -> bool {
        let there = self.is_at(operator);
        self.at += usize::from(there);
        there
    }

    pub(crate) fn accept_word(&mut self, word: &str) -> bool {
        let there = self.word() == word;
        self.at += usize::from(there);
        there
    }

    pub(crate) fn expect(&mut self, operator: &'static str) -> Parsed<()> {
        if self.accept(operator) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("'{operator}'")))
        }
    }

    pub(crate) fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.accept_word(word) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("'{word}'")))
        }
    }

    pub(crate) fn at_line_end(&self) -> bool {
        matches!(
            self.peek().kind,
            TokenKind::Newline | TokenKind::End | TokenKind::Op(";")
        )
    }

    pub(crate) fn line_here(&mut self) -> u32 {
        let (from, line) = self.counted;
        let position = self.position();
        let between = self.source.get(from..position).unwrap_or_default();
        let line = line + between.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.counted = (position.max(from), line);
        line
    }

    pub(crate) fn refuse(&self, message: impl Into<String>) -> Refusal {
        self.refuse_at(self.position(), message)
    }

    /// A refusal with what to write instead.
    pub(crate) fn instead(&self, message: impl Into<String>, hint: &str) -> Refusal {
        self.refuse(message).hint(hint)
    }

    pub(crate) fn refuse_at(&self, at: usize, message: impl Into<String>) -> Refusal {
        Refusal::new(self.source, at, message)
    }

    pub(crate) fn unexpected(&self, expected: &str) -> Refusal {
        let token = self.peek();
        if token.kind == TokenKind::Op(":=") {
            return self.instead("':=' is not supported", "assign on a line of its own");
        }
        let found = match token.kind {
            TokenKind::Newline => "the end of the line".to_owned(),
            TokenKind::End => "the end of the source".to_owned(),
            TokenKind::Indent => "an indentation".to_owned(),
            TokenKind::Dedent => "the end of the block".to_owned(),
            _ => {
                let shown: String = self.text(token).chars().take(30).collect();
                format!("'{shown}'")
            }
        };
        self.refuse(format!("{expected} is expected, not {found}"))
    }
}

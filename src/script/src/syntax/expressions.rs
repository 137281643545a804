//! Tokens to expressions, with Python's precedence.
//! Chains are read in loops, so that only brackets and the like cost depth.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use crate::syntax::lexer::TokenKind;
use crate::syntax::{Parsed, Parser};
use crate::value::tree::*;
use crate::value::{Str, Value};

/// Left-associative operators, from the loosest level to the tightest.
const LEVELS: [&[&str]; 6] = [
    &["|"],
    &["^"],
    &["&"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "//", "%"],
];

impl Parser<'_> {
    /// One expression, or a tuple without brackets.
    pub(crate) fn expression_list(&mut self) -> Parsed {
        let at = self.position();
        let first = self.expression()?;
        if !self.is_at(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.accept(",") {
            // A comma may stand at the end.
            if self.at_line_end() || matches!(self.peek().kind, TokenKind::Op("=" | ":")) {
                break;
            }
            items.push(self.expression()?);
        }
        Ok(node(at, tuple(items)))
    }

    /// An expression inside brackets.
    fn item(&mut self) -> Parsed {
        self.refuse_star()?;
        self.expression()
    }

    pub(crate) fn expression(&mut self) -> Parsed {
        self.nested(|parser| match parser.word() {
            "lambda" => parser.lambda(),
            _ => parser.conditional(),
        })
    }

    /// `a if b else c if d else e`
    fn conditional(&mut self) -> Parsed {
        let at = self.position();
        let mut value = self.or_test()?;
        let mut arms = Vec::new();
        while self.accept_word("if") {
            let condition = self.or_test()?;
            if self.word() != "else" {
                return Err(self.unexpected("'else'"));
            }
            self.next();
            arms.push((condition, value));
            value = match self.word() {
                "lambda" => self.nested(Parser::lambda)?,
                _ => self.or_test()?,
            };
        }
        if self.is_at(":=") {
            return Err(self.unexpected("an operator"));
        }
        Ok(if arms.is_empty() {
            value
        } else {
            node(at, ExprKind::Conditional(arms, Box::new(value)))
        })
    }

    fn lambda(&mut self) -> Parsed {
        let at = self.position();
        self.next();
        let (parameters, defaults) = self.parameters(":")?;
        self.expect(":")?;
        let kind = StmtKind::Return(Some(self.expression()?));
        let body = vec![Stmt {
            kind,
            line: self.line,
        }];
        let code = FunctionCode::new(Str::from("<lambda>"), parameters, body);
        let function = Box::new(FunctionExpr { code, defaults });
        Ok(node(at, ExprKind::Function(function)))
    }

    pub(crate) fn or_test(&mut self) -> Parsed {
        self.joined("or", Parser::and_test, ExprKind::Or)
    }

    fn and_test(&mut self) -> Parsed {
        self.joined("and", Parser::not_test, ExprKind::And)
    }

    /// Parts with this word between them.
    fn joined(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Parsed,
        kind: fn(Vec<Expr>) -> ExprKind,
    ) -> Parsed {
        let at = self.position();
        let first = part(self)?;
        if self.word() != word {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.accept_word(word) {
            parts.push(part(self)?);
        }
        Ok(node(at, kind(parts)))
    }

    fn not_test(&mut self) -> Parsed {
        let at = self.position();
        if !self.accept_word("not") {
            return self.comparison();
        }
        let operand = self.nested(Parser::not_test)?;
        Ok(node(at, ExprKind::Unary(UnaryOp::Not, Box::new(operand))))
    }

    fn comparison(&mut self) -> Parsed {
        let at = self.position();
        let first = self.binary(0)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.compare_operator()? {
            rest.push((operator, self.binary(0)?));
        }
        Ok(if rest.is_empty() {
            first
        } else {
            node(at, ExprKind::Compare(Box::new(first), rest))
        })
    }

    fn compare_operator(&mut self) -> Parsed<Option<CompareOp>> {
        let next = self.text(self.peek_at(1));
        let operator = match (self.text(self.peek()), next) {
            ("<", ">") => return Err(self.instead("'<>' is not Python 3", "use !=")),
            ("==", _) => CompareOp::Equal,
            ("!=", _) => CompareOp::NotEqual,
            ("<", _) => CompareOp::Less,
            ("<=", _) => CompareOp::LessEqual,
            (">", _) => CompareOp::Greater,
            (">=", _) => CompareOp::GreaterEqual,
            ("in", _) => CompareOp::In,
            ("is", "not") => CompareOp::IsNot,
            ("is", _) => CompareOp::Is,
            ("not", "in") => CompareOp::NotIn,
            _ => return Ok(None),
        };
        self.next();
        if let CompareOp::IsNot | CompareOp::NotIn = operator {
            self.next();
        }
        Ok(Some(operator))
    }

    /// The operators of `LEVELS` from `level` on.
    pub(crate) fn binary(&mut self, level: usize) -> Parsed {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let at = self.position();
        let first = self.binary(level + 1)?;
        let mut rest = Vec::new();
        while let TokenKind::Op(symbol) = self.peek().kind {
            if symbol == "@" {
                return Err(self.refuse("'@' is not supported"));
            }
            let known = BinaryOp::written(symbol).filter(|_| operators.contains(&symbol));
            let Some(operator) = known else { break };
            self.next();
            rest.push((operator, self.binary(level + 1)?));
        }
        Ok(if rest.is_empty() {
            first
        } else {
            node(at, ExprKind::Chain(Box::new(first), rest))
        })
    }

    fn unary(&mut self) -> Parsed {
        let at = self.position();
        let operator = match self.peek().kind {
            TokenKind::Op("-") => UnaryOp::Minus,
            TokenKind::Op("+") => UnaryOp::Plus,
            TokenKind::Op("~") => UnaryOp::Invert,
            _ => return self.power(),
        };
        self.next();
        let operand = self.nested(Parser::unary)?;
        let kind = match (operator, operand.kind) {
            (UnaryOp::Minus, ExprKind::Constant(Value::Int(number))) => {
                ExprKind::Constant(Value::Int(-number))
            }
            (UnaryOp::Minus, ExprKind::Constant(Value::Float(number))) => {
                ExprKind::Constant(Value::Float(-number))
            }
            (operator, kind) => {
                let at = operand.at;
                ExprKind::Unary(operator, Box::new(Expr { kind, at }))
            }
        };
        Ok(node(at, kind))
    }

    fn power(&mut self) -> Parsed {
        let at = self.position();
        let base = self.primary()?;
        if !self.accept("**") {
            return Ok(base);
        }
        let exponent = self.nested(Parser::unary)?;
        let rest = vec![(BinaryOp::Power, exponent)];
        Ok(node(at, ExprKind::Chain(Box::new(base), rest)))
    }

    /// An atom with calls, indexes and attributes behind it.
    fn primary(&mut self) -> Parsed {
        let at = self.position();
        let base = self.atom()?;
        let mut trailers = Vec::new();
        loop {
            match self.peek().kind {
                TokenKind::Op("(") => trailers.push(Trailer::Call(self.arguments()?)),
                TokenKind::Op("[") => trailers.push(self.subscript()?),
                TokenKind::Op(".") => trailers.push(self.attribute()?),
                _ => break,
            }
        }
        Ok(if trailers.is_empty() {
            base
        } else {
            node(at, ExprKind::Trailers(Box::new(base), trailers))
        })
    }

    fn attribute(&mut self) -> Parsed<Trailer> {
        self.next();
        let Name { text, at, .. } = self.name("the name of an attribute")?;
        if text.starts_with("__") {
            let message = format!("attribute '{text}' is out of reach");
            let refusal = self.refuse_at(at as usize, message);
            return Err(refusal.hint("names that begin with two underscores are Python's own"));
        }
        let attribute = Attribute {
            name: text,
            methods: OnceCell::new(),
            hint: Cell::new(0),
            at,
        };
        match self.peek().kind {
            TokenKind::Op("(") => Ok(Trailer::Method(attribute, self.arguments()?)),
            _ => Ok(Trailer::Attribute(attribute)),
        }
    }

    fn arguments(&mut self) -> Parsed<Arguments> {
        self.next();
        let (mut positional, mut named) = (Vec::new(), Vec::<(Str, Expr)>::new());
        while !self.is_at(")") {
            self.refuse_star()?;
            let at = self.position();
            if self.peek().kind == TokenKind::Name && self.peek_at(1).kind == TokenKind::Op("=") {
                let name = self.name("an argument's name")?;
                self.next();
                if named.iter().any(|(known, _)| *known == name.text) {
                    let message = format!("argument '{}' is given twice", name.text);
                    return Err(self.refuse_at(at, message));
                }
                named.push((name.text, self.expression()?));
            } else {
                let mut argument = self.expression()?;
                if self.is_at_clause() {
                    let kind = ComprehensionKind::Generator;
                    argument = self.comprehension(at, kind, (argument, None))?;
                    // As the only argument it needs no brackets of its own.
                    let is_last = self.is_at(")");
                    if !(is_last && positional.is_empty() && named.is_empty()) {
                        let message =
                            "a generator expression beside other arguments needs parentheses";
                        return Err(self.refuse_at(at, message));
                    }
                }
                if !named.is_empty() {
                    return Err(self.refuse_at(at, "a positional argument follows a named one"));
                }
                positional.push(argument);
            }
            if !self.accept(",") {
                break;
            }
        }
        self.expect(")")?;
        Ok(Arguments { positional, named })
    }

    fn subscript(&mut self) -> Parsed<Trailer> {
        self.next();
        let at = self.position();
        let start = self.slice_part()?;
        if self.accept(":") {
            let stop = self.slice_part()?;
            let mut step = None;
            if self.accept(":") {
                step = self.slice_part()?;
            }
            self.refuse_dimensions(",")?;
            self.expect("]")?;
            return Ok(Trailer::Slice(Box::new([start, stop, step])));
        }
        let Some(first) = start else {
            return Err(self.unexpected("an index"));
        };
        if self.accept("]") {
            return Ok(Trailer::Index(first));
        }
        let items = self.list_behind(first, "]", |parser| {
            let item = parser.expression()?;
            parser.refuse_dimensions(":")?;
            Ok(item)
        })?;
        Ok(Trailer::Index(node(at, tuple(items))))
    }

    fn refuse_dimensions(&self, mark: &'static str) -> Parsed<()> {
        if self.is_at(mark) {
            return Err(self.refuse("slices of several dimensions are not supported"));
        }
        Ok(())
    }

    fn slice_part(&mut self) -> Parsed<Option<Expr>> {
        match self.peek().kind {
            TokenKind::Op(":" | "]" | ",") => Ok(None),
            _ => self.item().map(Some),
        }
    }

    fn atom(&mut self) -> Parsed {
        let token = self.peek();
        let at = token.start as usize;
        let constant = match token.kind {
            TokenKind::Int(number) => Value::Int(number),
            TokenKind::Float(number) => Value::Float(number),
            TokenKind::Text(_) => return self.strings(),
            TokenKind::Op("(") => return self.nested(Parser::parentheses),
            TokenKind::Op("[") => return self.nested(Parser::list_display),
            TokenKind::Op("{") => return self.nested(Parser::brace_display),
            TokenKind::Op("...") => {
                return Err(self.instead("'...' is not supported", "use pass or None"));
            }
            TokenKind::Name => match self.word() {
                "None" => Value::None,
                "True" => Value::Bool(true),
                "False" => Value::Bool(false),
                "lambda" => return Err(self.refuse("a lambda here needs parentheses")),
                _ => {
                    self.refuse_outside()?;
                    let name = self.name("an expression")?;
                    return Ok(node(at, ExprKind::Name(name)));
                }
            },
            _ => {
                self.refuse_star()?;
                return Err(self.unexpected("an expression"));
            }
        };
        self.next();
        Ok(node(at, ExprKind::Constant(constant)))
    }

    pub(crate) fn refuse_star(&self) -> Parsed<()> {
        if let TokenKind::Op(star @ ("*" | "**")) = self.peek().kind {
            let message = format!("unpacking with '{star}' is not supported");
            return Err(self.instead(message, "join with + or update(), or name each item"));
        }
        Ok(())
    }

    fn parentheses(&mut self) -> Parsed {
        let at = self.position();
        self.next();
        if self.accept(")") {
            return Ok(node(at, tuple(Vec::new())));
        }
        let first = self.item()?;
        if self.is_at_clause() {
            let generator = self.comprehension(at, ComprehensionKind::Generator, (first, None))?;
            self.expect(")")?;
            return Ok(generator);
        }
        if !self.is_at(",") {
            self.expect(")")?;
            // Brackets keep `(a).b` from being read as `a.b` and chains from being joined: the node stays its own.
            return Ok(first);
        }
        let items = self.list_behind(first, ")", Parser::item)?;
        Ok(node(at, tuple(items)))
    }

    /// What follows a first item, each behind a comma, and the closing bracket.
    fn list_behind<T>(
        &mut self,
        first: T,
        close: &'static str,
        item: fn(&mut Self) -> Parsed<T>,
    ) -> Parsed<Vec<T>> {
        let mut items = vec![first];
        while self.accept(",") && !self.is_at(close) {
            items.push(item(self)?);
        }
        self.expect(close)?;
        Ok(items)
    }

    fn list_display(&mut self) -> Parsed {
        let at = self.position();
        self.next();
        if self.accept("]") {
            return Ok(node(at, ExprKind::List(Vec::new())));
        }
        let first = self.item()?;
        if self.is_at_clause() {
            let list = self.comprehension(at, ComprehensionKind::List, (first, None))?;
            self.expect("]")?;
            return Ok(list);
        }
        let items = self.list_behind(first, "]", Parser::item)?;
        Ok(node(at, ExprKind::List(items)))
    }

    fn brace_display(&mut self) -> Parsed {
        let at = self.position();
        self.next();
        if self.accept("}") {
            return Ok(node(at, ExprKind::Dict(Vec::new())));
        }
        let first = self.item()?;
        let mut value = None;
        if self.accept(":") {
            value = Some(self.expression()?);
        }
        if self.is_at_clause() {
            let kind = match value {
                Some(_) => ComprehensionKind::Dict,
                None => ComprehensionKind::Set,
            };
            let display = self.comprehension(at, kind, (first, value))?;
            self.expect("}")?;
            return Ok(display);
        }
        let Some(value) = value else {
            let items = self.list_behind(first, "}", Parser::item)?;
            return Ok(node(at, ExprKind::Set(items)));
        };
        let entries = self.list_behind((first, value), "}", |parser| {
            let key = parser.item()?;
            parser.expect(":")?;
            Ok((key, parser.expression()?))
        })?;
        Ok(node(at, ExprKind::Dict(entries)))
    }

    /// The clauses behind the element of a comprehension.
    fn comprehension(
        &mut self,
        at: usize,
        kind: ComprehensionKind,
        (element, value): (Expr, Option<Expr>),
    ) -> Parsed {
        let (mut clauses, mut first) = (Vec::new(), None);
        loop {
            if self.word() == "async" {
                return Err(self.instead("'async' is not supported", "leave async out"));
            }
            if !self.accept_word("for") {
                break;
            }
            let target = self.target_list()?;
            self.expect_word("in")?;
            let mut iterable = Some(self.or_test()?);
            let mut conditions = Vec::new();
            while self.accept_word("if") {
                conditions.push(self.or_test()?);
            }
            if first.is_none() {
                first = iterable.take();
            }
            clauses.push(Clause {
                target,
                iterable,
                conditions,
            });
        }
        let Some(first) = first else {
            return Err(self.unexpected("'for'"));
        };
        let line = self.line;
        let code = Rc::new(ComprehensionCode {
            clauses,
            element,
            value,
            line,
            layout: Cell::default(),
        });
        let made = Box::new(Comprehension { kind, first, code });
        Ok(node(at, ExprKind::Comprehension(made)))
    }

    /// The targets between `for` and `in`.
    pub(crate) fn target_list(&mut self) -> Parsed<Target> {
        let at = self.position();
        self.refuse_star()?;
        let first = self.binary(0)?;
        if !self.is_at(",") {
            return self.target(first, "assign to");
        }
        let mut items = vec![first];
        while self.accept(",") {
            if self.word() == "in" {
                break;
            }
            self.refuse_star()?;
            items.push(self.binary(0)?);
        }
        self.target(node(at, ExprKind::Tuple(items)), "assign to")
    }
}

pub(crate) fn node(at: usize, kind: ExprKind) -> Expr {
    Expr {
        kind,
        at: at as u32,
    }
}

/// A tuple display; of constants only, it is one constant.
fn tuple(items: Vec<Expr>) -> ExprKind {
    let constants = items.iter().map(|item| match &item.kind {
        ExprKind::Constant(value) => Some(value.clone()),
        _ => None,
    });
    match constants.collect() {
        Some(constants) => ExprKind::Constant(Value::tuple(constants)),
        None => ExprKind::Tuple(items),
    }
}

//! Tokens to statements. What Python has and the subset has not is refused here by name.
//! Expressions are in `expressions`.

use crate::syntax::expressions::node;
use crate::syntax::lexer::TokenKind;
use crate::syntax::{Lexer, Parsed, Refusal, Token};
use crate::value::Value;
use crate::value::tree::*;

mod cursor;

/// Brackets, operators and blocks inside one another.
pub const NESTING: usize = 90;
/// Longer sources are refused.
pub const SOURCE_BYTES: usize = 1 << 20;

pub(crate) const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Words that are not in the subset, and what to do instead.
const REFUSED: &[(&str, &str)] = &[
    ("class", "keep values in a dict"),
    ("with", "files and locks are out of reach here"),
    ("yield", "return a list"),
    ("async", "write a plain function"),
    ("await", "call the function directly"),
    ("global", "change a dict or list, or return the value"),
    ("nonlocal", "change a dict or list, or return the value"),
    ("assert", "write if ...: raise ValueError(...)"),
];

pub(crate) struct Parser<'a> {
    pub(crate) source: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Line of the statement at hand.
    pub(crate) line: u32,
    /// Newlines counted so far: up to which byte, and the line there.
    counted: (usize, u32),
    in_function: bool,
    in_loop: bool,
}

/// A source as the rest of the module wants it: `\n` ends every line.
pub(crate) fn normal(source: &str) -> Parsed<String> {
    if source.len() > SOURCE_BYTES {
        return Err(Refusal::new(source, 0, "the source is larger than 1 MiB"));
    }
    Ok(source.replace("\r\n", "\n").replace('\r', "\n"))
}

pub(crate) fn parse_block(source: &str) -> Parsed<Block> {
    let tokens = Lexer::block(source, 0)?;
    let mut parser = Parser::new(source, tokens, 0);
    let mut block = Vec::new();
    while parser.peek().kind != TokenKind::End {
        parser.statement(&mut block)?;
    }
    Ok(block)
}

/// A block that returns the expression.
pub(crate) fn parse_expression(source: &str) -> Parsed<Block> {
    // As Python's eval: blanks in front are no indentation.
    let start = source.len() - source.trim_start_matches([' ', '\t']).len();
    let mut parser = Parser::new(source, Lexer::block(source, start)?, 0);
    parser.line = parser.line_here();
    if let Some(refusal) = parser.statement_in_expression() {
        return Err(refusal);
    }
    let expr = parser.expression_list()?;
    while parser.peek().kind == TokenKind::Newline {
        parser.next();
    }
    if parser.peek().kind != TokenKind::End {
        return Err(parser.unexpected("the end of the expression"));
    }
    let (kind, line) = (StmtKind::Return(Some(expr)), parser.line);
    Ok(vec![Stmt { kind, line }])
}

impl<'a> Parser<'a> {
    pub(crate) fn new(source: &'a str, tokens: Vec<Token>, depth: usize) -> Parser<'a> {
        Parser {
            source,
            tokens,
            at: 0,
            depth,
            line: 1,
            counted: (0, 1),
            in_function: false,
            in_loop: false,
        }
    }

    /// A parser for an expression inside an f-string.
    pub(crate) fn inner(&self, tokens: Vec<Token>) -> Parser<'a> {
        let mut parser = Parser::new(self.source, tokens, self.depth);
        (parser.line, parser.in_function) = (self.line, self.in_function);
        parser
    }

    fn statement(&mut self, block: &mut Block) -> Parsed<()> {
        self.line = self.line_here();
        self.refuse_outside()?;
        match self.word() {
            "if" => self.compound(block, Parser::if_statement),
            "for" => self.compound(block, Parser::for_statement),
            "while" => self.compound(block, Parser::while_statement),
            "def" => self.compound(block, Parser::def_statement),
            "try" => self.compound(block, Parser::try_statement),
            _ => self.simple_line(block),
        }
    }

    fn compound(
        &mut self,
        block: &mut Block,
        parse: fn(&mut Self) -> Parsed<StmtKind>,
    ) -> Parsed<()> {
        let line = self.line;
        self.next();
        let kind = self.nested(parse)?;
        block.push(Stmt { kind, line });
        Ok(())
    }

    /// Statements on a line, separated by semicolons.
    fn simple_line(&mut self, block: &mut Block) -> Parsed<()> {
        loop {
            self.line = self.line_here();
            let line = self.line;
            let kind = self.simple()?;
            block.push(Stmt { kind, line });
            let more = self.accept(";");
            if self.peek().kind == TokenKind::Newline {
                self.next();
                return Ok(());
            }
            if !more {
                return Err(self.after_statement());
            }
        }
    }

    fn after_statement(&self) -> Refusal {
        let previous = self.tokens.get(self.at.wrapping_sub(1));
        let unexpected = self.unexpected("the end of the statement");
        match previous.map(|token| self.text(*token)) {
            Some("print") => unexpected.hint("print needs parentheses: print(...)"),
            Some("match") => self.instead("'match' is not supported", "use if and elif"),
            _ => unexpected,
        }
    }

    fn simple(&mut self) -> Parsed<StmtKind> {
        self.refuse_outside()?;
        match self.word() {
            word @ ("break" | "continue") if !self.in_loop => {
                Err(self.refuse(format!("'{word}' outside a loop")))
            }
            "pass" => self.single(StmtKind::Pass),
            "break" => self.single(StmtKind::Break),
            "continue" => self.single(StmtKind::Continue),
            "return" => self.return_statement(),
            "raise" => self.raise_statement(),
            "del" => self.del_statement(),
            "import" | "from" => self.import_statement(),
            "if" | "for" | "while" | "def" | "try" => Err(self.unexpected("a simple statement")),
            _ => self.expression_statement(),
        }
    }

    fn single(&mut self, kind: StmtKind) -> Parsed<StmtKind> {
        self.next();
        Ok(kind)
    }

    pub(crate) fn refuse_outside(&self) -> Parsed<()> {
        let word = self.word();
        if self.is_at("@") {
            let hint = "call the function where it is needed";
            return Err(self.instead("decorators are not supported", hint));
        }
        if self.peek().kind == TokenKind::Indent {
            return Err(self.refuse("unexpected indentation"));
        }
        match REFUSED.iter().find(|(known, _)| *known == word) {
            Some((_, hint)) if word == "class" => {
                Err(self.instead("classes are not supported", hint))
            }
            Some((_, hint)) => Err(self.instead(format!("'{word}' is not supported"), hint)),
            None => Ok(()),
        }
    }

    /// A statement where an expression is expected, named for what it is.
    fn statement_in_expression(&self) -> Option<Refusal> {
        let word = self.word();
        let statements = [
            "if", "for", "while", "def", "try", "import", "from", "return", "del", "raise", "pass",
        ];
        if statements.contains(&word) {
            let message = format!("'{word}' is a statement; an expression is expected");
            return Some(self.instead(message, "write one expression that is true or false"));
        }
        self.refuse_outside().err()
    }

    fn return_statement(&mut self) -> Parsed<StmtKind> {
        if !self.in_function {
            return Err(self.instead("'return' outside a function", "put the rest under an if"));
        }
        self.next();
        if self.at_line_end() {
            return Ok(StmtKind::Return(None));
        }
        self.expression_list().map(Some).map(StmtKind::Return)
    }

    fn raise_statement(&mut self) -> Parsed<StmtKind> {
        self.next();
        if self.at_line_end() {
            return Ok(StmtKind::Raise(None));
        }
        let exception = self.expression()?;
        if self.word() == "from" {
            return Err(self.instead("'raise ... from' is not supported", "leave 'from ...' out"));
        }
        Ok(StmtKind::Raise(Some(exception)))
    }

    fn del_statement(&mut self) -> Parsed<StmtKind> {
        self.next();
        let at = self.position();
        let list = self.expression_list()?;
        let target = self.target(list, "delete")?;
        match target {
            Target::Unpack(targets) if targets.is_empty() => {
                Err(self.refuse_at(at, "nothing to delete"))
            }
            Target::Unpack(targets) => Ok(StmtKind::Delete(targets)),
            single => Ok(StmtKind::Delete(vec![single])),
        }
    }

    fn import_statement(&mut self) -> Parsed<StmtKind> {
        let only = "only 'import re' and 'import logging' are supported";
        if self.word() == "from" {
            let hint = "write import re, and re.NAME where it is used";
            return Err(self.instead(only, hint));
        }
        self.next();
        if !matches!(self.word(), "re" | "logging") {
            let hint = "files, network and other modules are out of reach";
            return Err(self.instead(only, hint));
        }
        let name = self.name("the module's name")?;
        if !self.at_line_end() {
            return Err(self.instead(only, "write each on its own, without 'as' or '.'"));
        }
        let module = match &*name.text {
            "logging" => Value::Logging,
            _ => Value::Re,
        };
        Ok(assigned(name, ExprKind::Constant(module)))
    }

    fn expression_statement(&mut self) -> Parsed<StmtKind> {
        let first = self.expression_list()?;
        let token = self.peek();
        let TokenKind::Op(operator) = token.kind else {
            return Ok(StmtKind::Expr(first));
        };
        if let Some(operator) = operator.strip_suffix('=').and_then(BinaryOp::written) {
            let target = match self.target(first, "assign to")? {
                Target::Unpack(_) => return Err(self.refuse("this cannot be changed in place")),
                target => target,
            };
            self.next();
            let value = self.expression_list()?;
            return Ok(StmtKind::Augmented(target, operator, value));
        }
        match operator {
            "=" => self.assignment(first),
            ":" => Err(self.instead("annotations are not supported", "write name = value")),
            "@=" => Err(self.refuse("'@=' is not supported")),
            _ => Ok(StmtKind::Expr(first)),
        }
    }

    fn assignment(&mut self, first: Expr) -> Parsed<StmtKind> {
        let mut targets = Vec::new();
        let mut value = first;
        while self.accept("=") {
            targets.push(self.target(value, "assign to")?);
            value = self.expression_list()?;
        }
        Ok(StmtKind::Assign(targets, value))
    }

    /// An expression read as the left side of an assignment.
    pub(crate) fn target(&self, expr: Expr, verb: &str) -> Parsed<Target> {
        let at = expr.at;
        let (what, hint) = match expr.kind {
            ExprKind::Name(name) => return Ok(Target::Name(name)),
            ExprKind::List(items) | ExprKind::Tuple(items) => {
                let targets = items.into_iter().map(|item| self.target(item, verb));
                return targets.collect::<Result<_, _>>().map(Target::Unpack);
            }
            // An empty tuple is folded to a constant.
            ExprKind::Constant(Value::Tuple(tuple)) if tuple.items.is_empty() => {
                return Ok(Target::Unpack(Vec::new()));
            }
            ExprKind::Trailers(base, mut trailers) => match trailers.pop() {
                Some(Trailer::Index(index)) if trailers.is_empty() => {
                    return Ok(Target::Index(Box::new((*base, index))));
                }
                Some(Trailer::Index(index)) => {
                    let kind = ExprKind::Trailers(base, trailers);
                    return Ok(Target::Index(Box::new((Expr { kind, at }, index))));
                }
                Some(Trailer::Slice(_)) => (
                    "a slice",
                    Some("build a new list: items[:1] + new + items[2:]"),
                ),
                Some(Trailer::Attribute(_)) => ("an attribute", None),
                _ => ("the result of a call", None),
            },
            ExprKind::Constant(_) | ExprKind::FString(_) => ("a constant", None),
            ExprKind::Compare(..) => ("a comparison", Some("use one '=' to assign")),
            _ => ("an expression", None),
        };
        let refusal = self.refuse_at(at as usize, format!("cannot {verb} {what}"));
        Err(hint.map_or(refusal.clone(), |hint| refusal.hint(hint)))
    }

    fn if_statement(&mut self) -> Parsed<StmtKind> {
        let mut branches = vec![self.branch()?];
        while self.word() == "elif" {
            self.line = self.line_here();
            self.next();
            branches.push(self.branch()?);
        }
        Ok(StmtKind::If(branches, self.block_after("else")?))
    }

    fn branch(&mut self) -> Parsed<Branch> {
        let line = self.line;
        let test = self.expression()?;
        let body = self.block()?;
        Ok(Branch { line, test, body })
    }

    fn for_statement(&mut self) -> Parsed<StmtKind> {
        let target = self.target_list()?;
        self.expect_word("in")?;
        let iterable = self.expression_list()?;
        let (body, otherwise) = self.loop_blocks()?;
        Ok(StmtKind::For(Box::new(For {
            target,
            iterable,
            body,
            otherwise,
        })))
    }

    fn while_statement(&mut self) -> Parsed<StmtKind> {
        let test = self.expression()?;
        let (body, otherwise) = self.loop_blocks()?;
        Ok(StmtKind::While(Box::new(While {
            test,
            body,
            otherwise,
        })))
    }

    fn loop_blocks(&mut self) -> Parsed<(Block, Block)> {
        let outer = std::mem::replace(&mut self.in_loop, true);
        let body = self.block()?;
        self.in_loop = outer;
        Ok((body, self.block_after("else")?))
    }

    /// The block behind this word; without it there is nothing in it.
    fn block_after(&mut self, word: &str) -> Parsed<Block> {
        if self.accept_word(word) {
            self.block()
        } else {
            Ok(Vec::new())
        }
    }

    fn def_statement(&mut self) -> Parsed<StmtKind> {
        let name = self.name("the function's name")?;
        self.expect("(")?;
        let (parameters, defaults) = self.parameters(")")?;
        self.expect(")")?;
        if self.is_at("->") {
            return Err(self.instead("annotations are not supported", "leave '-> ...' out"));
        }
        let outer = (self.in_function, self.in_loop);
        (self.in_function, self.in_loop) = (true, false);
        let body = self.block()?;
        (self.in_function, self.in_loop) = outer;
        let code = FunctionCode::new(name.text.clone(), parameters, body);
        let function = Box::new(FunctionExpr { code, defaults });
        Ok(assigned(name, ExprKind::Function(function)))
    }

    /// Parameters up to the token `end`, which stays; defaults belong to the last ones.
    pub(crate) fn parameters(&mut self, end: &'static str) -> Parsed<(Vec<Name>, Vec<Expr>)> {
        let (mut parameters, mut defaults) = (Vec::<Name>::new(), Vec::new());
        while !self.is_at(end) {
            if let TokenKind::Op("*" | "**" | "/") = self.peek().kind {
                let message = "only plain parameters are supported, no '*', '**' or '/'";
                let hint = "name each parameter, with a default where it may be left out";
                return Err(self.instead(message, hint));
            }
            let name = self.name("a parameter")?;
            if parameters.iter().any(|known| known.text == name.text) {
                let message = format!("parameter '{}' is there twice", name.text);
                return Err(self.refuse_at(name.at as usize, message));
            }
            if end == ")" && self.is_at(":") {
                return Err(self.instead("annotations are not supported", "leave ': ...' out"));
            }
            if self.accept("=") {
                defaults.push(self.expression()?);
            } else if !defaults.is_empty() {
                let message = "a parameter without default follows one with a default";
                return Err(self.refuse_at(name.at as usize, message));
            }
            parameters.push(name);
            if !self.accept(",") {
                break;
            }
        }
        Ok((parameters, defaults))
    }

    fn try_statement(&mut self) -> Parsed<StmtKind> {
        let body = self.block()?;
        let mut handlers: Vec<Handler> = Vec::new();
        while self.word() == "except" {
            if let Some(Handler { types: None, .. }) = handlers.last() {
                return Err(self.refuse("a bare 'except:' must be the last one"));
            }
            self.line = self.line_here();
            self.next();
            handlers.push(self.handler()?);
        }
        let otherwise = if handlers.is_empty() {
            Vec::new()
        } else {
            self.block_after("else")?
        };
        let finally = self.block_after("finally")?;
        if handlers.is_empty() && finally.is_empty() {
            return Err(self.unexpected("'except' or 'finally'"));
        }
        Ok(StmtKind::Try(Box::new(Try {
            body,
            handlers,
            otherwise,
            finally,
        })))
    }

    fn handler(&mut self) -> Parsed<Handler> {
        let line = self.line;
        if self.is_at("*") {
            return Err(self.instead("'except*' is not supported", "use except"));
        }
        let (mut types, mut name) = (None, None);
        if !self.is_at(":") {
            types = Some(self.expression()?);
            if self.accept_word("as") {
                name = Some(self.name("a name")?);
            }
        }
        if self.is_at(",") {
            let hint = "put several types in parentheses: except (A, B):";
            return Err(self.unexpected("':'").hint(hint));
        }
        let body = self.block()?;
        Ok(Handler {
            line,
            types,
            name,
            body,
        })
    }

    /// `:` and the statements under it, on the same line or indented.
    fn block(&mut self) -> Parsed<Block> {
        if self.is_at("=") {
            return Err(self.unexpected("':'").hint("use '==' to compare"));
        }
        self.expect(":")?;
        let mut block = Vec::new();
        if self.peek().kind != TokenKind::Newline {
            self.simple_line(&mut block)?;
            return Ok(block);
        }
        self.next();
        if self.peek().kind != TokenKind::Indent {
            return Err(self.refuse("an indented block is expected here"));
        }
        self.next();
        while self.peek().kind != TokenKind::Dedent && self.peek().kind != TokenKind::End {
            self.statement(&mut block)?;
        }
        self.next();
        Ok(block)
    }
}

/// What `def` and `import` do with what they make.
fn assigned(name: Name, kind: ExprKind) -> StmtKind {
    let value = node(name.at as usize, kind);
    StmtKind::Assign(vec![Target::Name(name)], value)
}

//! Text to tree: tokens, statements, expressions, literals. What Python has and the subset has not is refused
//! here by name. Knows which methods there are, and no value but constants.

mod expressions;
mod fstring;
mod lexer;
mod literal;
mod parser;
mod refusal;

pub(crate) use lexer::{Lexer, TextForm, Token};
pub use parser::{NESTING, SOURCE_BYTES};
pub(crate) use parser::{Parser, normal, parse_block, parse_expression};
pub use refusal::Refusal;

use crate::value::tree::Expr;

/// What is read of a source, or why it is refused.
pub(crate) type Parsed<T = Expr> = Result<T, Refusal>;

//! The state of one evaluation, which everything that runs works on.

use std::rc::Rc;

use crate::LogLine;
use crate::value::kept::Kept;
use crate::value::{Cache, Meter, Raised, Scope, Value};

/// What evaluates: the tree walk and the library are methods of it.
pub(crate) struct Machine<'a> {
    pub(crate) meter: Meter,
    pub(crate) globals: Vec<Option<Value>>,
    /// The names of the call at hand; none outside functions.
    pub(crate) scope: Option<Rc<Scope>>,
    pub(crate) log: &'a mut dyn FnMut(&LogLine<'_>),
    pub(crate) patterns: &'a Cache,
    pub(crate) kept: &'a Kept,
    /// Tells this evaluation from others, for functions that outlive theirs.
    pub(crate) run: u64,
    /// Exceptions whose handlers are running, for `raise` alone.
    pub(crate) handling: Vec<Rc<Raised>>,
}

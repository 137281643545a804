//! The names of a call, and of the calls around it.

use std::cell::RefCell;
use std::rc::Rc;

use crate::value::{Value, bury};

/// The names of one call of a function, or of one comprehension under way.
pub(crate) struct Scope {
    pub(crate) values: RefCell<Vec<Option<Value>>>,
    /// That of the function in which it was made, if it uses names of it.
    pub(crate) outer: Option<Rc<Scope>>,
}

impl Scope {
    pub(crate) fn new(values: Vec<Option<Value>>, outer: Option<Rc<Scope>>) -> Rc<Scope> {
        let values = RefCell::new(values);
        Rc::new(Scope { values, outer })
    }

    /// The scope so many functions further out.
    fn above(&self, up: u32) -> Option<&Scope> {
        (0..up).try_fold(self, |scope, _| scope.outer.as_deref())
    }

    pub(crate) fn get(&self, up: u32, at: u32) -> Option<Value> {
        let values = self.above(up)?.values.borrow();
        values.get(at as usize)?.clone()
    }

    /// Gives a name another value, or none, and what it had.
    pub(crate) fn exchange(&self, up: u32, at: u32, value: Option<Value>) -> Option<Value> {
        let mut values = self.above(up)?.values.borrow_mut();
        std::mem::replace(values.get_mut(at as usize)?, value)
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let values = self.values.get_mut();
        if values.iter().flatten().any(Value::holds_values) {
            bury(std::mem::take(values).into_iter().flatten());
        }
    }
}

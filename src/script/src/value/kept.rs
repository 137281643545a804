//! What is kept from one evaluation to the next: how much it is, and what is left behind beside it.
//! Values that hold themselves, and that nothing else holds any more, are never freed by counting references.
//! Knows what values hold; whose they are is the caller's matter.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::{Rc, Weak};

use crate::value::{Entries, List, Outcome, Scope, Stop, Str, Value, address};

/// Bytes that may be kept, over all evaluations.
pub const KEPT_BYTES: u64 = 256 << 20;
/// So many suspects at least before it is worth looking.
const FEWEST: usize = 1_000;
/// So many bytes at least must be made before it is worth measuring.
const LEAST_MADE: u64 = 32 << 20;
/// A container beside its entries, roughly.
const CONTAINER: u64 = 64;
/// Longer texts are told apart when they are counted; shorter ones cost as much as what tells them apart.
const LONG: usize = 64;

/// A look costs as much as all that is kept, so that it must become rare as that grows.
pub(crate) struct Kept {
    /// Containers that took in a container after they were made, and scopes that functions keep: a cycle has one, but
    /// for odd ways to close it.
    suspects: RefCell<Vec<Suspect>>,
    /// So many are let be.
    most: Cell<usize>,
    /// Bytes when it was measured last, and of the values made since.
    size: Cell<u64>,
    made: Cell<u64>,
    runs: Cell<u64>,
}

enum Suspect {
    List(Weak<List>),
    Entries(Weak<Entries>),
    Scope(Weak<Scope>),
}

impl Default for Kept {
    fn default() -> Kept {
        Kept {
            suspects: RefCell::default(),
            most: Cell::new(FEWEST),
            size: Cell::new(0),
            made: Cell::new(0),
            runs: Cell::new(0),
        }
    }
}

impl Kept {
    /// The number of an evaluation that begins.
    pub(crate) fn begin(&self) -> u64 {
        self.runs.set(self.runs.get() + 1);
        self.runs.get()
    }

    /// Notes that `container` takes in `part`.
    pub(crate) fn note(&self, container: &Value, part: &Value) {
        if !part.holds_values() {
            return;
        }
        let suspect = match container {
            Value::List(list) => Suspect::List(Rc::downgrade(list)),
            Value::Dict(entries) | Value::Set(entries) => Suspect::Entries(Rc::downgrade(entries)),
            _ => return,
        };
        self.suspects.borrow_mut().push(suspect);
    }

    /// Notes that a function, or a generator, keeps the scope.
    pub(crate) fn note_scope(&self, scope: &Rc<Scope>) {
        let suspect = Suspect::Scope(Rc::downgrade(scope));
        self.suspects.borrow_mut().push(suspect);
    }

    /// Notes that an evaluation made so many bytes of values.
    pub(crate) fn add(&self, made: u64) {
        self.made.set(self.made.get().saturating_add(made));
    }

    /// Measures `kept` and empties the suspects that cannot be reached from it, if either is due.
    pub(crate) fn settle(&self, kept: &Value) -> Outcome<()> {
        let many = self.suspects.borrow().len() >= self.most.get();
        let grown = self.made.get() >= LEAST_MADE.max(self.size.get() / 4);
        if !many && !grown {
            return Ok(());
        }
        let reached = Reached::from(kept);
        let mut known = HashSet::new();
        let mut suspects = self.suspects.take();
        suspects.retain(|suspect| {
            let address = suspect.address().filter(|address| known.insert(*address));
            let is_reached = |address| reached.is_open || reached.known.contains(&address);
            let keep = address.is_some_and(is_reached);
            if address.is_some() && !keep {
                suspect.empty();
            }
            keep
        });
        self.most.set(FEWEST.max(2 * suspects.len()));
        self.suspects.replace(suspects);
        self.size.set(reached.bytes);
        self.made.set(0);
        if reached.bytes > KEPT_BYTES {
            let most = KEPT_BYTES >> 20;
            let message =
                format!("stopped: what is kept for the next user takes more than {most} MiB");
            return Err(Stop::end("MemoryError", message));
        }
        Ok(())
    }
}

impl Suspect {
    /// Where it is; none once it is freed.
    fn address(&self) -> Option<usize> {
        match self {
            Suspect::List(list) => list.upgrade().as_ref().map(address),
            Suspect::Entries(entries) => entries.upgrade().as_ref().map(address),
            Suspect::Scope(scope) => scope.upgrade().as_ref().map(address),
        }
    }

    fn empty(&self) {
        match self {
            Suspect::List(list) => drop(list.upgrade().map(|list| list.items.take())),
            Suspect::Entries(entries) => {
                drop(entries.upgrade().map(|entries| entries.table.take()));
            }
            Suspect::Scope(scope) => drop(scope.upgrade().map(|scope| scope.values.take())),
        }
    }
}

/// What can be reached from a value, and how much it is.
#[derive(Default)]
struct Reached {
    known: HashSet<usize>,
    bytes: u64,
    /// It holds an iteration under way, whose names are not followed.
    is_open: bool,
    /// Still to be followed.
    open: Vec<Value>,
}

impl Reached {
    fn from(root: &Value) -> Reached {
        let mut reached = Reached::default();
        reached.add([root]);
        while let Some(value) = reached.open.pop() {
            reached.follow(&value);
        }
        reached
    }

    fn is_new(&mut self, address: usize) -> bool {
        let new = self.known.insert(address);
        self.bytes += if new { CONTAINER } else { 0 };
        new
    }

    fn follow(&mut self, value: &Value) {
        if !value.address().is_none_or(|address| self.is_new(address)) {
            return;
        }
        match value {
            Value::List(list) => self.add(list.items.borrow().iter()),
            Value::Tuple(tuple) => self.add(&tuple.items),
            Value::Dict(entries) | Value::Set(entries) => {
                let table = entries.table.borrow();
                self.add(table.iter().flat_map(|(key, value)| [key, value]));
            }
            Value::View(view) => self.open.push(Value::Dict(Rc::clone(&view.dict))),
            Value::Function(function) => {
                self.add(&function.defaults);
                let mut scope = function.scope.as_ref();
                while let Some(inner) = scope.filter(|scope| self.is_new(address(scope))) {
                    self.add(inner.values.borrow().iter().flatten());
                    scope = inner.outer.as_ref();
                }
            }
            Value::Iterator(iterator) => {
                self.is_open = true;
                self.add(&iterator.state.borrow().held());
            }
            Value::Object(object) => self.add(object.values()),
            Value::Bound(bound) => self.add([&bound.receiver]),
            Value::Exception(raised) => self.add(&raised.args),
            _ => {}
        }
    }

    fn add<'a>(&mut self, values: impl IntoIterator<Item = &'a Value>) {
        for value in values {
            self.bytes += size_of::<Value>() as u64;
            match value {
                Value::Str(text) => self.text(text),
                Value::Match(found) => self.text(&found.text),
                _ if value.holds_values() => self.open.push(value.clone()),
                _ => {}
            }
        }
    }

    fn text(&mut self, text: &Str) {
        if let Str::Shared(text) = text
            && (text.len() < LONG || self.known.insert(address(text)))
        {
            self.bytes += text.len() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Program;

    /// Runs the source for many users over one storage and counts the lists that still live.
    fn left_over(source: &str) -> usize {
        let program = Program::block(source, &["hook_storage", "made"])
            .unwrap_or_else(|refusal| panic!("{refusal}"));
        let mut storage = Value::None;
        let mut made = Vec::new();
        for _ in 0..5_000 {
            let mut globals = [storage, Value::None];
            assert!(program.run(&mut globals, &mut |_| {}).is_ok());
            let [kept, list] = globals;
            storage = kept;
            assert!(program.settle(&storage).is_ok());
            if let Value::List(list) = &list {
                made.push(Rc::downgrade(list));
            }
        }
        made.iter().filter(|list| list.strong_count() > 0).count()
    }

    #[test]
    fn cycles_that_nothing_holds_are_freed_and_kept_ones_are_not() {
        for cycle in [
            "made = []\nmade.append(made)",
            "made = [0]\nmade[0] = {'made': made}",
            "made = []\nd = {}\nd['made'] = made\nmade += [d]",
            "made = []\nd = {}\nd.setdefault('made', made)\nd.update(x=d)",
            "made = []\ndef f():\n    m = made\n    def g(): return m, g\n    return g\nmade.append(f())",
            "made = []\ns = set()\ndef f(s, m):\n    def g(): return s, m\n    return g\ns.add(f(s, made))",
        ] {
            assert!(left_over(cycle) < 2 * FEWEST, "{cycle}");
            let kept = format!("{cycle}\nhook_storage = (hook_storage, made)");
            assert_eq!(left_over(&kept), 5_000, "{kept}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded_over_all_evaluations() {
        let grows = "hook_storage = (hook_storage or []) + ['x' * 30000000 + str(made)]";
        let settles = "hook_storage = 'x' * 30000000";
        let iterates = "hook_storage = (hook_storage or 0, enumerate(['y' * 30000000]))";
        for (source, bounded) in [(grows, false), (settles, true), (iterates, false)] {
            let program = Program::block(source, &["hook_storage", "made"])
                .unwrap_or_else(|refusal| panic!("{refusal}"));
            let mut globals = [Value::None, Value::None];
            let users = (0..16).take_while(|user| {
                globals[1] = Value::Int(*user);
                assert!(program.run(&mut globals, &mut |_| {}).is_ok());
                program.settle(&globals[0]).is_ok()
            });
            let most = (KEPT_BYTES / 30_000_000 + 4) as i64;
            let users = users.count() as i64;
            assert!(if bounded { users == 16 } else { users < most }, "{source}");
        }
    }

    #[test]
    fn kept_values_stay_as_they_are() {
        let source = "hook_storage = hook_storage or {}\nhook_storage.setdefault('all', []).append([len(hook_storage)])\n\
            made = []\nmade.append(made)\nif len(hook_storage['all']) > 4000 and hook_storage['all'][0] != [1]: 1 / 0";
        assert!(left_over(source) < 2 * FEWEST);
    }
}

//! Values that hold themselves, and that nothing else holds any more: counting references never frees them.
//! Knows what values hold; whose they are is the caller's matter.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::{Rc, Weak};

use super::value::{Dict, List, Place, Set, Value};

/// So many suspects at least before it is worth looking.
const FEWEST: usize = 1_000;

/// Containers that took in a container after they were made: a cycle has one, but for odd ways to close it.
pub(super) struct Suspects {
    seen: RefCell<Vec<Suspect>>,
    /// So many are let be; a look costs as much as all that is kept, so that it must become rare as that grows.
    most: Cell<usize>,
}

enum Suspect {
    List(Weak<List>),
    Dict(Weak<Dict>),
    Set(Weak<Set>),
    Place(Weak<Place>),
}

impl Default for Suspects {
    fn default() -> Suspects {
        Suspects {
            seen: RefCell::default(),
            most: Cell::new(FEWEST),
        }
    }
}

impl Suspects {
    /// Notes that `container` takes in `part`.
    pub(super) fn note(&self, container: &Value, part: &Value) {
        if !part.holds_values() {
            return;
        }
        let suspect = match container {
            Value::List(list) => Suspect::List(Rc::downgrade(list)),
            Value::Dict(dict) => Suspect::Dict(Rc::downgrade(dict)),
            Value::Set(set) => Suspect::Set(Rc::downgrade(set)),
            _ => return,
        };
        self.seen.borrow_mut().push(suspect);
    }

    /// Notes that a name which functions share gets a value.
    pub(super) fn note_place(&self, place: &Rc<Place>, value: &Value) {
        if value.holds_values() {
            let suspect = Suspect::Place(Rc::downgrade(place));
            self.seen.borrow_mut().push(suspect);
        }
    }

    /// Empties the suspects that cannot be reached from `kept`, if there are many.
    pub(super) fn free(&self, kept: &Value) {
        if self.seen.borrow().len() < self.most.get() {
            return;
        }
        let mut known = HashSet::new();
        let mut seen = self.seen.take();
        seen.retain(|suspect| suspect.address().is_some_and(|at| known.insert(at)));
        if let Some(reached) = Reached::from(kept) {
            seen.retain(|suspect| {
                let keep = suspect.address().is_some_and(|at| reached.contains(&at));
                if !keep {
                    suspect.empty();
                }
                keep
            });
        }
        self.most.set(FEWEST.max(2 * seen.len()));
        self.seen.replace(seen);
    }
}

impl Suspect {
    /// Where it is; none once it is freed.
    fn address(&self) -> Option<usize> {
        match self {
            Suspect::List(list) => list.upgrade().as_ref().map(address),
            Suspect::Dict(dict) => dict.upgrade().as_ref().map(address),
            Suspect::Set(set) => set.upgrade().as_ref().map(address),
            Suspect::Place(place) => place.upgrade().as_ref().map(address),
        }
    }

    fn empty(&self) {
        match self {
            Suspect::List(list) => drop(list.upgrade().map(|list| list.items.take())),
            Suspect::Dict(dict) => drop(dict.upgrade().map(|dict| dict.table.take())),
            Suspect::Set(set) => drop(set.upgrade().map(|set| set.table.take())),
            Suspect::Place(place) => drop(place.upgrade().map(|place| place.value.take())),
        }
    }
}

fn address<T>(value: &Rc<T>) -> usize {
    Rc::as_ptr(value).addr()
}

/// What can be reached from a value.
#[derive(Default)]
struct Reached {
    known: HashSet<usize>,
    /// Still to be followed.
    open: Vec<Value>,
}

impl Reached {
    /// The containers that `root` holds; none if it holds an iteration under way, which is not followed.
    fn from(root: &Value) -> Option<HashSet<usize>> {
        let mut reached = Reached::default();
        reached.open.push(root.clone());
        while let Some(value) = reached.open.pop() {
            reached.follow(&value)?;
        }
        Some(reached.known)
    }

    fn follow(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Iterator(_) => return None,
            Value::List(list) if self.known.insert(address(list)) => {
                self.add(list.items.borrow().iter());
            }
            Value::Dict(dict) => self.dict(dict),
            Value::View(view) => self.dict(&view.dict),
            Value::Set(set) if self.known.insert(address(set)) => {
                self.add(set.table.borrow().iter().map(|(key, _)| key));
            }
            Value::Function(function) if self.known.insert(address(function)) => {
                self.add(&function.defaults);
                for place in &function.captured {
                    self.known.insert(address(place));
                    self.add(place.value.borrow().iter());
                }
            }
            Value::Tuple(tuple) if self.known.insert(address(tuple)) => self.add(&tuple.items),
            Value::Object(object) if self.known.insert(address(object)) => {
                self.add(object.values());
            }
            Value::Bound(bound) => self.add([&bound.receiver]),
            Value::Exception(raised) => self.add([&raised.args]),
            _ => {}
        }
        Some(())
    }

    fn dict(&mut self, dict: &Rc<Dict>) {
        if self.known.insert(address(dict)) {
            let table = dict.table.borrow();
            self.add(table.iter().flat_map(|(key, value)| [key, value]));
        }
    }

    fn add<'a>(&mut self, values: impl IntoIterator<Item = &'a Value>) {
        let nested = values.into_iter().filter(|value| value.holds_values());
        self.open.extend(nested.cloned());
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
            program.free_cycles(&storage);
            let mut globals = [storage, Value::None];
            assert!(program.run(&mut globals, &mut |_, _| {}).is_ok());
            let [kept, list] = globals;
            storage = kept;
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
    fn kept_values_stay_as_they_are() {
        let source = "hook_storage = hook_storage or {}\nhook_storage.setdefault('all', []).append([len(hook_storage)])\n\
            made = []\nmade.append(made)\nif len(hook_storage['all']) > 4000 and hook_storage['all'][0] != [1]: 1 / 0";
        assert!(left_over(source) < 2 * FEWEST);
    }
}

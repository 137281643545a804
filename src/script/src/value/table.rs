//! The ordered hash table behind dicts and sets: insertion order, Python's equality of keys.
//! Small tables, which are nearly all of them, are searched in a row and have no index.

use crate::value::{Meter, Outcome, Str, Value, bury, ops};

const SMALL: usize = 8;
const EMPTY: u32 = u32::MAX;

/// Keys with values; a set has None for every value.
#[derive(Default, Clone)]
pub(crate) struct Table {
    /// A removed entry leaves a hole, so that positions stay while something iterates.
    entries: Vec<Option<(Value, Value)>>,
    /// Open addressing over positions in `entries`; its length is a power of two, or 0 for a small table.
    index: Vec<u32>,
    /// Places of the index that are taken.
    used: usize,
    live: usize,
    /// No entry lives before this position.
    first: usize,
}

impl Table {
    /// An empty table that expects so many entries.
    pub(crate) fn with_room(count: usize) -> Table {
        let mut table = Table::default();
        table.entries.reserve(count.min(SMALL));
        table
    }

    /// A table from outside an evaluation: its keys are texts, and its size is the caller's matter.
    pub(crate) fn of_texts(entries: impl IntoIterator<Item = (Str, Value)>) -> Table {
        let entries = entries.into_iter();
        let mut table = Table::with_room(entries.size_hint().0);
        let mut meter = Meter::unbounded();
        for (key, value) in entries {
            if table.entries.len() < SMALL && table.text_position(&key).is_none() {
                table.entries.push(Some((Value::Str(key), value)));
                table.live += 1;
                continue;
            }
            let set: Outcome<bool> = table.set(&mut meter, Value::Str(key), value);
            debug_assert!(set.is_ok(), "a text is hashable and the meter has no bound");
        }
        table
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// Entries in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&Value, &Value)> {
        self.entries
            .iter()
            .flatten()
            .map(|(key, value)| (key, value))
    }

    pub(crate) fn keys(&self) -> Vec<Value> {
        self.iter().map(|(key, _)| key.clone()).collect()
    }

    /// The first entry at or after a position, which moves behind it.
    pub(crate) fn next_from(&self, at: &mut usize) -> Option<(&Value, &Value)> {
        let position = self.first.max(*at);
        let mut rest = self.entries.iter().enumerate().skip(position);
        let (found, (key, value)) =
            rest.find_map(|(found, entry)| Some((found, entry.as_ref()?)))?;
        *at = found + 1;
        Some((key, value))
    }

    /// The value of a text key; no step is counted.
    pub(crate) fn text(&self, name: &str) -> Option<&Value> {
        let entry = self.entries.get(self.text_position(name)?)?.as_ref()?;
        Some(&entry.1)
    }

    /// Only a text equals a text, so nothing else need be asked.
    fn text_position(&self, name: &str) -> Option<usize> {
        let is_it = |entry: &Option<(Value, Value)>| matches!(entry, Some((Value::Str(text), _)) if same_text(text, name));
        if self.index.is_empty() {
            return self.entries.iter().position(is_it);
        }
        let mut candidates = self.probe(ops::hash_text(name));
        candidates.find(|position| self.entries.get(*position).is_some_and(is_it))
    }

    pub(crate) fn get(&self, meter: &mut Meter, key: &Value) -> Outcome<Option<&Value>> {
        let found = self.find(meter, key)?;
        Ok(found
            .and_then(|position| self.entries.get(position)?.as_ref())
            .map(|(_, value)| value))
    }

    pub(crate) fn has(&self, meter: &mut Meter, key: &Value) -> Outcome<bool> {
        Ok(self.find(meter, key)?.is_some())
    }

    /// Sets a value; a key that is there stays as it is. True if the key is new.
    pub(crate) fn set(&mut self, meter: &mut Meter, key: Value, value: Value) -> Outcome<bool> {
        if let Some(position) = self.find(meter, &key)? {
            if let Some(Some(entry)) = self.entries.get_mut(position) {
                entry.1 = value;
            }
            return Ok(false);
        }
        meter.make_items(2)?;
        self.make_room(meter)?;
        let position = self.entries.len();
        if !self.index.is_empty() {
            let hash = ops::hash(meter, &key)?;
            self.enter(hash, position);
        }
        self.entries.push(Some((key, value)));
        self.live += 1;
        Ok(true)
    }

    pub(crate) fn remove(
        &mut self,
        meter: &mut Meter,
        key: &Value,
    ) -> Outcome<Option<(Value, Value)>> {
        let found = self.find(meter, key)?;
        Ok(found.and_then(|position| self.take(position)))
    }

    /// Removes the last entry.
    pub(crate) fn pop(&mut self) -> Option<(Value, Value)> {
        let last = self.entries.iter().rposition(Option::is_some)?;
        let entry = self.take(last);
        // The index may still point there; whoever follows it compares the key.
        self.entries.truncate(last);
        self.first = self.first.min(last);
        entry
    }

    /// A copy that shares keys and values.
    pub(crate) fn copy(&self, meter: &mut Meter) -> Outcome<Table> {
        meter.make_items(2 * self.live)?;
        meter.steps(self.live)?;
        Ok(self.clone())
    }

    fn take(&mut self, position: usize) -> Option<(Value, Value)> {
        let entry = self.entries.get_mut(position)?.take();
        self.live -= usize::from(entry.is_some());
        while self.entries.get(self.first).is_some_and(Option::is_none) {
            self.first += 1;
        }
        entry
    }

    fn find(&self, meter: &mut Meter, key: &Value) -> Outcome<Option<usize>> {
        if let Value::Str(text) = key {
            meter.scan(text.len())?;
            return Ok(self.text_position(text));
        }
        // A table without index is gone through.
        let (all, hash) = if self.index.is_empty() {
            ops::check_hashable(meter, key)?;
            (self.entries.len(), 0)
        } else {
            (0, ops::hash(meter, key)?)
        };
        for position in (0..all).chain(self.probe(hash)) {
            if let Some(Some((known, _))) = self.entries.get(position)
                && ops::same(meter, known, key)?
            {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// Positions whose key may have this hash.
    fn probe(&self, hash: u64) -> impl Iterator<Item = usize> + '_ {
        let mask = self.index.len().wrapping_sub(1);
        let mut at = (hash as usize) & mask;
        std::iter::from_fn(move || {
            let position = *self.index.get(at)?;
            at = (at + 1) & mask;
            (position != EMPTY).then_some(position as usize)
        })
    }

    fn enter(&mut self, hash: u64, position: usize) {
        let mask = self.index.len().wrapping_sub(1);
        let mut at = (hash as usize) & mask;
        while self.index.get(at).is_some_and(|taken| *taken != EMPTY) {
            at = (at + 1) & mask;
        }
        if let Some(place) = self.index.get_mut(at) {
            *place = position as u32;
            self.used += 1;
        }
    }

    /// Room for one more entry: the index is at most half full, holes go when it is built anew.
    fn make_room(&mut self, meter: &mut Meter) -> Outcome<()> {
        let roomy = !self.index.is_empty() && (self.used + 1) * 2 <= self.index.len();
        if roomy || (self.index.is_empty() && self.entries.len() < SMALL) {
            return Ok(());
        }
        let places = (self.live + 1).next_power_of_two() * 4;
        meter.make(places * size_of::<u32>())?;
        let hashes: Outcome<Vec<u64>> = self.iter().map(|(key, _)| ops::hash(meter, key)).collect();
        let hashes = hashes?;
        self.entries.retain(Option::is_some);
        (self.first, self.used, self.index) = (0, 0, vec![EMPTY; places]);
        for (position, hash) in hashes.into_iter().enumerate() {
            self.enter(hash, position);
        }
        Ok(())
    }
}

fn same_text(one: &str, other: &str) -> bool {
    one.len() == other.len() && (std::ptr::eq(one, other) || one == other)
}

impl Drop for Table {
    fn drop(&mut self) {
        let nests = |(key, value): &(Value, Value)| key.holds_values() || value.holds_values();
        if !self.entries.iter().flatten().any(nests) {
            return;
        }
        let entries = std::mem::take(&mut self.entries);
        bury(
            entries
                .into_iter()
                .flatten()
                .flat_map(|(key, value)| [key, value]),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(table: &Table) -> String {
        table
            .iter()
            .filter_map(|(key, _)| key.as_str())
            .collect::<Vec<&str>>()
            .join(" ")
    }

    fn filled(count: usize) -> (Meter, Table) {
        let (mut meter, mut table) = (Meter::new(), Table::default());
        for number in 0..count {
            let key = Value::from(format!("k{number}"));
            assert!(
                table
                    .set(&mut meter, key, Value::Int(number as i64))
                    .is_ok_and(|new| new)
            );
        }
        (meter, table)
    }

    #[test]
    fn entries_keep_the_order_in_which_they_came_also_after_the_index_is_made() {
        let (mut meter, mut table) = filled(20);
        for number in (0..20).filter(|number| number % 5 != 0) {
            let key = Value::from(format!("k{number}"));
            assert!(
                table
                    .remove(&mut meter, &key)
                    .is_ok_and(|gone| gone.is_some())
            );
        }
        table.set(&mut meter, Value::from("k1"), Value::None).ok();
        assert_eq!(texts(&table), "k0 k5 k10 k15 k1");
        assert_eq!(table.len(), 5);
        assert!(table.text("k7").is_none() && table.text("k15").is_some());
    }

    #[test]
    fn taking_and_adding_at_the_end_for_long_neither_loses_nor_grows() {
        let (mut meter, mut table) = filled(9);
        for number in 0..10_000 {
            assert!(table.pop().is_some());
            let key = Value::Int(number);
            assert!(table.set(&mut meter, key, Value::None).is_ok());
        }
        assert_eq!(table.len(), 9);
        assert!(table.index.len() < 200, "{}", table.index.len());
    }

    #[test]
    fn equal_numbers_are_one_key_and_lists_are_none() {
        let (mut meter, mut table) = filled(0);
        for key in [Value::Int(1), Value::Float(1.0), Value::Bool(true)] {
            assert!(table.set(&mut meter, key, Value::None).is_ok());
        }
        assert_eq!(table.len(), 1);
        assert!(table.has(&mut meter, &Value::list(Vec::new())).is_err());
    }
}

//! Finds places in somebody's list by the hash of what lies there.
//!
//! Eight bytes for each, where a map would hold its key once more: a run looks people up a million
//! times, and most of that time is waiting for memory. Holds places in a list, not the list.

/// So many of its slots, in sixteenths, are taken at most: fuller ones are slow to search.
const FULL: usize = 13;
const FIRST_SLOTS: usize = 16;

/// Places by hash. What lies there is looked at only where half of its hash fits.
#[derive(Debug, Default)]
pub struct Places {
    /// In the upper half that half of the hash, in the lower one the place plus one; 0: free.
    /// Their number is a power of two. A search begins where the hash says, and ends at a free one.
    slots: Vec<u64>,
    taken: usize,
}

impl Places {
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// The place with that hash of which `is_it` says that it is the one.
    pub fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        self.with_hash(hash).find(|place| is_it(*place))
    }

    /// The places that may be those with that hash, in the order in which they were added.
    #[inline]
    pub fn with_hash(&self, hash: u64) -> impl Iterator<Item = u32> {
        let tag = hash >> 32;
        let (before, from) = self.slots.split_at(self.start(tag));
        let taken = from.iter().chain(before).take_while(|slot| **slot != 0);
        let with_tag = taken.filter(move |slot| **slot >> 32 == tag);
        with_tag.map(|slot| (*slot as u32).wrapping_sub(1))
    }

    /// Adds a place that is not there.
    pub fn add(&mut self, hash: u64, place: u32) {
        self.reserve(1);
        self.taken += 1;
        self.put(((hash >> 32) << 32) | (u64::from(place) + 1));
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        let wanted = (self.taken + more) * 16 / FULL + 1;
        if wanted > self.slots.len() {
            let count = wanted.next_power_of_two().max(FIRST_SLOTS);
            let old = std::mem::replace(&mut self.slots, vec![0; count]);
            // From a free slot on: those that begin at the same one keep their order.
            let free = old.iter().position(|slot| *slot == 0);
            let (end, begin) = old.split_at(free.unwrap_or_default());
            let taken = begin.iter().chain(end).filter(|slot| **slot != 0);
            taken.for_each(|slot| self.put(*slot));
        }
    }

    fn put(&mut self, new: u64) {
        let start = self.start(new >> 32);
        let (before, from) = self.slots.split_at_mut(start);
        if let Some(free) = from.iter_mut().chain(before).find(|slot| **slot == 0) {
            *free = new;
        }
    }

    /// Where a search begins.
    fn start(&self, tag: u64) -> usize {
        tag as usize & self.slots.len().saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::hash::Quick;
    use std::hash::BuildHasher as _;

    #[test]
    fn every_place_is_found_and_nothing_else() {
        let names: Vec<String> = (0..5000).map(|n| format!("person{n}@x.com")).collect();
        // Hashes that say little, and one that says nothing: all of one tag.
        for bits in [64, 40, 32] {
            let hash = |name: &str| Quick::default().hash_one(name) & (u64::MAX >> (64 - bits));
            let mut places = Places::default();
            let find = |places: &Places, name: &str| {
                places.find(hash(name), |place| names[place as usize] == name)
            };
            let count = if bits == 32 { 500 } else { names.len() };
            for (place, name) in names.iter().take(count).enumerate() {
                assert_eq!(find(&places, name), None);
                places.add(hash(name), place as u32);
                assert_eq!(find(&places, name), Some(place as u32));
            }
            for (place, name) in names.iter().take(count).enumerate() {
                assert_eq!(find(&places, name), Some(place as u32));
            }
            assert_eq!(find(&places, "nobody"), None);
        }
    }

    #[test]
    fn places_with_one_hash_come_in_their_order() {
        // Many begin at the last slots, so that they go on at the first ones.
        let mut places = Places::default();
        for place in 0..1000 {
            places.add(u64::MAX - (u64::from(place % 3) << 32), place);
        }
        for first in 0..3 {
            let found = places.with_hash(u64::MAX - (u64::from(first) << 32));
            let expected: Vec<u32> = (first..1000).step_by(3).collect();
            assert_eq!(found.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn what_there_is_room_for_does_not_move() {
        let mut places = Places::default();
        places.reserve(1000);
        let slots = places.slots.as_ptr();
        (0..1000).for_each(|place| places.add(u64::from(place) << 32, place));
        assert_eq!(places.slots.as_ptr(), slots);
        assert_eq!(places.find(7 << 32, |_| true), Some(7));
        assert_eq!(places.find(1000 << 32, |_| true), None);
    }
}

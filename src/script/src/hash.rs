//! Maps for what is looked up for every member and every user: one multiplication for eight bytes.
//!
//! The standard hash withstands an attacker who sees hashes, at four times the cost. Nobody sees
//! these, and the seed is new in each run, so that names cannot be prepared to collide. Knows
//! nothing of what is hashed.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

/// A hash map with the quick hash.
pub type QuickMap<K, V> = HashMap<K, V, Quick>;

/// Starts each hash with the seed of the run.
#[derive(Debug, Clone, Copy)]
pub struct Quick(u64);

impl Default for Quick {
    fn default() -> Quick {
        static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
        Quick(*SEED)
    }
}

impl BuildHasher for Quick {
    type Hasher = QuickHasher;

    fn build_hasher(&self) -> QuickHasher {
        QuickHasher(self.0)
    }
}

/// A hash in the making.
#[derive(Debug)]
pub struct QuickHasher(u64);

impl QuickHasher {
    /// Both halves of the product count, so that every bit of the input moves every bit.
    #[inline]
    fn mix(&mut self, word: u64) {
        // An odd number without pattern: the golden ratio's digits.
        const FACTOR: u128 = 0x9e37_79b9_7f4a_7c15;
        let product = u128::from(self.0 ^ word) * FACTOR;
        self.0 = (product as u64) ^ (product >> 64) as u64;
    }
}

impl Hasher for QuickHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        // At most seven bytes, and their number above them: ends that are zero count.
        let end = rest
            .iter()
            .rev()
            .fold(rest.len() as u64, |end, byte| (end << 8) | u64::from(*byte));
        self.mix(end);
    }

    fn write_u8(&mut self, number: u8) {
        self.mix(number.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.mix(number);
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn similar_texts_have_different_hashes() {
        let hash = |text: &str| Quick::default().hash_one(text);
        let mut texts: Vec<String> = (0..100_000)
            .map(|n| format!("person{n:07}@example.com"))
            .collect();
        texts.extend((0..20).map(|zeros| "\0".repeat(zeros)));
        let hashes: HashSet<u64> = texts.iter().map(|text| hash(text)).collect();
        assert_eq!(hashes.len(), texts.len());
    }

    #[test]
    fn the_bits_that_choose_a_place_are_spread() {
        // Places in a table follow from the low bits, the tags beside them from the high ones.
        let hashes: Vec<u64> = (0..65_536_u32)
            .map(|number| Quick::default().hash_one(number))
            .collect();
        for shift in [0, 48] {
            let mut counts = vec![0_u32; 4096];
            for hash in &hashes {
                counts[(hash >> shift) as usize % 4096] += 1;
            }
            let most = counts.iter().max().unwrap();
            assert!(*most < 64, "{most} of 16 at one place");
        }
    }

    #[test]
    fn one_run_has_one_seed() {
        let hash = || Quick::default().hash_one("ann");
        assert_eq!(hash(), hash());
    }
}

//! How far a list may go. A server that never ends one must end a run, neither hang it nor fill
//! the memory.
//!
//! Knows no pages' contents. Whether a list ends by itself is its reader's matter.

/// Ten times what fits into one Adobe organisation, and small enough to be held in memory.
const MOST_ENTRIES: usize = 10_000_000;
const MOST_PAGES: u32 = 100_000;
/// Of all pages together, unpacked: twice what so many full records need.
const MOST_BYTES: u64 = 32 << 30;

/// What was read of one list so far.
#[derive(Debug, Default)]
pub struct Extent {
    pages: u32,
    entries: usize,
    bytes: u64,
}

impl Extent {
    /// Counts a page that has another one behind it.
    ///
    /// # Errors
    /// The list is longer than any that can be meant; says by what.
    pub fn add(&mut self, entries: usize, bytes: usize) -> Result<(), String> {
        self.pages += 1;
        self.entries = self.entries.saturating_add(entries);
        self.bytes = self.bytes.saturating_add(bytes as u64);
        let pages = (self.pages >= MOST_PAGES).then(|| format!("{MOST_PAGES} pages"));
        let entries = || (self.entries >= MOST_ENTRIES).then(|| format!("{MOST_ENTRIES} entries"));
        let bytes = || (self.bytes >= MOST_BYTES).then(|| format!("{} GiB", MOST_BYTES >> 30));
        match pages.or_else(entries).or_else(bytes) {
            Some(much) => Err(format!("the list does not end after {much}")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of pages of that size after which a list is given up, and why.
    fn given_up(entries: usize, bytes: usize) -> (u32, String) {
        let mut extent = Extent::default();
        loop {
            if let Err(why) = extent.add(entries, bytes) {
                return (extent.pages, why);
            }
        }
    }

    #[test]
    fn no_list_goes_on_for_ever() {
        for (entries, bytes, pages, why) in [
            (0, 2, 100_000, "100000 pages"),
            (1, 1_000, 100_000, "100000 pages"),
            (1_000, 1_500_000, 10_000, "10000000 entries"),
            (1, 64 << 20, 512, "32 GiB"),
        ] {
            let told = format!("the list does not end after {why}");
            assert_eq!(given_up(entries, bytes), (pages, told));
        }
    }

    #[test]
    fn a_million_people_are_not_too_many() {
        let mut extent = Extent::default();
        for (size, count) in [(200, 5_000), (1_000, 1_000), (2_000, 500)] {
            let read = (0..count).try_for_each(|_| extent.add(size, size * 1_500));
            assert_eq!(read, Ok(()));
        }
    }
}

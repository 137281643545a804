//! Bad input made from good input: the same seed gives the same bytes.
//! Knows nothing of what the bytes mean.

/// Splitmix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `end`; 0 for an `end` of 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub(crate) fn pick<'t, T>(&mut self, items: &'t [T]) -> &'t T {
        &items[self.below(items.len())]
    }
}

/// What parsers stumble over.
const ODD: [&[u8]; 38] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n\n",
    b"\t",
    b"\"",
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"(",
    b")",
    b"<",
    b">",
    b",",
    b";",
    b":",
    b"%",
    b"%%",
    b"\\u0000",
    b"\\ud800",
    b"-0",
    b"1e999",
    b"18446744073709551616",
    b"0x",
    b"null",
    b"~",
    b"&a ",
    b"*a",
    b"<<: ",
    b"--- ",
    b"\xe2\x80\xa8",
    b"\xf0\x9f\x98\x80",
    b"::",
];
const OPENING: [&[u8]; 12] = [
    b"[",
    b"{",
    b"(",
    b"{\"a\":",
    b"[1,",
    b"not ",
    b"-",
    b"lambda: ",
    b"- ",
    b"if 1:\n ",
    b"f'{",
    b"\"",
];

/// One to eight changes of an input; now and then something new from another one.
pub(crate) fn mutate(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = random.pick(corpus).clone();
    for _ in 0..=random.below(8) {
        change(&mut bytes, corpus, random);
        bytes.truncate(1 << 20);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let to = (at + random.below(64)).min(bytes.len());
    match random.below(10) {
        0 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..to)),
        3 => insert(bytes, at, random.pick::<&[u8]>(&ODD)),
        4 => {
            let piece = bytes[at..to].to_vec();
            insert(bytes, at, &piece.repeat(1 + random.below(40)));
        }
        5 => {
            let other = random.pick(corpus);
            let from = random.below(other.len());
            let end = (from + random.below(200)).min(other.len());
            insert(bytes, at, &other[from..end]);
        }
        6 => {
            let many = *random.pick(&[3, 70, 700, 20_000]);
            let deep = random.pick::<&[u8]>(&OPENING).repeat(many);
            insert(bytes, at, &deep);
        }
        7 => insert(bytes, at, &b"x".repeat(*random.pick(&[10, 300, 70_000]))),
        8 => {
            if at < to {
                bytes[at..to].reverse();
            }
        }
        _ => {
            let digits = random.next().to_string();
            insert(bytes, at, digits.as_bytes());
        }
    }
}

fn insert(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

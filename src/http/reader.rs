//! Reads a page of JSON from its first byte to its last: fields in their order, texts borrowed,
//! what nobody wants skipped without building it.
//!
//! Pages are nearly all that a run reads, and it wants a tenth of them. This room finds where
//! values begin and end; escapes and numbers are serde_json's matter. A page is accepted exactly
//! if serde_json accepts it and it nests no deeper than it may (manual/safety.md#bad-input). Knows
//! nothing of what is on a page.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::IgnoredAny;

use super::json::DEEPEST;

/// So many names are known ahead; objects of more are read all the same.
const MOST_NAMES: usize = 256;
const NO_OBJECT: &str = "something else where an object is expected";

/// A place on a page.
pub struct Reader<'p> {
    page: &'p str,
    at: usize,
    /// How many lists and objects may still be inside each other from here.
    levels: usize,
}

/// The names that objects of one kind have, and what each means to whoever reads them.
///
/// The items of a list have nearly the same names in nearly the same order. So a name is looked at
/// when it is new, and from then on recognised where it should come, with one comparison.
pub struct Names<'p, 'm, T> {
    meaning: &'m dyn Fn(Cow<'p, str>) -> T,
    /// In the order in which they come: as they stand on the page, from the quote to the colon.
    known: Vec<(&'p [u8], T)>,
}

impl<'p, 'm, T> Names<'p, 'm, T> {
    /// No name is known yet; `meaning` is asked about new ones.
    pub fn new(meaning: &'m dyn Fn(Cow<'p, str>) -> T) -> Names<'p, 'm, T> {
        Names {
            meaning,
            known: Vec::new(),
        }
    }

    /// The first name from that place on with which the page goes on, and how many others come
    /// before it.
    #[inline(always)]
    fn find(&self, place: usize, rest: &[u8]) -> Option<(usize, &'p [u8], &T)> {
        let ahead = self.known.get(place..).unwrap_or_default();
        let mut ahead = ahead.iter().enumerate();
        let (passed, (name, meaning)) = ahead.find(|(_, (name, _))| begins_with(rest, name))?;
        Some((passed, name, meaning))
    }

    #[cold]
    fn insert(&mut self, place: usize, name: &'p [u8], meaning: T) {
        if self.known.len() < MOST_NAMES && place <= self.known.len() {
            self.known.insert(place, (name, meaning));
        }
    }
}

/// What a value begins as.
pub enum Kind {
    Text,
    List,
    Object,
    /// A number, `true`, `false`, `null`; or nothing that is a value.
    Other,
}

/// What is wrong with a page, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    what: &'static str,
    at: usize,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

impl From<Malformed> for String {
    fn from(malformed: Malformed) -> String {
        malformed.to_string()
    }
}

impl<'p> Reader<'p> {
    /// Stands at the beginning. That the page is UTF-8 is checked for all of it at once: for each
    /// text alone it would take a good part of the reading.
    pub fn new(page: &'p [u8]) -> Result<Reader<'p>, Malformed> {
        let page = std::str::from_utf8(page).map_err(|error| Malformed {
            what: "what is not UTF-8",
            at: error.valid_up_to(),
        })?;
        Ok(Reader {
            page,
            at: 0,
            levels: DEEPEST,
        })
    }

    /// Reads a list. `each` is called before every item and must read it.
    pub fn list<E: From<Malformed>>(
        &mut self,
        each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'[', "something else where a list is expected")?;
        self.items(b']', each)
    }

    /// Reads an object. `each` is called with every name and must read the value.
    pub fn object<E: From<Malformed>>(
        &mut self,
        mut each: impl FnMut(&mut Self, Cow<'p, str>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'{', NO_OBJECT)?;
        self.items(b'}', |json| {
            let name = json.name()?;
            each(json, name)
        })
    }

    /// Reads one of many objects of a kind. `each` is called with what every name means and must
    /// read the value.
    pub fn object_of<T, E: From<Malformed>>(
        &mut self,
        names: &mut Names<'p, '_, T>,
        mut each: impl FnMut(&mut Self, &T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.enter(b'{', NO_OBJECT)?;
        let mut place = 0;
        self.items(b'}', |json| {
            json.peek();
            if let Some((passed, name, meaning)) = names.find(place, json.rest()) {
                json.at += name.len();
                place += passed + 1;
                return each(json, meaning);
            }
            let start = json.at;
            let name = json.name()?;
            let as_it_stands = json.page.as_bytes().get(start..json.at).unwrap_or_default();
            let meaning = (names.meaning)(name);
            each(json, &meaning)?;
            names.insert(place, as_it_stands, meaning);
            place += 1;
            Ok(())
        })
    }

    /// Reads a text, borrowed where it has no escapes. Inlined, so that it stays in registers.
    #[inline(always)]
    pub fn text(&mut self) -> Result<Cow<'p, str>, Malformed> {
        let start = self.at;
        match self.plain_text()? {
            Some(text) => Ok(Cow::Borrowed(self.page.get(text).unwrap_or_default())),
            None => self.with_escapes(start).map(Cow::Owned),
        }
    }

    /// What the next value is.
    pub fn kind(&mut self) -> Kind {
        match self.peek() {
            Some(b'"') => Kind::Text,
            Some(b'[') => Kind::List,
            Some(b'{') => Kind::Object,
            _ => Kind::Other,
        }
    }

    /// Reads `null` if it is there.
    pub fn is_null(&mut self) -> Result<bool, Malformed> {
        let is_null = self.peek() == Some(b'n');
        if is_null {
            self.word("null")?;
        }
        Ok(is_null)
    }

    /// Reads a value of any type and gives it as it stands on the page.
    pub fn value(&mut self) -> Result<&'p str, Malformed> {
        self.peek();
        let start = self.at;
        self.skip()?;
        Ok(self.page.get(start..self.at).unwrap_or_default())
    }

    /// Reads a value of any type.
    pub fn skip(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            Some(b'"') => self.skip_text(),
            Some(b'{') => {
                self.enter(b'{', NO_OBJECT)?;
                self.items(b'}', |json| {
                    json.skip_text()?;
                    json.colon()?;
                    json.skip()
                })
            }
            Some(b'[') => self.list(Reader::skip),
            Some(b'n') => self.word("null"),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            _ => self.number(),
        }
    }

    /// Nothing but white space may be left.
    pub fn end(&mut self) -> Result<(), Malformed> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.malformed("more than one value")),
        }
    }

    fn enter(&mut self, bracket: u8, what: &'static str) -> Result<(), Malformed> {
        if !self.takes(bracket) {
            return Err(self.malformed(what));
        }
        match self.levels.checked_sub(1) {
            Some(left) => self.levels = left,
            None => return Err(self.malformed("lists and objects nested deeper than 64")),
        }
        Ok(())
    }

    /// Reads what is behind a bracket up to its end: items and the commas between them.
    #[inline(always)]
    fn items<E: From<Malformed>>(
        &mut self,
        end: u8,
        mut each: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut more = !self.takes(end);
        while more {
            each(self)?;
            more = self.takes(b',');
            if !more && !self.takes(end) {
                return Err(self.malformed("neither a comma nor an end").into());
            }
        }
        self.levels += 1;
        Ok(())
    }

    /// Reads a name and its colon.
    fn name(&mut self) -> Result<Cow<'p, str>, Malformed> {
        let name = self.text()?;
        self.colon()?;
        Ok(name)
    }

    #[inline(always)]
    fn colon(&mut self) -> Result<(), Malformed> {
        if self.takes(b':') {
            Ok(())
        } else {
            Err(self.malformed("a name without a colon"))
        }
    }

    /// [`Reader::text`] for whoever does not want it.
    fn skip_text(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        match self.plain_text()? {
            Some(_) => Ok(()),
            None => self.with_escapes(start).map(drop),
        }
    }

    /// Reads a text without escapes, and says where it lies. `None`: it has some, or no end.
    #[inline(always)]
    fn plain_text(&mut self) -> Result<Option<Range<usize>>, Malformed> {
        if !self.takes(b'"') {
            return Err(self.malformed("something else where a text is expected"));
        }
        let start = self.at;
        let end = start + plain_bytes(self.rest());
        if self.page.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            Ok(Some(start..end))
        } else {
            self.at = end;
            Ok(None)
        }
    }

    /// Reads the rest of a text, from its first byte that is not plain. Nothing but white space is
    /// between `start` and its beginning.
    #[cold]
    fn with_escapes(&mut self, start: usize) -> Result<String, Malformed> {
        loop {
            match self.rest().first() {
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => return Err(self.malformed("a control character in a text")),
                None => return Err(self.malformed("a text without an end")),
            }
            self.at += plain_bytes(self.rest());
        }
        self.at += 1;
        let quoted = self.page.get(start..self.at).unwrap_or_default();
        serde_json::from_str(quoted).map_err(|_| self.malformed("a wrong escape"))
    }

    fn word(&mut self, word: &'static str) -> Result<(), Malformed> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.malformed("something that is no value"));
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        let rest = self.page.get(self.at..).unwrap_or_default();
        let is_part = |c: char| matches!(c, '0'..='9' | '-' | '+' | '.' | 'e' | 'E');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let number = rest.get(..length).unwrap_or_default();
        if serde_json::from_str::<IgnoredAny>(number).is_err() {
            return Err(self.malformed("something that is no value"));
        }
        self.at += length;
        Ok(())
    }

    /// The next byte that is no white space. Servers send hardly any.
    #[inline(always)]
    fn peek(&mut self) -> Option<u8> {
        match self.page.as_bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.behind_space(),
        }
    }

    #[cold]
    fn behind_space(&mut self) -> Option<u8> {
        let is_space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        self.at += self.rest().iter().take_while(is_space).count();
        self.rest().first().copied()
    }

    #[inline(always)]
    fn takes(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    #[inline(always)]
    fn rest(&self) -> &'p [u8] {
        self.page.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[cold]
    fn malformed(&self, what: &'static str) -> Malformed {
        Malformed { what, at: self.at }
    }
}

/// [`slice::starts_with`], without a call for the usual length of a name: its first and its last
/// bytes are all of it.
#[inline(always)]
fn begins_with(rest: &[u8], name: &[u8]) -> bool {
    let Some(start) = rest.get(..name.len()) else {
        return false;
    };
    match name.len() {
        4..=7 => {
            start.first_chunk::<4>() == name.first_chunk()
                && start.last_chunk::<4>() == name.last_chunk()
        }
        8..=16 => {
            start.first_chunk::<8>() == name.first_chunk()
                && start.last_chunk::<8>() == name.last_chunk()
        }
        _ => start == name,
    }
}

/// How many bytes there are before a quote, a backslash or a control character: eight at a time.
/// Subtracting sets the top bit of the first byte that is smaller than what is subtracted from it;
/// with its second bit turned, a quote comes right behind the control characters.
#[inline(always)]
fn plain_bytes(rest: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 0xff;
    let (words, _) = rest.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let quotes_and_controls = (word ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
        let backslashes = (word ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
        let found = (quotes_and_controls | backslashes) & !word & (ONES << 7);
        if found != 0 {
            return number * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    let whole_words = words.len() * 8;
    let end = rest.iter().skip(whole_words);
    let is_plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    whole_words + end.take_while(is_plain).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(page: &[u8]) -> Result<(), Malformed> {
        let mut json = Reader::new(page)?;
        json.skip()?;
        json.end()
    }

    const CORPUS: [&str; 16] = [
        r#" { "a" : [ 1 , -2.5e+3 , "\u00e9\ud83d\ude00\"\\" , true , null , { } , [ ] ] } "#,
        r#"[{"id":"00u1","status":"ACTIVE","profile":{"n":0,"x":"Zoë"}},{"id":""}]"#,
        "0",
        "-0.0E-7",
        "01",
        "1.",
        "-",
        "[1,]",
        "[,1]",
        r#"{"a" 1}"#,
        r#"{"a":}"#,
        r#"{a:1}"#,
        r#""\x""#,
        r#""\ud800""#,
        "nul",
        "\"\u{7f}\u{1f}\"",
    ];

    #[test]
    fn a_page_is_accepted_exactly_if_serde_json_accepts_it() {
        // Every text of the corpus, cut at every byte, and with every byte left out, doubled and
        // exchanged.
        let odd = b"\"\\{],:0 \n\x1f\xff";
        let mut tried = 0;
        let mut try_page = |page: &[u8]| {
            let expected = serde_json::from_slice::<serde_json::Value>(page).is_ok();
            let text = String::from_utf8_lossy(page);
            assert_eq!(skip(page).is_ok(), expected, "{text}");
            tried += 1;
        };
        for page in CORPUS.map(str::as_bytes) {
            try_page(page);
            for at in 0..page.len() {
                let with = |middle: &[u8]| [&page[..at], middle, &page[at + 1..]].concat();
                try_page(&page[..at]);
                try_page(&with(&[]));
                try_page(&with(&[page[at], page[at]]));
                odd.iter().for_each(|byte| try_page(&with(&[*byte])));
            }
        }
        assert!(tried > 2500, "{tried}");
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(skip(nested(DEEPEST).as_bytes()).is_ok());
        for depth in [DEEPEST + 1, 1_000_000] {
            let error = skip(nested(depth).as_bytes()).unwrap_err();
            assert!(error.to_string().contains("nested deeper"), "{error}");
        }
        let beside = format!("[{},{}]", nested(DEEPEST - 1), nested(DEEPEST - 1));
        assert!(skip(beside.as_bytes()).is_ok());
    }

    #[test]
    fn values_are_read_in_their_order() {
        let page = r#"{"a":"plain","b\n":"\u00fc","list":[null,"x",1.5],"end":{"x":[]}}"#;
        let mut json = Reader::new(page.as_bytes()).unwrap();
        let mut read = Vec::new();
        json.object::<Malformed>(|json, name| {
            match name.as_ref() {
                "a" => assert!(matches!(json.text()?, Cow::Borrowed("plain"))),
                "b\n" => assert_eq!(json.text()?, "ü"),
                "list" => json.list::<Malformed>(|json| {
                    if json.is_null()? {
                        read.push("nothing")
                    } else {
                        read.push(json.value()?)
                    }
                    Ok(())
                })?,
                _ => read.push(json.value()?),
            }
            Ok(())
        })
        .unwrap();
        json.end().unwrap();
        assert_eq!(read, ["nothing", "\"x\"", "1.5", r#"{"x":[]}"#]);
    }

    #[test]
    fn a_value_that_is_not_read_is_an_error() {
        let mut json = Reader::new(b"[1,2]").unwrap();
        assert!(json.list::<Malformed>(|_| Ok(())).is_err());
    }

    #[test]
    fn names_are_found_in_any_order_and_number() {
        let people = [
            r#"{"a":1,"b":{"a":2,"c":3}}"#,
            r#"{"b":{"c":3},"d":4}"#,
            r#"{ "a" : 1, "ab": 5, "\u0061": 6 }"#,
            r#"{"d":4,"b":{"a":2,"c":3},"a":1}"#,
        ];
        let many: Vec<String> = (0..500).map(|n| format!(r#""name{n}":{n}"#)).collect();
        let many = format!("{{{}}}", many.join(","));
        let mut people: Vec<&str> = people.to_vec();
        people.extend([many.as_str(), many.as_str(), people[0]]);
        let page = format!("[{}]", people.join(","));
        let expected: Vec<serde_json::Value> = serde_json::from_str(&page).unwrap();
        let mut json = Reader::new(page.as_bytes()).unwrap();
        let mut names = Names::new(&Cow::into_owned);
        let mut read = Vec::new();
        json.list::<Malformed>(|json| {
            let mut person = serde_json::Map::new();
            json.object_of::<_, Malformed>(&mut names, |json, name| {
                let value = serde_json::from_str(json.value()?).unwrap();
                person.insert(name.clone(), value);
                Ok(())
            })?;
            read.push(serde_json::Value::Object(person));
            Ok(())
        })
        .unwrap();
        assert_eq!(read, expected);
    }

    #[test]
    fn the_plain_bytes_of_a_text_end_at_the_first_that_is_not() {
        let plain = [b' ', b'~', 0x7f, 0xff, 0x80, b'#', b'!', b']', b'['].repeat(3);
        for end in (0..0x20).chain([b'"', b'\\']) {
            for at in 0..plain.len() {
                let mut bytes = plain.clone();
                assert_eq!(plain_bytes(&bytes), bytes.len());
                bytes[at] = end;
                assert_eq!(plain_bytes(&bytes), at, "{end}");
                assert_eq!(plain_bytes(&bytes[..at]), at, "{end}");
            }
        }
    }
}

//! The two engines that run patterns: `regex`, linear in the text, and a backtracking one for the few
//! patterns that `regex` refuses. Knows nothing of where the patterns come from.

use std::cell::OnceCell;

use super::template::names;
use super::translate::{DOT_ALL, IGNORE_CASE, MULTI_LINE, build};

/// How often the backtracking engine may go back in one search; each time it does not suffice, the next one is
/// tried, so that short searches stay cheap and long ones are paid for.
pub const TRIES: [usize; 4] = [200, 5_000, 125_000, 3_000_000];

/// Bytes from and to, of the whole match and of each group.
pub type Spans = Vec<Option<(usize, usize)>>;

/// A compiled pattern.
#[derive(Debug)]
pub enum Engine {
    Linear(regex::Regex),
    Backtracking(Box<Backtracking>),
}

/// One program for each entry of [`TRIES`], since the engine fixes the number when it compiles.
#[derive(Debug)]
pub struct Backtracking {
    source: String,
    flags: u8,
    most_bytes: usize,
    programs: [OnceCell<fancy_regex::Regex>; TRIES.len()],
}

/// The search took more tries than it had.
pub struct Exhausted;

impl Engine {
    /// Compiles a translated pattern, into at most so many bytes.
    ///
    /// # Errors
    /// What the engine cannot run.
    pub fn new(
        source: &str,
        flags: u8,
        most_bytes: usize,
        backtracks: bool,
    ) -> Result<Engine, String> {
        if !backtracks {
            let built = build(source, flags, most_bytes);
            return built.map(Engine::Linear).map_err(|error| match error {
                regex::Error::CompiledTooBig(_) => "so large a repetition".to_owned(),
                _ => "something here".to_owned(),
            });
        }
        let engine = Backtracking {
            source: source.to_owned(),
            flags,
            most_bytes,
            programs: Default::default(),
        };
        match engine.program(0) {
            Some(_) => Ok(Engine::Backtracking(Box::new(engine))),
            None => Err("look-around or a back-reference of this form".to_owned()),
        }
    }

    /// The names of the groups, the whole match first.
    pub fn group_names(&self) -> Vec<Option<String>> {
        match self {
            Engine::Linear(regex) => names(regex.capture_names()),
            Engine::Backtracking(engine) => engine
                .program(0)
                .map_or_else(Vec::new, |program| names(program.capture_names())),
        }
    }

    /// The first match from a place on.
    ///
    /// # Errors
    /// This entry of [`TRIES`] did not suffice.
    pub fn find(&self, text: &str, from: usize, tries: usize) -> Result<Option<Spans>, Exhausted> {
        match self {
            // Without groups the ends are enough, and cost much less.
            Engine::Linear(regex) if regex.captures_len() == 1 => {
                let found = regex.find_at(text, from);
                Ok(found.map(|found| vec![Some((found.start(), found.end()))]))
            }
            Engine::Linear(regex) => Ok(regex.captures_at(text, from).map(|found| {
                let ends = |group: regex::Match<'_>| (group.start(), group.end());
                found.iter().map(|group| group.map(ends)).collect()
            })),
            Engine::Backtracking(engine) => {
                let program = engine.program(tries).ok_or(Exhausted)?;
                // Its only errors while it runs are its bounds.
                let found = program.captures_from_pos(text, from);
                Ok(found.map_err(|_| Exhausted)?.map(|found| {
                    let ends = |group: fancy_regex::Match<'_>| (group.start(), group.end());
                    found.iter().map(|group| group.map(ends)).collect()
                }))
            }
        }
    }
}

impl Backtracking {
    fn program(&self, tries: usize) -> Option<&fancy_regex::Regex> {
        let place = self.programs.get(tries)?;
        if place.get().is_none() {
            let built = fancy_regex::RegexBuilder::new(&self.source)
                .case_insensitive(self.flags & IGNORE_CASE != 0)
                .multi_line(self.flags & MULTI_LINE != 0)
                .dot_matches_new_line(self.flags & DOT_ALL != 0)
                .delegate_size_limit(self.most_bytes)
                .backtrack_limit(*TRIES.get(tries)?)
                .build();
            let _ = place.set(built.ok()?);
        }
        place.get()
    }
}

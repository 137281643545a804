//! A pattern of `re`, compiled for its three uses. What an engine could run and the language has not is refused here.
//! Knows nothing of who searches.

use std::cell::OnceCell;

use super::engine::Engine;
use super::translate::{Bad, Translated, translate};

/// Bytes that a compiled pattern may take.
const COMPILED_BYTES: usize = 16 << 20;
/// A pattern whose repetitions make more of it than this is refused.
const HEAVIEST: usize = 20_000;
/// The largest count of a repetition.
const MOST_REPEATS: u32 = 1_000;

#[derive(Debug)]
pub struct Compiled {
    pub flags: u8,
    /// In the syntax of the engine.
    source: String,
    anywhere: Engine,
    at_start: OnceCell<Engine>,
    whole: OnceCell<Engine>,
    /// The names of the groups, the whole match first.
    pub groups: Vec<Option<String>>,
    /// It has look-around or back-references.
    pub backtracks: bool,
    /// Where an empty match may be preferred to a longer one, which the engine cannot be asked for.
    pub may_prefer_empty: bool,
    pub uses_boundary: bool,
    pub weight: usize,
}

/// Where a match must lie: for `search`, `match` and `fullmatch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Anywhere,
    AtStart,
    Whole,
}

impl Compiled {
    /// Compiles a pattern with these flags.
    ///
    /// # Errors
    /// What is wrong with it, or cannot be run.
    pub fn new(text: &str, flags: u8) -> Result<Compiled, Bad> {
        let translated = translate(text, flags)?;
        if let Some(what) = beyond(&translated) {
            return Err(Bad::Outside(what.to_owned()));
        }
        let flags = translated.flags;
        let backtracks = translated.beyond_regex.is_some();
        let anywhere = build(&translated.pattern, flags, backtracks)?;
        let groups = anywhere.group_names();
        // Python takes some letters for others in a name.
        if !groups.iter().flatten().all(|name| name.is_ascii()) {
            return Err(Bad::Outside("a group name beyond ASCII".to_owned()));
        }
        Ok(Compiled {
            flags,
            anywhere,
            source: translated.pattern,
            at_start: OnceCell::new(),
            whole: OnceCell::new(),
            groups,
            backtracks,
            may_prefer_empty: translated.may_prefer_empty,
            uses_boundary: translated.uses_boundary,
            weight: translated.weight,
        })
    }

    /// The engine for matches in that place; those that are anchored are made when they are first needed.
    ///
    /// # Errors
    /// The anchored pattern cannot be run.
    pub fn engine(&self, place: Place) -> Result<&Engine, Bad> {
        let (made, end) = match place {
            Place::Anywhere => return Ok(&self.anywhere),
            Place::AtStart => (&self.at_start, ""),
            Place::Whole => (&self.whole, r"\z"),
        };
        if made.get().is_none() {
            let source = format!(r"\A(?:{}){end}", self.source);
            let _ = made.set(build(&source, self.flags, self.backtracks)?);
        }
        Ok(made.get().unwrap_or(&self.anywhere))
    }
}

/// What the engine can run, and the language has not.
fn beyond(translated: &Translated) -> Option<&'static str> {
    if translated.is_verbose {
        Some("the flag x")
    } else if translated.weight > HEAVIEST || translated.most_repeats > MOST_REPEATS {
        Some("so large a repetition")
    } else if translated.has_empty_rounds {
        Some("a repeated group that may be empty")
    } else {
        None
    }
}

fn build(source: &str, flags: u8, backtracks: bool) -> Result<Engine, Bad> {
    Engine::new(source, flags, COMPILED_BYTES, backtracks).map_err(Bad::Outside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_could_run_and_the_language_has_not_is_named() {
        for (pattern, wanted) in [
            ("(?x) a", "the flag x"),
            ("a(?x:b)", "the flag x"),
            ("(a*)*", "a repeated group that may be empty"),
            ("a{1001}", "so large a repetition"),
            ("(?:\\w{500}){500}", "so large a repetition"),
        ] {
            let found = Compiled::new(pattern, 0);
            assert!(
                matches!(&found, Err(Bad::Outside(what)) if what == wanted),
                "{pattern}"
            );
        }
    }
}

//! Python regular expressions, run by the `regex` crate (manual/filters-and-hooks.md#the-language).
//!
//! [`translate`] turns a source into the engine's syntax, or says why that cannot be; [`template`]
//! reads the targets of `re.sub`. Here is what the configuration does with both; `re` in hooks is
//! the interpreter's matter. Knows nothing of users or groups.
//!
//! | Python | here |
//! | --- | --- |
//! | `\Z` | `\z` |
//! | `\w`, `\s` | letters, numbers and `_`; white space with U+001C to U+001F |
//! | `{,n}` | `{0,n}` |
//! | `[[]`, `&&`, `--`, `~~` in a class | plain characters |
//! | `$` without `m` | only the very end (Python: also before a last line break) |
//! | look-around, back-references | a backtracking engine with a bound |
//! | atomic groups, possessive quantifiers, conditions | refused |

pub mod compiled;
pub mod engine;
pub mod template;
pub mod translate;

use std::fmt;
use std::rc::Rc;

use regex::Regex;

use engine::{Engine, Spans, TRIES};
pub use template::Template;
use translate::{Bad, IGNORE_CASE, Translated, build, translate};

/// Bytes of a source; what it compiles to is limited by [`COMPILED`].
const LONGEST: usize = 64 << 10;
const COMPILED: usize = 8 << 20;

/// A pattern of the configuration for names of people or groups; shown as it was written. Those of
/// hooks are [`compiled::Compiled`]: their searches are paid for in steps.
#[derive(Debug, Clone)]
pub struct NamePattern {
    source: Rc<str>,
    engine: Rc<Engine>,
}

/// A search went back so often that it was given up.
#[derive(Debug, PartialEq, Eq)]
pub struct GivenUp;

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl NamePattern {
    /// Whether the pattern is found in the text, wherever it may stand.
    ///
    /// # Errors
    /// Nobody knows.
    pub fn is_match(&self, text: &str) -> Result<bool, GivenUp> {
        match &*self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(text)),
            Engine::Backtracking(_) => Ok(self.find(text, 0)?.is_some()),
        }
    }

    /// Whether the pattern is found at the very start of the text.
    ///
    /// # Errors
    /// Nobody knows.
    pub fn begins(&self, text: &str) -> Result<bool, GivenUp> {
        // The leftmost match begins at the start if any does.
        let found = self.find(text, 0)?;
        let spans = found.unwrap_or_default();
        Ok(matches!(spans.first(), Some(Some((0, _)))))
    }

    fn find(&self, text: &str, from: usize) -> Result<Option<Spans>, GivenUp> {
        let mut searches = (0..TRIES.len()).map(|tries| self.engine.find(text, from, tries));
        searches.find_map(Result::ok).ok_or(GivenUp)
    }
}

/// Matches whole texts, ignoring case.
///
/// # Errors
/// Why the source is no expression that can be run.
pub fn whole(source: &str) -> Result<NamePattern, String> {
    compile(source, IGNORE_CASE, |body| format!(r"\A(?:{body})\z"))
}

/// Finds the expression anywhere in a text, as Python's `search`.
///
/// # Errors
/// Why the source is no expression that can be run.
pub fn anywhere(source: &str) -> Result<NamePattern, String> {
    compile(source, 0, str::to_owned)
}

fn compile(source: &str, flags: u8, place: impl Fn(&str) -> String) -> Result<NamePattern, String> {
    let translated = read(source)?;
    let pattern = place(&translated.pattern);
    let flags = translated.flags | flags;
    let engine = if translated.beyond_regex.is_some() {
        let built = Engine::new(&pattern, flags, COMPILED, true);
        built.map_err(|what| unusable(source, &format!("{what} is not supported")))?
    } else {
        Engine::Linear(linear(source, &pattern, flags)?)
    };
    Ok(NamePattern {
        source: source.into(),
        engine: Rc::new(engine),
    })
}

fn read(source: &str) -> Result<Translated, String> {
    if source.len() > LONGEST {
        let problem = format!("a regular expression is longer than {LONGEST} bytes");
        return Err(problem);
    }
    translate(source, 0).map_err(|problem| match problem {
        Bad::Error(reason) => unusable(source, &reason),
        Bad::Outside(what) => unusable(source, &format!("{what} is not supported")),
    })
}

fn linear(source: &str, pattern: &str, flags: u8) -> Result<Regex, String> {
    build(pattern, flags, COMPILED).map_err(|problem| match problem {
        regex::Error::CompiledTooBig(_) => {
            format!("the regular expression \"{source}\" is too large")
        }
        other => {
            let text = other.to_string();
            let reason = text.lines().last().unwrap_or_default();
            unusable(source, reason.trim_start_matches("error: "))
        }
    })
}

fn unusable(source: &str, reason: &str) -> String {
    format!("the regular expression \"{source}\" cannot be used: {reason}")
}

/// `name` after `re.sub(source, target, name)`, if `source` matches from its start; `None`: it
/// does not. `source` is one of [`anywhere`].
///
/// # Errors
/// Nobody knows.
pub fn renamed(
    source: &NamePattern,
    target: &Template,
    name: &str,
) -> Result<Option<String>, GivenUp> {
    if !source.begins(name)? {
        return Ok(None);
    }
    let mut out = String::new();
    let (mut copied, mut from) = (0, 0);
    while from <= name.len() {
        let Some(spans) = source.find(name, from)? else {
            break;
        };
        let Some((start, end)) = spans.first().copied().flatten() else {
            break;
        };
        out.push_str(name.get(copied..start).unwrap_or_default());
        target.expand(&mut out, |group| {
            let (start, end) = spans.get(group).copied().flatten()?;
            name.get(start..end)
        });
        copied = end;
        let next = name.get(copied..).and_then(|rest| rest.chars().next());
        // As Python: an empty match may follow a match, but not another empty one.
        from = if start == end {
            copied + next.map_or(1, char::len_utf8)
        } else {
            copied
        };
    }
    out.push_str(name.get(copied..).unwrap_or_default());
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_whole_texts_as_in_python() {
        // Source, what matches, what does not.
        let cases = [
            (
                "alice@x.com|bob",
                "alice@x.com bob BOB",
                "alice@x.com.au xbob bobx",
            ),
            ("(alice|CAROL)@.*", "alice@x Carol@", "dave@x"),
            (r"a\Z", "a A", "ab"),
            ("(?P<n>a)b", "ab", "a"),
            (r"\d+", "12 ٣", "a 1a"),
            (r"\w+", "Zoë_1 ² 中", "a-b"),
            (r"[\w.-]+", "a.b-c", "a@b"),
            ("[[]x[]]", "[x]", "x"),
            ("[a&&b]+", "a&b", "c"),
            ("[--a]", "- a . A", ", {"),
            ("[~~x]", "~ x", "y"),
            ("[^]a]", "b", "] a"),
            (r"[\]\-\\]", r"] - \", "a"),
            (r"\/\-\@\#", "/-@#", "x"),
            ("a{,2}b", "b ab aab", "aaab"),
            ("a{2}b{1,}c{0,1}", "aabbc aab", "abc"),
            ("a{x}", "a{x}", "a"),
            ("x{,", "x{,", "x"),
            (r"\x41\u0042\103", "abc ABC", "x"),
            ("(?x) a b # comment\n c", "abc", "a"),
            ("(?x)a +b", "ab aab", "abc"),
            ("(?#c)(?x) (?i)a", "a A", "b"),
            ("(?x: a b )c", "abc", "ab"),
            ("(?x)a(?-x:#)b", "a#b", "ab"),
            ("(?x)(a # b\n|b)c", "ac bc", "abc"),
            ("(?i:a)(?s:.)b", "a-b", "ab"),
            ("(?#nothing)a", "a", "b"),
            ("a#b", "a#b", "a"),
            ("ß", "ß", "ss"),
            (r"(?!.*@x\.com$).*", "bo@Y.com cy", "ann@X.com"),
            (r".*(?<!@x\.com)", "bo@y.com", "ann@x.com"),
            (r"(\w)\1+@.*", "aa@x BBB@x", "ab@x"),
            ("", "", "a"),
        ];
        for (source, yes, no) in cases {
            let regex = whole(source).unwrap();
            for text in yes.split(' ') {
                assert_eq!(regex.is_match(text), Ok(true), "{source} {text}");
            }
            for text in no.split(' ') {
                assert_eq!(regex.is_match(text), Ok(false), "{source} {text}");
            }
        }
    }

    #[test]
    fn what_the_engine_cannot_run_is_refused_with_its_reason() {
        let cases = [
            ("(?>a)", "atomic"),
            ("a++", "possessive"),
            ("a{1,2}+", "possessive"),
            ("(a)?(?(1)b|c)", "condition"),
            ("(?<n>a)", "(?P<name>"),
            ("a(?i)", "very start"),
            ("(?a)a", "flag a"),
            ("*a", "nothing that * could repeat"),
            ("^*", "nothing that * could repeat"),
            ("a**", "repeats a repetition"),
            ("a{2}{3}", "repeats a repetition"),
            ("(?x)a{2} ?", "repeats a repetition"),
            ("(a", "not closed"),
            ("a)", "closed but not opened"),
            ("[a", "not closed with ]"),
            ("[b-a]", "bad range"),
            (r"[\w-a]", "bad range"),
            ("[a--b]", "bad range"),
            (r"\q", "bad escape"),
            (r"\z", "bad escape"),
            (r"\x4", "hexadecimal"),
            (r"\ud800", "no character"),
            (r"\400", "above"),
            ("a\\", "backslash"),
            ("(?P<1>a)", "no name"),
            ("(?P<n>a)(?P<n>b)", "duplicate"),
            ("((a{1000}){1000}){1000}", "too large"),
            ("a{3,2}", "repetition"),
        ];
        for (source, reason) in cases {
            let problem = whole(source).unwrap_err();
            assert!(problem.contains(reason), "{source}: {problem}");
            assert!(!problem.contains('\n'), "{problem}");
        }
        assert!(whole(&"(".repeat(1000)).is_err());
        assert!(
            whole(&"a".repeat(LONGEST + 1))
                .unwrap_err()
                .contains("longer")
        );
    }

    #[test]
    fn a_search_that_goes_back_for_ever_is_given_up() {
        let pattern = whole(r"(?=(a|a)*b)(a|aa)+(?!c)\1x").unwrap();
        assert_eq!(pattern.is_match("aab"), Ok(false));
        let hard = whole(r"(?:(?=a)a|a)*(?!a)b").unwrap();
        let long = "a".repeat(60);
        assert!(hard.is_match(&long).is_err());
        let source = anywhere(r"(?:(?=a)a|a)*(?!a)b").unwrap();
        let target = Template::parse("x", &source).unwrap();
        assert!(renamed(&source, &target, &long).is_err());
    }

    #[test]
    fn targets_are_those_of_re_sub() {
        // Source, target, name, result as Python 3 gives it.
        let cases = [
            (r"ACL-(.+)-(.+)", r"\2_\1", "ACL-a-b", Some("b_a")),
            (
                r"ACL-(?P<app>.+)",
                r"App \g<app>",
                "ACL-Design",
                Some("App Design"),
            ),
            (r"ACL-(.+)", r"\g<1>0", "ACL-x", Some("x0")),
            (r"ACL-", r"", "ACL-ACL-x", Some("x")),
            (r"ACL-(.+)", r"\1", "XACL-x", None),
            (r"a", r"[\g<0>]", "abca", Some("[a]bc[a]")),
            (r"(a)|(b)", r"<\1\2>", "ab", Some("<a><b>")),
            (r"x*", r"-", "abxd", Some("-a-b--d-")),
            (r"a", r"\n\t\\\.\101\0", "a", Some("\n\t\\\\.A\0")),
            (r"é*", r"-", "éa", Some("--a-")),
            (r"ACL-(?!TEST)(.+)", r"\1", "ACL-Design", Some("Design")),
            (r"ACL-(?!TEST)(.+)", r"\1", "ACL-TEST-Design", None),
            (r"(\w+)-\1", r"<\1>", "ab-ab-x", Some("<ab>-x")),
            (r"(?<=-)\w|A", r"_", "ACL-x", Some("_CL-_")),
        ];
        for (source, target, name, expected) in cases {
            let regex = anywhere(source).unwrap();
            let template = Template::parse(target, &regex).unwrap();
            assert_eq!(
                renamed(&regex, &template, name).unwrap().as_deref(),
                expected,
                "{source} {target}"
            );
        }
    }
}

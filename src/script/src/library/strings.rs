//! The methods of str.

use crate::format::spec::{Align, Padding};
use crate::format::{chars, template};
use crate::names::Method;
use crate::run::{Machine, arithmetic};
use crate::value::args::{character, limit, whole};
use crate::value::{Args, Iter, Meter, Outcome, Stop, Str, Value, index, type_error, value_error};

impl Machine<'_> {
    pub(crate) fn text_method(&mut self, text: &Str, method: Method, args: Args<'_>) -> Outcome {
        let name = method.name();
        match method {
            Method::Lower => self.changed(text, args, name, str::to_lowercase),
            Method::Upper => self.changed(text, args, name, str::to_uppercase),
            Method::Casefold => self.changed(text, args, name, chars::fold_case),
            Method::Title => self.changed(text, args, name, chars::title),
            Method::Capitalize => self.changed(text, args, name, chars::capitalize),
            Method::Swapcase => self.changed(text, args, name, chars::swap_case),
            Method::Isalpha => self.test(text, args, name, chars::is_alpha),
            Method::Isdigit => self.test(text, args, name, chars::is_digit),
            Method::Isalnum => self.test(text, args, name, chars::is_alnum),
            Method::Isupper => self.test(text, args, name, |text| {
                chars::is_case(text, char::is_uppercase, char::is_lowercase)
            }),
            Method::Islower => self.test(text, args, name, |text| {
                chars::is_case(text, char::is_lowercase, char::is_uppercase)
            }),
            Method::Isspace => self.test(text, args, name, |text| {
                !text.is_empty() && text.chars().all(chars::is_space)
            }),
            Method::Strip | Method::Lstrip | Method::Rstrip => self.strip(text, method, args),
            Method::Split | Method::Rsplit => self.split(text, method, args),
            Method::Splitlines => self.split_lines(text, args),
            Method::Partition | Method::Rpartition => self.partition(text, method, args),
            Method::Join => self.join(text, args),
            Method::Replace => self.replace(text, args),
            Method::Startswith | Method::Endswith => self.has_affix(text, method, args),
            Method::Find | Method::Rfind | Method::Index | Method::Rindex => {
                self.find(text, method, args)
            }
            Method::Count => self.count(text, args),
            Method::Zfill => self.zero_fill(text, args),
            Method::Ljust => self.justify(text, args, name, Align::Left),
            Method::Rjust => self.justify(text, args, name, Align::Right),
            Method::Center => self.justify(text, args, name, Align::Center),
            Method::Removeprefix | Method::Removesuffix => self.remove_affix(text, method, args),
            Method::Format => template::format(&mut self.meter, text, &args),
            _ => Err(index::no_attribute(&Value::Str(text.clone()), name)),
        }
    }

    fn changed(
        &mut self,
        text: &str,
        args: Args<'_>,
        name: &str,
        change: impl Fn(&str) -> String,
    ) -> Outcome {
        let [] = args.exactly(name)?;
        self.meter.make(text.len())?;
        // A final sigma makes the last step look around; texts of sigmas alone would cost the square.
        self.meter
            .scan(text.matches('\u{3a3}').count().saturating_mul(text.len()))?;
        Ok(Value::from(change(text)))
    }

    fn test(
        &mut self,
        text: &str,
        args: Args<'_>,
        name: &str,
        test: impl Fn(&str) -> bool,
    ) -> Outcome {
        let [] = args.exactly(name)?;
        self.meter.scan(text.len())?;
        Ok(Value::Bool(test(text)))
    }

    /// A part of `text`, which is shared if it is all of it.
    fn part(&mut self, text: &Str, part: &str) -> Outcome {
        if part.len() == text.len() {
            return Ok(Value::Str(text.clone()));
        }
        self.meter.make(part.len())?;
        Ok(Value::from(part))
    }

    fn strip(&mut self, text: &Str, method: Method, args: Args<'_>) -> Outcome {
        let [set] = args.up_to(method.name(), 0)?;
        self.meter.scan(text.len())?;
        let set: Option<Str> = match &set {
            None | Some(Value::None) => None,
            Some(Value::Str(set)) => {
                self.meter.scan(set.len().saturating_mul(text.len()))?;
                Some(set.clone())
            }
            Some(_) => {
                return Err(type_error(format!(
                    "{} arg must be None or str",
                    method.name()
                )));
            }
        };
        let is_in = |c: char| {
            set.as_ref()
                .map_or_else(|| chars::is_space(c), |set| set.contains(c))
        };
        let mut part: &str = text;
        if method != Method::Rstrip {
            part = part.trim_start_matches(is_in);
        }
        if method != Method::Lstrip {
            part = part.trim_end_matches(is_in);
        }
        self.part(text, part)
    }

    fn split(&mut self, text: &str, method: Method, args: Args<'_>) -> Outcome {
        let [separator, most] = args.bind(method.name(), ["sep", "maxsplit"], 0)?;
        let most = limit(most.as_ref())?.unwrap_or(usize::MAX);
        self.meter.make(text.len())?;
        let from_end = method == Method::Rsplit;
        let parts: Vec<&str> = match &separator {
            None | Some(Value::None) => split_blanks(text, most, from_end),
            Some(Value::Str(separator)) if separator.is_empty() => {
                return Err(value_error("empty separator"));
            }
            Some(Value::Str(separator)) => split_at(text, separator, most, from_end),
            Some(other) => {
                return Err(type_error(format!(
                    "must be str or None, not {}",
                    other.type_name()
                )));
            }
        };
        self.list(&parts)
    }

    fn list(&mut self, parts: &[&str]) -> Outcome {
        self.meter.make_items(2 * parts.len())?;
        self.meter.steps(parts.len() / 4)?;
        Ok(Value::list(
            parts.iter().map(|part| Value::from(*part)).collect(),
        ))
    }

    fn split_lines(&mut self, text: &str, args: Args<'_>) -> Outcome {
        let [keep] = args.bind("splitlines", ["keepends"], 0)?;
        let keep = keep.as_ref().map_or(Ok(0), whole)? != 0;
        self.meter.make(text.len())?;
        let mut lines = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(chars::is_line_end) {
            let tail = rest.get(at..).unwrap_or_default();
            let mark = if tail.starts_with("\r\n") {
                2
            } else {
                tail.chars().next().map_or(1, char::len_utf8)
            };
            let (line, after) = rest.split_at(at + mark);
            lines.push(if keep {
                line
            } else {
                rest.get(..at).unwrap_or_default()
            });
            rest = after;
        }
        if !rest.is_empty() {
            lines.push(rest);
        }
        self.list(&lines)
    }

    fn partition(&mut self, text: &Str, method: Method, args: Args<'_>) -> Outcome {
        let [separator] = args.exactly(method.name())?;
        let mark = must_be_text(Some(separator.clone()))?;
        if mark.is_empty() {
            return Err(value_error("empty separator"));
        }
        self.meter.make(text.len())?;
        let whole = Value::Str(text.clone());
        let found = if method == Method::Partition {
            text.split_once(&*mark)
        } else {
            text.rsplit_once(&*mark)
        };
        let empty = || Value::from("");
        Ok(Value::tuple(match found {
            Some((before, after)) => {
                vec![Value::from(before), separator.clone(), Value::from(after)]
            }
            None if method == Method::Partition => vec![whole, empty(), empty()],
            None => vec![empty(), empty(), whole],
        }))
    }

    fn join(&mut self, separator: &str, args: Args<'_>) -> Outcome {
        let [iterable] = args.exactly("join")?;
        if Iter::over(&iterable).is_err() {
            return Err(type_error("can only join an iterable"));
        }
        let items = self.collect(&iterable)?;
        let mut out = String::new();
        for (position, item) in items.iter().enumerate() {
            let Value::Str(item) = item else {
                let given = item.type_name();
                return Err(type_error(format!(
                    "sequence item {position}: expected str instance, {given} found"
                )));
            };
            self.meter.make(separator.len() + item.len())?;
            if position > 0 {
                out.push_str(separator);
            }
            out.push_str(item);
        }
        Ok(Value::from(out))
    }

    fn replace(&mut self, text: &Str, args: Args<'_>) -> Outcome {
        let [old, new, count] = args.bind("replace", ["/", "/", "/"], 2)?;
        let (old, new) = match (&old, &new) {
            (Some(Value::Str(old)), Some(Value::Str(new))) => (old.clone(), new.clone()),
            (Some(Value::Str(_)), other) | (other, _) => {
                let place = if matches!(old, Some(Value::Str(_))) {
                    2
                } else {
                    1
                };
                let given = other.as_ref().map_or("NoneType", Value::type_name);
                return Err(type_error(format!(
                    "replace() argument {place} must be str, not {given}"
                )));
            }
        };
        let most = limit(count.as_ref())?.unwrap_or(usize::MAX);
        self.meter.scan(text.len())?;
        let found = if old.is_empty() {
            text.chars().count() + 1
        } else {
            text.matches(&*old).count()
        };
        let times = found.min(most);
        if times == 0 {
            return Ok(Value::Str(text.clone()));
        }
        self.meter
            .make(text.len().saturating_add(times.saturating_mul(new.len())))?;
        Ok(Value::from(text.replacen(&*old, &new, times)))
    }

    fn has_affix(&mut self, text: &Str, method: Method, args: Args<'_>) -> Outcome {
        let name = method.name();
        let [affix, start, stop] = args.up_to(name, 1)?;
        let affix = affix.unwrap_or(Value::None);
        let affixes = match &affix {
            Value::Str(_) => std::slice::from_ref(&affix),
            Value::Tuple(tuple) => tuple.items.as_slice(),
            other => {
                let given = other.type_name();
                return Err(type_error(format!(
                    "{name} first arg must be str or a tuple of str, not {given}"
                )));
            }
        };
        let Some((part, _)) = self.between(text, start.as_ref(), stop.as_ref())? else {
            return Ok(Value::Bool(false));
        };
        for affix in affixes {
            self.meter.step()?;
            let Value::Str(affix) = affix else {
                let given = affix.type_name();
                return Err(type_error(format!(
                    "tuple for {name} must only contain str, not {given}"
                )));
            };
            self.meter.scan(affix.len())?;
            let has = if method == Method::Startswith {
                part.starts_with(&**affix)
            } else {
                part.ends_with(&**affix)
            };
            if has {
                return Ok(Value::Bool(true));
            }
        }
        Ok(Value::Bool(false))
    }

    /// The text between two positions in characters, and how many bytes are before it.
    /// None if the start is behind the end, where not even an empty text is found.
    fn between<'t>(
        &mut self,
        text: &'t str,
        start: Option<&Value>,
        stop: Option<&Value>,
    ) -> Result<Option<(&'t str, usize)>, Stop> {
        if matches!(
            (start, stop),
            (None | Some(Value::None), None | Some(Value::None))
        ) {
            return Ok(Some((text, 0)));
        }
        self.meter.scan(text.len())?;
        let length = text.chars().count();
        let (start, stop) = index::span(start, stop, length)?;
        if start > stop {
            return Ok(None);
        }
        let bytes = |at: usize| {
            text.char_indices()
                .nth(at)
                .map_or(text.len(), |(offset, _)| offset)
        };
        let (first, last) = (bytes(start), bytes(stop));
        Ok(text.get(first..last).map(|part| (part, first)))
    }

    fn find(&mut self, text: &Str, method: Method, args: Args<'_>) -> Outcome {
        let name = method.name();
        let [wanted, start, stop] = args.up_to(name, 1)?;
        let wanted = must_be_text(wanted)?;
        let part = self.between(text, start.as_ref(), stop.as_ref())?;
        self.meter.scan(text.len() + wanted.len())?;
        let backwards = matches!(method, Method::Rfind | Method::Rindex);
        let found = part.and_then(|(part, before)| {
            let at = if backwards {
                part.rfind(&*wanted)
            } else {
                part.find(&*wanted)
            };
            at.and_then(|at| text.get(..before + at))
        });
        match found {
            Some(before) => Ok(Value::Int(before.chars().count() as i64)),
            None if matches!(method, Method::Find | Method::Rfind) => Ok(Value::Int(-1)),
            None => Err(value_error("substring not found")),
        }
    }

    fn count(&mut self, text: &Str, args: Args<'_>) -> Outcome {
        let [wanted, start, stop] = args.up_to("count", 1)?;
        let wanted = must_be_text(wanted)?;
        self.meter.scan(text.len() + wanted.len())?;
        let count = match self.between(text, start.as_ref(), stop.as_ref())? {
            None => 0,
            Some((part, _)) if wanted.is_empty() => part.chars().count() + 1,
            Some((part, _)) => part.matches(&*wanted).count(),
        };
        Ok(Value::Int(count as i64))
    }

    fn zero_fill(&mut self, text: &Str, args: Args<'_>) -> Outcome {
        let [width] = args.exactly("zfill")?;
        let width = usize::try_from(whole(&width)?).unwrap_or(0);
        let sign = if text.starts_with(['+', '-']) {
            text.get(..1).unwrap_or_default()
        } else {
            ""
        };
        let body = text.get(sign.len()..).unwrap_or_default();
        let filled = Padding {
            fill: '0',
            width,
            align: Align::AfterSign,
        }
        .apply(&mut self.meter, sign, body)?;
        Ok(Value::from(filled))
    }

    fn justify(&mut self, text: &Str, args: Args<'_>, name: &str, align: Align) -> Outcome {
        let [width, fill] = args.up_to(name, 1)?;
        let width = usize::try_from(whole(&width.unwrap_or(Value::None))?).unwrap_or(0);
        let fill = fill.as_ref().map_or(Ok(' '), character)?;
        let length = text.chars().count();
        if width <= length {
            return Ok(Value::Str(text.clone()));
        }
        if align == Align::Center {
            return center(&mut self.meter, text, fill, (length, width));
        }
        Padding { fill, width, align }
            .apply(&mut self.meter, "", text)
            .map(Value::from)
    }

    fn remove_affix(&mut self, text: &Str, method: Method, args: Args<'_>) -> Outcome {
        let name = method.name();
        let [affix] = args.exactly(name)?;
        let Value::Str(affix) = &affix else {
            return Err(type_error(format!(
                "{name}() argument must be str, not {}",
                affix.type_name()
            )));
        };
        let rest = match method {
            Method::Removeprefix => text.strip_prefix(&**affix),
            _ => text.strip_suffix(&**affix),
        };
        self.part(text, rest.unwrap_or(text))
    }
}

fn must_be_text(value: Option<Value>) -> Result<Str, Stop> {
    match value.unwrap_or_default() {
        Value::Str(text) => Ok(text),
        other => Err(type_error(format!(
            "must be str, not {}",
            other.type_name()
        ))),
    }
}

/// Of an odd number of fill characters, `center` puts one more on the left if the width is odd too.
fn center(meter: &mut Meter, text: &str, fill: char, (length, width): (usize, usize)) -> Outcome {
    let missing = width - length;
    meter.make(
        missing
            .saturating_mul(fill.len_utf8())
            .saturating_add(text.len()),
    )?;
    let left = missing / 2 + (missing & width & 1);
    let mut out: String = std::iter::repeat_n(fill, left).collect();
    out.push_str(text);
    out.extend(std::iter::repeat_n(fill, missing - left));
    arithmetic::text(meter, out)
}

fn split_at<'t>(text: &'t str, separator: &str, most: usize, from_end: bool) -> Vec<&'t str> {
    let pieces = most.saturating_add(1);
    if from_end {
        let mut parts: Vec<&str> = text.rsplitn(pieces, separator).collect();
        parts.reverse();
        return parts;
    }
    let mut chars = separator.chars();
    match (chars.next(), chars.next()) {
        // Looking for one character needs no preparation.
        (Some(only), None) => text.splitn(pieces, only).collect(),
        _ => text.splitn(pieces, separator).collect(),
    }
}

/// Splits at runs of white space, at most so often; what is left over keeps its blanks.
fn split_blanks(text: &str, most: usize, from_end: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        rest = if from_end {
            rest.trim_end_matches(chars::is_space)
        } else {
            rest.trim_start_matches(chars::is_space)
        };
        if rest.is_empty() {
            break;
        }
        if parts.len() == most {
            parts.push(rest);
            break;
        }
        let (part, after) = if from_end {
            let at = rest.char_indices().rev().find(|(_, c)| chars::is_space(*c));
            let at = at.map_or(0, |(at, c)| at + c.len_utf8());
            (rest.get(at..), rest.get(..at))
        } else {
            let at = rest.find(chars::is_space).unwrap_or(rest.len());
            (rest.get(..at), rest.get(at..))
        };
        parts.push(part.unwrap_or_default());
        rest = after.unwrap_or_default();
    }
    if from_end {
        parts.reverse();
    }
    parts
}

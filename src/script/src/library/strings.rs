//! The methods of str.

use crate::format::{chars, template};
use crate::run::Machine;
use crate::value::Code::{Change, Str as OfStr, Test};
use crate::value::{
    Given, Iter, Native, Outcome, Str, Value, index, mistyped, type_error, value_error,
};

pub(super) const METHODS: &[Native] = &[
    Native::new("capitalize", 0, &[], Change(chars::capitalize)),
    Native::new("casefold", 0, &[], Change(chars::fold_case)),
    Native::new("center", 1, &["/", "/"], OfStr(justify)),
    Native::new("count", 1, &["/", "/", "/"], OfStr(count)),
    Native::new("endswith", 1, &["/", "/", "/"], OfStr(has_affix)),
    Native::new("find", 1, &["/", "/", "/"], OfStr(find)),
    Native::new("format", 0, &["*", "**"], OfStr(format)),
    Native::new("index", 1, &["/", "/", "/"], OfStr(find)),
    Native::new("isalnum", 0, &[], Test(chars::is_alnum)),
    Native::new("isalpha", 0, &[], Test(chars::is_alpha)),
    Native::new("isdigit", 0, &[], Test(chars::is_digit)),
    Native::new("islower", 0, &[], Test(chars::is_lower)),
    Native::new("isspace", 0, &[], Test(chars::is_blank)),
    Native::new("isupper", 0, &[], Test(chars::is_upper)),
    Native::new("join", 1, &["/"], OfStr(join)),
    Native::new("ljust", 1, &["/", "/"], OfStr(justify)),
    Native::new("lower", 0, &[], Change(str::to_lowercase)),
    Native::new("lstrip", 0, &["/"], OfStr(strip)),
    Native::new("partition", 1, &["/"], OfStr(partition)),
    Native::new("removeprefix", 1, &["/"], OfStr(remove_affix)),
    Native::new("removesuffix", 1, &["/"], OfStr(remove_affix)),
    Native::new("replace", 2, &["/", "/", "/"], OfStr(replace)),
    Native::new("rfind", 1, &["/", "/", "/"], OfStr(find)),
    Native::new("rindex", 1, &["/", "/", "/"], OfStr(find)),
    Native::new("rjust", 1, &["/", "/"], OfStr(justify)),
    Native::new("rpartition", 1, &["/"], OfStr(partition)),
    Native::new("rsplit", 0, &["sep", "maxsplit"], OfStr(split)),
    Native::new("rstrip", 0, &["/"], OfStr(strip)),
    Native::new("split", 0, &["sep", "maxsplit"], OfStr(split)),
    Native::new("splitlines", 0, &["keepends"], OfStr(split_lines)),
    Native::new("startswith", 1, &["/", "/", "/"], OfStr(has_affix)),
    Native::new("strip", 0, &["/"], OfStr(strip)),
    Native::new("swapcase", 0, &[], Change(chars::swap_case)),
    Native::new("title", 0, &[], Change(chars::title)),
    Native::new("upper", 0, &[], Change(str::to_uppercase)),
    Native::new("zfill", 1, &["/"], OfStr(zero_fill)),
];

fn format(machine: &mut Machine<'_>, own: &Str, given: Given<'_>) -> Outcome {
    template::format(&mut machine.meter, own, &given)
}

/// A part of `own`, which is shared if it is all of it.
fn part(machine: &mut Machine<'_>, own: &Str, part: &str) -> Outcome {
    if part.len() == own.len() {
        return Ok(Value::Str(own.clone()));
    }
    machine.meter.make(part.len())?;
    Ok(Value::from(part))
}

fn strip(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let set = match given.unless_none(0) {
        None => None,
        Some(Value::Str(set)) => Some(set),
        Some(other) => return Err(mistyped("strip arg must be None or str, not {}", &other)),
    };
    let compared = set.as_ref().map_or(1, |set| set.len() + 1);
    machine.meter.scan(compared.saturating_mul(own.len()))?;
    let is_in = |c: char| match &set {
        None => chars::is_space(c),
        Some(set) => set.contains(c),
    };
    let mut rest: &str = own;
    if given.name != "rstrip" {
        rest = rest.trim_start_matches(is_in);
    }
    if given.name != "lstrip" {
        rest = rest.trim_end_matches(is_in);
    }
    part(machine, own, rest)
}

fn split(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let from_end = given.name == "rsplit";
    let (separator, most) = (given.unless_none(0), given.limit(1)?);
    machine.meter.make(own.len())?;
    let parts = match separator {
        None => split_blanks(own, most, from_end),
        Some(Value::Str(mark)) if mark.is_empty() => return Err(value_error("empty separator")),
        Some(Value::Str(mark)) => split_at(own, &mark, most, from_end),
        Some(other) => return Err(mistyped("must be str or None, not {}", &other)),
    };
    list(machine, &parts)
}

fn list(machine: &mut Machine<'_>, parts: &[&str]) -> Outcome {
    machine.meter.make_items(2 * parts.len())?;
    machine.meter.steps(parts.len() / 4)?;
    let parts = parts.iter().map(|part| Value::from(*part));
    Ok(Value::list(parts.collect()))
}

fn split_lines(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let keep = given.flag(0)?;
    machine.meter.make(own.len())?;
    let mut lines = Vec::new();
    let mut rest: &str = own;
    while let Some(mark) = rest.chars().find(|c| chars::is_line_end(*c)) {
        let (line, after) = rest.split_once(mark).unwrap_or((rest, ""));
        let is_pair = mark == '\r' && after.starts_with('\n');
        let after = after.get(usize::from(is_pair)..).unwrap_or_default();
        let with_mark = rest.strip_suffix(after).unwrap_or(rest);
        lines.push(if keep { with_mark } else { line });
        rest = after;
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    list(machine, &lines)
}

fn partition(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let mark = given.text(0)?;
    if mark.is_empty() {
        return Err(value_error("empty separator"));
    }
    machine.meter.make(own.len())?;
    let is_first = given.name == "partition";
    let found = if is_first {
        own.split_once(&*mark)
    } else {
        own.rsplit_once(&*mark)
    };
    let empty = || Value::from("");
    Ok(Value::tuple(match found {
        Some((before, after)) => vec![before.into(), Value::Str(mark), after.into()],
        None if is_first => vec![Value::Str(own.clone()), empty(), empty()],
        None => vec![empty(), empty(), Value::Str(own.clone())],
    }))
}

fn join(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let iterable = given.value(0);
    if Iter::over(&iterable).is_err() {
        return Err(type_error("can only join an iterable"));
    }
    let items = machine.collect(&iterable)?;
    let mut out = String::new();
    for (position, item) in items.iter().enumerate() {
        let Value::Str(item) = item else {
            let message = format!("sequence item {position}: expected str instance, {{}} found");
            return Err(mistyped(&message, item));
        };
        machine.meter.make(own.len() + item.len())?;
        if position > 0 {
            out.push_str(own);
        }
        out.push_str(item);
    }
    Ok(Value::from(out))
}

fn replace(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let (old, new, most) = (given.text(0)?, given.text(1)?, given.limit(2)?);
    machine.meter.scan(own.len())?;
    let times = occurrences(own, &old).min(most);
    if times == 0 {
        return Ok(Value::Str(own.clone()));
    }
    let added = times.saturating_mul(new.len());
    machine.meter.make(own.len().saturating_add(added))?;
    Ok(Value::from(own.replacen(&*old, &new, times)))
}

/// An empty text is before each character and at the end.
fn occurrences(whole: &str, part: &str) -> usize {
    if part.is_empty() {
        whole.chars().count() + 1
    } else {
        whole.matches(part).count()
    }
}

/// `startswith` and `endswith`, with one text or a tuple of them.
fn has_affix(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let affix = given.value(0);
    let affixes = match &affix {
        Value::Tuple(tuple) => tuple.items.as_slice(),
        single => std::slice::from_ref(single),
    };
    let is_start = given.name == "startswith";
    let part = between(machine, own, given)?;
    for affix in affixes {
        machine.meter.step()?;
        let Value::Str(affix) = affix else {
            let message = "an affix must be a str or a tuple of str, not {}";
            return Err(mistyped(message, affix));
        };
        machine.meter.scan(affix.len())?;
        let has = part.is_some_and(|(part, _)| {
            if is_start {
                part.starts_with(&**affix)
            } else {
                part.ends_with(&**affix)
            }
        });
        if has {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// The text between the positions in characters that the second and third argument may give, and how many bytes are
/// before it. None if the start is behind the end, where not even an empty text is found.
fn between<'t>(
    machine: &mut Machine<'_>,
    own: &'t str,
    mut given: Given<'_>,
) -> Outcome<Option<(&'t str, usize)>> {
    let (start, stop) = (given.unless_none(1), given.unless_none(2));
    if start.is_none() && stop.is_none() {
        return Ok(Some((own, 0)));
    }
    machine.meter.scan(own.len())?;
    let (start, stop) = index::span(start, stop, own.chars().count())?;
    if start > stop {
        return Ok(None);
    }
    let bytes = |at: usize| {
        let found = own.char_indices().nth(at);
        found.map_or(own.len(), |(offset, _)| offset)
    };
    let (first, last) = (bytes(start), bytes(stop));
    Ok(own.get(first..last).map(|part| (part, first)))
}

/// `find`, `rfind`, and `index` and `rindex`, for which it must be there.
fn find(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let (name, wanted) = (given.name, given.text(0)?);
    let part = between(machine, own, given)?;
    machine.meter.scan(own.len() + wanted.len())?;
    let found = part.and_then(|(part, before)| {
        let at = if name.starts_with('r') {
            part.rfind(&*wanted)
        } else {
            part.find(&*wanted)
        };
        own.get(..before + at?)
    });
    match found {
        Some(before) => Ok(Value::Int(before.chars().count() as i64)),
        None if name.ends_with("find") => Ok(Value::Int(-1)),
        None => Err(value_error("substring not found")),
    }
}

fn count(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let wanted = given.text(0)?;
    machine.meter.scan(own.len() + wanted.len())?;
    let part = between(machine, own, given)?;
    let count = part.map_or(0, |(part, _)| occurrences(part, &wanted));
    Ok(Value::Int(count as i64))
}

fn justify(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let (width, missing) = width(own, &mut given)?;
    let fill = given.take(1).map_or(Some(' '), |fill| fill.as_char());
    let too_long = || type_error("The fill character must be exactly one character long");
    let fill = fill.ok_or_else(too_long)?;
    let left = match given.name {
        "ljust" => 0,
        "rjust" => missing,
        // Of an odd number of fill characters, one more stands on the left if the width is odd too.
        _ => missing / 2 + (missing & width & 1),
    };
    let left = filling(machine, fill, left)?;
    let right = filling(machine, fill, missing - left.chars().count())?;
    machine.meter.make(own.len())?;
    Ok(Value::from([&*left, own, &right].concat()))
}

fn zero_fill(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let (_, missing) = width(own, &mut given)?;
    let zeros = filling(machine, '0', missing)?;
    let is_signed = own.starts_with(['+', '-']);
    let (sign, digits) = own.split_at(usize::from(is_signed));
    machine.meter.make(own.len())?;
    Ok(Value::from([sign, &zeros, digits].concat()))
}

/// The width that is asked for, and the number of characters that are missing to it.
fn width(own: &str, given: &mut Given<'_>) -> Outcome<(usize, usize)> {
    let width = given.whole(0)?.unwrap_or(0);
    let width = usize::try_from(width).unwrap_or(0);
    Ok((width, width.saturating_sub(own.chars().count())))
}

fn filling(machine: &mut Machine<'_>, fill: char, count: usize) -> Outcome<String> {
    machine.meter.make(count.saturating_mul(fill.len_utf8()))?;
    Ok(std::iter::repeat_n(fill, count).collect())
}

fn remove_affix(machine: &mut Machine<'_>, own: &Str, mut given: Given<'_>) -> Outcome {
    let affix = given.text(0)?;
    let rest = match given.name {
        "removeprefix" => own.strip_prefix(&*affix),
        _ => own.strip_suffix(&*affix),
    };
    part(machine, own, rest.unwrap_or(own))
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
        let split = if from_end {
            let split = rest.rsplit_once(chars::is_space);
            split.map(|(after, part)| (part, after))
        } else {
            rest.split_once(chars::is_space)
        };
        let (part, after) = split.filter(|_| parts.len() < most).unwrap_or((rest, ""));
        parts.push(part);
        rest = after;
    }
    if from_end {
        parts.reverse();
    }
    parts
}

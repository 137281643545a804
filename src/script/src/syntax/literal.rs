//! Escapes in string literals.

/// Where it is wrong (bytes from the start of the content), what, and what to write instead.
pub(crate) type EscapeError = (usize, &'static str, Option<&'static str>);

/// The text that the content of a literal stands for.
pub(crate) fn unescape(content: &str) -> Result<String, EscapeError> {
    let mut text = String::with_capacity(content.len());
    let mut at = 0;
    while let Some(rest) = content.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(backslash) = rest.find('\\') else {
            text.push_str(rest);
            break;
        };
        text.push_str(rest.get(..backslash).unwrap_or_default());
        let escape = rest.get(backslash + 1..).unwrap_or_default();
        let used =
            one(escape, &mut text).map_err(|(message, hint)| (at + backslash, message, hint))?;
        at += backslash + 1 + used;
    }
    Ok(text)
}

/// Reads what follows a backslash and gives the number of bytes it took.
fn one(escape: &str, text: &mut String) -> Result<usize, (&'static str, Option<&'static str>)> {
    let Some(first) = escape.chars().next() else {
        text.push('\\');
        return Ok(0);
    };
    let plain = match first {
        '\n' => return Ok(1),
        '\\' | '\'' | '"' => first,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '0'..='7' => return Ok(octal(escape, text)),
        'x' => return hex(escape, 2, text),
        'u' => return hex(escape, 4, text),
        'U' => return hex(escape, 8, text),
        'N' => {
            return Err((
                "\\N{...} is not supported",
                Some("write the character itself, or \\uXXXX"),
            ));
        }
        // As Python: an unknown escape stands for itself.
        other => {
            text.push('\\');
            other
        }
    };
    text.push(plain);
    Ok(first.len_utf8())
}

fn octal(escape: &str, text: &mut String) -> usize {
    let digits = escape
        .bytes()
        .take(3)
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let code = escape
        .get(..digits)
        .and_then(|digits| u32::from_str_radix(digits, 8).ok());
    text.extend(code.and_then(char::from_u32));
    digits
}

fn hex(
    escape: &str,
    length: usize,
    text: &mut String,
) -> Result<usize, (&'static str, Option<&'static str>)> {
    let digits = escape
        .get(1..1 + length)
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(code) = code else {
        return Err((
            "truncated \\x, \\u or \\U escape",
            Some("for a plain backslash write \\\\, or r'...'"),
        ));
    };
    match char::from_u32(code) {
        Some(c) => text.push(c),
        None if code > 0x10_ffff => return Err(("no such Unicode character", None)),
        None => {
            return Err((
                "lone surrogates are not supported",
                Some("write the character itself"),
            ));
        }
    }
    Ok(1 + length)
}

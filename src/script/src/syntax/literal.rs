//! Escapes in string literals.

/// What is wrong, and what to write instead.
type Wrong = (&'static str, &'static str);

/// The text that the content of a literal stands for, or where (in bytes) it is wrong.
pub(crate) fn unescape(content: &str) -> Result<String, (usize, Wrong)> {
    let mut text = String::with_capacity(content.len());
    let mut at = 0;
    while let Some(rest) = content.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(backslash) = rest.find('\\') else {
            text.push_str(rest);
            break;
        };
        text.push_str(rest.get(..backslash).unwrap_or_default());
        let escape = rest.get(backslash + 1..).unwrap_or_default();
        at += backslash;
        at += 1 + one(escape, &mut text).map_err(|wrong| (at, wrong))?;
    }
    Ok(text)
}

/// Reads what follows a backslash and gives the number of bytes it took.
fn one(escape: &str, text: &mut String) -> Result<usize, Wrong> {
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
            let hint = "write the character itself, or \\uXXXX";
            return Err(("\\N{...} is not supported", hint));
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
    let digits = escape.bytes().take(3);
    let count = digits
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let digits = escape.get(..count).unwrap_or_default();
    let code = u32::from_str_radix(digits, 8).ok();
    text.extend(code.and_then(char::from_u32));
    count
}

fn hex(escape: &str, length: usize, text: &mut String) -> Result<usize, Wrong> {
    let digits = escape.get(1..1 + length);
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    let Some(code) = code else {
        let hint = "for a plain backslash write \\\\, or r'...'";
        return Err(("truncated \\x, \\u or \\U escape", hint));
    };
    let what = match char::from_u32(code) {
        Some(c) => {
            text.push(c);
            return Ok(1 + length);
        }
        None if code > 0x10_ffff => "no such Unicode character",
        None => "lone surrogates are not supported",
    };
    Err((what, "write the character itself"))
}

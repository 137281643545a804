//! JSON as servers send it: parsed only as deep as it may nest (manual/safety.md#bad-input).

use serde::Deserialize;

/// JSON that is nested deeper is refused.
pub const DEEPEST: usize = 64;

/// Parses a whole body; the error says what is wrong with it.
pub fn parse<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, String> {
    check_depth(body)?;
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

/// One look over the body: how deep brackets nest. Whether they match is the parser's matter.
fn check_depth(body: &[u8]) -> Result<(), String> {
    let mut depth = 0_usize;
    let mut in_text = false;
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_text = !in_text,
            b'\\' if in_text => {
                bytes.next();
            }
            b'[' | b'{' if !in_text => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(format!("it is nested deeper than {DEEPEST}"));
                }
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> String {
        format!("{}{}", "[".repeat(depth), "]".repeat(depth))
    }

    #[test]
    fn what_is_nested_too_deeply_is_refused() {
        assert!(parse::<serde_json::Value>(nested(DEEPEST).as_bytes()).is_ok());
        for depth in [DEEPEST + 1, 1_000_000] {
            let error = parse::<serde_json::Value>(nested(depth).as_bytes()).unwrap_err();
            assert_eq!(error, "it is nested deeper than 64");
        }
    }

    #[test]
    fn brackets_in_a_text_do_not_nest() {
        let json = format!(r#"["\"{}"]"#, "[".repeat(100));
        assert!(parse::<Vec<String>>(json.as_bytes()).is_ok());
    }
}

//! A source that is refused when it is loaded: what is wrong, where, and what to write instead.

use std::fmt;

/// A source that is not run: outside the subset, or not Python at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What to write instead, where there is a way.
    pub hint: Option<String>,
    source_line: String,
}

impl Refusal {
    /// A refusal of what stands at the byte offset `at` of `source`.
    pub(crate) fn new(source: &str, at: usize, message: impl Into<String>) -> Refusal {
        let before = source.get(..at).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let source_line = source
            .get(line_start..)
            .and_then(|rest| rest.split('\n').next());
        Refusal {
            line: before.matches('\n').count() + 1,
            column: before
                .get(line_start..)
                .map_or(0, |text| text.chars().count())
                + 1,
            message: message.into(),
            hint: None,
            source_line: source_line.unwrap_or_default().to_owned(),
        }
    }

    pub(crate) fn hint(mut self, hint: &str) -> Refusal {
        self.hint = Some(hint.to_owned());
        self
    }

    /// Several lines for a terminal: the message, the source line, a caret under the place, the hint.
    pub fn render(&self) -> String {
        // Long lines (a filter is often one) are cut to what surrounds the place.
        let skip = self.column.saturating_sub(60);
        let mark = if skip > 0 { "..." } else { "" };
        let shown: String = self
            .source_line
            .chars()
            .skip(skip)
            .take(100)
            .map(printable)
            .collect();
        let lead = " ".repeat(mark.len() + self.column.saturating_sub(skip + 1));
        let hint = self
            .hint
            .as_ref()
            .map(|hint| format!("\n  {hint}"))
            .unwrap_or_default();
        format!(
            "line {}, column {}: {}\n    {mark}{shown}\n    {lead}^{hint}",
            self.line, self.column, self.message
        )
    }
}

// A tab or a control character would move the caret.
fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

/// One line; [`Refusal::render`] shows the place too.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )?;
        self.hint
            .as_ref()
            .map_or(Ok(()), |hint| write!(f, " ({hint})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shows_the_line_and_the_place() {
        let refusal = Refusal::new("a = 1\nb\t= \u{e9} + @", 15, "no").hint("write less");
        assert_eq!(refusal.to_string(), "line 2, column 9: no (write less)");
        assert_eq!(
            refusal.render(),
            "line 2, column 9: no\n    b = \u{e9} + @\n            ^\n  write less"
        );
    }
}

//! Two columns: what, and beside it why. The right one is aligned, and wrapped under itself.
//!
//! Knows widths and signs, and nothing of plans or people.

use crate::error::one_line;
use crate::show::{Style, Tone, wrap};

/// The left column is at most this share of the width; longer entries push the right one down.
const LEFT_SHARE: usize = 2;
const GAP: usize = 2;
/// With less room than this beside the left column, the right one goes below it.
const NARROW: usize = 24;
const BELOW: usize = 4;

/// One line of a listing. Its texts may hold anything: control characters are escaped.
#[derive(Debug, Clone)]
pub struct Row {
    pub indent: usize,
    pub tone: Tone,
    /// `+`, `-`, `~` or nothing.
    pub sign: &'static str,
    pub left: String,
    pub right: String,
}

/// Writes rows with one common right column.
pub fn write(rows: &[Row], style: Style, out: &mut String) {
    let longest = rows.iter().filter(|row| !row.right.is_empty());
    let fits = style.width / LEFT_SHARE;
    let longest = longest.map(Row::left_width).filter(|width| *width <= fits);
    let column = longest.max().unwrap_or(fits) + GAP;
    for row in rows {
        row.write(column, style, out);
    }
}

impl Row {
    fn left_width(&self) -> usize {
        let sign = if self.sign.is_empty() { 0 } else { 2 };
        self.indent + sign + one_line(&self.left).chars().count()
    }

    fn write(&self, column: usize, style: Style, out: &mut String) {
        let left = one_line(&self.left);
        let left = match self.sign {
            "" => left,
            sign => format!("{sign} {left}"),
        };
        out.push_str(&" ".repeat(self.indent));
        out.push_str(&style.paint(self.tone, &left));
        let right = one_line(&self.right);
        if right.is_empty() {
            out.push('\n');
            return;
        }
        let used = self.left_width();
        let below = style.width < column + NARROW;
        let start = if below { self.indent + BELOW } else { column };
        let lines = wrap(&right, style.width.saturating_sub(start).max(NARROW / 2));
        let mut beside = !below && used + GAP <= column;
        for line in lines {
            let padding = if std::mem::take(&mut beside) {
                start - used
            } else {
                out.push('\n');
                start
            };
            out.push_str(&" ".repeat(padding));
            out.push_str(&style.paint(Tone::Aside, &line));
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::Colour;

    fn row(left: &str, right: &str) -> Row {
        Row {
            indent: 2,
            tone: Tone::Gain,
            sign: "+",
            left: left.to_owned(),
            right: right.to_owned(),
        }
    }

    fn written(rows: &[Row], width: usize) -> String {
        let mut out = String::new();
        let style = Style {
            width,
            colour: Colour::Off,
        };
        write(rows, style, &mut out);
        out
    }

    #[test]
    fn reasons_stand_in_one_column_and_wrap_under_themselves() {
        let rows = [
            row(
                "ann@example.com",
                "in Okta group \"Design and Illustration\" of the company",
            ),
            row("bo@example.com", ""),
            row("a.very.long.name.indeed@subsidiary.example.com", "short"),
        ];
        assert_eq!(
            written(&rows, 60),
            "  + ann@example.com  in Okta group \"Design and Illustration\"\n\
             \x20                    of the company\n\
             \x20 + bo@example.com\n\
             \x20 + a.very.long.name.indeed@subsidiary.example.com\n\
             \x20                    short\n"
        );
    }

    #[test]
    fn on_a_narrow_terminal_reasons_stand_below() {
        let rows = [row(
            "ann.lee@example.com",
            "in Okta group \"Design\" of the company",
        )];
        assert_eq!(
            written(&rows, 40),
            "  + ann.lee@example.com\n      in Okta group \"Design\" of the\n      company\n"
        );
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(
            written(&[row("a\u{1b}[2J", "b\nc")], 80),
            "  + a\\u{1b}[2J  b\\nc\n"
        );
    }
}

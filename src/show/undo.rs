//! What taking a run back leaves out, and what does not come back (manual/records.md#undo).

use crate::error::one_line;
use crate::plan::undo::Remark;
use crate::show::{Style, Tone, wrap};

/// A heading, and a line for each person: all of them, for they are what nobody else tells.
pub fn remarks(heading: &str, remarks: &[Remark], style: Style) -> String {
    if remarks.is_empty() {
        return String::new();
    }
    let heading = format!("{heading}: {}", remarks.len());
    let mut text = style.paint(Tone::Heading, &heading);
    text.push('\n');
    for Remark { org, person, text: what } in remarks {
        let line = one_line(&format!("{org} {person}: {what}"));
        for (nth, line) in wrap(&line, style.width.saturating_sub(4)).iter().enumerate() {
            text.push_str(if nth == 0 { "  " } else { "    " });
            text.push_str(line);
            text.push('\n');
        }
    }
    text.push('\n');
    text
}

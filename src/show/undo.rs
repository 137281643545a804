//! What taking a run back leaves out, and what does not come back (manual/records.md#undo).

use crate::error::one_line;
use crate::plan::undo::Remark;
use crate::show::{Style, Tone};

/// A heading, and a line for each person: all of them, for they are what nobody else tells.
pub fn remarks(heading: &str, remarks: &[Remark], style: Style) -> String {
    if remarks.is_empty() {
        return String::new();
    }
    let heading = format!("{heading}: {}", remarks.len());
    let mut text = style.paint(Tone::Heading, &heading);
    text.push('\n');
    for Remark {
        org,
        person,
        text: what,
    } in remarks
    {
        text.push_str(&one_line(&format!("  {org} {person}: {what}")));
        text.push('\n');
    }
    text.push('\n');
    text
}

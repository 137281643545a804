//! A page of the manual as a terminal shows it: paragraphs and tables set to its width, links
//! named by their topic.
//!
//! Knows the Markdown that the pages of `src/manual` are written in, and none of their content.

use crate::show::rows::{self, Row};
use crate::show::{Style, Tone, wrap};

const CODE_INDENT: usize = 4;
const ROW_INDENT: usize = 2;
/// Paragraphs are not set narrower than this.
const NARROWEST: usize = 20;

pub fn lay_out(page: &str, style: Style) -> String {
    let mut out = String::new();
    let mut block = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.starts_with("```") {
            flush(&mut block, style, &mut out);
            fenced = !fenced;
        } else if fenced {
            let code = format!("{}{line}", " ".repeat(CODE_INDENT));
            out.push_str(code.trim_end());
            out.push('\n');
        } else if line.is_empty() || line.starts_with('#') {
            flush(&mut block, style, &mut out);
            out.push_str(&style.paint(Tone::Heading, line));
            out.push('\n');
        } else {
            let starts_anew = marker(line) > 0 || line.starts_with('|') != is_table(&block);
            if starts_anew {
                flush(&mut block, style, &mut out);
            }
            block.push(line);
        }
    }
    flush(&mut block, style, &mut out);
    out
}

fn is_table(block: &[&str]) -> bool {
    block.first().is_some_and(|line| line.starts_with('|'))
}

/// Writes the lines that belong together, and forgets them.
fn flush(block: &mut Vec<&str>, style: Style, out: &mut String) {
    if is_table(block) {
        table(block, style, out);
    } else if let Some(first) = block.first() {
        paragraph(first, block, style, out);
    }
    block.clear();
}

/// Characters of the mark that begins an item of a list, or 0.
fn marker(line: &str) -> usize {
    let line = line.trim_start();
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    if line.starts_with("- ") {
        2
    } else if digits > 0
        && line
            .get(digits..)
            .is_some_and(|rest| rest.starts_with(". "))
    {
        digits + 2
    } else {
        0
    }
}

/// A paragraph, or an item of a list with its mark hanging.
fn paragraph(first: &str, lines: &[&str], style: Style, out: &mut String) {
    let indent = first.len() - first.trim_start().len();
    let hanging = indent + marker(first);
    let joined = lines.iter().map(|line| line.trim()).collect::<Vec<_>>();
    let text = inline(&joined.join(" "));
    let (mark, text) = text
        .split_at_checked(hanging - indent)
        .unwrap_or(("", &text));
    let width = style.width.saturating_sub(hanging).max(NARROWEST);
    for (number, line) in wrap(text, width).iter().enumerate() {
        let before = match number {
            0 => format!("{}{mark}", " ".repeat(indent)),
            _ => " ".repeat(hanging),
        };
        out.push_str(&format!("{before}{line}\n"));
    }
}

/// A table as rows of two columns: more than two are named by their headers.
fn table(lines: &[&str], style: Style, out: &mut String) {
    let mut cells = lines.iter().map(|line| cells(line));
    let header = cells.next().unwrap_or_default();
    // Behind the header stands the line of dashes.
    let rows = cells.skip(1).flat_map(|cells| {
        let first = cells.first().map_or("", String::as_str);
        let mut left = wrap(first, style.width - ROW_INDENT);
        let right: Vec<String> = described(&header, &cells).collect();
        // The first line of what describes it stands beside the last line of the name.
        let above = vec![String::new(); left.len() - 1];
        left.resize(above.len() + right.len().max(1), String::new());
        let right = above.into_iter().chain(right).chain([String::new()]);
        left.into_iter().zip(right).map(|(left, right)| Row {
            indent: ROW_INDENT,
            tone: Tone::Plain,
            sign: "",
            left,
            right,
        })
    });
    rows::write(&rows.collect::<Vec<_>>(), style, out);
}

/// The filled cells behind the first one.
fn described(header: &[String], cells: &[String]) -> impl Iterator<Item = String> {
    let named = header.len() > 2;
    let filled = cells.iter().zip(header).skip(1);
    filled
        .filter(|(cell, _)| !cell.is_empty())
        .map(move |(cell, name)| {
            if named && !name.is_empty() {
                format!("{name}: {cell}")
            } else {
                cell.clone()
            }
        })
}

/// The cells of a line of a table. `\|` is a bar inside a cell.
fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\u{1f}");
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner
        .split('|')
        .map(|cell| inline(&cell.trim().replace('\u{1f}', "|")))
        .collect()
}

/// Text without the marks of links and of stress; a link to another page names its topic.
fn inline(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        let parts = link
            .split_once("](")
            .and_then(|(name, behind)| Some((name, behind.split_once(')')?)));
        out.push_str(before);
        // A bracket that begins no link.
        let Some((name, (target, behind))) = parts.filter(|(name, _)| !name.contains('[')) else {
            out.push('[');
            rest = link;
            continue;
        };
        out.push_str(name);
        match target.split_once(".md") {
            Some((topic, _)) if topic != name => out.push_str(&format!(" ({topic})")),
            _ => {}
        }
        rest = behind;
    }
    out.push_str(rest);
    out.replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::Colour;

    fn at(width: usize, page: &str) -> String {
        let colour = Colour::Off;
        lay_out(page, Style { width, colour })
    }

    #[test]
    fn paragraphs_and_items_are_set_to_the_width() {
        let page = "# Title\n\nOne two three\nfour five six.\n\n- **An item** that is\n  long enough\n- b\n\n10. ten\n";
        assert_eq!(
            at(22, page),
            "# Title\n\nOne two three four\nfive six.\n\n- An item that is long\n  enough\n- b\n\n10. ten\n"
        );
    }

    #[test]
    fn code_stays_as_it_is() {
        let page =
            "Before\n\n```sh\nuser-sync  sync | grep '[a](b.md)'\n\n# a comment\n```\n\nAfter\n";
        assert_eq!(
            at(20, page),
            "Before\n\n    user-sync  sync | grep '[a](b.md)'\n\n    # a comment\n\nAfter\n"
        );
    }

    #[test]
    fn a_link_names_its_topic_and_a_bracket_is_no_link() {
        let cases = [
            (
                "see [group loss](safety.md#group-loss).",
                "see group loss (safety).",
            ),
            (
                "see [above](#limits) or [rules](rules.md)",
                "see above or rules",
            ),
            ("`{phones[0]}` and [a](b.md)", "`{phones[0]}` and a (b)"),
            ("user-sync [sync] [options]", "user-sync [sync] [options]"),
        ];
        for (text, expected) in cases {
            assert_eq!(inline(text), expected);
        }
    }

    #[test]
    fn tables_become_rows() {
        let two =
            "| code | meaning |\n| --- | --- |\n| 0 | done, all of it |\n| 130 | `a \\| b` |\n";
        assert_eq!(at(40, two), "  0    done, all of it\n  130  `a | b`\n");
        let three =
            "| key | default | |\n| --- | --- | --- |\n| `a` | | one |\n| `b` | 3 | two |\n";
        assert_eq!(at(40, three), "  `a`  one\n  `b`  default: 3\n       two\n");
        let long = "| codes | |\n| --- | --- |\n| `error.user.already_in_org`, `error.user.already_exists` | done |\n";
        assert_eq!(
            at(40, long),
            "  `error.user.already_in_org`,\n  `error.user.already_exists`\n      done\n"
        );
    }
}

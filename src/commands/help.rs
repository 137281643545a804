//! `help`: the manual of this very version, for servers without a browser
//! (manual/commands.md#help).
//!
//! Its pages stand in `src/manual`; none of their content is known here but the titles.

use std::io::Read;
use std::path::Path;

use argh::{ArgsInfo, FromArgs};
use flate2::read::DeflateDecoder;

use crate::cli::{self, Arguments};
use crate::commands::{COMMANDS, print};
use crate::error::{Error, misplaced};
use crate::show::Style;
use crate::show::page::lay_out;
use crate::text::nearest::nearest;

/// The pages of `src/manual` as `build.rs` packs them.
static MANUAL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/manual"));

/// Every page, in the order in which one reads them.
const TOPICS: [&str; 16] = [
    "start",
    "commands",
    "configuration",
    "rules",
    "safety",
    "filters-and-hooks",
    "records",
    "requests",
    "okta",
    "adobe",
    "operation",
    "errors",
    "from-ust",
    "schemas",
    "changelog",
    "code",
];

struct Page {
    topic: &'static str,
    text: String,
}

impl Page {
    /// What the page's first heading says.
    fn title(&self) -> &str {
        let first = self.text.lines().next().unwrap_or_default();
        first.trim_start_matches("# ")
    }
}

/// The pages of the manual, unpacked from the program itself.
fn pages() -> Result<Vec<Page>, Error> {
    let mut text = String::new();
    let unpacked = DeflateDecoder::new(MANUAL).read_to_string(&mut text);
    unpacked.map_err(|error| {
        let place = Path::new("the manual in this program");
        Error::file(place, format!("cannot be unpacked: {error}"))
    })?;
    let page = |topic: &'static str| {
        let mut pages = text.split('\0').filter_map(|page| page.split_once('\n'));
        let (_, text) = pages.find(|(name, _)| *name == topic)?;
        let text = text.to_owned();
        Some(Page { topic, text })
    };
    Ok(TOPICS.into_iter().filter_map(page).collect())
}

/// Options
#[derive(FromArgs, ArgsInfo, Debug)]
pub struct HelpOptions {
    /// a page of the manual, or a command (default: the list of pages)
    #[argh(positional, arg_name = "TOPIC")]
    topic: Option<String>,
}

/// Runs `help`. A command is a topic, too.
pub fn run(arguments: &Arguments) -> Result<u8, Error> {
    let HelpOptions { topic } = arguments.read()?;
    let mut commands = COMMANDS.iter();
    let command = commands.find(|command| Some(command.name) == topic.as_deref());
    match command {
        Some(command) => print(&cli::help(Some(command), &COMMANDS)),
        None => print(&text(topic.as_deref(), Style::of_stdout())?),
    }
}

/// The page of a topic as it is to be shown; without one, the list of topics.
fn text(topic: Option<&str>, style: Style) -> Result<String, Error> {
    match topic {
        Some(topic) => page(topic).map(|page| lay_out(&page.text, style)),
        None => topics(),
    }
}

/// A page by its name; the name of its file does as well.
fn page(topic: &str) -> Result<Page, Error> {
    let wanted = topic.trim().to_lowercase();
    let wanted = wanted.trim_end_matches(".md");
    pages()?
        .into_iter()
        .find(|page| page.topic == wanted)
        .ok_or_else(|| {
            let meant = match nearest(wanted, TOPICS) {
                Some(near) => format!("did you mean {near}?"),
                None => "`user-sync help` lists the topics".to_owned(),
            };
            Error::Usage(format!(
                "the manual has no page {}; {meant}",
                misplaced(topic)
            ))
        })
}

fn topics() -> Result<String, Error> {
    let pages = pages()?;
    let lines = pages
        .iter()
        .map(|page| format!("  {:<18}{}\n", page.topic, page.title()));
    Ok(format!(
        "The manual. `user-sync help TOPIC` prints a page, `user-sync COMMAND --help` the options \
         of a command.\n\n{}",
        lines.collect::<String>()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::Colour;

    fn shown(topic: Option<&str>) -> Result<String, String> {
        let style = Style {
            width: 80,
            colour: Colour::Off,
        };
        text(topic, style).map_err(|error| error.to_string())
    }

    #[test]
    fn every_file_of_the_manual_is_a_page_with_a_title_and_in_the_list() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/manual");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let mut topics = TOPICS.map(|topic| format!("{topic}.md"));
        topics.sort();
        assert_eq!(files, topics);
        assert_eq!(pages().unwrap().len(), TOPICS.len());
        let list = shown(None).unwrap();
        for page in &pages().unwrap() {
            let line = format!("  {:<18}{}\n", page.topic, page.title());
            assert!(list.contains(&line) && line.chars().count() <= 80, "{line}");
            let title = format!("# {}\n", page.title());
            assert!(shown(Some(page.topic)).unwrap().starts_with(&title));
        }
    }

    #[test]
    fn a_topic_is_found_in_any_case_and_by_its_file_name_and_else_the_nearest_is_named() {
        assert!(shown(Some("Safety")).unwrap().starts_with("# Safety"));
        assert!(shown(Some("rules.md")).unwrap().starts_with("# The rules"));
        assert_eq!(
            shown(Some("saftey")).unwrap_err(),
            "the manual has no page \"saftey\"; did you mean safety?"
        );
        assert_eq!(
            shown(Some("\u{7}nothing like it")).unwrap_err(),
            "the manual has no page \"\\u{7}nothing like it\"; `user-sync help` lists the topics"
        );
    }
}

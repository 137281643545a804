//! Saved plans: what `plan --out FILE` writes and `apply FILE` reads
//! (manual/commands.md#the-plan-file).
//!
//! JSON Lines: a header, then one line for each command in sending order. A line holds the org id,
//! so that the digest of the lines also binds each command to its organisation. Knows neither how
//! a plan is made nor how commands travel.

mod read;

use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::model::change::{Change, HeldRule};
use crate::os::files::{self, Mode};
use crate::send::change_json::CommandLine;
use crate::send::forecast::Terms;
use crate::send::request_id;
use crate::text;

pub use read::{Age, MAX_BYTES, Saved, SavedCommand, read};

const FORMAT: &str = "user-sync plan";
const VERSION: u32 = 2;

/// The first line of a plan file, but for what the lines themselves say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// Version of the program that made the plan.
    pub tool: String,
    #[serde(with = "crate::text::timestamp")]
    pub time: jiff::Timestamp,
    /// In configuration order, the primary one first.
    pub orgs: Vec<Org>,
    /// [`crate::config::Config::digest`] of the configuration that the plan was made with.
    pub config_sha256: String,
    /// The files of that digest, those beside the main file by name alone.
    pub config_files: Vec<PathBuf>,
    /// The counts of the action summary.
    pub counts: Map<String, Value>,
    /// What was held back, one for each rule.
    pub held_back: Vec<HeldBackText>,
    /// Adobe users who carry another name of a directory user and are left alone.
    #[serde(default)]
    pub left_alone: Vec<LeftAlone>,
    pub summary: SummaryWords,
}

/// What the action summary of the plan's run says in words; `apply` says it again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummaryWords {
    /// The strategy that made the plan: `sync` or `push`.
    pub strategy: String,
    /// What was done to Adobe-only users: `removed`, `deleted`, …; `None`: there is no such line.
    pub adobe_only: Option<String>,
}

/// An org as a plan names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Org {
    /// `None` for the primary org.
    pub name: Option<String>,
    pub org_id: String,
    /// The user groups that `usergroup` commands may be used for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_groups: Vec<String>,
    /// The pace that the forecast counts with.
    pub actions_per_minute: usize,
}

impl Org {
    /// What messages call it.
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or("primary")
    }

    /// What held for it when the plan was made.
    pub fn terms(&self) -> Terms {
        Terms {
            user_groups: self.user_groups.iter().map(String::as_str).collect(),
            per_minute: self.actions_per_minute,
        }
    }
}

/// What a rule held back, as a plan says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldBackText {
    /// The rule that held it back, by its word.
    pub by: String,
    /// The critical line of the plan's run.
    pub text: String,
}

/// An Adobe user who is left alone, as a plan names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftAlone {
    pub org_id: String,
    pub person: String,
    /// The name that is also one of the directory user's.
    pub name: String,
    pub directory_user: String,
}

/// One command of a plan that is to be saved.
#[derive(Debug)]
pub struct Line<'p> {
    /// Id of the org that the command goes to.
    pub org_id: &'p str,
    pub change: &'p Change,
    /// The rules that hold it back; none: it is sent.
    pub held: &'p [HeldRule],
}

/// The header as it stands in the file.
#[derive(Debug, Serialize, Deserialize)]
struct HeaderLine {
    format: String,
    version: u32,
    #[serde(flatten)]
    header: Header,
    commands: usize,
    /// SHA-256 of all lines behind this one, in hexadecimal.
    sha256: String,
    /// SHA-256 of what this line says beside this, in hexadecimal ([`HeaderLine::seal`]).
    #[serde(default)]
    header_sha256: String,
}

impl HeaderLine {
    /// The digest of all that the header says: of its JSON as we write it, with an empty digest.
    fn seal(&mut self) -> serde_json::Result<String> {
        let written = std::mem::take(&mut self.header_sha256);
        let bytes = serde_json::to_vec(self);
        self.header_sha256 = written;
        let mut digest = Context::new(&SHA256);
        digest.update(&bytes?);
        Ok(text::hexadecimal(digest.finish().as_ref()))
    }
}

/// Saves a plan, whole or not at all. Errors: the file cannot be written.
pub fn write<'p>(
    path: &Path,
    header: Header,
    lines: impl Iterator<Item = Line<'p>>,
) -> Result<(), Error> {
    let failed =
        |problem: String| Error::file(path, format!("the plan cannot be saved: {problem}"));
    let content = content(header, lines).map_err(|error| failed(error.to_string()))?;
    files::replace(path, &content, Mode::OWNER).map_err(|error| failed(error.to_string()))
}

fn content<'p>(
    header: Header,
    lines: impl Iterator<Item = Line<'p>>,
) -> serde_json::Result<Vec<u8>> {
    let mut commands = 0;
    let mut behind = Vec::new();
    for line in lines {
        let id = request_id(commands);
        let mut written = CommandLine::of(line.org_id, &id, line.change);
        written.held = line.held.iter().map(|rule| rule.word().into()).collect();
        serde_json::to_writer(&mut behind, &written)?;
        behind.push(b'\n');
        commands += 1;
    }
    let mut digest = Context::new(&SHA256);
    digest.update(&behind);
    let mut header = HeaderLine {
        format: FORMAT.to_owned(),
        version: VERSION,
        header,
        commands,
        sha256: text::hexadecimal(digest.finish().as_ref()),
        header_sha256: String::new(),
    };
    header.header_sha256 = header.seal()?;
    let mut content = serde_json::to_vec(&header)?;
    content.push(b'\n');
    content.append(&mut behind);
    Ok(content)
}

#[cfg(test)]
mod tests;

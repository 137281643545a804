//! The journal of a plan that is being applied: which of its commands have been answered.
//!
//! `FILE.journal` beside the plan: a header with the plan's digest, then one line for each command
//! whose outcome is known, written and synced request by request. After a crash `apply` sends the
//! others; a request that was sent but not recorded is sent again, which is harmless,
//! for all commands may be repeated. Knows neither how commands travel nor what they hold.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::adobe::{Outcome, Rejection};
use crate::error::Error;
use crate::os::files::{self, Mode};
use crate::os::lock::lock;
use crate::send::plan_file::MAX_BYTES;
use crate::send::{Answered, request_id};

const FORMAT: &str = "user-sync journal";
const VERSION: u32 = 1;
/// What messages call it.
const JOURNAL: &str = "the journal of this plan";
/// Adobe's texts are short; a longer line is none of ours.
const MAX_LINE: u64 = 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct Header {
    format: String,
    version: u32,
    /// SHA-256 of the plan's command lines.
    plan: String,
    /// When the plan was made: another day's plan may hold the same commands.
    #[serde(default)]
    made: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    #[serde(rename = "requestID")]
    request_id: String,
    outcome: Word,
    /// Adobe's reasons, for whoever reads the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Rejection>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Done,
    Rejected,
}

/// Which plan a journal is of.
#[derive(Debug, Clone, Copy)]
pub struct PlanId<'p> {
    pub digest: &'p str,
    pub made: Timestamp,
    pub commands: usize,
}

#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    digest: String,
    made: String,
    /// By the places of the plan's commands: whether the outcome is known.
    known: Vec<bool>,
    /// The length up to which the file holds whole lines; 0: it has no header yet.
    good: u64,
    /// What was read, with its lock.
    read: Option<File>,
    /// Open once something was written.
    file: Option<File>,
}

impl Journal {
    /// The place of a plan's journal.
    pub fn path_for(plan: &Path) -> PathBuf {
        let mut name = plan.as_os_str().to_owned();
        name.push(".journal");
        name.into()
    }

    /// Reads what an earlier run left beside the plan; nothing is written yet.
    ///
    /// Errors: the journal is another plan's, or damaged (exit code 2); another run applies the plan
    /// ([`Error::Busy`]).
    pub fn read(file: &Path, plan: &PlanId<'_>) -> Result<Journal, Error> {
        let mut journal = Journal {
            path: Journal::path_for(file),
            digest: plan.digest.to_owned(),
            made: plan.made.to_string(),
            known: vec![false; plan.commands],
            good: 0,
            read: None,
            file: None,
        };
        match files::open_trusted(&journal.path) {
            Ok(file) => {
                lock(&file, &journal.path, JOURNAL)?;
                journal.read_lines(&file)?;
                journal.read = Some(file);
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(journal.refuse(None, &error.to_string())),
        }
        Ok(journal)
    }

    /// By the places of the plan's commands: whether the outcome is known. The others are still to
    /// be sent.
    pub fn known(&self) -> &[bool] {
        &self.known
    }

    /// Opens the file and writes what its head lacks: better known now than behind the first
    /// request that it cannot be written.
    pub fn prepare(&mut self) -> Result<(), Error> {
        self.append(&[])
    }

    /// Appends the outcomes that a request brought, and waits until the disk has them. Errors: the
    /// journal cannot be written; nothing more should be sent then.
    pub fn record(&mut self, answered: &[Answered]) -> Result<(), Error> {
        let mut lines = Vec::new();
        for answered in answered {
            serde_json::to_writer(&mut lines, &Line::of(answered))
                .map_err(|error| self.failed(error))?;
            lines.push(b'\n');
            if let Some(known) = self.known.get_mut(answered.place) {
                *known = true;
            }
        }
        self.append(&lines)
    }

    fn append(&mut self, lines: &[u8]) -> Result<(), Error> {
        if self.file.is_none() {
            let file = files::append(&self.path, Mode::OWNER);
            let file = file.map_err(|error| self.failed(error))?;
            self.keep_others_out(&file)?;
            let begun = self.begin(file).map_err(|error| self.failed(error))?;
            self.file = Some(begun);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let written = file.write_all(lines).and_then(|()| file.sync_data());
        written.map_err(|error| self.failed(error))
    }

    /// Makes sure that the file holds no more than what was read of it, and locks it if there was
    /// none.
    fn keep_others_out(&self, file: &File) -> Result<(), Error> {
        let is_known = match &self.read {
            Some(read) => files::is_one(read, file),
            None => {
                lock(file, &self.path, JOURNAL)?;
                file.metadata().is_ok_and(|found| found.len() == 0)
            }
        };
        if is_known {
            return Ok(());
        }
        Err(Error::Busy(format!(
            "{}: another run has begun to apply this plan just now; run again to do what it leaves",
            self.path.display()
        )))
    }

    /// The file, ready for the next line: what a crash tore off is dropped.
    fn begin(&self, mut file: File) -> std::io::Result<File> {
        file.set_len(self.good)?;
        if self.good == 0 {
            let mut header = serde_json::to_vec(&Header {
                format: FORMAT.to_owned(),
                version: VERSION,
                plan: self.digest.clone(),
                made: self.made.clone(),
            })?;
            header.push(b'\n');
            file.write_all(&header)?;
        }
        Ok(file)
    }

    fn read_lines(&mut self, file: &File) -> Result<(), Error> {
        let mut source = BufReader::new(file.take(MAX_BYTES));
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = source.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
            let length = read.map_err(|error| self.refuse(Some(number), &error.to_string()))?;
            if length as u64 == MAX_LINE {
                return Err(self.refuse(Some(number), "the line is too long: no journal"));
            }
            // A line without its end was being written when an earlier run broke off.
            if line.last() != Some(&b'\n') {
                break;
            }
            let used = match number {
                1 => self.read_header(&line),
                _ => self.read_outcome(&line),
            };
            used.map_err(|problem| self.refuse(Some(number), &problem))?;
            self.good += length as u64;
        }
        Ok(())
    }

    fn read_header(&self, line: &[u8]) -> Result<(), String> {
        let remedy = "move the file away to apply this plan";
        let header: Header = serde_json::from_slice(line)
            .map_err(|_| format!("not a journal of user-sync: {remedy}"))?;
        if header.format != FORMAT || header.version != VERSION {
            return Err(format!(
                "its format `{}`, version {}, is not known to this program: {remedy}",
                header.format, header.version
            ));
        }
        if header.plan != self.digest || header.made != self.made {
            return Err(format!("this is the journal of another plan: {remedy}"));
        }
        Ok(())
    }

    fn read_outcome(&mut self, line: &[u8]) -> Result<(), String> {
        let damaged = |problem: &str| {
            format!("{problem}: the journal is damaged; make a new plan and apply that")
        };
        let line: Line =
            serde_json::from_slice(line).map_err(|_| damaged("not an outcome of a command"))?;
        let number = line.request_id.strip_prefix("action_");
        let number = number.and_then(|number| number.parse::<usize>().ok());
        let place = number.and_then(|number| number.checked_sub(1));
        match place.and_then(|place| self.known.get_mut(place)) {
            Some(known) => *known = true,
            None => {
                let problem = format!("the plan has no command `{}`", line.request_id);
                return Err(damaged(&problem));
            }
        }
        Ok(())
    }

    fn refuse(&self, line: Option<usize>, problem: &str) -> Error {
        Error::config_at(&self.path, line.map(|line| (line, 1)), problem)
    }

    fn failed(&self, problem: impl Display) -> Error {
        let problem = format!("the journal cannot be written: {problem}");
        Error::file(&self.path, problem)
    }
}

impl Line {
    fn of(Answered { place, outcome }: &Answered) -> Line {
        let (word, errors) = match outcome {
            Outcome::Done | Outcome::AlreadySo(_) => (Word::Done, Vec::new()),
            Outcome::Rejected(rejections) => (Word::Rejected, rejections.clone()),
        };
        Line {
            request_id: request_id(*place),
            outcome: word,
            errors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const MADE: Timestamp = Timestamp::UNIX_EPOCH;

    /// The place of a plan in a folder that is gone with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let name = format!("user-sync-journal-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        fn journal(&self) -> Result<Journal, Error> {
            let plan = PlanId {
                digest: "d1",
                made: MADE,
                commands: 3,
            };
            Journal::read(&self.0.join("plan"), &plan)
        }

        fn file(&self) -> PathBuf {
            self.0.join("plan.journal")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    /// Outcomes of the commands from `first` on.
    fn answered(first: usize, outcomes: &[Outcome]) -> Vec<Answered> {
        let answered = |(place, outcome): (usize, &Outcome)| Answered {
            place,
            outcome: outcome.clone(),
        };
        (first..).zip(outcomes).map(answered).collect()
    }

    fn known(journal: &Journal) -> usize {
        journal.known().iter().filter(|known| **known).count()
    }

    fn rejected() -> Outcome {
        Outcome::Rejected(vec![Rejection {
            step: Some(1),
            code: "error.group.not_found".to_owned(),
            message: "Group \"x\"\n was not found".to_owned(),
        }])
    }

    #[test]
    fn the_next_run_goes_on_behind_the_last_outcome() {
        let folder = Folder::new("resume");
        let mut journal = folder.journal().unwrap();
        assert!(!folder.file().exists(), "reading writes nothing");
        assert_eq!(known(&journal), 0);
        journal
            .record(&answered(0, &[Outcome::Done, rejected()]))
            .unwrap();
        assert_eq!(known(&journal), 2);
        drop(journal);
        assert_eq!(known(&folder.journal().unwrap()), 2);
        let already = Outcome::AlreadySo("error.user.already_in_org".to_owned());
        let mut journal = folder.journal().unwrap();
        journal.record(&answered(2, &[already])).unwrap();
        drop(journal);
        assert_eq!(known(&folder.journal().unwrap()), 3);
    }

    #[test]
    fn every_rejection_stands_in_the_file_with_its_reason() {
        let folder = Folder::new("reasons");
        let mut journal = folder.journal().unwrap();
        journal.record(&answered(0, &[rejected()])).unwrap();
        let text = fs::read_to_string(folder.file()).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
        assert_eq!(line["requestID"], "action_1");
        assert_eq!(line["outcome"], "rejected");
        assert_eq!(line["errors"][0]["code"], "error.group.not_found");
    }

    #[test]
    fn wherever_a_crash_tears_the_file_the_next_run_goes_on() {
        let folder = Folder::new("torn");
        let mut journal = folder.journal().unwrap();
        journal
            .record(&answered(0, &[Outcome::Done, rejected()]))
            .unwrap();
        drop(journal);
        let whole = fs::read(folder.file()).unwrap();
        for length in 0..=whole.len() {
            fs::write(folder.file(), &whole[..length]).unwrap();
            let mut journal = folder.journal().unwrap();
            let lines = whole[..length].iter().filter(|b| **b == b'\n').count();
            let lines = lines.saturating_sub(1);
            assert_eq!(known(&journal), lines, "{length}");
            journal.record(&answered(lines, &[Outcome::Done])).unwrap();
            drop(journal);
            assert_eq!(known(&folder.journal().unwrap()), lines + 1, "{length}");
        }
    }

    #[test]
    fn two_runs_of_one_plan_do_not_both_send_it() {
        let folder = Folder::new("two");
        // Both read before there is a journal.
        let mut first = folder.journal().unwrap();
        let mut second = folder.journal().unwrap();
        first.prepare().unwrap();
        assert!(matches!(second.prepare(), Err(Error::Busy(_))));
        assert!(matches!(folder.journal(), Err(Error::Busy(_))));
        first.record(&answered(0, &[Outcome::Done])).unwrap();
        drop(first);
        // What the first did is not known to the second.
        assert!(matches!(second.prepare(), Err(Error::Busy(_))));
        drop(second);
        let mut third = folder.journal().unwrap();
        assert_eq!(known(&third), 1);
        // Somebody puts another one in its place.
        fs::copy(folder.file(), folder.0.join("copy")).unwrap();
        fs::rename(folder.0.join("copy"), folder.file()).unwrap();
        assert!(matches!(third.prepare(), Err(Error::Busy(_))));
    }

    #[test]
    fn another_journal_is_refused() {
        let folder = Folder::new("refused");
        let header = r#"{"format":"user-sync journal","version":1,"plan":"d1","made":"1970-01-01T00:00:00Z"}"#;
        let cases = [
            ("hello".to_owned(), "not a journal"),
            (header.replace("d1", "d2"), "another plan"),
            (header.replace("1970", "1971"), "another plan"),
            (header.replace("1,", "2,"), "version 2"),
            (header.replace("journal", "plan"), "not known"),
            (format!("{header}\nhello"), "damaged"),
            (
                format!("{header}\n{{\"requestID\":\"action_4\",\"outcome\":\"done\"}}"),
                "no command `action_4`",
            ),
            (
                format!("{header}\n{{\"requestID\":\"action_0\",\"outcome\":\"done\"}}"),
                "no command",
            ),
        ];
        for (content, says) in cases {
            fs::write(folder.file(), content + "\n").unwrap();
            let error = folder.journal().unwrap_err();
            assert_eq!(error.exit_code(), crate::error::exit::USAGE);
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("mode");
        let mut journal = folder.journal().unwrap();
        journal.record(&answered(0, &[Outcome::Done])).unwrap();
        let mode = fs::metadata(folder.file()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

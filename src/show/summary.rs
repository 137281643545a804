//! The action summary (manual/commands.md#summary): its lines, from counts and totals.
//!
//! Knows no log: the caller logs the lines at level info.

use crate::config::{Config, Strategy};
use crate::model::OrgId;
use crate::plan::{Counts, Kind, adobe_only_kind};
use crate::send::Totals;
use crate::send::plan_file::SummaryWords;

/// What the header says of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Written,
    Test,
    Plan,
}

/// What decides which lines there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub mode: Mode,
    pub strategy: Strategy,
    /// Whether secondary orgs are configured.
    pub secondaries: bool,
    /// What the Adobe-only line says was done; `None`: there is no such line.
    pub adobe_only: Option<&'static str>,
}

impl Shape {
    pub fn of_config(config: &Config, mode: Mode) -> Shape {
        Shape {
            mode,
            strategy: config.options.strategy,
            secondaries: config.orgs.len() > 1,
            adobe_only: adobe_only(config),
        }
    }

    /// That of a plan which was saved with these words.
    pub fn of_words(words: &SummaryWords, mode: Mode, secondaries: bool) -> Shape {
        let said = words.adobe_only.as_deref();
        Shape {
            mode,
            strategy: match words.strategy.as_str() {
                "push" => Strategy::Push,
                _ => Strategy::Sync,
            },
            secondaries,
            adobe_only: ADOBE_ONLY_WORDS
                .into_iter()
                .find(|word| Some(*word) == said),
        }
    }

    /// What a saved plan says of it.
    pub fn in_words(&self) -> SummaryWords {
        let strategy = match self.strategy {
            Strategy::Sync => "sync",
            Strategy::Push => "push",
        };
        SummaryWords {
            strategy: strategy.to_owned(),
            adobe_only: self.adobe_only.map(str::to_owned),
        }
    }
}

/// Columns of the lines of dashes around it, as the User Sync Tool has them.
const FRAME: usize = 84;

/// The lines of the summary. `sent` is by org, the primary one first.
pub fn lines(shape: &Shape, counts: &Counts, sent: &[(&str, Totals)]) -> Vec<String> {
    let mut lines = vec![format!("{:-^FRAME$}", header(shape.mode))];
    let mut line = |label: &str, count: usize| lines.push(format!("  Number of {label}: {count}"));
    line("directory users read", counts.directory_read);
    line(
        "directory users selected for input",
        counts.directory_selected,
    );
    match shape.strategy {
        Strategy::Push => {
            line("directory users pushed to Adobe", counts.pushed);
            if shape.secondaries {
                line(
                    "Adobe users pushed to secondaries",
                    counts.pushed_to_secondaries,
                );
            }
        }
        Strategy::Sync => {
            line("Adobe users read", counts.adobe_read);
            line("Adobe users excluded from updates", counts.adobe_excluded);
            line("non-excluded Adobe users with no changes", counts.unchanged);
            line("new Adobe users added", counts.created);
            line("matching Adobe users updated", counts.updated);
            line("Adobe user-groups created", counts.groups_created);
            if shape.secondaries {
                line(
                    "Adobe users added to secondaries",
                    counts.created_in_secondaries,
                );
            }
            if let Some(done) = shape.adobe_only {
                line(&format!("Adobe-only users {done}"), counts.adobe_only);
            }
        }
    }
    lines.extend(sent.iter().map(|(org, totals)| actions(shape, org, totals)));
    lines.push("-".repeat(FRAME));
    lines
}

fn header(mode: Mode) -> &'static str {
    match mode {
        Mode::Written => " Action Summary ",
        Mode::Test => " Action Summary (TEST MODE) ",
        Mode::Plan => " Action Summary (PLAN) ",
    }
}

fn actions(shape: &Shape, org: &str, totals: &Totals) -> String {
    let org = if shape.secondaries {
        format!("{org} ")
    } else {
        String::new()
    };
    let Totals {
        total,
        success,
        error,
    } = totals;
    format!(
        "  Number of {org}UMAPI actions sent (total, success, error): ({total}, {success}, {error})"
    )
}

/// Everything that the Adobe-only line can say was done.
const ADOBE_ONLY_WORDS: [&str; 4] = [
    "with groups processed",
    "removed from all groups",
    "removed",
    "deleted",
];

fn adobe_only(config: &Config) -> Option<&'static str> {
    let sync = config.options.strategy == Strategy::Sync;
    Some(
        match adobe_only_kind(config, OrgId::PRIMARY).filter(|_| sync)? {
            Kind::AdobeOnlyGroups => "with groups processed",
            Kind::AdobeOnlyAllGroups => "removed from all groups",
            Kind::AdobeOnlyDeleted => "deleted",
            _ => "removed",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape {
            mode: Mode::Written,
            strategy: Strategy::Sync,
            secondaries: false,
            adobe_only: Some("removed"),
        }
    }

    const TOTALS: Totals = Totals {
        total: 6,
        success: 5,
        error: 1,
    };

    #[test]
    fn a_run_with_one_org_is_summed_up() {
        let counts = Counts {
            directory_read: 9,
            directory_selected: 8,
            adobe_read: 11,
            adobe_excluded: 1,
            unchanged: 4,
            created: 2,
            updated: 3,
            adobe_only: 1,
            ..Counts::default()
        };
        let expected = "\
---------------------------------- Action Summary ----------------------------------
  Number of directory users read: 9
  Number of directory users selected for input: 8
  Number of Adobe users read: 11
  Number of Adobe users excluded from updates: 1
  Number of non-excluded Adobe users with no changes: 4
  Number of new Adobe users added: 2
  Number of matching Adobe users updated: 3
  Number of Adobe user-groups created: 0
  Number of Adobe-only users removed: 1
  Number of UMAPI actions sent (total, success, error): (6, 5, 1)
------------------------------------------------------------------------------------";
        assert_eq!(
            lines(&shape(), &counts, &[("primary", TOTALS)]).join("\n"),
            expected
        );
    }

    #[test]
    fn several_orgs_have_a_line_each() {
        let shape = Shape {
            mode: Mode::Test,
            secondaries: true,
            adobe_only: None,
            ..shape()
        };
        let sent = [("primary", TOTALS), ("org2", TOTALS)];
        let lines = lines(&shape, &Counts::default(), &sent);
        assert!(lines[0].ends_with("-- Action Summary (TEST MODE) ----------------------------"));
        assert_eq!(lines[0].len(), 84);
        assert_eq!(
            lines[9..],
            [
                "  Number of Adobe users added to secondaries: 0",
                "  Number of primary UMAPI actions sent (total, success, error): (6, 5, 1)",
                "  Number of org2 UMAPI actions sent (total, success, error): (6, 5, 1)",
                &"-".repeat(84),
            ]
        );
    }

    #[test]
    fn push_tells_who_was_pushed() {
        let shape = Shape {
            mode: Mode::Plan,
            strategy: Strategy::Push,
            secondaries: true,
            adobe_only: None,
        };
        let counts = Counts {
            directory_read: 4,
            directory_selected: 3,
            pushed: 3,
            pushed_to_secondaries: 1,
            ..Counts::default()
        };
        let expected = "\
------------------------------ Action Summary (PLAN) -------------------------------
  Number of directory users read: 4
  Number of directory users selected for input: 3
  Number of directory users pushed to Adobe: 3
  Number of Adobe users pushed to secondaries: 1
------------------------------------------------------------------------------------";
        assert_eq!(lines(&shape, &counts, &[]).join("\n"), expected);
    }
}

//! The end of `sync` and of `apply`: commands out, the summary, and the exit code.
//!
//! Knows neither where the commands come from nor how they travel.

use std::time::Instant;

use crate::adobe::{Mode, Umapi};
use crate::commands::Run;
use crate::commands::account::{self, Books};
use crate::config::Config;
use crate::error::{Error, exit};
use crate::plan::{Counts, org_name};
use crate::send::forecast::{Terms, forecast};
use crate::send::journal::Journal;
use crate::send::records::Records;
use crate::send::{self, Ending, Entry, Sender, Sent};
use crate::show::report::Traffic;
use crate::show::summary::{self, Shape};

/// What is to be sent.
pub struct Writing<'w> {
    /// In sending order.
    pub entries: &'w [Entry<'w>],
    /// By their places, those that are not sent; none behind its end.
    pub left_out: &'w [bool],
    /// By [`OrgId`].
    pub terms: Vec<Terms>,
    pub journal: Option<&'w mut Journal>,
}

impl Writing<'_> {
    /// Says what the sending takes, and sends. Errors: nothing was sent.
    pub(super) fn run(
        self,
        run: &Run,
        orgs: &mut [Umapi],
        books: &mut Books,
    ) -> Result<Sent, Error> {
        let config = &run.config;
        let forecasts = forecast(self.entries, self.left_out, &self.terms);
        account::add_forecast(&mut books.report, &forecasts);
        account::tell_forecast(config, &forecasts);
        let mut journal = self.journal;
        if let Some(journal) = &mut journal {
            journal.prepare()?;
        }
        books.begin_record(config)?;
        let mut sender = Sender {
            orgs,
            org_names: org_names(config),
            terms: self.terms,
            mode: mode(config),
            signals: &run.signals,
            lock: run.lock.as_ref(),
            records: Records {
                journal,
                change_log: books.change_log.as_mut(),
            },
        };
        let start = Instant::now();
        let sent = send::run(self.entries, self.left_out, &mut sender);
        books.report.add_phase("write", start.elapsed());
        for (report, umapi) in books.report.orgs.iter_mut().zip(orgs) {
            report.traffic = Traffic::of(&umapi.statistics());
        }
        account::add_sent(&mut books.report, &sent);
        Ok(sent)
    }
}

/// Logs the action summary.
pub fn summarize(config: &Config, shape: &Shape, counts: &Counts, sent: &Sent) {
    let totals = org_names(config)
        .into_iter()
        .zip(sent.totals.iter().copied());
    for line in summary::lines(shape, counts, &totals.collect::<Vec<_>>()) {
        log::info!(target: "processor", "{line}");
    }
}

/// The larger of 3, 4 and 5 that apply. `is_held`: a limit holds something back; `has_errors`:
/// somebody could not be processed.
pub fn exit_code(sent: Sent, is_held: bool, has_errors: bool) -> Result<u8, Error> {
    match sent.ending {
        Ending::NothingWritten(error) => Err(error),
        Ending::Interrupted => Ok(exit::SIGNAL),
        Ending::Stopped => Ok(exit::STOPPED),
        Ending::Complete if is_held => Ok(exit::HELD_BACK),
        Ending::Complete if has_errors || !sent.refused.is_empty() => Ok(exit::REJECTED),
        Ending::Complete => Ok(exit::DONE),
    }
}

/// Whether commands are carried out, or only checked.
pub fn mode(config: &Config) -> Mode {
    if config.output.test_mode {
        Mode::Test
    } else {
        Mode::Live
    }
}

/// The same for the summary.
pub fn summary_mode(config: &Config) -> summary::Mode {
    match mode(config) {
        Mode::Live => summary::Mode::Written,
        Mode::Test => summary::Mode::Test,
    }
}

/// What messages call each org.
fn org_names(config: &Config) -> Vec<&str> {
    let orgs = config.org_ids();
    orgs.map(|org| org_name(config, org)).collect()
}

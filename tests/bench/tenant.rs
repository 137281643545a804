//! One size of tenant, measured: rounds of both jobs and of the floor.

use crate::job::{Folder, Job, RECORDING};
use crate::measure::{self, Cost};
use crate::simulator::{Request, Simulator};
use crate::{floor, least};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Everything measured for one size.
pub(crate) struct Measured {
    pub(crate) people: usize,
    pub(crate) rounds: Vec<Round>,
    /// Bytes at the most, of the plain job, the one with a hook, of recording and of replaying.
    pub(crate) peak: [Option<u64>; 4],
    /// Bytes of the recording.
    pub(crate) recording: u64,
    pub(crate) requests: usize,
    pub(crate) least_requests: usize,
    /// Connections to Okta and to Adobe (its token host included).
    pub(crate) connections: [usize; 2],
}

/// The programs, one after another; ratios compare within a round.
pub(crate) struct Round {
    pub(crate) plain: Cost,
    pub(crate) hook: Cost,
    pub(crate) record: Cost,
    pub(crate) replay: Cost,
    /// Nothing where there is no curl.
    pub(crate) floor: Option<Cost>,
}

/// Measures `binary` on a tenant of so many people.
pub(crate) fn measure(binary: &Path, people: usize, rounds: usize) -> Result<Measured, String> {
    let dir = Scratch::new()?;
    let mut simulator = Simulator::start(people, &dir.0)?;
    let folder = Folder::write(&dir.0, &simulator)?;
    let job = |job, simulator: &Simulator| folder.command(binary, job, simulator);

    // This run warms up, shows the requests, and gives the floor its pages.
    measure::run(job(Job::Plain, &simulator))?;
    let requests = simulator.new_requests()?;
    let pages = dir.0.join("curl.config");
    floor::write(&pages, &requests, &simulator)?;
    let floor = || match floor::missing() {
        Some(_) => Ok(None),
        None => measure::run(floor::command(&pages)).map(Some),
    };
    floor()?;

    let rounds: Result<Vec<Round>, String> = (0..rounds)
        .map(|_| {
            Ok(Round {
                plain: measure::run(job(Job::Plain, &simulator))?,
                floor: floor()?,
                hook: measure::run(job(Job::Hook, &simulator))?,
                record: measure::run(job(Job::Record, &simulator))?,
                replay: measure::run(job(Job::Replay, &simulator))?,
            })
        })
        .collect();
    Ok(Measured {
        people,
        rounds: rounds?,
        peak: [
            measure::peak_memory(&job(Job::Plain, &simulator))?,
            measure::peak_memory(&job(Job::Hook, &simulator))?,
            measure::peak_memory(&job(Job::Record, &simulator))?,
            measure::peak_memory(&job(Job::Replay, &simulator))?,
        ],
        recording: std::fs::metadata(dir.0.join(RECORDING))
            .map_err(|problem| format!("{RECORDING}: {problem}"))?
            .len(),
        requests: requests.len(),
        least_requests: least::requests(people),
        connections: [
            connections(&requests, |service| service == "okta"),
            connections(&requests, |service| service != "okta"),
        ],
    })
}

fn connections(requests: &[Request], of: impl Fn(&str) -> bool) -> usize {
    let own = requests.iter().filter(|request| of(&request.service));
    let numbers: BTreeSet<usize> = own.map(|request| request.connection).collect();
    numbers.len()
}

/// A folder that goes when it is no longer needed.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch, String> {
        let path = std::env::temp_dir().join(format!("user-sync-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path)
            .map_err(|problem| format!("{}: {problem}", path.display()))?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Left behind at worst: small files in the temporary folder.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

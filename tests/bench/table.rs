//! Prints what was measured, as tables that a README takes as they are.

use crate::measure::Cost;
use crate::tenant::{Measured, Round};
use std::time::Duration;

/// Wall, CPU and memory beside the floor.
pub(crate) fn times(measured: &[Measured]) -> String {
    let header = [
        "people",
        "curl wall",
        "curl CPU",
        "wall",
        "CPU",
        "peak memory",
        "of curl's wall",
        "with hook: wall",
        "CPU",
        "peak memory",
        "of curl's wall",
    ];
    let rows = measured.iter().map(|size| {
        vec![
            size.people.to_string(),
            floor(size, |cost| cost.wall),
            floor(size, |cost| cost.cpu),
            seconds(median(size, |round| round.plain.wall.as_secs_f64())),
            seconds(median(size, |round| round.plain.cpu.as_secs_f64())),
            mebibytes(size.peak[0]),
            ratio(size, |round| round.plain),
            seconds(median(size, |round| round.hook.wall.as_secs_f64())),
            seconds(median(size, |round| round.hook.cpu.as_secs_f64())),
            mebibytes(size.peak[1]),
            ratio(size, |round| round.hook),
        ]
    });
    table(&header, rows)
}

/// Cost for each user: flat if it does not grow from row to row.
pub(crate) fn per_user(measured: &[Measured]) -> String {
    let header = [
        "people",
        "wall a user",
        "CPU a user",
        "with hook: wall a user",
        "CPU a user",
        "memory a user",
    ];
    let rows = measured.iter().map(|size| {
        let people = size.people.max(1) as f64;
        let each = |of: fn(&Round) -> Duration| {
            let total = median(size, |round| of(round).as_secs_f64());
            format!("{:.2} µs", total * 1e6 / people)
        };
        let memory = size.peak[0].map(|bytes| format!("{:.0} B", bytes as f64 / people));
        vec![
            size.people.to_string(),
            each(|round| round.plain.wall),
            each(|round| round.plain.cpu),
            each(|round| round.hook.wall),
            each(|round| round.hook.cpu),
            memory.unwrap_or_else(unknown),
        ]
    });
    table(&header, rows)
}

/// What a recording costs, and what it gives.
pub(crate) fn recordings(measured: &[Measured]) -> String {
    let header = [
        "people",
        "recording",
        "bytes a user",
        "wall, without it",
        "recording",
        "replaying",
        "CPU, without it",
        "recording",
        "replaying",
        "peak memory, without it",
        "recording",
        "replaying",
    ];
    let rows = measured.iter().map(|size| {
        let of =
            |part: fn(&Round) -> Duration| seconds(median(size, |round| part(round).as_secs_f64()));
        let [plain, _, record, replay] = size.peak;
        vec![
            size.people.to_string(),
            mebibytes(Some(size.recording)),
            (size.recording / size.people.max(1) as u64).to_string(),
            of(|round| round.plain.wall),
            of(|round| round.record.wall),
            of(|round| round.replay.wall),
            of(|round| round.plain.cpu),
            of(|round| round.record.cpu),
            of(|round| round.replay.cpu),
            mebibytes(plain),
            mebibytes(record),
            mebibytes(replay),
        ]
    });
    table(&header, rows)
}

/// Requests made against the fewest possible.
pub(crate) fn requests(measured: &[Measured]) -> String {
    let header = [
        "people",
        "requests",
        "least possible",
        "connections to Okta",
        "to Adobe",
    ];
    let rows = measured.iter().map(|size| {
        let [okta, adobe] = size.connections;
        [size.people, size.requests, size.least_requests, okta, adobe]
            .map(|number| number.to_string())
            .to_vec()
    });
    table(&header, rows)
}

/// How many times longer than the floor in the same round; the median of all.
fn ratio(size: &Measured, of: fn(&Round) -> Cost) -> String {
    let ratios = size.rounds.iter().filter_map(|round| {
        let floor = round.floor?.wall.as_secs_f64();
        Some(of(round).wall.as_secs_f64() / floor)
    });
    middle(ratios.collect()).map_or_else(unknown, |times| format!("{times:.1} ×"))
}

fn floor(size: &Measured, of: fn(Cost) -> Duration) -> String {
    let values = size
        .rounds
        .iter()
        .filter_map(|round| Some(of(round.floor?).as_secs_f64()));
    middle(values.collect()).map_or_else(unknown, seconds)
}

fn median(size: &Measured, of: impl Fn(&Round) -> f64) -> f64 {
    middle(size.rounds.iter().map(of).collect()).unwrap_or(f64::NAN)
}

fn middle(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2)?;
    let lower = values.get((values.len() - 1) / 2)?;
    Some((lower + upper) / 2.0)
}

fn seconds(value: f64) -> String {
    format!("{value:.3} s")
}

fn mebibytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(unknown, |bytes| {
        format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
    })
}

fn unknown() -> String {
    "-".to_owned()
}

fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let header: Vec<String> = header.iter().map(|text| (*text).to_owned()).collect();
    let line = vec!["---:".to_owned(); header.len()];
    let lines: Vec<Vec<String>> = [header, line].into_iter().chain(rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let mut text = String::new();
    for line in &lines {
        for (column, cell) in line.iter().enumerate() {
            let width = width(column).unwrap_or(0);
            text += &format!("| {cell:>width$} ");
        }
        text += "|\n";
    }
    text
}

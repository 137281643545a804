//! A plan for programs (manual/schemas.md#plan---json).
//!
//! One JSON object, written piece by piece: one person a line.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Shown;
use crate::model::OrgId;
use crate::model::notice::{Level, Notice};
use crate::plan::{Change, HeldRule, Kind};
use crate::send::change_json::{ReasonJson, command_json};
use crate::send::forecast::Forecast;
use crate::send::plan_file::Org;
use crate::show::change;

impl Shown<'_> {
    /// Writes the plan as one JSON object.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let plan = self.plan;
        // Numbers the commands of the whole plan.
        let mut numbers = 0..;
        writeln!(out, "{{\"orgs\": [")?;
        for (place, planned) in plan.orgs.iter().enumerate() {
            let org = self.org(planned.org);
            let name = json!(org.and_then(|org| org.name.as_deref()));
            let id = json!(org.map_or("", |org| &org.org_id));
            let comma = if place == 0 { "" } else { ",\n" };
            write!(
                out,
                "{comma}{{\"name\": {name}, \"org_id\": {id}, \"changes\": ["
            )?;
            let changes: Vec<&Change> = planned.all_changes().collect();
            let people = changes.chunk_by(|_, next| next.reason.kind == Kind::Continued);
            let people = people.map(|person| person_json(person, &[], &mut numbers));
            write_lines(people, out)?;
            write!(out, "], \"held\": [")?;
            let held = planned.held.as_slice();
            let people = held.chunk_by(|_, next| next.change.reason.kind == Kind::Continued);
            let people = people.map(|person| {
                let changes: Vec<&Change> = person.iter().map(|held| &held.change).collect();
                let rules = person.first().map_or(&[][..], |held| &held.rules);
                person_json(&changes, rules, &mut numbers)
            });
            write_lines(people, out)?;
            let forecast = self.forecasts.iter().find(|one| one.org == planned.org);
            let forecast = json!(forecast.map(Forecast::json));
            write!(out, "], \"forecast\": {forecast}}}")?;
        }
        let held_back: Value = plan.held_back.iter().map(change::held_back_json).collect();
        let name = |org| self.org(org).map_or("primary", Org::called);
        let namesakes = plan.namesakes.iter();
        let left_alone: Value = namesakes
            .map(|namesake| change::namesake_json(namesake, name(namesake.org)))
            .collect();
        let notices: Value = plan.notices.iter().filter_map(notice_json).collect();
        let counts = Value::from(change::counts_json(&plan.counts));
        writeln!(out, "],\n\"held_back\": {held_back},")?;
        writeln!(out, "\"left_alone\": {left_alone},")?;
        writeln!(out, "\"notices\": {notices},\n\"counts\": {counts}}}")
    }

    fn org(&self, org: OrgId) -> Option<&Org> {
        self.orgs.get(org.place())
    }
}

fn write_lines(
    people: impl Iterator<Item = serde_json::Result<Value>>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (nth, person) in people.enumerate() {
        let comma = if nth == 0 { "\n" } else { ",\n" };
        write!(out, "{comma}{}", person?)?;
    }
    Ok(())
}

/// All commands of one person with the reason, and the rules that hold them back.
fn person_json(
    changes: &[&Change],
    rules: &[HeldRule],
    numbers: &mut impl Iterator<Item = usize>,
) -> serde_json::Result<Value> {
    let Some(first) = changes.first() else {
        return Ok(Value::Null);
    };
    let mut json = serde_json::to_value(ReasonJson::of(&first.reason))?;
    if let Some(json) = json.as_object_mut() {
        let commands = changes.iter().zip(numbers);
        let commands = commands.map(|(change, number)| command_json(number, &change.command));
        json.insert("commands".to_owned(), commands.collect());
        if !rules.is_empty() {
            let rules = rules.iter().map(|rule| rule.word());
            json.insert("rules".to_owned(), rules.collect());
        }
    }
    Ok(json)
}

fn notice_json(notice: &Notice) -> Option<Value> {
    let level = match notice.level {
        Level::Critical => "critical",
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Debug => return None,
    };
    Some(json!({"level": level, "text": notice.text}))
}

//! A plan for people: what would be done in each org, the dangerous things first.
//!
//! Pure: the plan and the configuration give the text. Whoever changes most is listed once, under
//! the gravest thing that happens to them; long lists are folded to a count.

mod json;
mod section;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::error::one_line;
use crate::model::command::Step;
use crate::plan::{Change, HeldRule, Namesake, OrgPlan, Plan};
use crate::send::forecast::{Effort, Forecast};
use crate::send::plan_file::Org;
use crate::show::rows::{self, Row};
use crate::show::{Style, Tone, wrap};
use crate::text::{self, Text};
use section::Section::{self, Deleted, Pushed};

/// A plan as it is shown.
pub struct Shown<'p> {
    pub plan: &'p Plan,
    /// Those that the plan's ids count.
    pub orgs: &'p [Org],
    pub forecasts: &'p [Forecast],
}

impl Shown<'_> {
    /// The plan for people.
    pub fn text(&self, style: Style, extent: Extent) -> String {
        let text = text(self.plan, self.orgs, style, extent);
        text + &totals(self.plan, self.forecasts, self.orgs, style)
    }
}

/// How much of a long list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Folded,
    /// Everybody by name (`--all`).
    All,
}

impl Extent {
    pub fn of(all: bool) -> Extent {
        if all { Extent::All } else { Extent::Folded }
    }

    /// How many entries are shown, `folded` at most.
    fn or(self, folded: usize) -> usize {
        match self {
            Extent::All => usize::MAX,
            Extent::Folded => folded,
        }
    }
}

/// Entries of a folded list: what takes something away deserves a longer look.
const SHOWN: usize = 20;
const SHOWN_DANGERS: usize = 50;

/// The changes of one org by section, sorted by name.
type Sections<'p> = BTreeMap<Section, Vec<&'p Change>>;

/// The whole plan as a text. `orgs` are those that the plan's ids count.
pub fn text(plan: &Plan, orgs: &[Org], style: Style, extent: Extent) -> String {
    let mut out = String::new();
    write_held_back(plan, style, &mut out);
    write_namesakes(plan, style, extent, &mut out);
    let mut planned: Vec<&OrgPlan> = plan.orgs.iter().collect();
    planned.sort_by_key(|org| org.org);
    if plan.is_empty() {
        for org in &planned {
            write_held(org, extent, style, &mut out);
        }
        write_nothing_to_do(plan, &mut out);
        return out;
    }
    let mut totals = String::new();
    for org in planned {
        let sections = sections(org);
        let config = orgs.get(org.org.place());
        let unchanged = if org.org.is_primary() {
            plan.counts.unchanged
        } else {
            0
        };
        let (title, counts) = (title(config), counts(&sections, unchanged));
        write_head(&title, &counts, style, &mut out);
        let total = format!("{title}: {counts}");
        write_wrapped(&total, 2, Tone::Plain, style, &mut totals);
        for (section, changes) in &sections {
            write_section(*section, changes, extent, style, &mut out);
        }
        write_groups(&sections, extent, style, &mut out);
        write_held(org, extent, style, &mut out);
    }
    // Again at the end: those at the top may have scrolled away.
    let _ = writeln!(out, "{}", style.paint(Tone::Heading, "Totals"));
    out.push_str(&totals);
    out
}

/// The last lines: how many of what in all orgs, and what sending it takes.
fn totals(plan: &Plan, forecasts: &[Forecast], orgs: &[Org], style: Style) -> String {
    let mut out = String::new();
    if forecasts.is_empty() {
        return out;
    }
    let mut counts: BTreeMap<Section, usize> = BTreeMap::new();
    let changes = plan.in_sending_order();
    for section in changes.filter_map(|(_, change)| Section::of(&change.reason)) {
        *counts.entry(section).or_default() += 1;
    }
    let counts = counts
        .into_iter()
        .map(|(section, count)| section.short(count));
    let counts = counts.collect::<Vec<_>>().join(", ");
    let mut lines = vec![format!(
        "In all: {counts}; {}",
        Effort::sum(forecasts).in_words()
    )];
    for forecast in forecasts {
        if let Some(memberships) = forecast.memberships {
            let org = orgs.get(forecast.org.place());
            let name = org.and_then(|org| org.name.as_deref());
            let name = name
                .filter(|_| orgs.len() > 1)
                .map(|name| format!("{name}: "));
            lines.push(name.unwrap_or_default() + &memberships.in_words());
        }
    }
    for line in lines {
        write_wrapped(&line, 0, Tone::Plain, style, &mut out);
    }
    out
}

fn write_held_back(plan: &Plan, style: Style, out: &mut String) {
    if plan.held_back.is_empty() {
        return;
    }
    let heading = "HELD BACK by a safety limit, and not sent unless it is approved";
    write_wrapped(heading, 0, Tone::Danger, style, out);
    for held in &plan.held_back {
        for (nth, line) in wrap(&one_line(&held.text), style.width - 4)
            .iter()
            .enumerate()
        {
            let sign = if nth == 0 { "!" } else { " " };
            let line = format!("{sign} {line}");
            out.push_str("  ");
            out.push_str(&style.paint(Tone::Danger, &line));
            out.push('\n');
        }
    }
    out.push('\n');
}

/// Adobe users who are left alone, for they carry another name of somebody.
fn write_namesakes(plan: &Plan, style: Style, extent: Extent, out: &mut String) {
    if plan.namesakes.is_empty() {
        return;
    }
    let count = plan.namesakes.len();
    let heading = format!("Left alone, for they carry another name of a directory user: {count}");
    write_wrapped(&heading, 0, Tone::Heading, style, out);
    let row = |namesake: &Namesake| Row {
        indent: 2,
        tone: Tone::Plain,
        sign: "",
        left: namesake.person.to_owned(),
        right: format!("{} is a name of {}", namesake.name, namesake.login),
    };
    let shown = extent.or(SHOWN);
    let rows: Vec<Row> = plan.namesakes.iter().take(shown).map(row).collect();
    rows::write(&rows, style, out);
    write_fold(count, shown, style, out);
    out.push('\n');
}

fn write_nothing_to_do(plan: &Plan, out: &mut String) {
    let counts = &plan.counts;
    let also = if plan.held_back.is_empty() {
        ""
    } else {
        " else"
    };
    // Writing to a String cannot fail.
    let _ = writeln!(
        out,
        "Nothing{also} to do: {} selected in the directory, {} at Adobe unchanged.",
        people(counts.directory_selected),
        people(counts.unchanged)
    );
}

fn people(count: usize) -> String {
    match count {
        1 => "1 person".to_owned(),
        count => format!("{count} people"),
    }
}

fn sections(org: &OrgPlan) -> Sections<'_> {
    let mut sections = Sections::new();
    for change in org.all_changes() {
        if let Some(section) = Section::of(&change.reason) {
            sections.entry(section).or_default().push(change);
        }
    }
    for changes in sections.values_mut() {
        changes.sort_by_cached_key(|change| text::key(change.reason.person));
    }
    sections
}

/// `Primary org A1@AdobeOrg` and, below, how many of what.
fn title(org: Option<&Org>) -> String {
    let name = org.and_then(|org| org.name.as_deref());
    let name = name.map_or("Primary org".to_owned(), |name| format!("Org {name}"));
    let id = org.map_or("", |org| org.org_id.as_str());
    one_line(&format!("{name} {id}"))
}

/// How many there are of each kind of change.
fn counts(sections: &Sections<'_>, unchanged: usize) -> String {
    let counts = Section::ALL.iter().filter_map(|section| {
        let count = sections.get(section)?.len();
        Some(section.short(count))
    });
    let unchanged = (unchanged > 0).then(|| format!("{unchanged} unchanged"));
    let counts: Vec<String> = counts.chain(unchanged).collect();
    if counts.is_empty() {
        "nothing to do".to_owned()
    } else {
        counts.join(", ")
    }
}

fn write_head(title: &str, counts: &str, style: Style, out: &mut String) {
    let _ = writeln!(out, "{}", style.paint(Tone::Heading, title));
    write_wrapped(counts, 2, Tone::Plain, style, out);
    out.push('\n');
}

fn write_wrapped(text: &str, indent: usize, tone: Tone, style: Style, out: &mut String) {
    for line in wrap(text, style.width - indent) {
        let line = style.paint(tone, &line);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:indent$}{line}", "");
    }
}

fn write_section(
    section: Section,
    changes: &[&Change],
    extent: Extent,
    style: Style,
    out: &mut String,
) {
    let heading = format!("{}: {}", section.look().0, changes.len());
    write_wrapped(&heading, 2, Tone::Heading, style, out);
    let shown = changes.iter().take(section.shown(extent));
    let blocks: Vec<Row> = shown.flat_map(|change| block(section, change)).collect();
    rows::write(&blocks, style, out);
    write_fold(changes.len(), section.shown(extent), style, out);
    out.push('\n');
}

/// People whom limits hold back, by the rules that have to be approved.
fn write_held(org: &OrgPlan, extent: Extent, style: Style, out: &mut String) {
    let mut by_rules: BTreeMap<&[HeldRule], Vec<(Section, &Change)>> = BTreeMap::new();
    for held in &org.held {
        if let Some(section) = Section::of(&held.change.reason) {
            let people = by_rules.entry(&held.rules).or_default();
            people.push((section, &held.change));
        }
    }
    for (rules, mut people) in by_rules {
        people.sort_by_cached_key(|(_, change)| text::key(change.reason.person));
        let words: Vec<&str> = rules.iter().map(|rule| rule.word()).collect();
        let heading = format!(
            "Held back by {}: {}; a saved plan sends them with `apply PLAN --with-held-back {}`",
            words.join(" and "),
            people.len(),
            words.join(" --with-held-back ")
        );
        write_wrapped(&heading, 2, Tone::Danger, style, out);
        let shown = Deleted.shown(extent);
        let people_shown = people.iter().take(shown);
        let blocks: Vec<Row> = people_shown
            .flat_map(|(section, change)| block(*section, change))
            .collect();
        rows::write(&blocks, style, out);
        write_fold(people.len(), shown, style, out);
        out.push('\n');
    }
}

fn write_fold(count: usize, shown: usize, style: Style, out: &mut String) {
    if let Some(more @ 1..) = count.checked_sub(shown) {
        let line = format!("    … and {more} more (--all shows them)");
        out.push_str(&style.paint(Tone::Aside, &line));
        out.push('\n');
    }
}

/// One user: a head line, then what changes.
fn block(section: Section, change: &Change) -> Vec<Row> {
    let reason = &change.reason;
    let mut rows = vec![Row {
        indent: 2,
        tone: section.tone(),
        sign: section.look().3,
        left: reason.person.to_owned(),
        right: about(change),
    }];
    let detail = |tone, sign, left: &str, right: String| Row {
        indent: 6,
        tone,
        sign,
        left: left.to_owned(),
        right,
    };
    let removed = reason.removed.iter();
    rows.extend(removed.map(|one| detail(Tone::Danger, "-", one.group, one.why.to_string())));
    let added = reason.added.iter();
    rows.extend(added.map(|one| detail(Tone::Gain, "+", one.group, one.why.to_string())));
    let changed = reason.attributes.iter();
    rows.extend(changed.map(|one| detail(Tone::Change, "~", one.attribute, one.difference())));
    rows
}

/// What stands beside a user's name: who is created, and why.
fn about(change: &Change) -> String {
    let why = change.reason.why.map(|why| why.to_string());
    let created = change.command.steps.first().and_then(|step| match step {
        Step::Create {
            identity_type,
            firstname,
            lastname,
            country,
            ..
        } => {
            let name = [*firstname, *lastname].into_iter().flatten();
            let name = name.collect::<Vec<_>>().join(" ");
            let parts = [name.as_str(), identity_type.as_str(), country.unwrap_or("")];
            let parts = parts.into_iter().filter(|part| !part.is_empty());
            Some(parts.collect::<Vec<_>>().join(", "))
        }
        _ => None,
    });
    let both: Vec<String> = created.into_iter().chain(why).collect();
    both.join("; ")
}

/// How many members each group gains and loses, as `git diff --stat` would put it.
fn write_groups(sections: &Sections<'_>, extent: Extent, style: Style, out: &mut String) {
    let mut groups: BTreeMap<Text, (usize, usize)> = BTreeMap::new();
    let known = sections.iter().filter(|(section, _)| **section != Pushed);
    for change in known.flat_map(|(_, changes)| changes) {
        for group in change.reason.removed.iter() {
            groups.entry(group.group).or_default().1 += 1;
        }
        for group in change.reason.added.iter() {
            groups.entry(group.group).or_default().0 += 1;
        }
    }
    if groups.is_empty() {
        return;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (_, lost))| std::cmp::Reverse(*lost));
    let heading = format!("Members by group: {}", groups.len());
    write_wrapped(&heading, 2, Tone::Heading, style, out);
    let shown = extent.or(SHOWN);
    let digits = |count: fn(&(Text, (usize, usize))) -> usize| {
        let most = groups.iter().map(count).max().unwrap_or(0);
        most.to_string().len() + 1
    };
    let (lost_digits, gained_digits) = (digits(|group| group.1.1), digits(|group| group.1.0));
    let signed = |sign: char, count: usize| match count {
        0 => String::new(),
        count => format!("{sign}{count}"),
    };
    for (group, (gained, lost)) in groups.iter().take(shown) {
        let lost = format!("{:>lost_digits$}", signed('-', *lost));
        let gained = format!("{:>gained_digits$}", signed('+', *gained));
        let (lost, gained) = (
            style.paint(Tone::Danger, &lost),
            style.paint(Tone::Gain, &gained),
        );
        let _ = writeln!(out, "    {lost} {gained}  {}", one_line(group));
    }
    write_fold(groups.len(), shown, style, out);
    out.push('\n');
}

#[cfg(test)]
mod tests;
